//! The system keychain: one entry for each Hub and account, driven through `keyring_core`, and never waited for long.

mod entry;
mod platform;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
#[cfg(test)]
mod tests;
mod unavailable;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::SecretString;
use zeroize::Zeroizing;

pub use self::unavailable::Unavailable;
use crate::endpoint::Endpoint;
use crate::notice;
use crate::token::{self, AccessToken};

/// What one question may take. The time of a person or of the Hub between two questions is not the keychain's.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked of a store: tokens, or that it changes something.
type Question = Arc<dyn Fn(&CredentialStore) -> keyring_core::Result<Vec<AccessToken>> + Send + Sync>;

/// The system keychain, opened when first asked.
pub struct Keychain(Rc<Connection>);

/// What it is asked through.
#[derive(Default)]
struct Connection {
    store: Arc<Mutex<Option<Arc<CredentialStore>>>>,
    /// Why it did not answer in all the time that it has. It is not waited for a second time: git waits for its helper.
    given_up: OnceCell<Unavailable>,
}

impl Default for Keychain {
    /// Returns that of this command, which is one thread. All that it asks goes over one connection: some services (`KeePassXC`)
    /// have a person confirm each that is new.
    fn default() -> Self {
        thread_local! {
            static OF_THIS_COMMAND: Rc<Connection> = Rc::default();
        }
        Self(OF_THIS_COMMAND.with(Rc::clone))
    }
}

impl Keychain {
    /// The entries of an endpoint, or of one account there.
    ///
    /// # Errors
    ///
    /// When the keychain cannot be asked, or an entry in it is locked.
    pub fn find(&self, endpoint: &Endpoint, username: Option<&str>) -> Result<Vec<AccessToken>, Unavailable> {
        let (service, username) = (endpoint.url().to_owned(), username.map(str::to_owned));
        self.ask(move |store| {
            let entries = entries(store, &service, username.as_deref())?;
            let mut tokens = Vec::with_capacity(entries.len());
            for (username, entry) in entries {
                match entry.get_secret() {
                    Ok(lines) => tokens.extend(entry::read(&Zeroizing::new(lines), username)),
                    // somebody deleted it in between
                    Err(Error::NoEntry) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(tokens)
        })
    }

    /// Whether something could be kept now: it is there and open. Nobody is asked to unlock it.
    ///
    /// # Errors
    ///
    /// When nothing could.
    pub fn is_ready(&self) -> Result<(), Unavailable> {
        let question: Question = Arc::new(|store: &CredentialStore| platform::is_ready(store).map(|()| Vec::new()));
        self.put_question(false, &question).map(drop)
    }

    /// Keeps a token, and reads it back.
    ///
    /// # Errors
    ///
    /// When it is not certainly kept.
    pub fn put(&self, endpoint: &Endpoint, username: &str, token: &AccessToken) -> Result<(), Unavailable> {
        let (service, username, token) = (endpoint.url().to_owned(), username.to_owned(), token.clone());
        self.ask(move |store| {
            let modifiers = if cfg!(windows) { HashMap::from([("persistence", "Local")]) } else { HashMap::new() };
            let entry = store.build(&service, &username, Some(&modifiers).filter(|modifiers| !modifiers.is_empty()))?;
            entry.set_secret(&entry::written(&username, &token))?;
            let kept = match entry.get_secret() {
                Ok(lines) => entry::read(&Zeroizing::new(lines), username.clone()),
                // another process erased it meanwhile
                Err(Error::NoEntry) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            // or stored, and was the last
            if kept.is_some_and(|kept| kept.says_the_same_as(&token) || kept.stored != token.stored) {
                Ok(Vec::new())
            } else {
                Err(Error::BadStoreFormat("it kept something else".to_owned()))
            }
        })
        .map(drop)
    }

    /// Deletes entries: an endpoint's, with this username and this secret where these are given.
    ///
    /// # Errors
    ///
    /// When one may be left.
    pub fn remove(
        &self,
        endpoint: &Endpoint,
        username: Option<&str>,
        secret: Option<&SecretString>,
    ) -> Result<(), Unavailable> {
        let (service, username, secret) = (endpoint.url().to_owned(), username.map(str::to_owned), secret.cloned());
        self.ask(move |store| {
            for (username, entry) in entries(store, &service, username.as_deref())? {
                let is_meant = match &secret {
                    None => true,
                    Some(secret) => match entry.get_secret() {
                        Ok(lines) => entry::read(&Zeroizing::new(lines), username)
                            .is_some_and(|token| token::same(secret, &token.secret)),
                        Err(Error::NoEntry) => false,
                        Err(error) => return Err(error),
                    },
                };
                if is_meant {
                    match entry.delete_credential() {
                        Ok(()) | Err(Error::NoEntry) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(Vec::new())
        })
        .map(drop)
    }

    /// Puts one question; a person may be asked to unlock what it is about.
    fn ask(
        &self,
        question: impl Fn(&CredentialStore) -> keyring_core::Result<Vec<AccessToken>> + Send + Sync + 'static,
    ) -> Result<Vec<AccessToken>, Unavailable> {
        let question: Question = Arc::new(question);
        self.put_question(true, &question)
    }

    fn put_question(&self, may_prompt: bool, question: &Question) -> Result<Vec<AccessToken>, Unavailable> {
        if is_turned_off() {
            return Err(Unavailable::Off);
        }
        let Connection { store, given_up } = &*self.0;
        if let Some(unavailable) = given_up.get() {
            return Err(unavailable.clone());
        }
        // a stat or two instead of a thread, where there is nobody to wait for
        let is_open = store.try_lock().map_or(true, |store| store.is_some());
        if !is_open && !platform::is_there() {
            return Err(Unavailable::NoBus);
        }
        let asked = Instant::now();
        let mut answer = self.put_question_once(may_prompt, question);
        // the bus may have been started anew while a person was at a prompt
        if is_open && matches!(answer, Err(Unavailable::NoBus)) {
            answer = self.put_question_once(may_prompt, question);
        }
        if matches!(answer, Err(Unavailable::AnotherUsersBus)) {
            static SAID: Once = Once::new();
            // whoever named it may think that tokens are kept there
            SAID.call_once(|| notice::say(&Unavailable::AnotherUsersBus.to_string()));
        }
        if let Err(unavailable) = &answer
            && (unavailable.is_locked() || *unavailable == Unavailable::Silent)
            // a search that a dialog holds up ends halfway
            && asked.elapsed() >= PATIENCE / 2
        {
            _ = given_up.set(unavailable.clone());
        }
        answer
    }

    fn put_question_once(&self, may_prompt: bool, question: &Question) -> Result<Vec<AccessToken>, Unavailable> {
        let (store, question) = (Arc::clone(&self.0.store), Arc::clone(question));
        let deadline = Instant::now() + PATIENCE;
        let ask = move || {
            let mut opened = lock(&store);
            if opened.is_none() {
                *opened = Some(platform::open()?);
            }
            let store = opened.clone().ok_or(Error::NoDefaultStore)?;
            drop(opened);
            platform::begin(&*store, deadline, may_prompt);
            question(&*store)
        };
        let answer = platform::answer_by(deadline, ask);
        let answer = answer.unwrap_or_else(|| Err(Unavailable::Failed("it ended unexpectedly".to_owned())));
        if matches!(answer, Err(Unavailable::NoBus | Unavailable::BusGone(_) | Unavailable::Failed(_))) {
            *lock(&self.0.store) = None;
        }
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The entries of a service with their usernames. Stores differ in what they can be asked, so all is compared here.
fn entries(
    store: &CredentialStore,
    service: &str,
    username: Option<&str>,
) -> keyring_core::Result<Vec<(String, Entry)>> {
    let pattern = service.replace('.', r"\.") + "$";
    let mut spec =
        if cfg!(windows) { HashMap::from([("pattern", &*pattern)]) } else { HashMap::from([("service", service)]) };
    if let Some(username) = username.filter(|_| !cfg!(windows)) {
        spec.insert("user", username);
    }
    let mut found = Vec::new();
    for entry in store.search(&spec)? {
        let specifiers = if cfg!(windows) { windows_specifiers(&entry, service)? } else { entry.get_specifiers() };
        if let Some((its_service, its_username)) = specifiers
            && its_service == service
            && username.is_none_or(|username| username == its_username)
        {
            found.push((its_username, entry));
        }
    }
    Ok(found)
}

/// The Credential Manager's target is `user.service`, and with dots in both only its own user name tells them apart.
fn windows_specifiers(entry: &Entry, service: &str) -> keyring_core::Result<Option<(String, String)>> {
    let mut attributes = entry.get_attributes()?;
    let (target, username) = (attributes.remove("target_name"), attributes.remove("username"));
    let username = username.filter(|username| target == Some(format!("{username}.{service}")));
    Ok(username.map(|username| (service.to_owned(), username)))
}

#[expect(clippy::disallowed_methods, reason = "the user's own switch")]
fn is_turned_off() -> bool {
    std::env::var_os("GIT_CREDENTIAL_HF_KEYCHAIN").is_some_and(|value| value.eq_ignore_ascii_case("off"))
}
