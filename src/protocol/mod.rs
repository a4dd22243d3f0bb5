//! git's credential attributes: a [`Request`] is read, an [`Answer`] is written. What they mean is decided elsewhere.
//!
//! Sources: gitcredentials(7), git-credential(1) "INPUT/OUTPUT FORMAT", and git's `credential.c` where these are silent.

mod answer;
mod attributes;

use std::io::Read;

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

pub use self::answer::{Answer, Form, Unanswered};
use self::attributes::{Attributes, Value};
use crate::endpoint::{Endpoint, Hub};

/// What `capability` prints (git-credential(1), "CAPABILITY INPUT/OUTPUT FORMAT").
pub const CAPABILITIES: &str = "version 0\ncapability authtype\ncapability state\n";

/// What git says in a `get`, `store` or `erase` about a host we serve. Absent is not empty.
#[derive(Debug)]
pub struct Request {
    /// The Hub that `protocol` and `host` name.
    pub endpoint: Endpoint,
    /// `path`, which git sends where `credential.useHttpPath` says so. Only whether there is one counts, so that it may
    /// hold any bytes.
    pub path: Option<Vec<u8>>,
    /// `username`.
    pub username: Option<String>,
    /// The secret it carries.
    pub proof: Proof,
    /// `password_expiry_utc`, in seconds since 1970.
    pub password_expiry_utc: Option<i64>,
    /// `oauth_refresh_token`.
    pub oauth_refresh_token: Option<SecretString>,
    /// `ephemeral`: never to be stored.
    pub ephemeral: bool,
    /// `capability[]`: what may be answered.
    pub capabilities: Capabilities,
    /// `state[]`, where it is ours.
    pub comes_back: Option<ComesBack>,
    /// `wwwauth[]` came along: it is about an answer of the server's, not somebody's wish (git 2.41 and later).
    pub challenged: bool,
}

/// What a `state[]` of ours comes back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComesBack {
    /// An answer of ours: the credential is our own; in a `get`, it was rejected in the form we gave it.
    Answer,
    /// [`Unanswered`]: a person was asked for the credential.
    Prompt,
}

/// The capabilities of the one who asks (gitcredentials(7)).
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    /// `authtype`, `credential` and `ephemeral` are understood.
    pub authtype: bool,
    /// `state[]` comes back.
    pub state: bool,
}

/// The secret in a request.
#[derive(Debug)]
pub enum Proof {
    /// None was given.
    Absent,
    /// Something was given that no token can equal: an empty password, or an `authtype` whose `credential` is not a
    /// token's.
    Unknown,
    /// `password`.
    Password(SecretString),
    /// `credential`, with the scheme it is sent by.
    Credential(Scheme, SecretString),
}

/// How a token is sent over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `user:token` in base64 (RFC 7617).
    Basic,
    /// The token itself (RFC 6750).
    Bearer,
}

impl Proof {
    /// The secret, and how it was sent.
    #[must_use]
    pub fn secret(&self) -> Option<(Scheme, &SecretString)> {
        match self {
            Self::Absent | Self::Unknown => None,
            Self::Password(secret) => Some((Scheme::Basic, secret)),
            Self::Credential(scheme, secret) => Some((*scheme, secret)),
        }
    }

    fn of(password: Option<SecretString>, authtype: Option<&str>, credential: Option<&SecretString>) -> Self {
        match (password, authtype, credential) {
            (Some(password), _, _) if is_empty(&password) => Self::Unknown,
            (Some(password), _, _) => Self::Password(password),
            (None, None, None) => Self::Absent,
            (None, Some(scheme), Some(credential)) if scheme.eq_ignore_ascii_case("Bearer") => {
                Self::Credential(Scheme::Bearer, credential.clone())
            }
            (None, Some(scheme), Some(credential)) if scheme.eq_ignore_ascii_case("Basic") => {
                match password_of_basic(credential) {
                    Some(password) => Self::Credential(Scheme::Basic, password),
                    None => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        }
    }
}

impl Request {
    /// Reads one request: up to a blank line or the end of `input`. `None` where no host of ours is named.
    ///
    /// # Errors
    ///
    /// When `input` cannot be read or is not a request git could have meant: a line without `=`, a NUL, a CR in a value
    /// that counts, an attribute repeated with another value. The error never quotes the input.
    pub fn read(input: &mut impl Read, hub: &Hub) -> Result<Option<Self>> {
        let Attributes {
            protocol,
            host,
            path,
            username,
            password,
            authtype,
            credential,
            password_expiry_utc,
            oauth_refresh_token,
            ephemeral,
            capabilities,
            state,
            challenged,
        } = Attributes::read(input)?;
        let (Some(protocol), Some(host)) = (protocol, host) else { return Ok(None) };
        let Some(endpoint) = hub.endpoint(&protocol, &host) else { return Ok(None) };

        let authtype = text("authtype", authtype)?;
        let credential = secret("credential", credential)?;
        Ok(Some(Self {
            endpoint,
            path: path.map(|path| path.to_vec()),
            username: text("username", username)?,
            proof: Proof::of(secret("password", password)?, authtype.as_deref(), credential.as_ref()),
            password_expiry_utc: text("password_expiry_utc", password_expiry_utc)?.and_then(|text| expiry(&text)),
            oauth_refresh_token: secret("oauth_refresh_token", oauth_refresh_token)?.filter(|token| !is_empty(token)),
            ephemeral: boolean("ephemeral", ephemeral)?,
            capabilities: Capabilities {
                authtype: capabilities.iter().any(|name| name == b"authtype"),
                state: capabilities.iter().any(|name| name == b"state"),
            },
            comes_back: ComesBack::of(&state),
            challenged,
        }))
    }
}

impl ComesBack {
    fn of(states: &[Vec<u8>]) -> Option<Self> {
        let mut ours = states.iter().filter(|state| state.starts_with(Answer::STATE_PREFIX.as_bytes()));
        let first = ours.next()?;
        let is_prompt = |state: &Vec<u8>| state == Unanswered::STATE.as_bytes();
        Some(if is_prompt(first) && ours.all(is_prompt) { Self::Prompt } else { Self::Answer })
    }
}

fn text(key: &str, value: Option<Value>) -> Result<Option<String>> {
    let Some(value) = value else { return Ok(None) };
    match std::str::from_utf8(&value) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => bail!("malformed request: the {key} is not UTF-8"),
    }
}

fn secret(key: &str, value: Option<Value>) -> Result<Option<SecretString>> {
    Ok(text(key, value)?.map(SecretString::from))
}

/// The number a text begins with, as git's `strtoumax` reads it; none, zero and what is too large mean never.
fn expiry(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches([' ', '\t', '\x0b', '\x0c']);
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    digits[..length].parse().ok().filter(|end| *end > 0)
}

/// git's booleans (git-config(1), "boolean"); absent is false, and what is none of them ends the whole git command.
fn boolean(key: &str, value: Option<Value>) -> Result<bool> {
    let value = text(key, value)?.unwrap_or_default().to_ascii_lowercase();
    match value.as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" | "" => Ok(false),
        number => match number.parse::<i32>() {
            Ok(number) => Ok(number != 0),
            Err(_) => bail!("malformed request: the {key} is no boolean"),
        },
    }
}

#[expect(clippy::disallowed_methods, reason = "only the length is looked at")]
fn is_empty(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

/// The password in `base64(user:password)`.
#[expect(clippy::disallowed_methods, reason = "a refused `credential` is compared with the tokens we know")]
fn password_of_basic(credential: &SecretString) -> Option<SecretString> {
    let pair = Zeroizing::new(BASE64.decode(credential.expose_secret()).ok()?);
    let (_, password) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    (!password.is_empty()).then(|| SecretString::from(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_read_as_strtoumax_reads_it() {
        for (text, end) in [("7", Some(7)), (" \t+7 x", Some(7)), ("0", None), ("", None), ("-7", None), ("x7", None)] {
            assert_eq!(expiry(text), end, "{text:?}");
        }
        assert_eq!(expiry("99999999999999999999"), None);
    }
}
