//! An exposition that outlives the module's next event: the values of one instant, and the list that they belong to.
//!
//! Filled by a module, encoded by a server when the module has long gone on. It shares the list of series and keeps its
//! memory, so that taking one costs no more than copying the values.

use std::sync::Arc;

use super::{Exposition, Layout};

/// What a module showed at one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    layout: Arc<Layout>,
    values: Vec<f64>,
}

impl Default for Snapshot {
    fn default() -> Snapshot {
        Snapshot { layout: Arc::new(Layout::new(0, Vec::new())), values: Vec::new() }
    }
}

impl Snapshot {
    /// What is in it.
    #[must_use]
    pub fn exposition(&self) -> Exposition<'_> {
        Exposition::new(&self.layout, &self.values)
    }

    /// Takes over what a module shows now.
    pub(crate) fn fill(&mut self, layout: &Arc<Layout>, values: &[f64]) {
        self.layout = Arc::clone(layout);
        self.values.clear();
        self.values.extend_from_slice(values);
    }
}
