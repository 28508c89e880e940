//! A process that owns a Prometheus, to be ended in every way there is.
//!
//! `stack --hold-prometheus <ending> <prometheus> <promtool> <version>` starts one, prints its
//! process and its directory on one line, and ends as it was told.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use dashproof::stack::native::{NativePrometheus, Options};
use dashproof::stack::prometheus_binary::{Origin, PrometheusBinary};

use crate::lines::{block_on, environment};

pub(crate) const ARGUMENT: &str = "--hold-prometheus";

#[expect(clippy::print_stdout, reason = "this is how it tells whoever started it")]
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [ending, prometheus, promtool, version] = arguments else { return ExitCode::from(2) };
    let binary = PrometheusBinary {
        prometheus: PathBuf::from(prometheus),
        promtool: PathBuf::from(promtool),
        version: version.parse().unwrap(),
        origin: Origin::Named,
    };
    let options = Options { config: None, span: Duration::from_secs(3600) };
    let prometheus = block_on(NativePrometheus::start(&binary, &environment(), &options)).unwrap();
    println!("{} {}", prometheus.pid(), prometheus.directory().display());
    std::io::stdout().flush().unwrap();
    match ending.as_str() {
        // Until whoever started us goes away, which bounds our life too.
        "wait" => drop(std::io::stdin().read_to_end(&mut Vec::new())),
        "drop" => drop(prometheus),
        "panic" => panic!("with a Prometheus on the stack"),
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
