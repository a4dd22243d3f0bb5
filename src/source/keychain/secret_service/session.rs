//! A session with the Secret Service, in its own words: items found by attributes, secrets, prompts (Secret Service API,
//! <https://specifications.freedesktop.org/secret-service/>).

use std::collections::BTreeMap;
use std::time::Instant;

use keyring_core::{Error, Result};
use secrecy::SecretSlice;
use serde::Serialize;
use zvariant::{DynamicType, ObjectPath, OwnedObjectPath, Value};

use super::bus::{Bus, because, no_answer};
use super::message::{Body, Message, Peer};
use crate::source::keychain::Unavailable;

/// Tells our items from those of other programs, which are never changed.
const SCHEMA: &str = "co.huggingface.git-credential-hf";

/// The service, and the object that it answers for.
const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";

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

/// A session over a plain connection.
pub(super) struct Session {
    bus: Bus,
    opening: u32,
    /// Known once it is needed.
    path: Option<OwnedObjectPath>,
    may_prompt: bool,
}

impl Session {
    /// Opens one; a person may be asked to unlock something, or not.
    pub(super) fn open(deadline: Instant, may_prompt: bool) -> Result<Self> {
        let mut session = Self { bus: Bus::join(deadline)?, opening: 0, path: None, may_prompt };
        session.opening = session.say(SERVICE, ("Secret.Service", "OpenSession"), &("plain", Value::from("")))?;
        Ok(session)
    }

    fn path(&mut self) -> Result<OwnedObjectPath> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        let opened = self.bus.answer(self.opening)?;
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
        self.bus.answer(asked)
    }

    /// Our items, unlocked where that is allowed.
    pub(super) fn items(&mut self, endpoint: &str, username: Option<&str>) -> Result<Vec<OwnedObjectPath>> {
        let attributes = attributes(endpoint, username);
        let found = self.ask(SERVICE, ("Secret.Service", "SearchItems"), &attributes)?;
        let (mut unlocked, locked) = found.values().read::<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>)>()?;
        if !locked.is_empty() {
            let answer = self.ask(SERVICE, ("Secret.Service", "Unlock"), &locked)?;
            let (_, prompt) = answer.values().read::<(Vec<ObjectPath>, OwnedObjectPath)>()?;
            self.prompt(&prompt)?;
            unlocked.extend(locked);
        }
        Ok(unlocked)
    }

    /// Has a person asked, where the service wants it.
    fn prompt(&mut self, prompt: &str) -> Result<()> {
        if prompt == NO_OBJECT {
            return Ok(());
        }
        if !self.may_prompt {
            return Err(because(Unavailable::Locked));
        }
        self.bus.listen(prompt, ("org.freedesktop.Secret.Prompt", "Completed"))?;
        // without a window of ours that the dialog could belong to
        self.ask(prompt, ("Secret.Prompt", "Prompt"), "")?;
        let completed = self.bus.signal(prompt, "Completed")?;
        let (is_dismissed, _) = completed.values().read::<(bool, Value)>()?;
        if is_dismissed { Err(because(Unavailable::Locked)) } else { Ok(()) }
    }

    /// What items say, all asked for at once. One that somebody deleted meanwhile is left out, and so is one without a
    /// username, which is none of ours.
    pub(super) fn read(&mut self, items: Vec<OwnedObjectPath>) -> Result<Vec<Item>> {
        let property = ("org.freedesktop.Secret.Item", "Attributes");
        let mut asked = Vec::with_capacity(items.len());
        for path in items {
            let attributes = self.say(&path, ("DBus.Properties", "Get"), &property)?;
            asked.push((attributes, self.say_get(&path)?, path));
        }
        let mut items = Vec::with_capacity(asked.len());
        for (attributes, secret, path) in asked {
            match self.username(attributes).and_then(|username| Ok((username, self.secret(secret)?))) {
                Ok((Some(username), secret)) => items.push(Item { path, username, secret }),
                Ok((None, _)) | Err(Error::NoEntry) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(items)
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

    fn username(&mut self, asked: u32) -> Result<Option<String>> {
        match self.bus.answer(asked)?.values().read()? {
            Value::Dict(attributes) => attributes.get(&"username").map_err(|_| no_answer()),
            _ => Err(no_answer()),
        }
    }

    fn secret(&mut self, asked: u32) -> Result<SecretSlice<u8>> {
        let answer = self.bus.answer(asked)?;
        let values = answer.values();
        let (_session, _parameters, secret, _kind) = values.read::<(ObjectPath, &[u8], &[u8], &str)>()?;
        Ok(secret.to_vec().into())
    }

    /// Whether the default collection is there and open.
    pub(super) fn is_ready(&mut self) -> Result<()> {
        let collection = self.default_collection()?;
        let property = ("org.freedesktop.Secret.Collection", "Locked");
        let answer = self.ask(&collection, ("DBus.Properties", "Get"), &property)?;
        match answer.values().read()? {
            Value::Bool(false) => Ok(()),
            Value::Bool(true) => Err(because(Unavailable::Locked)),
            _ => Err(no_answer()),
        }
    }

    /// The only one that something is kept in: any other may be lost at logout.
    fn default_collection(&mut self) -> Result<OwnedObjectPath> {
        let answer = self.ask(SERVICE, ("Secret.Service", "ReadAlias"), "default")?;
        let collection = answer.values().read::<OwnedObjectPath>()?;
        if collection.as_str() == NO_OBJECT { Err(because(Unavailable::NoCollection)) } else { Ok(collection) }
    }

    /// Keeps a secret, in the place of an earlier one.
    pub(super) fn create(&mut self, endpoint: &str, username: &str, secret: &[u8]) -> Result<()> {
        let collection = self.default_collection()?;
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
        let created = self.bus.answer(asked)?;
        let (_, prompt) = created.values().read::<(ObjectPath, OwnedObjectPath)>()?;
        self.prompt(&prompt)
    }

    pub(super) fn delete(&mut self, item: &str) -> Result<()> {
        let deleted = self.ask(item, ("Secret.Item", "Delete"), &())?;
        let prompt = deleted.values().read::<OwnedObjectPath>()?;
        self.prompt(&prompt)
    }
}

/// What our items are found by.
fn attributes<'a>(endpoint: &'a str, username: Option<&'a str>) -> BTreeMap<&'static str, &'a str> {
    let mut attributes = BTreeMap::new();
    attributes.insert("xdg:schema", SCHEMA);
    attributes.insert("service", endpoint);
    attributes.extend(username.map(|username| ("username", username)));
    attributes
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::Duration;

    use zvariant::Type;

    use super::super::message;
    use super::*;

    const NONE: Vec<ObjectPath> = Vec::new();

    /// Plays the service: to each call in turn, these messages.
    fn played(may_prompt: bool, script: Vec<Vec<Vec<u8>>>) -> Session {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            for answers in script {
                let mut start = [0; message::START];
                theirs.read_exact(&mut start).unwrap();
                let mut rest = vec![0; message::length(&start).unwrap() - start.len()];
                theirs.read_exact(&mut rest).unwrap();
                for answer in answers {
                    theirs.write_all(&answer).unwrap();
                }
            }
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        Session { bus: Bus::over(ours, deadline), opening: 0, path: Some(path("/s").into()), may_prompt }
    }

    fn path(path: &str) -> ObjectPath<'_> {
        ObjectPath::try_from(path).unwrap()
    }

    fn message<T: Serialize + Type>(kind: u8, mut fields: Vec<(u8, Value)>, values: &T) -> Vec<u8> {
        fields.push((message::field::SIGNATURE, Value::Signature(T::SIGNATURE.clone())));
        message::written(kind, 1, fields, &Body::of(values).unwrap()).unwrap().to_vec()
    }

    fn answer(serial: u32, values: &(impl Serialize + Type)) -> Vec<u8> {
        message(2, vec![(message::field::REPLY_SERIAL, Value::U32(serial))], values)
    }

    fn completed(is_dismissed: bool) -> Vec<u8> {
        let fields = vec![(message::field::PATH, path("/p").into()), (message::field::MEMBER, "Completed".into())];
        message(4, fields, &(is_dismissed, Value::from(0_u32)))
    }

    /// What is locked, and a prompt that ends before or after it has answered.
    fn locked(may_prompt: bool, ends_early: bool, is_dismissed: bool) -> Session {
        let mut last = vec![answer(4, &()), completed(is_dismissed)];
        last.rotate_right(usize::from(ends_early));
        played(
            may_prompt,
            vec![
                vec![answer(1, &(NONE, vec![path("/i")]))],
                vec![answer(2, &(NONE, path("/p")))],
                vec![answer(3, &())],
                last,
            ],
        )
    }

    fn is_locked<T>(answer: Result<T>) -> bool {
        answer.is_err_and(|error| Unavailable::from(error) == Unavailable::Locked)
    }

    #[test]
    fn what_is_locked_is_found_once_a_person_has_unlocked_it() {
        for ends_early in [false, true] {
            assert_eq!(locked(true, ends_early, false).items("e", None).unwrap(), [path("/i").into()]);
            assert!(is_locked(locked(true, ends_early, true).items("e", None)));
        }
        assert!(is_locked(locked(false, false, false).items("e", None)));
    }

    #[test]
    fn a_bus_that_says_nothing_or_a_byte_now_and_then_is_left_behind() {
        for says_something in [false, true] {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let drips = thread::spawn(move || {
                while theirs.write_all(if says_something { b"l" } else { b"" }).is_ok() {
                    thread::sleep(Duration::from_millis(5));
                    if !says_something && theirs.set_nonblocking(true).is_ok() && matches!(theirs.read(&mut [0]), Ok(0))
                    {
                        break;
                    }
                }
            });
            let start = Instant::now();
            let bus = Bus::over(ours, start + Duration::from_millis(60));
            let mut session = Session { bus, opening: 0, path: None, may_prompt: false };
            let error = session.items("e", None).unwrap_err();
            assert_eq!(Unavailable::from(error), Unavailable::Silent);
            assert!(start.elapsed() < Duration::from_secs(5));
            drop(session);
            drips.join().unwrap();
        }
    }

    #[test]
    fn what_items_say_is_asked_in_one_turn() {
        let attributes = |serial, attributes: &[(&str, &str)]| {
            let attributes: BTreeMap<_, _> = attributes.iter().copied().collect();
            answer(serial, &Value::Dict(attributes.into()))
        };
        let secret = |serial| answer(serial, &(path("/s"), NO_PARAMETERS, &b"hf_A"[..], "text/plain"));
        let gone = |serial| {
            let name = "org.freedesktop.Secret.Error.NoSuchObject";
            let fields =
                [(message::field::REPLY_SERIAL, Value::U32(serial)), (message::field::ERROR_NAME, name.into())];
            message(3, fields.into(), &())
        };
        let answers = [
            [attributes(1, &[("username", "bob")]), secret(2)],
            [attributes(3, &[]), secret(4)],
            [attributes(5, &[("username", "alice")]), gone(6)],
        ];
        // the first answer comes after the last question
        let mut script = vec![Vec::new(); 5];
        script.push(answers.concat());
        let paths = ["/a", "/b", "/c"].map(|item| path(item).into());
        let items = played(false, script).read(paths.into()).unwrap();
        let usernames: Vec<_> = items.iter().map(|item| &*item.username).collect();
        assert_eq!(usernames, ["bob"]);
    }

    #[test]
    fn an_answer_of_another_kind_is_none() {
        for answer in [answer(1, &()), answer(1, &"x"), answer(1, &NONE)] {
            let error = played(true, vec![vec![answer]]).items("e", None).unwrap_err();
            assert!(matches!(Unavailable::from(error), Unavailable::Failed(_)));
        }
        assert!(Unavailable::from(played(true, vec![]).items("e", None).unwrap_err()).is_absence());
    }
}
