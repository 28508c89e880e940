//! An engine that this process may not use, and one that testcontainers does not find by itself: as another user.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{ExitCode, Stdio};

use containers::{Engine, engine::adopt};
use libtest_mimic::Failed;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Command;

use crate::Body;
use crate::ends::ROLE;
use crate::world::{block_on, ensure};

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("an_engine_that_one_may_not_use_is_named_with_the_remedy", forbidden),
    ("an_engine_behind_another_socket_is_named_or_adopted", adopted),
];

const ASKS: &str = "asks";
const ADOPTS: &str = "adopts";
pub(crate) const ROLES: [&str; 2] = [ASKS, ADOPTS];

const DOCKER: &str = "/var/run/docker.sock";
const NOBODY: u32 = 65534;

/// Why the trials of this file cannot run.
pub(crate) fn missing() -> Option<String> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let closed = fs::metadata(DOCKER).is_ok_and(|socket| socket.mode() & 0o006 == 0);
    (!is_root || !closed).then(|| format!("needs root and a {DOCKER} that is closed to others"))
}

/// Says which engine there is.
#[expect(clippy::print_stdout, reason = "the parent reads what a child says")]
pub(crate) fn child(role: &str) -> ExitCode {
    if role == ADOPTS
        && let Err(error) = adopt()
    {
        println!("{error}");
        return ExitCode::FAILURE;
    }
    match block_on(Engine::find()) {
        Ok(engine) => println!("{engine}"),
        Err(error) => println!("{error}"),
    }
    ExitCode::SUCCESS
}

/// A directory that others can read, with a copy of this program.
fn open_directory() -> Result<TempDir, Failed> {
    let directory = tempfile::tempdir()?;
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
    fs::copy(std::env::current_exe()?, directory.path().join("program"))?;
    Ok(directory)
}

/// What a process of another user says of engines.
async fn asked_as_nobody(directory: &Path, role: &str) -> Result<String, Failed> {
    let output = Command::new(directory.join("program"))
        .env_clear()
        .env(ROLE, role)
        .env("XDG_RUNTIME_DIR", directory)
        .uid(NOBODY)
        .gid(NOBODY)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await?;
    Ok(String::from_utf8(output.stdout)?)
}

fn says(text: &str, words: &str) -> Result<(), Failed> {
    Ok(ensure(text.contains(words), format!("`{words}` not in `{text}`"))?)
}

fn forbidden() -> Result<(), Failed> {
    block_on(async {
        let directory = open_directory()?;
        let said = asked_as_nobody(directory.path(), ASKS).await?;
        says(&said, "no permission for the container engine at unix:///var/run/docker.sock")?;
        says(&said, "usermod -aG docker")
    })
}

fn adopted() -> Result<(), Failed> {
    block_on(async {
        let directory = open_directory()?;
        // Where Podman has its socket; behind it is Docker here, which speaks the same language.
        let socket = directory.path().join("podman/podman.sock");
        fs::create_dir(directory.path().join("podman"))?;
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, Permissions::from_mode(0o777))?;
        let server = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    if let Ok(mut engine) = UnixStream::connect(DOCKER).await {
                        // A connection that breaks is the client's affair.
                        drop(copy_bidirectional(&mut client, &mut engine).await);
                    }
                });
            }
        });
        let host = format!("unix://{}", socket.display());
        let said = asked_as_nobody(directory.path(), ASKS).await?;
        says(&said, &format!("must be named (set DOCKER_HOST={host})"))?;
        let said = asked_as_nobody(directory.path(), ADOPTS).await?;
        says(&said, &format!("at {host}"))?;
        ensure(said.starts_with("Docker "), said)?;
        server.abort();
        Ok(())
    })
}
