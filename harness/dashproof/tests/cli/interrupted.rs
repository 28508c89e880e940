//! Ctrl-C: the verdicts so far, exit code 130, and nothing left behind.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use stack::poll::{self, Pending};

use crate::command;

const CEILING: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(20);

/// Processes that name a path in `directory` on their command line.
fn processes(directory: &Path) -> Vec<String> {
    let needle = format!("{}/", directory.display());
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let texts = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    texts.filter(|text| text.contains(&needle)).collect()
}

/// Starts a run that takes long, and waits until its Prometheus runs.
async fn started(temporary: &Path, arguments: &[&str]) -> Child {
    let mut command = command(arguments);
    command.env("TMPDIR", temporary).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let runs = || {
        let found = processes(temporary);
        let server = found.iter().any(|line| line.contains("--storage.tsdb.path"));
        async move {
            if server {
                Ok(())
            } else {
                Err(Pending::<()>::NotYet { status: format!("{found:?}") })
            }
        }
    };
    poll::until(CEILING, INTERVAL, runs).await.unwrap();
    child
}

#[tokio::test]
async fn ctrl_c_ends_everything_and_says_so() {
    let temporary = tempfile::tempdir().unwrap();
    let call = ["verify", "chat", "rag", "--color", "never"];
    let child = started(temporary.path(), &call).await;
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("interrupted: 0 of 2 scenarios judged"), "{text}");
    assert_eq!(processes(temporary.path()), [""; 0]);
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn ctrl_c_keeps_the_runs_that_are_complete() {
    let temporary = tempfile::tempdir().unwrap();
    let call = ["alerts", "ModuleDown", "--color", "never"];
    let child = started(temporary.path(), &call).await;
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("interrupted: ") && text.contains(" runs are complete"), "{text}");
    assert!(text.contains("ModuleDown"), "{text}");
    assert_eq!(processes(temporary.path()), [""; 0]);
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A window of this story is minutes of computing, during which nothing waits for anything.
const BUSY: &str = "about: A rate that takes long to compute.
seed: 1
duration: 2h
traffic: { profile: chat, rate: 300000/s }
";

#[tokio::test]
async fn ctrl_c_is_heard_while_the_simulation_computes() {
    let temporary = tempfile::tempdir().unwrap();
    let scenarios = tempfile::tempdir().unwrap();
    fs::write(scenarios.path().join("busy.yaml"), BUSY).unwrap();
    let contracts = crate::root().join("scenarios/contracts");
    std::os::unix::fs::symlink(contracts, scenarios.path().join("contracts")).unwrap();
    let at = scenarios.path().to_str().unwrap();
    let call = ["verify", "busy", "--scenarios", at, "--color", "never"];
    let mut child = started(temporary.path(), &call).await;
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let ended = || {
        let status = child.try_wait().unwrap();
        async move { status.ok_or(Pending::<()>::NotYet { status: "it still runs".to_owned() }) }
    };
    let status = poll::until(CEILING, INTERVAL, ended).await.unwrap();
    assert_eq!(status.code(), Some(130));
    // What the process left to its watchdogs, they end.
    let gone = || {
        let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
        let found = (processes(temporary.path()), left.len());
        async move {
            let none = found.0.is_empty() && found.1 == 0;
            if none { Ok(()) } else { Err(Pending::<()>::NotYet { status: format!("{found:?}") }) }
        }
    };
    poll::until(CEILING, INTERVAL, gone).await.unwrap();
}
