//! `ports` of a service, in the short and in the long form.
//!
//! It must not know on which port of the machine a service is published in the end.

use std::net::IpAddr;

use super::node::{Node, Value};
use super::reader::Reader;

/// A port of a container that is published on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Line in the file, from 1.
    pub line: usize,
    /// The port inside of the container.
    pub container: u16,
    /// The port of the machine; any free one where the file names none.
    pub host: Option<u16>,
    /// The address of the machine; all of them where the file names none.
    pub address: Option<IpAddr>,
}

/// The keys of the long form.
const LONG: [&str; 5] = ["target", "published", "host_ip", "protocol", "mode"];

pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for item in reader.items(node, what) {
        let port = match item.value {
            Value::Map(_) => long(reader, item, what),
            _ => reader.parsed(item, what, short).map(|port| Port { line: item.line, ..port }),
        };
        let Some(port) = port else { continue };
        if ports.iter().any(|other| other.container == port.container) {
            let message = format!("the port {} of the container twice", port.container);
            reader.wrong(item.line, what, message);
        } else {
            ports.push(port);
        }
    }
    ports
}

/// `[[address:][port of the machine]:]port of the container[/tcp]`.
fn short(text: &str) -> Result<Port, String> {
    let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    tcp(protocol)?;
    let (before, container) = match text.rsplit_once(':') {
        Some((before, container)) => (Some(before), container),
        None => (None, text),
    };
    let (address, host) = match before.map(|before| before.rsplit_once(':').unwrap_or(("", before)))
    {
        Some((address, host)) => (address, host),
        None => ("", ""),
    };
    Ok(Port {
        line: 0,
        container: number(container)?,
        host: if host.is_empty() { None } else { Some(number(host)?) },
        address: if address.is_empty() { None } else { Some(ip(address)?) },
    })
}

fn long(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Port> {
    let mut container = None;
    let mut port = Port { line: node.line, container: 0, host: None, address: None };
    for entry in reader.entries(node, what) {
        let (inner, node) = (format!("{what}.{}", entry.key), &entry.node);
        match entry.key.as_str() {
            "target" => container = reader.parsed(node, &inner, number),
            "published" => port.host = reader.parsed(node, &inner, number),
            "host_ip" => port.address = reader.parsed(node, &inner, ip),
            "protocol" => drop(reader.parsed(node, &inner, tcp)),
            "mode" => reader.ignore(entry.line, inner, "it has a meaning in a swarm only"),
            _ => reader.unknown(entry, what, &LONG),
        }
    }
    if container.is_none() && !node_has(node, "target") {
        reader.wrong(node.line, what, "no `target`, the port of the container");
    }
    Some(Port { container: container?, ..port })
}

fn node_has(node: &Node, key: &str) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.iter().any(|entry| entry.key == key))
}

fn tcp(protocol: &str) -> Result<(), String> {
    if protocol == "tcp" {
        Ok(())
    } else {
        Err(format!("the protocol {protocol} is not read, only tcp"))
    }
}

fn ip(text: &str) -> Result<IpAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_err(|_| format!("`{text}` is no address"))
}

fn number(text: &str) -> Result<u16, String> {
    if text.contains('-') {
        return Err(format!("the range `{text}` is not read; name each port"));
    }
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("`{text}` is no port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(container: u16, host: Option<u16>, address: Option<&str>) -> Port {
        Port { line: 0, container, host, address: address.map(|text| text.parse().unwrap()) }
    }

    #[test]
    fn the_short_form_has_one_to_three_parts() {
        let table = [
            ("9090", port(9090, None, None)),
            ("80:9090", port(9090, Some(80), None)),
            ("127.0.0.1:80:9090/tcp", port(9090, Some(80), Some("127.0.0.1"))),
            ("127.0.0.1::9090", port(9090, None, Some("127.0.0.1"))),
            ("[::1]:80:9090", port(9090, Some(80), Some("::1"))),
        ];
        for (text, expected) in table {
            assert_eq!(short(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_port_is_named() {
        let table = [
            ("x", "`x` is no port"),
            ("0", "`0` is no port"),
            ("70000:80", "`70000` is no port"),
            ("localhost:80:80", "`localhost` is no address"),
            ("80-90:80-90", "the range `80-90` is not read"),
            ("53:53/udp", "the protocol udp is not read"),
        ];
        for (text, message) in table {
            let error = short(text).unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
