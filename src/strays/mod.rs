//! Tokens of the Hub outside the keychain: where they lie, and how each place is rid of one. Nothing found in a repository
//! is obeyed: it is read.

pub mod credentials_file;
pub mod fate;
pub mod git_config;
pub mod helper;
pub mod hf_home;
pub mod judge;
pub mod netrc;
pub mod repositories;
pub mod search;

use anyhow::Result;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, Hub};
use crate::protocol::{Answer, Proof, Request};
use crate::token::AccessToken;

/// A token where it was found.
pub struct Stray {
    /// The Hub it is for.
    pub endpoint: Endpoint,
    /// The token; its username is the one it stands with there, if any.
    pub token: AccessToken,
    /// Where it lies.
    pub place: Box<dyn Place>,
}

/// A place that a token can be taken out of.
pub trait Place {
    /// The place in words.
    fn told(&self) -> String;

    /// Takes the token out, which is kept under `name` now, where it has one; fine where it is gone already. All else that
    /// lies there stays as it is, also when this is interrupted.
    ///
    /// # Errors
    ///
    /// When it may still be there.
    fn clean(&self, endpoint: &Endpoint, token: &AccessToken, name: Option<&str>) -> Result<()>;
}

impl Stray {
    fn of(request: Request, place: impl Place + 'static) -> Option<Self> {
        let (endpoint, token) = token_of(request)?;
        Some(Self { endpoint, token, place: Box::new(place) })
    }
}

/// What git would read in such lines, if it is about a Hub of ours: the very reader of the requests git sends.
fn read(lines: &[&[u8]], hub: &Hub) -> Option<Request> {
    let lines = Zeroizing::new(lines.concat());
    Request::read(&mut &**lines, hub).ok().flatten()
}

/// The same for a URL.
fn read_url(url: &[u8], hub: &Hub) -> Option<Request> {
    if url.contains(&b'\n') {
        return None;
    }
    read(&[b"url=", url, b"\n"], hub)
}

/// The token of a credential. In a URL it may stand in the user's place: `https://hf_…@huggingface.co`.
#[expect(clippy::disallowed_methods, reason = "only how it begins is looked at")]
fn token_of(request: Request) -> Option<(Endpoint, AccessToken)> {
    let Request { endpoint, username, proof, password_expiry_utc, oauth_refresh_token, .. } = request;
    let is_name = |text: &str| text == Answer::ANYBODY || !text.starts_with("hf_");
    let (username, secret) = match proof {
        // what stands beside a token in the user's place is a filler, which some programs want
        Proof::Password(filler)
            if is_name(filler.expose_secret()) && username.as_deref().is_some_and(|name| !is_name(name)) =>
        {
            (None, SecretString::from(username?))
        }
        Proof::Password(secret) => (username, secret),
        _ => (None, SecretString::from(username?)),
    };
    if username.is_none() && is_name(secret.expose_secret()) {
        return None;
    }
    // of two tokens the Hub takes the password, and a token is no name
    let username = username.filter(|name| is_name(name));
    let mut token = AccessToken::new(secret);
    token.username = username.filter(|name| !name.is_empty() && !name.contains(char::is_control));
    token.expires_at = password_expiry_utc;
    token.refresh_token = oauth_refresh_token;
    Some((endpoint, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "dummies")]
    fn a_url_holds_a_token_where_git_would_send_one_to_the_hub() {
        let found = |url: &str| {
            let (_, token) = token_of(read_url(url.as_bytes(), &Hub::default())?)?;
            Some((token.username, token.secret.expose_secret().to_owned()))
        };
        for (url, username, secret) in [
            ("https://bob:hf_A@huggingface.co/x", Some("bob"), "hf_A"),
            ("https://hf_user:x@HuggingFace.co:443", Some("hf_user"), "x"),
            ("https://b%6fb:hf%5fA@hf.co", Some("bob"), "hf_A"),
            ("https://hf_A@huggingface.co", None, "hf_A"),
            ("https://hf_A:@huggingface.co", None, "hf_A"),
            ("https://b%09b:hf_A@huggingface.co", None, "hf_A"),
            ("https://hf_A:x@huggingface.co", None, "hf_A"),
            ("https://hf_A:hf_user@huggingface.co", None, "hf_A"),
            ("https://hf_B:hf_A@huggingface.co", None, "hf_A"),
        ] {
            assert_eq!(found(url), Some((username.map(str::to_owned), secret.to_owned())), "{url}");
        }
        for url in [
            "https://huggingface.co/x",
            "https://bob@huggingface.co/x",
            "https://hf_user@huggingface.co/x",
            "http://bob:hf_A@huggingface.co",
            "https://bob:hf_A@huggingface.co.evil.example",
            "https://bob:hf_A@evil.example@huggingface.co",
            "https://bob:hf_A@huggingface.co\nhost=x",
            "https://bob:hf_A%0a@huggingface.co",
            "git@hf.co:bob/x",
            "/a/b",
            "",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
    }
}
