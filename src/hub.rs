//! The only network: the Hub's `oauth/token`, and the id token of GitHub Actions that is brought there. It prints nothing
//! and keeps nothing.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use ureq::http::{Response, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};
use zeroize::{Zeroize as _, Zeroizing};

use crate::endpoint::{self, is_true};

/// What `hf` calls itself to `oauth/device` and to `oauth/token` (`DEVICE_CODE_OAUTH_CLIENT_ID` in `constants.py`).
const CLIENT_ID: &str = "26be6b09-91c5-47da-9861-d2d2bb7a7e36";

/// No answer that holds a token is as long.
const LONGEST_ANSWER: u64 = 64 << 10;

/// What `oauth/token` granted.
#[derive(Debug)]
pub struct Grant {
    /// The new access token.
    pub access_token: SecretString,
    /// What replaces the refresh token, where the Hub rotates them.
    pub refresh_token: Option<SecretString>,
    /// For how many seconds it is good; what is no time at all says nothing of its end.
    pub expires_in: Option<i64>,
}

/// Why nothing was granted. Neither holds what was sent, nor more of the answer than a word.
#[derive(Debug)]
pub enum Failure {
    /// The Hub will say the same next time.
    Refused(String),
    /// Next time it may be different.
    Passing(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Refused(why) | Self::Passing(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Failure {}

/// The Hub's API, where it may be spoken to.
#[derive(Debug, Clone)]
pub struct Api(String);

impl Api {
    /// What this environment allows.
    ///
    /// # Errors
    ///
    /// When `HF_ENDPOINT` names no host a token may be sent to, or the user wants no network.
    pub fn from_env() -> Result<Self, Failure> {
        if is_offline() {
            return Err(Failure::Passing("HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set".to_owned()));
        }
        let hub = endpoint::Hub::from_env();
        let url =
            hub.api().ok_or_else(|| Failure::Passing("HF_ENDPOINT is no URL a token may be sent to".to_owned()))?;
        Ok(Self(url.to_owned()))
    }

    /// A new access token for a refresh token.
    ///
    /// # Errors
    ///
    /// When the Hub grants none within `patience`.
    #[expect(clippy::disallowed_methods, reason = "a refresh token is for showing to the Hub that issued it")]
    pub fn refresh(&self, refresh_token: &SecretString, patience: Duration) -> Result<Grant, Failure> {
        let client_id = std::env::var("HF_DEVICE_CODE_OAUTH_CLIENT_ID").unwrap_or_else(|_| CLIENT_ID.to_owned());
        let form = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
            ("client_id", &client_id),
        ]);
        self.ask_for_token("application/x-www-form-urlencoded", &form, patience)
    }

    /// A short-lived access token to `resource` for the id token of a CI job (RFC 8693).
    ///
    /// # Errors
    ///
    /// When the Hub grants none within `patience`.
    #[expect(clippy::disallowed_methods, reason = "an id token is for showing to the Hub it is meant for")]
    pub fn exchange(&self, id_token: &SecretString, resource: &str, patience: Duration) -> Result<Grant, Failure> {
        let mut body = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "subject_token": id_token.expose_secret(),
            "resource": resource,
        });
        let written = Zeroizing::new(body.to_string());
        wipe(&mut body);
        self.ask_for_token("application/json", &written, patience)
    }

    /// The id token GitHub Actions issues for this job, to be shown to this Hub and to nobody else.
    ///
    /// # Errors
    ///
    /// When there is none within `patience`.
    #[expect(clippy::disallowed_methods, reason = "the job's own token is for asking GitHub Actions with")]
    pub fn github_id_token(
        &self,
        request_url: &str,
        request_token: &SecretString,
        patience: Duration,
    ) -> Result<SecretString, Failure> {
        const WHO: &str = "GitHub Actions";
        if !endpoint::is_fit_for_secrets(request_url) {
            return Err(Failure::Passing("ACTIONS_ID_TOKEN_REQUEST_URL is no https URL".to_owned()));
        }
        let bearer = Zeroizing::new(["Bearer ", request_token.expose_secret()].concat());
        let request = agent(request_url, patience)
            .get(request_url)
            .query("audience", &self.0)
            .header(header::AUTHORIZATION, &*bearer)
            .header(header::ACCEPT, "application/json");
        let (status, mut answer) = read(WHO, request.call())?;
        let id_token = secret_in(&mut answer, "value");
        wipe(&mut answer);
        id_token.filter(|_| (200..300).contains(&status)).ok_or_else(|| denial(WHO, status, None))
    }

    fn ask_for_token(&self, content_type: &str, body: &str, patience: Duration) -> Result<Grant, Failure> {
        const WHO: &str = "the Hub";
        let url = format!("{}/oauth/token", self.0);
        let request = agent(&url, patience)
            .post(&url)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::ACCEPT, "application/json");
        let (status, mut answer) = read(WHO, request.send(body))?;
        let access_token = secret_in(&mut answer, "access_token");
        let refresh_token = secret_in(&mut answer, "refresh_token");
        let expires_in = answer.get("expires_in").and_then(seconds);
        let error = answer.get("error").and_then(Value::as_str).map(str::to_owned);
        wipe(&mut answer);
        match access_token {
            Some(access_token) => Ok(Grant { access_token, refresh_token, expires_in }),
            None => Err(denial(WHO, status, error.as_deref())),
        }
    }
}

/// Whether the user wants no network, as `huggingface_hub` reads it: the first of the two that is not empty decides.
#[expect(clippy::disallowed_methods, reason = "whether the network may be used is the user's to say")]
fn is_offline() -> bool {
    let variables = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
    let value = variables.into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    value.is_some_and(|value| is_true(&value.to_string_lossy()))
}

/// A client for one request. It follows no redirect: what is sent is for one host.
fn agent(url: &str, patience: Duration) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    // http is spoken on the machine itself, which a proxy would take for another
    let proxy = if url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) {
        Proxy::try_from_env()
    } else {
        None
    };
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(patience))
        .user_agent(concat!("git-credential-hf/", env!("CARGO_PKG_VERSION")));
    config.build().new_agent()
}

/// The status and the JSON of an answer; what is no JSON is null.
fn read(who: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<(u16, Value), Failure> {
    let mut answer = answer.map_err(|error| unreachable(who, &error))?;
    let status = answer.status().as_u16();
    // read into its full length at once, since a buffer that grows leaves a copy behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST_ANSWER).unwrap_or_default() + 1));
    match answer.body_mut().as_reader().take(LONGEST_ANSWER).read_to_end(&mut bytes) {
        Ok(_) => Ok((status, serde_json::from_slice(&bytes).unwrap_or_default())),
        Err(error) => Err(unreachable(who, &error.into())),
    }
}

fn unreachable(who: &str, error: &ureq::Error) -> Failure {
    Failure::Passing(match error {
        ureq::Error::Timeout(_) => format!("{who} did not answer in time"),
        // it would be quoted
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            format!("{who} cannot be asked: its URL, or what is to be shown there, is malformed")
        }
        error => format!("{who} cannot be reached: {}", error.to_string().escape_debug()),
    })
}

/// What an answer without a token means: of the two errors that stay, `invalid_grant` is the token's and the other ours.
fn denial(who: &str, status: u16, error: Option<&str>) -> Failure {
    let is_word = |error: &&str| error.len() <= 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match error.filter(is_word) {
        Some("invalid_grant") => Failure::Refused(format!("{who} answered invalid_grant")),
        Some(error) => Failure::Passing(format!("{who} answered {status}, {error}")),
        None => Failure::Passing(format!("{who} answered {status} and no token")),
    }
}

/// Takes a secret out of an answer. What could not stand on one line is none: every place a token is kept has lines.
fn secret_in(answer: &mut Value, key: &str) -> Option<SecretString> {
    let Some(Value::String(text)) = answer.get_mut(key) else { return None };
    if text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return None;
    }
    Some(SecretString::from(std::mem::take(text)))
}

/// A number of seconds as Python's `int()` takes it from JSON: a number, or a string of digits.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok()),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

/// What else an answer holds may be secret too.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `application/x-www-form-urlencoded`, in a buffer that is wiped.
fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let length = fields.iter().map(|(key, value)| 2 + 3 * (key.len() + value.len())).sum();
    let mut form = Zeroizing::new(String::with_capacity(length));
    for (key, value) in fields {
        for (mark, text) in [("&", key), ("=", value)] {
            if !form.is_empty() {
                form.push_str(mark);
            }
            for byte in text.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) {
                    form.push(char::from(byte));
                } else {
                    form.push('%');
                    form.push(char::from(HEX[usize::from(byte >> 4)]));
                    form.push(char::from(HEX[usize::from(byte & 15)]));
                }
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_holds_any_value() {
        assert_eq!(*form(&[("a", "x y&z=ä"), ("b_c", "1.2-3")]), "a=x%20y%26z%3D%C3%A4&b_c=1.2-3");
    }

    #[test]
    fn a_token_that_cannot_stand_on_a_line_is_none() {
        let mut answer = json!({"a": "hf_x", "b": "hf_x\n", "c": "", "d": 1, "e": "hf x"});
        assert!(secret_in(&mut answer, "a").is_some());
        for key in ["b", "c", "d", "e", "f"] {
            assert!(secret_in(&mut answer, key).is_none(), "{key}");
        }
    }

    #[test]
    fn seconds_are_read_as_python_reads_them() {
        assert_eq!(seconds(&json!(2_592_000)), Some(2_592_000));
        assert_eq!(seconds(&json!(3600.5)), Some(3600));
        assert_eq!(seconds(&json!("3600")), Some(3600));
        assert_eq!(seconds(&json!(null)), None);
    }

    #[test]
    fn only_invalid_grant_is_for_good_and_nothing_long_is_told() {
        assert!(matches!(denial("the Hub", 400, Some("invalid_grant")), Failure::Refused(_)));
        assert!(matches!(denial("the Hub", 503, Some("temporarily_unavailable")), Failure::Passing(_)));
        for error in ["hf_Secret", "\x1b[2J", "a very long story"] {
            assert!(!denial("the Hub", 400, Some(error)).to_string().contains(error));
        }
    }
}
