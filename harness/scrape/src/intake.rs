//! What a job makes of a scrape's samples before it stores them: labels of the target, relabelling, limits.
//!
//! After `scrapeLoop.append` and `mutateSampleLabels` of Prometheus' package `scrape`, held against the real one in
//! `tests/intake`. When and by whom is scraped is not known here.

use std::collections::BTreeSet;

use modules::exposition::{Exposition, Format, SeriesDescription, encode};

use monitoring::{
    Job,
    limits::{Limit, Limits},
    relabel::{self, LabelMap, Relabel},
};
use prom::version::Line;

/// The name of a metric as a label.
const NAME: &str = "__name__";

/// The most bytes of a value in text.
pub const VALUE_BYTES: usize = 24;

/// A job's settings for the samples that a scrape brings.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// Whether labels of a sample win over those of the target.
    pub honor_labels: bool,
    /// Applied one after the other.
    pub relabel: Vec<Relabel>,
    /// Beyond one, nothing of a scrape is stored.
    pub limits: Limits,
}

/// What becomes of a scrape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// `scrape_samples_scraped`: samples that were read, up to the first with too many or too long labels.
    pub scraped: usize,
    /// `scrape_samples_post_metric_relabeling`: those of them that were not dropped or refused.
    pub kept: usize,
    /// Why nothing is stored.
    pub refused: Option<Refusal>,
    /// What is stored: labels sorted by name, each with the position of its value in the exposition. Of samples with the
    /// same labels the first one counts.
    pub stored: Vec<(usize, Vec<(String, String)>)>,
}

/// Why nothing of a scrape is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// A limit.
    Limit(Limit),
    /// Relabelling has taken a sample its name.
    Nameless,
}

impl Refusal {
    /// Whether Prometheus leaves what it read without stale markers, since it met it in the answer all the same.
    #[must_use]
    pub fn freezes(self) -> bool {
        self != Refusal::Limit(Limit::Body)
    }

    /// What to do, in words.
    #[must_use]
    pub fn told(self) -> String {
        match self {
            Refusal::Limit(limit) => {
                format!("by the job's {limit}: raise it above what the module shows")
            }
            Refusal::Nameless => {
                "since the job's metric_relabel_configs leave samples without a name: keep the label __name__"
                    .to_owned()
            }
        }
    }
}

impl Intake {
    /// As the configuration has it.
    ///
    /// # Errors
    /// What of it is not emulated, in words.
    pub fn of(job: &Job, line: Line) -> Result<Intake, String> {
        if job.converts_histograms {
            return Err("convert_classic_histograms_to_nhcb".to_owned());
        }
        let relabel = relabel::read(&job.metric_relabel_configs, line)
            .map_err(|what| format!("{what} in metric_relabel_configs"))?;
        Ok(Intake { honor_labels: job.honor_labels, relabel, limits: job.limits })
    }

    /// As the configuration has it, without relabelling where some of that is not emulated.
    #[must_use]
    pub fn as_far_as_emulated(job: &Job, line: Line) -> Intake {
        let Job { honor_labels, limits, .. } = *job;
        Intake::of(job, line).unwrap_or(Intake { honor_labels, limits, ..Intake::default() })
    }

    /// The labels that a series is stored with, those of its target among them; none if it is dropped.
    fn labels(&self, target: &[(String, String)], series: &SeriesDescription) -> Option<LabelMap> {
        let own = series.labels.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
        let own: LabelMap = own.chain([(NAME.to_owned(), series.name.clone())]).collect();
        relabel::apply(&self.relabel, self.with_target(target, &own))
    }

    fn with_target(&self, target: &[(String, String)], own: &LabelMap) -> LabelMap {
        let mut labels = own.clone();
        let mut exposed: Vec<(&String, &String)> = Vec::new();
        for (name, value) in target {
            match own.get(name).filter(|value| !value.is_empty()) {
                Some(_) if self.honor_labels => {}
                Some(own) => {
                    exposed.push((name, own));
                    labels.insert(name.clone(), value.clone());
                }
                None => drop(labels.insert(name.clone(), value.clone())),
            }
        }
        exposed.sort_by_key(|(name, _)| name.len());
        for (name, value) in exposed {
            let mut renamed = format!("exported_{name}");
            while labels.get(&renamed).is_some_and(|taken| !taken.is_empty()) {
                renamed.insert_str(0, "exported_");
            }
            labels.insert(renamed, value.clone());
        }
        labels
    }

    /// The labels of the series that Prometheus adds to a target (`mutateReportSampleLabels`): in the order of their names,
    /// each label of the target takes the place of one that is called `exported_` and its name.
    #[must_use]
    pub fn of_target(target: &[(String, String)], metric: &str) -> Vec<(String, String)> {
        let mut labels = LabelMap::from([(NAME.to_owned(), metric.to_owned())]);
        for (name, value) in target.iter().collect::<BTreeSet<_>>() {
            labels.remove(&format!("exported_{name}"));
            labels.insert(name.clone(), value.clone());
        }
        labels.into_iter().collect()
    }

    /// What becomes of an exposition whose body does not exceed its limit.
    #[must_use]
    pub fn read(&self, target: &[(String, String)], exposition: &Exposition<'_>) -> Reading {
        let mut reading = Reading::default();
        let mut known = BTreeSet::new();
        for (nth, series) in exposition.series().iter().enumerate() {
            reading.scraped += 1;
            let Some(labels) = self.labels(target, series) else { continue };
            if let Some(refusal) = self.refusal(&labels) {
                return Reading { refused: Some(refusal), stored: Vec::new(), ..reading };
            }
            reading.kept += 1;
            let labels: Vec<(String, String)> =
                labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            if known.insert(labels.clone()) {
                reading.stored.push((nth, labels));
            }
        }
        if exceeds(reading.kept, self.limits.samples) {
            reading.refused = Some(Refusal::Limit(Limit::Samples));
            reading.stored.clear();
        }
        reading
    }

    /// Whether the body of an exposition is refused for its size, unread.
    #[must_use]
    pub fn refuses_body(&self, exposition: &Exposition<'_>) -> bool {
        let limit = self.limits.body_bytes;
        limit != 0 && limit <= body(exposition) as u64
    }

    fn refusal(&self, labels: &LabelMap) -> Option<Refusal> {
        let Limits { labels: n_labels, label_name_bytes, label_value_bytes, .. } = self.limits;
        if !labels.contains_key(NAME) {
            return Some(Refusal::Nameless);
        }
        if exceeds(labels.len(), n_labels) {
            return Some(Refusal::Limit(Limit::Labels));
        }
        labels.iter().find_map(|(name, value)| {
            if exceeds(name.len(), label_name_bytes) {
                return Some(Refusal::Limit(Limit::LabelName));
            }
            exceeds(value.len(), label_value_bytes).then_some(Refusal::Limit(Limit::LabelValue))
        })
    }
}

/// Whether a limit is set and exceeded.
fn exceeds(n: usize, limit: u64) -> bool {
    limit != 0 && n as u64 > limit
}

/// The most bytes that a body of this exposition's layout can have, in the format that Prometheus asks for.
pub fn longest_body(exposition: &Exposition<'_>) -> u64 {
    (body(exposition) + VALUE_BYTES * exposition.values().len()) as u64
}

fn body(exposition: &Exposition<'_>) -> usize {
    let mut body = Vec::new();
    encode(exposition, Format::OpenMetrics100, &mut body);
    body.len()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use modules::exposition::SeriesKind;

    use super::*;

    fn stored(intake: &Intake, target: &[(&str, &str)]) -> String {
        let labels = ["model", "exported_model", "empty"];
        let series = SeriesDescription {
            name: "a_total".to_owned(),
            labels: labels.iter().zip(["m", "n", ""]).map(|(l, v)| (*l, Cow::from(v))).collect(),
            kind: SeriesKind::Counter,
            family: 0,
        };
        let target: Vec<(String, String)> =
            target.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let labels = intake.labels(&target, &series).unwrap();
        let pairs: Vec<String> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join(" ")
    }

    #[test]
    fn a_label_of_target_and_sample_is_exported_unless_the_sample_is_honoured() {
        let target = [("model", "t"), ("empty", "t"), ("job", "j")];
        assert_eq!(
            stored(&Intake::default(), &target),
            "__name__=a_total empty=t exported_exported_model=m exported_model=n job=j model=t"
        );
        let honouring = Intake { honor_labels: true, ..Intake::default() };
        assert_eq!(
            stored(&honouring, &target),
            "__name__=a_total empty=t exported_model=n job=j model=m"
        );
    }
}
