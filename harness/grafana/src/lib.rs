//! Grafana itself: what its page asks for a panel, and what its server answers.
//!
//! `page` is a dashboard as Grafana has it, `width` how many points a panel has, `asking` the
//! request of a panel and what Prometheus must get of it, `answer` the frames that come back.
//! Pure: JSON in, values out. What is true, and how a report looks, is not known here.

pub mod answer;
pub mod asking;
mod body;
pub mod page;
pub mod width;

pub use answer::{Answered, Answers, Frame, Shown};
pub use asking::{Asking, DataSource, NotAsked, Predicted, Request, View};
pub use page::Page;
