//! Where git, git-lfs and git-xet each look for a token: in different places, and not in one order.
//!
//! Sources: git's `http.c` and `credential.c`; git-lfs's `lfsapi/auth.go`, `creds/creds.go` and `config/url_config.go`;
//! xet-core's `git_xet/src/auth.rs`.

use secrecy::SecretString;

use super::remedy::Remedy;
use super::{Check, Finding, headers, helpers, lfs, netrc, place};
use crate::repository::credential::{Credential, is_true};
use crate::repository::entry::Entry;
use crate::repository::owner::Values;
use crate::source::environment;
use crate::url::Url;
use crate::wiring::executable;

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
    /// git's helpers are asked, by this, and this helper is among them; what is tried before it.
    Helpers(Credential<'a>, Option<Finding>),
    /// It stands in the URL.
    Url(SecretString),
    /// `HF_TOKEN`, which the client reads itself.
    Variable(SecretString),
    /// From where this helper is not asked.
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

    /// Whether it can be run.
    #[must_use]
    pub fn is_installed(self) -> bool {
        executable::is_installed(self.name())
    }

    /// Where its token for a URL comes from, as git's configuration rewrites it.
    #[must_use]
    pub fn way<'a>(self, place: &Url<'a>, entries: &'a [Entry]) -> Way<'a> {
        let header = || headers::at(place, entries).map(Way::Elsewhere);
        let url = || place.password.map(|password| Way::Url(SecretString::from(password)));
        let first = || netrc::at(place);
        match self {
            Self::Git => header().or_else(url).unwrap_or_else(|| asked(place, place, entries, first())),
            Self::Lfs => header().or_else(url).unwrap_or_else(|| {
                let told = Url { user: place.user, ..place.host() };
                let told = if tells_path(place, entries) { place } else { &told };
                asked(told, place, entries, first())
            }),
            Self::Xet => lfs::without_access(place, entries)
                .map(Way::Nowhere)
                .or_else(|| url().filter(|_| place.user.is_some()))
                .or_else(of_variable)
                .or_else(|| netrc::at(&place.host()).map(Way::Elsewhere))
                .unwrap_or_else(|| asked(&place.host(), place, entries, None)),
        }
    }
}

/// git's helpers are asked after what goes first.
fn asked<'a>(told: &Url<'a>, at: &Url, entries: &'a [Entry], first: Option<Finding>) -> Way<'a> {
    let credential = Credential::at(told, entries);
    let is_ours = |entry: &&Entry| executable::is_ours(&entry.value);
    let Some(ours) = credential.helpers.iter().position(is_ours) else {
        if let Some(first) = first {
            return Way::Elsewhere(first);
        }
        let url = format!("{}://{}", at.scheme, at.host);
        return match credential.helpers.first() {
            Some(other) => {
                let message = format!("git asks {} for {}, and not this helper", place(other), at.host);
                Way::Elsewhere(Finding::fail(Check::NotSetUp, message, Remedy::of("git-credential-hf setup")))
            }
            None => Way::Nowhere(helpers::not_asked(&at.host, &url, entries)),
        };
    };
    if executable::program(&credential.helpers[ours].value).is_none() {
        return first.map_or_else(|| Way::Nowhere(not_found()), Way::Elsewhere);
    }
    let other = credential.helpers[..ours].first().map(|other| helpers::asked_first(other));
    Way::Helpers(credential, first.or(other))
}

/// git does not find the program that its configuration names.
#[must_use]
pub fn not_found() -> Finding {
    let message = "git does not find git-credential-hf: it is in no directory of PATH, or it was moved";
    let remedy = Remedy::of("git-credential-hf setup");
    Finding::fail(Check::HelperNotFound, message, remedy)
}

/// Whether git-lfs tells git the path: it goes by the closest line, where git goes by the last.
fn tells_path(place: &Url, entries: &[Entry]) -> bool {
    let nameless = Url { user: None, ..place.clone() };
    Values::among(entries, "usehttppath").closest(&nameless).is_some_and(is_true)
}

/// Set to nothing, git-xet sends just that.
fn of_variable<'a>() -> Option<Way<'a>> {
    if !environment::is_read_by_xet() {
        return None;
    }
    if let Some(("HF_TOKEN", secret)) = environment::in_force() {
        return Some(Way::Variable(secret));
    }
    let message = "HF_TOKEN is set and holds no token, and git-xet looks no further";
    let found = Finding::warn(Check::VariableEmptyForXet, message, Remedy::of("unset HF_TOKEN")).at("HF_TOKEN");
    Some(Way::Nowhere(found))
}
