//! The panel as it is shown: what Grafana's browser code makes of data frames.
//!
//! Pure functions: a panel's JSON and frames in, texts and colours out. The crate knows
//! no data source, no truth and no scenario. What Grafana would act on and this crate
//! does not is never guessed: it comes back as [`NotModelled`], by name.
//!
//! Facts are of `@grafana/data` 13.2 and `@grafana/scenes` 9.2, held against recorded
//! answers in `tests/data`.

pub mod collate;
pub mod config;
pub mod display;
mod error;
pub mod frame;
pub mod mapping;
pub mod matcher;
pub mod members;
pub mod name;
pub mod number;
pub mod overrides;
pub mod panel;
pub mod pattern;
pub mod reduce;
mod sort;
pub mod stat;
pub mod template;
pub mod threshold;
pub mod transform;
pub mod unit;

pub use display::{Colour, Display, Printed};
pub use error::NotModelled;
pub use frame::{Field, FieldType, Frame, Scalar};
pub use members::{unmodelled, unmodelled_link, unmodelled_variable};
pub use panel::{Shown, shown};
