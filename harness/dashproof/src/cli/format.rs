//! The two forms that most commands write: for people, and for programs.

use clap::ValueEnum;

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}
