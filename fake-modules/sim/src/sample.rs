//! Drawing from distributions: [`InverseCdf`] for quantities, [`Weighted`] for choices.
//!
//! Both are tables built once, through `libm`, and drawn from with one random number each:
//! the hot path has no transcendental function, and the tables are the same on every machine.
//! Callers are the traffic generators and the engine; nothing here knows tokens, time or tenants.

mod inverse_cdf;
mod special;
mod weighted;

pub use inverse_cdf::{InverseCdf, LogNormal};
pub use weighted::Weighted;

pub(crate) use special::{normal_cdf, normal_quantile};
