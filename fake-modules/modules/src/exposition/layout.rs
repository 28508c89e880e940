//! The list of series that a module shows, with everything derived from it kept until it changes.
//!
//! Made anew by a module when its series change (rename, extra series, a late series), never at a plain scrape. The
//! flat list and the text of each format are derived on first use, so that nobody pays for what is not read.

use std::sync::OnceLock;

use super::{
    description::{FamilyDescription, SeriesDescription, parts},
    text::{Format, Template},
};

/// A fixed list of series.
#[derive(Debug)]
pub(crate) struct Layout {
    revision: u64,
    families: Vec<FamilyDescription>,
    n_series: usize,
    series: OnceLock<Vec<SeriesDescription>>,
    text004: OnceLock<Template>,
    openmetrics100: OnceLock<Template>,
}

impl Layout {
    pub(crate) fn new(revision: u64, families: Vec<FamilyDescription>) -> Layout {
        let n_series = families.iter().map(FamilyDescription::n_series).sum();
        Layout {
            revision,
            families,
            n_series,
            series: OnceLock::new(),
            text004: OnceLock::new(),
            openmetrics100: OnceLock::new(),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn families(&self) -> &[FamilyDescription] {
        &self.families
    }

    pub(crate) fn n_series(&self) -> usize {
        self.n_series
    }

    pub(super) fn series(&self) -> &[SeriesDescription] {
        self.series.get_or_init(|| self.expand())
    }

    pub(super) fn template(&self, format: Format) -> &Template {
        let template = match format {
            Format::Text004 => &self.text004,
            Format::OpenMetrics100 => &self.openmetrics100,
        };
        template.get_or_init(|| Template::render(&self.families, format))
    }

    fn expand(&self) -> Vec<SeriesDescription> {
        let mut series = Vec::with_capacity(self.n_series);
        for (family, description) in self.families.iter().enumerate() {
            let parts = parts(description.kind);
            for label_set in description.label_sets.iter() {
                for (kind, le) in &parts {
                    let mut labels = label_set.to_vec();
                    labels.extend(le.clone().map(|le| ("le", le)));
                    let name = format!("{}{}", description.name, kind.suffix());
                    series.push(SeriesDescription { name, labels, kind: *kind, family });
                }
            }
        }
        series
    }
}
