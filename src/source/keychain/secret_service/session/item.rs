//! What is kept: an item with a secret, and attributes that anybody may read.

use std::collections::{BTreeMap, HashMap};

use keyring_core::{Error, Result};
use secrecy::SecretSlice;
use zvariant::{ObjectPath, OwnedObjectPath, Value};

use super::prompt::Prompt;
use super::{Session, attributes};
use crate::source::keychain::Unavailable;
use crate::source::keychain::secret_service::bus::{answered, because, no_answer};
use crate::source::keychain::secret_service::message::{Body, Message};

/// As many items are asked for at once, with two calls each: the answers may come in any order, and neither side waits for
/// the other to read.
const AT_ONCE: usize = 25;

/// What only an encrypted session has.
const NO_PARAMETERS: &[u8] = &[];

/// An item that was found, as it is kept.
#[derive(Debug)]
pub(in super::super) struct Item {
    pub(in super::super) path: OwnedObjectPath,
    pub(in super::super) username: String,
    pub(in super::super) secret: SecretSlice<u8>,
    pub(in super::super) attributes: HashMap<String, String>,
}

/// Whether an item holds all that it should now; a service may not let its attributes be changed.
enum Replaced {
    Yes,
    No,
}

impl Session {
    /// What is kept in items, asked for many at once, and whose they are. One that somebody deleted meanwhile is left out,
    /// and so is one without a username, which is none of ours.
    pub(in super::super) fn read(
        &mut self,
        paths: &[OwnedObjectPath],
        endpoint: &str,
        username: Option<&str>,
    ) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(paths.len());
        for paths in paths.chunks(AT_ONCE) {
            let asked = paths.iter().map(|path| Ok((self.say_get(path)?, self.say_property(path, "Attributes")?)));
            let asked = asked.collect::<Result<Vec<_>>>()?;
            for (asked, path) in asked.into_iter().zip(paths) {
                match self.item(asked, path, endpoint, username) {
                    Ok(item) => items.extend(item),
                    Err(Error::NoEntry) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(items)
    }

    fn item(
        &mut self,
        (secret, attributes): (u32, u32),
        path: &OwnedObjectPath,
        endpoint: &str,
        username: Option<&str>,
    ) -> Result<Option<Item>> {
        let (secret, attributes) = (self.bus.reply(secret, self.deadline)?, self.bus.reply(attributes, self.deadline)?);
        let (secret, attributes) = (secret_in(&answered(secret)?)?, answered(attributes)?);
        let attributes = attributes_in(&attributes)?;
        let known = username.or(attributes.get("username").map(String::as_str)).map(str::to_owned);
        let username = known.map_or_else(|| self.labeled(path, endpoint), |username| Ok(Some(username)))?;
        Ok(username.map(|username| Item { path: path.clone(), username, secret, attributes }))
    }

    /// Returns whose an item is where its attributes do not tell, since the service hashes them: it was found by them.
    fn labeled(&mut self, item: &str, endpoint: &str) -> Result<Option<String>> {
        let asked = self.say_property(item, "Label")?;
        let answer = self.bus.answer(asked, self.deadline)?;
        let label = answer.values();
        let Value::Str(label) = label.read()? else { return Err(no_answer()) };
        let (before, after) = label_parts(endpoint);
        let username = label.strip_prefix(before).and_then(|label| label.strip_suffix(&*after));
        Ok(username.map(str::to_owned))
    }

    fn say_property(&mut self, item: &str, property: &str) -> Result<u32> {
        self.say(item, ("DBus.Properties", "Get"), &("org.freedesktop.Secret.Item", property))
    }

    /// What is kept in an item.
    pub(in super::super) fn secret_of(&mut self, item: &str) -> Result<SecretSlice<u8>> {
        let asked = self.say_get(item)?;
        secret_in(&self.bus.answer(asked, self.deadline)?)
    }

    fn say_get(&mut self, item: &str) -> Result<u32> {
        let session = self.path()?;
        self.say(item, ("Secret.Item", "GetSecret"), &session)
    }

    /// Keeps a secret and what is known of it: in the item of that account, or in a new one. `CreateItem` would replace only
    /// what has the same attributes in every service, and these change.
    pub(in super::super) fn put(
        &mut self,
        endpoint: &str,
        username: &str,
        known: &HashMap<String, String>,
        secret: &[u8],
    ) -> Result<()> {
        let mut attributes = attributes(endpoint, Some(username));
        // the fields that KeePassXC shows
        attributes.extend([("UserName", username), ("URL", endpoint)]);
        attributes.extend(known.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // whoever does the same now takes the same
        let found =
            self.items(endpoint, Some(username))?.into_iter().min_by(|one, other| one.as_str().cmp(other.as_str()));
        match found.map(|item| self.replace(&item, &attributes, secret)) {
            None | Some(Ok(Replaced::No) | Err(Error::NoEntry)) => self.create(endpoint, username, attributes, secret),
            Some(replaced) => replaced.map(drop),
        }
    }

    /// Changes an item in one turn, so that whoever ends this process ends it before or after both.
    fn replace(&mut self, item: &str, attributes: &BTreeMap<&str, &str>, secret: &[u8]) -> Result<Replaced> {
        let mut body = Body::new("(oayays)");
        body.value(&(self.path()?, NO_PARAMETERS))?;
        body.secret(secret)?;
        body.value("text/plain")?;
        let mut description = Body::new("ssv");
        description.value(&("org.freedesktop.Secret.Item", "Attributes"))?;
        description.value(&Value::Dict(attributes.clone().into()))?;
        let described = self.say_all(item, ("DBus.Properties", "Set"), &description)?;
        let kept = self.say_all(item, ("Secret.Item", "SetSecret"), &body)?;
        let described = self.bus.reply(described, self.deadline)?.ok_or_else(|| because(Unavailable::Silent))?;
        self.bus.answer(kept, self.deadline)?;
        Ok(if described.error.is_empty() { Replaced::Yes } else { Replaced::No })
    }

    pub(super) fn create(
        &mut self,
        endpoint: &str,
        username: &str,
        attributes: BTreeMap<&str, &str>,
        secret: &[u8],
    ) -> Result<()> {
        let collection = self.open_collection()?;
        let (before, after) = label_parts(endpoint);
        let mut properties = BTreeMap::new();
        properties.insert("org.freedesktop.Secret.Item.Label", Value::from([before, username, &after].concat()));
        properties.insert("org.freedesktop.Secret.Item.Attributes", Value::Dict(attributes.into()));
        let mut body = Body::new("a{sv}(oayays)b");
        body.value(&properties)?;
        body.value(&(self.path()?, NO_PARAMETERS))?;
        body.secret(secret)?;
        body.value("text/plain")?;
        let replaces = false;
        body.value(&replaces)?;
        let asked = self.say_all(&collection, ("Secret.Collection", "CreateItem"), &body)?;
        let created = self.bus.answer(asked, self.deadline)?;
        let (_, prompt) = created.values().read::<(ObjectPath, OwnedObjectPath)>()?;
        self.prompt(&prompt, Prompt::Changes)
    }

    pub(in super::super) fn delete(&mut self, item: &str) -> Result<()> {
        let deleted = self.ask(item, ("Secret.Item", "Delete"), &())?;
        let prompt = deleted.values().read::<OwnedObjectPath>()?;
        self.prompt(&prompt, Prompt::Changes)
    }
}

/// Returns what stands before a username in the label of an item, and behind it.
fn label_parts(endpoint: &str) -> (&'static str, String) {
    ("Hugging Face token of ", format!(" for git ({endpoint})"))
}

fn secret_in(answer: &Message) -> Result<SecretSlice<u8>> {
    let values = answer.values();
    let (_session, _parameters, secret, _kind) = values.read::<(ObjectPath, &[u8], &[u8], &str)>()?;
    Ok(secret.to_vec().into())
}

fn attributes_in(answer: &Message) -> Result<HashMap<String, String>> {
    let values = answer.values();
    let Value::Dict(attributes) = values.read()? else { return Err(no_answer()) };
    let text = |value: &Value| if let Value::Str(text) = value { Some(text.to_string()) } else { None };
    Ok(attributes.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
}
