//! Every expression of a campaign: which are plain, and which a campaign cannot evaluate as a rule manager does.
//!
//! Read off the files; nothing here is evaluated.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    error::{ExpressionError, RulePlace},
    needs::Needs,
    subjects::Subject,
};
use monitoring::RuleFile;
use prom::promql::{self, SelectorUse, parts, plain::Plain};

/// Every expression that may have to be answered, as a tree where it is plain.
#[derive(Debug)]
pub struct Expressions {
    plain: BTreeMap<String, Option<Plain>>,
    /// For each question, what may have to be asked to find out why it never has a value.
    parts: BTreeMap<String, BTreeSet<String>>,
    /// Those that are not plain.
    always: Vec<String>,
    /// What must be stored in an engine in every run, as an expression that reads it is not plain.
    pub(super) stored: Needs,
}

impl Expressions {
    /// Those of `subjects` and of the recording rules that they read.
    ///
    /// # Errors
    /// If one does not parse, or a campaign cannot evaluate it as a rule manager does.
    pub fn of(
        files: &[RuleFile],
        subjects: &[Subject],
        needs: &Needs,
    ) -> Result<Expressions, ExpressionError> {
        for rule in subjects.iter().map(|subject| &subject.rule) {
            refuse(&rule.name, &rule.file, rule.line, &rule.expr)?;
        }
        for file in files {
            let rules = file.groups.iter().flat_map(|group| &group.rules);
            for rule in rules.filter(|rule| needs.records.contains(rule.name())) {
                refuse(rule.name(), &file.file, rule.line, &rule.expr)?;
            }
        }
        let asked = subjects.iter().flat_map(|subject| &subject.condition.asked);
        let asked: BTreeSet<&String> = asked.collect();
        let parts: BTreeMap<String, BTreeSet<String>> =
            asked.iter().map(|expr| ((*expr).clone(), parts::all(expr))).collect();
        let rules = files.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules);
        let recorded = rules.filter(|rule| needs.records.contains(rule.name()));
        let wholes = subjects.iter().map(|subject| &subject.rule.expr);
        let all = asked.iter().copied().chain(recorded.map(|rule| &rule.expr)).chain(wholes);
        let all: BTreeSet<&String> = all.chain(parts.values().flatten()).collect();
        let plain: BTreeMap<String, Option<Plain>> =
            all.into_iter().map(|expr| (expr.clone(), Plain::of(expr))).collect();
        let is_whole = |expr: &str| subjects.iter().any(|subject| subject.rule.expr == expr);
        let not_plain = plain.iter().filter(|(_, plain)| plain.is_none());
        let not_plain = not_plain.map(|(expr, _)| expr.clone());
        // A whole that is taken apart is asked where everything is.
        let always: Vec<String> =
            not_plain.filter(|expr| asked.contains(expr) || !is_whole(expr)).collect();
        let stored = Needs::reading(files, always.iter().map(String::as_str).collect());
        Ok(Expressions { plain, parts, always, stored })
    }

    /// Those that Prometheus has to answer in every run.
    #[must_use]
    pub fn not_plain(&self) -> &[String] {
        &self.always
    }

    pub(super) fn plain(&self, expr: &str) -> Option<&Plain> {
        self.plain.get(expr)?.as_ref()
    }

    /// What may have to be asked to find out why a question never has a value.
    pub(super) fn parts(&self, question: &str) -> impl Iterator<Item = &String> {
        self.parts.get(question).into_iter().flatten()
    }
}

/// Refuses what a rule reads at one instant and a campaign, which asks for many at once, reads at another.
fn refuse(rule: &str, file: &Path, line: Option<usize>, expr: &str) -> Result<(), ExpressionError> {
    let of_rule = || RulePlace { rule: rule.to_owned(), file: file.to_owned(), line };
    let selectors = promql::selectors(expr)
        .map_err(|source| ExpressionError::Unread { place: of_rule(), source })?;
    let what = selectors.iter().find_map(SelectorUse::unlike_a_rule);
    what.map_or(Ok(()), |what| Err(ExpressionError::NotEmulated { place: of_rule(), what }))
}
