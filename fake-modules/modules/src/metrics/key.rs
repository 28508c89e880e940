//! Label sets as indices into an array of cells.
//!
//! Used by the handles (index, once per count) and at registration (names and values, once per module). A pair of
//! labels is numbered row by row: all values of the second under the first value of the first, and so on.

use sim::{
    label::Label,
    world::{
        Limit, Status,
        llm::{Deployment, LlmError, LlmOperation, LlmTokenType, Model, Provider},
        manager::{
            CacheResult, ManagerError, ManagerModel, ManagerOperation, ManagerVerdict, TokenType,
        },
        security::{
            EventSeverity, EventType, InjectionSeverity, InjectionType, SecurityError,
            SecurityModel, SecurityOperation, SecurityVerdict,
        },
    },
};

use crate::exposition::LabelSet;

/// The labels of a metric, taken together.
pub(crate) trait Key: Copy {
    /// How many label sets there are.
    const COUNT: usize;

    /// The position in [`Key::label_sets`].
    fn index(self) -> usize;

    /// Every label set, in order.
    fn label_sets() -> Vec<LabelSet>;
}

macro_rules! single_labels {
    ($($label:ty),+ $(,)?) => {$(
        impl Key for $label {
            const COUNT: usize = <$label as Label>::ALL.len();

            #[inline]
            fn index(self) -> usize {
                Label::index(self)
            }

            fn label_sets() -> Vec<LabelSet> {
                let name = <$label as Label>::NAME;
                <$label as Label>::ALL
                    .iter()
                    .map(|value| LabelSet::from([(name, value.as_str().into())]))
                    .collect()
            }
        }
    )+};
}

single_labels!(
    CacheResult,
    EventSeverity,
    EventType,
    InjectionSeverity,
    InjectionType,
    Limit,
    LlmError,
    LlmOperation,
    LlmTokenType,
    ManagerError,
    ManagerModel,
    ManagerOperation,
    ManagerVerdict,
    Provider,
    SecurityError,
    SecurityModel,
    SecurityOperation,
    SecurityVerdict,
    Status,
    TokenType,
);

/// Shown as two labels, provider and model, of which only the pairs that are served exist.
impl Key for Deployment {
    const COUNT: usize = Deployment::ALL.len();

    #[inline]
    fn index(self) -> usize {
        Label::index(self)
    }

    fn label_sets() -> Vec<LabelSet> {
        Deployment::ALL
            .iter()
            .map(|deployment| {
                LabelSet::from([
                    (Provider::NAME, deployment.provider().as_str().into()),
                    (Model::NAME, deployment.model().as_str().into()),
                ])
            })
            .collect()
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    const COUNT: usize = A::COUNT * B::COUNT;

    #[inline]
    fn index(self) -> usize {
        self.0.index() * B::COUNT + self.1.index()
    }

    fn label_sets() -> Vec<LabelSet> {
        let (firsts, seconds) = (A::label_sets(), B::label_sets());
        firsts
            .iter()
            .flat_map(|first| {
                seconds.iter().map(|second| [&first[..], &second[..]].concat().into())
            })
            .collect()
    }
}
