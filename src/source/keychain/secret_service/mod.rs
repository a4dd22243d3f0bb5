//! The Secret Service of Linux desktops as a `keyring_core` store, over a plain session: a Diffie-Hellman one costs forty
//! times as much and keeps nothing from those who may watch the session bus, since they may ask for the secret anyway.

mod address;
mod bus;
mod joined;
mod message;
mod person;
mod session;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};
use secrecy::ExposeSecret as _;
use zvariant::OwnedObjectPath;

pub(super) use self::address::a_bus_is_known;
use self::person::AT_THE_TERMINAL;
use self::session::{Item, Session};

/// A session with the service. Questions take their turn.
#[derive(Clone)]
pub(super) struct Store(Arc<Mutex<Session>>);

impl Store {
    /// Connects, without waiting for anybody.
    pub(super) fn open() -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(Session::join()?))))
    }

    /// Begins a question, which is answered until then; a person may be asked to unlock something, or not.
    pub(super) fn begin(&self, deadline: Instant, may_prompt: bool) {
        self.session().begin(deadline, may_prompt.then_some(&AT_THE_TERMINAL));
    }

    /// Whether the default collection is there and open.
    pub(super) fn is_ready(&self) -> Result<()> {
        self.session().is_ready()
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "git-credential-hf, Secret Service".to_owned()
    }

    fn id(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let (service, username) = (service.to_owned(), user.to_owned());
        Ok(Entry::new_with_credential(Arc::new(Account { store: self.clone(), service, username, item: None })))
    }

    /// Finds our items by `service` and `user`. One that is locked is an error, since whose it is cannot be told.
    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let service = *spec.get("service").ok_or_else(|| Error::Invalid("service".to_owned(), "missing".to_owned()))?;
        let username = spec.get("user").copied();
        let mut session = self.session();
        let found = session.items(service, username)?;
        let entry = |item: Item| {
            let (service, username) = (service.to_owned(), item.username.clone());
            Entry::new_with_credential(Arc::new(Account { store: self.clone(), service, username, item: Some(item) }))
        };
        Ok(session.read(&found, username)?.into_iter().map(entry).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The item of one account: the one that was found, or whichever there is.
#[derive(Debug)]
struct Account {
    store: Store,
    service: String,
    username: String,
    item: Option<Item>,
}

impl Account {
    fn item(&self, session: &mut Session) -> Result<OwnedObjectPath> {
        match &self.item {
            Some(item) => Ok(item.path.clone()),
            None => session.items(&self.service, Some(&self.username))?.pop().ok_or(Error::NoEntry),
        }
    }
}

impl CredentialApi for Account {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.store.session().create(&self.service, &self.username, secret)
    }

    #[expect(clippy::disallowed_methods, reason = "the interface wants bytes; its callers wipe them")]
    fn get_secret(&self) -> Result<Vec<u8>> {
        if let Some(item) = &self.item {
            return Ok(item.secret.expose_secret().to_vec());
        }
        let mut session = self.store.session();
        let item = self.item(&mut session)?;
        Ok(session.secret_of(&item)?.expose_secret().to_vec())
    }

    fn delete_credential(&self) -> Result<()> {
        let mut session = self.store.session();
        let item = self.item(&mut session)?;
        session.delete(&item)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.item(&mut self.store.session()).map(|_| None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.username.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
