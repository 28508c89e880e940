//! Prices, in nano-dollars per token, as published.
//!
//! 1 USD per million tokens is 1,000 nano-dollars per token, so every published price is a whole number and sums of
//! cost are exact. Source of every figure: `model_prices_and_context_window_backup.json` of litellm 1.109.1 (MIT).
//! The instruments and the ledger each multiply by these prices with arithmetic of their own.

use super::{llm::Model, manager::ManagerModel, security::SecurityModel};

/// What one token costs, in nano-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// A token that the model reads.
    pub input: u64,
    /// A token that the provider's prompt cache already held.
    pub cached_input: u64,
    /// A token that the model writes.
    pub output: u64,
}

const fn usd_per_million(input: u64, cached_input: u64, output: u64) -> Price {
    Price { input, cached_input, output }
}

impl Model {
    /// The model's price; self-hosted and unknown models are free.
    #[must_use]
    pub fn price(self) -> Price {
        match self {
            Model::Gpt4o => usd_per_million(2_500, 1_250, 10_000),
            Model::Gpt4oMini => usd_per_million(150, 75, 600),
            Model::ClaudeSonnet => usd_per_million(3_000, 300, 15_000),
            Model::ClaudeHaiku => usd_per_million(1_000, 100, 5_000),
            Model::GptOss | Model::Llama | Model::Other => usd_per_million(0, 0, 0),
        }
    }
}

impl ManagerModel {
    /// The model's price.
    #[must_use]
    pub fn price(self) -> Price {
        match self {
            ManagerModel::Embedding => usd_per_million(20, 20, 0),
            ManagerModel::Reviewer => usd_per_million(400, 100, 1_600),
            ManagerModel::Compressor => usd_per_million(1_000, 100, 5_000),
        }
    }
}

impl SecurityModel {
    /// The model's price; the classifier is self-hosted and free.
    #[must_use]
    pub fn price(self) -> Price {
        match self {
            SecurityModel::PromptGuard => usd_per_million(0, 0, 0),
            SecurityModel::Judge => usd_per_million(150, 75, 600),
        }
    }
}
