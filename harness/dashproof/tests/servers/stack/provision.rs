//! Claims about finding and fetching a Prometheus, with stand-ins for the system's tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use prom::version::Version;
use stack::alertmanager_binary::AlertmanagerBinary;
use stack::environment::Environment;
use stack::process::CommandLine;
use stack::prometheus_binary::{Origin, PrometheusBinary, ProvisionError, Wanted};
use stack::settings::Settings;
use tempfile::TempDir;

use crate::stack::lines::{block_on, environment, on_each_line};

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test("one_error_lists_every_attempt_and_remedy", nothing_works),
        Trial::test("a_named_program_has_no_silent_second_choice", named_but_absent),
        Trial::test("the_search_path_comes_before_the_cache", the_search_path_first),
        Trial::test("a_version_that_is_too_old_is_refused", too_old),
        Trial::test("processes_at_once_fetch_once", at_once),
        Trial::test("a_failed_fetch_leaves_no_entry", a_failed_fetch),
        Trial::test("another_suite_comes_from_the_machines_own_mirrors", another_suite),
        Trial::test("an_alertmanager_goes_by_two_names", an_alertmanager),
    ];
    let real = on_each_line("the_binary_is_what_it_says", |binary| {
        let named = Wanted::At(binary.prometheus.parent().unwrap().to_owned());
        let found = block_on(PrometheusBinary::provide(&named, &environment()))?;
        assert_eq!((found.version, found.origin), (binary.version, Origin::Named));
        Ok(())
    });
    real.into_iter().chain(alone).collect()
}

/// A machine of our own making: its `PATH` and its cache.
struct Machine {
    directory: TempDir,
}

impl Machine {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("bin")).unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn environment(&self) -> Environment {
        Environment {
            prometheus: None,
            alertmanager: None,
            victoria_metrics: None,
            stack: Settings::default(),
            compose: std::collections::BTreeMap::new(),
            search_path: self.path("bin").into(),
            cache: self.path("cache"),
            temporary: self.path("tmp"),
        }
    }

    fn program(&self, name: &str, script: &str) {
        executable(&self.path("bin").join(name), script);
    }

    fn prometheus(&self, version: &str) {
        for program in ["prometheus", "promtool"] {
            self.program(program, &format!("echo '{program}, version {version} (branch: x)'"));
        }
    }

    /// An apt whose package holds a Prometheus 2.45.0; each download is noted in `downloads`.
    fn apt(&self) {
        let noted = self.path("downloads");
        let noted = noted.display();
        self.program(
            "apt-get",
            &format!(
                r#"for last; do :; done
[ "$last" = update ] && {{ cat "$2" > {noted}.configuration; exit 0; }}
echo "$last" >> {noted}; echo > "${{last}}_1_all.deb""#
            ),
        );
        let sources = self.path("etc");
        fs::create_dir(&sources).unwrap();
        self.program("apt-config", &format!("echo \"PARTS='{}/'\"", sources.display()));
        self.program(
            "dpkg-deb",
            r#"mkdir -p "$3/usr/bin"
name=${2##*/}; name=${name%%_*}
[ "$name" = prometheus-alertmanager ] && also=amtool
for program in $name $also; do
printf '#!/bin/sh\necho "%s, version 2.45.0+ds (x)"\n# /usr/share/prometheus/alertmanager\n' \
"$program" > "$3/usr/bin/$program"
chmod +x "$3/usr/bin/$program"
done"#,
        );
    }

    fn provide(&self, wanted: &Wanted) -> Result<PrometheusBinary, ProvisionError> {
        block_on(PrometheusBinary::provide(wanted, &self.environment()))
    }
}

/// Written by another process: were it open in ours, a child that some other test starts just then
/// could hold it open for writing, and it could not be executed ("text file busy").
fn executable(path: &Path, script: &str) {
    let write = r#"printf '#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n' "$2" > "$1" && chmod +x "$1""#;
    let command = CommandLine::new("sh").args(["-c", write, "write"]).arg(path).arg(script);
    block_on(command.run(Duration::from_secs(30))).unwrap();
}

fn version(major: u32, minor: u32, patch: u32) -> Version {
    Version { major, minor, patch }
}

fn nothing_works() -> Result<(), Failed> {
    let machine = Machine::new();
    let error = machine.provide(&Wanted::Any).unwrap_err();
    let places: Vec<&str> = error.tried.iter().map(|attempt| attempt.place.as_str()).collect();
    assert_eq!(places.len(), 3, "{error}");
    let text = error.to_string();
    for expected in
        ["PATH", "cache", "no `apt-get`", "--prometheus", "DASHPROOF_PROMETHEUS", "DASHPROOF_CACHE"]
    {
        assert!(text.contains(expected), "{expected} is missing in: {text}");
    }
    Ok(())
}

fn named_but_absent() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.prometheus("2.50.0");
    let absent = PathBuf::from("/nonexistent/prometheus");
    let error = machine.provide(&Wanted::At(absent.clone())).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/prometheus (named)"), "{error}");
    let environment = Environment { prometheus: Some(absent), ..machine.environment() };
    assert!(block_on(PrometheusBinary::provide(&Wanted::Any, &environment)).is_err());
    Ok(())
}

fn the_search_path_first() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.apt();
    let fetched = machine.provide(&Wanted::Any)?;
    assert_eq!((fetched.version, fetched.origin), (version(2, 45, 0), Origin::Fetched));
    let cached = machine.provide(&Wanted::Any)?;
    assert_eq!((&cached.prometheus, cached.origin), (&fetched.prometheus, Origin::Cache));
    machine.prometheus("3.5.3");
    let found = machine.provide(&Wanted::Any)?;
    assert_eq!((found.version, found.origin), (version(3, 5, 3), Origin::SearchPath));
    Ok(())
}

fn too_old() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.prometheus("2.31.2+ds1");
    let error = machine.provide(&Wanted::Any).unwrap_err().to_string();
    assert!(error.contains("2.31.2") && error.contains("2.42.0"), "{error}");
    Ok(())
}

fn at_once() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.apt();
    let environment = machine.environment();
    let found: Vec<PrometheusBinary> = std::thread::scope(|scope| {
        let provide = || block_on(PrometheusBinary::provide(&Wanted::Any, &environment)).unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(provide)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(found.iter().all(|binary| binary.prometheus == found[0].prometheus));
    let downloads = fs::read_to_string(machine.path("downloads"))?;
    assert_eq!(downloads, "prometheus\npromtool\n", "one fetch serves them all");
    Ok(())
}

fn a_failed_fetch() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.apt();
    machine.program("apt-get", "echo 'E: the mirror is on fire' >&2; exit 100");
    let error = machine.provide(&Wanted::Any).unwrap_err().to_string();
    assert!(
        error.contains("the mirror is on fire") && error.contains("download prometheus"),
        "{error}"
    );
    let left: Vec<_> = fs::read_dir(machine.path("cache/prometheus"))?
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, [".lock"]);
    Ok(())
}

fn another_suite() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.apt();
    let wanted = Wanted::Suite("elsewhere".into());
    let error = machine.provide(&wanted).unwrap_err().to_string();
    assert!(error.contains("no entry"), "without sources there is no mirror: {error}");
    fs::write(machine.path("etc/a.list"), "deb http://mirror.test/d stable main\n")?;
    let found = machine.provide(&wanted)?;
    assert!(found.prometheus.to_string_lossy().contains("-elsewhere/"));
    let configuration = fs::read_to_string(machine.path("downloads.configuration"))?;
    assert!(configuration.contains("Dir::Etc::sourceparts \"/dev/null\""), "{configuration}");
    let error = machine.provide(&Wanted::Suite("../up".into())).unwrap_err().to_string();
    assert!(error.contains("single word"), "{error}");
    Ok(())
}

fn an_alertmanager() -> Result<(), Failed> {
    let machine = Machine::new();
    machine.apt();
    let provide = || block_on(AlertmanagerBinary::provide(&Wanted::Any, &machine.environment()));
    let fetched = provide()?;
    assert_eq!(fetched.origin, Origin::Fetched);
    let downloads = fs::read_to_string(machine.path("downloads"))?;
    assert_eq!(downloads, "prometheus-alertmanager\n", "one package has both programs");
    let program = fs::read_to_string(&fetched.alertmanager)?;
    assert!(program.ends_with("\n# usr/share/prometheus/alertmanager/\n"), "{program}");
    assert_eq!(provide()?.origin, Origin::Cache);

    for program in ["alertmanager", "amtool"] {
        machine.program(program, &format!("echo '{program}, version 0.28.1 (branch: x)'"));
    }
    let found = provide()?;
    assert_eq!((found.version, found.origin), (version(0, 28, 1), Origin::SearchPath));
    assert_eq!(found.amtool, machine.path("bin/amtool"));
    machine.program("amtool", "echo 'amtool, version 0.20.0 (branch: x)'");
    machine.program("apt-get", "exit 1");
    fs::remove_dir_all(machine.path("cache"))?;
    let error = provide().unwrap_err().to_string();
    for expected in ["no usable Alertmanager", "0.20.0", "0.25.0", "DASHPROOF_ALERTMANAGER"] {
        assert!(error.contains(expected), "{expected} is missing in: {error}");
    }
    Ok(())
}
