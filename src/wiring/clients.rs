//! What git, git-lfs and git-xet each send to a Hub: they look in different places, and not in one order.
//!
//! Sources: gitcredentials(7) and git's `http.c`; git-lfs's `creds/creds.go`; xet-core's `git_xet/src/auth.rs`.

use super::{Finding, bypasses, rivals};
use crate::endpoint::Endpoint;
use crate::here::Here;
use crate::repository::entry::Entry;
use crate::source::environment;

/// One of the programs that speak to the Hub for git.
#[derive(Debug)]
pub struct Client {
    /// Its name.
    pub name: &'static str,
    /// What it sends.
    pub sends: Sends,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sends {
    /// What this helper answers.
    Ours,
    /// `HF_TOKEN`, which it reads itself.
    Variable,
    /// Something that goes past this helper.
    Another(Finding),
    /// Nothing.
    Nothing(Finding),
}

/// The three clients, where the person stands.
#[must_use]
pub fn all(here: &Here) -> [Client; 3] {
    let Here { hub, endpoint, entries, .. } = here;
    let urls: Vec<_> = hub.urls().into_iter().filter(|url| is_at(here, url, endpoint)).collect();
    let past = bypasses::findings(&urls, entries);
    let about = |subjects: &[&str]| {
        let first = subjects.iter().find_map(|subject| past.iter().find(|finding| finding.about == *subject));
        first.cloned().map(Sends::Another)
    };
    let by_helpers = || {
        if rivals::our_line(endpoint.url(), entries).is_none() {
            return Sends::Nothing(Finding {
                about: "setup",
                told: format!("git does not ask this helper for {}", endpoint.host()),
                remedy: "git-credential-hf setup".to_owned(),
            });
        }
        rivals::asked_before(endpoint.url(), entries).map_or(Sends::Ours, Sends::Another)
    };
    let of_git = about(&["extraHeader", "remote URLs", "insteadOf", "netrc"]).unwrap_or_else(by_helpers);
    let of_xet = without_access(entries)
        .or_else(|| about(&["remote URLs", "insteadOf"]))
        .or_else(|| environment::is_read_by_xet().then(of_variable))
        .or_else(|| about(&["netrc"]))
        .unwrap_or_else(by_helpers);
    // git-lfs asks git for all that is in git's configuration, and looks into netrc before its helpers as curl does
    let of_lfs = of_git.clone();
    [
        Client { name: "git", sends: of_git },
        Client { name: "git-lfs", sends: of_lfs },
        Client { name: "git-xet", sends: of_xet },
    ]
}

/// Lines that git-lfs wrote down of an endpoint's servers, and that outlive what they were true of.
#[must_use]
pub fn stale_access(here: &Here) -> Vec<Finding> {
    let stale = here.entries.iter().filter(|entry| entry.value.eq_ignore_ascii_case("basic"));
    let of_hub = stale.filter_map(|entry| Some((entry, url_of_access(entry)?)));
    of_hub
        .filter(|(_, url)| here.hub.urls().iter().any(|hub| url.starts_with(hub.as_str())))
        .map(|(entry, url)| Finding {
            about: "lfs access",
            told: format!("{} says that git-lfs needs a password even where the repository is public", entry.key),
            remedy: format!("git config --{} --unset lfs.{url}.access", entry.scope.name()),
        })
        .collect()
}

fn is_at(here: &Here, url: &str, endpoint: &Endpoint) -> bool {
    let parts = url.split_once("://");
    parts.and_then(|(scheme, host)| here.hub.endpoint(scheme.as_bytes(), host.as_bytes())).as_ref() == Some(endpoint)
}

/// git-xet sends nothing where git-lfs is told to.
fn without_access(entries: &[Entry]) -> Option<Sends> {
    let told = entries.iter().rev().find(|entry| url_of_access(entry).is_some() && entry.value == "none")?;
    Some(Sends::Nothing(Finding {
        about: "lfs access",
        told: format!("{} is none", told.key),
        remedy: format!("git config --{} --unset {}", told.scope.name(), told.key),
    }))
}

fn url_of_access(entry: &Entry) -> Option<&str> {
    entry.key.strip_prefix("lfs.")?.strip_suffix(".access")
}

/// Set to nothing, it sends just that.
fn of_variable() -> Sends {
    if environment::in_force().is_some() {
        return Sends::Variable;
    }
    Sends::Nothing(Finding {
        about: "HF_TOKEN",
        told: "HF_TOKEN is set and holds no token, and git-xet looks no further".to_owned(),
        remedy: "unset HF_TOKEN".to_owned(),
    })
}
