//! A process that owns a server, to be ended in every way there is.
//!
//! `stack --hold prometheus <ending> <prometheus> <promtool> <version>` or
//! `stack --hold alertmanager <ending> <alertmanager> <amtool> <version> <configuration>` starts one, prints its process
//! and its directory on one line, and ends as it was told.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use stack::alertmanager_binary::AlertmanagerBinary;
use stack::native::{NativePrometheus, Options};
use stack::native_alertmanager::NativeAlertmanager;
use stack::prometheus_binary::{Origin, PrometheusBinary};

use crate::stack::lines::{block_on, environment};

pub(crate) const ARGUMENT: &str = "--hold";

pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [server, ending, program, companion, version, more @ ..] = arguments else {
        return ExitCode::from(2);
    };
    let (program, companion) = (PathBuf::from(program), PathBuf::from(companion));
    let (version, origin) = (version.parse().unwrap(), Origin::Named);
    let environment = environment();
    match (server.as_str(), more) {
        ("prometheus", []) => {
            let binary =
                PrometheusBinary { prometheus: program, promtool: companion, version, origin };
            let options =
                Options { config: None, span: Duration::from_secs(3600), ..Options::default() };
            let started = NativePrometheus::start(&binary, &environment, &options);
            let server = block_on(started).unwrap();
            let (pid, directory) = (server.pid(), server.directory().to_owned());
            end(server, pid, &directory, ending)
        }
        ("alertmanager", [config]) => {
            let binary =
                AlertmanagerBinary { alertmanager: program, amtool: companion, version, origin };
            let started = NativeAlertmanager::start(&binary, &environment, Path::new(config));
            let server = block_on(started).unwrap();
            let (pid, directory) = (server.pid(), server.directory().to_owned());
            end(server, pid, &directory, ending)
        }
        _ => ExitCode::from(2),
    }
}

#[expect(clippy::print_stdout, reason = "this is how it tells whoever started it")]
fn end<S>(server: S, pid: u32, directory: &Path, ending: &str) -> ExitCode {
    println!("{pid} {}", directory.display());
    std::io::stdout().flush().unwrap();
    match ending {
        // Until whoever started us goes away, which bounds our life too.
        "wait" => drop(std::io::stdin().read_to_end(&mut Vec::new())),
        "drop" => drop(server),
        "panic" => panic!("with a server on the stack"),
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
