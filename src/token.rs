//! A token and what is known of it. Nothing here prints a secret.

mod shape;

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

pub use self::shape::{flaw, oddity};

/// An access token with what its place of keeping tells about it; what is not known is `None`.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// The account it was kept for. A token that carries one answers only for that one.
    pub username: Option<String>,
    /// git's `oauth_refresh_token`, kept and returned unchanged.
    pub refresh_token: Option<SecretString>,
    /// The end of its life, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// Of a token that git stored: when, and what `hf` had chosen then.
    pub stored: Option<Stored>,
}

/// What is noted beside a token that git stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Nanoseconds since 1970, so that of two stored in one second the newer is known.
    pub at: u64,
    /// The mark of hf's active token at that time.
    pub mark: Mark,
}

/// A digest that tells one choice of an active token from another; empty where there was none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark(pub String);

impl AccessToken {
    /// A token of which nothing but the secret is known.
    #[must_use]
    pub fn new(secret: SecretString) -> Self {
        Self { secret, username: None, refresh_token: None, expires_at: None, stored: None }
    }

    /// Whether its life is over; `now` is in seconds since 1970.
    #[must_use]
    pub fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it is to be tried as a bearer token first: `huggingface_hub` found that OAuth tokens fail over Basic on
    /// LFS (its pull request 1906), and a trusted publisher's are of their kind.
    #[must_use]
    pub fn prefers_bearer(&self) -> bool {
        prefers_bearer(&self.secret)
    }

    /// As `hf auth list` shows it: enough to tell it from another, and of no use to anybody.
    #[must_use]
    pub fn masked(&self) -> String {
        masked(&self.secret)
    }

    /// Whether git would learn nothing new from `other`: the same secret, expiry and refresh token.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let refresh_tokens_agree = match (&self.refresh_token, &other.refresh_token) {
            (Some(one), Some(another)) => same(one, another),
            (None, None) => true,
            _ => false,
        };
        same(&self.secret, &other.secret) && self.expires_at == other.expires_at && refresh_tokens_agree
    }
}

/// A secret's first three characters and, where it is long enough not to tell it, its last four (`_mask_token` in
/// `huggingface_hub`'s `utils/_auth.py` has the same form).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "what is shown of it is of no use to anybody")]
pub fn masked(secret: &SecretString) -> String {
    let text = secret.expose_secret();
    let shown = |part: Option<&str>| part.map_or_else(String::new, |part| part.escape_debug().to_string());
    let start = if text.starts_with("hf_") { "hf_" } else { "" };
    let end = if text.len() >= 20 { text.get(text.len() - 4..) } else { None };
    format!("{start}****{}", shown(end))
}

/// A name as it may be shown: what stands in a name's place may be a token.
#[must_use]
pub fn masked_name(name: &str) -> String {
    if is_token(name) || name.starts_with("hf_") && name.len() >= 20 {
        masked(&SecretString::from(name))
    } else {
        name.to_owned()
    }
}

/// Tells whether a secret is of a kind that is to be tried as a bearer token first ([`AccessToken::prefers_bearer`]).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "its kind is in its first letters")]
pub fn prefers_bearer(secret: &SecretString) -> bool {
    ["hf_oauth_", "hf_jwt_"].iter().any(|kind| secret.expose_secret().starts_with(kind))
}

/// Whether a name is a token that stands in a name's place, as in `https://TOKEN@huggingface.co`.
#[must_use]
pub fn is_token(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("hf_") else { return false };
    let of_kind = |kind: &str| rest.strip_prefix(kind).is_some_and(|rest| !rest.is_empty());
    of_kind("oauth_") || of_kind("jwt_") || rest.len() >= 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether it begins as every token of the Hub does.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "its kind is in its first letters")]
pub fn begins_as_one(secret: &SecretString) -> bool {
    secret.expose_secret().starts_with("hf_")
}

/// Whether it has the shape of a token of the Hub.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
pub fn has_shape(secret: &SecretString) -> bool {
    is_token(secret.expose_secret())
}

/// Whether it is a trusted publisher's token, good for one repository and nothing else.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "its kind is in its first letters")]
pub fn is_of_publisher(secret: &SecretString) -> bool {
    secret.expose_secret().starts_with("hf_jwt_")
}

/// Whether two secrets are one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "comparing is the only use; nothing is copied")]
pub fn same(one: &SecretString, another: &SecretString) -> bool {
    one.expose_secret() == another.expose_secret()
}

const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// Reads a token as `huggingface_hub` does (`_clean_token` in `_auth.py`): every CR and LF is deleted, white space
/// around is stripped, and nothing left means no token. A byte-order mark goes too, which Windows' editors and shells write.
#[must_use]
pub fn clean(text: &str) -> Option<SecretString> {
    // stripped of the line ends around it, a token on one line is copied once and straight to its place
    let text = without_mark(text);
    let token = if text.contains(LINE_ENDS) {
        let kept = || text.split(LINE_ENDS);
        // at its exact length, for a string that shrinks or grows leaves a copy behind
        let mut joined = String::with_capacity(kept().map(str::len).sum());
        joined.extend(kept());
        SecretString::from(joined)
    } else {
        SecretString::from(text)
    };
    (!text.is_empty()).then_some(token)
}

/// Whether a text has what looks like a token of the Hub's in it, whole or cut: nothing to be shown.
#[must_use]
pub fn is_in(text: &str) -> bool {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let follows = |kind: &str| {
        let mut ends = text.match_indices(kind).map(|(at, _)| &text[at + kind.len()..]);
        ends.any(|rest| rest.chars().take_while(|c| is_of_token(*c)).count() >= 8)
    };
    follows("hf_") || follows("api_org_")
}

/// Whether a text is that token, once it is read as [`clean`] does.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "comparing is the only use; nothing is copied")]
pub fn is(text: &str, secret: &SecretString) -> bool {
    let (text, token) = (without_mark(text), secret.expose_secret());
    // only what loses something can become what it is not
    !token.is_empty()
        && (text == token || text.len() > token.len() && clean(text).is_some_and(|text| same(&text, secret)))
}

/// Without the white space around, and without a byte-order mark before it.
fn without_mark(text: &str) -> &str {
    let text = stripped(text);
    text.strip_prefix('\u{feff}').map_or(text, stripped)
}

/// Python's `str.strip`.
#[must_use]
pub fn stripped(text: &str) -> &str {
    match text.as_bytes() {
        // most often there is nothing to strip, and the ends tell
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim_matches(is_space),
    }
}

/// Python's `str.isspace` for one character: Unicode's white space and the four ASCII separators.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// A SHA-256 in hex over parts, each ended by a NUL, so that none runs into the next.
#[must_use]
pub fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    digest.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The present, in seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    i64::try_from(nanoseconds_since_1970() / 1_000_000_000).unwrap_or(i64::MAX)
}

/// The present, in nanoseconds since 1970.
#[must_use]
pub fn nanoseconds_since_1970() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_token_is_told_from_names() {
        for text in
            ["hf_AAAAbbbbCCCC", "--token=hf_AAAAbbbbCCCC", "hf_oauth_eyJ.x.y", "x api_org_AAAAbbbb", "hf_hf_AAAAbbbb"]
        {
            assert!(is_in(text), "{text}");
        }
        for text in ["hf_user", "hf", "alice", "hf_", "api_org", "hf_a b c d e f g h", ""] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn a_token_in_a_names_place_is_told_from_a_name() {
        for name in ["hf_AAAAbbbbCCCC0000", "hf_oauth_x", "hf_jwt_eyJ.x-y_z"] {
            assert!(is_token(name), "{name}");
        }
        for name in ["hf_user", "hf_AAAAbbbbCCCC000", "hf_a-name-that-is-long", "hf_oauth_", "HF_AAAAbbbbCCCC0000", ""]
        {
            assert!(!is_token(name), "{name}");
        }
    }

    #[test]
    fn a_token_is_cleaned_as_python_cleans_it() {
        for (text, token) in [
            ("hf_A\n", Some("hf_A")),
            ("\u{a0} hf_A\t\x1f", Some("hf_A")),
            ("hf_A\nhf_B\r\n", Some("hf_Ahf_B")),
            ("\n \nhf_A", Some("hf_A")),
            ("hf_A B", Some("hf_A B")),
            ("\u{200b}hf_A", Some("\u{200b}hf_A")),
            ("\u{feff}hf_A\r\n", Some("hf_A")),
            (" \u{feff} hf_A", Some("hf_A")),
            ("\u{feff}\r\n", None),
            (" \r\n\t", None),
            ("", None),
        ] {
            let (found, wanted) = (clean(text), token.map(SecretString::from));
            assert!(wanted.as_ref().is_none_or(|wanted| is(text, wanted)), "{text:?}");
            assert!(!is(text, &SecretString::from("")) && !is(text, &SecretString::from("hf_B")), "{text:?}");
            let agree = found.as_ref().zip(wanted.as_ref()).is_some_and(|(found, wanted)| same(found, wanted));
            assert!(agree || found.is_none() && wanted.is_none(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut token = AccessToken::new(SecretString::from("hf_secret"));
        token.refresh_token = Some(SecretString::from("hf_secret_too"));
        assert!(!format!("{token:?}").contains("hf_secret"));
    }
}
