//! An account for each organisation: the lines that make git, and git-lfs through git, ask by its token's name.
//!
//! Where several names apply to a URL, git takes the last in its configuration, not the closest (`credential.c`). So a
//! binding is written at the end, and the line for the whole host before it.

use anyhow::{Result, ensure};

use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// What an organisation has on the Hub, and the path it is below.
const KINDS: [(&str, &str); 3] = [("models", ""), ("datasets", "datasets/"), ("spaces", "spaces/")];

/// By it git-lfs learns the account of a path, and this helper knows a request of git's own.
const WITH_PATH: &str = "useHttpPath";

/// Stands beside a `useHttpPath` that `bind` wrote; git knows no such variable.
const WRITTEN: (&str, &str) = ("useHttpPathFor", "bind");

/// A namespace of the Hub: an organisation's, or a user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation(String);

impl Organisation {
    /// The namespace of that name.
    ///
    /// # Errors
    ///
    /// When the Hub has none so named.
    pub fn named(name: &str) -> Result<Self> {
        let is_one = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && name.contains(|c: char| c.is_ascii_alphanumeric())
            && !KINDS.iter().any(|(kind, _)| name.eq_ignore_ascii_case(kind));
        ensure!(is_one, "this is no organisation's name (name it as in https://huggingface.co/ORG, without a slash)");
        Ok(Self(name.to_owned()))
    }

    fn keys<'a>(&'a self, url: &'a str) -> impl Iterator<Item = String> + 'a {
        KINDS.iter().map(move |(_, path)| format!("credential.{url}/{path}{}.username", self.0))
    }
}

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

/// Writes the lines of a binding, in place of those there were.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn put(scope: Scope, urls: &[String], organisation: &Organisation, name: &str) -> Result<Vec<Line>> {
    let entries = repository::entries_of(scope)?;
    let mut lines = Vec::new();
    for url in urls {
        let key = format!("credential.{url}.{WITH_PATH}");
        let known = values(&entries, &key).last().is_some_and(is_true);
        let written = [(key, "true"), (format!("credential.{url}.{}", WRITTEN.0), WRITTEN.1)];
        // one that the user wrote has nothing of ours beside it
        let is_ours = !known || values(&entries, &written[1].0).any(|value| value == WRITTEN.1);
        for (key, value) in written.into_iter().take(if is_ours { 2 } else { 1 }) {
            if !known {
                repository::add(scope, &key, value)?;
            }
            lines.push(Line { key, value: value.to_owned(), known });
        }
    }
    for key in urls.iter().flat_map(|url| organisation.keys(url)) {
        remove(scope, &entries, &key)?;
        repository::add(scope, &key, name)?;
        let known = values(&entries, &key).eq([name]);
        lines.push(Line { key, value: name.to_owned(), known });
    }
    Ok(lines)
}

/// Removes the lines of a binding, and with the last one at a host what `put` wrote for all of them; the keys of all that
/// was removed.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(scope: Scope, urls: &[String], organisation: &Organisation) -> Result<Vec<String>> {
    let entries = repository::entries_of(scope)?;
    let urls = with_those_written(urls, &entries);
    let mut removed = Vec::new();
    for key in urls.iter().flat_map(|url| organisation.keys(url)) {
        if remove(scope, &entries, &key)? {
            removed.push(key);
        }
    }
    let left = repository::entries_of(scope)?;
    for url in urls {
        let below = format!("credential.{url}/");
        let is_written = values(&left, &format!("credential.{url}.{}", WRITTEN.0)).any(|value| value == WRITTEN.1);
        if is_written && !left.iter().any(|entry| entry.key.starts_with(&below) && entry.key.ends_with(".username")) {
            let key = format!("credential.{url}.{WITH_PATH}");
            // it may have been removed by hand
            if values(&left, &key).any(|value| value == "true") {
                repository::unset_all(scope, &key, "true")?;
                removed.push(key);
            }
            let key = format!("credential.{url}.{}", WRITTEN.0);
            repository::unset_all(scope, &key, WRITTEN.1)?;
            removed.push(key);
        }
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
    let urls = with_those_written(urls, &entries);
    // one for some kinds alone was written by hand
    for binding in all(&urls, &entries).iter().filter(|binding| binding.kinds.len() == KINDS.len()) {
        let organisation = Organisation::named(&binding.organisation)?;
        if !take_out(scope, &urls, &organisation)?.is_empty() {
            put(scope, &urls, &organisation, &binding.name)?;
        }
    }
    Ok(())
}

/// The bindings in a configuration, in its order.
#[must_use]
pub fn all(urls: &[String], entries: &[Entry]) -> Vec<Binding> {
    let urls = with_those_written(urls, entries);
    let mut bindings: Vec<Binding> = Vec::new();
    for entry in entries {
        let place = entry.key.strip_prefix("credential.").and_then(|rest| rest.strip_suffix(".username"));
        let Some(path) = place.and_then(|place| urls.iter().find_map(|url| place.strip_prefix(url)?.strip_prefix('/')))
        else {
            continue;
        };
        let (kind, organisation) = KINDS
            .iter()
            .rev()
            .find_map(|(kind, below)| Some((*kind, path.strip_prefix(below)?)))
            .unwrap_or(("models", path));
        if Organisation::named(organisation).is_err() {
            continue;
        }
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
    for url in with_those_written(urls, entries) {
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

/// Also a Hub whose `HF_ENDPOINT` is not set any more.
fn with_those_written(urls: &[String], entries: &[Entry]) -> Vec<String> {
    let mut urls = urls.to_vec();
    let suffix = format!(".{}", WRITTEN.0.to_ascii_lowercase());
    for entry in entries.iter().filter(|entry| entry.value == WRITTEN.1) {
        let url = entry.key.strip_prefix("credential.").and_then(|rest| rest.strip_suffix(&suffix));
        urls.extend(url.map(str::to_owned).filter(|url| !urls.contains(url)));
    }
    urls
}

/// Removes every value of a key; whether there was one.
fn remove(scope: Scope, entries: &[Entry], key: &str) -> Result<bool> {
    let mut values: Vec<_> = values(entries, key).collect();
    values.sort_unstable();
    values.dedup();
    for value in &values {
        repository::unset_all(scope, key, value)?;
    }
    Ok(!values.is_empty())
}

/// git prints a variable in lower case, and what is between the first dot and the last as it is written.
fn values<'a>(entries: &'a [Entry], key: &str) -> impl Iterator<Item = &'a str> {
    let (place, variable) = key.rsplit_once('.').unwrap_or_default();
    let key = format!("{place}.{}", variable.to_ascii_lowercase());
    entries.iter().filter(move |entry| entry.key == key).map(|entry| entry.value.as_str())
}

fn is_true(value: &str) -> bool {
    // without a value, which is true, it is read as an empty one
    ["true", "yes", "on", "1", ""].contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_has_a_name_of_the_hubs() {
        for name in ["acme", "HuggingFaceH4", "a.b_c-d", "0x", "datasets-of-mine"] {
            assert!(Organisation::named(name).is_ok(), "{name}");
        }
        for name in
            ["", ".", "..", "a/b", "datasets", "Spaces", "models", "a b", "a\nb", "*", "a@b", "é", "a%2fb", "--"]
        {
            assert!(Organisation::named(name).is_err(), "{name}");
        }
    }

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
            entry("credential.https://hub.example.usehttppathfor", "bind"),
            entry("credential.https://hub.example/datasets/acme.username", "inside"),
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
