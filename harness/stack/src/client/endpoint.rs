//! Where a server of somebody else's is reached, and as whom.
//!
//! Made by whoever reads flags and variables, used by the clients. A [`Secret`] shows itself to nobody, also not to
//! `Debug`; with credentials no redirect is followed, so that they reach the host that was named and no other.
//! It must not know what is asked there, nor where a secret came from.

use std::{fmt, time::Duration};

use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect::Policy,
};

const CONNECT_CEILING: Duration = Duration::from_secs(5);

/// A text that nobody may read in any output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret that fits into a header.
    ///
    /// # Errors
    /// If it is empty or has a character that no header may carry: the reason, without the secret.
    pub fn new(text: impl Into<String>) -> Result<Secret, &'static str> {
        let text = text.into();
        match text.as_str() {
            "" => Err("is empty"),
            text if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) => {
                Err("has a line break or another control character")
            }
            _ => Ok(Secret(text)),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<secret>")
    }
}

/// As whom a server is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// As nobody.
    #[default]
    None,
    /// By `Authorization: Bearer …`.
    Bearer(Secret),
    /// By `Authorization: Basic …`.
    Basic {
        /// The user's name, without a colon (RFC 7617).
        user: String,
        /// Their password.
        password: Secret,
    },
}

impl Credentials {
    /// What kind they are, in words that give nothing away.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "no credentials",
            Self::Bearer(_) => "a bearer token",
            Self::Basic { .. } => "a user's name and password",
        }
    }

    fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::None => return None,
            Self::Bearer(Secret(token)) => format!("Bearer {token}"),
            Self::Basic { user, password: Secret(password) } => {
                format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
            }
        };
        let mut value =
            HeaderValue::from_bytes(text.as_bytes()).expect("a secret has no control characters");
        // Not shown by any `Debug` of the HTTP client either.
        value.set_sensitive(true);
        Some(value)
    }
}

/// A Prometheus-compatible server of somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The base URL of its query API, without a trailing slash.
    pub base: String,
    /// The URL to which samples are written.
    pub write: String,
    /// As whom it is asked and written to.
    pub credentials: Credentials,
    /// What is asked after each writing, for a server that otherwise shows some seconds later what it has stored.
    pub flush: Option<String>,
    /// What is added to every query: a name and a value each.
    pub parameters: &'static [(&'static str, &'static str)],
}

impl Endpoint {
    /// The server at `base`, which takes samples at `<base>/api/v1/write` and asks nobody who they are.
    #[must_use]
    pub fn new(base: &str) -> Endpoint {
        let base = base.trim_end_matches('/').to_owned();
        let write = format!("{base}/api/v1/write");
        Endpoint { base, write, credentials: Credentials::None, flush: None, parameters: &[] }
    }

    /// A client that proves who it is, follows no redirect and waits at most `ceiling` for an answer.
    ///
    /// # Panics
    /// If the HTTP client cannot be built, which plain HTTP without TLS cannot cause.
    #[must_use]
    pub fn http(&self, ceiling: Duration) -> Client {
        let mut headers = HeaderMap::new();
        headers.extend(self.credentials.header().map(|value| (AUTHORIZATION, value)));
        Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .default_headers(headers)
            .connect_timeout(CONNECT_CEILING)
            .timeout(ceiling)
            .build()
            .expect("a client without TLS has nothing that could fail to load")
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let six = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= three.len() { char::from(DIGITS[six]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let encoded =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }

    #[test]
    fn a_secret_shows_itself_to_nobody() {
        let secret = Secret::new("hunter2").unwrap();
        let mut endpoint = Endpoint::new("http://localhost:1/");
        endpoint.credentials = Credentials::Bearer(secret.clone());
        let bearer = format!("{endpoint:?} {:?}", endpoint.http(Duration::from_secs(1)));
        endpoint.credentials = Credentials::Basic { user: "ada".into(), password: secret };
        let basic = format!("{endpoint:?} {:?}", endpoint.http(Duration::from_secs(1)));
        for shown in [bearer, basic] {
            assert!(!shown.contains("hunter2") && !shown.contains("YWRh"), "{shown}");
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_being_quoted() {
        assert!(Secret::new("").is_err());
        let refused = Secret::new("one\ntwo").unwrap_err();
        assert!(!refused.contains("one"));
    }
}
