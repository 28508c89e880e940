//! Unpacks packages of the distribution without installing them.
//!
//! Called by `binary` on machines with apt. All of apt's state lives in a working
//! directory of ours: nobody needs to be root, the system's package lists may be empty, its sources
//! and installed packages are only read. Packages are verified by apt with the system's own keys,
//! and every mirror comes from the system's own sources.
//! It must not know where the unpacked files end up.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use super::process::{CommandLine, ProcessError, last_lines};

mod sources;

/// Package lists are some 20 MB, packages as much; a slow line is no failure.
const CEILING: Duration = Duration::from_secs(600);
/// How much of an update's remarks an error shows, in lines.
const SHOWN_LINES: usize = 10;

/// A suite of the machine's distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite<'a> {
    /// What the machine's sources name.
    Own,
    /// Another one on the same mirrors, e.g. `unstable`.
    Named(&'a str),
}

/// The tools, where they were found.
#[derive(Debug)]
pub(super) struct Apt {
    get: PathBuf,
    config: PathBuf,
    dpkg_deb: PathBuf,
}

/// Packages that could not be fetched or unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AptError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{}", source.with_cause())]
    Process {
        #[from]
        source: ProcessError,
    },
    #[error("{}{}", source.with_cause(), before(.update))]
    Download { source: ProcessError, update: String },
    #[error(
        "the machine's apt sources ({places}) have no entry for {release} to derive {suite} from"
    )]
    NoMirror { places: String, release: String, suite: String },
}

fn before(update: &str) -> String {
    if update.is_empty() { String::new() } else { format!("\nthe update before it: {update}") }
}

impl Apt {
    /// The machine's apt, or which of its programs is missing.
    pub(super) fn find(environment: &Environment) -> Result<Self, String> {
        let program = |name: &str| {
            which::which_in(name, Some(&environment.search_path), "/")
                .map_err(|_| format!("no `{name}` on PATH, so this is no Debian-like machine"))
        };
        Ok(Self {
            get: program("apt-get")?,
            config: program("apt-config")?,
            dpkg_deb: program("dpkg-deb")?,
        })
    }

    /// Unpacks `packages` into one directory below `work`, and returns it. Each stands with a program
    /// for which it is fetched, unless a package before it has brought that one too.
    /// `release` is the codename of the machine's own suite.
    pub(super) async fn unpack(
        &self,
        packages: &[(&str, &str)],
        work: &Path,
        suite: Suite<'_>,
        release: &str,
    ) -> Result<PathBuf, AptError> {
        let private = Private::create(work)?;
        let mut configuration = private.configuration();
        if let Suite::Named(suite) = suite {
            let list = self.sources_of(suite, release, &private).await?;
            configuration.push_str(&setting("Dir::Etc::sourcelist", &list));
            configuration.push_str(&setting("Dir::Etc::sourceparts", Path::new("/dev/null")));
        }
        let file = private.state.join("apt.conf");
        write(&file, &configuration)?;
        let get = CommandLine::new(&self.get).arg("-c").arg(file).arg("-q");
        let get = get.directory(&private.packages);
        // One broken source of a third party fails an update that has brought what is needed, and a
        // mirror out of reach may not: only the download tells.
        let update = match get.clone().arg("update").run(CEILING).await {
            Ok(output) => last_lines(&output.stderr, SHOWN_LINES),
            Err(error) => error.with_cause(),
        };
        for (package, program) in packages {
            if private.root.join("usr/bin").join(program).exists() {
                continue;
            }
            if let Err(source) = get.clone().args(["download", *package]).run(CEILING).await {
                return Err(AptError::Download { source, update });
            }
            let deb = private.package(package)?;
            let unpack = CommandLine::new(&self.dpkg_deb).arg("-x").arg(deb).arg(&private.root);
            unpack.run(CEILING).await?;
        }
        Ok(private.root)
    }

    /// Writes a sources file that names `suite` on the mirrors of the machine's own `release`.
    async fn sources_of(
        &self,
        suite: &str,
        release: &str,
        private: &Private,
    ) -> Result<PathBuf, AptError> {
        let ask = ["shell", "FILE", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"];
        let said = CommandLine::new(&self.config).args(ask).run(CEILING).await?.stdout;
        let places: Vec<PathBuf> = said
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.1.trim_matches('\'').into()))
            .collect();
        let text = sources::read(&places)
            .map_err(|(path, source)| AptError::Io { path, source })?
            .iter()
            .filter(|source| source.carries(release))
            .map(|source| source.with_suite(suite))
            .collect::<Vec<_>>()
            .join("\n");
        if text.is_empty() {
            let places = places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
            let (release, suite) = (release.to_owned(), suite.to_owned());
            return Err(AptError::NoMirror { places: places.join(", "), release, suite });
        }
        let list = private.state.join("suite.sources");
        write(&list, &text)?;
        Ok(list)
    }
}

/// Directories that stand in for the system's.
struct Private {
    state: PathBuf,
    cache: PathBuf,
    packages: PathBuf,
    root: PathBuf,
}

impl Private {
    fn create(work: &Path) -> Result<Self, AptError> {
        let [state, cache, packages, root] =
            ["state", "cache", "packages", "root"].map(|name| work.join(name));
        for directory in [
            state.join("lists/partial"),
            cache.join("archives/partial"),
            packages.clone(),
            root.clone(),
        ] {
            std::fs::create_dir_all(&directory)
                .map_err(|source| AptError::Io { path: directory, source })?;
        }
        Ok(Self { state, cache, packages, root })
    }

    /// Read by apt after the system's own configuration.
    fn configuration(&self) -> String {
        // As root, apt would otherwise download as a user that may not read our directory. The
        // indexes that are left out are not needed to find one package.
        let fixed = "APT::Sandbox::User \"root\";\n\
                     Acquire::Languages \"none\";\n\
                     Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
                     Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n";
        let directories = [
            setting("Dir::State", &self.state),
            setting("Dir::State::lists", &self.state.join("lists")),
            setting("Dir::Cache", &self.cache),
        ];
        directories.concat() + fixed
    }

    /// The downloaded file of `name`; its version is apt's choice.
    fn package(&self, name: &str) -> Result<PathBuf, AptError> {
        let io = |source| AptError::Io { path: self.packages.clone(), source };
        let prefix = format!("{name}_");
        for entry in std::fs::read_dir(&self.packages).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let file = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if file.starts_with(&prefix) && file.ends_with(".deb") {
                return Ok(path);
            }
        }
        Err(io(io::Error::new(io::ErrorKind::NotFound, format!("no {name}_*.deb was downloaded"))))
    }
}

fn setting(name: &str, path: &Path) -> String {
    format!("{name} \"{}\";\n", path.display())
}

fn write(path: &Path, text: &str) -> Result<(), AptError> {
    std::fs::write(path, text).map_err(|source| AptError::Io { path: path.to_owned(), source })
}
