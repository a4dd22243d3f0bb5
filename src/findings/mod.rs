//! The one detector: what stands or lies between git and the right token, from git's effective configuration, the files
//! and the environment. `doctor` lists all of it; `status`, `setup`, `login` and `switch` show what changes what git sends.

mod check;
pub mod clients;
pub mod credential_files;
pub mod environment;
mod headers;
pub mod helpers;
pub mod lfs;
pub mod netrc;
pub mod remedy;
pub mod remotes;
pub mod transport;
pub mod urls;

use std::fmt;

pub use self::check::Check;
use self::remedy::Remedy;
use crate::endpoint::Hub;
use crate::repository::entry::{Entry, Scope};
use crate::token::AccessToken;
use crate::wiring::rivals;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// git does not work with it.
    Fail,
    /// It may be trouble, now or later.
    Warn,
    /// It is well.
    Ok,
}

impl Severity {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Ok => "ok",
        }
    }
}

/// What one look found. Its words name places and accounts, and hold no token.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is: a file, a line of git's configuration, a variable.
    pub location: Option<String>,
    /// What was found, in a sentence.
    pub message: String,
    /// What to do about it; `None` where it is well.
    pub remedy: Option<Remedy>,
    /// The token that git sends because of it.
    pub token: Option<AccessToken>,
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn ok(check: Check, message: impl Into<String>) -> Self {
        Self { check, severity: Severity::Ok, location: None, message: message.into(), remedy: None, token: None }
    }

    /// It may be trouble.
    #[must_use]
    pub fn warn(check: Check, message: impl Into<String>, remedy: Remedy) -> Self {
        Self { severity: Severity::Warn, remedy: Some(remedy), ..Self::ok(check, message) }
    }

    /// It is trouble.
    #[must_use]
    pub fn fail(check: Check, message: impl Into<String>, remedy: Remedy) -> Self {
        Self { severity: Severity::Fail, ..Self::warn(check, message, remedy) }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(self, location: impl Into<String>) -> Self {
        Self { location: Some(location.into()), ..self }
    }

    /// The same, with the token that git sends because of it.
    #[must_use]
    pub fn sending(self, token: Option<AccessToken>) -> Self {
        Self { token, ..self }
    }

    /// What to do about it, as people read it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        self.remedy.as_ref().map(Remedy::to_string)
    }
}

/// Two findings are one where the same is to be done about the same thing.
impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        let is_there = self.location.is_some() && self.location == other.location;
        (self.check, &self.remedy) == (other.check, &other.remedy) && (is_there || self.message == other.message)
    }
}

impl Eq for Finding {}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.remedy().map_or(Ok(()), |remedy| write!(f, ": {remedy}"))
    }
}

/// Returns what git sends before it asks any helper, or what takes it elsewhere: for reading and for pushing.
#[must_use]
pub fn past_the_helper(hub: &Hub, entries: &[Entry]) -> Vec<Finding> {
    let mut found = helpers::dangling(entries);
    found.extend(netrc::findings(hub));
    found.extend(remotes::findings(hub, entries));
    found.extend(headers::findings(hub, entries));
    unique(found)
}

/// Returns what changes what git sends to the Hubs: all that `setup`, `login`, `switch` and `bind` warn of. `scope` is the
/// one that is written, and `is_set_up` false before it is.
#[must_use]
pub fn of_sending(hub: &Hub, entries: &[Entry], scope: Scope, is_set_up: bool) -> Vec<Finding> {
    let mut found: Vec<_> =
        hub.urls().iter().flat_map(|url| helpers::findings(url, entries, scope, is_set_up)).collect();
    found.extend(past_the_helper(hub, entries));
    found.extend(transport::findings(hub, entries));
    found.extend(environment::in_force());
    found.extend(environment::endpoint(hub));
    unique(found)
}

/// Each finding once, the first time.
#[must_use]
pub fn unique(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut unique: Vec<Finding> = Vec::new();
    for finding in findings {
        if !unique.contains(&finding) {
            unique.push(finding);
        }
    }
    unique
}

/// A line of git's configuration, by its place alone.
fn place(entry: &Entry) -> String {
    rivals::place(entry)
}
