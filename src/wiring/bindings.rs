//! Accounts that git's configuration names: one for an organization, one for a whole Hub. git, git-lfs and git-xet follow it
//! alike.
//!
//! Where several names apply to a URL, git takes the last in its configuration, not the closest (`credential.c`).

use super::configuration::{Configuration, Edit};
use super::include;
use super::managed::{Line, Managed};
use super::namespace::{Namespace, is_every_kind};
use crate::repository::credential::pattern_of;
use crate::repository::entry::{Entry, Scope};
use crate::url::Url;

const USERNAME: &str = "username";

/// By the path git-lfs learns the account, and this helper knows a request of git's own.
const WITH_PATH: &str = "useHttpPath";

/// The configuration of `switch`: whom a person is follows them into every repository.
pub(crate) const SWITCHED: Scope = Scope::Global;

/// An account that git's configuration names for an organisation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The namespace.
    pub(crate) organisation: String,
    /// The account: a token's name, or a username.
    pub(crate) name: String,
    /// The configuration that says so.
    pub(crate) scope: Scope,
    /// For which kinds of repositories.
    pub(crate) kinds: Vec<&'static str>,
}

impl Binding {
    /// Tells whether it is for every kind of repository that `bind` writes, as it was once or is now: one for some alone was
    /// written by hand.
    pub(crate) fn is_whole(&self) -> bool {
        is_every_kind(&self.kinds)
    }
}

/// Binds an organization to an account.
pub(crate) fn bind(managed: &mut Managed, urls: &[String], namespace: &Namespace, name: &str) -> Vec<String> {
    let places = namespace.places(urls).flat_map(|place| [(place.clone(), USERNAME, name), (place, WITH_PATH, "true")]);
    let keys = places.map(|(place, variable, value)| {
        let key = format!("credential.{place}.{variable}");
        managed.set(&key, &[value]);
        key
    });
    keys.collect()
}

/// Takes the account of an organization back, at whatever Hub it was bound.
pub(crate) fn unbind(managed: &mut Managed, namespace: &Namespace) {
    managed.remove(|Line { key, .. }| {
        let place = key.strip_prefix("credential.").and_then(|rest| rest.rsplit_once('.'));
        place.is_some_and(|(url, variable)| [USERNAME, WITH_PATH].contains(&variable) && namespace.is_at(url))
    });
}

/// Makes git ask for an account at these URLs, wherever no binding names another.
pub(crate) fn choose(managed: &mut Managed, urls: &[String], name: &str) -> Vec<String> {
    let keys = urls.iter().map(|url| format!("credential.{url}.{USERNAME}"));
    keys.inspect(|key| managed.set(key, &[name])).collect()
}

/// Takes these accounts back.
pub(crate) fn choose_nobody(managed: &mut Managed, urls: &[String]) {
    managed.remove(|line| urls.iter().any(|url| line.key == format!("credential.{url}.{USERNAME}")));
}

/// Returns where git asks as the account of an organization: there, and at a whole Hub.
pub(crate) fn places<'a>(urls: &'a [String], namespace: &'a Namespace) -> impl Iterator<Item = String> + 'a {
    namespace.places(urls).chain(urls.iter().cloned())
}

/// What a command wants that names accounts at these URLs: no later line is to name another.
pub(crate) fn edit(
    configuration: &Configuration,
    places: impl IntoIterator<Item = String>,
    about: Vec<String>,
) -> Edit {
    let places: Vec<_> = places.into_iter().collect();
    let goes_last = configuration.later().iter().any(|entry| {
        let applies = |pattern: &str| {
            let mut places = places.iter().filter_map(|place| Url::parse(place));
            places.any(|place| place.is_meant_by(pattern))
        };
        pattern_of(entry, USERNAME).is_some_and(|pattern| pattern.is_none_or(applies))
    });
    Edit { about, goes_last }
}

/// The keys by which somebody else's lines name an account of an organization.
pub(crate) fn names_of(entries: &[Entry], namespace: &Namespace) -> Vec<String> {
    let is_its = |entry: &&Entry| pattern_of(entry, USERNAME).flatten().is_some_and(|url| namespace.is_at(url));
    let theirs = entries.iter().filter(is_its).filter(|entry| !is_in_our_file(entry));
    theirs.map(|entry| entry.key.clone()).collect()
}

/// Tells whether it is a line of our file that names an account.
pub(crate) fn is_ours(line: &Line) -> bool {
    let variable = line.key.strip_prefix("credential.").and_then(|rest| rest.rsplit('.').next());
    variable.is_some_and(|variable| [USERNAME, WITH_PATH].contains(&variable))
}

fn is_in_our_file(entry: &Entry) -> bool {
    entry.file.as_ref().is_some_and(|file| file.ends_with(include::NAME))
}

/// The bindings in a configuration, in its order, whoever wrote them.
pub(crate) fn all(urls: &[String], entries: &[Entry]) -> Vec<Binding> {
    let urls = hubs(urls, entries);
    let mut bindings: Vec<Binding> = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        let place = pattern_of(entry, USERNAME).flatten();
        let path = place.and_then(|place| urls.iter().find_map(|url| place.strip_prefix(url)?.strip_prefix('/')));
        let Some((kind, namespace)) = path.and_then(Namespace::at) else { continue };
        let is_same = |later: &Entry| later.key == entry.key && later.scope == entry.scope;
        if entries[position + 1..].iter().any(is_same) {
            continue;
        }
        let organisation = namespace.name();
        let same = |known: &&mut Binding| {
            known.organisation == organisation && known.name == entry.value && known.scope == entry.scope
        };
        match bindings.iter_mut().find(same) {
            Some(known) if known.kinds.contains(&kind) => {}
            Some(known) => known.kinds.push(kind),
            None => bindings.push(Binding {
                organisation: organisation.to_owned(),
                name: entry.value.clone(),
                scope: entry.scope,
                kinds: vec![kind],
            }),
        }
    }
    bindings
}

/// The lines for a whole host that stand after a binding there, and so go before it in git.
pub(crate) fn later_names(urls: &[String], entries: &[Entry]) -> Vec<(String, Scope)> {
    let mut later = Vec::new();
    for url in hubs(urls, entries) {
        let below = format!("credential.{url}/");
        let is_binding = |entry: &Entry| entry.key.starts_with(&below) && entry.key.ends_with(".username");
        let after = entries.iter().skip_while(|entry| !is_binding(entry));
        let whole = [format!("credential.{url}.username"), "credential.username".to_owned()];
        let lines = after.filter(|entry| whole.contains(&entry.key)).map(|entry| (entry.key.clone(), entry.scope));
        for line in lines {
            if !later.contains(&line) {
                later.push(line);
            }
        }
    }
    later
}

/// Also a Hub whose `HF_ENDPOINT` is not set any more: one with a binding of ours.
fn hubs(urls: &[String], entries: &[Entry]) -> Vec<String> {
    let mut urls = urls.to_vec();
    for entry in entries.iter().filter(|entry| is_in_our_file(entry)) {
        let hub = pattern_of(entry, USERNAME).flatten().and_then(hub_of);
        urls.extend(hub.filter(|hub| !urls.iter().any(|url| url == hub)).map(str::to_owned));
    }
    urls
}

/// The scheme and the host of a URL with a path.
fn hub_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    Some(&url[..host + url[host..].find('/')?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_an_organisations_at_the_hub() {
        let urls = ["https://huggingface.co".to_owned(), "https://hf.co".to_owned()];
        let entry = |key: &str, value: &str| Entry {
            scope: Scope::Global,
            file: None,
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let entries = [
            entry("credential.https://huggingface.co/acme.username", "work"),
            entry("credential.https://hf.co/acme.username", "work"),
            entry("credential.https://hf.co/spaces/acme.username", "work"),
            entry("credential.https://huggingface.co.username", "me"),
            entry("credential.https://huggingface.co/acme/model.username", "me"),
            entry("credential.https://github.com/acme.username", "me"),
            entry("credential.https://huggingface.co/datasets/acme.username", "old"),
            entry("credential.https://huggingface.co/datasets/acme.username", "inside"),
        ];
        let binding = |name: &str, kinds: &[&'static str]| Binding {
            organisation: "acme".to_owned(),
            name: name.to_owned(),
            scope: Scope::Global,
            kinds: kinds.to_vec(),
        };
        let found = all(&urls, &entries);
        assert_eq!(found, [binding("work", &["models", "spaces"]), binding("inside", &["datasets"])]);
    }
}
