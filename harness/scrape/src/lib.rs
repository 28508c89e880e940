//! What a scrape stores of what a module shows, as the job's settings have it.
//!
//! Pure: a description of series in, labels and positions out. It must not know when or by whom is scraped.

mod intake;

pub use intake::{Intake, Reading, Refusal, VALUE_BYTES, longest_body};
