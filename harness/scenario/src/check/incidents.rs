//! Incidents: exactly one in each entry of the timeline, within the scenario, of things that exist.
//!
//! It knows what values mean, and not which incident has which: that is in the simulation's table.

use prom::document::{Field, Meaning, Part, Scalar};
use prom::problem::Code;
use sim::{
    incident::{Incident, IncidentKind, IncidentName, Source},
    label::Label,
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

use super::Checker;
use crate::{
    file::{RawEntry, RawParameters, incident_keys},
    values::{Count, Factor, Name, Series, Share, Span},
};

impl Checker<'_> {
    pub(super) fn incident(
        &mut self,
        line: usize,
        raw: RawEntry,
        duration: Option<Nanos>,
        replicas: [u8; 3],
    ) -> Option<Incident> {
        let at = self.required(line, "at", raw.at.clone()).map(|Span(at)| at);
        let instant = raw.incidents.iter().map(|(name, _)| name.row()).find(|row| row.is_instant);
        let lasts = match (instant, &raw.lasts) {
            (Some(row), Some(lasts)) => {
                let message = format!("a {} is an instant and has no length", row.words());
                self.problem(Code::MisplacedKey, lasts.line, message, Some("remove `for`"));
                None
            }
            (Some(_), None) => Some(Nanos::ZERO),
            (None, _) => self.required(line, "for", raw.lasts.clone()).map(|Span(lasts)| lasts),
        };
        let kind = self.kind(line, raw, replicas);
        if instant.is_some() {
            let at = at?;
            if let Some(duration) = duration
                && duration <= at
            {
                self.problem(
                    Code::OutsideScenario,
                    line,
                    "begins at or after the scenario's end",
                    Some("let it begin earlier"),
                );
            }
            return Some(Incident { at, lasts: Nanos::ZERO, kind: kind? });
        }
        let (at, lasts) = self.within(line, at, lasts, duration)?;
        Some(Incident { at, lasts, kind: kind? })
    }

    fn kind(&mut self, line: usize, raw: RawEntry, replicas: [u8; 3]) -> Option<IncidentKind> {
        let mut incidents = raw.incidents;
        incidents.sort_by_key(|(name, _)| *name);
        let mut kinds: Vec<(IncidentName, Option<IncidentKind>)> = Vec::new();
        for (name, part) in incidents {
            kinds.push((name, self.parameters(name, part, replicas)));
        }
        match kinds.as_slice() {
            [(_, kind)] => *kind,
            [] => {
                let keys: Vec<&str> = incident_keys().collect();
                let message = format!("expected an incident: one of {}", keys.join(", "));
                self.problem(Code::NotExactlyOne, line, message, None);
                None
            }
            several => {
                let found: Vec<&str> = several.iter().map(|(name, _)| name.row().key).collect();
                let message =
                    format!("expected one incident in an entry, found {}", found.join(", "));
                self.problem(
                    Code::NotExactlyOne,
                    line,
                    message,
                    Some("give each an entry of its own"),
                );
                None
            }
        }
    }

    /// The incident with what stands under its key; `None` if something there does not fit.
    fn parameters(
        &mut self,
        name: IncidentName,
        part: Part<RawParameters>,
        replicas: [u8; 3],
    ) -> Option<IncidentKind> {
        self.part(Some(part), |checker, line, RawParameters(fields)| {
            name.with(&mut Written { checker, line, fields, replicas, module: None })
        })
    }
}

/// The parameters of an incident as they are written in a file.
struct Written<'a, 'b> {
    checker: &'a mut Checker<'b>,
    /// Where the part begins.
    line: usize,
    fields: Vec<(&'static str, Field<Scalar>)>,
    /// Copies of each module.
    replicas: [u8; 3],
    /// The module that was last asked for.
    module: Option<Module>,
}

impl Written<'_, '_> {
    fn field<T: Meaning>(&mut self, key: &str) -> Option<Field<T>> {
        let at = self.fields.iter().position(|(name, _)| *name == key)?;
        let (_, Field { line, key, value }) = self.fields.swap_remove(at);
        Some(Field { line, key, value: value.and_then(|scalar| T::read(&scalar)) })
    }

    fn value<T: Meaning>(&mut self, key: &str) -> Option<T> {
        let field = self.field(key);
        self.checker.required(self.line, key, field)
    }
}

impl Source for Written<'_, '_> {
    fn provider(&mut self, key: &'static str) -> Option<Provider> {
        self.value(key).map(|Name(provider)| provider)
    }

    fn deployment(&mut self, key: &'static str) -> Option<Deployment> {
        self.value(key).map(|Name(deployment)| deployment)
    }

    fn destination(&mut self, key: &'static str) -> Option<Deployment> {
        self.deployment(key)
    }

    fn module(&mut self, key: &'static str) -> Option<Module> {
        self.module = self.value(key).map(|Name(module)| module);
        self.module
    }

    fn replica(&mut self, key: &'static str) -> Option<Option<u8>> {
        let module = self.module?;
        let Some(field) = self.field(key) else { return Some(None) };
        let line = field.line;
        let Count(replica) = self.checker.given(Some(field))?;
        let copies = self.replicas[module.index()];
        match u8::try_from(replica) {
            Ok(replica) if replica < copies => Some(Some(replica)),
            _ => {
                let message = format!(
                    "expected a copy of {module} from 0 to {}, found {replica}",
                    copies - 1
                );
                self.checker.problem(
                    Code::UnknownReplica,
                    line,
                    message,
                    Some("`replicas` says how many copies run"),
                );
                None
            }
        }
    }

    fn share(&mut self, key: &'static str) -> Option<f64> {
        self.value(key).map(|Share(share)| share)
    }

    fn factor(&mut self, key: &'static str) -> Option<f64> {
        self.value(key).map(|Factor(factor)| factor)
    }

    fn series(&mut self, key: &'static str) -> Option<u32> {
        self.value(key).map(|Series(series)| series)
    }

    fn span(&mut self, key: &'static str) -> Option<Nanos> {
        self.value(key).map(|Span(span)| span)
    }
}
