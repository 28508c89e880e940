//! The `dashproof` binary: reads what it was started in, does what was typed, exits.

#![expect(
    clippy::print_stderr,
    reason = "the one error of a command that could not be carried out"
)]

use std::{
    env,
    io::{self, IsTerminal as _},
    panic,
    process::ExitCode,
    thread,
};

use anyhow::Context as _;
use clap::Parser as _;
use stack::environment::Environment;

use dashproof::{
    cli::{self, Args, Failure, Surroundings},
    report::paint::visible,
};

/// What a thread may use of its stack: an expression is walked as deep as it nests. Only what is used is real memory.
const STACK: usize = 128 << 20;

fn main() -> ExitCode {
    // First, while the process has one thread: it may start itself anew.
    if let Err(error) = stack::contained::adopt() {
        eprintln!("error: cannot start with DOCKER_HOST set: {error}");
        return ExitCode::from(Failure::EXIT_CODE);
    }
    let args = Args::parse();
    // The main thread's stack is as large as the shell has it.
    let thread = thread::Builder::new().stack_size(STACK).spawn(|| run(args));
    let done = match thread.context("cannot start a thread").map(thread::JoinHandle::join) {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => panic::resume_unwind(panic),
        Err(error) => Err(error),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {}", visible(&format!("{error:#}")));
            ExitCode::from(Failure::EXIT_CODE)
        }
    }
}

fn run(args: Args) -> anyhow::Result<u8> {
    let surroundings = surroundings()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    Ok(runtime.block_on(cli::run(args, surroundings))?)
}

fn surroundings() -> anyhow::Result<Surroundings> {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    let mut environment = Environment::from_variables(|name| env::var_os(name));
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    environment.compose = env::vars_os().filter_map(text).collect();
    Ok(Surroundings {
        environment,
        directory: env::current_dir().context("the working directory cannot be read")?,
        colours: io::stdout().is_terminal() && !set("NO_COLOR") && !dumb,
        interactive: io::stderr().is_terminal() && !dumb,
    })
}
