//! What each key does.

use modules::serve::ChangeError;
use sim::{
    incident::IncidentKind,
    time::Nanos,
    world::{Module, llm::Provider},
};

use live::control::Controlled;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// An incident, for so long.
    Incident(IncidentKind, Nanos),
    /// The end of every incident under way.
    EndAll,
    /// The keys.
    Help,
    /// The end.
    Quit,
}

/// What a key does, and in words.
type Bound = (char, Action, &'static str);

const MINUTES: u64 = 60 * Nanos::SECOND.0;

const KEYS: [Bound; 9] = [
    (
        'o',
        Action::Incident(
            IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 1.0 },
            Nanos(10 * MINUTES),
        ),
        "openai fails every request for 10 minutes",
    ),
    (
        's',
        Action::Incident(
            IncidentKind::ProviderLatency { provider: Provider::OpenAi, factor: 10.0 },
            Nanos(10 * MINUTES),
        ),
        "openai answers ten times as slowly for 10 minutes",
    ),
    (
        'i',
        Action::Incident(IncidentKind::InjectionAttack { share: 0.5 }, Nanos(5 * MINUTES)),
        "half of all prompts are attacks for 5 minutes",
    ),
    (
        'r',
        Action::Incident(
            IncidentKind::ModuleRestart { module: Module::LlmProvider, replica: None },
            Nanos::SECOND,
        ),
        "llm-provider restarts",
    ),
    (
        'd',
        Action::Incident(
            IncidentKind::ModuleDown { module: Module::PromptSecurity, replica: None },
            Nanos(5 * MINUTES),
        ),
        "prompt-security is down for 5 minutes",
    ),
    (
        't',
        Action::Incident(IncidentKind::TrafficStop, Nanos(20 * MINUTES)),
        "no requests for 20 minutes",
    ),
    ('e', Action::EndAll, "end every incident"),
    ('?', Action::Help, "these keys"),
    ('q', Action::Quit, "quit"),
];

/// What a key does; Ctrl-C and the end of input are no keys.
pub(super) fn action(key: char) -> Option<Action> {
    let bound = KEYS.iter().find(|(bound, ..)| *bound == key.to_ascii_lowercase());
    bound.map(|(_, action, _)| *action)
}

/// The keys, a line for each.
pub(super) fn legend() -> String {
    KEYS.iter().map(|(key, _, what)| format!("  {key}  {what}\n")).collect()
}

/// Ends what is under way; what has not begun may still come.
pub(super) fn end_all(controlled: &Controlled) -> Result<(), ChangeError> {
    let now = controlled.live.now();
    for (id, incident) in controlled.live.incidents()? {
        if incident.at <= now && now < incident.ends() {
            controlled.live.end(id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_does_one_thing() {
        for (key, action_of, _) in KEYS {
            assert_eq!(action(key), Some(action_of));
            assert_eq!(KEYS.iter().filter(|(other, ..)| *other == key).count(), 1, "{key}");
        }
        assert_eq!(action('O'), action('o'));
        assert_eq!(action('\u{3}'), None);
        assert_eq!(legend().lines().count(), KEYS.len());
    }
}
