//! Whom git's configuration names for the repository we are called in: read in one go, matched as git matches it.
//!
//! The repository may be anybody's. One `git config` that only lists runs nothing it names, and what it says can do no
//! more than choose among the user's accounts of the host that asks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::credential::Credential;
use super::entry::{Entry, Scope, parsed};
use super::{git, http};
use crate::endpoint::{Endpoint, Hub};
use crate::url::Url;
use crate::{process, token};

/// Reading a few files; one that never ends may be included.
const PATIENCE: Duration = Duration::from_secs(2);

/// No repository has as many remotes; one that does is out to keep us busy.
const MOST_LINES: usize = 2000;

/// The lines that say where a repository is from, and who is who there.
const LINES: &str = r"^(remote\..*\.(push)?url|url\..*\.insteadof|credential\.(.*\.)?username)$";

/// The account of the repository: what all its remotes at this endpoint agree on, by their URLs or by git's
/// configuration. `None` where they do not, where nobody is named, and where `requested` is more than the name git's
/// configuration has for the whole host.
#[must_use]
pub fn account(hub: &Hub, endpoint: &Endpoint, requested: Option<&str>) -> Option<String> {
    let entries = lines().filter(|entries| entries.len() <= MOST_LINES)?;
    account_among(&entries, hub, endpoint, requested)
}

fn account_among(entries: &[Entry], hub: &Hub, endpoint: &Endpoint, requested: Option<&str>) -> Option<String> {
    let is_of_host = |requested: &str| {
        let hosts = hub.urls();
        let mut places = hosts.iter().filter_map(|url| Url::parse(url)).filter(|place| is_at(place, hub, endpoint));
        places.any(|place| Credential::at(&place, entries).username == Some(requested))
    };
    if !requested.is_none_or(is_of_host) {
        return None;
    }
    let names = Values::among(entries, "username");
    let urls: Vec<_> = remotes(entries).map(|remote| remote.url).collect();
    let places = urls.iter().filter_map(|url| Url::parse(url)).filter(|place| is_at(place, hub, endpoint));
    let accounts = places.map(|place| place.user.or_else(|| names.closest(&place)).map(str::to_owned));
    // as no token is called, and as git would refuse to ask
    agreed(accounts).flatten().filter(|account| !account.contains(char::is_control) && !token::is_token(account))
}

/// Whom a request is for where we stand, if it is for anybody: whom git asks for at all remotes here alike, else whom it
/// asks for at the whole host.
#[must_use]
pub fn requested(entries: &[Entry], hub: &Hub, endpoint: &Endpoint) -> Option<String> {
    // for many remotes it is the same question
    let mut accounts = BTreeMap::new();
    let mut asked = |place: Url| {
        let Credential { username, sends_path, .. } = Credential::at(&place, entries);
        let username = username.map(str::to_owned);
        if sends_path {
            return username;
        }
        let among = |name: &Option<String>| account_among(entries, hub, endpoint, name.as_deref());
        accounts.entry(username.clone()).or_insert_with_key(among).clone().or(username)
    };
    let urls: Vec<_> = remotes(entries).map(|remote| remote.url).collect();
    let places = urls.iter().filter_map(|url| Url::parse(url)).filter(|place| is_at(place, hub, endpoint));
    agreed(places.map(&mut asked)).unwrap_or_else(|| asked(Url::parse(endpoint.url())?))
}

/// Whether nothing names this account at the endpoint but a line for the whole host, as `switch` writes it: no remote's
/// URL, and no other line of git's configuration. `false` where git does not tell.
#[must_use]
pub fn is_switched_only(hub: &Hub, endpoint: &Endpoint, name: &str) -> bool {
    let Some(entries) = lines().filter(|entries| entries.len() <= MOST_LINES) else { return false };
    let is_in_url = remotes(&entries).any(|remote| {
        Url::parse(&remote.url).is_some_and(|place| is_at(&place, hub, endpoint) && place.user == Some(name))
    });
    let of_host: Vec<_> = hub.urls().into_iter().map(|url| format!("credential.{url}.username")).collect();
    let mut naming = entries.iter().filter(|entry| entry.key.starts_with("credential.") && entry.value == name);
    let is_only = naming.next().is_some_and(|first| of_host.contains(&first.key))
        && naming.all(|entry| of_host.contains(&entry.key));
    is_only && !is_in_url
}

/// A line of git's configuration that names an account.
#[derive(Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// A binding of this organization, in this configuration.
    Binding(String, Scope),
    /// A line for the whole host, as `switch` writes it.
    WholeHost,
}

/// Finds what has git ask for an account: a line for the whole host, else a binding.
#[must_use]
pub fn named_by(hub: &Hub, endpoint: &Endpoint, name: &str) -> Option<NamedBy> {
    let entries = super::effective_entries().ok()?;
    let named = entries.iter().filter(|entry| entry.value == name).filter_map(|entry| {
        let place = Url::parse(entry.key.strip_prefix("credential.")?.strip_suffix(".username")?)?;
        let organization = place.path.rsplit('/').next().filter(|name| !name.is_empty());
        let named_by = organization.map_or(NamedBy::WholeHost, |name| NamedBy::Binding(name.to_owned(), entry.scope));
        is_at(&place, hub, endpoint).then_some(named_by)
    });
    named.min_by_key(|named_by| *named_by != NamedBy::WholeHost)
}

/// Whom git asks for at a URL, if it asks for anybody.
#[must_use]
pub fn requested_at(url: &str) -> Option<String> {
    let entries = lines().unwrap_or_default();
    Credential::at(&Url::parse(url)?, &entries).username.map(str::to_owned)
}

/// The endpoint that the remotes of the repository are at, where it is one and the same.
#[must_use]
pub fn endpoint(entries: &[Entry], hub: &Hub) -> Option<Endpoint> {
    agreed(remotes(entries).filter_map(|remote| Url::parse(&remote.url)?.endpoint(hub)))
}

fn is_at(place: &Url, hub: &Hub, endpoint: &Endpoint) -> bool {
    place.endpoint(hub).as_ref() == Some(endpoint)
}

/// What all say alike; `None` where they do not, and where there are none.
fn agreed<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|one| one == first).then_some(first)
}

/// The lines that count, where we stand; `None` where git does not tell them in time.
fn lines() -> Option<Vec<Entry>> {
    let mut command = git();
    command
        .args(["--no-pager", "config", "--show-origin", "-z", "--get-regexp", LINES])
        // it would be the only file read, and git itself does not mind it when it looks for a name
        .env_remove("GIT_CONFIG");
    let listed = process::stdout(&mut command, b"", PATIENCE).ok()??;
    Some(parsed(&listed, Some(Scope::Command)))
}

/// A URL of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The remote's name.
    pub name: String,
    /// It is for pushing alone (`pushurl`).
    pub is_push: bool,
    /// The URL, as `url.<base>.insteadOf` rewrites it.
    pub url: String,
}

/// The URLs of all remotes; none where they are out to keep us busy. Of several beginnings that are rewritten, the longest is (git-config(1)).
pub fn remotes(entries: &[Entry]) -> impl Iterator<Item = Remote> + '_ {
    let urls = entries.iter().filter(|entry| !entry.value.is_empty()).filter_map(|entry| {
        let rest = entry.key.strip_prefix("remote.")?;
        let (name, is_push) = match rest.strip_suffix(".pushurl") {
            Some(name) => (name, true),
            None => (rest.strip_suffix(".url")?, false),
        };
        Some((name, is_push, entry))
    });
    let urls: Vec<_> = urls.take(MOST_LINES + 1).collect();
    let urls = if urls.len() > MOST_LINES { Vec::new() } else { urls };
    let rules = entries.iter().filter(|rule| !rule.value.is_empty()).filter_map(|rule| {
        let base = rule.key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
        Some((base, rule.value.as_str()))
    });
    let rules: Vec<_> = rules.collect();
    urls.into_iter().map(move |(name, is_push, entry)| {
        let bases = rules.iter().filter_map(|(base, beginning)| Some((*base, entry.value.strip_prefix(beginning)?)));
        let url = match bases.min_by_key(|(_, rest)| rest.len()) {
            Some((base, rest)) => [base, rest].concat(),
            None => entry.value.clone(),
        };
        Remote { name: name.to_owned(), is_push, url }
    })
}

/// Every value of a `credential[.<url>]` or `http[.<url>]` variable, in git's order.
pub struct Values<'a>(Vec<(Option<Url<'a>>, &'a str)>);

impl<'a> Values<'a> {
    /// Those of this variable of `credential`, in lower case.
    #[must_use]
    pub fn among(entries: &'a [Entry], variable: &str) -> Self {
        Self::of("credential", variable, entries.iter())
    }

    /// Those of this variable of a section, both in lower case.
    #[must_use]
    pub fn of(section: &str, variable: &str, entries: impl Iterator<Item = &'a Entry>) -> Self {
        let named = entries.filter_map(|entry| {
            let place = match http::pattern(section, variable, entry)? {
                "" => None,
                url => Some(Url::parse(url)?),
            };
            Some((place, entry.value.as_str())).filter(|(_, value)| !value.is_empty())
        });
        Self(named.collect())
    }

    /// What `git config --get-urlmatch` answers: the closest pattern's, of several the last.
    #[must_use]
    pub fn closest(&self, place: &Url) -> Option<&'a str> {
        let matching = self.0.iter().filter_map(|(pattern, value)| {
            let closeness = pattern.as_ref().map_or(Some((0, 0, false)), |pattern| pattern.covers(place))?;
            Some((closeness, *value))
        });
        matching.max_by_key(|(closeness, _)| *closeness).map(|(_, value)| value)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "git is the judge")]
mod tests {
    use super::*;

    const PATTERNS: [&str; 14] = [
        "https://huggingface.co",
        "https://huggingface.co/",
        "https://huggingface.co:443/acme",
        "https://HuggingFace.co/acme/",
        "https://huggingface.co/acme/model",
        "https://huggingface.co/ac",
        "https://huggingface.co/Acme",
        "https://huggingface.co/datasets/acme",
        "https://alice@huggingface.co",
        "https://*.co/acme",
        "https://*.co",
        "https://hf.co/acme",
        "http://huggingface.co/acme",
        "https://huggingface.co:8443/acme",
    ];

    const URLS: [&str; 9] = [
        "https://huggingface.co",
        "https://huggingface.co/acme",
        "https://huggingface.co/acme/model",
        "https://huggingface.co/acmes/model.git",
        "https://huggingface.co/datasets/acme/rows",
        "https://alice@huggingface.co/acme/model",
        "https://bob@huggingface.co:443/x/y/",
        "https://HF.co/acme/model",
        "https://huggingface.co:8443/acme/model",
    ];

    fn entry(key: &str, value: &str) -> Entry {
        Entry { scope: Scope::Global, file: None, key: key.to_owned(), value: value.to_owned() }
    }

    /// Each pattern gets its turn as the first, the last and the closest.
    #[test]
    fn names_are_matched_as_git_matches_them() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        let forth: Vec<_> = PATTERNS.iter().collect();
        let back: Vec<_> = PATTERNS.iter().rev().collect();
        for patterns in (0..PATTERNS.len()).flat_map(|from| [&forth[from..], &back[from..]]) {
            let lines = patterns.iter().map(|pattern| format!("[credential \"{pattern}\"]\n\tusername = {pattern}\n"));
            let text = "[credential]\n\tusername = plain\n".to_owned() + &lines.collect::<String>();
            std::fs::write(&file, &text).unwrap();
            let scoped = patterns.iter().map(|pattern| entry(&format!("credential.{pattern}.username"), pattern));
            let entries: Vec<_> = [entry("credential.username", "plain")].into_iter().chain(scoped).collect();
            for url in URLS {
                let mut git = std::process::Command::new("git");
                git.args(["config", "--file"]).arg(&file).args(["--get-urlmatch", "credential.username", url]);
                let said = git.output().unwrap();
                let ours = Values::among(&entries, "username").closest(&Url::parse(url).unwrap()).unwrap();
                assert_eq!(ours, String::from_utf8(said.stdout).unwrap().trim_end(), "{url} in\n{text}");
            }
        }
    }

    #[test]
    fn a_remote_is_rewritten_as_git_rewrites_it() {
        let entries = [
            ("remote.a.url", "hub:acme/x"),
            ("remote.b.pushurl", "hub:datasets/acme/x"),
            ("remote.c.url", "https://huggingface.co/acme/x"),
            ("url.https://huggingface.co/.insteadof", "hub:"),
            ("url.https://hf.co/datasets/.insteadof", "hub:datasets/"),
        ];
        let entries = entries.map(|(key, value)| entry(key, value));
        let urls: Vec<_> = remotes(&entries).map(|remote| remote.url).collect();
        assert_eq!(
            urls,
            ["https://huggingface.co/acme/x", "https://hf.co/datasets/acme/x", "https://huggingface.co/acme/x"]
        );
    }
}
