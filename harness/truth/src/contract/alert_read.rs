//! From an alert's contract as written to its meaning, and everything that is wrong on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Window,
    alert::{AlertContract, Clause, Compare, EngineReading, Level, Limit, Subject, Test},
    alert_raw::{RawAlert, RawClause, Span},
    raw::RawTarget,
    read::Reader,
    values::Figure,
};
use prom::document::{Field, Part, Table};
use prom::problem::Code;

use crate::{
    fact::{Condition, Fact, Total},
    quantity::Quantity,
};

impl Reader<'_> {
    pub(super) fn alert(&mut self, raw: Part<RawAlert>) -> Option<AlertContract> {
        let line = raw.line;
        let alert = raw.value?;
        let mut guards = Vec::new();
        let mut is_whole = true;
        for clause in self.part(alert.guards).unwrap_or_default() {
            let clause = self.clause(clause);
            is_whole &= clause.is_some();
            guards.extend(clause);
        }
        let mut branches = Vec::new();
        for branch in self.part(alert.when).unwrap_or_default() {
            let at = branch.line;
            let mut clauses = Vec::new();
            for clause in self.part(Some(branch)).unwrap_or_default() {
                let clause = self.clause(clause);
                is_whole &= clause.is_some();
                clauses.extend(clause);
            }
            if clauses.is_empty() && is_whole {
                self.wrong(
                    Code::MissingKey,
                    at,
                    "expected at least one clause in a branch of `when`",
                );
                is_whole = false;
            }
            clauses.extend(guards.iter().cloned());
            branches.push(clauses);
        }
        if branches.is_empty() {
            self.wrong(Code::MissingKey, line, "`when` is missing: what must be so for it to fire");
            is_whole = false;
        }
        if alert.labels.is_none() {
            self.wrong(
                Code::MissingKey,
                line,
                "`labels` is missing: what the rule adds, severity among them",
            );
        }
        let told = self.field(alert.told);
        let told_within_ms = self.field(alert.told_within).map(|span| span.0);
        if told.is_none() && told_within_ms.is_some() {
            self.wrong(
                Code::MisplacedKey,
                line,
                "`told_within` means nothing where nobody is `told`",
            );
        }
        let names = self.list(alert.names)?;
        let muted_by = self.list(alert.muted_by)?;
        let span = |span: Option<Span>| span.map_or(0, |span| span.0);
        let contract = AlertContract {
            file: self.file.to_owned(),
            line,
            branches,
            for_ms: span(self.field(alert.lasting)),
            keep_firing_for_ms: span(self.field(alert.keep_firing_for)),
            labels: self.table(alert.labels),
            names,
            number: self.field(alert.number),
            told,
            told_within_ms,
            tells_end: self.field(alert.tells_end).unwrap_or(true),
            muted_by,
            runbook: self.field(alert.runbook),
            is_draft: self.field(alert.draft).is_some(),
        };
        is_whole.then_some(contract)
    }

    fn clause(&mut self, raw: Part<RawClause>) -> Option<Clause> {
        let line = raw.line;
        let mut clause = raw.value?;
        let test = self.test(line, &mut clause);
        let ago_ms = self.field(clause.ago.take()).map_or(0, |span| span.0);
        let or_absent = self.field(clause.or_absent.take()).is_some();
        let subject = self.subject(line, clause);
        let (subject, test) = (subject?, test?);
        if let (Test::Compare(_, Limit::Each(_)), Subject::Fact(..)) = (&test, &subject) {
            let clause = Clause { line, subject, ago_ms, test, or_absent };
            if clause.by().is_none_or(|by| by.len() != 1) {
                self.wrong(
                    Code::InvalidValue,
                    line,
                    "`above_each` needs exactly one label in `by`",
                );
                return None;
            }
            return Some(clause);
        }
        Some(Clause { line, subject, ago_ms, test, or_absent })
    }

    fn test(&mut self, line: usize, clause: &mut RawClause) -> Option<Test> {
        let always = clause.always.is_some();
        let mut tests = Vec::new();
        for (compare, field) in [
            (Compare::Above, clause.above.take()),
            (Compare::AtLeast, clause.at_least.take()),
            (Compare::Below, clause.below.take()),
            (Compare::AtMost, clause.at_most.take()),
            (Compare::Is, clause.is.take()),
        ] {
            if let Some(field) = field {
                let number = self.field(Some(field));
                tests.push(number.map(|Figure(n)| Test::Compare(compare, Limit::Number(n))));
            }
        }
        if let Some(each) = clause.above_each.take() {
            let table: Part<Table<String, Figure>> = each;
            let table: BTreeMap<String, Figure> = self.table(Some(table));
            let table = table.into_iter().map(|(value, figure)| (value, figure.0)).collect();
            tests.push(Some(Test::Compare(Compare::Above, Limit::Each(table))));
        }
        if let Some(itself) = clause.above_itself.take() {
            let at = itself.line;
            let of = self.part(Some(itself)).and_then(|itself| {
                let (times, ago) = (self.field(itself.times), self.field(itself.ago));
                times.zip(ago)
            });
            if of.is_none() {
                self.wrong(Code::MissingKey, at, "`above_itself` needs `times` and `ago`");
            }
            tests.push(
                of.map(|(times, ago)| Test::Compare(Compare::Above, Limit::Itself(times.0, ago.0))),
            );
        }
        if let Some(present) = clause.present.take() {
            let present = self.field(Some(present));
            tests.push(present.map(|there| if there { Test::Present } else { Test::Absent }));
        }
        match tests.len() {
            0 if always => Some(Test::Present),
            1 if !always => tests.remove(0),
            _ => {
                let expected = "expected exactly one of above, at_least, below, at_most, is, above_each, above_itself, present";
                self.wrong(Code::NotExactlyOne, line, expected);
                None
            }
        }
    }

    fn subject(&mut self, line: usize, mut clause: RawClause) -> Option<Subject> {
        let of_engine = [&clause.engine_increase, &clause.engine_highest];
        let facts = [
            clause.rate.is_some(),
            clause.increase.is_some(),
            clause.ratio.is_some(),
            clause.quantile.is_some(),
            clause.share_above.is_some(),
        ];
        let kinds = [clause.level.is_some(), clause.changes.is_some(), clause.always.is_some()];
        let n_given = facts.iter().chain(&kinds).filter(|given| **given).count()
            + of_engine.iter().filter(|given| given.is_some()).count();
        if n_given != 1 {
            let expected = "expected exactly one of rate, increase, ratio, quantile, share_above, level, changes, engine_increase, engine_highest, always";
            self.wrong(Code::NotExactlyOne, line, expected);
            return None;
        }
        let over_given = clause.over.is_some();
        let over = self.field(clause.over.take()).map(|span| span.0);
        let windowless = clause.level.is_some() || clause.always.is_some();
        if windowless == over_given {
            let message = match windowless {
                true => "`over` means nothing for the latest value",
                false => "`over` is missing: the window, such as 5m",
            };
            self.wrong(Code::MisplacedKey, line, message);
            return None;
        }
        if clause.always.is_some() {
            return Some(Subject::Nothing);
        }
        if clause.level.is_some() {
            return self.field(clause.level).map(Subject::Level);
        }
        let over = over?;
        if clause.changes.is_some() {
            let level = self.field(clause.changes)?;
            if !matches!(level, Level::Answers | Level::Started) {
                self.wrong(
                    Code::InvalidValue,
                    line,
                    "changes are known of `answers` and `started` only",
                );
                return None;
            }
            return Some(Subject::Changes(level, over));
        }
        if let Some(metric) = clause.engine_increase {
            let metric = self.field(Some(metric))?;
            return Some(Subject::Engine(metric, EngineReading::Increase(over)));
        }
        if let Some(metric) = clause.engine_highest {
            let metric = self.field(Some(metric))?;
            return Some(Subject::Engine(metric, EngineReading::Highest(over)));
        }
        let except = clause.except.take();
        let target = RawTarget {
            rate: clause.rate,
            increase: clause.increase,
            ratio: clause.ratio,
            out_of: clause.out_of,
            quantile: clause.quantile,
            share_above: clause.share_above,
            of: clause.of,
            counting: clause.counting,
            conditions: clause.conditions,
            by: clause.by,
            times: clause.times,
            over: Some(Field { line, key: "over".to_owned(), value: Ok(Window::Fixed(over)) }),
            health: None,
            constant: None,
            zero: None,
            instant: None,
            legend: None,
        };
        let target = self.target(Part { line, value: Some(target) })?;
        let fact = match except {
            Some(except) => self.without(target.fact, except)?,
            None => target.fact,
        };
        Some(Subject::Fact(fact, over))
    }

    /// The same fact about all that have none of these values.
    fn without(
        &mut self,
        mut fact: Fact,
        except: Part<BTreeMap<String, Part<Vec<Field<String>>>>>,
    ) -> Option<Fact> {
        for (label, values) in self.part(Some(except))? {
            let line = values.line;
            let values = self.list(Some(values))?;
            let known = known(&fact, &label);
            if let Some(unknown) = values.iter().find(|value| !known.contains(value.as_str())) {
                let names: Vec<&str> = known.iter().copied().collect();
                let message =
                    format!("{label} is never {unknown:?}; it is one of {}", names.join(", "));
                self.wrong(Code::UnknownLabelValue, line, &message);
                return None;
            }
            let left = known.into_iter().filter(|value| !values.iter().any(|not| not == value));
            let values = left.map(str::to_owned).collect();
            fact = fact.narrowed(&Condition { label, values });
        }
        Some(fact)
    }
}

/// The values that a label of a fact's quantities can have.
fn known(fact: &Fact, label: &str) -> BTreeSet<&'static str> {
    let of = |total: &Total| total.quantities.clone();
    let quantities: Vec<Quantity> = match fact {
        Fact::Total(total) | Fact::Quantile { of: total, .. } => of(total),
        Fact::Ratio { part, whole } => of(part).into_iter().chain(of(whole)).collect(),
        Fact::ShareAbove { of: total, .. } => of(total),
        Fact::Health(_) | Fact::Constant(_) => Vec::new(),
    };
    let sets = quantities.iter().flat_map(|quantity| quantity.label_sets());
    sets.flatten().filter(|(name, _)| *name == label).map(|(_, value)| value).collect()
}
