//! The system keychain: one entry for each Hub and account, driven through `keyring_core`, and never waited for long.

mod entry;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
#[cfg(test)]
mod tests;
mod unavailable;

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::SecretString;
use zeroize::Zeroizing;

pub use self::unavailable::Unavailable;
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken};
use crate::{notice, repository};

/// What all questions to the keychain may take together; the HF home is asked afterwards.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a person may take to unlock it.
const PATIENCE_WITH_A_PERSON: Duration = Duration::from_secs(60);

/// What is asked of a store: tokens, or that it changes something.
type Question = Arc<dyn Fn(&CredentialStore) -> keyring_core::Result<Vec<AccessToken>> + Send + Sync>;

/// The system keychain, opened when first asked.
#[derive(Default)]
pub struct Keychain {
    deadline: OnceCell<Instant>,
    store: Arc<Mutex<Option<Arc<CredentialStore>>>>,
    /// A person is asked to unlock it once, whatever they answer.
    has_asked: Cell<bool>,
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
        self.ask_nobody(Arc::new(|store| is_ready(store).map(|()| Vec::new()))).map(drop)
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

    /// Puts one question. Where something is locked and a person may be asked to unlock it, it is put again.
    fn ask(
        &self,
        question: impl Fn(&CredentialStore) -> keyring_core::Result<Vec<AccessToken>> + Send + Sync + 'static,
    ) -> Result<Vec<AccessToken>, Unavailable> {
        let question: Question = Arc::new(question);
        let answer = self.ask_nobody(Arc::clone(&question));
        let is_locked = matches!(answer, Err(Unavailable::Locked));
        if !is_locked || self.has_asked.replace(true) || !a_person_may_be_asked() {
            return answer;
        }
        notice::say("the system keychain is locked: waiting up to 60 s for you to unlock it");
        *lock(&self.store) = None;
        self.ask_until(Instant::now() + PATIENCE_WITH_A_PERSON, true, question)
    }

    /// Puts one question to the keychain alone.
    fn ask_nobody(&self, question: Question) -> Result<Vec<AccessToken>, Unavailable> {
        if is_turned_off() {
            return Err(Unavailable::Off);
        }
        // a stat or two instead of a thread, where there is nobody to wait for
        let is_open = || self.store.try_lock().map_or(true, |store| store.is_some());
        if !is_there() && !is_open() {
            return Err(Unavailable::NoBus);
        }
        let deadline = *self.deadline.get_or_init(|| Instant::now() + PATIENCE);
        self.ask_until(deadline, false, question)
    }

    fn ask_until(
        &self,
        deadline: Instant,
        may_prompt: bool,
        question: Question,
    ) -> Result<Vec<AccessToken>, Unavailable> {
        let store = Arc::clone(&self.store);
        let ask = move || {
            let mut opened = lock(&store);
            if opened.is_none() {
                *opened = Some(open(deadline, may_prompt)?);
            }
            let store = opened.clone().ok_or(Error::NoDefaultStore)?;
            drop(opened);
            question(&*store)
        };
        answer_by(deadline, ask).unwrap_or_else(|| Err(Unavailable::Failed("it ended unexpectedly".to_owned())))
    }
}

/// The answer, or none where the question ends in a panic: the bus keeps to the deadline by itself.
#[cfg(all(unix, not(target_os = "macos")))]
fn answer_by(
    _deadline: Instant,
    ask: impl FnOnce() -> keyring_core::Result<Vec<AccessToken>>,
) -> Option<Result<Vec<AccessToken>, Unavailable>> {
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).ok()?;
    Some(answer.map_err(Unavailable::from))
}

/// The same on a thread of its own, which is left behind if no answer comes: the platforms' calls cannot be interrupted.
#[cfg(any(target_os = "macos", windows))]
fn answer_by(
    deadline: Instant,
    ask: impl FnOnce() -> keyring_core::Result<Vec<AccessToken>> + Send + 'static,
) -> Option<Result<Vec<AccessToken>, Unavailable>> {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    let (answer, answers) = channel();
    // nobody listens any more when this comes too late
    std::thread::Builder::new().spawn(move || _ = answer.send(ask())).ok()?;
    match answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(answer) => Some(answer.map_err(Unavailable::from)),
        Err(RecvTimeoutError::Timeout) => Some(Err(Unavailable::Silent)),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open(deadline: Instant, may_prompt: bool) -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(Arc::new(secret_service::Store::open(deadline, may_prompt)?))
}

#[cfg(all(unix, not(target_os = "macos")))]
fn is_there() -> bool {
    secret_service::a_bus_is_known()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn is_ready(store: &CredentialStore) -> keyring_core::Result<()> {
    store.as_any().downcast_ref().map_or(Ok(()), secret_service::Store::is_ready)
}

/// These platforms tell it of each entry alone.
#[cfg(any(target_os = "macos", windows))]
fn is_ready(_: &CredentialStore) -> keyring_core::Result<()> {
    Ok(())
}

/// On these platforms the keychain is part of the system.
#[cfg(any(target_os = "macos", windows))]
fn is_there() -> bool {
    true
}

/// The `keyring` crate opens the platform's own store; on these platforms it is the system that asks the person.
#[cfg(any(target_os = "macos", windows))]
fn open(_: Instant, _: bool) -> keyring_core::Result<Arc<CredentialStore>> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(Error::NoStorageAccess(error.to_string().into()));
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
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

/// An unlock dialog wants a display to appear on, a person at the terminal to see it, and git's leave to ask.
#[expect(clippy::disallowed_methods, reason = "whether there is a display")]
fn a_person_may_be_asked() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
        && std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
        && repository::git_may_ask()
}
