//! What an entry of the keychain holds: the token, then what is known of it, a line each.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::token::{AccessToken, Mark, Stored};

/// The first two are those of git's own helpers (`contrib/credential`).
mod line {
    pub(super) const EXPIRY: &str = "password_expiry_utc";
    pub(super) const REFRESH_TOKEN: &str = "oauth_refresh_token";
    pub(super) const STORED_AT: &str = "git_stored_at";
    pub(super) const MARK: &str = "git_stored_beside";
}

#[expect(clippy::disallowed_methods, reason = "the keychain is where this token is kept")]
pub(super) fn written(token: &AccessToken) -> Zeroizing<Vec<u8>> {
    let AccessToken { secret, username: _, refresh_token, expires_at, stored } = token;
    let expiry = expires_at.map(|end| end.to_string());
    let stored_at = stored.as_ref().map(|stored| stored.at.to_string());
    let lines = [
        (line::EXPIRY, expiry.as_deref()),
        (line::REFRESH_TOKEN, refresh_token.as_ref().map(ExposeSecret::expose_secret)),
        (line::STORED_AT, stored_at.as_deref()),
        (line::MARK, stored.as_ref().map(|stored| stored.mark.0.as_str())),
    ];
    let lines = lines.into_iter().filter_map(|(key, value)| Some(["\n", key, "=", value?]));
    let pieces: Vec<&str> = std::iter::once(secret.expose_secret()).chain(lines.flatten()).collect();
    Zeroizing::new(pieces.concat().into_bytes())
}

pub(super) fn read(lines: &[u8], username: String) -> Option<AccessToken> {
    let mut lines = std::str::from_utf8(lines).ok()?.split('\n');
    let mut token = AccessToken::new(SecretString::from(lines.next().filter(|secret| !secret.is_empty())?));
    token.username = Some(username);
    let mut stored = Stored { at: 0, mark: Mark::default() };
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        match key {
            line::EXPIRY => token.expires_at = value.parse().ok(),
            line::REFRESH_TOKEN => token.refresh_token = Some(SecretString::from(value)),
            line::STORED_AT => stored.at = value.parse().unwrap_or(0),
            line::MARK => value.clone_into(&mut stored.mark.0),
            _ => {}
        }
    }
    token.stored = Some(stored);
    Some(token)
}
