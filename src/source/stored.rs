//! What git stored: in the keychain, or for want of one in sections of ours in `stored_tokens`. The only source that is
//! written.

use std::cell::RefCell;
use std::iter;
use std::rc::Rc;

use anyhow::{Result, bail};
use secrecy::SecretString;

use super::hf_home::HfHome;
use super::keychain::{Keychain, Unavailable};
use super::{Held, Kind, Place, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::names::{By, KnownNames};
use crate::notice;
use crate::token::{self, AccessToken, Mark, Stored};

/// What git stored. A section of ours goes before the keychain's entry of the same account: it is there only because
/// the keychain was not when it was stored.
pub struct StoredByGit {
    keychain: Keychain,
    hf_home: Rc<HfHome>,
    /// All entries the keychain has for an endpoint, which one `get` may want twice.
    entries: RefCell<Option<(Endpoint, Vec<AccessToken>)>>,
}

impl StoredByGit {
    /// Git's tokens in these two places.
    #[must_use]
    pub fn new(keychain: Keychain, hf_home: Rc<HfHome>) -> Self {
        Self { keychain, hf_home, entries: RefCell::default() }
    }

    /// Keeps a token in the keychain and nowhere else, as a person's latest choice.
    ///
    /// # Errors
    ///
    /// An [`Unavailable`] where the keychain does not keep it.
    pub fn keep(&self, endpoint: &Endpoint, username: &str, mut token: AccessToken) -> Result<()> {
        token.stored = Some(self.stored_now());
        self.put_in_keychain(endpoint, username, &token)?;
        self.hf_home.forget_by_git(endpoint, Some(username), None)
    }

    /// Keeps a token as git's latest, whether it is there already or not: in the keychain, else in a section of ours.
    ///
    /// # Errors
    ///
    /// When it is kept in neither.
    pub fn renew(&self, endpoint: &Endpoint, username: &str, mut token: AccessToken) -> Result<()> {
        token.stored = Some(self.stored_now());
        match self.put_in_keychain(endpoint, username, &token) {
            Ok(()) => self.hf_home.forget_by_git(endpoint, Some(username), None),
            Err(unavailable) => {
                self.hf_home.store_by_git(endpoint, username, &token)?;
                KnownNames::from_env().add(By::Entry, endpoint, username);
                if !unavailable.is_absence() {
                    notice::say(&format!("{unavailable}: the token is kept in the HF home's stored_tokens meanwhile"));
                }
                Ok(())
            }
        }
    }

    /// Whether there is a keychain that answers.
    #[must_use]
    pub fn has_keychain(&self, endpoint: &Endpoint) -> bool {
        matches!(self.in_keychain(endpoint, None), Ok(Some(_)))
    }

    /// Lets the active token of the HF home go first, also before what was stored beside that very token.
    ///
    /// # Errors
    ///
    /// When something goes before it still.
    pub fn give_way(&self, endpoint: &Endpoint) -> Result<()> {
        let today = self.hf_home.mark()?;
        let goes_first = |token: &AccessToken| token.stored.as_ref().is_some_and(|stored| stored.mark == today);
        let outchosen = |mut token: AccessToken| {
            token.stored = token.stored.map(|stored| Stored { mark: Mark::default(), ..stored });
            (token.username.clone().unwrap_or_default(), token)
        };
        self.hf_home.outchoose_by_git(endpoint, &today)?;
        let entries = match self.keychain.find(endpoint, None) {
            Err(unavailable) if unavailable.is_absence() => Vec::new(),
            entries => entries?,
        };
        for token in entries.into_iter().filter(goes_first) {
            let (username, token) = outchosen(token);
            self.put_in_keychain(endpoint, &username, &token)?;
        }
        Ok(())
    }

    fn put_in_keychain(&self, endpoint: &Endpoint, username: &str, token: &AccessToken) -> Result<(), Unavailable> {
        *self.entries.borrow_mut() = None;
        self.keychain.put(endpoint, username, token)?;
        KnownNames::from_env().add(By::Entry, endpoint, username);
        Ok(())
    }

    fn stored_now(&self) -> Stored {
        Stored { at: token::nanoseconds_since_1970(), mark: self.hf_home.mark().unwrap_or_default() }
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
        if let Some((_, entries)) = self.entries.borrow().as_ref().filter(|(of, _)| of == endpoint) {
            let is_wanted = |entry: &&AccessToken| username.is_none_or(|name| entry.username.as_deref() == Some(name));
            return Ok(Some(entries.iter().filter(is_wanted).cloned().collect()));
        }
        match self.keychain.find(endpoint, username) {
            Ok(tokens) if username.is_none() => {
                *self.entries.borrow_mut() = Some((endpoint.clone(), tokens.clone()));
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
        know_expired(endpoint, &sections, now);
        sections.retain(|token| !token.is_expired(now));
        if username.is_some() && !sections.is_empty() {
            return Ok(newest(sections));
        }
        match self.in_keychain(endpoint, username) {
            Ok(entries) => {
                let mut entries = entries.unwrap_or_default();
                know_expired(endpoint, &entries, now);
                entries.retain(|entry| {
                    !entry.is_expired(now) && sections.iter().all(|section| section.username != entry.username)
                });
                Ok(newest(sections.into_iter().chain(entries)))
            }
            Err(_) if !sections.is_empty() => Ok(newest(sections)),
            Err(unavailable @ Unavailable::EntryLocked) => {
                if let Some(name) = username {
                    // one that an earlier version stored
                    KnownNames::from_env().add(By::Entry, endpoint, name);
                }
                Err(unavailable.into())
            }
            Err(unavailable) => Err(unavailable.into()),
        }
    }

    fn holds(&self, _: &SecretString) -> Result<bool> {
        bail!("the keychain is not searched by secret")
    }

    fn list(&self, endpoint: &Endpoint) -> Vec<Result<Held>> {
        let held = |place| {
            move |token: AccessToken| {
                let name = token.username.clone().unwrap_or_default();
                Held { name, ..Held::at(place, Some(token)) }
            }
        };
        // a file that cannot be read is told of by the HF home, whose it is
        let sections = self.hf_home.stored_by_git(endpoint, None).unwrap_or_default();
        let mut all: Vec<_> = sections.into_iter().map(held(Place::Section)).map(Ok).collect();
        match self.in_keychain(endpoint, None) {
            Ok(entries) => all.extend(entries.unwrap_or_default().into_iter().map(held(Place::Keychain)).map(Ok)),
            Err(unavailable) => all.push(Err(unavailable.into())),
        }
        all
    }

    fn secrets<'a>(&'a self, endpoint: &'a Endpoint) -> Box<dyn Iterator<Item = SecretString> + 'a> {
        let sections = self.hf_home.stored_by_git(endpoint, None).unwrap_or_default();
        let entries = iter::once_with(|| self.in_keychain(endpoint, None).ok().flatten().unwrap_or_default());
        Box::new(sections.into_iter().chain(entries.flatten()).map(|token| token.secret))
    }

    fn put(&self, endpoint: &Endpoint, username: &str, token: AccessToken) -> Result<()> {
        if let Ok(Some(entry)) = self.entry(endpoint, username)
            && entry.says_the_same_as(&token)
        {
            return Ok(());
        }
        self.renew(endpoint, username, token)
    }

    fn remove(&self, wanted: &Wanted, secret: Option<&SecretString>) -> Result<()> {
        let Wanted { endpoint, username } = *wanted;
        // what cannot be read answers nothing now, but may have to be forgotten all the same
        let readable = self.hf_home.stored_by_git(endpoint, username).map(drop);
        let sections = readable.and_then(|()| self.hf_home.forget_by_git(endpoint, username, secret));
        *self.entries.borrow_mut() = None;
        match self.keychain.remove(endpoint, username, secret) {
            Err(unavailable) if !unavailable.is_absence() => Err(unavailable.into()),
            _ => sections,
        }
    }
}

/// Remembers the names of those that are over, which earlier versions did not: they answer nobody, and nobody answers for
/// them.
fn know_expired(endpoint: &Endpoint, tokens: &[AccessToken], now: i64) {
    for name in tokens.iter().filter(|token| token.is_expired(now)).filter_map(|token| token.username.as_ref()) {
        KnownNames::from_env().add(By::Entry, endpoint, name);
    }
}

fn newest(tokens: impl IntoIterator<Item = AccessToken>) -> Option<AccessToken> {
    tokens.into_iter().max_by_key(|token| token.stored.as_ref().map(|stored| stored.at))
}
