//! Who holds a TCP port, where the system tells; and ports that are kept for a server of ours.
//!
//! Linux lists listening sockets in `/proc/net/tcp` and each process' sockets among its open files; those of other
//! users are closed to us, and then nobody is named.

use std::{fs, io, net::SocketAddr, path::Path};

use tokio::net::TcpSocket;

/// A process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its command line, shortened.
    pub command: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}: {}", self.pid, self.command)
    }
}

/// A free port of 127.0.0.1 for a server that must know its address before it starts.
///
/// It is bound and nobody listens: connections are refused, nobody else is given the port, and a server that allows
/// its address to be reused, as those of Prometheus' family do, can listen there, end and listen again.
#[derive(Debug)]
pub struct Reserved {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl Reserved {
    /// Reserves any free port until the value is dropped.
    ///
    /// # Errors
    /// If the system has none.
    pub fn any() -> io::Result<Reserved> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Reserved { address: socket.local_addr()?, _socket: socket })
    }

    /// The address with the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// How much of a command line is shown, in characters.
const SHOWN: usize = 100;

/// The process that listens on a port of this machine, if that can be seen.
#[must_use]
pub fn holder(port: u16) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inodes: Vec<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .collect();
    let sockets: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let mut pids: Vec<u32> =
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    let pid = pids.into_iter().find(|pid| has_open(*pid, &sockets))?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    Some(Holder { pid, command: command.trim().chars().take(SHOWN).collect() })
}

/// The ports on which a process of ours listens, ascending: for a server that does not say which one it was given.
#[must_use]
pub(crate) fn of_process(pid: u32) -> Vec<u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let mut ports: Vec<u16> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| sockets(&table).collect::<Vec<_>>())
        .filter(|(_, inode)| has_open(pid, &[format!("socket:[{inode}]")]))
        .map(|(port, _)| port)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn has_open(pid: u32, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")) else {
        return false;
    };
    files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).any(|target| {
        target.to_str().is_some_and(|target| sockets.iter().any(|socket| socket == target))
    })
}

/// The inodes of sockets that listen on `port`, in a table of the kernel.
fn listening(table: &str, port: u16) -> Vec<String> {
    sockets(table).filter(|(found, _)| *found == port).map(|(_, inode)| inode).collect()
}

/// Port and inode of each socket that listens, in a table of the kernel (`proc_pid_net(5)`).
fn sockets(table: &str) -> impl Iterator<Item = (u16, String)> {
    const LISTEN: &str = "0A";
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = fields.get(1)?.rsplit(':').next()?;
        let port =
            u16::from_str_radix(local, 16).ok().filter(|_| fields.get(3) == Some(&LISTEN))?;
        Some((port, (*fields.get(9)?).to_owned()))
    };
    table.lines().skip(1).filter_map(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named_while_it_holds_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = holder(port).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert!(!found.command.is_empty());
        assert!(of_process(std::process::id()).contains(&port));
        drop(listener);
        assert_eq!(holder(port), None);
    }

    #[test]
    fn a_reserved_port_is_closed_to_all_but_one_that_listens() {
        use std::net::{TcpListener, TcpStream};
        let (one, other) = (Reserved::any().unwrap(), Reserved::any().unwrap());
        assert_ne!(one.address(), other.address());
        for _ in 0..2 {
            assert!(TcpStream::connect(one.address()).is_err());
            // Allows its address to be reused, as Go's listeners do.
            let listener = TcpListener::bind(one.address()).unwrap();
            assert!(TcpStream::connect(one.address()).is_ok());
            drop(listener);
        }
    }

    #[test]
    fn only_listening_sockets_count() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 x
   1: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 12 1 x
   2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 x
";
        assert_eq!(listening(table, 8000), ["11"]);
        assert_eq!(listening(table, 8002), [""; 0]);
    }
}
