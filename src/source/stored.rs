//! What git stored: in the keychain, or for want of one in sections of ours in `stored_tokens`. The only source that is
//! written.

use std::cell::OnceCell;
use std::rc::Rc;

use anyhow::{Result, bail};
use secrecy::SecretString;

use super::hf_home::HfHome;
use super::keychain::{Keychain, Unavailable};
use super::{Kind, NotAnother, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::notice;
use crate::token::{self, AccessToken, Stored};

/// What git stored. A section of ours goes before the keychain's entry of the same account: it is there only because
/// the keychain was not when it was stored.
pub struct StoredByGit {
    keychain: Keychain,
    hf_home: Rc<HfHome>,
    /// All entries the keychain has for an endpoint, which one `get` may want twice.
    entries: OnceCell<(Endpoint, Vec<AccessToken>)>,
}

impl StoredByGit {
    /// Git's tokens in these two places.
    #[must_use]
    pub fn new(keychain: Keychain, hf_home: Rc<HfHome>) -> Self {
        Self { keychain, hf_home, entries: OnceCell::new() }
    }

    /// The entry of one account, expired or not.
    fn entry(&self, endpoint: &Endpoint, username: &str) -> Result<Option<AccessToken>> {
        let section = self.hf_home.stored_by_git(endpoint, Some(username)).ok().and_then(newest);
        match section {
            Some(token) => Ok(Some(token)),
            None => Ok(self.in_keychain(endpoint, Some(username))?.and_then(newest)),
        }
    }

    /// The keychain's entries; `None` without a keychain.
    fn in_keychain(
        &self,
        endpoint: &Endpoint,
        username: Option<&str>,
    ) -> Result<Option<Vec<AccessToken>>, Unavailable> {
        if let Some((_, entries)) = self.entries.get().filter(|(of, _)| of == endpoint && username.is_none()) {
            return Ok(Some(entries.clone()));
        }
        match self.keychain.find(endpoint, username) {
            Ok(tokens) if username.is_none() => {
                _ = self.entries.set((endpoint.clone(), tokens.clone()));
                Ok(Some(tokens))
            }
            Ok(tokens) => Ok(Some(tokens)),
            Err(unavailable) if unavailable.is_absence() => Ok(None),
            Err(unavailable) => Err(unavailable),
        }
    }
}

impl Source for StoredByGit {
    fn kind(&self) -> Kind {
        Kind::Stored
    }

    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>> {
        let Wanted { endpoint, username } = *wanted;
        let now = token::now();
        let mut sections = self.hf_home.stored_by_git(endpoint, username).unwrap_or_default();
        sections.retain(|token| !token.is_expired(now));
        if username.is_some() && !sections.is_empty() {
            return Ok(newest(sections));
        }
        match self.in_keychain(endpoint, username) {
            Ok(entries) => {
                let mut entries = entries.unwrap_or_default();
                entries.retain(|entry| {
                    !entry.is_expired(now) && sections.iter().all(|section| section.username != entry.username)
                });
                Ok(newest(sections.into_iter().chain(entries)))
            }
            Err(_) if !sections.is_empty() => Ok(newest(sections)),
            Err(unavailable @ Unavailable::Locked) if username.is_some() => bail!(NotAnother(unavailable.to_string())),
            Err(unavailable) => Err(unavailable.into()),
        }
    }

    fn holds(&self, _: &SecretString) -> Result<bool> {
        bail!("the keychain is not searched by secret")
    }

    fn secrets<'a>(&'a self, endpoint: &'a Endpoint) -> Box<dyn Iterator<Item = SecretString> + 'a> {
        let sections = self.hf_home.stored_by_git(endpoint, None).unwrap_or_default();
        let entries = self.in_keychain(endpoint, None).ok().flatten().unwrap_or_default();
        Box::new(sections.into_iter().chain(entries).map(|token| token.secret))
    }

    fn put(&self, endpoint: &Endpoint, username: &str, mut token: AccessToken) -> Result<()> {
        if let Ok(Some(entry)) = self.entry(endpoint, username)
            && entry.says_the_same_as(&token)
        {
            return Ok(());
        }
        token.stored =
            Some(Stored { at: token::nanoseconds_since_1970(), mark: self.hf_home.mark().unwrap_or_default() });
        match self.keychain.put(endpoint, username, &token) {
            Ok(()) => self.hf_home.forget_by_git(endpoint, Some(username), None),
            Err(unavailable) => {
                self.hf_home.store_by_git(endpoint, username, &token)?;
                if !unavailable.is_absence() {
                    notice::say(&format!("{unavailable}: the token is kept in the HF home's stored_tokens meanwhile"));
                }
                Ok(())
            }
        }
    }

    fn remove(&self, wanted: &Wanted, secret: Option<&SecretString>) -> Result<()> {
        let Wanted { endpoint, username } = *wanted;
        let sections = self.hf_home.forget_by_git(endpoint, username, secret);
        match self.keychain.remove(endpoint, username, secret) {
            Err(unavailable) if !unavailable.is_absence() => Err(unavailable.into()),
            _ => sections,
        }
    }
}

fn newest(tokens: impl IntoIterator<Item = AccessToken>) -> Option<AccessToken> {
    tokens.into_iter().max_by_key(|token| token.stored.as_ref().map(|stored| stored.at))
}
