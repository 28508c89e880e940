//! What needs no Grafana: how one is found, with what it is started, and what is said where it ends at once.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A home whose program is a script; it is no Grafana and says so to nobody.
fn home(script: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("conf")).unwrap();
    fs::write(home.path().join("conf/defaults.ini"), "").unwrap();
    fs::create_dir_all(home.path().join("bin")).unwrap();
    let program = home.path().join("bin/grafana");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    home
}

fn environment() -> Environment {
    Environment::from_variables(|name| std::env::var_os(name).filter(|_| name == "PATH"))
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring")
}

#[test]
fn a_home_needs_its_defaults_and_its_program() {
    let empty = tempfile::tempdir().unwrap();
    let error = GrafanaBinary::find(Some(empty.path()), "".as_ref()).unwrap_err();
    assert!(error.to_string().contains("no conf/defaults.ini"), "{error}");
    let whole = home("exit 0");
    let found = GrafanaBinary::find(Some(whole.path()), "".as_ref()).unwrap();
    assert!(found.program.ends_with("bin/grafana"));
    fs::remove_file(&found.program).unwrap();
    let error = GrafanaBinary::find(Some(whole.path()), "".as_ref()).unwrap_err();
    assert!(error.to_string().contains("neither bin/grafana nor"), "{error}");
}

#[test]
fn on_path_it_is_found_with_the_home_around_it() {
    let whole = home("exit 0");
    let path = whole.path().join("bin");
    let found = GrafanaBinary::find(None, path.as_os_str()).unwrap();
    assert_eq!(found.home, whole.path().canonicalize().unwrap());
    let error = GrafanaBinary::find(None, "/nowhere".as_ref()).unwrap_err();
    assert!(error.to_string().contains("no `grafana` on PATH"), "{error}");
}

#[test]
fn nothing_leaves_the_machine_and_no_password_is_shown() {
    let binary = GrafanaBinary { program: "/g/bin/grafana".into(), home: "/g".into() };
    let command = command_line(&binary, Path::new("/run")).to_string();
    for setting in [
        "server --homepath=/g",
        "cfg:server.http_addr=127.0.0.1",
        "cfg:server.http_port=0",
        "cfg:analytics.reporting_enabled=false",
        "cfg:analytics.check_for_updates=false",
        "cfg:analytics.check_for_plugin_updates=false",
        "cfg:security.disable_gravatar=true",
        "cfg:plugins.plugin_admin_enabled=false",
        "cfg:snapshots.external_enabled=false",
        "{/run/password}",
    ] {
        assert!(command.contains(setting), "{setting} is missing: {command}");
    }
    let old = GrafanaBinary { program: "/g/bin/grafana-server".into(), home: "/g".into() };
    assert!(!command_line(&old, Path::new("/run")).to_string().contains(" server "));
}

#[test]
fn the_address_is_read_from_the_log() {
    let log = "logger=settings level=info msg=\"Starting Grafana\"\nlogger=http.server \
               t=2026-01-01T00:00:00Z level=info msg=\"HTTP Server Listen\" address=127.0.0.1:34423 protocol=http\n";
    assert_eq!(readiness(log), Ok("127.0.0.1:34423".to_owned()));
    assert_eq!(readiness("level=info msg=\"Starting Grafana\"\n"), Err("not listening"));
}

#[tokio::test]
async fn a_grafana_that_ends_at_once_is_quoted_and_nothing_is_left() {
    let words = "logger=provisioning level=error msg=\"Failed to provision data sources\" \
                 error=\"Datasource provisioning error: datasource.yaml config is invalid\"";
    let whole = home(&format!("cat <<'E'\n{words}\nE\nexit 1"));
    let binary = GrafanaBinary::find(Some(whole.path()), "".as_ref()).unwrap();
    let mut environment = environment();
    environment.temporary = whole.path().to_owned();
    let started =
        NativeGrafana::start(&binary, &environment, &shipped(), "http://127.0.0.1:1").await;
    let error = started.unwrap_err().to_string();
    assert!(error.contains("datasource.yaml config is invalid"), "{error}");
    assert!(error.contains("exit status: 1"), "{error}");
}

#[tokio::test]
async fn it_is_started_with_the_shipped_files_and_another_prometheus() {
    // It says where it would listen, and shows what it was given before it is ended.
    let listen = "msg=\"HTTP Server Listen\" address=127.0.0.1:1 protocol=http";
    let whole = home(&format!("echo '{listen}'\nexec tail -f /dev/null"));
    let binary = GrafanaBinary::find(Some(whole.path()), "".as_ref()).unwrap();
    let started = NativeGrafana::start(&binary, &environment(), &shipped(), "http://h:2").await;
    let grafana = started.unwrap();
    assert_eq!(grafana.endpoint().base, "http://127.0.0.1:1");
    let place = grafana.directory.path().to_owned();
    let read = |name: &str| fs::read_to_string(place.join("provisioning").join(name)).unwrap();
    assert!(read("datasources/prometheus.yml").contains("url: http://h:2\n"));
    let dashboards = std::path::absolute(shipped()).unwrap().join("grafana/dashboards");
    assert!(
        read("dashboards/dashboard.yml").contains(&format!("path: {}\n", dashboards.display()))
    );
    grafana.point_at("http://h:3").unwrap();
    assert!(read("datasources/prometheus.yml").contains("url: http://h:3\n"));
    let password = fs::read_to_string(place.join("password")).unwrap();
    assert_eq!(password.len(), 32);
    assert!(!grafana.command().contains(&password));
    grafana.stop().await;
    assert!(!place.exists());
}
