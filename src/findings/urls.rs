//! The URL that each client really asks, for reading and for pushing, after all of git's and git-lfs's configuration that
//! changes it (git-config(1); git-lfs-config(5); `lfsapi/endpoint_finder.go` in git-lfs).

use std::collections::HashMap;

use crate::endpoint::{Endpoint, Hub};
use crate::repository::entry::Entry;
use crate::repository::rewriting::{Rewritten, Rules};
use crate::url::Url;

/// A person has no more remotes; one that has is out to keep us busy.
const MOST: usize = 100;

/// What is asked when a remote is fetched from, or pushed to.
#[derive(Debug, Clone)]
pub struct RemoteUrl<'a> {
    /// The remote's name.
    pub name: &'a str,
    /// It is for pushing alone.
    pub is_push: bool,
    /// The line that it stands in.
    pub line: &'a Entry,
    /// What git asks.
    pub git: Rewritten<'a>,
    /// What git-lfs asks, where that is not derived from git's.
    pub lfs: Option<(Rewritten<'a>, &'a Entry)>,
    /// What git asks to fetch, by which git-xet goes in a push too.
    pub fetched: String,
}

/// Where a URL leads.
#[derive(Debug, Clone)]
pub enum Destination<'a> {
    /// A Hub that is served.
    Hub(Url<'a>, Endpoint),
    /// SSH, where a key is shown and no token.
    Ssh(String),
    /// Another host.
    Other(String),
    /// A path on this machine.
    Local,
}

/// Returns what is asked at each remote, and how many more there are. `lfsconfig` is the worktree's `.lfsconfig`.
#[must_use]
pub fn remotes<'a>(entries: &'a [Entry], lfsconfig: &'a [Entry]) -> (Vec<RemoteUrl<'a>>, usize) {
    let (fetching, pushing) = (Rules::of(entries, "insteadof"), Rules::of(entries, "pushinsteadof"));
    let lfs = LfsUrls { entries, lfsconfig, fetching: &fetching, pushing: &pushing };
    let (remotes, more) = lines(entries);
    let mut found = Vec::new();
    for (name, Lines { urls, push_urls }) in remotes {
        let Some(first) = urls.first().or(push_urls.first()) else { continue };
        let fetched = fetching.rewrite(&first.value);
        let of = |is_push, line: &'a Entry, git: Rewritten<'a>| RemoteUrl {
            name,
            is_push,
            line,
            git,
            lfs: lfs.at(name, is_push),
            fetched: fetched.url.clone(),
        };
        if !urls.is_empty() {
            found.push(of(false, first, fetched.clone()));
        }
        let rewritten: Vec<_> = urls.iter().map(|line| (*line, pushing.rewrite(&line.value))).collect();
        if !push_urls.is_empty() {
            found.extend(push_urls.iter().map(|line| of(true, line, fetching.rewrite(&line.value))));
        } else if rewritten.iter().any(|(_, url)| url.rule.is_some()) {
            let rewritten = rewritten.into_iter().filter(|(_, url)| url.rule.is_some());
            found.extend(rewritten.map(|(line, url)| of(true, line, url)));
        } else {
            let is_apart = lfs.at(name, true).map(|(url, _)| url.url) != lfs.at(name, false).map(|(url, _)| url.url);
            let of_lfs = urls.iter().take(usize::from(is_apart));
            found.extend(
                of_lfs
                    .chain(urls.get(1..).unwrap_or_default())
                    .map(|line| of(true, line, fetching.rewrite(&line.value))),
            );
        }
    }
    (found, more)
}

/// Returns where a URL leads.
#[must_use]
pub fn destination<'a>(url: &'a str, hub: &Hub) -> Destination<'a> {
    let Some((scheme, rest)) = url.split_once("://") else {
        // `host:path`, as scp has it, where no slash comes before the colon
        return match url.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1) {
            Some((host, _)) => Destination::Ssh(host.rsplit('@').next().unwrap_or(host).to_owned()),
            None => Destination::Local,
        };
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if ["ssh", "git+ssh", "ssh+git"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Destination::Ssh(host.split(':').next().unwrap_or(host).to_owned());
    }
    if scheme.eq_ignore_ascii_case("file") {
        return Destination::Local;
    }
    let place = Url::parse(url);
    let at_hub = place.and_then(|place| place.endpoint(hub).map(|endpoint| (place, endpoint)));
    at_hub.map_or_else(|| Destination::Other(host.to_owned()), |(place, endpoint)| Destination::Hub(place, endpoint))
}

#[derive(Default)]
struct Lines<'a> {
    urls: Vec<&'a Entry>,
    push_urls: Vec<&'a Entry>,
}

/// The lines of each remote, in the order in which they are first named, and how many more remotes there are.
fn lines(entries: &[Entry]) -> (Vec<(&str, Lines<'_>)>, usize) {
    let mut positions: HashMap<&str, usize> = HashMap::new();
    let mut remotes: Vec<(&str, Lines)> = Vec::new();
    for entry in entries {
        let Some(rest) = entry.key.strip_prefix("remote.") else { continue };
        let (name, is_push) = match (rest.strip_suffix(".pushurl"), rest.strip_suffix(".url")) {
            (Some(name), _) => (name, true),
            (None, Some(name)) => (name, false),
            (None, None) => continue,
        };
        let position = *positions.entry(name).or_insert_with(|| {
            remotes.push((name, Lines::default()));
            remotes.len() - 1
        });
        let lines = &mut remotes[position].1;
        let lines = if is_push { &mut lines.push_urls } else { &mut lines.urls };
        // an empty one takes back those before it (git 2.46)
        if entry.value.is_empty() { lines.clear() } else { lines.push(entry) }
    }
    let more = remotes.len().saturating_sub(MOST);
    remotes.truncate(MOST);
    (remotes, more)
}

struct LfsUrls<'a, 'b> {
    entries: &'a [Entry],
    lfsconfig: &'a [Entry],
    fetching: &'b Rules<'a>,
    pushing: &'b Rules<'a>,
}

impl<'a> LfsUrls<'a, '_> {
    /// What git-lfs is told to ask at a remote, and the line that says so.
    fn at(&self, remote: &str, is_push: bool) -> Option<(Rewritten<'a>, &'a Entry)> {
        let of_push = ["lfs.pushurl".to_owned(), "lfs.url".to_owned(), format!("remote.{remote}.lfspushurl")];
        let of_both = ["lfs.url".to_owned(), format!("remote.{remote}.lfsurl")];
        let mut keys = if is_push { of_push.iter().chain(&of_both[1..]) } else { of_both.iter().chain(&[]) };
        let line = keys.find_map(|key| self.line(key))?;
        let by_push = self.pushing.rewrite(&line.value);
        let rewritten = if is_push && by_push.rule.is_some() { by_push } else { self.fetching.rewrite(&line.value) };
        Some((rewritten, line))
    }

    /// The last line of a key; git's configuration goes before `.lfsconfig`.
    fn line(&self, key: &str) -> Option<&'a Entry> {
        let last = |entries: &'a [Entry]| entries.iter().rfind(|entry| entry.key == key && !entry.value.is_empty());
        last(self.entries).or_else(|| last(self.lfsconfig))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    fn entries(lines: &[(&str, &str)]) -> Vec<Entry> {
        let entry = |(key, value): &(&str, &str)| Entry {
            scope: Scope::Local,
            file: None,
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        lines.iter().map(entry).collect()
    }

    fn told(lines: &[(&str, &str)], lfsconfig: &[(&str, &str)]) -> Vec<String> {
        let (entries, lfsconfig) = (entries(lines), entries(lfsconfig));
        let (urls, _) = remotes(&entries, &lfsconfig);
        let tell = |url: &RemoteUrl| {
            let lfs = url.lfs.as_ref().map_or_else(String::new, |(lfs, _)| format!(" lfs {}", lfs.url));
            format!("{}{} {}{lfs}", url.name, if url.is_push { " push" } else { "" }, url.git.url)
        };
        urls.iter().map(tell).collect()
    }

    #[test]
    fn what_is_asked_is_what_git_asks() {
        let remote = ("remote.o.url", "https://huggingface.co/a/b");
        let rule = ("url.https://mirror.example/.insteadof", "https://huggingface.co/");
        let push = ("url.git@hf.co:.pushinsteadof", "https://huggingface.co/");
        assert_eq!(told(&[remote], &[]), ["o https://huggingface.co/a/b"]);
        assert_eq!(told(&[remote, rule], &[]), ["o https://mirror.example/a/b"]);
        assert_eq!(told(&[remote, rule, push], &[]), ["o https://mirror.example/a/b", "o push git@hf.co:a/b"]);
        let own = ("remote.o.pushurl", "https://huggingface.co/c/d");
        assert_eq!(
            told(&[remote, own, push], &[]),
            ["o https://huggingface.co/a/b", "o push https://huggingface.co/c/d"]
        );
        let second = ("remote.o.url", "https://hf.co/a/b");
        assert_eq!(told(&[remote, second], &[]), ["o https://huggingface.co/a/b", "o push https://hf.co/a/b"]);
        assert_eq!(told(&[remote, ("remote.o.url", ""), second], &[]), ["o https://hf.co/a/b"]);
    }

    #[test]
    fn what_is_asked_is_what_git_lfs_asks() {
        let remote = ("remote.o.url", "https://hf.co/a/b");
        let lfs = |url| format!("o https://hf.co/a/b lfs {url}");
        assert_eq!(told(&[remote, ("remote.o.lfsurl", "https://x/r")], &[]), [lfs("https://x/r")]);
        assert_eq!(
            told(&[remote, ("remote.o.lfsurl", "https://x/r"), ("lfs.url", "https://x/l")], &[]),
            [lfs("https://x/l")]
        );
        assert_eq!(told(&[remote], &[("lfs.url", "https://x/c")]), [lfs("https://x/c")]);
        assert_eq!(told(&[remote, ("lfs.url", "https://x/l")], &[("lfs.url", "https://x/c")]), [lfs("https://x/l")]);
        assert_eq!(
            told(&[remote, ("lfs.pushurl", "https://x/p")], &[]),
            ["o https://hf.co/a/b".to_owned(), "o push https://hf.co/a/b lfs https://x/p".to_owned()]
        );
    }

    #[test]
    fn a_destination_is_told_from_others() {
        let hub = Hub::default();
        for (url, told) in [
            ("https://huggingface.co/a/b", "hub"),
            ("https://x:y@HF.co:443/a/b", "hub"),
            ("git@hf.co:a/b", "ssh hf.co"),
            ("hf.co:a/b", "ssh hf.co"),
            ("ssh://git@hf.co:22/a/b", "ssh hf.co"),
            ("https://u:p@hf-mirror.com/a", "other hf-mirror.com"),
            ("http://localhost:8080/a", "other localhost:8080"),
            ("http://huggingface.co/a/b", "other huggingface.co"),
            ("/srv/a.git", "local"),
            ("./a:b", "local"),
            ("C:\\a", "local"),
            ("file:///srv/a.git", "local"),
        ] {
            let found = match destination(url, &hub) {
                Destination::Hub(..) => "hub".to_owned(),
                Destination::Ssh(host) => format!("ssh {host}"),
                Destination::Other(host) => format!("other {host}"),
                Destination::Local => "local".to_owned(),
            };
            assert_eq!(found, told, "{url}");
        }
    }

    #[test]
    fn more_remotes_than_a_person_has_are_counted_only() {
        let lines: Vec<_> = (0..1990).map(|n| (format!("remote.r{n}.url"), "https://hf.co/a/b")).collect();
        let lines: Vec<_> = lines.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let entries = entries(&lines);
        let (urls, more) = remotes(&entries, &[]);
        assert_eq!((urls.len(), more), (MOST, 1990 - MOST));
    }
}
