//! Grafana itself: what its page asks for a panel, and what its server answers.
//!
//! `page` is a dashboard as Grafana has it, `width` how many points a panel has, `asking` the
//! request of a panel and what Prometheus must get of it, `answer` the frames that come back,
//! `provisioned` whether Grafana has what the files say: all of them pure, JSON in, values out.
//! `client` asks a running one, `ready` waits for it.
//! What is true, and how a report looks, is not known here.

pub mod answer;
pub mod asking;
pub mod client;
pub mod page;
pub mod provisioned;
pub mod ready;
pub mod width;

pub use answer::{Answered, Answers, Frame, Shown};
pub use asking::{Asking, DataSource, NotAsked, Predicted, Request, View};
pub use client::{ClientError, Grafana};
pub use page::Page;
