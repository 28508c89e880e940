//! Which copies of which modules are served, and on which ports.

use std::net::{IpAddr, SocketAddr};

use sim::{
    label::Label,
    world::{Instance, Module, PORTS_APART},
};

use super::{LOOPBACK, ip, module};
use crate::cli::Failure;

/// The modules' addresses.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PortArgs {
    /// Serve only this module; the others are simulated but not served
    #[arg(long, value_name = "NAME", value_parser = module)]
    module: Option<Module>,
    /// The address on which the modules listen
    #[arg(long, value_name = "ADDRESS", default_value = LOOPBACK, value_parser = ip)]
    listen: IpAddr,
    /// Ports of prompt-manager, prompt-security and llm-provider, or one with --module; 0 is any free one. Further
    /// copies of a module follow 100 apart [default: 8000,8001,8002]
    #[arg(long, value_name = "PORTS", value_delimiter = ',')]
    ports: Vec<u16>,
}

impl PortArgs {
    /// All modules, on an address of this machine.
    pub(in crate::cli) fn of_all(ports: Vec<u16>, listen: IpAddr) -> PortArgs {
        PortArgs { module: None, listen, ports }
    }

    /// What is served where, given the copies of each module.
    pub(in crate::cli) fn addresses(
        &self,
        replicas: [u8; 3],
    ) -> Result<Vec<(Instance, SocketAddr)>, Failure> {
        let mut addresses = Vec::new();
        for &module in Module::ALL {
            if self.module.is_some_and(|only| only != module) {
                continue;
            }
            let first = self.first_port(module)?;
            for replica in 0..replicas[module.index()] {
                let port = match first {
                    0 => Some(0),
                    first => first.checked_add(u16::from(replica) * PORTS_APART),
                };
                let port = port.ok_or_else(|| {
                    let message =
                        format!("copy {replica} of {module} would have a port above 65535");
                    Failure::new(message, "name lower ones: --ports 8000,8001,8002")
                })?;
                let instance = Instance { module, replica };
                addresses.push((instance, SocketAddr::new(self.listen, port)));
            }
        }
        Ok(addresses)
    }

    fn first_port(&self, module: Module) -> Result<u16, Failure> {
        match self.ports.as_slice() {
            [] => Ok(module.default_port()),
            [0] => Ok(0),
            [port] if self.module.is_some() => Ok(*port),
            [_, _, _] => Ok(self.ports[module.index()]),
            others => {
                let message = format!("--ports has {} ports for three modules", others.len());
                Err(Failure::new(message, "name three, or 0 for any: --ports 8000,8001,8002"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(
        module: Option<Module>,
        ports: &[u16],
        replicas: [u8; 3],
    ) -> Result<Vec<u16>, Failure> {
        let listen = IpAddr::from([127, 0, 0, 1]);
        let args = PortArgs { module, listen, ports: ports.to_vec() };
        let addresses = args.addresses(replicas)?;
        Ok(addresses.into_iter().map(|(_, address)| address.port()).collect())
    }

    #[test]
    fn copies_have_ports_of_their_own() {
        let guard = Some(Module::PromptSecurity);
        assert_eq!(ports(None, &[], [1, 1, 1]), Ok(vec![8000, 8001, 8002]));
        assert_eq!(ports(None, &[], [1, 3, 1]), Ok(vec![8000, 8001, 8101, 8201, 8002]));
        assert_eq!(ports(None, &[0], [2, 1, 1]), Ok(vec![0; 4]));
        assert_eq!(ports(guard, &[9000], [2, 2, 2]), Ok(vec![9000, 9100]));
        assert_eq!(ports(guard, &[1, 2, 3], [1, 1, 1]), Ok(vec![2]));
        assert!(ports(None, &[9000], [1, 1, 1]).is_err());
        assert!(ports(None, &[1, 2], [1, 1, 1]).is_err());
        assert!(ports(guard, &[65_500], [1, 2, 1]).is_err());
    }
}
