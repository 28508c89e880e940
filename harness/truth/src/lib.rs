//! What really happened, what a faithful answer holds, and whether an answer is one.
//!
//! Layers, imports downwards only: quantity → ledger → oracle → fact → contract → judge; `evaluate` stands on the oracle.
//! It builds without a runtime and without HTTP, and must not know expositions, modules, files of a monitoring stack,
//! or who asked: the truth must not depend on what it is compared with.

pub mod alert;
pub mod contract;
pub mod evaluate;
pub mod fact;
pub mod judge;
pub mod ledger;
pub mod oracle;
pub mod quantity;
