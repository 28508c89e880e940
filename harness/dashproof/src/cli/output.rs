//! Where reports go: standard output, or a file that is opened before the work begins.
//!
//! What comes from files of others is shown, never obeyed: control characters are printed as escapes.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::Failure;
use crate::report::paint::{Paint, visible};

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// Its colours.
    pub(super) paint: Paint,
}

impl Output {
    /// Prints a text as it stands, but for control characters that would move or rename a terminal. A reader that has
    /// gone, as in `| head`, has seen enough: that is no error.
    pub(super) fn print(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(visible(text).as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("cannot write to standard output: {error}");
                Err(Failure::new(message, "write to a file: --output FILE"))
            }
            _ => Ok(()),
        }
    }

    /// Opens the file of `--output`, if one is named: a file that cannot be written is told before the work, not after.
    ///
    /// # Errors
    /// If it cannot be opened for writing. What is in it stays until a report is complete.
    pub(super) fn target(self, file: Option<&Path>) -> Result<Target, Failure> {
        Ok(Target { output: self, file: file.map(Opened::open).transpose()? })
    }
}

/// Where a report goes.
#[derive(Debug)]
pub(super) struct Target {
    output: Output,
    file: Option<Opened>,
}

impl Target {
    /// Writes a report, made with the colours of where it goes.
    pub(super) fn write(self, text: impl Fn(Paint) -> String) -> Result<(), Failure> {
        match self.file {
            Some(file) => file.write(&text(Paint::PLAIN)),
            None => self.output.print(&text(self.output.paint)),
        }
    }

    /// Writes a report for a program or a person; where it goes to a file, standard output has the other text.
    pub(super) fn write_and_tell(
        self,
        report: impl Fn(Paint) -> String,
        told: impl Fn(Paint) -> String,
    ) -> Result<(), Failure> {
        let (output, beside) = (self.output, self.file.is_some());
        self.write(report)?;
        if beside { output.print(&told(output.paint)) } else { Ok(()) }
    }
}

/// A file that is open, and not yet touched.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    file: File,
    /// It was not there before, and nothing is in it.
    fresh: bool,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, Failure> {
        let fresh = !path.exists();
        let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| Failure::of_writing(path, &error))?;
        Ok(Self { path: path.to_owned(), file, fresh })
    }

    fn write(mut self, text: &str) -> Result<(), Failure> {
        self.fresh = false;
        // A pipe or a device has no length.
        let regular = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let emptied = if regular { self.file.set_len(0) } else { Ok(()) };
        let written = emptied.and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| Failure::of_writing(&self.path, &error))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // A command that wrote no report leaves no empty one. If it cannot be removed, nothing is lost.
        if self.fresh {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: Output = Output { paint: Paint::PLAIN };

    #[test]
    fn what_was_in_the_file_stays_until_a_report_is_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("report");
        drop(OUTPUT.target(Some(&file)).expect("it can be written"));
        assert!(!file.exists(), "no empty report is left");
        fs::write(&file, "a longer old report").expect("it can be written");
        drop(OUTPUT.target(Some(&file)).expect("it can be written"));
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "a longer old report");
        let target = OUTPUT.target(Some(&file)).expect("it can be written");
        target.write(|_| "new".to_owned()).expect("it can be written");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "new");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_at_once() {
        let error = OUTPUT.target(Some(Path::new("/no-such-directory/report"))).expect_err("no");
        assert!(error.message.contains("/no-such-directory/report"), "{error}");
    }
}
