//! Which hosts are the Hub. A token is never spoken of to any other.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::url::Parts;

/// The identity of one Hub, `scheme://host[:port]` in lower case and without a default port.
///
/// What git stored for one endpoint is never answered for another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(String);

/// The one everybody means; `hf.co` is its short name.
const HUGGING_FACE: &str = "https://huggingface.co";

impl Endpoint {
    /// The endpoint as a URL without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0
    }

    /// The host as git names it; with its scheme only where that is not https.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or(&self.0)
    }
}

/// The hosts we serve, in this environment.
#[derive(Debug)]
pub struct Hub {
    /// The endpoint the user set beside huggingface.co.
    other: Option<Endpoint>,
    /// The user set one that no token may go to.
    ignores_endpoint: bool,
    /// What `huggingface_hub` calls ENDPOINT, where it can be spoken to.
    api: Option<String>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(None, false)
    }
}

impl Hub {
    /// The Hub as `HF_ENDPOINT` and `HUGGINGFACE_CO_STAGING` describe it to `huggingface_hub` (`constants.py`).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "which Hub is the user's choice, made where huggingface_hub looks")]
    pub fn from_env() -> Self {
        let staging = std::env::var("HUGGINGFACE_CO_STAGING").unwrap_or_default();
        // what is not UTF-8 names no host
        let hf_endpoint = std::env::var_os("HF_ENDPOINT").map(|value| value.into_string().unwrap_or_default());
        Self::new(hf_endpoint.as_deref(), is_true(&staging))
    }

    /// The Hub for an `HF_ENDPOINT`; staging stands in its place, as it does in `huggingface_hub`.
    #[must_use]
    pub fn new(hf_endpoint: Option<&str>, staging: bool) -> Self {
        let url = if staging { Some("https://hub-ci.huggingface.co") } else { hf_endpoint };
        let api = url.unwrap_or(HUGGING_FACE);
        let is_usable = parse(api).is_some() && !api.contains(['?', '#']);
        let endpoint = url.and_then(parse);
        Self {
            ignores_endpoint: endpoint.is_none() && url.is_some_and(|url| !url.is_empty()),
            other: endpoint.filter(|endpoint| endpoint.0 != HUGGING_FACE),
            api: is_usable.then(|| api.trim_end_matches('/').to_owned()),
        }
    }

    /// The URL below which the Hub's API is, as it was typed, with its path and without slashes at its end: what
    /// `huggingface_hub` calls ENDPOINT. `None` where that is no host a token may be sent to.
    #[must_use]
    pub fn api(&self) -> Option<&str> {
        self.api.as_deref()
    }

    /// The endpoint that the API is at.
    #[must_use]
    pub fn api_endpoint(&self) -> Option<Endpoint> {
        self.api().and_then(parse)
    }

    /// The one that is meant where none is named: that of the API, else huggingface.co.
    #[must_use]
    pub fn default_endpoint(&self) -> Endpoint {
        self.api_endpoint().unwrap_or_else(|| Endpoint(HUGGING_FACE.to_owned()))
    }

    /// The endpoint behind git's `protocol` and `host`, if it is one of ours: an exact match but for ASCII case and the
    /// default port, since git sends both as they were typed.
    #[must_use]
    pub fn endpoint(&self, protocol: &[u8], host: &[u8]) -> Option<Endpoint> {
        let scheme = Scheme::of(protocol)?;
        let endpoint = canonical(scheme, std::str::from_utf8(host).ok()?);
        match endpoint.0.as_str() {
            HUGGING_FACE => Some(endpoint),
            _ => self.other.clone().filter(|other| *other == endpoint),
        }
    }

    /// Whether an `HF_ENDPOINT` is set that is no URL of a host a token may go to.
    #[must_use]
    pub fn ignores_endpoint(&self) -> bool {
        self.ignores_endpoint
    }

    /// Every Hub that is served.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> + '_ {
        [Endpoint(HUGGING_FACE.to_owned())].into_iter().chain(self.other.clone())
    }

    /// Every URL whose requests are answered, as git's configuration spells them.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let mut urls = vec![HUGGING_FACE.to_owned(), "https://hf.co".to_owned()];
        urls.extend(self.other.iter().map(|endpoint| endpoint.0.clone()));
        urls
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"https" => Some(Self::Https),
            b"http" => Some(Self::Http),
            _ => None,
        }
    }
}

fn canonical(scheme: Scheme, host: &str) -> Endpoint {
    let host = host.to_ascii_lowercase();
    match scheme {
        Scheme::Https => match host.strip_suffix(":443").unwrap_or(&host) {
            "hf.co" | "huggingface.co" => Endpoint(HUGGING_FACE.to_owned()),
            host => Endpoint(format!("https://{host}")),
        },
        Scheme::Http => Endpoint(format!("http://{}", host.strip_suffix(":80").unwrap_or(&host))),
    }
}

/// Reads an `HF_ENDPOINT`. Anything that could be read in two ways (userinfo, control characters, odd ports) is none.
fn parse(url: &str) -> Option<Endpoint> {
    if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    let Parts { scheme, userinfo: None, host, .. } = Parts::of(url.as_bytes())? else { return None };
    let scheme = Scheme::of(scheme.to_ascii_lowercase().as_slice())?;
    let authority = std::str::from_utf8(host).ok()?;
    let host = host_of(authority)?;
    (scheme == Scheme::Https || is_loopback(host)).then(|| canonical(scheme, authority))
}

/// Whether a secret may be sent to that URL: over TLS, or on the machine itself.
#[must_use]
pub fn is_fit_for_secrets(url: &str) -> bool {
    parse(url).is_some()
}

/// The host of `host[:port]`, or none where either is not one.
fn host_of(authority: &str) -> Option<&str> {
    let after_address = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match after_address {
        Some((address, port)) => (address, port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_is_one = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0),
        None => port.is_empty(),
    };
    let host_is_one = match after_address {
        Some(_) => host.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    (port_is_one && host_is_one).then_some(host)
}

/// Only the machine itself may be spoken to without TLS.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

/// What `huggingface_hub` takes for true in its environment variables.
#[must_use]
pub fn is_true(value: &str) -> bool {
    ["1", "ON", "YES", "TRUE"].iter().any(|word| value.eq_ignore_ascii_case(word))
}
