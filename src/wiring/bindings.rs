//! An account for each organisation: the lines that make git, and git-lfs through git, ask by its token's name.
//!
//! Where several names apply to a URL, git takes the last in its configuration, not the closest (`credential.c`). So a
//! binding is written at the end, in sections of its own, and goes before what the user wrote for the same place.

use anyhow::Result;

use super::namespace::{Namespace, is_every_kind};
use super::own_section::{Section, read, text_of};
use crate::repository;
use crate::repository::entry::{Entry, Scope};

const USERNAME: &str = "username";

/// By the path git-lfs learns the account, and this helper knows a request of git's own.
const WITH_PATH: &str = "useHttpPath";

/// What a section of ours begins with.
const VARIABLES: [&str; 2] = [USERNAME, WITH_PATH];

/// A line of a configuration, and whether it was there before.
pub struct Line {
    /// Its key, as people write it.
    pub key: String,
    /// Its value.
    pub value: String,
    /// It was there already, with this value.
    pub known: bool,
}

/// An account that git's configuration names for an organisation.
#[derive(Debug, PartialEq, Eq)]
pub struct Binding {
    /// The namespace.
    pub organisation: String,
    /// The account: a token's name, or a username.
    pub name: String,
    /// The configuration that says so.
    pub scope: Scope,
    /// For which kinds of repositories.
    pub kinds: Vec<&'static str>,
}

impl Binding {
    /// Tells whether it is for every kind of repository that `bind` writes, as it was once or is now: one for some alone was
    /// written by hand.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        is_every_kind(&self.kinds)
    }
}

/// Writes the lines of a binding, in place of those `put` wrote before.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn put(scope: Scope, urls: &[String], namespace: &Namespace, name: &str) -> Result<Vec<Line>> {
    let before = repository::entries_of(scope)?;
    let replaced = take_out(scope, urls, namespace)?;
    let mut lines = Vec::new();
    for section in namespace.sections(urls) {
        let written = [(USERNAME, name), (WITH_PATH, "true")];
        section.put(scope, &written)?;
        lines.extend(written.map(|(variable, value)| {
            let key = section.key(variable);
            let known = replaced.contains(&key) && values(&before, &key).last() == Some(value);
            Line { key, value: value.to_owned(), known }
        }));
    }
    Ok(lines)
}

/// Removes the lines that `put` wrote for an organisation; their keys.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(scope: Scope, urls: &[String], namespace: &Namespace) -> Result<Vec<String>> {
    let urls = hubs(urls, &repository::entries_of(scope)?);
    let mut removed = Vec::new();
    for section in namespace.sections(&urls) {
        recover(scope, &section)?;
        let text = text_of(&repository::entries_of(scope)?);
        if !section.is_ours(&text, &VARIABLES) {
            continue;
        }
        section.take_up(scope)?;
        if section.stands_alone(&text, &VARIABLES) {
            repository::remove_section(scope, &section.under_way())?;
        } else {
            // what the user added to our section stays; a section that is gone cannot be renamed
            unset(scope, &section)?;
            _ = section.put_back(scope);
        }
        removed.extend(VARIABLES.map(|variable| section.key(variable)));
    }
    Ok(removed)
}

/// Has bindings that `put` wrote stand after a name for their whole host, where one came to stand after them.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn put_last(scope: Scope, urls: &[String]) -> Result<()> {
    let entries = repository::entries_of(scope)?;
    if later_names(urls, &entries).is_empty() {
        return Ok(());
    }
    let urls = hubs(urls, &entries);
    for binding in all(&urls, &entries).iter().filter(|binding| binding.is_whole()) {
        let namespace = Namespace::named(&binding.organisation)?;
        if !take_out(scope, &urls, &namespace)?.is_empty() {
            put(scope, &urls, &namespace, &binding.name)?;
        }
    }
    Ok(())
}

/// The keys that name an account of an organisation in a configuration.
#[must_use]
pub fn names_of(urls: &[String], entries: &[Entry], namespace: &Namespace) -> Vec<String> {
    let keys = namespace.sections(urls).map(|section| section.key(USERNAME));
    keys.filter(|key| values(entries, key).next().is_some()).collect()
}

/// Ends what an interrupted `put` or `take_out` began.
fn recover(scope: Scope, section: &Section) -> Result<()> {
    if section.held_under_way(&repository::entries_of(scope)?).is_empty() {
        return Ok(());
    }
    unset(scope, section)?;
    _ = section.put_back(scope);
    Ok(())
}

/// Takes our values out of a section under way: the last of each variable.
fn unset(scope: Scope, section: &Section) -> Result<()> {
    let held = repository::entries_of(scope)?;
    for variable in VARIABLES {
        let key = format!("{}.{variable}", section.under_way());
        if let Some(value) = values(&held, &key).last() {
            repository::unset_all(scope, &key, value)?;
        }
    }
    Ok(())
}

/// The bindings in a configuration, in its order, whoever wrote them.
#[must_use]
pub fn all(urls: &[String], entries: &[Entry]) -> Vec<Binding> {
    let urls = hubs(urls, entries);
    let mut bindings: Vec<Binding> = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        let section = Section::of_key(&entry.key, USERNAME);
        let place = section.as_ref().and_then(Section::url);
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
#[must_use]
pub fn later_names(urls: &[String], entries: &[Entry]) -> Vec<(String, Scope)> {
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

/// Also a Hub whose `HF_ENDPOINT` is not set any more: one with a section of ours.
fn hubs(urls: &[String], entries: &[Entry]) -> Vec<String> {
    let mut urls = urls.to_vec();
    for entry in entries {
        let Some(section) = Section::of_key(&entry.key, USERNAME) else { continue };
        let Some(hub) = section.url().and_then(hub_of).filter(|hub| !urls.iter().any(|url| url == hub)) else {
            continue;
        };
        if entry.file.as_deref().is_some_and(|file| section.is_ours(&read(file), &VARIABLES)) {
            urls.push(hub.to_owned());
        }
    }
    urls
}

/// The scheme and the host of a URL with a path.
fn hub_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    Some(&url[..host + url[host..].find('/')?])
}

/// git prints a variable in lower case, and what is between the first dot and the last as it is written.
fn values<'a>(entries: &'a [Entry], key: &str) -> impl Iterator<Item = &'a str> {
    let (place, variable) = key.rsplit_once('.').unwrap_or_default();
    let key = format!("{place}.{}", variable.to_ascii_lowercase());
    entries.iter().filter(move |entry| entry.key == key).map(|entry| entry.value.as_str())
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
