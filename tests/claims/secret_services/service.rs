//! A Secret Service with the manners of those that people run.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::bus::{Call, Client};

use super::manners::{Attributes, Collection, Manners, Prompt, Reading};

const COLLECTION: &str = "/org/freedesktop/secrets/collection/default";
const NOTHING: &str = "/";

/// What a secret is on the bus: its session, parameters, bytes and kind.
type Secret<'a> = (OwnedObjectPath, Vec<u8>, Vec<u8>, &'a str);

/// An item as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) secret: String,
}

/// What is done once a prompt ends well.
enum Pending {
    Unlock,
    Create(Item),
    Delete(String),
}

struct State {
    manners: Manners,
    items: BTreeMap<String, Item>,
    prompts: HashMap<String, Pending>,
    count: usize,
    calls: Vec<String>,
}

/// A service on a bus of its own, as long as the test runs.
pub(super) struct Service {
    state: Arc<Mutex<State>>,
    address: String,
}

impl Service {
    pub(super) fn at(socket: &Path, manners: Manners) -> Self {
        let listener = UnixListener::bind(socket).expect("a socket");
        let state = State { manners, items: BTreeMap::new(), prompts: HashMap::new(), count: 0, calls: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || {
                    let Some(mut client) = Client::welcome(stream) else { return };
                    while let Some(call) = client.call() {
                        lock(&state).handle(&mut client, &call);
                    }
                });
            }
        });
        Self { state, address: format!("unix:path={}", socket.display()) }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// From now on it behaves so.
    pub(super) fn behave(&self, manners: Manners) {
        lock(&self.state).manners = manners;
    }

    pub(super) fn items(&self) -> Vec<Item> {
        lock(&self.state).items.values().cloned().collect()
    }
    /// How often a method was called.
    pub(super) fn calls(&self, method: &str) -> usize {
        lock(&self.state).calls.iter().filter(|call| *call == method).count()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn path(path: &str) -> ObjectPath<'_> {
    ObjectPath::try_from(path).expect("a path")
}

impl State {
    fn handle(&mut self, client: &mut Client, call: &Call) {
        self.calls.push(call.method.clone());
        match &*call.method {
            "Hello" => client.answer(call, &":1.1"),
            "AddMatch" => client.answer(call, &()),
            "OpenSession" => client.answer(call, &(Value::from(""), path("/session"))),
            "ReadAlias" if self.manners.collection == Collection::Missing => client.answer(call, &path(NOTHING)),
            "ReadAlias" => client.answer(call, &path(COLLECTION)),
            "SearchItems" => self.search(client, call),
            "Unlock" => {
                let prompt = if self.is_locked() { self.prompt(Pending::Unlock) } else { NOTHING.to_owned() };
                let unlocked = if prompt == NOTHING { call.arguments::<Vec<OwnedObjectPath>>() } else { Vec::new() };
                client.answer(call, &(unlocked, path(&prompt)));
            }
            "Prompt" => self.called(client, call),
            "Dismiss" => {
                client.answer(call, &());
                self.completed(client, &call.path, true);
            }
            "Get" => self.get(client, call),
            "isOpen" if call.path == "/modules/kwalletd5" => {
                let is_open = call.arguments::<&str>() == "default" && !self.shows_a_dialog();
                client.answer(call, &is_open);
            }
            "isOpen" => client.refuse(call, "org.freedesktop.DBus.Error.UnknownObject"),
            _ if self.is_locked() => client.refuse(call, "org.freedesktop.Secret.Error.IsLocked"),
            "CreateItem" => self.create_item(client, call),
            _ if !self.items.contains_key(&call.path) => {
                client.refuse(call, "org.freedesktop.Secret.Error.NoSuchObject");
            }
            "GetSecret" => match self.manners.reading {
                Reading::Works => {
                    let secret = self.items[&call.path].secret.as_bytes();
                    client.answer(call, &((path("/session"), &[][..] as &[u8], secret, "text/plain"),));
                }
                Reading::Fails => client.refuse(call, "org.freedesktop.DBus.Error.Failed"),
                Reading::Waits => {}
            },
            "Delete" => {
                let prompt = self.change(Pending::Delete(call.path.clone()));
                client.answer(call, &path(&prompt));
            }
            _ => client.refuse(call, "org.freedesktop.DBus.Error.UnknownMethod"),
        }
    }

    fn is_locked(&self) -> bool {
        !matches!(self.manners.collection, Collection::Open | Collection::Missing)
    }

    /// Whether it does to unlock.
    fn shows_a_dialog(&self) -> bool {
        self.is_locked() && self.manners.collection != Collection::LockedUntilCalled
    }

    fn search(&self, client: &mut Client, call: &Call) {
        let wanted: BTreeMap<String, String> = call.arguments();
        let is_found = |item: &Item| wanted.iter().all(|(name, value)| item.attributes.get(name) == Some(value));
        let found: Vec<_> = self.items.iter().filter(|(_, item)| is_found(item)).map(|(at, _)| path(at)).collect();
        match self.manners.collection {
            Collection::Open | Collection::Missing => client.answer(call, &(found, Vec::<ObjectPath>::new())),
            Collection::LockedInSight | Collection::LockedUntilCalled => {
                client.answer(call, &(Vec::<ObjectPath>::new(), found));
            }
            Collection::LockedOutOfSight => {
                client.answer(call, &(Vec::<ObjectPath>::new(), Vec::<ObjectPath>::new()));
            }
            Collection::LockedBehindSearch => {}
        }
    }

    fn get(&self, client: &mut Client, call: &Call) {
        let (_, property): (&str, &str) = call.arguments();
        let item = self.items.get(&call.path);
        match (property, item) {
            ("Locked", None) if self.manners.collection == Collection::Missing => {
                client.refuse(call, "org.freedesktop.DBus.Error.UnknownObject");
            }
            ("Locked", _) => client.answer(call, &Value::from(self.is_locked())),
            ("Label", Some(item)) => client.answer(call, &Value::from(&*item.label)),
            ("Attributes", Some(item)) => {
                let shown = item.attributes.iter().map(|(name, value)| match self.manners.attributes {
                    Attributes::Hashed => (format!("hashed:{name}"), format!("{:x}", value.len())),
                    Attributes::Plain => (name.clone(), value.clone()),
                });
                client.answer(call, &Value::from(shown.collect::<HashMap<_, _>>()));
            }
            _ => client.refuse(call, "org.freedesktop.DBus.Error.UnknownObject"),
        }
    }

    fn create_item(&mut self, client: &mut Client, call: &Call) {
        let (properties, (_, _, secret, _), _): (HashMap<&str, OwnedValue>, Secret, bool) = call.arguments();
        let property = |name: &str| properties[&*format!("org.freedesktop.Secret.Item.{name}")].clone();
        let attributes: HashMap<String, String> = property("Attributes").try_into().expect("attributes");
        let label = property("Label").try_into().expect("a label");
        let secret = String::from_utf8(secret).expect("UTF-8");
        let prompt = self.change(Pending::Create(Item { label, attributes: attributes.into_iter().collect(), secret }));
        let created = if prompt == NOTHING { self.items.keys().next_back().map_or(NOTHING, |at| at) } else { NOTHING };
        client.answer(call, &(path(created), path(&prompt)));
    }

    /// An item with the same attributes is replaced, as we always ask for.
    fn create(&mut self, item: Item) {
        self.items.retain(|_, known| known.attributes != item.attributes);
        self.count += 1;
        self.items.insert(format!("{COLLECTION}/{}", self.count), item);
    }

    /// Makes a change, or a prompt for it.
    fn change(&mut self, pending: Pending) -> String {
        if self.manners.change.is_some() {
            return self.prompt(pending);
        }
        self.done(pending);
        NOTHING.to_owned()
    }

    fn prompt(&mut self, pending: Pending) -> String {
        self.count += 1;
        let path = format!("/org/freedesktop/secrets/prompt/{}", self.count);
        self.prompts.insert(path.clone(), pending);
        path
    }

    fn called(&mut self, client: &mut Client, call: &Call) {
        let of_change = self.manners.change.unwrap_or(Prompt::Waits);
        let is_unlock = matches!(self.prompts.get(&call.path), Some(Pending::Unlock));
        let ends = match self.manners.collection {
            Collection::LockedUntilCalled if is_unlock => Prompt::EndsItself,
            _ if is_unlock => self.manners.unlock,
            _ => of_change,
        };
        if ends == Prompt::EndsItself {
            // as KeePassXC does, before it answers
            self.completed(client, &call.path, false);
        }
        client.answer(call, &());
        match ends {
            Prompt::IsConfirmed => self.completed(client, &call.path, false),
            Prompt::IsDismissed => self.completed(client, &call.path, true),
            Prompt::EndsItself | Prompt::Waits => {}
        }
    }

    fn completed(&mut self, client: &mut Client, prompt: &str, is_dismissed: bool) {
        if let Some(pending) = self.prompts.remove(prompt).filter(|_| !is_dismissed) {
            self.done(pending);
        }
        let ended = ("org.freedesktop.Secret.Prompt", "Completed");
        client.signal(prompt, ended, &(is_dismissed, Value::from("")));
    }

    fn done(&mut self, pending: Pending) {
        match pending {
            Pending::Unlock => self.manners.collection = Collection::Open,
            Pending::Create(item) => self.create(item),
            Pending::Delete(item) => _ = self.items.remove(&item),
        }
    }
}
