//! A session with the Secret Service, in its own words: items found by attributes, and secrets (Secret Service API,
//! <https://specifications.freedesktop.org/secret-service/>).

mod prompt;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::slice;
use std::time::Instant;

use keyring_core::{Error, Result};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::Serialize;
use zvariant::{DynamicType, ObjectPath, OwnedObjectPath, Value};

use self::prompt::Prompt;
use super::bus::{Bus, answered, because, no_answer, too_much};
use super::message::{Body, Message, Peer};
use super::person::Person;
use crate::source::keychain::{PATIENCE, Unavailable, entry};

/// Tells our items from those of other programs, which are never changed.
const SCHEMA: &str = "co.huggingface.git-credential-hf";

/// The service, and the object that it answers for.
const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";

/// The default collection, by whichever name it has.
const DEFAULT_COLLECTION: &str = "/org/freedesktop/secrets/aliases/default";

/// As many items are asked for at once: the answers may come in any order, and neither side waits for the other to read.
const AT_ONCE: usize = 50;

/// Nobody has as many accounts at one Hub. Each is asked for by itself.
const MOST_ITEMS: usize = 4096;

/// Where the service names an object, it is none.
const NO_OBJECT: &str = "/";

/// What only an encrypted session has.
const NO_PARAMETERS: &[u8] = &[];

/// An item that was found, as it is kept.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) path: OwnedObjectPath,
    pub(super) username: String,
    pub(super) secret: SecretSlice<u8>,
}

/// Items that were found by their attributes: those that are open, and those that are locked.
type Found = (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>);

/// A session over a plain connection. It is opened once something else was answered: gnome-keyring may be late to take note
/// of who calls it first, and ends if that call opens a session (its issues 183, 190 and 194).
pub(super) struct Session {
    bus: Bus,
    path: Option<OwnedObjectPath>,
    /// Until when the question in hand is answered.
    deadline: Instant,
    /// Who may be asked to unlock something for it.
    person: Option<&'static Person>,
}

impl Session {
    /// Joins the bus.
    pub(super) fn join() -> Result<Self> {
        Ok(Self { bus: Bus::join()?, path: None, deadline: Instant::now(), person: None })
    }

    /// Begins a question. A person may have been at a prompt since the last, and the service may be another by now, which
    /// knows nothing of its predecessor's sessions.
    pub(super) fn begin(&mut self, deadline: Instant, person: Option<&'static Person>) {
        self.path = None;
        self.bus.forget();
        (self.deadline, self.person) = (deadline, person);
    }

    fn path(&mut self) -> Result<OwnedObjectPath> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        let opened = self.ask(SERVICE, ("Secret.Service", "OpenSession"), &("plain", Value::from("")))?;
        let (_, path) = opened.values().read::<(Value, OwnedObjectPath)>()?;
        Ok(self.path.insert(path).clone())
    }

    fn say(
        &mut self,
        path: &str,
        method: (&str, &str),
        arguments: &(impl ?Sized + Serialize + DynamicType),
    ) -> Result<u32> {
        self.say_all(path, method, &Body::of(arguments)?)
    }

    fn say_all(&mut self, path: &str, (interface, method): (&str, &str), body: &Body) -> Result<u32> {
        let interface = format!("org.freedesktop.{interface}");
        self.bus.say(Peer { name: NAME, path }, (&interface, method), body)
    }

    fn ask(
        &mut self,
        path: &str,
        method: (&str, &str),
        arguments: &(impl ?Sized + Serialize + DynamicType),
    ) -> Result<Message> {
        let asked = self.say(path, method, arguments)?;
        self.bus.answer(asked, self.deadline)
    }

    /// Our items, unlocked where that is allowed. Until somebody opens its collection, a service may hide them
    /// (gnome-keyring keeps their attributes hashed), so that none is found: then it is opened, and they are searched again.
    pub(super) fn items(&mut self, endpoint: &str, username: Option<&str>) -> Result<Vec<OwnedObjectPath>> {
        let attributes = Body::of(&attributes(endpoint, username))?;
        let (mut unlocked, mut locked) = match self.search(&attributes) {
            // to a caller it has not taken note of, the service has no such method
            Err(Error::NoEntry) => self.search(&attributes)?,
            found => found?,
        };
        if unlocked.is_empty() && locked.is_empty() && self.is_locked()? {
            if let Err(error) = self.open_collection() {
                return Err(if self.hides(endpoint, username) { because(Unavailable::EntryLocked) } else { error });
            }
            (unlocked, locked) = self.search(&attributes)?;
        }
        if !locked.is_empty() {
            let of_entry = |_| because(Unavailable::EntryLocked);
            self.unlock(&locked).map_err(|error| if username.is_some() { of_entry(error) } else { error })?;
            unlocked.extend(locked);
        }
        Ok(unlocked)
    }

    /// Whether a collection that nobody has opened has an entry of that name: gnome-keyring finds it by all that is ours but
    /// its schema, which it keeps to itself until then.
    fn hides(&mut self, endpoint: &str, username: Option<&str>) -> bool {
        if username.is_none() {
            return false;
        }
        let mut attributes = attributes(endpoint, username);
        attributes.remove("xdg:schema");
        let mut found =
            || -> Result<Found> { self.ask(SERVICE, ("Secret.Service", "SearchItems"), &attributes)?.values().read() };
        found().is_ok_and(|(unlocked, locked)| !unlocked.is_empty() || !locked.is_empty())
    }

    /// Searches. Nothing else is asked meanwhile: of a caller that gnome-keyring has not taken note of, it takes the search
    /// well, and ends at a question for a property. A search that does not come back may wait for a dialog of the service's own
    /// (`KeePassXC`): then the default collection is locked.
    fn search(&mut self, attributes: &Body) -> Result<Found> {
        let searched = self.say_all(SERVICE, ("Secret.Service", "SearchItems"), attributes)?;
        let half = self.deadline.saturating_duration_since(Instant::now()) / 2;
        let mut found = self.bus.reply(searched, Instant::now() + half)?;
        if found.is_none() {
            if self.is_locked()? {
                found = self.bus.reply(searched, self.person_until()?)?;
                self.deadline = Instant::now() + PATIENCE;
                if found.is_none() {
                    return Err(because(Unavailable::Locked));
                }
            } else {
                found = self.bus.reply(searched, self.deadline)?;
            }
        }
        let found: Found = answered(found)?.values().read()?;
        if found.0.len() + found.1.len() > MOST_ITEMS {
            return Err(too_much());
        }
        Ok(found)
    }

    /// Asks whether the default collection is locked; where there is none, nothing is.
    fn is_locked(&mut self) -> Result<bool> {
        let property = ("org.freedesktop.Secret.Collection", "Locked");
        let asked = self.say(DEFAULT_COLLECTION, ("DBus.Properties", "Get"), &property)?;
        let answer = self.bus.reply(asked, self.deadline)?.ok_or_else(|| because(Unavailable::Silent))?;
        Ok(answer.error.is_empty() && answer.values().read::<Value>()? == Value::Bool(true))
    }

    /// What is kept in items, asked for many at once, and whose they are. One that somebody deleted meanwhile is left out,
    /// and so is one without a username, which is none of ours.
    pub(super) fn read(&mut self, paths: &[OwnedObjectPath], username: Option<&str>) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(paths.len());
        for paths in paths.chunks(AT_ONCE) {
            let asked = paths.iter().map(|path| self.say_get(path)).collect::<Result<Vec<_>>>()?;
            for (asked, path) in asked.into_iter().zip(paths) {
                match self.item(asked, path, username) {
                    Ok(item) => items.extend(item),
                    Err(Error::NoEntry) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(items)
    }

    fn item(&mut self, asked: u32, path: &OwnedObjectPath, username: Option<&str>) -> Result<Option<Item>> {
        let secret = self.secret(asked)?;
        let known = username.map(str::to_owned).or_else(|| known_username(&secret));
        let username = known.map_or_else(|| self.username(path), |username| Ok(Some(username)))?;
        Ok(username.map(|username| Item { path: path.clone(), username, secret }))
    }

    /// What is kept in an item.
    pub(super) fn secret_of(&mut self, item: &str) -> Result<SecretSlice<u8>> {
        let asked = self.say_get(item)?;
        self.secret(asked)
    }

    fn say_get(&mut self, item: &str) -> Result<u32> {
        let session = self.path()?;
        self.say(item, ("Secret.Item", "GetSecret"), &session)
    }

    fn username(&mut self, item: &str) -> Result<Option<String>> {
        let property = ("org.freedesktop.Secret.Item", "Attributes");
        match self.ask(item, ("DBus.Properties", "Get"), &property)?.values().read()? {
            Value::Dict(attributes) => attributes.get(&"username").map_err(|_| no_answer()),
            _ => Err(no_answer()),
        }
    }

    fn secret(&mut self, asked: u32) -> Result<SecretSlice<u8>> {
        let answer = self.bus.answer(asked, self.deadline)?;
        let values = answer.values();
        let (_session, _parameters, secret, _kind) = values.read::<(ObjectPath, &[u8], &[u8], &str)>()?;
        Ok(secret.to_vec().into())
    }

    /// Whether the default collection is there and open, or opened without a password.
    pub(super) fn is_ready(&mut self) -> Result<()> {
        self.open_collection().map(drop)
    }

    fn open_collection(&mut self) -> Result<OwnedObjectPath> {
        let collection = self.default_collection()?;
        self.unlock(slice::from_ref(&collection))?;
        Ok(collection)
    }

    /// The only one that something is kept in: any other may be lost at logout.
    fn default_collection(&mut self) -> Result<OwnedObjectPath> {
        let mut asked = || {
            let answer = self.ask(SERVICE, ("Secret.Service", "ReadAlias"), "default")?;
            answer.values().read::<OwnedObjectPath>()
        };
        let mut collection = asked()?;
        // to a caller it has not taken note of, there is none
        if collection.as_str() == NO_OBJECT {
            collection = asked()?;
        }
        if collection.as_str() == NO_OBJECT { Err(because(Unavailable::NoCollection)) } else { Ok(collection) }
    }

    /// Keeps a secret, in the place of an earlier one.
    pub(super) fn create(&mut self, endpoint: &str, username: &str, secret: &[u8]) -> Result<()> {
        let collection = self.open_collection()?;
        let label = format!("Hugging Face token of {username} for git ({endpoint})");
        let mut properties = BTreeMap::new();
        properties.insert("org.freedesktop.Secret.Item.Label", Value::from(label));
        let attributes = Value::Dict(attributes(endpoint, Some(username)).into());
        properties.insert("org.freedesktop.Secret.Item.Attributes", attributes);
        let mut body = Body::new("a{sv}(oayays)b");
        body.value(&properties)?;
        body.value(&(self.path()?, NO_PARAMETERS))?;
        body.secret(secret)?;
        body.value("text/plain")?;
        let replaces = true;
        body.value(&replaces)?;
        let asked = self.say_all(&collection, ("Secret.Collection", "CreateItem"), &body)?;
        let created = self.bus.answer(asked, self.deadline)?;
        let (_, prompt) = created.values().read::<(ObjectPath, OwnedObjectPath)>()?;
        self.prompt(&prompt, Prompt::Changes)
    }

    pub(super) fn delete(&mut self, item: &str) -> Result<()> {
        let deleted = self.ask(item, ("Secret.Item", "Delete"), &())?;
        let prompt = deleted.values().read::<OwnedObjectPath>()?;
        self.prompt(&prompt, Prompt::Changes)
    }
}

#[expect(clippy::disallowed_methods, reason = "the username stands behind the token")]
fn known_username(secret: &SecretSlice<u8>) -> Option<String> {
    entry::username(secret.expose_secret())
}

/// What our items are found by.
fn attributes<'a>(endpoint: &'a str, username: Option<&'a str>) -> BTreeMap<&'static str, &'a str> {
    let mut attributes = BTreeMap::new();
    attributes.insert("xdg:schema", SCHEMA);
    attributes.insert("service", endpoint);
    attributes.extend(username.map(|username| ("username", username)));
    attributes
}
