//! `dashproof serve` as people start and end it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use libtest_mimic::{Failed, Trial};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use sim::{time::Nanos, world::Module};

use crate::serve::{lines::block_on, root, scenario, shown};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_signal_ends_the_command_with_success", ended),
        Trial::test("processes_of_one_start_agree", agreement),
        Trial::test("a_port_in_use_is_named_with_its_holder", port_in_use),
    ]
}

/// A process that serves, and the lines that it printed.
pub(crate) struct Served {
    process: Child,
    pub(crate) lines: Vec<Value>,
}

impl Served {
    pub(crate) fn start(arguments: &[&str], n_lines: usize) -> Served {
        let mut process = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(process.stdout.as_mut().unwrap());
        let lines = out.lines().take(n_lines).map(|line| serde_json::from_str(&line.unwrap()));
        let lines = lines.collect::<Result<Vec<Value>, _>>().unwrap();
        Served { process, lines }
    }

    pub(crate) fn url(&self, module: &str) -> String {
        let line = self.lines.iter().find(|line| line["module"] == module);
        line.unwrap()["url"].as_str().unwrap().to_owned()
    }

    pub(crate) fn control(&self) -> String {
        self.lines.last().unwrap()["control"].as_str().unwrap().to_owned()
    }

    /// The exit code after a signal, and what was printed after the addresses.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        kill(Pid::from_raw(self.process.id().cast_signed()), signal).unwrap();
        let mut rest = String::new();
        self.process.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashproof"));
    command.arg("serve").args(arguments).current_dir(root());
    command
}

const JSON: [&str; 5] = ["chat", "--ports", "0", "--format", "json"];

fn ended() -> Result<(), Failed> {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let served = Served::start(&JSON, 4);
        let urls: Vec<String> =
            ["prompt-manager", "prompt-security", "llm-provider"].map(|m| served.url(m)).into();
        block_on(async {
            for url in &urls {
                let answer = reqwest::get(url).await.unwrap();
                assert_eq!(answer.status(), 200);
                assert!(answer.text().await.unwrap().ends_with('\n'));
            }
        });
        let (code, rest) = served.end(signal);
        assert_eq!((code, rest.as_str()), (Some(130), ""), "{signal}");
        let gone = block_on(reqwest::get(&urls[0]));
        assert!(gone.is_err_and(|error| error.is_connect()), "{signal}: nothing listens any more");
    }
    Ok(())
}

fn agreement() -> Result<(), Failed> {
    // Both began ten minutes ago, or so they are told.
    let epoch = jiff::Timestamp::now().as_second() - 600;
    let instant = jiff::Timestamp::from_second(epoch)?.to_string();
    let only = |module| {
        let arguments = [&JSON[..], &["--seed", "11", "--epoch", &instant, "--module", module]];
        Served::start(&arguments.concat(), 2)
    };
    let mut story = scenario("chat");
    story.seed = 11;
    let (first, second) = (only("llm-provider"), only("prompt-manager"));
    let modules = [(first, Module::LlmProvider), (second, Module::PromptManager)];
    for (served, module) in modules {
        let url = served.url(&module.to_string());
        let (at, text) = block_on(async {
            let answer = reqwest::get(&url).await.unwrap();
            let at = answer.headers()["dashproof-at"].to_str().unwrap().parse().unwrap();
            (Nanos(at), answer.text().await.unwrap())
        });
        assert!(Nanos(600 * Nanos::SECOND.0) <= at && at < Nanos(900 * Nanos::SECOND.0), "{at:?}");
        assert!(shown(&story, module, epoch * 1000, &[at]) == [text], "{module}");
        assert_eq!(served.lines.len(), 2, "one module and the control API");
    }
    Ok(())
}

fn port_in_use() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let output = command(&["chat", "--module", "llm-provider", "--ports", &port]).output()?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr)?;
    let holder =
        format!("port {port} of 127.0.0.1 is in use, held by process {}", std::process::id());
    assert!(said.contains(&holder) && said.contains("--ports 0"), "{said}");
    assert_eq!(said.matches("error").count(), 1, "{said}");
    Ok(())
}
