//! Prometheus' own files: configuration, rules, target files, durations.
//!
//! Reads what the checks and the roads need and leaves full validation to
//! `promtool`, which knows every key; a value that we need and cannot read is a
//! problem with file and line, all of a file at once.
//! Pure: text in, values out, apart from the small loaders. Knows nothing of
//! Grafana, of scenarios or of a running Prometheus.

pub mod duration;
