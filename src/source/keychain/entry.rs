//! What an entry of the keychain holds: the token, then what is known of it, a line each. Lines end in CR, which no value of
//! git's holds: of a secret with LF in it, gnome-keyring keeps the first line alone where the keyring has no password.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::token::{AccessToken, Mark, Stored};

/// Entries of earlier versions have lines that end in LF.
const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// The first three are named as in git's protocol (`git-credential(1)`).
mod line {
    pub(super) const USERNAME: &str = "username";
    pub(super) const EXPIRY: &str = "password_expiry_utc";
    pub(super) const REFRESH_TOKEN: &str = "oauth_refresh_token";
    pub(super) const STORED_AT: &str = "git_stored_at";
    pub(super) const MARK: &str = "git_stored_beside";
}

#[expect(clippy::disallowed_methods, reason = "the keychain is where this token is kept")]
pub(super) fn written(username: &str, token: &AccessToken) -> Zeroizing<Vec<u8>> {
    let AccessToken { secret, username: _, refresh_token, expires_at, stored } = token;
    let expiry = expires_at.map(|end| end.to_string());
    let stored_at = stored.as_ref().map(|stored| stored.at.to_string());
    let lines = [
        (line::USERNAME, Some(username)),
        (line::EXPIRY, expiry.as_deref()),
        (line::REFRESH_TOKEN, refresh_token.as_ref().map(ExposeSecret::expose_secret)),
        (line::STORED_AT, stored_at.as_deref()),
        (line::MARK, stored.as_ref().map(|stored| stored.mark.0.as_str())),
    ];
    let lines = lines.into_iter().filter_map(|(key, value)| Some(["\r", key, "=", value?]));
    let pieces: Vec<&str> = std::iter::once(secret.expose_secret()).chain(lines.flatten()).collect();
    Zeroizing::new(pieces.concat().into_bytes())
}

pub(super) fn read(entry: &[u8], username: String) -> Option<AccessToken> {
    let mut token = AccessToken::new(SecretString::from(secret(entry)?));
    token.username = Some(username);
    let mut stored = Stored { at: 0, mark: Mark::default() };
    for (key, value) in lines(entry) {
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

/// Whose it is, where it says so.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn username(entry: &[u8]) -> Option<String> {
    lines(entry).find_map(|(key, value)| (key == line::USERNAME).then(|| value.to_owned()))
}

fn secret(entry: &[u8]) -> Option<&str> {
    let entry = std::str::from_utf8(entry).ok()?;
    entry.split(LINE_ENDS).next().filter(|secret| !secret.is_empty())
}

fn lines(entry: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let entry = std::str::from_utf8(entry).unwrap_or_default();
    entry.split(LINE_ENDS).skip(1).filter_map(|line| line.split_once('='))
}
