//! What `doctor` looks at: each check is one finding and its remedy, and knows nothing of how it is shown.

pub mod diagnosis;
pub mod hub;
pub mod network;
pub mod places;
pub mod programs;
pub mod strays;
pub mod target;
pub mod tokens;
pub mod visit;

use self::diagnosis::Who;
use self::target::{Other, Target};
use self::visit::Visit;
use crate::helper;
use crate::here::Here;
use crate::hub::Api;
use crate::refusals::Refusals;
use crate::repository::owner;
use crate::source::{Held, Wanted};
use crate::terminal::Progress;

/// All that was found.
#[derive(Debug)]
pub struct Examination {
    /// Each check, in the order they are told.
    pub checks: Vec<Check>,
    /// What came of asking for a repository.
    pub visit: Option<Visit>,
}

/// Looks at everything, and asks the Hub for `target` where there is one.
#[must_use]
pub fn examine(here: &Here, target: Option<Result<Target, Other>>, writes: bool) -> Examination {
    let (target, other) = match target {
        Some(Ok(target)) => (Some(target), None),
        Some(Err(other)) => (None, Some(other)),
        None => (None, None),
    };
    let endpoint = target.as_ref().map_or(&here.endpoint, |target| &target.endpoint).clone();
    let requested = match &target {
        Some(target) => owner::requested_at(&target.url_for_git()),
        None => here.requested.clone(),
    };
    let wanted = Wanted { endpoint: &endpoint, username: requested.as_deref() };
    let refusals = Refusals::from_env();
    // a token that was refused a moment ago is the very one to find out about
    let sources = here.sources();
    let answer = helper::find(wanted, &sources, &Refusals::none());
    let held: Vec<Held> = sources.iter().flat_map(|source| source.list(&endpoint)).filter_map(Result::ok).collect();
    let found = answer.as_ref().ok().and_then(Option::as_ref);
    let sends_bearer = found.is_some_and(|(_, token)| token.prefers_bearer());

    let mut checks = programs::checks(here, sends_bearer);
    checks.extend(strays::checks(here, found.is_some()));
    checks.extend(places::checks(here));
    checks.extend(network::checks(here, &endpoint));
    checks.extend(tokens::environment(here, &held));
    checks.push(tokens::answer(&answer, &wanted, target.is_none()));
    checks.extend(tokens::expiry(&answer, &held));
    checks.push(tokens::refused(&answer, &endpoint, &refusals));

    let mut visit = None;
    match Api::at(&here.hub, &endpoint) {
        Err(why) => checks.push(hub::is_not_asked(&why)),
        Ok(api) if found.is_some() || target.is_some() => {
            let _progress = Progress::of(&format!("asking {} ...", endpoint.host()));
            let who = match found {
                None => Who::Nobody,
                Some(found) => {
                    let (check, who) = hub::account(&api, &endpoint, found, &refusals);
                    checks.push(check);
                    who
                }
            };
            if let Some(target) = target {
                match visit::pay(&api, target, writes, found, &who, &held) {
                    Ok(paid) => visit = Some(paid),
                    Err(why) => checks.push(hub::is_silent(&why)),
                }
            }
            checks.extend(hub::clock(&api));
        }
        Ok(_) => {}
    }
    checks.extend(other.map(|other| other.check(here)));
    Examination { checks, visit }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is well.
    Ok,
    /// It may be trouble, now or later.
    Warn,
    /// It is trouble.
    Fail,
}

impl Outcome {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one look found. It names places and accounts, and holds no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How that ended.
    pub outcome: Outcome,
    /// What was found, in a sentence.
    pub told: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Check {
    /// All is well.
    #[must_use]
    pub fn ok(name: &'static str, told: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, told: told.into(), remedy: None }
    }

    /// It may be trouble.
    #[must_use]
    pub fn warn(name: &'static str, told: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Warn, told: told.into(), remedy: Some(remedy.into()) }
    }

    /// It is trouble.
    #[must_use]
    pub fn fail(name: &'static str, told: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, ..Self::warn(name, told, remedy) }
    }
}

/// A name from outside, no longer than any that is read.
#[must_use]
pub fn short(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = name.chars().take(LONGEST).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
