//! The simulated LLM application.
