//! What a mistake is made with, and what the parts around it make of it.
//!
//! Read by the modules of the parts. It must not know which mistakes there are.

use super::{MutationContext, placeholder::Placeholders};

/// What a mistake is made with.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) context: &'a MutationContext,
    pub(super) placeholders: &'a Placeholders,
}

/// What the parts around an expression make of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    /// Whether multiplying this part by a positive constant leaves the whole unchanged.
    pub(super) scale_free: bool,
    /// Whether this part is the buckets of a quantile, up to a constant.
    pub(super) is_buckets: bool,
}
