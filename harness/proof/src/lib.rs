//! A scenario from file to verdicts, in virtual time: played, stored, asked, judged; and what explains a verdict.
//!
//! Layers, imports downwards only: backfill → alert → verify → why, export.
//! It must not know how a report looks, and nothing of real time.

pub mod alert;
pub mod backfill;
pub mod export;
pub mod verify;
pub mod why;
