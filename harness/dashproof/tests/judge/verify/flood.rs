//! The flood: two hundred random stories, none of which may turn a panel red.
//!
//! Each is told twice: without any server, where modules and ledger must agree at every scrape, and through
//! Prometheus, where every panel and rule is asked at a few looks. A red one means that the oracle, a bound, the
//! ledger or the simulation is wrong, or that a query is.

use std::time::Instant;

use libtest_mimic::{Failed, Trial};
use proof::verify::{RECORDING_RULES, question::Question};
use sim::rng::{Rng, Stream};

use crate::verify::{agreement, bench, red, story};

/// Stories.
const STORIES: u64 = 200;

/// Looks at each story, of those that a shipped scenario has.
const LOOKS: usize = 3;

pub(crate) fn trials() -> Vec<Trial> {
    let one = |nth| Trial::test(format!("flood::story {nth:03}"), move || tell(nth));
    (0..STORIES).map(one).chain([Trial::test("flood::modules and ledger agree", agree)]).collect()
}

/// All stories without a server.
fn agree() -> Result<(), Failed> {
    let began = Instant::now();
    let mut compared = 0;
    for nth in 0..STORIES {
        let story = story::story(nth);
        compared += agreement::check(&story)
            .map_err(|wrong| format!("story {nth}: {wrong}\n{story:#?}"))?;
    }
    eprintln!(
        "{compared} values of modules and ledger agree ({:.1} s)",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

fn tell(nth: u64) -> Result<(), Failed> {
    let (verifier, story) = (bench::verifier()?, story::story(nth));
    let verdicts = bench::run(async {
        let staged = bench::stage(&verifier, &story, None).await?;
        let (questions, not_asked) = verifier
            .files
            .questions(&story, &staged)
            .await
            .map_err(|error| bench::chain(&error))?;
        if let Some(not_asked) = not_asked.first() {
            return Err(format!("{not_asked:?}"));
        }
        let questions = some(nth, questions);
        let verdicts = bench::answers(questions, &staged).await?;
        staged.engine.stop().await;
        Ok(verdicts)
    })?;
    match red::broken(&verifier, &story, verdicts.iter(), std::iter::empty()) {
        None => Ok(()),
        Some(broken) => Err(Failed::from(format!(
            "{broken}tell it again: cargo test --test verify 'flood::story {nth:03}'\nthe story was {story:#?}"
        ))),
    }
}

/// The questions of a few looks, drawn; every rule; and the variables' values in one story of eight.
fn some(nth: u64, mut questions: Vec<Question>) -> Vec<Question> {
    const SOME: Stream = Stream::named("looks at a story");
    let mut rng = Rng::new(nth, SOME);
    let mut looks: Vec<String> = Vec::new();
    for question in &questions {
        if question.place.dashboard != RECORDING_RULES && !looks.contains(&question.why) {
            looks.push(question.why.clone());
        }
    }
    while looks.len() > LOOKS {
        let dropped = rng.below(looks.len() as u64) as usize;
        looks.remove(dropped);
    }
    let varied = rng.chance(0.125);
    questions.retain(|question| {
        let rule = question.place.dashboard == RECORDING_RULES;
        rule || (looks.contains(&question.why) && (varied || question.place.selection.is_empty()))
    });
    questions
}
