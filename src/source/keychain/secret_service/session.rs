//! A session with the Secret Service, in its own words: items found by attributes, secrets, prompts (Secret Service API,
//! <https://specifications.freedesktop.org/secret-service/>).

use std::collections::BTreeMap;
use std::time::Instant;

use keyring_core::{Error, Result};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::Serialize;
use zvariant::{DynamicType, ObjectPath, OwnedObjectPath, Value};

use super::bus::{Bus, because, no_answer};
use super::message::{Body, Message, Peer};
use crate::source::keychain::{Unavailable, entry};

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

/// A session over a plain connection. It is opened once something else was answered: gnome-keyring may be late to take note
/// of who calls it first, and ends if that call opens a session (its issues 183, 190 and 194).
pub(super) struct Session {
    bus: Bus,
    path: Option<OwnedObjectPath>,
    may_prompt: bool,
}

impl Session {
    /// Joins the bus; a person may be asked to unlock something, or not.
    pub(super) fn join(deadline: Instant, may_prompt: bool) -> Result<Self> {
        Ok(Self { bus: Bus::join(deadline)?, path: None, may_prompt })
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
        self.bus.answer(asked)
    }

    /// Our items, unlocked where that is allowed.
    pub(super) fn items(&mut self, endpoint: &str, username: Option<&str>) -> Result<Vec<OwnedObjectPath>> {
        let attributes = attributes(endpoint, username);
        let mut search = || self.ask(SERVICE, ("Secret.Service", "SearchItems"), &attributes);
        // to a caller it has not taken note of, the service has no such method
        let found = search().or_else(|error| if let Error::NoEntry = error { search() } else { Err(error) })?;
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

    /// What is kept in items, all asked for at once, and whose they are. One that somebody deleted meanwhile is left out, and
    /// so is one without a username, which is none of ours.
    pub(super) fn read(&mut self, items: Vec<OwnedObjectPath>, username: Option<&str>) -> Result<Vec<Item>> {
        let mut asked = Vec::with_capacity(items.len());
        for path in items {
            asked.push((self.say_get(&path)?, path));
        }
        let mut items = Vec::with_capacity(asked.len());
        for (asked, path) in asked {
            match self.item(asked, path, username) {
                Ok(item) => items.extend(item),
                Err(Error::NoEntry) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(items)
    }

    fn item(&mut self, asked: u32, path: OwnedObjectPath, username: Option<&str>) -> Result<Option<Item>> {
        let secret = self.secret(asked)?;
        let known = username.map(str::to_owned).or_else(|| known_username(&secret));
        let username = known.map_or_else(|| self.username(&path), |username| Ok(Some(username)))?;
        Ok(username.map(|username| Item { path, username, secret }))
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
        Session { bus: Bus::over(ours, deadline), path: Some(path("/s").into()), may_prompt }
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
            let mut session = Session { bus, path: None, may_prompt: false };
            let error = session.items("e", None).unwrap_err();
            assert_eq!(Unavailable::from(error), Unavailable::Silent);
            assert!(start.elapsed() < Duration::from_secs(5));
            drop(session);
            drips.join().unwrap();
        }
    }

    fn secret(serial: u32, text: &str) -> Vec<u8> {
        answer(serial, &(path("/s"), NO_PARAMETERS, text.as_bytes(), "text/plain"))
    }

    fn error(serial: u32, name: &str) -> Vec<u8> {
        let fields = [(message::field::REPLY_SERIAL, Value::U32(serial)), (message::field::ERROR_NAME, name.into())];
        message(3, fields.into(), &())
    }

    #[test]
    fn what_items_keep_is_asked_in_one_turn_and_whose_they_are_only_where_they_do_not_say_it() {
        let attributes = |serial, attributes: &[(&str, &str)]| {
            let attributes: BTreeMap<_, _> = attributes.iter().copied().collect();
            answer(serial, &Value::Dict(attributes.into()))
        };
        let script = || {
            let gone = error(3, "org.freedesktop.Secret.Error.NoSuchObject");
            // the first answer comes after the last question
            let secrets = [secret(1, "hf_A\rusername=alice"), secret(2, "hf_B"), gone, secret(4, "hf_D")];
            vec![vec![], vec![], vec![], secrets.to_vec()]
        };
        let usernames = |username, script| {
            let paths = ["/a", "/b", "/c", "/d"].map(|item| path(item).into());
            let items = played(false, script).read(paths.into(), username).unwrap();
            items.into_iter().map(|item| item.username).collect::<Vec<_>>()
        };
        let mut asked = script();
        asked.extend([vec![attributes(5, &[("username", "bob")])], vec![attributes(6, &[])]]);
        assert_eq!(usernames(None, asked), ["alice", "bob"]);
        assert_eq!(usernames(Some("carol"), script()), ["carol"; 3]);
    }

    #[test]
    fn who_was_not_taken_note_of_asks_again_and_opens_a_session_afterwards() {
        let script = vec![
            vec![error(1, "org.freedesktop.DBus.Error.UnknownMethod")],
            vec![answer(2, &(vec![path("/i")], NONE))],
            vec![answer(3, &(Value::from(""), path("/s")))],
            vec![secret(4, "hf_A")],
        ];
        let mut session = Session { path: None, ..played(false, script) };
        let items = session.items("e", Some("alice")).unwrap();
        assert_eq!(session.read(items, Some("alice")).unwrap().len(), 1);

        let collection = |serial, collection| vec![answer(serial, &path(collection))];
        let default = |script| played(false, script).default_collection();
        assert_eq!(&*default(vec![collection(1, NO_OBJECT), collection(2, "/c")]).unwrap(), "/c");
        let error = default(vec![collection(1, NO_OBJECT), collection(2, NO_OBJECT)]).unwrap_err();
        assert_eq!(Unavailable::from(error), Unavailable::NoCollection);
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
