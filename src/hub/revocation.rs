//! `api/credentials/revoke`: tokens are revoked, for whoever else may have them.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Api, Failure, PATIENCE, wipe};

impl Api {
    /// Revokes these tokens. The Hub takes any, and does not say which it knew (`security-tokens.md` of its documentation).
    ///
    /// # Errors
    ///
    /// When the Hub does not take them: then each may be what it was.
    #[expect(clippy::disallowed_methods, reason = "a token to be revoked is shown to the Hub it is of")]
    pub fn revoke(&self, secrets: &[&SecretString]) -> Result<(), Failure> {
        let secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
        let mut body = json!({ "credentials": secrets });
        let written = Zeroizing::new(body.to_string());
        wipe(&mut body);
        let reply = self.post("/api/credentials/revoke", "application/json", &written, PATIENCE)?;
        match (reply.status, reply.pause()) {
            (200..300, _) => Ok(()),
            (429, Some(seconds)) => Err(Failure::Passing(format!("rate limited by the Hub; try again in {seconds} s"))),
            (status, _) => Err(Failure::Passing(format!("the Hub answered {status} to the revocation"))),
        }
    }
}
