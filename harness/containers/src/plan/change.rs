//! Carries out the wishes of a plan on the services of a file, and writes down each change.
//!
//! It must not know why a change is wished for.

use super::{Added, Difference, HostPorts, LOOPBACK, Plan, Recipe};
use crate::compose::{Health, Service, Source, Test};

/// The differences of one service.
struct Notes<'a> {
    service: &'a str,
    found: &'a mut Vec<Difference>,
}

impl Notes<'_> {
    fn add(&mut self, what: String) {
        self.found.push(Difference { service: Some(self.service.to_owned()), what });
    }
}

impl Plan {
    /// The services as they are booted, and in what that differs from the file.
    pub(super) fn changed(&self) -> (Vec<Recipe>, Vec<Difference>) {
        let mut found = Vec::new();
        let selected: Vec<&Service> = self.selected().collect();
        for left in &self.compose.services {
            if !selected.iter().any(|service| service.name == left.name) {
                let service = Some(left.name.clone());
                found.push(Difference { service, what: "not booted".into() });
            }
        }
        let recipes = selected
            .into_iter()
            .map(|service| {
                let mut recipe =
                    Recipe { service: service.clone(), hostname: None, after_image: Vec::new() };
                let mut notes = Notes { service: &service.name, found: &mut found };
                self.change_mounts(&mut recipe.service, &mut notes);
                self.change_arguments(&mut recipe, &mut notes);
                self.change_variables(&mut recipe.service, &mut notes);
                self.change_hostname(&mut recipe, &mut notes);
                self.change_ports(&mut recipe.service, &mut notes);
                self.change_health(&mut recipe.service, &mut notes);
                recipe
            })
            .collect();
        (recipes, found)
    }

    fn change_mounts(&self, service: &mut Service, notes: &mut Notes<'_>) {
        for mount in &mut service.mounts {
            let Source::Path(path) = &mount.source else {
                let Source::Volume(name) = &mount.source else { continue };
                notes.add(format!("the volume {name} is fresh, and is removed at the end"));
                continue;
            };
            let replaced = self.sources.iter().find_map(|replaced| {
                let rest = path.strip_prefix(&replaced.from).ok()?;
                // Joining nothing would add a slash, with which a file cannot be mounted.
                let empty = rest.as_os_str().is_empty();
                let to = if empty { replaced.to.clone() } else { replaced.to.join(rest) };
                Some((to, &replaced.why))
            });
            if let Some((to, why)) = replaced {
                notes.add(format!(
                    "{} is {} instead of {} ({why})",
                    mount.target,
                    to.display(),
                    path.display()
                ));
                mount.source = Source::Path(to);
            }
        }
    }

    fn change_arguments(&self, recipe: &mut Recipe, notes: &mut Notes<'_>) {
        for Added { text, why, .. } in of(&self.arguments, notes.service) {
            let Some(command) = &mut recipe.service.command else {
                notes.add(format!("{text} behind the image's command ({why})"));
                recipe.after_image.push(text.clone());
                continue;
            };
            let flag = text.split_once('=').map(|(name, _)| format!("{name}="));
            let same = |other: &&mut String| {
                flag.as_ref().is_some_and(|flag| flag.starts_with("--") && other.starts_with(flag))
            };
            match command.iter_mut().find(same) {
                Some(other) => {
                    notes.add(format!("{text} instead of {other} ({why})"));
                    other.clone_from(text);
                }
                None => {
                    notes.add(format!("{text} in addition ({why})"));
                    command.push(text.clone());
                }
            }
        }
    }

    fn change_variables(&self, service: &mut Service, notes: &mut Notes<'_>) {
        for Added { text, why, .. } in of(&self.variables, notes.service) {
            let Some((name, value)) = text.split_once('=') else { continue };
            match service.environment.insert(name.to_owned(), value.to_owned()) {
                // A value may be a secret, so that only the name is told.
                Some(_) => notes.add(format!("another value of the variable {name} ({why})")),
                None => notes.add(format!("the variable {name} in addition ({why})")),
            }
        }
    }

    fn change_hostname(&self, recipe: &mut Recipe, notes: &mut Notes<'_>) {
        for Added { text, why, .. } in of(&self.hostnames, notes.service) {
            notes.add(format!("the host name {text} ({why})"));
            recipe.hostname = Some(text.clone());
        }
    }

    fn change_ports(&self, service: &mut Service, notes: &mut Notes<'_>) {
        for port in &mut service.ports {
            let fixed = self.fixed_ports.get(&(service.name.clone(), port.container)).copied();
            let wanted = fixed.or(match self.host_ports {
                HostPorts::Free => None,
                HostPorts::AsInFile => port.host,
            });
            let everywhere = port.address.is_none_or(|address| !address.is_loopback());
            if wanted != port.host || everywhere {
                let place = |host: Option<u16>| {
                    host.map_or_else(|| "a free port".into(), |host| format!("port {host}"))
                };
                let before = port.address.map_or("all addresses".into(), |ip| ip.to_string());
                notes.add(format!(
                    "its port {} on {} of {LOOPBACK} instead of {} of {before}",
                    port.container,
                    place(wanted),
                    place(port.host),
                ));
            }
            port.host = wanted;
            port.address = Some(LOOPBACK);
        }
    }

    fn change_health(&self, service: &mut Service, notes: &mut Notes<'_>) {
        let (Some(wanted), Some(health)) = (self.health_interval, &mut service.health) else {
            return;
        };
        if health.test == Test::None || health.interval == Some(wanted) {
            return;
        }
        let before = health.interval.unwrap_or(Health::DEFAULT_INTERVAL);
        // As much time to become well as the file gives.
        let retries = health.retries.unwrap_or(Health::DEFAULT_RETRIES);
        let patience = before * retries;
        let more = patience.as_millis().div_ceil(wanted.as_millis().max(1));
        let more = u32::try_from(more).unwrap_or(u32::MAX).max(retries);
        notes.add(format!(
            "health checks every {wanted:?} instead of {before:?}, and {more} instead of {retries} retries"
        ));
        (health.interval, health.retries) = (Some(wanted), Some(more));
    }
}

fn of<'a>(added: &'a [Added], service: &'a str) -> impl Iterator<Item = &'a Added> {
    added.iter().filter(move |added| added.service == service)
}
