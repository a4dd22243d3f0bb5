//! Where git, git-lfs and git-xet each look for a token: in different places, and not in one order.
//!
//! Sources: git's `http.c` and `credential.c`; git-lfs's `lfsapi/auth.go`, `creds/creds.go` and `config/url_config.go`;
//! xet-core's `git_xet/src/auth.rs`.

use secrecy::SecretString;

use super::{Finding, bypasses, executable, rivals};
use crate::repository::credential::{Credential, is_true};
use crate::repository::entry::Entry;
use crate::repository::owner::Values;
use crate::source::environment;
use crate::url::Url;

/// One of the programs that speak to the Hub for git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// git itself.
    Git,
    /// git-lfs, which asks git where its own places have nothing.
    Lfs,
    /// git-xet, which asks git last, and by the host alone.
    Xet,
}

/// Where a client's token comes from.
#[derive(Debug)]
pub enum Way<'a> {
    /// git's helpers are asked, by this, and this helper is among them; the other one before it.
    Helpers(Credential<'a>, Option<Finding>),
    /// It stands in the URL.
    Url(SecretString),
    /// `HF_TOKEN`, which the client reads itself.
    Variable(SecretString),
    /// From where this helper is not asked, and nobody looks.
    Elsewhere(Finding),
    /// It sends none.
    Nowhere(Finding),
}

impl Client {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Git, Self::Lfs, Self::Xet];

    /// The program's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Lfs => "git-lfs",
            Self::Xet => "git-xet",
        }
    }

    /// Where its token for a URL comes from; of a remote, as `url.<base>.insteadOf` rewrites it.
    #[must_use]
    pub fn way<'a>(self, place: &Url<'a>, entries: &'a [Entry]) -> Way<'a> {
        let header = || bypasses::in_headers(place, entries).map(Way::Elsewhere);
        let url = || place.password.map(|password| Way::Url(SecretString::from(password)));
        let netrc = || bypasses::in_netrc(&[&place.host]).into_iter().next().map(Way::Elsewhere);
        match self {
            Self::Git => header().or_else(url).or_else(netrc).unwrap_or_else(|| helpers(place, place, entries)),
            Self::Lfs => header().or_else(url).or_else(netrc).unwrap_or_else(|| {
                let asked = Url { user: place.user, ..place.host() };
                let asked = if tells_path(place, entries) { place } else { &asked };
                helpers(asked, place, entries)
            }),
            Self::Xet => without_access(place, entries)
                .or_else(|| url().filter(|_| place.user.is_some()))
                .or_else(of_variable)
                .or_else(netrc)
                .unwrap_or_else(|| helpers(&place.host(), place, entries)),
        }
    }
}

fn helpers<'a>(asked: &Url<'a>, place: &Url, entries: &'a [Entry]) -> Way<'a> {
    let credential = Credential::at(asked, entries);
    let other = credential.helpers.iter().find(|entry| !executable::is_ours(&entry.value));
    let ours = credential.helpers.iter().position(|entry| executable::is_ours(&entry.value));
    let unasked = |told: String| Finding { about: "setup", told, remedy: "git-credential-hf setup".to_owned() };
    match (ours, other) {
        (Some(ours), other) => {
            let other = other
                .filter(|other| credential.helpers[..ours].contains(other))
                .map(|other| rivals::asked_first(other));
            Way::Helpers(credential, other)
        }
        (None, Some(other)) => Way::Elsewhere(unasked(format!(
            "git asks {} for {}, and not this helper",
            rivals::place(other),
            place.host
        ))),
        (None, None) => Way::Nowhere(unasked(format!("git does not ask this helper for {}", place.host))),
    }
}

/// Whether git-lfs tells git the path: it goes by the closest line, where git goes by the last.
fn tells_path(place: &Url, entries: &[Entry]) -> bool {
    let nameless = Url { user: None, ..place.clone() };
    Values::among(entries, "usehttppath").closest(&nameless).is_some_and(is_true)
}

/// git-xet sends nothing where git-lfs is told that the repository's server wants none.
fn without_access<'a>(place: &Url, entries: &[Entry]) -> Option<Way<'a>> {
    let server = format!("{}.git/info/lfs", place.url().trim_end_matches(".git"));
    let is_its =
        |entry: &&Entry| url_of_access(entry).and_then(Url::parse).is_some_and(|access| access.url() == server);
    let told = entries.iter().rfind(is_its).filter(|entry| entry.value == "none")?;
    Some(Way::Nowhere(Finding {
        about: "lfs access",
        told: format!("lfs.{server}.access is none"),
        remedy: format!("git config --{} --unset lfs.{server}.access", told.scope.name()),
    }))
}

/// The URL of git-lfs's note on whether a server wants a login.
#[must_use]
pub fn url_of_access(entry: &Entry) -> Option<&str> {
    entry.key.strip_prefix("lfs.")?.strip_suffix(".access")
}

/// Set to nothing, git-xet sends just that.
fn of_variable<'a>() -> Option<Way<'a>> {
    if !environment::is_read_by_xet() {
        return None;
    }
    Some(match environment::in_force() {
        Some(("HF_TOKEN", secret)) => Way::Variable(secret),
        _ => Way::Nowhere(Finding {
            about: "HF_TOKEN",
            told: "HF_TOKEN is set and holds no token, and git-xet looks no further".to_owned(),
            remedy: "unset HF_TOKEN".to_owned(),
        }),
    })
}
