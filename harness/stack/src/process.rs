//! Runs child processes, and remembers how, for error texts.
//!
//! The only file that starts processes. A short command runs to its end under a ceiling
//! ([`CommandLine::run`]); a server is handed out as a child that its owner must end
//! ([`CommandLine::spawn`]). The command line in an error can be pasted into a shell.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::timeout;

/// How much of a failed command's output an error shows, in lines.
const SHOWN_LINES: usize = 20;

/// A program, its arguments and what differs from our own environment.
#[derive(Debug, Clone)]
pub struct CommandLine {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    both_outputs: bool,
}

/// What a command said before it exited with success.
#[derive(Debug, Clone)]
pub struct Output {
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

/// A command that could not be started or did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program could not be started.
    #[error("cannot start `{command}`")]
    Start {
        /// The command line.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It exited with a failure.
    #[error("`{command}` failed with {status}: {output}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: ExitStatus,
        /// The last lines of its error output, or of its output if there were none; of both where
        /// that was asked for.
        output: String,
    },
    /// It did not end in time, and was killed.
    #[error("`{command}` did not end within {ceiling:?}, so it was killed")]
    TimedOut {
        /// The command line.
        command: String,
        /// How long it was given.
        ceiling: Duration,
    },
}

impl ProcessError {
    /// The error with its cause, for texts that list several errors and so cannot chain them.
    #[must_use]
    pub fn with_cause(&self) -> String {
        let cause = std::error::Error::source(self);
        cause.map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }
}

impl CommandLine {
    /// Runs `program`, searched on `PATH` if it is a bare name.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self { program, arguments: Vec::new(), directory: None, both_outputs: false }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Runs in `directory` instead of our own working directory.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Shows both outputs if it fails, for tools that say on standard output what is wrong.
    #[must_use]
    pub(crate) fn show_both_outputs(mut self) -> Self {
        self.both_outputs = true;
        self
    }

    /// Runs to the end with empty input and messages in English, and collects what was said.
    ///
    /// # Errors
    /// If the program cannot be started, fails, or does not end within `ceiling`.
    pub async fn run(&self, ceiling: Duration) -> Result<Output, ProcessError> {
        let mut command = tokio::process::Command::from(self.command());
        command.stdin(Stdio::null()).env("LC_ALL", "C").kill_on_drop(true);
        let Ok(outcome) = timeout(ceiling, command.output()).await else {
            return Err(ProcessError::TimedOut { command: self.to_string(), ceiling });
        };
        let output = outcome.map_err(|source| self.start_error(source))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() {
            return Ok(Output { stdout, stderr });
        }
        let said = match stderr.trim().is_empty() {
            _ if self.both_outputs => format!("{stdout}\n{stderr}"),
            true => stdout,
            false => stderr,
        };
        Err(ProcessError::Failed {
            command: self.to_string(),
            status: output.status,
            output: last_lines(&said, SHOWN_LINES),
        })
    }

    /// Starts a process in a process group of its own, so that a terminal's Ctrl-C reaches us
    /// alone. The caller must end it and wait for it.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn spawn(&self, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> Result<Child, ProcessError> {
        use std::os::unix::process::CommandExt as _;
        let mut command = self.command();
        command.stdin(stdin).stdout(stdout).stderr(stderr).process_group(0);
        command.spawn().map_err(|source| self.start_error(source))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    fn start_error(&self, source: io::Error) -> ProcessError {
        ProcessError::Start { command: self.to_string(), source }
    }
}

/// As a shell would need it: words with anything but plain characters in single quotes.
impl fmt::Display for CommandLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(directory) = &self.directory {
            write!(out, "cd {} && ", quoted(&directory.to_string_lossy()))?;
        }
        out.write_str(&quoted(&self.program.to_string_lossy()))?;
        for argument in &self.arguments {
            write!(out, " {}", quoted(&argument.to_string_lossy()))?;
        }
        Ok(())
    }
}

/// A word as a shell needs it: in single quotes if it has anything but plain characters.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The last `count` lines of `text` that are not blank.
#[must_use]
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_failure_shows_the_command_and_its_last_words() {
        let script = "echo first; echo 'no such thing' >&2; exit 3";
        let error = CommandLine::new("sh").args(["-c", script]).run(CEILING).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(r"`sh -c 'echo first; echo '\''no such thing'\'' >&2; exit 3'`"));
        assert!(text.contains("exit status: 3") && text.ends_with(": no such thing"), "{text}");
        let both = CommandLine::new("sh").args(["-c", script]).show_both_outputs();
        let text = both.run(CEILING).await.unwrap_err().to_string();
        assert!(text.ends_with(": first\nno such thing"), "{text}");
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let error = CommandLine::new("/nonexistent/tool").run(CEILING).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot start `/nonexistent/tool`");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_killed() {
        let command = CommandLine::new("sh").args(["-c", "read line </dev/zero"]);
        let error = command.run(Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut { .. }));
    }

    #[test]
    fn last_lines_skip_blank_ones() {
        assert_eq!(last_lines("a\n\nb\nc\n\n", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }
}
