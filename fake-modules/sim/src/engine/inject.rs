//! Incidents that come, end or are taken back while the engine runs.
//!
//! What is injected is played like what the scenario's timeline holds: the same instant and kind give the same events,
//! whether the engine knew of it from the start or learnt of it a moment before. So nothing can be injected into what
//! was played already.

use super::{Edge, Engine};
use crate::{incident::Incident, time::Nanos, traffic::Arrival};

/// An incident of an engine: its place in the order in which they became known, those of the timeline first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub usize);

/// Why the story cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// What is to change has been played.
    #[error("{} s is in the past: the story has been played to {} s", at.as_secs_f64(), played.as_secs_f64())]
    Past {
        /// When it was to change.
        at: Nanos,
        /// How far it was played.
        played: Nanos,
    },
    /// There is no such incident.
    #[error("no incident has the number {}", id.0)]
    Unknown {
        /// What was asked for.
        id: IncidentId,
    },
    /// The incident is over, or was taken back.
    #[error("incident {} is over", id.0)]
    Over {
        /// What was asked for.
        id: IncidentId,
    },
}

impl<A: Iterator<Item = Arrival>> Engine<A> {
    /// How far the story was played: the last instant that [`Engine::run_until`] was given.
    #[must_use]
    pub fn played(&self) -> Option<Nanos> {
        self.played
    }

    /// Every incident that was not taken back, with its present end.
    pub fn incidents(&self) -> impl Iterator<Item = (IncidentId, &Incident)> {
        let known = self.incidents.iter().enumerate();
        known
            .filter(|(_, incident)| incident.at != Nanos::NEVER)
            .map(|(index, incident)| (IncidentId(index), incident))
    }

    /// Adds an incident, as if it stood last in the timeline.
    ///
    /// # Errors
    /// If it would begin at or before [`Engine::played`].
    pub fn inject(&mut self, incident: Incident) -> Result<IncidentId, InjectError> {
        self.is_to_come(incident.at)?;
        let id = self.incidents.len();
        for (at, begins) in [(incident.at, true), (incident.ends(), false)] {
            self.add_edge(Edge { at, incident: id, begins });
        }
        self.incidents.push(incident);
        Ok(IncidentId(id))
    }

    /// Ends an incident at `at`, as if it had been that long from the start. One that has not begun by then is taken
    /// back.
    ///
    /// # Errors
    /// If `at` has been played, or the incident is not known or over by then.
    pub fn end_incident(&mut self, id: IncidentId, at: Nanos) -> Result<(), InjectError> {
        self.is_to_come(at)?;
        let incident = self.incidents.get_mut(id.0).ok_or(InjectError::Unknown { id })?;
        if incident.ends() <= at || incident.at == Nanos::NEVER {
            return Err(InjectError::Over { id });
        }
        let begins_by_then = incident.at < at;
        if begins_by_then {
            incident.lasts = at - incident.at;
        } else {
            incident.at = Nanos::NEVER;
        }
        // All that goes is still to come: its end, and its beginning if it is taken back.
        self.edges.retain(|edge| edge.incident != id.0 || (begins_by_then && edge.begins));
        if begins_by_then {
            self.add_edge(Edge { at, incident: id.0, begins: false });
        }
        Ok(())
    }

    fn is_to_come(&self, at: Nanos) -> Result<(), InjectError> {
        match self.played {
            Some(played) if at <= played => Err(InjectError::Past { at, played }),
            _ => Ok(()),
        }
    }

    fn add_edge(&mut self, edge: Edge) {
        let place = self.edges.partition_point(|other| other.order() < edge.order());
        debug_assert!(self.next_edge <= place, "an edge in what was played");
        self.edges.insert(place, edge);
    }
}
