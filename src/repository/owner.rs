//! Whom git's configuration names for the repository we are called in: read in one go, matched as git matches it.
//!
//! The repository may be anybody's. One `git config` that only lists runs nothing it names, and what it says can do no
//! more than choose among the user's accounts of the host that asks.

use std::time::Duration;

use super::entry::{Entry, Scope, parsed};
use super::{deadline, git, may_be_near};
use crate::endpoint::{Endpoint, Hub};

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
    let names = Names::among(&entries);
    let is_here =
        |place: &Place| hub.endpoint(place.scheme.as_bytes(), place.host.as_bytes()).as_ref() == Some(endpoint);
    let is_of_host = |requested: &str| {
        let hosts = hub.urls();
        let mut places = hosts.iter().filter_map(|url| Place::of(url)).filter(is_here);
        places.any(|place| names.best(&place) == Some(requested))
    };
    if !requested.is_none_or(is_of_host) {
        return None;
    }
    let urls: Vec<_> = remotes(&entries).collect();
    let places = urls.iter().filter_map(|url| Place::of(url)).filter(is_here);
    let mut accounts = places.map(|place| place.user.or_else(|| names.best(&place)).map(str::to_owned));
    let first = accounts.next()?;
    let agreed = accounts.all(|account| account == first).then_some(first).flatten();
    // as no token is called, and as git would refuse to ask
    agreed.filter(|account| !account.contains(char::is_control))
}

/// The lines that count, where we stand; `None` where git does not tell them in time.
fn lines() -> Option<Vec<Entry>> {
    if !may_be_near() {
        return None;
    }
    let mut command = git();
    command
        .args(["--no-pager", "config", "--show-origin", "-z", "--get-regexp", LINES])
        // it would be the only file read, and git itself does not mind it when it looks for a name
        .env_remove("GIT_CONFIG");
    let listed = deadline::output(&mut command, b"", PATIENCE).ok()??;
    Some(parsed(&listed, Some(Scope::Command)))
}

/// The URLs of all remotes, as `url.<base>.insteadOf` rewrites them: the longest beginning is replaced (git-config(1)).
fn remotes(entries: &[Entry]) -> impl Iterator<Item = String> + '_ {
    let urls = entries.iter().filter(|entry| entry.key.starts_with("remote.") && !entry.value.is_empty());
    urls.map(|entry| {
        let bases = entries.iter().filter_map(|rule| {
            let base = rule.key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
            Some((base, entry.value.strip_prefix(&rule.value)?)).filter(|_| !rule.value.is_empty())
        });
        match bases.min_by_key(|(_, rest)| rest.len()) {
            Some((base, rest)) => [base, rest].concat(),
            None => entry.value.clone(),
        }
    })
}

/// Every `credential[.<url>].username`, in git's order.
struct Names<'a>(Vec<(Option<Place<'a>>, &'a str)>);

impl<'a> Names<'a> {
    fn among(entries: &'a [Entry]) -> Self {
        let named = entries.iter().filter_map(|entry| {
            let rest = entry.key.strip_prefix("credential.")?.strip_suffix("username")?;
            let place = match rest.strip_suffix('.') {
                Some(url) => Some(Place::of(url)?),
                None => None,
            };
            Some((place, entry.value.as_str())).filter(|(_, name)| !name.is_empty())
        });
        Self(named.collect())
    }

    /// What `git config --get-urlmatch credential.username` answers: the closest pattern's, of several the last.
    fn best(&self, place: &Place) -> Option<&'a str> {
        let matching = self.0.iter().filter_map(|(pattern, name)| {
            let closeness = pattern.as_ref().map_or(Some((0, 0, false)), |pattern| pattern.covers(place))?;
            Some((closeness, *name))
        });
        matching.max_by_key(|(closeness, _)| *closeness).map(|(_, name)| name)
    }
}

/// A URL in its parts, as git compares them (git-config(1), `http.<url>.*`).
struct Place<'a> {
    scheme: String,
    user: Option<&'a str>,
    host: String,
    path: &'a str,
}

impl<'a> Place<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
        let user = userinfo.map(|userinfo| userinfo.split(':').next().unwrap_or_default());
        Some(Self { scheme, user: user.filter(|user| !user.is_empty()), host, path: path.trim_end_matches('/') })
    }

    /// How closely this pattern names a place, if it does: by its host, its path and its user (`cmp_matches` in git's
    /// `urlmatch.c`).
    fn covers(&self, place: &Place) -> Option<(usize, usize, bool)> {
        let (labels, parts) = (self.host.split('.'), place.host.split('.'));
        let is_host = labels.clone().count() == parts.clone().count()
            && labels.zip(parts).all(|(label, part)| label == "*" || label == part);
        let below = place.path.strip_prefix(self.path);
        let is_path = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_user = self.user.is_none() || self.user == place.user;
        (self.scheme == place.scheme && is_host && is_path && is_user).then_some((
            self.host.len(),
            self.path.len(),
            self.user.is_some(),
        ))
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
                let ours = Names::among(&entries).best(&Place::of(url).unwrap()).unwrap();
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
        let urls: Vec<_> = remotes(&entries).collect();
        assert_eq!(
            urls,
            ["https://huggingface.co/acme/x", "https://hf.co/datasets/acme/x", "https://huggingface.co/acme/x"]
        );
    }
}
