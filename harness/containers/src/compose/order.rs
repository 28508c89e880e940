//! The order in which services are started: each behind those that it depends on, else as in the file.
//!
//! It must not know how far a service must be before the next one is started.

use super::Service;
use super::reader::Reader;

/// Puts services in order, and notes dependencies that cannot be kept.
pub(super) fn by_dependency(reader: &mut Reader<'_>, services: Vec<Service>) -> Vec<Service> {
    let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    for service in &services {
        for dependency in &service.after {
            if !names.contains(&dependency.service) {
                let what = format!("{}.depends_on", service.name);
                let message = format!("there is no service `{}`", dependency.service);
                let remedy = format!("services are {}", names.join(", "));
                reader.wrong_with_remedy(dependency.line, &what, message, remedy);
            }
        }
    }
    let mut waiting = services;
    let mut ordered: Vec<Service> = Vec::new();
    while let Some(ready) = waiting.iter().position(|service| {
        let missing = |name: &str| waiting.iter().any(|other| other.name == name);
        !service.after.iter().any(|dependency| missing(&dependency.service))
    }) {
        ordered.push(waiting.remove(ready));
    }
    if let Some(first) = waiting.first() {
        let circle: Vec<&str> = waiting.iter().map(|service| service.name.as_str()).collect();
        let what = format!("{}.depends_on", first.name);
        let message = format!("these wait for each other: {}", circle.join(", "));
        reader.wrong(first.after.first().map_or(first.line, |after| after.line), &what, message);
    }
    ordered.extend(waiting);
    ordered
}
