//! Who booted something: the names and labels of one run, and whether its process is still there.
//!
//! Everything that a run creates in an engine carries these labels, so that what a killed one left can be told from
//! what is in use. This module must not know the engine.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What all names begin with.
pub const PREFIX: &str = "dashproof-";

/// The label with the run's name; what has it, is ours.
pub(crate) const RUN: &str = "dashproof.run";
const PID: &str = "dashproof.pid";
const STARTED: &str = "dashproof.started";
const SYSTEM: &str = "dashproof.system";
pub(crate) const SERVICE: &str = "dashproof.service";

/// One boot of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Its name, which is also the name of its network and the domain of its services.
    pub(crate) name: String,
    owner: Process,
}

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    pid: u32,
    /// When it started, in ticks since the boot of the system.
    started: u64,
    /// The boot of the system and the namespace in which the number counts.
    system: System,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct System {
    boot: String,
    namespace: String,
}

/// Whether something may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Its process has ended.
    Gone,
    /// Its process runs.
    Alive,
    /// It cannot be seen from here: a container's processes have numbers of their own.
    Unseen,
}

impl Run {
    /// A new run of this process.
    pub(crate) fn new() -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let owner = Process::this();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{:x}-{number}", owner.pid, since.as_millis());
        Self { name, owner }
    }

    /// The labels of everything that the run creates.
    pub(crate) fn labels(&self) -> HashMap<String, String> {
        let system = format!("{} {}", self.owner.system.boot, self.owner.system.namespace);
        [
            (RUN, self.name.clone()),
            (PID, self.owner.pid.to_string()),
            (STARTED, self.owner.started.to_string()),
            (SYSTEM, system),
        ]
        .map(|(label, value)| (label.to_owned(), value))
        .into()
    }

    /// A container is found by its service's name in the run's domain.
    pub(crate) fn container(&self, service: &str) -> String {
        format!("{service}.{}", self.name)
    }

    pub(crate) fn volume(&self, volume: &str) -> String {
        format!("{}_{volume}", self.name)
    }
}

/// Whether the process that wrote these labels is still there.
pub(crate) fn owner(labels: &HashMap<String, String>) -> Owner {
    let read = || {
        let (boot, namespace) = labels.get(SYSTEM)?.split_once(' ')?;
        let system = System { boot: boot.to_owned(), namespace: namespace.to_owned() };
        let number = |label: &str| labels.get(label)?.parse().ok();
        let pid = u32::try_from(number(PID)?).ok()?;
        Some(Process { pid, started: number(STARTED)?, system })
    };
    // Labels that no run of ours wrote.
    let Some(process) = read() else { return Owner::Unseen };
    process.state(&Process::this().system)
}

/// Whether this very process wrote these labels.
pub(crate) fn is_mine(labels: &HashMap<String, String>) -> bool {
    let mine = Run { name: String::new(), owner: Process::this() }.labels();
    [PID, STARTED, SYSTEM].iter().all(|label| labels.get(*label) == mine.get(*label))
}

impl Process {
    fn this() -> Self {
        let pid = std::process::id();
        let started = start_of(pid).map_or(0, |(started, _)| started);
        Self { pid, started, system: System::this() }
    }

    fn state(&self, here: &System) -> Owner {
        if self.system.boot != here.boot {
            // The engine's socket is on this machine: the system was booted anew since.
            return Owner::Gone;
        }
        if self.system.namespace != here.namespace {
            return Owner::Unseen;
        }
        match start_of(self.pid) {
            Some((started, ended)) if started == self.started && !ended => Owner::Alive,
            Some(_) => Owner::Gone,
            None if signalled(self.pid) => Owner::Alive,
            None => Owner::Gone,
        }
    }
}

impl System {
    fn this() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let namespace = namespace.display().to_string();
        let boot = boot.trim();
        Self { boot: if boot.is_empty() { "unknown".into() } else { boot.into() }, namespace }
    }
}

/// When a process started, and whether it has ended without being waited for; `proc_pid_stat(5)`.
fn start_of(pid: u32) -> Option<(u64, bool)> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in brackets, which may have anything in it.
    let mut fields = line.rsplit_once(')')?.1.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    Some((fields.nth(18)?.parse().ok()?, ended))
}

/// Whether a process is there, on systems without `/proc`.
fn signalled(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    let answer = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None);
    !matches!(answer, Err(nix::errno::Errno::ESRCH))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn labels_of(process: &Process) -> HashMap<String, String> {
        Run { name: "x".into(), owner: process.clone() }.labels()
    }

    #[test]
    fn this_process_is_alive_and_two_runs_differ() {
        let (one, other) = (Run::new(), Run::new());
        assert_ne!(one.name, other.name);
        assert_eq!(owner(&one.labels()), Owner::Alive);
        assert!(is_mine(&one.labels()));
        assert_eq!(one.container("prometheus"), format!("prometheus.{}", one.name));
    }

    #[test]
    fn a_process_is_gone_once_it_has_ended_even_before_it_is_waited_for() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let (started, _) = start_of(child.id()).unwrap();
        let process = Process { pid: child.id(), started, system: System::this() };
        assert_eq!(owner(&labels_of(&process)), Owner::Alive);
        assert!(!is_mine(&labels_of(&process)));
        drop(child.stdin.take());
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while owner(&labels_of(&process)) == Owner::Alive {
            assert!(
                std::time::Instant::now() < deadline,
                "a process that has ended counts as alive"
            );
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(owner(&labels_of(&process)), Owner::Gone);
    }

    #[test]
    fn a_later_process_of_the_same_number_is_another_one() {
        let this = Process::this();
        let earlier = Process { started: this.started - 1, ..this.clone() };
        assert_eq!(owner(&labels_of(&earlier)), Owner::Gone);
        let boot = System { boot: "earlier".into(), ..this.system.clone() };
        assert_eq!(owner(&labels_of(&Process { system: boot, ..this.clone() })), Owner::Gone);
    }

    #[test]
    fn what_cannot_be_seen_from_here_is_not_judged() {
        let this = Process::this();
        let elsewhere = System { namespace: "pid:[1]".into(), ..this.system.clone() };
        assert_eq!(owner(&labels_of(&Process { system: elsewhere, ..this })), Owner::Unseen);
        assert_eq!(owner(&HashMap::from([(RUN.into(), "x".into())])), Owner::Unseen);
    }
}
