//! A process that holds a stack, to be ended in every way there is.
//!
//! `live_stack --hold <ending> <prometheus> <promtool> <version> <alertmanager> <amtool> <version>` starts one over served
//! modules, prints a line once it runs, and ends as it was told.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use live::stack::{LiveStack, StackPlan};
use stack::{
    alertmanager_binary::AlertmanagerBinary,
    prometheus_binary::{Origin, PrometheusBinary},
};

use crate::live_stack::{
    lines::{block_on, environment},
    running::{native, served},
    shipped,
};

pub(crate) const ARGUMENT: &str = "--hold";

/// What is said on the one line.
pub(crate) const RUNS: &str = "runs";

pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [ending, prometheus, promtool, version, alertmanager, amtool, am_version] = arguments
    else {
        return ExitCode::from(2);
    };
    let origin = Origin::Named;
    let prometheus = PrometheusBinary {
        prometheus: PathBuf::from(prometheus),
        promtool: PathBuf::from(promtool),
        version: version.parse().unwrap(),
        origin,
    };
    let alertmanager = AlertmanagerBinary {
        alertmanager: PathBuf::from(alertmanager),
        amtool: PathBuf::from(amtool),
        version: am_version.parse().unwrap(),
        origin,
    };
    let (monitoring, environment) = (shipped(), environment());
    block_on(async {
        let (live, targets) = served();
        let plan = StackPlan {
            monitoring: &monitoring,
            stack: &native(&prometheus, Some(&alertmanager)),
            ports: [0; 3],
            environment: &environment,
            targets,
            cadence: None,
            edit: None,
        };
        let stack = LiveStack::start(plan).await.unwrap();
        let code = end(ending, stack);
        drop(live);
        code
    })
}

#[expect(clippy::print_stdout, reason = "this is how it tells whoever started it")]
fn end(ending: &str, stack: LiveStack) -> ExitCode {
    println!("{RUNS}");
    std::io::stdout().flush().unwrap();
    match ending {
        // Until whoever started us goes away, which bounds our life too.
        "wait" => drop(std::io::stdin().read_to_end(&mut Vec::new())),
        "drop" => drop(stack),
        "panic" => panic!("with a stack in hand"),
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
