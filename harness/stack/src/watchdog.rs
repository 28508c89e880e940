//! Ends a server when we die without having had the chance.
//!
//! A small shell process waits at the other end of a pipe that only we hold open. Whatever ends us
//! (Ctrl-C, SIGTERM, SIGKILL, an abort), the kernel closes the pipe; the watchdog then kills the
//! server and removes its run directory. A regular stop dismisses it first.
//! If the watchdog is killed as well, `collect_garbage` does its work at the start of the next run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};

use super::process::{CommandLine, ProcessError};

const DISMISSAL: &[u8] = b"dismissed\n";

/// $1 is the server, $2 its run directory. The command line is checked because the server may have
/// ended by itself, and its number may have been given to another process.
const SCRIPT: &str = r#"
read -r word
[ "$word" = dismissed ] && exit
ours() { grep -qF -- "$2/" "/proc/$1/cmdline"; }
ours "$1" "$2" && kill -KILL "$1"
while ours "$1" "$2"; do sleep 0.05; done
rm -rf -- "$2"
"#;

/// Watches over one server.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Watches over the process `server`, whose command line names a path in `directory`.
    pub(super) fn start(server: u32, directory: &Path) -> Result<Self, ProcessError> {
        let command = CommandLine::new("sh")
            .args(["-c", SCRIPT, "dashproof-watchdog"])
            .arg(server.to_string())
            .arg(directory)
            .directory(Path::new("/"));
        let shell = command.spawn(Stdio::piped(), Stdio::null(), Stdio::null())?;
        Ok(Self { shell })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.shell.stdin.take() {
            // If the shell is gone, there is nobody left to dismiss.
            let _ = pipe.write_all(DISMISSAL);
        }
        let _ = self.shell.wait();
    }
}
