//! Red verdicts in words, complete enough to act on without running anything again.

use std::fmt::Write;

use dashproof::{
    judge::{Breach, BreachKind},
    verify::{ask::Verdict, bind::Unproven, question::Place},
};

/// Red verdicts that are written out; the rest are counted.
const SHOWN: usize = 5;

/// What broke, or nothing where everything held.
pub(crate) fn broken<'a>(
    verdicts: impl Iterator<Item = &'a Verdict>,
    unproven: impl Iterator<Item = &'a Unproven>,
) -> Option<String> {
    let mut text = String::new();
    for unproven in unproven {
        line(&mut text, format_args!("unproven: {} {}", place(&unproven.place), unproven.reason));
    }
    let red: Vec<&Verdict> = verdicts.filter(|verdict| !verdict.held()).collect();
    for verdict in red.iter().take(SHOWN) {
        describe(&mut text, verdict);
    }
    if red.len() > SHOWN {
        line(&mut text, format_args!("and {} more red verdicts", red.len() - SHOWN));
    }
    (!text.is_empty()).then_some(text)
}

fn describe(text: &mut String, verdict: &Verdict) {
    let question = &verdict.question;
    line(text, format_args!("red: {}, {}", place(&question.place), question.why));
    line(text, format_args!("  query     {}", question.expr.trim().replace('\n', " ")));
    line(text, format_args!("  asked     {:?}, window {} ms", question.form, question.window_ms));
    if let Some(refused) = &verdict.refused {
        line(text, format_args!("  refused   {refused}"));
    }
    if let Some((shown, wanted)) = &verdict.misnamed {
        line(text, format_args!("  legend    shows `{shown}`, the contract says `{wanted}`"));
    }
    let finding = &verdict.finding;
    if !finding.held() {
        line(text, format_args!("  broken    {} of {} points", finding.broken, finding.points));
        line(text, format_args!("  fact      {:?}", question.fact));
    }
    for Breach { labels, at_ms, observed, expected, kind } in &finding.breaches {
        let labels: Vec<String> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
        line(
            text,
            format_args!(
                "  {kind:?} at {at_ms} {{{}}}: observed {observed:?}, expected {expected:?}",
                labels.join(",")
            ),
        );
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    writeln!(text, "{words}").expect("a string takes any text");
}

fn place(place: &Place) -> String {
    let parts = [&place.dashboard, &place.panel, &place.ref_id, &place.selection];
    let parts: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" / ")
}

/// What turned a verdict red, for a table.
pub(crate) fn kinds(verdict: &Verdict) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = verdict
        .finding
        .breaches
        .iter()
        .map(|breach| match breach.kind {
            BreachKind::Missing => "missing",
            BreachKind::Unexpected => "unexpected",
            BreachKind::Inexact => "inexact",
            BreachKind::Untrue => "untrue",
            BreachKind::Duplicate => "duplicate",
        })
        .chain(verdict.refused.as_ref().map(|_| "refused"))
        .chain(verdict.misnamed.as_ref().map(|_| "misnamed"))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
