//! What was said about the stack, by flags and by variables, and what follows from it.
//!
//! Pure but for files that hold secrets, which are read here. Everything that is wrong is told at once, with the name
//! of the flag or variable that said it and never with its value, where that is a secret. It must not know what the
//! stack is used for.

use std::{
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

use reqwest::Url;

use crate::client::endpoint::{Credentials, Endpoint, Secret};

/// A value with the flag or the variable that gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value, which no `Debug` shows.
    pub value: T,
    /// Who said it.
    pub by: &'static str,
}

impl<T> fmt::Debug for Given<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<given by {}>", self.by)
    }
}

/// What was said; nothing is checked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `auto`, `native`, `containers` or `external`.
    pub stack: Option<Given<String>>,
    /// The base URL of a query API.
    pub url: Option<Given<String>>,
    /// Where samples are written, if not below it.
    pub write_url: Option<Given<String>>,
    /// A bearer token.
    pub token: Option<Given<OsString>>,
    /// A file that holds one.
    pub token_file: Option<Given<PathBuf>>,
    /// A user's name.
    pub user: Option<Given<String>>,
    /// Their password.
    pub password: Option<Given<OsString>>,
    /// A file that holds it.
    pub password_file: Option<Given<PathBuf>>,
}

/// Which stack it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Started here.
    Native,
    /// Started here in containers.
    Containers,
    /// Somebody else's.
    External(Endpoint),
}

/// Settings that say nothing sensible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", wrong.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>().join("; "))]
pub struct SettingsError {
    /// What is wrong, each with what to do about it.
    pub wrong: Vec<(String, String)>,
}

impl Settings {
    /// Reads variables through `variable`. Empty ones count as unset, but for secrets: an empty secret is a mistake.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Settings {
        let secret = |by| variable(by).map(|value| Given { value, by });
        let set = |by| secret(by).filter(|given| !given.value.is_empty());
        let text = |by| {
            set(by).map(|given| Given { value: given.value.to_string_lossy().into_owned(), by })
        };
        let file = |by| set(by).map(|given| Given { value: PathBuf::from(given.value), by });
        Settings {
            stack: text("DASHPROOF_STACK"),
            url: text("DASHPROOF_PROMETHEUS_URL"),
            write_url: text("DASHPROOF_REMOTE_WRITE_URL"),
            token: secret("DASHPROOF_BEARER_TOKEN"),
            token_file: file("DASHPROOF_BEARER_TOKEN_FILE"),
            user: text("DASHPROOF_BASIC_USER"),
            password: secret("DASHPROOF_BASIC_PASSWORD"),
            password_file: file("DASHPROOF_BASIC_PASSWORD_FILE"),
        }
    }

    /// These settings, and where they are silent those of `below`. Whoever names a secret's file here does not mean
    /// the secret there.
    #[must_use]
    pub fn over(self, below: Settings) -> Settings {
        let (token, password) = (self.token_file.is_none(), self.password_file.is_none());
        Settings {
            stack: self.stack.or(below.stack),
            url: self.url.or(below.url),
            write_url: self.write_url.or(below.write_url),
            token: self.token.or(below.token.filter(|_| token)),
            token_file: self.token_file.or(below.token_file),
            user: self.user.or(below.user),
            password: self.password.or(below.password.filter(|_| password)),
            password_file: self.password_file.or(below.password_file),
        }
    }

    /// Which stack was meant, and why in a few words.
    ///
    /// # Errors
    /// Everything that is wrong with the settings.
    pub fn choose(&self) -> Result<(Chosen, String), SettingsError> {
        let mut wrong = Vec::new();
        let stack = self.stack.as_ref().map(|given| (given.value.as_str(), given.by));
        let why = match (stack, &self.url) {
            (Some(("auto", _)) | None, Some(url)) => format!("{} is given", url.by),
            (Some(("external", by)), _) => format!("{by} says so"),
            (Some(("auto", _)) | None, None) => {
                return self
                    .native("no URL of a running one is given (--prometheus-url URL)", "native");
            }
            (Some(("native", by)), _) => return self.native(&format!("{by} says so"), "native"),
            (Some(("containers", by)), _) => {
                let (_, why) = self.native(&format!("{by} says so"), "containers")?;
                return Ok((Chosen::Containers, why));
            }
            (Some((other, by)), _) => {
                let what = format!("{by} is `{other}`");
                let remedy = "it is auto, native, containers or external".to_owned();
                return Err(SettingsError { wrong: vec![(what, remedy)] });
            }
        };
        let base = match &self.url {
            Some(given) => checked(given, &mut wrong),
            None => {
                let what = "an external stack needs its URL".to_owned();
                wrong.push((what, "--prometheus-url http://HOST:PORT".to_owned()));
                None
            }
        };
        let write = self.write_url.as_ref().map(|given| checked(given, &mut wrong));
        let credentials = self.credentials(&mut wrong);
        match (base, credentials) {
            (Some(base), Some(credentials)) if wrong.is_empty() => {
                let mut endpoint = Endpoint::new(&base);
                endpoint.credentials = credentials;
                if let Some(write) = write.flatten() {
                    endpoint.write = write;
                }
                Ok((Chosen::External(endpoint), why))
            }
            _ => Err(SettingsError { wrong }),
        }
    }

    /// A native stack, or one of that kind, unless a flag speaks of another one; variables may be set for other commands.
    fn native(&self, why: &str, kind: &str) -> Result<(Chosen, String), SettingsError> {
        fn by<T>(given: &Option<Given<T>>) -> Option<&'static str> {
            given.as_ref().map(|given| given.by).filter(|by| by.starts_with("--"))
        }
        let flags = [
            by(&self.url),
            by(&self.write_url),
            by(&self.token_file),
            by(&self.user),
            by(&self.password_file),
        ];
        let wrong: Vec<(String, String)> = flags
            .into_iter()
            .flatten()
            .map(|flag| {
                let what = format!("{flag} is given, and the stack is {kind}");
                (what, "leave it out, or name a running one: --prometheus-url URL".to_owned())
            })
            .collect();
        if wrong.is_empty() {
            Ok((Chosen::Native, why.to_owned()))
        } else {
            Err(SettingsError { wrong })
        }
    }

    fn credentials(&self, wrong: &mut Vec<(String, String)>) -> Option<Credentials> {
        let token = secret(&self.token, &self.token_file, wrong);
        let password = secret(&self.password, &self.password_file, wrong);
        let by = |given: [Option<&'static str>; 3]| given.into_iter().flatten().next();
        let of_token = by([
            self.token.as_ref().map(|given| given.by),
            self.token_file.as_ref().map(|given| given.by),
            None,
        ]);
        let of_password = by([
            self.password.as_ref().map(|given| given.by),
            self.password_file.as_ref().map(|given| given.by),
            None,
        ]);
        let of_user = self.user.as_ref().map(|given| given.by);
        if let (Some(token), Some(basic)) = (of_token, of_user.or(of_password)) {
            let what = format!("{token} and {basic} are both given");
            wrong.push((what, "give a bearer token, or a user with a password".to_owned()));
            return None;
        }
        match (&self.user, of_password) {
            (Some(user), Some(_)) if user.value.contains([':', '\n', '\r']) => {
                let what = format!("the name of {} has a colon or a line break", user.by);
                wrong.push((what, "such names cannot be sent (RFC 7617)".to_owned()));
                None
            }
            (Some(user), Some(_)) => {
                Some(Credentials::Basic { user: user.value.clone(), password: password? })
            }
            (Some(user), None) => {
                let remedy = "DASHPROOF_BASIC_PASSWORD, or --basic-password-file FILE";
                wrong.push((format!("{} is given without a password", user.by), remedy.to_owned()));
                None
            }
            (None, Some(password)) => {
                let remedy = "DASHPROOF_BASIC_USER, or --basic-user NAME";
                wrong.push((format!("{password} is given without a user"), remedy.to_owned()));
                None
            }
            (None, None) if of_token.is_some() => Some(Credentials::Bearer(token?)),
            (None, None) => Some(Credentials::None),
        }
    }
}

/// A URL of HTTP without secrets, without its trailing slash.
fn checked(given: &Given<String>, wrong: &mut Vec<(String, String)>) -> Option<String> {
    let (text, by) = (given.value.trim(), given.by);
    let mut refuse = |what: String, remedy: &str| {
        wrong.push((format!("{by} {what}"), remedy.to_owned()));
        None
    };
    let Ok(url) = Url::parse(text) else {
        // Not quoted: it may hold a password.
        return refuse("is no URL".to_owned(), "such as http://localhost:9090");
    };
    if !url.username().is_empty() || url.password().is_some() {
        let remedy = "take it out of the URL, and use DASHPROOF_BASIC_USER with DASHPROOF_BASIC_PASSWORD(_FILE)";
        return refuse("holds a user's name or password".to_owned(), remedy);
    }
    match url.scheme() {
        "http" if url.query().is_none() && url.fragment().is_none() => {
            Some(text.trim_end_matches('/').to_owned())
        }
        "http" => refuse("has a query or a fragment".to_owned(), "give the part before it"),
        "https" => refuse(
            "is an https URL, and this program speaks HTTP without TLS".to_owned(),
            "run a proxy on this machine that adds TLS, and give its http URL",
        ),
        other => {
            refuse(format!("is a URL of {other}, not of http"), "such as http://localhost:9090")
        }
    }
}

/// The secret that was given itself or in a file.
fn secret(
    itself: &Option<Given<OsString>>,
    file: &Option<Given<PathBuf>>,
    wrong: &mut Vec<(String, String)>,
) -> Option<Secret> {
    let (text, by) = match (itself, file) {
        (Some(itself), Some(file)) => {
            let what = format!("{} and {} are both given", itself.by, file.by);
            wrong.push((what, "give the secret, or its file".to_owned()));
            return None;
        }
        (Some(given), None) => (given.value.to_str().map(str::to_owned), given.by.to_owned()),
        (None, Some(given)) => {
            let by = format!("{} ({})", given.by, given.value.display());
            match read(&given.value) {
                Ok(text) => (Some(text), by),
                Err(error) => {
                    let remedy =
                        "name a file that you may read and that holds nothing but the secret";
                    wrong.push((format!("{by} cannot be read: {error}"), remedy.to_owned()));
                    return None;
                }
            }
        }
        (None, None) => return None,
    };
    let secret = text.ok_or("is not UTF-8").and_then(Secret::new);
    secret
        .map_err(|what| {
            wrong.push((
                format!("the secret of {by} {what}"),
                "correct it, or leave it out".to_owned(),
            ));
        })
        .ok()
}

/// A file's text without the line break at its end.
fn read(file: &Path) -> std::io::Result<String> {
    let text = fs::read_to_string(file)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests;
