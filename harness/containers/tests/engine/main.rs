//! Boots real containers: Prometheus and Alertmanager from a compose file, every mistake that is to be named, and what
//! is left when a process is killed.
//!
//! Where no engine answers, each trial is named as not run, with the reason; `DASHPROOF_REQUIRE_ENGINE=1` makes that a
//! failure.

use std::process::ExitCode;

use containers::Engine;
use libtest_mimic::{Arguments, Failed, Trial};

mod ends;
mod faults;
mod finds;
mod life;
mod mistakes;
mod own;
mod pulls;
mod site;
mod world;

type Body = fn() -> Result<(), Failed>;

#[expect(clippy::print_stderr, reason = "the trials are over, and nothing else prints this")]
fn main() -> ExitCode {
    // The same program, started by a trial to be killed.
    if let Some(role) = std::env::var_os(ends::ROLE) {
        let role = role.to_string_lossy();
        return if finds::ROLES.contains(&&*role) {
            finds::child(&role)
        } else {
            world::block_on(ends::child(&role))
        };
    }
    let arguments = Arguments::from_args();
    let missing = world::block_on(Engine::find()).err().map(|error| error.to_string());
    let trials =
        [life::TRIALS, faults::TRIALS, mistakes::TRIALS, pulls::TRIALS, ends::TRIALS, own::TRIALS]
            .concat();
    let trials = trials.iter().map(|(name, body)| trial(name, *body, missing.as_deref()));
    let other_user = missing.clone().or_else(finds::missing);
    let finds = finds::TRIALS.iter().map(|(name, body)| trial(name, *body, other_user.as_deref()));
    let trials = trials.chain(finds);
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let removed = world::block_on(world::remove_images());
    match removed {
        Ok(()) => conclusion.exit_code(),
        Err(error) => {
            eprintln!("the images of the tests are left: {error}");
            ExitCode::FAILURE
        }
    }
}

fn trial(name: &'static str, body: Body, missing: Option<&str>) -> Trial {
    let Some(reason) = missing else { return Trial::test(name, body) };
    let required = std::env::var("DASHPROOF_REQUIRE_ENGINE").is_ok_and(|value| value == "1");
    let reason = reason.to_owned();
    let named = format!("{name} (not run: {reason})");
    Trial::test(named, move || Err(reason.into())).with_ignored_flag(!required)
}
