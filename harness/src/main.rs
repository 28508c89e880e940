//! The `dashproof` binary.

fn main() {}
