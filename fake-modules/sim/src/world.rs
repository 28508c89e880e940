//! What the simulated application consists of: modules, operations, providers, models, verdicts.
//!
//! Data only. The engine draws from it, the instruments and the ledger label by it; nothing here counts, draws or
//! knows a metric's name.

pub mod bounds;
pub mod llm;
pub mod manager;
pub mod price;
pub mod security;

use crate::label::labels;

labels! {
    /// A service of the application, each with its own `/metrics`.
    Module = "module" {
        /// Stores, renders and executes prompts; the application's front door (port 8000).
        PromptManager = "prompt-manager",
        /// Validates prompts and scans answers (port 8001).
        PromptSecurity = "prompt-security",
        /// Calls the language-model providers (port 8002).
        LlmProvider = "llm-provider",
    }

    /// How an operation or an upstream request ended.
    Status = "status" {
        /// It did what was asked.
        Success = "success",
        /// It did not; an error counter says why.
        Error = "error",
    }

    /// A rate limit that was hit.
    Limit = "limit" {
        /// Requests per minute.
        Requests = "requests",
        /// Tokens per minute.
        Tokens = "tokens",
        /// Spend per hour.
        Cost = "cost",
    }
}

/// What distinguishes the ports of a module's copies.
pub const PORTS_APART: u16 = 100;

/// One running copy of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// Which module.
    pub module: Module,
    /// Which copy of it, from 0.
    pub replica: u8,
}

impl Module {
    /// The prefix of the module's metric names.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Module::PromptManager => "prompt_manager",
            Module::PromptSecurity => "prompt_security",
            Module::LlmProvider => "llm_provider",
        }
    }

    /// The port that the module serves unless told otherwise.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Module::PromptManager => 8000,
            Module::PromptSecurity => 8001,
            Module::LlmProvider => 8002,
        }
    }
}
