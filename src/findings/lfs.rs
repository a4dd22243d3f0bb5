//! git-lfs: what it noted about logins (`lfs.<url>.access`), and where it is sent besides git.

use super::remedy::{Command, Remedy};
use super::urls::{self, Destination, RemoteUrl, destination};
use super::{Check, Finding, place, remotes};
use crate::endpoint::Hub;
use crate::repository::entry::Entry;
use crate::url::Url;

/// What it noted for each URL, which it never looks at again; `has_token` where git has one to use.
#[must_use]
pub fn stale_access(hub: &Hub, entries: &[Entry], has_token: impl Fn(&Url) -> bool) -> Vec<Finding> {
    let (remotes, _) = urls::remotes(entries, &[]);
    let found = entries.iter().filter_map(|entry| {
        let place = Url::parse(url_of_access(entry)?)?;
        let is_storage = [".hf.co", ".huggingface.co"].iter().any(|end| place.host.ends_with(end));
        let is_of_remote = remotes.iter().any(|remote| {
            Url::parse(&remote.git.url).is_some_and(|remote| {
                let rest = place.path.strip_prefix(remote.path.trim_end_matches(".git"));
                place.host == remote.host && rest.is_some_and(|rest| rest.starts_with(['.', '/']))
            })
        });
        let why = match entry.value.to_ascii_lowercase().as_str() {
            _ if is_storage => "makes git-lfs ask for a password where none is wanted",
            _ if place.endpoint(hub).is_none() => return None,
            "none" if is_of_remote || remotes.is_empty() => "makes git-lfs and git-xet show no token",
            "basic" if !has_token(&place) => "makes git-lfs ask for a password, also where everybody may read",
            _ if !is_of_remote && !remotes.is_empty() => "is of no remote of this repository",
            _ => return None,
        };
        Some(stale(entry, why))
    });
    found.collect()
}

/// git-lfs is told that the repository's server wants no login.
#[must_use]
pub fn without_access(at: &Url, entries: &[Entry]) -> Option<Finding> {
    let server = format!("{}.git/info/lfs", at.url().trim_end_matches(".git"));
    let is_its =
        |entry: &&Entry| url_of_access(entry).and_then(Url::parse).is_some_and(|access| access.url() == server);
    let noted = entries.iter().rfind(is_its).filter(|entry| entry.value == "none")?;
    Some(stale(noted, "makes git-lfs and git-xet show no token"))
}

fn stale(entry: &Entry, why: &str) -> Finding {
    let is_shown = !entry.key.contains('@');
    let remedy = match Command::unsetting_key(entry).filter(|_| is_shown) {
        Some(command) => Remedy::run(command),
        None => Remedy::say("take that line out: ")
            .then(Command::of("git config --edit").with(format!("--{}", entry.scope.name()))),
    };
    Finding::warn(Check::LfsAccessStale, format!("{} {why}", place(entry)), remedy).at(place(entry))
}

/// The URL of git-lfs's note on whether a server wants a login.
fn url_of_access(entry: &Entry) -> Option<&str> {
    entry.key.strip_prefix("lfs.")?.strip_suffix(".access")
}

/// git goes to a Hub, and git-lfs is sent elsewhere.
#[must_use]
pub fn elsewhere(url: &RemoteUrl, hub: &Hub) -> Option<Finding> {
    let (lfs, line) = url.lfs.as_ref()?;
    if !matches!(destination(&url.git.url, hub), Destination::Hub(..)) {
        return None;
    }
    let host = match destination(&lfs.url, hub) {
        Destination::Hub(..) => return None,
        Destination::Ssh(host) | Destination::Other(host) => remotes::short(&host),
        Destination::Local => "a path of this machine".to_owned(),
    };
    let message = format!("git-lfs goes to {host}, which is no Hub of yours: {}", place(line));
    let remedy = Command::unsetting_key(line).map_or_else(|| remotes::unset(line), Remedy::run);
    Some(Finding::warn(Check::LfsElsewhere, message, remedy).at(place(line)))
}
