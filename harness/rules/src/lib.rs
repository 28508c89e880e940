//! Questions about rules and queries beyond one scenario's verdict: would a wrong one be noticed, what happens at each
//! threshold, what do alerts do to people, what do rules cost?
//!
//! `mutate` → `mutants`; `bracket` → `rule_mutants`; `campaign` and `capacity` stand beside them.
//! It must not know how a report looks, and nothing of real time.

pub mod bracket;
pub mod campaign;
pub mod capacity;
pub mod mutants;
pub mod mutate;
pub mod rule_mutants;
