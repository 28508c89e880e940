//! What this model does not know, by name; it must not know why somebody asks.

use std::borrow::Cow;

/// Something that Grafana would act on and this crate does not model.
///
/// It is never guessed: whoever gets it says that what is seen is unproven.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{member} is not modelled")]
pub struct NotModelled {
    /// The member by its path in the panel, or the value that it has: `options.reduceOptions.fields`.
    pub member: Cow<'static, str>,
}

impl NotModelled {
    /// Of a member's path or name.
    pub fn new(member: impl Into<Cow<'static, str>>) -> Self {
        Self { member: member.into() }
    }
}
