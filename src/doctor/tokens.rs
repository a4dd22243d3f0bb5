//! The tokens themselves, without the network: the one git would use, what hides it, and what ends or ended.

use anyhow::Result;

use crate::endpoint::Endpoint;
use crate::here::Here;
use crate::protocol::Scheme;
use crate::refusals::Refusals;
use crate::source::validity::Validity;
use crate::source::{Held, Kind, Place, Wanted, environment, unread};
use crate::terminal::quoted;
use crate::token::{self, AccessToken};

use super::{Check, short};

/// From when on people are told that a token ends, in seconds.
const SOON: i64 = 7 * 24 * 3600;

/// What git would be answered.
pub type Answer = Result<Option<(Kind, AccessToken)>>;

/// The environment's part.
#[must_use]
pub fn environment(here: &Here, held: &[Held]) -> Vec<Check> {
    hf_token(held).into_iter().chain(hf_endpoint(here)).collect()
}

fn hf_token(held: &[Held]) -> Vec<Check> {
    const NAME: &str = "HF_TOKEN";
    let doubts = environment::doubts();
    let mut checks: Vec<_> = doubts
        .iter()
        .map(|(name, why)| {
            Check::warn(NAME, format!("{name} {why}"), format!("set {name} to a token alone, or `unset {name}`"))
        })
        .collect();
    checks.extend(unread::tokens().into_iter().map(|unread| Check::warn(NAME, unread.told, unread.remedy)));
    let in_force = held.iter().find(|held| matches!(held.place, Place::Variable(_)));
    if let Some(Held { place: Place::Variable(name), token: Some(token), .. }) = in_force {
        let is_another = |held: &&Held| {
            let another = held.token.as_ref().filter(|held| !token::same(&held.secret, &token.secret));
            another.is_some() && !matches!(held.place, Place::Variable(_))
        };
        let others = held.iter().filter(is_another).count();
        checks.push(if others > 0 {
            Check::warn(
                NAME,
                format!("{name} is set ({}): it goes before those you stored or logged in with", token.masked()),
                format!("`unset {name}`, unless that is meant"),
            )
        } else {
            Check::ok(NAME, format!("{name} is set ({})", token.masked()))
        });
    } else if checks.is_empty() {
        checks.push(Check::ok(NAME, "not set"));
    }
    checks
}

fn hf_endpoint(here: &Here) -> Option<Check> {
    const NAME: &str = "HF_ENDPOINT";
    if here.hub.ignores_endpoint() {
        return Some(Check::fail(
            NAME,
            "HF_ENDPOINT is no https URL of a host (nor http on this machine), so no token goes there",
            "set it to such a URL, or unset it",
        ));
    }
    let other = here.hub.endpoints().nth(1)?;
    Some(Check::warn(
        NAME,
        format!("HF_ENDPOINT sends your tokens to {} too", other.host()),
        "unset it, unless that is your Hub",
    ))
}

/// The token git would use; `is_needed` where nothing can be asked of the Hub without one.
#[must_use]
pub fn answer(answer: &Answer, wanted: &Wanted, is_needed: bool) -> Check {
    const NAME: &str = "token";
    match answer {
        Ok(Some((kind, token))) => {
            let told = format!("git would use {} {}", token.masked(), of(*kind));
            match token::oddity(&token.secret) {
                Some(oddity) => Check::warn(NAME, format!("{told}, which {oddity}"), renewal(Some(*kind))),
                None => Check::ok(NAME, told),
            }
        }
        Ok(None) => {
            let host = wanted.endpoint.host();
            let told = match wanted.username {
                Some(name) => format!("git has no token for {host} as {}, for whom it asks here", short(name)),
                None => format!("git has no token for {host}"),
            };
            let remedy = "`git-credential-hf login`, or set HF_TOKEN";
            if is_needed { Check::fail(NAME, told, remedy) } else { Check::warn(NAME, told, remedy) }
        }
        Err(error) => {
            Check::fail(NAME, format!("git gets no token: {error:#}"), "`git-credential-hf status` shows each source")
        }
    }
}

/// How one that is not good is replaced, where git has it from.
#[must_use]
pub fn renewal(kind: Option<Kind>) -> String {
    match kind {
        Some(Kind::Stored | Kind::HfHome) | None => "make a new one, then `git-credential-hf login`".to_owned(),
        Some(kind) => kind.how_to_renew(),
    }
}

/// Where a token comes from, in words.
fn of(kind: Kind) -> &'static str {
    match kind {
        Kind::Username => "in the URL",
        Kind::Ci => "of the CI identity",
        Kind::Environment => "of the environment",
        Kind::Command => "of the token command",
        Kind::Stored => "that git stored",
        Kind::HfHome => "of the HF home",
    }
}

/// What ended, and the end of what git would use.
#[must_use]
pub fn expiry(answer: &Answer, held: &[Held]) -> Vec<Check> {
    const NAME: &str = "expiry";
    const REMEDY: &str = "git-credential-hf login";
    let now = token::now();
    let used = answer.as_ref().ok().and_then(|found| Some(&found.as_ref()?.1));
    let mut checks = Vec::new();
    if let Some(used) = used {
        let held = held.iter().find(|held| held.holds(&used.secret)).cloned();
        let place = held.unwrap_or_else(|| Held::at(Place::Username, None));
        let validity = Validity::of(&Held { token: Some(used.clone()), ..place }, false);
        let told = format!("git's token {}", validity.in_words());
        match validity {
            Validity::Unlimited => {}
            Validity::Ends(end) if end - now < SOON => checks.push(Check::warn(NAME, told, REMEDY)),
            validity if validity.is_over() => checks.push(Check::warn(NAME, told, REMEDY)),
            _ => checks.push(Check::ok(NAME, told)),
        }
    }
    for held in held {
        let validity = Validity::of(held, false);
        if validity.is_over() {
            let name = short(&held.name);
            let remedy = format!("`git-credential-hf login`, or `git-credential-hf logout {}`", quoted(&name));
            checks.push(Check::warn(NAME, format!("'{name}' {}", validity.in_words()), remedy));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(NAME, "no token is known to end"));
    }
    checks
}

/// Whether the Hub refused that token a moment ago, so that it is not offered meanwhile.
#[must_use]
pub fn refused(answer: &Answer, endpoint: &Endpoint, refusals: &Refusals) -> Check {
    const NAME: &str = "refusals";
    let found = answer.as_ref().ok().and_then(Option::as_ref);
    let is_refused = |token: &AccessToken| {
        [Scheme::Basic, Scheme::Bearer].into_iter().any(|scheme| refusals.hold(endpoint, scheme, &token.secret))
    };
    match found.filter(|(_, token)| is_refused(token)) {
        Some((kind, token)) => Check::warn(
            NAME,
            format!(
                "the Hub refused {} {} within the last 15 minutes, so git is not given it now",
                token.masked(),
                of(*kind)
            ),
            format!("see below why; {}", renewal(Some(*kind))),
        ),
        None => Check::ok(NAME, "the Hub refused no token of yours lately"),
    }
}
