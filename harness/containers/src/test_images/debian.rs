//! Unpacks Debian's packages of the programs into a directory, without installing them.
//!
//! It must not know what becomes of the programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::{TestImageError, run_within};

const PACKAGES: [&str; 3] = ["prometheus", "prometheus-alertmanager", "busybox-static"];
/// Some 30 MB; a slow line is no failure.
const CEILING: Duration = Duration::from_secs(600);

/// The directory with the unpacked files. It appears whole, by a rename, so that processes can share `cache`.
pub(super) async fn unpack(cache: &Path) -> Result<PathBuf, TestImageError> {
    let root = cache.join("test-images");
    if root.exists() {
        return Ok(root);
    }
    let staging = cache.join(format!("test-images-{}", std::process::id()));
    let packages = staging.join("packages");
    fs::create_dir_all(&packages).map_err(|source| at(&packages, source))?;
    if download(&packages).await.is_err() {
        // A machine whose package lists are empty or old.
        run_within(Command::new("apt-get").args(["-q", "update"]), CEILING).await?;
        download(&packages).await?;
    }
    let unpacked = staging.join("root");
    for entry in fs::read_dir(&packages).map_err(|source| at(&packages, source))? {
        let package = entry.map_err(|source| at(&packages, source))?.path();
        let mut unpack = Command::new("dpkg-deb");
        run_within(unpack.arg("-x").arg(package).arg(&unpacked), CEILING).await?;
    }
    match fs::rename(&unpacked, &root) {
        // Another process was faster.
        Err(_) if root.exists() => {}
        renamed => renamed.map_err(|source| at(&root, source))?,
    }
    fs::remove_dir_all(&staging).map_err(|source| at(&staging, source))?;
    Ok(root)
}

async fn download(directory: &Path) -> Result<String, TestImageError> {
    let mut command = Command::new("apt-get");
    command.args(["-q", "download"]).args(PACKAGES).current_dir(directory);
    run_within(&mut command, CEILING).await
}

fn at(path: &Path, source: io::Error) -> TestImageError {
    TestImageError::Io { path: path.to_owned(), source }
}
