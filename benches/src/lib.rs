//! Nothing lives here: the benches are in `benches/`, one file per hot path.
