//! `dashproof demo` as people and programs start and end it.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use libtest_mimic::{Failed, Trial};
use nix::{
    pty::{Winsize, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, tcgetattr},
    },
    unistd::Pid,
};
use serde_json::{Value, json};
use stack::port;
use tempfile::TempDir;

use crate::demo::{
    lines::block_on,
    root,
    waiting::{CEILING, until},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("an_incident_by_the_control_api_reaches_the_receiver", by_control_api),
        Trial::test("an_incident_by_key_reaches_the_receiver", by_key),
        Trial::test("ctrl_c_while_it_starts_leaves_nothing", interrupted_early),
        Trial::test("a_server_that_ends_ends_the_demo_with_its_last_words", server_lost),
        Trial::test("a_port_in_use_is_named_with_its_holder", port_in_use),
    ]
}

/// Fast, and on free ports.
const ARGUMENTS: [&str; 11] = [
    "demo",
    "--fast",
    "--history",
    "10m",
    "--ports",
    "0",
    "--prometheus-port",
    "0",
    "--alertmanager-port",
    "0",
    "chat",
];

/// A process whose temporary files are in a directory of its own.
fn command(program: &str, temporary: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).env("TMPDIR", temporary).env("NO_COLOR", "1");
    // Also on a machine that could do it in containers.
    command.env("DASHPROOF_STACK", "native");
    command
}

const DASHPROOF: &str = env!("CARGO_BIN_EXE_dashproof");

fn assert_nothing_is_left(temporary: &Path) {
    let left: Vec<_> =
        fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let needle = temporary.to_str().unwrap();
    for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments);
        assert!(!arguments.contains(needle), "{:?} runs: {arguments}", process.file_name());
    }
}

/// A demonstration that tells a program what happens.
struct Demo {
    process: Child,
    events: mpsc::Receiver<Value>,
    temporary: TempDir,
}

impl Demo {
    fn start() -> Demo {
        let temporary = tempfile::tempdir().unwrap();
        let mut process = command(DASHPROOF, temporary.path())
            .args(ARGUMENTS)
            .args(["--format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (tell, events) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("every line is JSON");
                if tell.send(event).is_err() {
                    break;
                }
            }
        });
        Demo { process, events, temporary }
    }

    /// The next event that is meant.
    fn event(&self, what: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.events.recv_timeout(CEILING);
            let event = event.unwrap_or_else(|error| panic!("no {what}: {error}"));
            if is_meant(&event) {
                return event;
            }
        }
    }

    fn named(&self, name: &str) -> Value {
        self.event(name, |event| event["event"] == name)
    }

    fn notification(&self, alert: &str, status: &str) -> Value {
        self.event(&format!("{status} {alert}"), |event| {
            event["event"] == "notification"
                && event["labels"]["alertname"] == alert
                && event["status"] == status
        })
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().cast_signed()), signal).unwrap();
    }

    /// The exit code and what was said on standard error; nothing may be left.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let code = self.process.wait().unwrap().code();
        assert_nothing_is_left(self.temporary.path());
        (code, said)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn by_control_api() -> Result<(), Failed> {
    let demo = Demo::start();
    let started = demo.named("started");
    let control = started["control"].as_str().unwrap().to_owned();
    let prometheus = started["prometheus"].as_str().unwrap().to_owned();
    let client = reqwest::Client::new();
    let down = json!({ "for": "10m", "module_down": { "module": "llm-provider" } });
    let incidents = format!("{control}/incidents");
    let post = || block_on(client.post(&incidents).json(&down).send()).unwrap().status().as_u16();
    assert_eq!(post(), 503, "what is written until the first scrape would not know of it");
    let query = |expr: &str| {
        let url = format!("{prometheus}/api/v1/query?query={expr}");
        let text = block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() });
        let answer: Value = serde_json::from_str(&text).unwrap();
        answer["data"]["result"][0]["value"][1].as_str().unwrap_or("nothing").to_owned()
    };
    let history = query("count_over_time(up{module=%22llm-provider%22}[20m])");
    assert!((590..=700).contains(&history.parse().unwrap_or(0)), "{history} scrapes in the past");
    demo.named("live");
    assert_eq!(post(), 201);
    let fired = demo.notification("ModuleDown", "firing");
    assert_eq!(fired["labels"]["module"], "llm-provider", "{fired}");
    assert!(fired["annotations"]["summary"].is_string(), "{fired}");
    assert_eq!(query("up{module=%22llm-provider%22}"), "0");
    let ended = block_on(client.delete(format!("{incidents}/0")).send())?;
    assert_eq!(ended.status().as_u16(), 200);
    demo.notification("ModuleDown", "resolved");
    let status = demo.named("status");
    assert!(0.0 < status["tokens"].as_f64().unwrap(), "{status}");
    demo.signal(Signal::SIGTERM);
    assert_eq!(demo.ended(), (Some(0), String::new()));
    let gone = block_on(reqwest::get(&prometheus));
    assert!(gone.is_err_and(|error| error.is_connect()), "nothing listens any more");
    Ok(())
}

fn interrupted_early() -> Result<(), Failed> {
    let demo = Demo::start();
    block_on(until("a server", || async {
        let entries = fs::read_dir(demo.temporary.path()).unwrap();
        let logs = entries
            .filter(|entry| entry.as_ref().unwrap().path().join("prometheus-0.log").exists());
        if 0 < logs.count() { Ok(()) } else { Err("no server yet".to_owned()) }
    }));
    demo.signal(Signal::SIGINT);
    assert_eq!(demo.ended().0, Some(130));
    Ok(())
}

fn server_lost() -> Result<(), Failed> {
    let demo = Demo::start();
    let started = demo.named("started");
    let url = started["prometheus"].as_str().unwrap();
    let port = url.rsplit(':').next().unwrap().parse()?;
    let holder = port::holder(port).unwrap();
    kill(Pid::from_raw(holder.pid.cast_signed()), Signal::SIGKILL)?;
    let (code, said) = demo.ended();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Prometheus") && said.contains("msg="), "{said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    Ok(())
}

fn port_in_use() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let temporary = tempfile::tempdir()?;
    let arguments =
        ["demo", "--ports", "0", "--prometheus-port", &port, "--alertmanager-port", "0"];
    let output = command(DASHPROOF, temporary.path()).args(arguments).output()?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr)?;
    let holder = format!(
        "port {port} of 127.0.0.1, for Prometheus, is in use, held by process {}",
        std::process::id()
    );
    assert!(said.contains(&holder) && said.contains("--prometheus-port"), "{said}");
    assert_eq!(said.matches("error").count(), 1, "{said}");
    assert_nothing_is_left(temporary.path());
    Ok(())
}

/// A terminal: what was shown on it, and its keyboard.
struct Terminal {
    shown: Arc<Mutex<String>>,
    keyboard: File,
}

impl Terminal {
    fn open() -> (Terminal, OwnedFd) {
        let size = Winsize { ws_row: 60, ws_col: 250, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).unwrap();
        let keyboard = File::from(pty.master);
        let mut screen = keyboard.try_clone().unwrap();
        let shown = Arc::<Mutex<String>>::default();
        let filled = Arc::clone(&shown);
        thread::spawn(move || {
            let mut part = [0; 4096];
            // Fails once nobody has the terminal any more.
            while let Ok(n @ 1..) = screen.read(&mut part) {
                filled.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..n]));
            }
        });
        (Terminal { shown, keyboard }, pty.slave)
    }

    fn wait_for(&self, text: &str) {
        block_on(until(text, || async {
            let shown = self.shown.lock().unwrap();
            if shown.contains(text) { Ok(()) } else { Err(shown.clone()) }
        }));
    }

    fn echoes(&self) -> bool {
        let flags = tcgetattr(&self.keyboard).unwrap().local_flags;
        flags.contains(LocalFlags::ECHO | LocalFlags::ICANON)
    }
}

fn by_key() -> Result<(), Failed> {
    let (mut terminal, theirs) = Terminal::open();
    let temporary = tempfile::tempdir()?;
    // In a session of its own, whose terminal it is.
    let mut process = command("setsid", temporary.path())
        .args(["--ctty", "--wait", DASHPROOF])
        .args(ARGUMENTS)
        .env("TERM", "xterm")
        .stdin(theirs.try_clone()?)
        .stdout(theirs.try_clone()?)
        .stderr(theirs.try_clone()?)
        .spawn()?;
    terminal.wait_for("live: ");
    assert!(!terminal.echoes(), "keys come one by one");
    terminal.keyboard.write_all(b"d")?;
    terminal.wait_for("begins: module down (prompt-security)");
    terminal.wait_for("FIRING   ModuleDown");
    terminal.wait_for("firing: ModuleDown");
    terminal.keyboard.write_all(b"e?")?;
    terminal.wait_for("over: module down (prompt-security)");
    terminal.keyboard.write_all(b"\x03")?;
    assert_eq!(process.wait()?.code(), Some(0));
    assert!(terminal.echoes(), "the terminal is as it was");
    drop(theirs);
    assert_nothing_is_left(temporary.path());
    Ok(())
}
