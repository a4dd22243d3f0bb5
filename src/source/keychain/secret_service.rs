//! The Secret Service of Linux desktops as a `keyring_core` store, over a plain session: a Diffie-Hellman one costs forty
//! times as much and keeps nothing from those who may watch the session bus, since they may ask for the secret anyway.

use std::any::Any;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dbus_secret_service::{Collection, EncryptionType, Error as ServiceError, Item, Path as ObjectPath, SecretService};
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};

use super::Unavailable;

/// Tells our items from those of other programs, which are never changed.
const SCHEMA: &str = "co.huggingface.git-credential-hf";

/// A connection to the service. Calls on it take their turn.
#[derive(Clone)]
pub(super) struct Store(Arc<Mutex<SecretService>>);

impl Store {
    /// Connects. A prompt to unlock is shown for this long; for no time at all means never.
    pub(super) fn open(prompt: Duration) -> Result<Self> {
        let asked = Instant::now();
        match SecretService::connect_with_max_prompt_timeout(EncryptionType::Plain, prompt.as_secs()) {
            Ok(service) => Ok(Self(Arc::new(Mutex::new(service)))),
            // a bus that hangs up on us, such as another user's, is none of ours; libdbus calls that silence, too
            Err(error) if is_silence(&error) && asked.elapsed() < Duration::from_secs(1) => {
                Err(because(Unavailable::NoBus))
            }
            Err(error) => Err(reason(error)),
        }
    }

    /// Whether the default collection is there and open.
    pub(super) fn is_ready(&self) -> Result<()> {
        let service = self.service();
        let is_locked = default_collection(&service)?.is_locked().map_err(reason)?;
        if is_locked { Err(because(Unavailable::Locked)) } else { Ok(()) }
    }

    fn service(&self) -> MutexGuard<'_, SecretService> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// libdbus would start a bus of its own where none is known, so it is not asked then.
#[expect(clippy::disallowed_methods, reason = "where the session bus is")]
pub(super) fn a_bus_is_known() -> bool {
    let address = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").filter(|address| !address.is_empty());
    let socket =
        || std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|directory| Path::new(&directory).join("bus").exists());
    address.is_some_and(|address| !address.to_string_lossy().starts_with("autolaunch:")) || socket()
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
        let user = spec.get("user").copied();
        let secret_service = self.service();
        let mut entries = Vec::new();
        for item in items(&secret_service, service, user)? {
            let username = match user {
                Some(user) => user.to_owned(),
                // a username that is missing is none of ours
                None => match item.get_attributes().map_err(reason) {
                    Ok(mut attributes) => match attributes.remove("username") {
                        Some(username) => username,
                        None => continue,
                    },
                    // somebody deleted it in between
                    Err(Error::NoEntry) => continue,
                    Err(error) => return Err(error),
                },
            };
            let account =
                Account { store: self.clone(), service: service.to_owned(), username, item: Some(item.path.clone()) };
            entries.push(Entry::new_with_credential(Arc::new(account)));
        }
        Ok(entries)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Our items, unlocked where that is allowed.
fn items<'a>(service: &'a SecretService, endpoint: &str, username: Option<&str>) -> Result<Vec<Item<'a>>> {
    let mut attributes = HashMap::from([("xdg:schema", SCHEMA), ("service", endpoint)]);
    attributes.extend(username.map(|username| ("username", username)));
    let mut found = service.search_items(attributes).map_err(reason)?;
    if !found.locked.is_empty() {
        service.unlock_all(&found.locked.iter().collect::<Vec<_>>()).map_err(reason)?;
        found.unlocked.append(&mut found.locked);
    }
    Ok(found.unlocked)
}

/// The only one that something is kept in: any other may be lost at logout.
fn default_collection(service: &SecretService) -> Result<Collection<'_>> {
    service.get_default_collection().map_err(|error| match error {
        ServiceError::NoResult => because(Unavailable::NoCollection),
        error => reason(error),
    })
}

/// The item of one account: the one that was found, or whichever there is.
#[derive(Debug)]
struct Account {
    store: Store,
    service: String,
    username: String,
    item: Option<ObjectPath<'static>>,
}

impl Account {
    fn item<'a>(&self, service: &'a SecretService) -> Result<Item<'a>> {
        match &self.item {
            Some(path) => Ok(Item::new(service, path.clone())),
            None => items(service, &self.service, Some(&self.username))?.pop().ok_or(Error::NoEntry),
        }
    }
}

impl CredentialApi for Account {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let service = self.store.service();
        let collection = default_collection(&service)?;
        let label = format!("Hugging Face token of {} for git ({})", self.username, self.service);
        let attributes =
            HashMap::from([("xdg:schema", SCHEMA), ("service", &*self.service), ("username", &*self.username)]);
        collection.create_item(&label, attributes, secret, true, "text/plain").map_err(reason)?;
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.item(&self.store.service())?.get_secret().map_err(reason)
    }

    fn delete_credential(&self) -> Result<()> {
        self.item(&self.store.service())?.delete().map_err(reason)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.item(&self.store.service()).map(|_| None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.username.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const DBUS: &str = "org.freedesktop.DBus.Error.";

fn is_silence(error: &ServiceError) -> bool {
    let ServiceError::Dbus(error) = error else { return false };
    let name = error.name().and_then(|name| name.strip_prefix(DBUS));
    matches!(name, Some("NoReply" | "Timeout" | "TimedOut"))
}

fn because(unavailable: Unavailable) -> Error {
    Error::NoStorageAccess(Box::new(unavailable))
}

fn reason(error: ServiceError) -> Error {
    if is_silence(&error) {
        return because(Unavailable::Silent("its service does not answer"));
    }
    let ServiceError::Dbus(error) = error else {
        return match error {
            ServiceError::Locked | ServiceError::Prompt => because(Unavailable::Locked),
            ServiceError::NoResult => Error::NoEntry,
            ServiceError::Unavailable => because(Unavailable::NoService),
            _ => because(Unavailable::Failed("it answers what is no answer".to_owned())),
        };
    };
    let name = error.name().unwrap_or_default();
    because(match name.strip_prefix(DBUS).unwrap_or(name) {
        "org.freedesktop.Secret.Error.IsLocked" => Unavailable::Locked,
        // gnome-keyring says of an item that is gone that it has no such method
        "org.freedesktop.Secret.Error.NoSuchObject" | "UnknownObject" | "UnknownMethod" => return Error::NoEntry,
        "ServiceUnknown" | "NameHasNoOwner" => Unavailable::NoService,
        name if name.starts_with("Spawn.") => Unavailable::NoService,
        "FileNotFound" | "NoServer" | "NotSupported" | "BadAddress" | "Disconnected" => Unavailable::NoBus,
        name => Unavailable::Failed(name.to_owned()),
    })
}
