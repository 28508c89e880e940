//! Runs a block's commands as a reader would: by a shell, in a fresh directory, with `dashproof` on PATH.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use libtest_mimic::Failed;

/// A directory with copies of `monitoring/` and `scenarios/`; gone when dropped.
#[derive(Debug)]
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn fresh(root: &Path) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new().prefix("dashproof-book-").tempdir()?;
        for name in ["monitoring", "scenarios"] {
            copy(&root.join(name), &folder.path().join(name))?;
        }
        Ok(Self(folder))
    }

    /// Writes a block into a file of its own.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failed> {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().ok_or("a file has a folder")?)?;
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Runs commands until one fails; all must end with `exit`.
    pub(crate) fn run(&self, commands: &str, exit: i32) -> Result<(), Failed> {
        let binary = Path::new(env!("CARGO_BIN_EXE_dashproof"));
        let mut path = binary.parent().ok_or("a program has a folder")?.as_os_str().to_owned();
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", commands]).env("PATH", path).current_dir(self.0.path());
        let output = shell.output()?;
        if output.status.code() == Some(exit) {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        Err(format!("{} instead of exit code {exit}:\n{commands}\n{said}", output.status).into())
    }

    /// Whether each command of Dashproof's is one: its words with `--help` end with exit code 0.
    pub(crate) fn understood(&self, commands: &str) -> Result<(), Failed> {
        for line in commands.replace("\\\n", " ").lines() {
            if let Some(command) = ours(line) {
                self.run(&format!("{command} --help"), 0)?;
            }
        }
        Ok(())
    }
}

/// The part of a line that calls Dashproof, with the variables before it; none where it calls others.
fn ours(line: &str) -> Option<String> {
    let line = line.trim().replace("cargo run --release --", "dashproof");
    let line = line.replace("cargo run --", "dashproof");
    let end = line.find(['|', '>', '&', ';']).unwrap_or(line.len());
    let line = line[..end].split(" #").next().unwrap_or_default();
    let is_variable = |word: &&str| word.contains('=') && !word.starts_with('-');
    let first = line.split_whitespace().find(|word| !is_variable(word))?;
    (first == "dashproof").then(|| line.to_owned())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The runner can fail: a wrong code, a command in the middle, a flag that does not exist.
pub(crate) fn failure_is_noticed() -> Result<(), Failed> {
    let folder = Folder(tempfile::Builder::new().prefix("dashproof-book-").tempdir()?);
    let noticed = [
        folder.run("false\ntrue", 0).is_err(),
        folder.run("dashproof list --no-such-flag", 0).is_err(),
        folder.run("true", 1).is_err(),
        folder.understood("A=1 dashproof verify \\\n  --no-such-flag | cat").is_err(),
        folder.understood("cargo run -- verifi").is_err(),
    ];
    folder.understood("curl -s http://127.0.0.1:1 | dashproof-is-not-called")?;
    folder.understood("dashproof verify x --only 'a b' > file # why")?;
    if noticed.contains(&false) { Err(format!("{noticed:?}").into()) } else { Ok(()) }
}
