//! However a stack ends, nothing is left running, and what is left on disk is collected.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use libtest_mimic::{Failed, Trial};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use stack::{
    client::prometheus::Prometheus, environment::Environment, prometheus_binary::PrometheusBinary,
    run_directory::collect_garbage,
};
use tempfile::TempDir;

use crate::live_stack::{
    hold,
    lines::{block_on, environment, on_each_line},
    root,
    running::{alertmanager, processes_in},
    waiting::until,
};

pub(crate) fn trials() -> Vec<Trial> {
    let endings: [(&str, &str, Option<Signal>); 5] = [
        ("a_drop_ends_the_stack", "drop", None),
        ("a_panic_ends_the_stack", "panic", None),
        ("an_exit_without_drop_ends_the_stack", "exit", None),
        ("an_abort_ends_the_stack", "abort", None),
        ("a_kill_ends_the_stack", "wait", Some(Signal::SIGKILL)),
    ];
    let endings = endings
        .into_iter()
        .flat_map(|(name, ending, by)| on_each_line(name, move |binary| held(binary, ending, by)));
    // The longest first: most of its time, it waits.
    [Trial::test("timings_are_told_and_it_ends_when_ready", timings)]
        .into_iter()
        .chain(endings)
        .chain(on_each_line("signals_end_the_command_and_leave_nothing", signals))
        .chain(on_each_line("a_signal_while_it_starts_leaves_nothing", signal_while_starting))
        .chain(on_each_line("what_a_killed_command_left_is_collected", killed))
        .chain(on_each_line("a_server_that_dies_ends_the_command", a_server_dies))
        .collect()
}

/// Files and directories in a temporary directory.
fn left_in(temporary: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(temporary.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn nobody_runs_in(temporary: &TempDir) {
    block_on(until("its processes are gone", async || {
        let processes = processes_in(temporary.path());
        if processes.is_empty() { Ok(()) } else { Err(format!("{processes:?}")) }
    }));
}

fn environment_in(temporary: &TempDir) -> Environment {
    Environment { temporary: temporary.path().to_owned(), ..environment() }
}

fn held(binary: &PrometheusBinary, ending: &str, by: Option<Signal>) -> Result<(), Failed> {
    let temporary = TempDir::new()?;
    let alertmanager = alertmanager(binary);
    let mut process = Command::new(std::env::current_exe()?)
        .args([hold::ARGUMENT, ending])
        .args([&binary.prometheus, &binary.promtool])
        .arg(binary.version.to_string())
        .args([&alertmanager.alertmanager, &alertmanager.amtool])
        .arg(alertmanager.version.to_string())
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line)?;
    assert_eq!(line.trim(), hold::RUNS);
    if let Some(by) = by {
        assert!(2 <= processes_in(temporary.path()).len());
        signal(&process, by);
    }
    process.wait()?;
    nobody_runs_in(&temporary);
    if !["drop", "panic"].contains(&ending) {
        // Watchdogs remove the servers' directories; the copy of the files has no process to be watched.
        block_on(until("the servers' directories are gone", async || {
            let left = left_in(&temporary);
            if left.len() == 1 { Ok(()) } else { Err(format!("{left:?}")) }
        }));
        let leftovers = block_on(collect_garbage(&environment_in(&temporary)))?;
        assert_eq!(leftovers.len(), 1, "{leftovers:?}");
    }
    assert_eq!(left_in(&temporary), [""; 0]);
    Ok(())
}

fn signal(process: &Child, by: Signal) {
    kill(Pid::from_raw(process.id().cast_signed()), by).unwrap();
}

/// `dashproof stack up` under way. Ended with the value, whatever a test finds.
struct Up {
    process: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Up {
    fn begin(binary: &PrometheusBinary, temporary: &TempDir) -> Up {
        let alertmanager = alertmanager(binary);
        let mut command = dashproof(&["stack", "up", "--format", "json"], temporary.path());
        command.arg("--prometheus").arg(&binary.prometheus);
        command.arg("--alertmanager").arg(&alertmanager.alertmanager);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Up { process, out }
    }

    /// What it says once it runs.
    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// How it ended, and what else it said.
    fn wait(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        let mut errors = self.process.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap(), said)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn dashproof(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashproof"));
    command.args(arguments).current_dir(root()).env("TMPDIR", temporary);
    // Also on a machine that could do it in containers.
    command.env("DASHPROOF_STACK", "native");
    command
}

fn signals(binary: &PrometheusBinary) -> Result<(), Failed> {
    for by in [Signal::SIGINT, Signal::SIGTERM] {
        let temporary = TempDir::new()?;
        let mut up = Up::begin(binary, &temporary);
        let stack = up.line();
        let url = stack["prometheus"].as_str().unwrap().to_owned();
        block_on(Prometheus::new(&url).ready())?;
        let module = block_on(reqwest::get(stack["modules"][2]["url"].as_str().unwrap()))?;
        assert_eq!(
            (stack["modules"][2]["module"].as_str(), module.status().as_u16()),
            (Some("llm-provider"), 200)
        );
        let differences = stack["differences"].as_array().unwrap();
        let files: Vec<&str> =
            differences.iter().map(|one| one["file"].as_str().unwrap()).collect();
        assert_eq!((files.len(), files[0]), (7, "alertmanager/alertmanager.yml"), "{files:?}");
        signal(&up.process, by);
        let (status, said) = up.wait();
        assert_eq!((status.code(), said.as_str()), (Some(130), ""), "{by}");
        assert_eq!(processes_in(temporary.path()), [0; 0], "{by}");
        assert_eq!(left_in(&temporary), [""; 0], "{by}");
        assert!(block_on(Prometheus::new(&url).ready()).is_err());
    }
    Ok(())
}

fn signal_while_starting(binary: &PrometheusBinary) -> Result<(), Failed> {
    let temporary = TempDir::new()?;
    let up = Up::begin(binary, &temporary);
    block_on(until("something runs", async || {
        if processes_in(temporary.path()).is_empty() { Err("nothing".to_owned()) } else { Ok(()) }
    }));
    signal(&up.process, Signal::SIGINT);
    let (status, _) = up.wait();
    assert_eq!(status.code(), Some(130));
    nobody_runs_in(&temporary);
    assert_eq!(left_in(&temporary), [""; 0]);
    Ok(())
}

fn killed(binary: &PrometheusBinary) -> Result<(), Failed> {
    let temporary = TempDir::new()?;
    for by_the_next_start in [false, true] {
        let mut up = Up::begin(binary, &temporary);
        let stack = up.line();
        let copy = stack["directory"].as_str().unwrap().to_owned();
        signal(&up.process, Signal::SIGKILL);
        up.wait();
        nobody_runs_in(&temporary);
        assert!(Path::new(&copy).is_dir(), "nobody was there to remove it");
        if by_the_next_start {
            let mut next = Up::begin(binary, &temporary);
            next.line();
            assert!(!Path::new(&copy).exists());
            signal(&next.process, Signal::SIGTERM);
            next.wait();
        } else {
            let said = dashproof(&["gc"], temporary.path()).output()?;
            assert!(said.status.success() && !Path::new(&copy).exists(), "{said:?}");
        }
        assert_eq!(left_in(&temporary), [""; 0]);
    }
    Ok(())
}

fn a_server_dies(binary: &PrometheusBinary) -> Result<(), Failed> {
    let temporary = TempDir::new()?;
    let mut up = Up::begin(binary, &temporary);
    up.line();
    let is_server = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("--cluster.listen-address")
    };
    let server = processes_in(temporary.path()).into_iter().find(is_server).unwrap();
    kill(Pid::from_raw(server.cast_signed()), Signal::SIGKILL)?;
    let (status, said) = up.wait();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("error: Alertmanager ended with signal: 9"), "{said}");
    nobody_runs_in(&temporary);
    assert_eq!(left_in(&temporary), [""; 0]);
    Ok(())
}

fn timings() -> Result<(), Failed> {
    let temporary = TempDir::new()?;
    let arguments = ["stack", "up", "--timings", "--exit-when-ready", "--format", "json"];
    let said = dashproof(&arguments, temporary.path()).output()?;
    assert!(said.status.success(), "{said:?}");
    let lines: Vec<Value> = String::from_utf8(said.stdout)?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let timings = lines[1]["timings"].as_object().unwrap();
    let after =
        |step: &str| timings[step].as_f64().unwrap_or_else(|| panic!("{step}: {timings:?}"));
    assert!(lines.len() == 2 && timings.len() == 8, "{lines:?}");
    let order = ["receiver", "copied", "checked", "prometheus_ready", "scraped"];
    assert!(order.map(after).is_sorted(), "{timings:?}");
    assert!(after("alertmanager_ready") < after("discovered"), "{timings:?}");
    assert!(after("prometheus_ready") < after("evaluated"), "{timings:?}");
    assert_eq!(left_in(&temporary), [""; 0]);
    Ok(())
}
