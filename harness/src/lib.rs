//! Dashproof asks a monitoring stack what it shows, and judges the answers against what really happened.
//!
//! Layers, imports downwards only: problem, staleness, quantity → ledger → oracle → fact → contract → judge → track → verify →
//! mutants, report. `stack`, `client` and `poll` stand beside them and know nothing of what is verified.

pub mod quantity;

pub mod staleness;

pub mod ledger;

pub mod oracle;

pub mod fact;

pub mod grafana;

pub mod problem;

pub mod promcfg;

pub mod client;

pub mod mutate;

pub mod poll;

pub mod contract;

mod yaml;

pub mod backfill;

pub mod evaluate;

pub mod judge;

pub mod alert;

pub mod bracket;

pub mod deploy;

pub mod document;

pub mod scenario;

pub mod stack;

pub mod monitoring;

pub mod verify;

pub mod export;

pub mod why;

pub mod capacity;

pub mod receiver;

pub mod report;

pub mod control;

pub mod demo;

pub mod nearest;

pub mod cli;

pub mod mutants;

pub mod live;

pub mod rule_mutants;

pub mod check;

pub mod promql;

pub mod campaign;
