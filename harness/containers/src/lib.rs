//! A monitoring stack, booted from its docker-compose.yml by testcontainers.

pub mod compose;
pub mod problem;
