//! `oauth/token`: a refresh token or a CI job's id token is exchanged for an access token.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use ureq::http::header;
use zeroize::Zeroizing;

use super::route::Route;
use super::{Api, Failure, HUB, LONGEST_GRANT, Reply, agent, read, secret_in, waiting_for, wipe};
use crate::endpoint;
use crate::url::form;

/// What `hf` calls itself to `oauth/device` and to `oauth/token` (`DEVICE_CODE_OAUTH_CLIENT_ID` in `constants.py`).
const CLIENT_ID: &str = "26be6b09-91c5-47da-9861-d2d2bb7a7e36";

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

/// An answer without a token.
pub(super) struct Denial {
    pub(super) status: u16,
    /// RFC 6749's word for why, where the answer has one.
    pub(super) error: Option<String>,
}

impl Api {
    /// A new access token for a refresh token.
    ///
    /// # Errors
    ///
    /// When the Hub grants none within `patience`.
    #[expect(clippy::disallowed_methods, reason = "a refresh token is for showing to the Hub that issued it")]
    pub fn refresh(&self, refresh_token: &SecretString, patience: Duration) -> Result<Grant, Failure> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        Ok(Grant::read(&self.submit("/oauth/token", &fields, patience)?)?)
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
        Ok(Grant::read(&self.post("/oauth/token", "application/json", &written, patience)?)?)
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
        let route = Route::to(request_url)?;
        let request = agent(&route, patience)
            .get(request_url)
            .query("audience", &self.0)
            .header(header::AUTHORIZATION, &*bearer)
            .header(header::ACCEPT, "application/json");
        let waiting = waiting_for(request_url);
        let reply = read(WHO, &route, request.call(), LONGEST_GRANT)?;
        drop(waiting);
        let mut answer = reply.json();
        let id_token = secret_in(&mut answer, "value");
        wipe(&mut answer);
        id_token.filter(|_| (200..300).contains(&reply.status)).ok_or_else(|| denial(WHO, reply.status, None))
    }

    /// Sends a page of the Hub's OAuth a form, and with it who asks.
    #[expect(clippy::disallowed_methods, reason = "huggingface_hub lets a user name another client")]
    pub(super) fn submit(&self, page: &str, fields: &[(&str, &str)], patience: Duration) -> Result<Reply, Failure> {
        let client_id = std::env::var("HF_DEVICE_CODE_OAUTH_CLIENT_ID").unwrap_or_else(|_| CLIENT_ID.to_owned());
        let fields = [fields, &[("client_id", &*client_id)]].concat();
        self.post(page, "application/x-www-form-urlencoded", &form(&fields), patience)
    }
}

impl Grant {
    /// The token in an answer.
    pub(super) fn read(reply: &Reply) -> Result<Self, Denial> {
        let mut answer = reply.json();
        let grant = Self::taken_from(&mut answer);
        let error = answer.get("error").and_then(Value::as_str).map(str::to_owned);
        wipe(&mut answer);
        grant.ok_or(Denial { status: reply.status, error })
    }

    /// The Hub's answer, out of which its secrets are taken; `None` where it grants no token that fits on a line.
    #[must_use]
    pub fn taken_from(answer: &mut Value) -> Option<Self> {
        Some(Self {
            access_token: secret_in(answer, "access_token")?,
            refresh_token: secret_in(answer, "refresh_token"),
            expires_in: answer.get("expires_in").and_then(seconds),
        })
    }
}

impl From<Denial> for Failure {
    fn from(Denial { status, error }: Denial) -> Self {
        denial(HUB, status, error.as_deref())
    }
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

/// A number of seconds as Python's `int()` takes it from JSON: a number, or a string of digits.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok()),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(matches!(denial(HUB, 400, Some("invalid_grant")), Failure::Refused(_)));
        assert!(matches!(denial(HUB, 503, Some("temporarily_unavailable")), Failure::Passing(_)));
        for error in ["hf_Secret", "\x1b[2J", "a very long story"] {
            assert!(!denial(HUB, 400, Some(error)).to_string().contains(error));
        }
    }
}
