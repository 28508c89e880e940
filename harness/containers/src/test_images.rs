//! Images of Prometheus and Alertmanager for tests where none can be pulled, made of this machine's programs.
//!
//! They have the paths, entrypoint, command, user and volume of the official ones, and a BusyBox for health checks, so
//! that a compose file runs with them unchanged. They are named `dashproof-test/…`, never like the official ones, and
//! are for this machine alone: the programs bring the system's own libraries.
//! This module must not know how a stack is booted.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use testcontainers::bollard;
use testcontainers::bollard::query_parameters::{
    CreateImageOptionsBuilder, RemoveImageOptionsBuilder,
};
use tokio::process::Command;
use tokio::time::timeout;

use crate::compose::Variables;
use crate::engine::{Engine, message};
use crate::run::Run;
use layer::Layer;

mod debian;
mod layer;

/// A program that tells its version answers soon.
const CEILING: Duration = Duration::from_secs(30);
/// `nobody`, as in the official images.
const NOBODY: u64 = 65534;

/// What images are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// `prometheus`; a `promtool` beside it is taken along.
    pub prometheus: PathBuf,
    /// `alertmanager` or `prometheus-alertmanager`; an `amtool` beside it is taken along.
    pub alertmanager: PathBuf,
    /// A BusyBox with `sh` and `wget`.
    pub busybox: PathBuf,
    /// The directory of Alertmanager's templates, for builds that do not carry them.
    pub templates: Option<PathBuf>,
}

/// Whose images they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They stay until [`TestImages::remove`], under the program's version alone.
    UntilRemoved,
    /// They are this process'. The tag ends with its number, which keeps users of one engine apart, and what a killed
    /// process has left is removed with its other garbage.
    WithProcess,
}

/// Images that were built, by name and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestImages {
    /// Prometheus.
    pub prometheus: String,
    /// Alertmanager.
    pub alertmanager: String,
}

/// An image that cannot be built or removed.
#[derive(Debug, thiserror::Error)]
pub enum TestImageError {
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A program that does not do what it should.
    #[error("`{command}` failed: {output}")]
    Command {
        /// The command line.
        command: String,
        /// The end of its output.
        output: String,
    },
    /// The engine refuses.
    #[error("the engine refuses the image {image}: {message}")]
    Engine {
        /// Its name.
        image: String,
        /// What the engine says.
        message: String,
    },
}

/// What is different between the two images.
struct Recipe<'a> {
    /// `prometheus` or `alertmanager`: its program, its directories and the image's name.
    name: &'static str,
    program: &'a Path,
    companion: &'static str,
    port: u16,
    command: &'static str,
    configuration: &'static str,
}

impl Programs {
    /// Those of Debian's packages, which are unpacked below `cache` by the first caller; nothing is installed.
    ///
    /// # Errors
    /// If there is no apt, or no package can be downloaded.
    pub async fn of_debian(cache: &Path) -> Result<Self, TestImageError> {
        let root = debian::unpack(cache).await?;
        Ok(Self {
            prometheus: root.join("usr/bin/prometheus"),
            alertmanager: root.join("usr/bin/prometheus-alertmanager"),
            busybox: root.join("bin/busybox"),
            templates: Some(root.join("usr/share/prometheus/alertmanager")),
        })
    }
}

impl TestImages {
    /// Builds both.
    ///
    /// # Errors
    /// If a program does not run, or the engine refuses.
    pub async fn build(
        engine: &Engine,
        programs: &Programs,
        keep: Keep,
    ) -> Result<Self, TestImageError> {
        let prometheus = Recipe {
            name: "prometheus",
            program: &programs.prometheus,
            companion: "promtool",
            port: 9090,
            command: r#"["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]"#,
            configuration: "scrape_configs: []\n",
        };
        let alertmanager = Recipe {
            name: "alertmanager",
            program: &programs.alertmanager,
            companion: "amtool",
            port: 9093,
            command: r#"["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]"#,
            configuration: "route: {receiver: none}\nreceivers: [{name: none}]\n",
        };
        Ok(Self {
            prometheus: build(engine, programs, &prometheus, keep).await?,
            alertmanager: build(engine, programs, &alertmanager, keep).await?,
        })
    }

    /// The variables with which `monitoring/docker-compose.yml` takes these images.
    #[must_use]
    pub fn variables(&self) -> Variables {
        [("PROMETHEUS_IMAGE", &self.prometheus), ("ALERTMANAGER_IMAGE", &self.alertmanager)]
            .map(|(name, image)| (name.to_owned(), image.clone()))
            .into()
    }

    /// Removes both, as far as they are there.
    ///
    /// # Errors
    /// If the engine refuses, e.g. because a container uses one.
    pub async fn remove(&self, engine: &Engine) -> Result<(), TestImageError> {
        for image in [&self.prometheus, &self.alertmanager] {
            let options = RemoveImageOptionsBuilder::new().build();
            match engine.docker.remove_image(image, Some(options), None).await {
                Ok(_)
                | Err(bollard::errors::Error::DockerResponseServerError {
                    status_code: 404, ..
                }) => {}
                Err(error) => return Err(refused(image, &error)),
            }
        }
        Ok(())
    }
}

async fn build(
    engine: &Engine,
    programs: &Programs,
    recipe: &Recipe<'_>,
    keep: Keep,
) -> Result<String, TestImageError> {
    let repository = format!("dashproof-test/{}", recipe.name);
    let version = version(recipe).await?;
    let (tag, labels) = match keep {
        Keep::UntilRemoved => (version, BTreeMap::new()),
        Keep::WithProcess => {
            let labels: BTreeMap<_, _> = Run::new().labels().into_iter().collect();
            (format!("{version}-{}", std::process::id()), labels)
        }
    };
    let Recipe { name, port, command, .. } = recipe;
    let bytes = contents(programs, recipe).await?;
    let mut changes = vec![
        format!("ENTRYPOINT [\"/bin/{name}\"]"),
        format!("CMD {command}"),
        "USER nobody".to_owned(),
        format!("EXPOSE {port}/tcp"),
        format!("VOLUME /{name}"),
        format!("WORKDIR /{name}"),
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
    ];
    changes.extend(labels.iter().map(|(label, value)| format!("LABEL \"{label}\"=\"{value}\"")));
    let options = CreateImageOptionsBuilder::new()
        .from_src("-")
        .repo(&repository)
        .tag(&tag)
        .changes(changes)
        .build();
    let image = format!("{repository}:{tag}");
    let body = bollard::body_full(bytes.into());
    let mut steps = Box::pin(engine.docker.create_image(Some(options), Some(body), None));
    while let Some(step) = steps.next().await {
        step.map_err(|error| refused(&image, &error))?;
    }
    Ok(image)
}

/// The image's files.
async fn contents(programs: &Programs, recipe: &Recipe<'_>) -> Result<Vec<u8>, TestImageError> {
    let name = recipe.name;
    let mut layer = Layer::new();
    layer.program(recipe.program, &format!("bin/{name}")).await?;
    layer.program(&programs.busybox, "bin/busybox").await?;
    for link in ["sh", "wget", "cat", "nslookup"] {
        layer.link(&format!("bin/{link}"), "busybox")?;
    }
    let companion = recipe.program.with_file_name(recipe.companion);
    if companion.exists() {
        layer.program(&companion, &format!("bin/{}", recipe.companion)).await?;
    }
    if let Some(templates) = programs.templates.as_ref().filter(|_| name == "alertmanager") {
        for template in ["default.tmpl", "email.tmpl"] {
            let file = templates.join(template);
            if file.exists() {
                layer.file(&file, &format!("usr/share/prometheus/alertmanager/{template}"))?;
            }
        }
    }
    layer.text("etc/passwd", "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")?;
    layer.text("etc/group", "root:x:0:\nnobody:x:65534:\n")?;
    layer.text("etc/nsswitch.conf", "hosts: files dns\n")?;
    layer.text(&format!("etc/{name}/{name}.yml"), recipe.configuration)?;
    layer.directory("tmp", 0o1777, 0)?;
    layer.directory(name, 0o755, NOBODY)?;
    layer.finish()
}

/// `prometheus, version 2.42.0+ds (…)` is `2.42.0`.
async fn version(recipe: &Recipe<'_>) -> Result<String, TestImageError> {
    let output = run(Command::new(recipe.program).arg("--version")).await?;
    let after = output.split_once("version ").map(|(_, after)| after);
    let version = after.map(|after| {
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
        after[..end].to_owned()
    });
    version.filter(|version| !version.is_empty()).ok_or_else(|| TestImageError::Command {
        command: format!("{} --version", recipe.program.display()),
        output,
    })
}

/// Both outputs of a command that must succeed.
async fn run(command: &mut Command) -> Result<String, TestImageError> {
    run_within(command, CEILING).await
}

async fn run_within(command: &mut Command, ceiling: Duration) -> Result<String, TestImageError> {
    let shown = command.as_std();
    let words = std::iter::once(shown.get_program()).chain(shown.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let failed = |output: String| TestImageError::Command { command: words.join(" "), output };
    let output = timeout(ceiling, command.kill_on_drop(true).output()).await;
    let output = output.map_err(|_| failed(format!("no end within {} s", ceiling.as_secs())))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if output.status.success() { Ok(text) } else { Err(failed(text)) }
}

fn refused(image: &str, error: &bollard::errors::Error) -> TestImageError {
    TestImageError::Engine { image: image.to_owned(), message: message(error) }
}
