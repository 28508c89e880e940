//! The files of an image as one archive: programs with the libraries that they need, and a few texts.
//!
//! It must not know what the programs do.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};
use tokio::process::Command;

use super::{TestImageError, run};

/// An archive that grows. Paths inside of it are relative to its root; each is there once.
pub(super) struct Layer {
    archive: Builder<Vec<u8>>,
    present: BTreeSet<String>,
}

impl Layer {
    pub(super) fn new() -> Self {
        Self { archive: Builder::new(Vec::new()), present: BTreeSet::new() }
    }

    /// A program, and the shared libraries of this machine that it is linked to.
    pub(super) async fn program(&mut self, file: &Path, to: &str) -> Result<(), TestImageError> {
        self.bytes(to, &read(file)?, 0o755)?;
        for library in libraries(file).await? {
            let inside = library.to_string_lossy().trim_start_matches('/').to_owned();
            // Also a link is read as what it leads to, so that nothing else is needed.
            self.bytes(&inside, &read(&library)?, 0o755)?;
        }
        Ok(())
    }

    pub(super) fn file(&mut self, file: &Path, to: &str) -> Result<(), TestImageError> {
        self.bytes(to, &read(file)?, 0o644)
    }

    pub(super) fn text(&mut self, to: &str, text: &str) -> Result<(), TestImageError> {
        self.bytes(to, text.as_bytes(), 0o644)
    }

    pub(super) fn directory(
        &mut self,
        to: &str,
        mode: u32,
        owner: u64,
    ) -> Result<(), TestImageError> {
        if !self.present.insert(to.to_owned()) {
            return Ok(());
        }
        let mut header = header(EntryType::Directory, mode, owner);
        let added = self.archive.append_data(&mut header, format!("{to}/"), io::empty());
        added.map_err(|source| TestImageError::Io { path: to.into(), source })
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, from: &str, to: &str) -> Result<(), TestImageError> {
        let mut header = header(EntryType::Symlink, 0o777, 0);
        let added = self.archive.append_link(&mut header, from, to);
        added.map_err(|source| TestImageError::Io { path: from.into(), source })
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, TestImageError> {
        self.archive.into_inner().map_err(|source| TestImageError::Io { path: ".".into(), source })
    }

    fn bytes(&mut self, to: &str, bytes: &[u8], mode: u32) -> Result<(), TestImageError> {
        if !self.present.insert(to.to_owned()) {
            return Ok(());
        }
        let parents: Vec<PathBuf> = Path::new(to).ancestors().skip(1).map(Path::to_owned).collect();
        for parent in parents.iter().rev().filter(|parent| !parent.as_os_str().is_empty()) {
            self.directory(&parent.to_string_lossy(), 0o755, 0)?;
        }
        let mut header = header(EntryType::Regular, mode, 0);
        header.set_size(bytes.len() as u64);
        let added = self.archive.append_data(&mut header, to, bytes);
        added.map_err(|source| TestImageError::Io { path: to.into(), source })
    }
}

fn header(kind: EntryType, mode: u32, owner: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_size(0);
    header.set_mtime(0);
    header
}

fn read(file: &Path) -> Result<Vec<u8>, TestImageError> {
    fs::read(file).map_err(|source| TestImageError::Io { path: file.to_owned(), source })
}

/// What the system's loader would load for a program; nothing for one that is linked statically.
async fn libraries(program: &Path) -> Result<Vec<PathBuf>, TestImageError> {
    match run(Command::new("ldd").arg(program)).await {
        Ok(output) => Ok(paths(&output)),
        Err(TestImageError::Command { output, .. }) if output.contains("not a dynamic") => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// The absolute path in each line of `ldd`: `libc.so.6 => /lib/… (0x…)` or `/lib64/ld-linux-x86-64.so.2 (0x…)`.
fn paths(output: &str) -> Vec<PathBuf> {
    let path =
        |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(Into::into);
    output.lines().filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_the_paths_that_ldd_prints() {
        let output = "\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n\t/lib64/ld.so.2 (0x3)\n";
        assert_eq!(paths(output), [Path::new("/lib/libc.so.6"), Path::new("/lib64/ld.so.2")]);
        assert!(paths("\tstatically linked\n").is_empty());
    }

    #[test]
    fn a_directory_comes_before_its_files_and_once() {
        let mut layer = Layer::new();
        layer.text("etc/a", "x").unwrap();
        layer.text("etc/b", "y").unwrap();
        layer.directory("data", 0o755, 65534).unwrap();
        let bytes = layer.finish().unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let found: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.path().unwrap().display().to_string(), entry.header().uid().unwrap())
            })
            .collect();
        let expected = [("etc/", 0), ("etc/a", 0), ("etc/b", 0), ("data/", 65534)];
        assert_eq!(found, expected.map(|(path, owner)| (path.to_owned(), owner)));
    }
}
