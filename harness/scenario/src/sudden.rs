//! An incident that comes while the story is told, in the words of a timeline's entry.
//!
//! JSON is YAML, so the file's own reader and checks serve: what an entry of a file would be refused for, a sudden
//! incident is refused for too, with every reason at once. Its `at` counts from now and may be missing.

use std::path::Path;

use sim::{incident::Incident, time::Nanos};

use super::{check::check_entry, file::RawEntry, values::Span};
use prom::{
    document::{self, Field},
    problem::Problem,
};

/// What stands in problems in place of a file.
const PLACE: &str = "incident";

/// The incident in a text such as `{"for": "2m", "provider_outage": {"provider": "openai", "failing": "90%"}}`; its
/// `at` counts from now. `replicas` are the copies of each module.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn sudden_incident(text: &str, replicas: [u8; 3]) -> Result<Incident, Vec<Problem>> {
    let place = Path::new(PLACE);
    let (mut raw, mut problems) =
        document::read::<RawEntry>(place, text).map_err(|problem| vec![problem])?;
    let now = || Field { line: 1, key: "at".to_owned(), value: Ok(Span(Nanos::ZERO)) };
    raw.at.get_or_insert_with(now);
    let incident = check_entry(place, raw, replicas, &mut problems);
    match incident {
        Some(incident) if problems.is_empty() => Ok(incident),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use sim::{
        incident::IncidentKind,
        world::{Module, llm::Provider},
    };

    use super::*;

    #[test]
    fn the_words_are_those_of_a_timeline() {
        let text = r#"{"at": "5s", "for": "2m", "provider_outage": {"provider": "openai", "failing": "90%"}}"#;
        let kind = IncidentKind::ProviderOutage { provider: Provider::OpenAi, failing: 0.9 };
        let (at, lasts) = (Nanos(5 * Nanos::SECOND.0), Nanos(120 * Nanos::SECOND.0));
        assert_eq!(sudden_incident(text, [1; 3]), Ok(Incident { at, lasts, kind }));
        let text = r#"{"for": "1s", "module_down": {"module": "llm-provider", "replica": 1}}"#;
        let kind = IncidentKind::ModuleDown { module: Module::LlmProvider, replica: Some(1) };
        let incident = Incident { at: Nanos::ZERO, lasts: Nanos::SECOND, kind };
        assert_eq!(sudden_incident(text, [1, 1, 2]), Ok(incident));
        let flush = sudden_incident(r#"{"cache_flush": {}}"#, [1; 3]).unwrap();
        assert_eq!((flush.kind, flush.lasts), (IncidentKind::CacheFlush, Nanos::ZERO));
    }

    #[test]
    fn every_reason_is_told() {
        let reasons = |text: &str| -> Vec<String> {
            let problems = sudden_incident(text, [1; 3]).expect_err(text);
            problems.into_iter().map(|problem| problem.message).collect()
        };
        let both =
            reasons(r#"{"for": "soon", "provider_outage": {"provider": "opnai", "failing": 2}}"#);
        assert_eq!(both.len(), 3, "{both:?}");
        assert!(reasons("{}").iter().any(|reason| reason.contains("missing key for")));
        assert!(reasons("{}").iter().any(|reason| reason.contains("expected an incident")));
        let unknown = reasons(r#"{"for": "1s", "traffic_stop": {}, "until": "2s"}"#);
        assert!(unknown[0].contains("unknown key"), "{unknown:?}");
        let copy =
            reasons(r#"{"for": "1s", "module_down": {"module": "llm-provider", "replica": 1}}"#);
        assert!(copy[0].contains("expected a copy of llm-provider"), "{copy:?}");
        assert!(!reasons("[1, 2]").is_empty() && !reasons("}").is_empty());
        let two = reasons(r#"{"for": "1s", "traffic_stop": {}, "guard_bypassed": {}}"#);
        assert!(two[0].contains("expected one incident"), "{two:?}");
    }
}
