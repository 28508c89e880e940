//! The modules as servers: `/metrics` on a port for each copy, while the story is played in real time.
//!
//! `story` plays the engine by the clock and keeps the modules; `metrics` answers for one copy in the format that was
//! asked for (`negotiate`); `listener` accepts connections and cuts them when the copy goes down; `live` is all of it
//! under way. Who scrapes and what the truth is, nothing here knows: an [`Observer`] hears every event and every scrape.

mod connection;
mod listener;
mod live;
mod metrics;
mod negotiate;
mod story;

pub use listener::{BindError, HttpServer};
pub use live::{Broken, ChangeError, Live, Plan};
pub use metrics::{AT_HEADER, Purpose, SEQUENCE_HEADER, Source, TakeError, Taken, router};
pub use negotiate::{accepts_gzip, format};
pub use story::{Heard, Observer, Scrape};
