//! The sections of ours in `stored_tokens`, `git:USER@HOST`: what git stored where there is no keychain.

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::HfHome;
use super::file;
use super::reading::{looks_whole, unreadable};
use super::replacement::Replacement;
use super::stored_tokens::{Section, StoredTokens};
use super::unwritten;
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken, Mark, Stored, is_space};
use crate::url;

/// How often what is to be written is made anew, where another program wrote in between.
const MOST_TIMES: usize = 5;

/// The keys of a section of ours. `hf` reads the first and keeps the others.
mod key {
    pub(super) const TOKEN: &str = "hf_token";
    pub(super) const USERNAME: &str = "username";
    pub(super) const HOST: &str = "host";
    pub(super) const EXPIRY: &str = "password_expiry_utc";
    pub(super) const REFRESH_TOKEN: &str = "oauth_refresh_token";
    pub(super) const STORED_AT: &str = "git_stored_at";
    pub(super) const MARK: &str = "git_stored_beside";
}

impl HfHome {
    /// What git stored here for an endpoint, or for one account of it.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read.
    pub fn stored_by_git(&self, endpoint: &Endpoint, username: Option<&str>) -> Result<Vec<AccessToken>> {
        let ours =
            self.all_sections()?.filter(|section| is_ours(*section)).filter_map(|section| read(section, endpoint));
        Ok(ours.filter(|token| username.is_none() || token.username.as_deref() == username).collect())
    }

    /// Writes a section of ours.
    ///
    /// # Errors
    ///
    /// When the file cannot be read as `hf` reads it, or not be written: then it is what it was.
    #[expect(clippy::disallowed_methods, reason = "the section is where this token is kept")]
    pub fn store_by_git(&self, endpoint: &Endpoint, username: &str, token: &AccessToken) -> Result<()> {
        let AccessToken { secret, username: _, refresh_token, expires_at, stored } = token;
        let stored = stored.as_ref().context("a token to be stored lacks its time")?;
        let wiped = |text: String| Some(Zeroizing::new(text));
        let fields = [
            (key::TOKEN, wiped(encoded(secret.expose_secret()))),
            (key::USERNAME, wiped(encoded(username))),
            (key::HOST, wiped(endpoint.host().to_owned())),
            (key::EXPIRY, expires_at.and_then(|end| wiped(end.to_string()))),
            (key::REFRESH_TOKEN, refresh_token.as_ref().and_then(|token| wiped(encoded(token.expose_secret())))),
            (key::STORED_AT, wiped(stored.at.to_string())),
            (key::MARK, wiped(stored.mark.0.clone())),
        ];
        let fields = fields.each_ref().map(|(key, value)| (*key, value.as_ref().map(|value| value.as_str())));
        self.edit(|file| file.with(&section_name(endpoint, username), &fields).map(Some))
    }

    /// Removes sections of ours: an endpoint's, with this username and this secret where these are given.
    ///
    /// # Errors
    ///
    /// When there is something to remove and the file cannot be written: then it is what it was.
    pub fn forget_by_git(
        &self,
        endpoint: &Endpoint,
        username: Option<&str>,
        secret: Option<&SecretString>,
    ) -> Result<()> {
        let goes = |section: Section<'_>| {
            is_ours(section)
                && read(section, endpoint).is_some_and(|token| {
                    username.is_none_or(|name| token.username.as_deref() == Some(name))
                        && secret.is_none_or(|secret| token::same(secret, &token.secret))
                })
        };
        // what cannot be read answers nothing, so there is nothing in it to forget
        if !self.all_sections().is_ok_and(|mut sections| sections.any(goes)) {
            return Ok(());
        }
        self.edit(|file| file.sections().any(goes).then(|| file.without(goes)).transpose())
    }

    /// Has what git stored for an endpoint beside today's active token forget that it was: then that token goes first.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or there is something to change and it cannot be written: then it is what it was.
    pub fn outchoose_by_git(&self, endpoint: &Endpoint, today: &Mark) -> Result<()> {
        let is_beside = |section: &Section<'_>| {
            is_ours(*section)
                && read(*section, endpoint).and_then(|token| token.stored).is_some_and(|stored| stored.mark == *today)
        };
        if !self.all_sections()?.any(|section| is_beside(&section)) {
            return Ok(());
        }
        self.edit(|file| {
            let mut changed = None;
            for section in file.sections().filter(is_beside) {
                let text = changed.as_ref().unwrap_or(file).with(section.name(), &[(key::MARK, Some(""))])?;
                changed = Some(StoredTokens::parse(text)?);
            }
            Ok(changed.map(StoredTokens::into_text))
        })
    }

    /// Replaces `stored_tokens` by what `change` makes of it, if it makes anything, while nobody else may.
    pub(super) fn edit(&self, change: impl Fn(&StoredTokens) -> Result<Option<Zeroizing<String>>>) -> Result<()> {
        let path = &self.paths().stored_tokens;
        let lock = self.lock()?;
        let mut replacement = None;
        for _ in 0..MOST_TIMES {
            let text = file::read_to_replace(path, &lock, looks_whole)?;
            let stored_tokens = StoredTokens::parse(text).with_context(|| unreadable(path))?;
            unwritten::sweep(path, &stored_tokens);
            let Some(text) = change(&stored_tokens)? else { return Ok(()) };
            let replacement = match &mut replacement {
                Some(replacement) => replacement,
                none => none.insert(Replacement::of(path, &lock)?),
            };
            replacement.hold(&text)?;
            // `hf`, which takes no lock to log in, may have written meanwhile
            if file::read_to_replace(path, &lock, looks_whole)? == stored_tokens.into_text() {
                break;
            }
        }
        replacement.map_or(Ok(()), Replacement::commit)?;
        self.reading.renew();
        Ok(())
    }
}

/// Whether git stored it: only then is it ours to change. Somebody may well have named a token `git:…` in `hf`.
pub(super) fn is_ours(section: Section<'_>) -> bool {
    section.name().starts_with("git:")
        && [key::USERNAME, key::HOST, key::STORED_AT].iter().all(|key| section.get(key).is_some())
}

fn section_name(endpoint: &Endpoint, username: &str) -> String {
    format!("git:{}@{}", encoded(username), endpoint.host())
}

fn read(section: Section<'_>, endpoint: &Endpoint) -> Option<AccessToken> {
    if *section.get(key::HOST)? != *endpoint.host() {
        return None;
    }
    let username = decoded(&section.get(key::USERNAME)?)?;
    let mut token = AccessToken::new(SecretString::from(decoded(&section.get(key::TOKEN)?)?));
    token.username = Some(username);
    token.expires_at = section.get(key::EXPIRY).and_then(|end| end.parse().ok());
    token.refresh_token = section.get(key::REFRESH_TOKEN).and_then(|token| decoded(&token)).map(SecretString::from);
    token.stored = Some(Stored {
        at: section.get(key::STORED_AT)?.parse().unwrap_or(0),
        mark: Mark(section.get(key::MARK).map(|mark| mark.to_string()).unwrap_or_default()),
    });
    Some(token)
}

fn encoded(text: &str) -> String {
    url::encoded_for_line(text, is_space)
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(url::decoded(text.as_bytes())?).ok()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use super::*;
    use crate::source::hf_home::Paths;

    #[test]
    fn what_hf_wrote_between_our_reading_and_our_writing_stays() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("stored_tokens");
        let home = HfHome::default();
        let paths = Paths { token: directory.path().join("token"), stored_tokens: file.clone(), relative: None };
        assert!(home.paths.set(paths).is_ok());
        fs::write(&file, "[a]\nhf_token = hf_A\n").unwrap();
        let times = Cell::new(0);
        let change = |read: &StoredTokens| {
            if times.replace(times.get() + 1) == 0 {
                fs::write(&file, "[a]\nhf_token = hf_A\n[b]\nhf_token = hf_B\n").unwrap();
            }
            read.with("ours", &[("note", Some("kept"))]).map(Some)
        };
        home.edit(change).unwrap();
        let written = fs::read_to_string(&file).unwrap();
        assert_eq!(written, "[a]\nhf_token = hf_A\n[b]\nhf_token = hf_B\n[ours]\nnote = kept\n\n");
        assert_eq!(times.get(), 2);
    }
}
