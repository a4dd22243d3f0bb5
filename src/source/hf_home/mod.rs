//! The HF home: the active token and the stored tokens, shared with the `hf` CLI and read live.
//!
//! How `hf` writes them is in `huggingface_hub/utils/_auth.py`; what git stored here is in [`sections`].

mod file;
mod grammar;
mod paths;
pub mod sections;
pub mod stored_tokens;

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use secrecy::{ExposeSecret as _, SecretString};

use self::paths::Paths;
use self::stored_tokens::{Section, StoredTokens};
use super::{Kind, NotAnother, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken, Mark};

/// The HF home; each of its files is read once, and not before it is needed.
#[derive(Default)]
pub struct HfHome {
    paths: OnceCell<Paths>,
    active: OnceCell<Active>,
    stored: OnceCell<Stored>,
}

/// What the `token` file says.
enum Active {
    /// There is no such file.
    NoFile,
    /// It holds nothing.
    Nothing,
    Token(SecretString),
}

/// What the `stored_tokens` file says.
enum Stored {
    NoFile,
    /// One token and nothing else: what people write who were told to put their token there.
    Bare(SecretString),
    Sections(StoredTokens),
}

impl HfHome {
    fn paths(&self) -> &Paths {
        self.paths.get_or_init(Paths::from_env)
    }

    fn active(&self) -> Result<&Active> {
        if let Some(active) = self.active.get() {
            return Ok(active);
        }
        // `hf` truncates the file before it writes it
        let active = match file::read(&self.paths().token, |text| !text.is_empty())? {
            None => Active::NoFile,
            Some(text) => token::clean(&text).map_or(Active::Nothing, Active::Token),
        };
        Ok(self.active.get_or_init(|| active))
    }

    fn stored(&self) -> Result<&Stored> {
        if let Some(stored) = self.stored.get() {
            return Ok(stored);
        }
        let path = &self.paths().stored_tokens;
        let stored = match file::read(path, looks_whole)? {
            None => Stored::NoFile,
            Some(text) => match bare_token(&text) {
                Some(token) => Stored::Bare(token),
                None => Stored::Sections(StoredTokens::parse(text).with_context(|| unreadable(path))?),
            },
        };
        Ok(self.stored.get_or_init(|| stored))
    }

    fn all_sections(&self) -> Result<impl DoubleEndedIterator<Item = Section<'_>>> {
        let stored_tokens = match self.stored()? {
            Stored::Sections(stored_tokens) => Some(stored_tokens),
            Stored::NoFile | Stored::Bare(_) => None,
        };
        Ok(stored_tokens.into_iter().flat_map(StoredTokens::sections))
    }

    /// The sections that are `hf`'s.
    fn sections(&self) -> Result<impl Iterator<Item = Section<'_>>> {
        Ok(self.all_sections()?.filter(|section| !sections::is_ours(*section)))
    }

    fn named(&self, username: &str) -> Result<Option<AccessToken>> {
        let named = |section: &Section<'_>| section.name() == username;
        let belonging = |section: &Section<'_>| section.get("username").is_some_and(|name| *name == username);
        let token = |section: Section<'_>| {
            let mut token = token_of(section)?;
            token.username = Some(username.to_owned());
            Some(token)
        };
        let mut by_name = self.sections()?.filter(named).filter_map(token);
        let mut by_account = self.sections()?.filter(belonging).filter_map(token);
        Ok(by_name.next().or_else(|| by_account.next()))
    }

    /// The active token; where none was ever chosen, the only one there is.
    fn chosen(&self) -> Result<Option<AccessToken>> {
        let secret = match self.active()? {
            Active::Token(secret) => secret,
            Active::Nothing => return Ok(None),
            Active::NoFile => return self.only_one(),
        };
        // a file that cannot be read tells no expiry, and takes no token away either
        let section = self.section_of(secret).ok().flatten();
        let mut token = AccessToken::new(secret.clone());
        token.expires_at = section.and_then(expires_at);
        Ok(Some(token))
    }

    fn only_one(&self) -> Result<Option<AccessToken>> {
        if let Stored::Bare(secret) = self.stored()? {
            return Ok(Some(AccessToken::new(secret.clone())));
        }
        let mut holding = self.sections()?.filter_map(|section| Some((section, token_of(section)?)));
        let (Some((section, mut token)), None) = (holding.next(), holding.next()) else { return Ok(None) };
        token.username = section.get("username").map(|name| name.as_str().to_owned());
        Ok(Some(token))
    }

    /// The first section that holds a secret, as `_refresh_oauth_token_if_needed` looks for it.
    fn section_of(&self, secret: &SecretString) -> Result<Option<Section<'_>>> {
        Ok(self.all_sections()?.find(|section| secret_of(*section).is_some_and(|held| token::same(&held, secret))))
    }

    /// The mark of the active token: its name and, unless it is one that is refreshed, its value.
    ///
    /// # Errors
    ///
    /// When the `token` file cannot be read.
    #[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
    pub fn mark(&self) -> Result<Mark> {
        let Active::Token(secret) = self.active()? else { return Ok(Mark::default()) };
        let section = self.section_of(secret).ok().flatten();
        let name = section.map_or("", |section| section.name());
        let is_refreshed = section.is_some_and(|section| section.get("refresh_token").is_some());
        Ok(Mark(token::digest(&[name, if is_refreshed { "" } else { secret.expose_secret() }])))
    }
}

impl Source for Rc<HfHome> {
    fn kind(&self) -> Kind {
        Kind::HfHome
    }

    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>> {
        let now = token::now();
        // a file that cannot be read names nobody, but the active token is in another
        let (named, unread) = match wanted.username.map(|username| self.named(username)).transpose() {
            Ok(named) => (named.flatten(), None),
            Err(error) => (None, Some(error)),
        };
        if let Some(token) = named {
            if token.is_expired(now) {
                bail!(NotAnother("the token of the requested name has expired: run `hf auth login`".to_owned()));
            }
            return Ok(Some(token));
        }
        match self.chosen()? {
            // the only one there is belongs to somebody else
            Some(token) if token.username.is_some() && wanted.username.is_some() => Ok(None),
            Some(token) if token.is_expired(now) => {
                bail!("the active token of the HF home has expired: run `hf auth login`")
            }
            None => unread.map_or(Ok(None), Err),
            found => Ok(found),
        }
    }

    fn holds(&self, secret: &SecretString) -> Result<bool> {
        if matches!(self.active(), Ok(Active::Token(active)) if token::same(active, secret)) {
            return Ok(true);
        }
        if matches!(self.stored()?, Stored::Bare(held) if token::same(held, secret)) {
            return Ok(true);
        }
        Ok(self.sections()?.any(|section| secret_of(section).is_some_and(|held| token::same(&held, secret))))
    }

    fn secrets(&self, _: &Endpoint) -> Vec<SecretString> {
        let active = match self.active() {
            Ok(Active::Token(secret)) => Some(secret.clone()),
            _ => None,
        };
        let sections = self.sections().into_iter().flatten();
        active.into_iter().chain(sections.filter_map(secret_of)).collect()
    }

    fn chosen_since(&self, mark: &Mark) -> bool {
        self.mark().is_ok_and(|today| today != Mark::default() && today != *mark)
    }
}

fn unreadable(path: &Path) -> String {
    format!(
        "cannot read {}, and hf cannot either: repair it, or log in again with `hf auth login`",
        path.display().to_string().escape_debug()
    )
}

/// Whether nothing is missing: `hf` ends what it writes with a line end.
fn looks_whole(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}

/// The token a file consists of that is nothing else.
fn bare_token(text: &str) -> Option<SecretString> {
    let word = text.trim_matches(token::is_space);
    let rest = word.strip_prefix("hf_")?;
    let is_token = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    is_token.then(|| SecretString::from(word))
}

fn token_of(section: Section<'_>) -> Option<AccessToken> {
    let mut token = AccessToken::new(secret_of(section)?);
    token.expires_at = expires_at(section);
    Some(token)
}

fn secret_of(section: Section<'_>) -> Option<SecretString> {
    token::clean(&section.get("hf_token")?)
}

/// `expires_at` as Python's `int()` reads it.
fn expires_at(section: Section<'_>) -> Option<i64> {
    python_int(section.get("expires_at")?.trim_matches(token::is_space))
}

/// An integer with one underscore at most between two digits; what is larger than any time there will be is the last.
fn python_int(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let groups_are_digits =
        digits.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let value = digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    groups_are_digits.then_some(if is_negative { -value } else { value })
}
