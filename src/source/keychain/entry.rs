//! What an entry of the keychain holds: the token alone, so that a person who copies the secret has that. What else is known
//! and no secret are attributes. Where a keychain has none, it stands behind the token, as a refresh token always does: a
//! line each, which ends in CR. No value of git's holds a CR, and of a secret with LF in it gnome-keyring keeps the first
//! line alone where the keyring has no password.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::token::{self, AccessToken, Mark, Stored};

/// Entries of earlier versions have lines that end in LF.
const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// What is known of a token, by the name of its attribute or line. The first two are named as in git's protocol
/// (`git-credential(1)`).
mod fact {
    pub(super) const EXPIRY: &str = "password_expiry_utc";
    pub(super) const REFRESH_TOKEN: &str = "oauth_refresh_token";
    pub(super) const STORED_AT: &str = "git_stored_at";
    pub(super) const MARK: &str = "git_stored_beside";
    /// Which token the expiry is of: a service may write an attribute and its secret one after the other, or keep one
    /// (`KeePassXC`) that the next token lacks.
    pub(super) const EXPIRY_OF: &str = "password_expiry_of";
}

/// What an entry is written as.
pub(super) struct Written {
    pub(super) secret: Zeroizing<Vec<u8>>,
    pub(super) attributes: Vec<(&'static str, String)>,
}

impl Written {
    /// Writes a token for a keychain with attributes, or without.
    #[expect(clippy::disallowed_methods, reason = "the keychain is where this token is kept")]
    pub(super) fn of(token: &AccessToken, has_attributes: bool) -> Self {
        let AccessToken { secret, username: _, refresh_token, expires_at, stored } = token;
        let mut facts = Vec::new();
        facts.extend(expires_at.map(|end| (fact::EXPIRY, end.to_string())));
        if let Some(Stored { at, mark }) = stored {
            facts.extend([(fact::STORED_AT, at.to_string()), (fact::MARK, mark.0.clone())]);
        }
        let mut pieces = vec![secret.expose_secret()];
        if let Some(refresh_token) = refresh_token {
            pieces.extend(["\r", fact::REFRESH_TOKEN, "=", refresh_token.expose_secret()]);
        }
        if !has_attributes {
            pieces.extend(facts.iter().flat_map(|(name, value)| ["\r", *name, "=", value]));
        }
        let secret = Zeroizing::new(pieces.concat().into_bytes());
        if !has_attributes {
            facts.clear();
        } else if expires_at.is_some() {
            facts.push((fact::EXPIRY_OF, name_of(&token.secret)));
        }
        Self { secret, attributes: facts }
    }
}

/// Reads an entry. A line goes before an attribute: an earlier version wrote it since.
pub(super) fn read(entry: &[u8], username: String, attributes: &HashMap<String, String>) -> Option<AccessToken> {
    let mut token = AccessToken::new(SecretString::from(secret(entry)?));
    token.username = Some(username);
    let is_of_it = |name: &str| {
        name != fact::EXPIRY || attributes.get(fact::EXPIRY_OF).is_some_and(|of| *of == name_of(&token.secret))
    };
    let attributes = attributes.iter().map(|(name, value)| (&**name, &**value)).filter(|(name, _)| is_of_it(name));
    let mut stored = Stored { at: 0, mark: Mark::default() };
    for (name, value) in attributes.chain(lines(entry)) {
        match name {
            fact::EXPIRY => token.expires_at = value.parse().ok(),
            fact::REFRESH_TOKEN => token.refresh_token = Some(SecretString::from(value)),
            fact::STORED_AT => stored.at = value.parse().unwrap_or(0),
            fact::MARK => value.clone_into(&mut stored.mark.0),
            _ => {}
        }
    }
    token.stored = Some(stored);
    Some(token)
}

/// Tells one token from another without telling anything of it.
#[expect(clippy::disallowed_methods, reason = "a digest is no secret")]
fn name_of(secret: &SecretString) -> String {
    let mut name = token::digest(&["expiry", secret.expose_secret()]);
    name.truncate(16);
    name
}

fn secret(entry: &[u8]) -> Option<&str> {
    let entry = std::str::from_utf8(entry).ok()?;
    entry.split(LINE_ENDS).next().filter(|secret| !secret.is_empty())
}

fn lines(entry: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let entry = std::str::from_utf8(entry).unwrap_or_default();
    entry.split(LINE_ENDS).skip(1).filter_map(|line| line.split_once('='))
}
