//! How a stack ends: dropped, with its process killed, by a signal. Nothing is left, at the latest after the next run.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use containers::garbage::Collected;
use containers::{Compose, Engine, Network, Plan, Running, signals};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptions, ListVolumesOptions,
};
use testcontainers::core::client::docker_client_instance;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Builder;

use crate::Body;
use crate::site::Site;
use crate::world::{block_on, engine, ensure, images, until};

/// The variable that makes this program a child: what it does on a signal.
pub(crate) const ROLE: &str = "DASHPROOF_TEST_CHILD";
const COMPOSE: &str = "DASHPROOF_TEST_COMPOSE";
const HANDLES: &str = "handles-signals";
const DIES: &str = "dies";
const BUILDS: &str = "builds";

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("what_a_killed_process_left_is_removed_by_the_next", killed),
    ("the_images_of_a_killed_process_are_removed_by_the_next", killed_builder),
    ("a_signal_removes_everything_before_the_process_ends", signalled),
    ("a_dropped_stack_is_gone", dropped),
    ("a_stack_is_gone_that_is_dropped_after_its_runtime", dropped_late),
    ("a_boot_that_is_given_up_leaves_nothing", given_up),
];

/// Boots the stack of the parent's site, says so, and waits for its end.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the parent reads what a child says")]
pub(crate) async fn child(role: &str) -> ExitCode {
    let boot = async {
        let engine = engine().await?;
        if role == HANDLES {
            signals::remove_on_signal(&engine)?;
        }
        if role == BUILDS {
            println!("{}", images(&engine).await?.alertmanager);
            return std::future::pending().await;
        }
        let compose = std::env::var_os(COMPOSE).map(PathBuf::from).ok_or("no compose file")?;
        let variables = std::env::vars().filter(|(name, _)| name.ends_with("_IMAGE")).collect();
        let compose = Compose::load(&compose, &variables)
            .map_err(|problems| containers::problem::lines(&problems))?;
        let network = Network::create(&engine).await?;
        let running = network.boot(&Plan::new(&compose).only(["alertmanager"])).await?;
        println!("{}", running.network().name());
        std::future::pending::<()>().await;
        Ok::<(), Failed>(())
    };
    match boot.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// A child that has booted or built, and the name of its run or image.
async fn booted_child(site: &Site, engine: &Engine, role: &str) -> Result<(Child, String), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .env(ROLE, role)
        .env(COMPOSE, site.compose_file())
        .envs(images(engine).await?.variables())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().ok_or("the child has an output")?;
    let name = BufReader::new(output).lines().next_line().await?;
    let name =
        name.filter(|name| name.starts_with("dashproof-")).ok_or("the child has not booted")?;
    Ok((child, name))
}

async fn end(child: &mut Child, signal: Signal) -> Result<std::process::ExitStatus, Failed> {
    let pid = i32::try_from(child.id().ok_or("the child runs")?)?;
    kill(Pid::from_raw(pid), signal)?;
    Ok(child.wait().await?)
}

/// Names of everything that the engine has of a run.
async fn present(run: &str) -> Result<BTreeSet<String>, Failed> {
    let docker = docker_client_instance().await?;
    let containers = ListContainersOptionsBuilder::new().all(true).build();
    let containers = docker.list_containers(Some(containers)).await?.into_iter();
    let networks = docker.list_networks(None::<ListNetworksOptions>).await?.into_iter();
    let volumes = docker.list_volumes(None::<ListVolumesOptions>).await?.volumes;
    let names = containers.flat_map(|container| container.names.unwrap_or_default());
    let names = names.chain(networks.filter_map(|network| network.name));
    let names = names.chain(volumes.unwrap_or_default().into_iter().map(|volume| volume.name));
    Ok(names.filter(|name| name.contains(run)).collect())
}

/// A container, a network and the volume of Alertmanager.
fn is_whole(present: &BTreeSet<String>) -> Result<(), String> {
    ensure(present.len() == 3, format!("{present:?}"))
}

async fn is_gone(run: &str) -> Result<(), Failed> {
    let present = present(run).await?;
    Ok(ensure(present.is_empty(), format!("left: {present:?}"))?)
}

fn killed() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let (mut child, run) = booted_child(&site, &engine, DIES).await?;
        let alive = engine.collect_garbage().await?;
        ensure(
            !names(&alive).iter().any(|name| name.contains(&run)),
            "a run that lives is touched",
        )?;
        is_whole(&present(&run).await?)?;
        end(&mut child, Signal::SIGKILL).await?;
        is_whole(&present(&run).await?)?;
        engine.collect_garbage().await?;
        // The removal may be another process' of Dashproof, and still be under way.
        until("nothing left", async || is_gone(&run).await.map_err(|error| format!("{error:?}")))
            .await?;
        Ok(())
    })
}

fn killed_builder() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let (mut child, image) = booted_child(&site, &engine, BUILDS).await?;
        let image = [image];
        engine.collect_garbage().await?;
        ensure(
            engine.missing_images(&image).await?.is_empty(),
            "it is there while its process is",
        )?;
        end(&mut child, Signal::SIGKILL).await?;
        engine.collect_garbage().await?;
        ensure(engine.missing_images(&image).await? == image, "it is gone with its process")?;
        Ok(())
    })
}

fn names(collected: &Collected) -> Vec<String> {
    [&*collected.containers, &*collected.networks, &*collected.volumes, &*collected.images].concat()
}

fn signalled() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
            let (mut child, run) = booted_child(&site, &engine, HANDLES).await?;
            is_whole(&present(&run).await?)?;
            let status = end(&mut child, signal).await?;
            ensure(status.code() == Some(code), format!("{signal}: {status}"))?;
            is_gone(&run).await?;
        }
        Ok(())
    })
}

fn dropped() -> Result<(), Failed> {
    for runtime in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let mut runtime = runtime;
        runtime.enable_all().build()?.block_on(async {
            let engine = engine().await?;
            let running = boot_one(&engine).await?;
            let run = running.network().name().to_owned();
            is_whole(&present(&run).await?)?;
            drop(running);
            is_gone(&run).await
        })?;
    }
    Ok(())
}

fn dropped_late() -> Result<(), Failed> {
    let running = block_on(async { boot_one(&engine().await?).await })?;
    let run = running.network().name().to_owned();
    drop(running);
    block_on(is_gone(&run))
}

async fn boot_one(engine: &Engine) -> Result<Running, Failed> {
    let site = Site::alone()?;
    let plan = site.plan(engine).await?.only(["alertmanager"]);
    Ok(Network::create(engine).await?.boot(&plan).await?)
}

fn given_up() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let plan = site.plan(&engine).await?.only(["alertmanager"]);
        let network = Network::create(&engine).await?;
        let run = network.name().to_owned();
        // Its health is known half a minute after the start at the earliest.
        let plan = plan.health_interval(Duration::from_secs(30));
        let created = until("a container", async || {
            let present = present(&run).await.map_err(|error| format!("{error:?}"))?;
            is_whole(&present)
        });
        tokio::select! {
            _ = network.boot(&plan) => return Err("it has booted already".into()),
            created = created => created?,
        }
        is_gone(&run).await
    })
}
