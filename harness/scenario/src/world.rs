//! What differs in a scenario from the world that its profile describes.

use sim::{
    engine::Parameters,
    label::Label,
    world::{
        llm::{Deployment, LlmOperation},
        manager::ManagerOperation,
    },
};

/// Differences from the profile's world; what is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The share of prompts that are attacks.
    pub attacks: Option<f64>,
    /// The share of attacks that the guard detects.
    pub detection: Option<f64>,
    /// The share of benign prompts that the guard blocks.
    pub false_positives: Option<f64>,
    /// The share of requests that fail at a provider for reasons other than limits.
    pub provider_failures: Option<f64>,
    /// The share of look-ups that the exact cache answers.
    pub exact_cache_hits: Option<f64>,
    /// The share of look-ups that the semantic cache answers.
    pub semantic_cache_hits: Option<f64>,
    /// Weights of prompt-manager's operations.
    pub operations: Vec<(ManagerOperation, f64)>,
    /// Weights of llm-provider's operations.
    pub llm_operations: Vec<(LlmOperation, f64)>,
    /// Weights of the deployments.
    pub deployments: Vec<(Deployment, f64)>,
}

impl World {
    /// `parameters` with these differences.
    #[must_use]
    pub fn apply(&self, mut parameters: Parameters) -> Parameters {
        let set = |value: &mut f64, given: Option<f64>| *value = given.unwrap_or(*value);
        set(&mut parameters.attacks, self.attacks);
        set(&mut parameters.detection, self.detection);
        set(&mut parameters.false_positives, self.false_positives);
        set(&mut parameters.provider_failures, self.provider_failures);
        set(&mut parameters.cache_hits.0, self.exact_cache_hits);
        set(&mut parameters.cache_hits.1, self.semantic_cache_hits);
        replace(&mut parameters.operations, &self.operations);
        replace(&mut parameters.llm_operations, &self.llm_operations);
        replace(&mut parameters.deployments, &self.deployments);
        parameters
    }
}

fn replace<T: Label>(weights: &mut [f64], given: &[(T, f64)]) {
    for (name, weight) in given {
        weights[name.index()] = *weight;
    }
}
