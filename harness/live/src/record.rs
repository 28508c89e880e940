//! What the modules did and showed while they were served, in order.
//!
//! Short stories are kept whole: every event, and every scrape between them. Who scraped, this does not know.

use std::sync::{Arc, Mutex, PoisonError};

use modules::serve::{Heard, Observer, Scrape};
use sim::event::Event;

/// One thing that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event, as a module counted it.
    Event(Event),
    /// A scrape, which showed every event before it and none after.
    Scrape(Scrape),
}

/// Everything that was heard, in order.
pub type Recording = Vec<Entry>;

/// Keeps what is heard until it is taken.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Recording>>);

impl Recorder {
    /// The ear that a served story needs.
    #[must_use]
    pub fn observer(&self) -> Observer {
        let kept = Arc::clone(&self.0);
        Box::new(move |heard| {
            let entry = match heard {
                Heard::Event(event) => Entry::Event(*event),
                Heard::Scrape(scrape) => Entry::Scrape(scrape),
            };
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        })
    }

    /// What was heard so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
