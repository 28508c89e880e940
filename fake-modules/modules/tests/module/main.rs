//! What the three modules count and show, from outside: events in, expositions out.
//!
//! One test binary, because its parts share the random events and the reading of expositions.

mod counts;
mod invariants;
mod lies;
mod lifecycle;
mod random_events;
mod series;
mod shown;
mod text;
