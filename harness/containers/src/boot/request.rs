//! One service of a plan as a request to testcontainers.
//!
//! What testcontainers 0.28 has no word for goes into the engine's own configuration: ports on loopback alone (it
//! publishes on all addresses), the search domain (it knows no network aliases). It must not know how the container
//! fares later.

use std::collections::HashMap;
use std::net::IpAddr;

use testcontainers::bollard::models::{HostConfig, PortBinding};
use testcontainers::core::{AccessMode, Host, IntoContainerPort, Mount};
use testcontainers::{ContainerRequest, GenericImage, Healthcheck, ImageExt};

use crate::compose::{Health, Port, Service, Source, Test};
use crate::network::Network;
use crate::plan::{LOOPBACK, Recipe};

/// `before` are arguments of the image; `gateway` is what `host-gateway` stands for, if not for the engine to say.
pub(super) fn of(
    network: &Network,
    recipe: &Recipe,
    before: Vec<String>,
    gateway: Option<IpAddr>,
) -> ContainerRequest<GenericImage> {
    let service = &recipe.service;
    let (name, tag) = name_and_tag(&service.image);
    let mut image = GenericImage::new(name, tag);
    let mut words = service.entrypoint.clone().unwrap_or_default();
    if !words.is_empty() {
        // testcontainers takes one word; the others become the first arguments, which is the same to a container.
        image = image.with_entrypoint(&words.remove(0));
    }
    words.extend(service.command.clone().unwrap_or(before));
    words.extend(recipe.after_image.clone());
    let mut request = image
        .with_cmd(words)
        .with_container_name(network.owned.run.container(&service.name))
        .with_network(network.name())
        .with_labels(network.labels(&service.name))
        .with_ready_conditions(Vec::new());
    if let Some(hostname) = &recipe.hostname {
        request = request.with_hostname(hostname);
    }
    if let Some(user) = &service.user {
        request = request.with_user(user);
    }
    for (name, value) in &service.environment {
        request = request.with_env_var(name, value);
    }
    for mount in &service.mounts {
        let mounted = match &mount.source {
            Source::Path(path) => Mount::bind_mount(path.display().to_string(), &mount.target),
            Source::Volume(name) => {
                Mount::volume_mount(network.owned.run.volume(name), &mount.target)
            }
        };
        let mode = if mount.read_only { AccessMode::ReadOnly } else { AccessMode::ReadWrite };
        request = request.with_mount(mounted.with_access_mode(mode));
    }
    for host in &service.hosts {
        let address = host.address.or(gateway);
        request = request.with_host(&host.name, address.map_or(Host::HostGateway, Host::Addr));
    }
    for port in &service.ports {
        request = request.with_mapped_port(port.host.unwrap_or(0), port.container.tcp());
    }
    if let Some(health) = &service.health {
        request = request.with_health_check(health_check(health));
    }
    let (bindings, domain) = (bindings(service), network.name().to_owned());
    request.with_host_config_modifier(move |config| modify(config, &bindings, &domain))
}

fn modify(
    config: &mut HostConfig,
    bindings: &HashMap<String, Option<Vec<PortBinding>>>,
    domain: &str,
) {
    // A service without ports would otherwise be published with all that its image names.
    config.publish_all_ports = Some(false);
    config.port_bindings = Some(bindings.clone());
    config.dns_search = Some(vec![domain.to_owned()]);
    // The domain comes first for a name without dots, so that nobody outside is asked for a service.
    config.dns_options = Some(vec!["ndots:1".to_owned()]);
}

fn bindings(service: &Service) -> HashMap<String, Option<Vec<PortBinding>>> {
    let binding = |port: &Port| PortBinding {
        host_ip: Some(LOOPBACK.to_string()),
        host_port: port.host.map(|host| host.to_string()),
    };
    let entry = |port: &Port| (format!("{}/tcp", port.container), Some(vec![binding(port)]));
    service.ports.iter().map(entry).collect()
}

/// `name:tag`, also of `name@sha256:…`; what is read of a file always has one of the two.
fn name_and_tag(image: &str) -> (&str, &str) {
    image.rsplit_once(':').unwrap_or((image, "latest"))
}

fn health_check(health: &Health) -> Healthcheck {
    let check = match &health.test {
        Test::OfImage => Healthcheck::empty(),
        Test::Command(words) => Healthcheck::cmd(words),
        Test::Shell(text) => Healthcheck::cmd_shell(text),
        Test::None => Healthcheck::none(),
    };
    check
        .with_interval(health.interval)
        .with_timeout(health.timeout)
        .with_start_period(health.start_period)
        .with_retries(health.retries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_and_a_tag() {
        let table = [
            ("prom/prometheus:v3", ("prom/prometheus", "v3")),
            ("registry:5000/p:1", ("registry:5000/p", "1")),
            ("p@sha256:abc", ("p@sha256", "abc")),
        ];
        for (image, parts) in table {
            assert_eq!(name_and_tag(image), parts);
        }
    }

    #[test]
    fn nothing_is_published_but_on_loopback() {
        let (mut config, service) = (HostConfig::default(), HashMap::new());
        modify(&mut config, &service, "d");
        assert_eq!(config.publish_all_ports, Some(false));
        assert_eq!(config.port_bindings, Some(HashMap::new()));
    }
}
