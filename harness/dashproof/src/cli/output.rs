//! Where reports go: standard output, or a file.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use super::Failure;
use crate::report::paint::Paint;

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// Its colours.
    pub(super) paint: Paint,
}

impl Output {
    /// Prints a text as it stands. A reader that has gone, as in `| head`, has seen enough: that is no error.
    pub(super) fn print(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("cannot write to standard output: {error}");
                Err(Failure::new(message, "write to a file: --output FILE"))
            }
            _ => Ok(()),
        }
    }

    /// Writes a text to a file.
    pub(super) fn write(self, path: &Path, text: &str) -> Result<(), Failure> {
        fs::write(path, text).map_err(|error| Failure::of_writing(path, &error))
    }
}
