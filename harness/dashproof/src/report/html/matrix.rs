//! Scenarios × dashboards, rules and alerts, worst first: one cell says how many held, broke or are unproven.

use std::{collections::BTreeSet, fmt::Write as _};

use super::escape::escape;
use crate::report::{
    End, Outcome, Run,
    group::{self, Tally},
};

/// The table; scenarios with something broken come first, then what is unproven, then by name.
pub(super) fn table(run: &Run) -> String {
    let columns: BTreeSet<&str> =
        run.judged().flat_map(|(_, report, _)| group::tallies(report).into_keys()).collect();
    let mut out =
        String::from("<table class=\"matrix\"><thead><tr><th scope=\"col\">scenario</th>");
    for column in &columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(column));
    }
    out.push_str("</tr></thead><tbody>\n");
    let mut rows: Vec<&Outcome> = run.outcomes.iter().collect();
    rows.sort_by_key(|outcome| (rank(outcome), &outcome.scenario.name));
    for outcome in rows {
        let name = escape(&outcome.scenario.name);
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><a href=\"#scenario-{name}\" title=\"{}\">{name}</a></th>",
            escape(&outcome.scenario.about)
        );
        match &outcome.end {
            End::Judged { report, .. } => {
                let tallies = group::tallies(report);
                for column in &columns {
                    cell(&mut out, tallies.get(column).copied().unwrap_or_default());
                }
            }
            End::NotRun { needs, .. } => {
                let _ = write!(
                    out,
                    "<td colspan=\"{}\" class=\"doubt\">not run: needs {}</td>",
                    columns.len(),
                    escape(needs)
                );
            }
            End::NotJudged { error, .. } => {
                let _ = write!(
                    out,
                    "<td colspan=\"{}\" class=\"bad\">not judged: {}</td>",
                    columns.len(),
                    escape(error)
                );
            }
            End::Interrupted => {
                let _ = write!(
                    out,
                    "<td colspan=\"{}\" class=\"doubt\">interrupted</td>",
                    columns.len()
                );
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
    out
}

fn rank(outcome: &Outcome) -> u8 {
    match &outcome.end {
        End::Judged { report, .. } => {
            let tallies = group::tallies(report);
            if tallies.values().any(|tally| tally.broken > 0) {
                0
            } else if tallies.values().any(|tally| tally.unproven > 0) {
                2
            } else {
                4
            }
        }
        End::NotJudged { .. } => 1,
        End::Interrupted => 3,
        End::NotRun { .. } => 5,
    }
}

fn cell(out: &mut String, tally: Tally) {
    let parts = [
        (tally.broken, "✗", "broken"),
        (tally.unproven, "?", "unproven"),
        (tally.held, "✓", "held"),
    ];
    let class = match tally {
        Tally { broken: 1.., .. } => "bad",
        Tally { unproven: 1.., .. } => "doubt",
        Tally { held: 1.., .. } => "good",
        _ => "none",
    };
    let texts: Vec<String> = parts
        .iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, sign, word)| format!("<span title=\"{word}\">{n} {sign}</span>"))
        .collect();
    let text = if texts.is_empty() { "–".to_owned() } else { texts.join(" ") };
    let _ = write!(out, "<td class=\"{class}\">{text}</td>");
}
