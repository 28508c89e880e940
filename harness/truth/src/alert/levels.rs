//! Levels of targets and modules over time, as their last scrapes tell them.

use sim::{label::Label, world::Module};

use super::{
    Watch,
    clause::{Rows, Seen},
};
use crate::{
    contract::alert::Level,
    fact::Labels,
    ledger::Page,
    oracle::{Arithmetic, Era},
    quantity::Quantity,
};

/// The age at which a sample no longer counts: Prometheus' default, in milliseconds.
const LOOKBACK_MS: i64 = 5 * 60 * 1000;

impl Watch<'_> {
    fn era(&self) -> Era {
        match self.arithmetic {
            Arithmetic::Modelled(era) => era,
            // Only for levels: closed windows are those of most engines.
            Arithmetic::Unmodelled => Era::From2_51,
        }
    }

    pub(super) fn levels(&self, level: Level, at: &[i64]) -> Rows {
        match level {
            Level::Targets => self.targets(at),
            Level::Silence => self.silence(at),
            _ => self.per_target(at, |page, at| self.level(level, page, at)),
        }
    }

    pub(super) fn changes(&self, level: Level, over_ms: i64, at: &[i64]) -> Rows {
        self.per_target(at, |page, at| {
            let window = self.era().window(at - over_ms, at, page.instants());
            let rows = window.filter(|&row| !page.removed(row));
            let values: Vec<u32> = match level {
                // A process that does not answer tells nothing of its start.
                Level::Started => {
                    rows.filter(|&row| page.up(row)).map(|row| page.life(row)).collect()
                }
                _ => rows.map(|row| u32::from(page.up(row))).collect(),
            };
            if values.is_empty() {
                return Seen::Nothing;
            }
            let n = values.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64;
            Seen::Value(n, n)
        })
    }

    fn per_target(&self, at: &[i64], seen: impl Fn(&Page, i64) -> Seen) -> Rows {
        let of = |page: &Page| {
            let row = at.iter().map(|&at| seen(page, at)).collect();
            Some((self.targets.get(&page.instance())?.clone(), row))
        };
        self.ledger.pages().filter_map(of).collect()
    }

    /// The last row of a target that still counts at an instant.
    fn row(&self, page: &Page, at: i64) -> Option<usize> {
        let instants = page.instants();
        let row = instants.partition_point(|&instant| instant <= at).checked_sub(1)?;
        let earliest = at - LOOKBACK_MS;
        let reaches = match self.era() {
            Era::From3_0 => instants[row] > earliest,
            Era::UpTo2_50 | Era::From2_51 => instants[row] >= earliest,
        };
        // The series of a target that is gone end at once.
        (reaches && !page.removed(row)).then_some(row)
    }

    fn level(&self, level: Level, page: &Page, at: i64) -> Seen {
        let Some(row) = self.row(page, at) else { return Seen::Nothing };
        let exactly = |value: f64| Seen::Value(value, value);
        match level {
            Level::Answers => exactly(f64::from(u8::from(page.up(row)))),
            Level::Operations => match page.shows(row, operations(page.instance().module)) {
                true => exactly(1.0),
                false => Seen::Nothing,
            },
            Level::Samples => page.scrape(row).map_or(UNKNOWN, |(n, _)| exactly(n as f64)),
            Level::ScrapeSeconds => page.scrape(row).map_or(UNKNOWN, |(_, s)| exactly(s)),
            Level::Started | Level::Targets | Level::Silence => UNKNOWN,
        }
    }

    /// How many targets each module has. Before its first scrape, and before the rule that says which modules must
    /// exist was evaluated, nobody can know.
    fn targets(&self, at: &[i64]) -> Rows {
        let of = |module: &Module| {
            let pages = || self.ledger.pages().filter(|page| page.instance().module == *module);
            let first = pages().filter_map(|page| page.instants().first().copied()).min();
            let row = at.iter().map(|&at| {
                let n = pages().filter(|page| self.row(page, at).is_some()).count() as f64;
                let early = at < self.constants_ms.0 || first.is_none_or(|first| at < first);
                Seen::Value(if early { 0.0 } else { n }, if early { n.max(1.0) } else { n })
            });
            let labels: Labels = vec![("module".to_owned(), module.to_string())];
            (labels, row.collect())
        };
        Module::ALL.iter().map(of).collect()
    }

    /// Seconds since any target's newest sample; other targets than the modules may have a newer one.
    fn silence(&self, at: &[i64]) -> Rows {
        let row = at.iter().map(|&at| {
            let rows = self
                .ledger
                .pages()
                .filter_map(|page| self.row(page, at).map(|row| page.instants()[row]));
            match rows.max() {
                Some(newest) => Seen::Value(0.0, (at - newest) as f64 / 1000.0),
                None => UNKNOWN,
            }
        });
        [(Vec::new(), row.collect())].into()
    }
}

/// Anything, or nothing.
const UNKNOWN: Seen = Seen::Perhaps(f64::NEG_INFINITY, f64::INFINITY);

fn operations(module: Module) -> Quantity {
    match module {
        Module::PromptManager => Quantity::ManagerOperations,
        Module::PromptSecurity => Quantity::SecurityOperations,
        Module::LlmProvider => Quantity::LlmOperations,
    }
}
