//! Alert rules in virtual time: when each alert is pending, firing and resolved.
//!
//! [`timeline()`] asks the real engine for a rule's expression at its group's own evaluations, and [`machine`] does what
//! the rule manager does with the answers. Which alerts should fire is not known here.

pub mod machine;
pub mod rule;
pub mod timeline;
pub mod weaker;

pub use machine::{Episode, Timing, episodes};
pub use rule::{AlertRule, alert_rules};
pub use timeline::{AlertSeries, Timeline, TimelineError, timeline};
