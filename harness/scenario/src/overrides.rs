//! What a command line changes about a scenario.

use std::path::PathBuf;

use sim::{incident::Incident, time::Nanos};

use super::{Scenario, Traffic};

/// What a command line changes; `None` leaves the file's value.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Another seed.
    pub seed: Option<u64>,
    /// Another length.
    pub duration: Option<Nanos>,
    /// The trace to replay, whatever the scenario names.
    pub trace: Option<PathBuf>,
    /// Where traces are looked for by the names that scenarios give.
    pub trace_dir: Option<PathBuf>,
}

impl Scenario {
    /// This scenario with other values, and the incidents that no longer fit into its length and were cut.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> (Scenario, Vec<Incident>) {
        self.seed = overrides.seed.unwrap_or(self.seed);
        if overrides.duration.is_some_and(|duration| duration < self.duration) {
            // What alerts are to do is told of the whole story.
            self.alerts.clear();
        }
        self.duration = overrides.duration.unwrap_or(self.duration);
        if let Traffic::Replayed(trace) = &mut self.traffic {
            let in_directory =
                overrides.trace_dir.as_ref().map(|directory| directory.join(&trace.file));
            let found = overrides.trace.clone().or(in_directory.filter(|path| path.is_file()));
            trace.path = found.or(trace.path.take());
        }
        let duration = self.duration;
        let (kept, cut) =
            self.incidents.into_iter().partition(|incident| incident.ends() <= duration);
        self.incidents = kept;
        (self, cut)
    }
}
