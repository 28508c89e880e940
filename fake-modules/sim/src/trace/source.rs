//! Where a trace comes from, in a way that can be opened again for another lap.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::PathBuf,
};

use flate2::read::MultiGzDecoder;

use super::{Rows, TraceError};

/// A trace that can be opened any number of times.
pub struct TraceSource {
    path: PathBuf,
    open: Box<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>,
    joined: bool,
}

impl TraceSource {
    /// The trace in a file, gzip or plain whatever its name.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> TraceSource {
        let path = path.into();
        let file = path.clone();
        TraceSource::new(path, move || Ok(Box::new(File::open(&file)?)))
    }

    /// The bytes that `open` gives anew at each call; `path` names them in errors.
    #[must_use]
    pub fn new(
        path: impl Into<PathBuf>,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> TraceSource {
        TraceSource { path: path.into(), open: Box::new(open), joined: false }
    }

    /// Says that the trace joins several recordings, each with a clock of its own: where the time falls back to
    /// about its start, the next recording follows. Otherwise time that goes back is an error.
    ///
    /// RAGPulse is such a trace: two weeks, each counted from 0.
    #[must_use]
    pub fn joined(mut self) -> TraceSource {
        self.joined = true;
        self
    }

    /// Its name in errors.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Opens the trace and reads its header, if it has one.
    ///
    /// # Errors
    /// If the trace cannot be opened or decompressed, is empty, or starts with neither a header nor a JSON object.
    pub fn rows(&self) -> Result<Rows, TraceError> {
        let open = || -> io::Result<Box<dyn Read + Send>> {
            let mut bytes = (self.open)()?;
            let mut magic = Vec::with_capacity(2);
            bytes.by_ref().take(2).read_to_end(&mut magic)?;
            // RFC 1952, section 2.3.1.
            let gzip = magic == [0x1f, 0x8b];
            let whole = Cursor::new(magic).chain(bytes);
            Ok(if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
        };
        let text = open().map_err(|source| TraceError::Open { path: self.path.clone(), source })?;
        Rows::new(self.path.clone(), BufReader::with_capacity(1 << 16, text), self.joined)
    }
}

impl fmt::Debug for TraceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSource").field("path", &self.path).finish_non_exhaustive()
    }
}
