//! `oauth/device`: a login that is confirmed in a browser, on this machine or on any other (RFC 8628, as
//! `huggingface_hub`'s `utils/_oauth_device.py` speaks it). Whoever waits for it, loops.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};

use super::oauth::{Grant, seconds};
use super::{Api, Failure, PATIENCE, secret_in, wipe};

/// A login that waits for its person.
#[derive(Debug)]
pub struct Code {
    /// What they are to see in the browser.
    pub user_code: String,
    /// The page to open; the code is in it where the Hub puts it there.
    pub url: String,
    /// How long to wait before each [`Api::poll`] but the first.
    pub interval: Duration,
    /// The Hub's `device_code`.
    secret: SecretString,
    end: Instant,
}

impl Api {
    /// Begins a login.
    ///
    /// # Errors
    ///
    /// When the Hub gives no code.
    pub fn device_code(&self) -> Result<Code, Failure> {
        let reply = self.submit("/oauth/device", &[], PATIENCE)?;
        let mut answer = reply.json();
        let secret = secret_in(&mut answer, "device_code");
        let text = |key: &str| answer[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        // what RFC 8628 says of an answer that does not
        let number = |key: &str, unsaid: u64| {
            let said = seconds(&answer[key]).and_then(|number| u64::try_from(number).ok());
            Duration::from_secs(said.unwrap_or(unsaid).clamp(1, 3600))
        };
        let (user_code, url) =
            (text("user_code"), text("verification_uri_complete").or_else(|| text("verification_uri")));
        let (interval, end) = (number("interval", 5), Instant::now() + number("expires_in", 900));
        wipe(&mut answer);
        match (secret, user_code, url) {
            (Some(secret), Some(user_code), Some(url)) => Ok(Code { user_code, url, interval, secret, end }),
            _ => Err(Failure::Passing(format!("the Hub answered {} and no code to log in with", reply.status))),
        }
    }

    /// What the login has come to: `None` while it waits. A network that fails for a moment, and a page that is no answer,
    /// end nothing: the code's own end does.
    ///
    /// # Errors
    ///
    /// When the person said no, nobody said anything in time, or the Hub ends it.
    #[expect(clippy::disallowed_methods, reason = "a device code is for showing to the Hub that issued it")]
    pub fn poll(&self, code: &mut Code) -> Result<Option<Grant>, Failure> {
        if Instant::now() >= code.end {
            return Err(ran_out());
        }
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", code.secret.expose_secret()),
        ];
        let Ok(reply) = self.submit("/oauth/token", &fields, PATIENCE) else { return Ok(None) };
        let denial = match Grant::read(&reply) {
            Ok(grant) => return Ok(Some(grant)),
            Err(denial) => denial,
        };
        match (denial.status, denial.error.as_deref()) {
            (500.., _) | (_, None | Some("authorization_pending")) => Ok(None),
            (_, Some("slow_down")) => {
                code.interval += Duration::from_secs(5);
                Ok(None)
            }
            (_, Some("expired_token")) => Err(ran_out()),
            (_, Some("access_denied")) => Err(Failure::Refused("the login was denied in the browser".to_owned())),
            _ => Err(denial.into()),
        }
    }
}

fn ran_out() -> Failure {
    Failure::Refused("nobody confirmed the code in time".to_owned())
}
