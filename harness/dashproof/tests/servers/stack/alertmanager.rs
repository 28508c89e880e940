//! Claims about an Alertmanager of this machine: its beginning, its end, its companion.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::Signal;
use stack::alertmanager_binary::{AlertmanagerBinary, Origin, Wanted};
use stack::amtool;
use stack::environment::Environment;
use stack::native_alertmanager::{NativeAlertmanager, StartError};
use tempfile::TempDir;

use crate::stack::alertmanagers::on_each_alertmanager;
use crate::stack::life::{Holder, nothing_is_left_after};
use crate::stack::lines::{block_on, environment};

const CONFIG: &str = "
route:
  receiver: others
  routes:
    - { receiver: first, matchers: ['a = \"1\"'], continue: true }
    - { receiver: second, matchers: ['a =~ \"1|2\"'] }
receivers: [{ name: others }, { name: first }, { name: second }]
";

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_each_alertmanager("the_binary_is_what_it_says", what_it_says),
        on_each_alertmanager("it_starts_alone_and_leaves_nothing", leaves_nothing),
        on_each_alertmanager("a_kill_ends_the_server", a_kill),
        on_each_alertmanager("a_bad_configuration_is_named_at_once", a_bad_configuration),
        on_each_alertmanager("kept_files_stay", kept_files_stay),
        on_each_alertmanager("amtool_tells_the_receivers", receivers),
        on_each_alertmanager("amtool_refuses_in_its_own_words", refusals),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A temporary directory of our own, so that we see what is left in it, with a configuration.
fn machine(text: &str) -> (TempDir, Environment, PathBuf) {
    let temporary = TempDir::new().unwrap();
    let config = temporary.path().join("alertmanager.yml");
    fs::write(&config, text).unwrap();
    let environment = Environment { temporary: temporary.path().to_owned(), ..environment() };
    (temporary, environment, config)
}

fn left_in(temporary: &TempDir) -> usize {
    fs::read_dir(temporary.path()).unwrap().count()
}

fn what_it_says(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let named = Wanted::At(binary.alertmanager.parent().unwrap().to_owned());
    let found = block_on(AlertmanagerBinary::provide(&named, &environment()))?;
    assert_eq!((found.version, found.origin), (binary.version, Origin::Named));
    assert_eq!(found.amtool, binary.amtool);
    Ok(())
}

fn leaves_nothing(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (temporary, environment, config) = machine(CONFIG);
    block_on(async {
        let server = NativeAlertmanager::start(binary, &environment, &config).await?;
        let process = PathBuf::from(format!("/proc/{}", server.pid()));
        assert!(process.exists() && server.directory().join("alertmanager.log").is_file());
        assert!(server.command().ends_with("--cluster.listen-address="), "{}", server.command());
        let answer = reqwest::get(format!("{}/-/ready", server.url())).await?;
        assert!(answer.status().is_success());
        server.stop().await;
        assert!(!process.exists());
        assert_eq!(left_in(&temporary), 1, "only the configuration is left");

        let dropped = NativeAlertmanager::start(binary, &environment, &config).await?;
        let process = PathBuf::from(format!("/proc/{}", dropped.pid()));
        drop(dropped);
        assert!(!process.exists());
        assert_eq!(left_in(&temporary), 1, "only the configuration is left");
        Ok(())
    })
}

/// The shared watchdog knows it by its command line.
fn a_kill(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (_temporary, _, config) = machine(CONFIG);
    let programs = [&binary.alertmanager, &binary.amtool];
    let version = binary.version.to_string();
    let holder = Holder::of("alertmanager", "wait", programs, &version, Some(&config));
    nothing_is_left_after(holder, Some(Signal::SIGKILL))
}

fn a_bad_configuration(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (temporary, environment, config) = machine("no_such_section: 1\n");
    let error = block_on(NativeAlertmanager::start(binary, &environment, &config)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no_such_section") && text.contains("--config.file="), "{text}");
    let StartError::Exited { log, .. } = error else { panic!("it exits: {text}") };
    assert!(fs::read_to_string(&log)?.contains("no_such_section"), "the log is kept");
    assert_eq!(left_in(&temporary), 2, "only the configuration and the log are left");
    Ok(())
}

fn kept_files_stay(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (_temporary, environment, config) = machine(CONFIG);
    let kept = block_on(async {
        let server = NativeAlertmanager::start(binary, &environment, &config).await?;
        Ok::<_, StartError>(server.keep().await)
    })?;
    assert!(kept.join("alertmanager.log").is_file() && kept.join("data").is_dir());
    Ok(())
}

fn receivers(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (_temporary, _, config) = machine(CONFIG);
    for (value, expected) in [
        ("1", &["first", "second"][..]),
        ("2", &["second"]),
        ("3", &["others"]),
        ("\"\\", &["others"]),
    ] {
        let labels = [("a", value), ("b", "x y")].into_iter().collect();
        let found = block_on(amtool::receivers(binary, &config, &labels))?;
        assert_eq!(found, expected, "a = {value}");
    }
    Ok(())
}

fn refusals(binary: &AlertmanagerBinary) -> Result<(), Failed> {
    let (_temporary, _, config) = machine(CONFIG);
    block_on(amtool::check_config(binary, &config))?;
    fs::write(&config, CONFIG.replace("receiver: first", "receiver: nobody"))?;
    let error = block_on(amtool::check_config(binary, &config)).unwrap_err().to_string();
    assert!(error.contains("nobody") && error.contains("check-config"), "{error}");
    let labels = [("a", "1")].into_iter().collect();
    let error = block_on(amtool::receivers(binary, &config, &labels)).unwrap_err().to_string();
    assert!(error.contains("nobody") && error.contains("routes test"), "{error}");
    Ok(())
}
