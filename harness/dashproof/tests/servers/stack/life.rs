//! Claims about the beginning and the end of a server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prom::remote_write::{EncodedLabels, SeriesRef};
use stack::client::prometheus::Prometheus;
use stack::client::remote_write::RemoteWriter;
use stack::environment::Environment;
use stack::native::{NativePrometheus, Options, StartError};
use stack::poll::{self, Pending};
use stack::process::CommandLine;
use stack::prometheus_binary::PrometheusBinary;
use stack::run_directory::collect_garbage;
use tempfile::TempDir;

use crate::stack::hold;
use crate::stack::lines::{block_on, environment, on_each_line};

const CEILING: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(10);

pub(crate) fn trials() -> Vec<Trial> {
    let endings: [(&str, &str, Option<Signal>); 7] = [
        ("a_drop_ends_the_server", "drop", None),
        ("a_panic_ends_the_server", "panic", None),
        ("an_exit_without_drop_ends_the_server", "exit", None),
        ("an_abort_ends_the_server", "abort", None),
        ("an_interrupt_ends_the_server", "wait", Some(Signal::SIGINT)),
        ("a_termination_ends_the_server", "wait", Some(Signal::SIGTERM)),
        ("a_kill_ends_the_server", "wait", Some(Signal::SIGKILL)),
    ];
    let endings = endings.into_iter().flat_map(|(name, ending, signal)| {
        on_each_line(name, move |binary| {
            nothing_is_left_after(Holder::start(binary, ending), signal)
        })
    });
    endings
        .chain(on_each_line("what_even_the_watchdog_left_is_collected", garbage_is_collected))
        .chain(on_each_line("a_bad_configuration_is_named_at_once", a_bad_configuration))
        .chain(on_each_line("a_restart_keeps_the_data", a_restart_keeps_the_data))
        .chain(on_each_line("kept_files_stay", kept_files_stay))
        .collect()
}

/// A process of its own that holds a server.
pub(crate) struct Holder {
    process: Child,
    server: u32,
    directory: PathBuf,
}

impl Holder {
    fn start(binary: &PrometheusBinary, ending: &str) -> Self {
        let programs = [&binary.prometheus, &binary.promtool];
        Self::of("prometheus", ending, programs, &binary.version.to_string(), None)
    }

    /// Holds the `server` until its `ending`; see `hold` for the rest.
    pub(crate) fn of(
        server: &str,
        ending: &str,
        programs: [&PathBuf; 2],
        version: &str,
        config: Option<&Path>,
    ) -> Self {
        let command = CommandLine::new(std::env::current_exe().unwrap())
            .args([hold::ARGUMENT, server, ending])
            .args(programs)
            .arg(version)
            .args(config);
        let mut process = command.spawn(Stdio::piped(), Stdio::piped(), Stdio::null()).unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (server, directory) = line.trim().split_once(' ').expect("it says what it holds");
        Self { server: server.parse().unwrap(), directory: directory.into(), process }
    }

    /// Whether the server runs; its number may be another process' by now.
    fn server_runs(&self) -> bool {
        let arguments = fs::read(format!("/proc/{}/cmdline", self.server)).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(self.directory.to_str().unwrap())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

async fn until_true(what: &str, condition: impl Fn() -> bool) {
    let wait = poll::until(CEILING, INTERVAL, async || {
        if condition() { Ok(()) } else { Err(Pending::<()>::NotYet { status: "no".into() }) }
    });
    wait.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
}

pub(crate) fn nothing_is_left_after(mut holder: Holder, by: Option<Signal>) -> Result<(), Failed> {
    if let Some(by) = by {
        assert!(holder.server_runs() && holder.directory.exists());
        signal(holder.process.id(), by);
    }
    holder.process.wait()?;
    block_on(async {
        until_true("the server is gone", || !holder.server_runs()).await;
        until_true("its directory is gone", || !holder.directory.exists()).await;
    });
    Ok(())
}

fn garbage_is_collected(binary: &PrometheusBinary) -> Result<(), Failed> {
    let mut holder = Holder::start(binary, "wait");
    let watchdog = watchdog_of(&holder.directory);
    signal(watchdog, Signal::SIGKILL);
    signal(holder.process.id(), Signal::SIGKILL);
    holder.process.wait()?;
    assert!(holder.server_runs(), "without its watchdog, the server lives on");

    let leftovers = block_on(collect_garbage(&environment()))?;
    // Other tests may have collected it first: what counts is that it is gone.
    block_on(until_true("the server is gone", || !holder.server_runs()));
    block_on(until_true("its directory is gone", || !holder.directory.exists()));
    for leftover in leftovers.iter().filter(|leftover| leftover.directory == holder.directory) {
        assert_eq!(leftover.killed, [holder.server]);
        assert!(leftover.removed.is_ok());
    }
    Ok(())
}

fn watchdog_of(directory: &Path) -> u32 {
    let processes = fs::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut watchdogs = pids.filter(|pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        arguments.contains("dashproof-watchdog") && arguments.contains(directory.to_str().unwrap())
    });
    watchdogs.next().expect("every server has a watchdog")
}

/// An environment whose temporary directory is ours, so that we see what is left in it.
fn private_environment() -> (TempDir, Environment) {
    let temporary = TempDir::new().unwrap();
    let environment = Environment { temporary: temporary.path().to_owned(), ..environment() };
    (temporary, environment)
}

fn a_bad_configuration(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (temporary, environment) = private_environment();
    let config = temporary.path().join("bad.yml");
    fs::write(&config, "no_such_section: 1\n")?;
    let options =
        Options { config: Some(config), span: Duration::from_secs(3600), ..Options::default() };
    let error = block_on(NativePrometheus::start(binary, &environment, &options)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no_such_section") && text.contains("--config.file="), "{text}");
    let StartError::Exited { log, .. } = error else { panic!("it exits: {text}") };
    assert!(fs::read_to_string(&log)?.contains("no_such_section"), "the log is kept");
    let left: Vec<_> = fs::read_dir(temporary.path())?.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left.len(), 2, "only the configuration and the log are left: {left:?}");
    Ok(())
}

fn a_restart_keeps_the_data(binary: &PrometheusBinary) -> Result<(), Failed> {
    let options = Options { config: None, span: Duration::from_secs(3600), ..Options::default() };
    block_on(async {
        let mut server = NativePrometheus::start(binary, &environment(), &options).await?;
        let labels = EncodedLabels::new(&[("__name__", "kept")]);
        let series = SeriesRef { labels: &labels, samples: &[(1_000, 42.0)] };
        RemoteWriter::new(server.url()).write(&[series]).await?;
        let before = Prometheus::new(server.url()).query("kept", 2_000).await?;
        let first = server.pid();
        server.restart().await?;
        assert_ne!(server.pid(), first);
        assert_eq!(Prometheus::new(server.url()).query("kept", 2_000).await?, before);
        assert_eq!(
            Prometheus::new(server.url()).query("kept + 1 == 43", 2_000).await?.warnings,
            Vec::<String>::new()
        );
        server.stop().await;
        Ok(())
    })
}

fn kept_files_stay(binary: &PrometheusBinary) -> Result<(), Failed> {
    let (_temporary, environment) = private_environment();
    let options = Options { config: None, span: Duration::from_secs(3600), ..Options::default() };
    block_on(async {
        let server = NativePrometheus::start(binary, &environment, &options).await?;
        let url = server.url().to_owned();
        let kept = server.keep().await;
        assert!(kept.join("data").is_dir() && kept.join("prometheus-0.log").is_file());
        assert!(Prometheus::new(&url).ready().await.is_err(), "the server itself has ended");
        assert!(collect_garbage(&environment).await?.is_empty() && kept.exists());
        Ok(())
    })
}
