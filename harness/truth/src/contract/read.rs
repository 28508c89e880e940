//! From a contract as written to a contract: facts, and everything that is wrong on the way.

use std::{collections::BTreeMap, path::Path};

use super::{
    DisplayContract, PanelContract, TargetContract, Window, display,
    raw::{RawPanel, RawTarget},
    values::{Figure, Zero},
};
use prom::{
    document::{Field, Part, Table},
    problem::{Code, Problem},
};

use crate::{
    fact::{Condition, Fact, Labels, Total},
    quantity::{Quantity, Unit},
};

/// Turns what is written in one file into facts and collects what is wrong with it.
pub(super) struct Reader<'a> {
    pub(super) file: &'a Path,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn panel(&mut self, raw: Part<RawPanel>) -> Option<PanelContract> {
        let line = raw.line;
        let panel = raw.value?;
        let targets = self.part(panel.targets).unwrap_or_default();
        if targets.is_empty() {
            self.wrong(Code::MissingKey, line, "`targets` is missing: what each refId must answer");
        }
        let colours_line = panel.colours.as_ref().map_or(line, |part| part.line);
        let colours = display::colours(self.table(panel.colours)).unwrap_or_else(|key| {
            self.wrong(
                Code::InvalidValue,
                colours_line,
                &format!("`{key}` is neither a number nor `base`"),
            );
            Vec::new()
        });
        Some(PanelContract {
            line: Some(line),
            unit: self.field(panel.unit),
            units: self.table(panel.units),
            reducer: self.field(panel.reducer),
            mappings: self.table(panel.mappings),
            display: DisplayContract {
                kind: self.field(panel.kind),
                decimals: self.field(panel.decimals).map(|places| places.0 as i64),
                colours,
                stacked: self.field(panel.stacked).is_some(),
                hides_zero: self.field(panel.hides_zero).is_some(),
                beside: self.list(panel.beside).unwrap_or_default(),
                headings: self.table(panel.headings),
            },
            targets: targets
                .into_iter()
                .filter_map(|(ref_id, target)| Some((ref_id, self.target(target)?)))
                .collect(),
        })
    }

    pub(super) fn target(&mut self, raw: Part<RawTarget>) -> Option<TargetContract> {
        let line = raw.line;
        let mut target = raw.value?;
        let kinds = [
            target.rate.is_some(),
            target.increase.is_some(),
            target.ratio.is_some(),
            target.quantile.is_some(),
            target.share_above.is_some(),
            target.health.is_some(),
            target.constant.is_some(),
        ];
        if kinds.iter().filter(|given| **given).count() != 1 {
            let expected = "expected exactly one of rate, increase, ratio, quantile, share_above, health, constant";
            self.wrong(Code::NotExactlyOne, line, expected);
            return None;
        }
        let latest = target.health.is_some() || target.constant.is_some();
        let over_given = target.over.is_some();
        let over = match self.field(target.over.take()) {
            _ if latest && over_given => {
                self.wrong(Code::MisplacedKey, line, "`over` means nothing for the latest value");
                None
            }
            None if latest => Some(Window::Latest),
            None if !over_given => {
                self.wrong(
                    Code::MissingKey,
                    line,
                    "`over` is missing: rate_interval, interval, range, or a duration such as 5m",
                );
                None
            }
            over => over,
        };
        let instant = self.field(target.instant.take()).is_some();
        let legend = self.field(target.legend.take());
        let fact = self.fact(line, target);
        Some(TargetContract { fact: fact?, over: over?, instant, legend })
    }

    fn fact(&mut self, line: usize, target: RawTarget) -> Option<Fact> {
        let conditions = conditions(self.table(target.conditions));
        let by = self.list(target.by)?;
        if target.health.is_some() {
            return Some(Fact::Health(conditions));
        }
        if let Some(constant) = target.constant {
            let [label] = by.as_slice() else {
                self.wrong(Code::MissingKey, line, "a constant needs exactly one label in `by`");
                return None;
            };
            let figures: BTreeMap<String, Figure> = self.table(Some(constant));
            let figure = |(value, figure): (String, Figure)| {
                let labels: Labels = vec![(label.clone(), value)];
                (labels, figure.0)
            };
            return Some(Fact::Constant(figures.into_iter().map(figure).collect()));
        }
        let durations = target.quantile.is_some() || target.share_above.is_some();
        let (quantile, bound) = (self.field(target.quantile), self.field(target.share_above));
        let (per_second, is_ratio) = (target.increase.is_none(), target.ratio.is_some());
        if let Some(out_of) = target.out_of.as_ref().filter(|_| !is_ratio) {
            self.wrong(Code::MisplacedKey, out_of.line, "`out_of` belongs to a ratio");
            return None;
        }
        let Some(named) = target.rate.or(target.increase).or(target.ratio).or(target.of) else {
            self.wrong(Code::MissingKey, line, "`of` is missing: which durations?");
            return None;
        };
        let total = Total {
            quantities: self.quantities(named, durations)?,
            conditions,
            by,
            per_second,
            times: self.field(target.times).map_or(1.0, |times| times.0),
            hides_zero: self.field(target.zero) == Some(Zero::Absent),
        };
        Some(if is_ratio {
            let mut part = total.clone();
            part.conditions.extend(self::conditions(self.table(target.counting)));
            let whole = match target.out_of {
                Some(out_of) => Total { quantities: self.quantities(out_of, false)?, ..total },
                None => total,
            };
            Fact::Ratio { part, whole }
        } else if let Some(q) = quantile {
            Fact::Quantile { q: q.0, of: total }
        } else if let Some(bound) = bound {
            Fact::ShareAbove { bound: bound.0, of: total }
        } else if durations {
            // The quantile or bound was refused above.
            return None;
        } else {
            Fact::Total(total)
        })
    }

    fn quantities(
        &mut self,
        named: Part<Vec<Field<Quantity>>>,
        durations: bool,
    ) -> Option<Vec<Quantity>> {
        let line = named.line;
        let quantities = self.list(Some(named))?;
        let misfit = quantities
            .iter()
            .find(|quantity| durations != matches!(quantity.unit(), Unit::Seconds(_)));
        if let Some(misfit) = misfit {
            let expected = if durations { "durations" } else { "counts or costs" };
            self.wrong(
                Code::MisfitQuantity,
                line,
                &format!("{} does not fit: expected {expected}", misfit.as_str()),
            );
            return None;
        }
        if quantities.is_empty() {
            self.wrong(Code::MissingKey, line, "expected at least one quantity");
            return None;
        }
        Some(quantities)
    }

    pub(super) fn wrong(&mut self, code: Code, line: usize, message: &str) {
        self.problems.push(Problem::new(code, self.file, line, message));
    }

    pub(super) fn field<T>(&mut self, field: Option<Field<T>>) -> Option<T> {
        field.and_then(|field| field.take(self.file, self.problems))
    }

    pub(super) fn part<T>(&mut self, part: Option<Part<T>>) -> Option<T> {
        part.and_then(|part| part.value)
    }

    /// All items, or `None` if one of them is wrong.
    pub(super) fn list<T>(&mut self, list: Option<Part<Vec<Field<T>>>>) -> Option<Vec<T>> {
        let fields = self.part(list).unwrap_or_default();
        let n_fields = fields.len();
        let values: Vec<T> =
            fields.into_iter().filter_map(|field| self.field(Some(field))).collect();
        (values.len() == n_fields).then_some(values)
    }

    pub(super) fn table<T>(
        &mut self,
        table: Option<Part<Table<String, T>>>,
    ) -> BTreeMap<String, T> {
        let entries = self.part(table).map_or_else(Vec::new, |table| table.0);
        entries
            .into_iter()
            .filter_map(|(key, value)| Some((self.field(Some(key))?, self.field(Some(value))?)))
            .collect()
    }
}

fn conditions(table: BTreeMap<String, String>) -> Vec<Condition> {
    table.into_iter().map(|(label, value)| Condition { label, values: vec![value] }).collect()
}
