//! The system keychain: one entry for each Hub and account, driven through `keyring_core`, and never waited for long.

#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken, Mark, Stored};
use crate::{notice, repository};

/// What all questions to the keychain may take together; the HF home is asked afterwards.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a person may take to unlock it.
const PATIENCE_WITH_A_PERSON: Duration = Duration::from_secs(60);

/// Why the keychain gives no answer. Not the same as an entry that is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// `GIT_CREDENTIAL_HF_KEYCHAIN=off`.
    Off,
    /// No session bus runs here.
    NoBus,
    /// Nobody on the bus offers a keychain.
    NoService,
    /// There is a keychain service, but it has no keychain to keep things in.
    NoCollection,
    /// What is needed is locked.
    Locked,
    /// The bus, or the service on it, accepts questions and answers none.
    Silent(&'static str),
    /// It answers, and says no.
    Failed(String),
}

impl Unavailable {
    /// Whether there is no keychain here at all, as on a server: nothing anybody should be told about.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Off | Self::NoBus | Self::NoService | Self::NoCollection)
    }
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (why, way_out) = match self {
            Self::Off => ("it is turned off", "unset GIT_CREDENTIAL_HF_KEYCHAIN"),
            Self::NoBus => ("no session bus", "log in to a desktop session, or use the HF home"),
            Self::NoService => ("no service on the session bus", "start one, such as gnome-keyring"),
            Self::NoCollection => ("it has no default collection", "create one, such as with seahorse"),
            Self::Locked => ("locked", "unlock it, or set HF_TOKEN"),
            Self::Silent(who) => (*who, "restart it, or set GIT_CREDENTIAL_HF_KEYCHAIN=off"),
            Self::Failed(why) => (why.as_str(), "set GIT_CREDENTIAL_HF_KEYCHAIN=off to do without"),
        };
        write!(f, "cannot use the system keychain: {why} ({way_out})")
    }
}

impl std::error::Error for Unavailable {}

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
                    Ok(lines) => tokens.extend(read(&Zeroizing::new(lines), username)),
                    // somebody deleted it in between
                    Err(Error::NoEntry) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(tokens)
        })
    }

    /// Keeps a token, and reads it back.
    ///
    /// # Errors
    ///
    /// When it is not certainly kept.
    pub fn put(&self, endpoint: &Endpoint, username: &str, token: &AccessToken) -> Result<(), Unavailable> {
        let (service, username, lines) = (endpoint.url().to_owned(), username.to_owned(), written(token));
        self.ask(move |store| {
            let modifiers = if cfg!(windows) { HashMap::from([("persistence", "Local")]) } else { HashMap::new() };
            let entry = store.build(&service, &username, Some(&modifiers).filter(|modifiers| !modifiers.is_empty()))?;
            entry.set_secret(&lines)?;
            let kept = Zeroizing::new(entry.get_secret()?);
            if *kept == *lines { Ok(()) } else { Err(Error::BadStoreFormat("it kept something else".to_owned())) }
        })
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
                        Ok(lines) => read(&Zeroizing::new(lines), username)
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
            Ok(())
        })
    }

    /// Puts one question. Where something is locked and a person may be asked to unlock it, it is put again.
    fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&CredentialStore) -> keyring_core::Result<T> + Clone + Send + 'static,
    ) -> Result<T, Unavailable> {
        if is_turned_off() {
            return Err(Unavailable::Off);
        }
        let deadline = *self.deadline.get_or_init(|| Instant::now() + PATIENCE);
        let answer = self.ask_until(deadline, Duration::ZERO, question.clone());
        let is_locked = matches!(answer, Err(Unavailable::Locked));
        if !is_locked || self.has_asked.replace(true) || !a_person_may_be_asked() {
            return answer;
        }
        notice::say("the system keychain is locked: waiting up to 60 s for you to unlock it");
        *lock(&self.store) = None;
        self.ask_until(Instant::now() + PATIENCE_WITH_A_PERSON, PATIENCE_WITH_A_PERSON, question)
    }

    /// The question is put on a thread of its own, which is left behind if no answer comes: neither the bus nor the
    /// platforms' calls can be interrupted.
    fn ask_until<T: Send + 'static>(
        &self,
        deadline: Instant,
        prompt: Duration,
        question: impl Fn(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (answer, answers) = mpsc::channel();
        let store = Arc::clone(&self.store);
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Unavailable::Silent("it does not answer"));
        }
        std::thread::spawn(move || {
            let opened = || -> keyring_core::Result<Arc<CredentialStore>> {
                let mut store = lock(&store);
                if store.is_none() {
                    *store = Some(open(prompt)?);
                }
                store.clone().ok_or(Error::NoDefaultStore)
            };
            // nobody listens any more when this comes too late
            _ = answer.send(opened().and_then(|store| question(&*store)));
        });
        match answers.recv_timeout(remaining) {
            Ok(answer) => answer.map_err(reason),
            Err(RecvTimeoutError::Timeout) => Err(Unavailable::Silent("it does not answer")),
            Err(RecvTimeoutError::Disconnected) => Err(Unavailable::Failed("it ended unexpectedly".to_owned())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open(prompt: Duration) -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(Arc::new(secret_service::Store::open(prompt)?))
}

/// The `keyring` crate opens the platform's own store; on these platforms it is the system that asks the person.
#[cfg(any(target_os = "macos", windows))]
fn open(_: Duration) -> keyring_core::Result<Arc<CredentialStore>> {
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

/// Says why; never prints an error with its data, which may be the secret.
fn reason(error: Error) -> Unavailable {
    match error {
        Error::NoStorageAccess(cause) => match cause.downcast::<Unavailable>() {
            Ok(unavailable) => *unavailable,
            Err(cause) => Unavailable::Failed(cause.to_string()),
        },
        Error::PlatformFailure(cause) => Unavailable::Failed(cause.to_string()),
        Error::TooLong(_, limit) => Unavailable::Failed(format!("the token is longer than the {limit} bytes it holds")),
        Error::NoEntry => Unavailable::Failed("the entry is gone".to_owned()),
        Error::BadStoreFormat(_) => Unavailable::Failed("it did not keep what it was given".to_owned()),
        _ => Unavailable::Failed("it does not understand the question".to_owned()),
    }
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

/// What follows the token in an entry, a line each; as git's own helpers do it, so that a person who opens it sees it.
mod line {
    pub(super) const EXPIRY: &str = "password_expiry_utc";
    pub(super) const REFRESH_TOKEN: &str = "oauth_refresh_token";
    pub(super) const STORED_AT: &str = "git_stored_at";
    pub(super) const MARK: &str = "git_stored_beside";
}

#[expect(clippy::disallowed_methods, reason = "the keychain is where this token is kept")]
fn written(token: &AccessToken) -> Zeroizing<Vec<u8>> {
    let AccessToken { secret, username: _, refresh_token, expires_at, stored } = token;
    let expiry = expires_at.map(|end| end.to_string());
    let stored_at = stored.as_ref().map(|stored| stored.at.to_string());
    let lines = [
        (line::EXPIRY, expiry.as_deref()),
        (line::REFRESH_TOKEN, refresh_token.as_ref().map(ExposeSecret::expose_secret)),
        (line::STORED_AT, stored_at.as_deref()),
        (line::MARK, stored.as_ref().map(|stored| stored.mark.0.as_str())),
    ];
    let lines = lines.into_iter().filter_map(|(key, value)| Some(["\n", key, "=", value?]));
    let pieces: Vec<&str> = std::iter::once(secret.expose_secret()).chain(lines.flatten()).collect();
    Zeroizing::new(pieces.concat().into_bytes())
}

fn read(lines: &[u8], username: String) -> Option<AccessToken> {
    let mut lines = std::str::from_utf8(lines).ok()?.split('\n');
    let mut token = AccessToken::new(SecretString::from(lines.next().filter(|secret| !secret.is_empty())?));
    token.username = Some(username);
    let mut stored = Stored { at: 0, mark: Mark::default() };
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        match key {
            line::EXPIRY => token.expires_at = value.parse().ok(),
            line::REFRESH_TOKEN => token.refresh_token = Some(SecretString::from(value)),
            line::STORED_AT => stored.at = value.parse().unwrap_or(0),
            line::MARK => value.clone_into(&mut stored.mark.0),
            _ => {}
        }
    }
    token.stored = Some(stored);
    Some(token)
}
