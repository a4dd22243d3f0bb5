//! An answer that git had from another helper, and has no more once it asks this one alone.

use anyhow::Result;

use crate::repository;
use crate::repository::credential::Credential;
use crate::repository::entry::Entry;
use crate::strays::helper;
use crate::url::Url;
use crate::wiring::{rivals, verdict};

/// The helpers that answered before.
pub(super) struct Answered(Vec<(String, Entry)>);

impl Answered {
    /// Returns what to compare with where git goes on to ask the others.
    #[must_use]
    pub(super) const fn nobody() -> Self {
        Self(Vec::new())
    }

    /// Asks the others that git asks for these URLs, each by itself.
    ///
    /// # Errors
    ///
    /// When git is missing, or cannot read its configuration.
    pub(super) fn before(urls: &[String]) -> Result<Self> {
        // where it cannot be read, that is said by what writes it
        let entries = repository::effective_entries().unwrap_or_default();
        let mut answered = Vec::new();
        for url in urls {
            let Some(place) = Url::parse(url) else { continue };
            // what a repository names is not run
            let others = Credential::at(&place, &entries).helpers.into_iter();
            for other in others.filter(|line| !rivals::is_ours(line) && !line.is_of_repository()) {
                if verdict::has_answer(url, &other.value)? {
                    answered.push((url.clone(), other.clone()));
                    break;
                }
            }
        }
        Ok(Self(answered))
    }

    /// Returns what to say where git has no answer for a URL any more.
    #[must_use]
    pub(super) fn lost(&self, url: &str) -> Option<String> {
        let (_, line) = self.0.iter().find(|(answered, _)| answered == url)?;
        let remedy = if helper::is_read(&line.value) {
            "`git-credential-hf import` moves it into the keychain"
        } else {
            "`git-credential-hf login` stores one of yours, and `git-credential-hf unsetup` has git ask that helper again"
        };
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        Some(format!(
            "git had a token for {host} until now, from {}, which it does not ask for the Hub any more: {remedy}",
            rivals::named(line)
        ))
    }
}
