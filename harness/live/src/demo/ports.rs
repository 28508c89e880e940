//! Whether ports can be had, asked before anything is started.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
};

use stack::port::{self, Holder};

/// A port that somebody else has, or an address that is not of this machine.
#[derive(Debug)]
pub struct Taken {
    /// What was wanted there.
    pub name: String,
    /// The address.
    pub address: SocketAddr,
    /// Who listens on the port, where the system tells.
    pub holder: Option<Holder>,
    /// Why it cannot be had.
    pub source: io::Error,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Taken { name, address, holder, source } = self;
        if source.kind() != io::ErrorKind::AddrInUse {
            return write!(f, "{name} cannot listen on {address}: {source}");
        }
        write!(f, "port {} of {}, for {name}, is in use", address.port(), address.ip())?;
        holder.as_ref().map_or(Ok(()), |holder| write!(f, ", held by {holder}"))
    }
}

/// Those of the named addresses that cannot be had. Each is let go at once.
pub fn taken<'a>(wanted: impl IntoIterator<Item = (&'a str, SocketAddr)>) -> Vec<Taken> {
    let mut found = Vec::new();
    // Held until all were tried, so that two of ours on one port are found too.
    let mut held = Vec::new();
    for (name, address) in wanted {
        match TcpListener::bind(address) {
            Ok(listener) => held.push(listener),
            Err(source) => {
                let holder = port::holder(address.port());
                found.push(Taken { name: name.to_owned(), address, holder, source });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_told_with_its_holder() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let found = taken([("prometheus", any), ("alertmanager", address)]);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        let start = format!(
            "port {} of 127.0.0.1, for alertmanager, is in use, held by process ",
            address.port()
        );
        assert!(told.len() == 1 && told[0].starts_with(&start), "{told:?}");
        drop(listener);
        assert!(taken([("alertmanager", address)]).is_empty());
        assert_eq!(taken([("one", address), ("other", address)]).len(), 1);
    }
}
