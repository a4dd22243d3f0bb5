//! A session with the Secret Service, in its own words: items found by attributes, secrets, prompts (Secret Service API,
//! <https://specifications.freedesktop.org/secret-service/>).

use keyring_core::Result;

use super::bus::{Bus, because};
use super::message::{Message, Peer};
use super::wire::{Reader, Value};
use crate::source::keychain::Unavailable;

/// Tells our items from those of other programs, which are never changed.
const SCHEMA: &str = "co.huggingface.git-credential-hf";

/// The service, and the object that it answers for.
const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";

/// Where the service names an object, it is none.
const NO_OBJECT: &str = "/";

/// A session over a plain connection.
pub(super) struct Session {
    bus: Bus,
    path: Path,
    may_prompt: bool,
}

/// The session's object: not waited for before it is needed.
enum Path {
    Asked(u32),
    Known(String),
}

impl Session {
    /// Opens one; a person may be asked to unlock something, or not.
    pub(super) fn open(may_prompt: bool) -> Result<Self> {
        let mut bus = Bus::join()?;
        let arguments = [Value::Text("plain"), Value::Variant(&Value::Text(""))];
        let service = Peer { name: NAME, path: SERVICE };
        let asked = bus.say(service, ("org.freedesktop.Secret.Service", "OpenSession"), &arguments)?;
        Ok(Self { bus, path: Path::Asked(asked), may_prompt })
    }

    fn path(&mut self) -> Result<String> {
        let asked = match &self.path {
            Path::Known(path) => return Ok(path.clone()),
            Path::Asked(asked) => *asked,
        };
        let path = self.bus.answer(asked)?.values("vo", |values| {
            values.signature().filter(|output| *output == "s")?;
            values.text()?;
            values.text().map(str::to_owned)
        })?;
        self.path = Path::Known(path.clone());
        Ok(path)
    }

    fn ask(&mut self, path: &str, (interface, method): (&str, &str), arguments: &[Value]) -> Result<Message> {
        let interface = format!("org.freedesktop.{interface}");
        self.bus.ask(Peer { name: NAME, path }, (&interface, method), arguments)
    }

    /// Our items, unlocked where that is allowed.
    pub(super) fn items(&mut self, endpoint: &str, username: Option<&str>) -> Result<Vec<String>> {
        let mut attributes = vec![("xdg:schema", SCHEMA), ("service", endpoint)];
        attributes.extend(username.map(|username| ("username", username)));
        let found = self.ask(SERVICE, ("Secret.Service", "SearchItems"), &[Value::Attributes(&attributes)])?;
        let (mut unlocked, locked) = found.values("aoao", |values| Some((values.paths()?, values.paths()?)))?;
        if !locked.is_empty() {
            let answer = self.ask(SERVICE, ("Secret.Service", "Unlock"), &[Value::Paths(&locked)])?;
            let prompt = answer.values("aoo", |values| values.paths().and_then(|_| values.text()))?;
            self.prompt(prompt)?;
            unlocked.extend(locked);
        }
        Ok(unlocked)
    }

    /// Has a person asked, where the service wants it.
    fn prompt(&mut self, prompt: &str) -> Result<()> {
        const INTERFACE: &str = "Secret.Prompt";
        if prompt == NO_OBJECT {
            return Ok(());
        }
        if !self.may_prompt {
            return Err(because(Unavailable::Locked));
        }
        self.bus.listen(prompt, ("org.freedesktop.Secret.Prompt", "Completed"))?;
        // without a window of ours that the dialog could belong to
        self.ask(prompt, (INTERFACE, "Prompt"), &[Value::Text("")])?;
        let is_dismissed = self.bus.signal(prompt, "Completed")?.values("bv", Reader::number)?;
        if is_dismissed == 0 { Ok(()) } else { Err(because(Unavailable::Locked)) }
    }

    /// The username an item was stored for.
    pub(super) fn username(&mut self, item: &str) -> Result<Option<String>> {
        let property = [Value::Text("org.freedesktop.Secret.Item"), Value::Text("Attributes")];
        self.ask(item, ("DBus.Properties", "Get"), &property)?.values("v", |values| {
            values.signature().filter(|attributes| *attributes == "a{ss}")?;
            let pairs = values.array(8, |pair| Some((pair.text()?, pair.text()?)))?;
            Some(pairs.into_iter().find(|(key, _)| *key == "username").map(|(_, value)| value.to_owned()))
        })
    }

    pub(super) fn secret(&mut self, item: &str) -> Result<Vec<u8>> {
        let session = self.path()?;
        self.ask(item, ("Secret.Item", "GetSecret"), &[Value::Path(&session)])?.values("(oayays)", |values| {
            values.align(8);
            let (_session, _parameters) = (values.text()?, values.bytes()?);
            values.bytes().map(<[u8]>::to_vec)
        })
    }

    /// Keeps a secret, in the place of an earlier one.
    pub(super) fn create(&mut self, endpoint: &str, username: &str, secret: &[u8]) -> Result<()> {
        // the default collection alone: any other may be lost at logout
        let collection = self.ask(SERVICE, ("Secret.Service", "ReadAlias"), &[Value::Text("default")])?;
        let collection = collection.values("o", Reader::text)?;
        if collection == NO_OBJECT {
            return Err(because(Unavailable::NoCollection));
        }
        let label = format!("Hugging Face token of {username} for git ({endpoint})");
        let attributes = [("xdg:schema", SCHEMA), ("service", endpoint), ("username", username)];
        let properties = [
            ("org.freedesktop.Secret.Item.Label", Value::Text(&label)),
            ("org.freedesktop.Secret.Item.Attributes", Value::Attributes(&attributes)),
        ];
        let session = self.path()?;
        let secret = [Value::Path(&session), Value::Bytes(&[]), Value::Bytes(secret), Value::Text("text/plain")];
        let replaces = Value::Flag(true);
        let arguments = [Value::Properties(&properties), Value::Struct(&secret), replaces];
        let created = self.ask(collection, ("Secret.Collection", "CreateItem"), &arguments)?;
        let prompt = created.values("oo", |values| values.text().and_then(|_| values.text()))?;
        self.prompt(prompt)
    }

    pub(super) fn delete(&mut self, item: &str) -> Result<()> {
        let deleted = self.ask(item, ("Secret.Item", "Delete"), &[])?;
        let prompt = deleted.values("o", Reader::text)?;
        self.prompt(prompt)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::super::message;
    use super::*;

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
        Session { bus: Bus::over(ours), path: Path::Known("/s".to_owned()), may_prompt }
    }

    fn answer(serial: u32, values: &[Value]) -> Vec<u8> {
        message::written(2, 1, &[(message::field::REPLY_SERIAL, Value::Number(serial))], values).unwrap().to_vec()
    }

    fn completed(is_dismissed: bool) -> Vec<u8> {
        let fields = [(message::field::PATH, Value::Path("/p")), (message::field::MEMBER, Value::Text("Completed"))];
        let values = [Value::Flag(is_dismissed), Value::Variant(&Value::Paths(&[]))];
        message::written(4, 1, &fields, &values).unwrap().to_vec()
    }

    /// What is locked, and a prompt that ends before or after it has answered.
    fn locked(may_prompt: bool, ends_early: bool, is_dismissed: bool) -> Session {
        let item = ["/i".to_owned()];
        let mut last = vec![answer(4, &[]), completed(is_dismissed)];
        last.rotate_right(usize::from(ends_early));
        played(
            may_prompt,
            vec![
                vec![answer(1, &[Value::Paths(&[]), Value::Paths(&item)])],
                vec![answer(2, &[Value::Paths(&[]), Value::Path("/p")])],
                vec![answer(3, &[])],
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
            assert_eq!(locked(true, ends_early, false).items("e", None).unwrap(), ["/i"]);
            assert!(is_locked(locked(true, ends_early, true).items("e", None)));
        }
        assert!(is_locked(locked(false, false, false).items("e", None)));
    }

    #[test]
    fn an_answer_of_another_kind_is_none() {
        for values in [&[][..], &[Value::Text("x")], &[Value::Paths(&[])]] {
            let error = played(true, vec![vec![answer(1, values)]]).items("e", None).unwrap_err();
            assert!(matches!(Unavailable::from(error), Unavailable::Failed(_)));
        }
        assert!(Unavailable::from(played(true, vec![]).items("e", None).unwrap_err()).is_absence());
    }
}
