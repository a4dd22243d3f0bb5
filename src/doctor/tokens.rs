//! The tokens themselves, without the network: the one git would use, what hides it, and what ends or ended.

use anyhow::Result;

use crate::endpoint::Endpoint;
use crate::findings::remedy::{Command, Remedy};
use crate::findings::remotes::short;
use crate::findings::{self, Check, Finding, Severity};
use crate::here::Here;
use crate::protocol::Scheme;
use crate::refusals::Refusals;
use crate::repository;
use crate::source::validity::Validity;
use crate::source::{Held, Kind, Place, Wanted, environment};
use crate::token::{self, AccessToken};

/// From when on people are told that a token ends, in seconds.
const SOON: i64 = 7 * 24 * 3600;

/// What git would be answered.
pub type Answer = Result<Option<(Kind, AccessToken)>>;

/// The environment's part.
#[must_use]
pub fn environment(here: &Here, held: &[Held]) -> Vec<Finding> {
    let mut found = variable(held);
    found.extend(findings::environment::unread());
    found.extend(findings::environment::endpoint(&here.hub));
    found
}

fn variable(held: &[Held]) -> Vec<Finding> {
    let mut found = findings::environment::odd();
    let in_force = held.iter().find(|held| matches!(held.place, Place::Variable(_)));
    if let Some(Held { place: Place::Variable(name), token: Some(token), .. }) = in_force {
        let is_another = |held: &&Held| {
            let another = held.token.as_ref().filter(|held| !token::same(&held.secret, &token.secret));
            another.is_some() && !matches!(held.place, Place::Variable(_))
        };
        let others = held.iter().filter(is_another).count();
        found.push(if others > 0 {
            Finding::warn(
                Check::VariableInForce,
                format!("{name} is set ({}): it goes before those you stored or logged in with", token.masked()),
                Remedy::run(Command::new(["unset", name])).and(", unless that is meant"),
            )
            .at(*name)
        } else {
            Finding::ok(Check::VariableInForce, format!("{name} is set ({})", token.masked()))
        });
    } else if found.is_empty() {
        found.push(Finding::ok(Check::VariableNotSet, "not set"));
    }
    found
}

/// What git sends: a token, and where it comes from.
#[derive(Debug)]
pub struct Sent {
    /// The token.
    pub token: AccessToken,
    /// What makes git send it.
    pub by: By,
}

/// What makes git send a token.
#[derive(Debug)]
pub enum By {
    /// This helper answers, from a source.
    Source(Kind),
    /// It goes past this helper.
    Override(Finding),
}

impl Sent {
    /// Returns how one that is not good is replaced, where git has it from.
    #[must_use]
    pub fn renewal(&self) -> Remedy {
        match &self.by {
            By::Source(kind) => renewal(Some(*kind)),
            By::Override(finding) => finding.remedy.clone().unwrap_or_default(),
        }
    }
}

/// The token git would use; `is_needed` where nothing can be asked of the Hub without one.
#[must_use]
pub fn answer(answer: &Answer, sent: Option<&Sent>, wanted: &Wanted, is_needed: bool) -> Finding {
    if let Some(Sent { token, by: By::Override(first) }) = sent {
        let place = first.location.as_deref().unwrap_or("its configuration");
        let message = format!("git sends {}, of {place}, before it asks this helper", token.masked());
        return Finding::warn(Check::GoesFirst, message, first.remedy.clone().unwrap_or_default());
    }
    match answer {
        Ok(Some((kind, token))) => {
            let told = format!("git would use {} {}", token.masked(), of(*kind));
            match token::oddity(&token.secret) {
                Some(oddity) => Finding::warn(Check::TokenOdd, format!("{told}, which {oddity}"), renewal(Some(*kind))),
                None => Finding::ok(Check::TokenFound, told),
            }
        }
        Ok(None) => {
            let host = wanted.endpoint.host();
            let (told, login) = match wanted.username {
                Some(name) => (
                    format!("git has no token for {host} as {}, for whom it asks here", short(name)),
                    Command::of("git-credential-hf login --name").with(short(name)),
                ),
                None => (format!("git has no token for {host}"), Command::of("git-credential-hf login")),
            };
            let remedy = Remedy::default().then(login).and(", or set HF_TOKEN");
            let found = Finding::warn(Check::TokenMissing, told, remedy);
            Finding { severity: if is_needed { Severity::Fail } else { Severity::Warn }, ..found }
        }
        Err(error) => Finding::fail(
            Check::TokenFails,
            format!("git gets no token: {error:#}"),
            Remedy::default().then(Command::of("git-credential-hf status")).and(" shows each source"),
        ),
    }
}

/// How one that is not good is replaced, where git has it from.
#[must_use]
pub fn renewal(kind: Option<Kind>) -> Remedy {
    match (kind, environment::in_force()) {
        (Some(Kind::Environment), Some((name, _))) => {
            Remedy::say(format!("set {name} to a new one, or ")).then(Command::new(["unset", name]))
        }
        (Some(Kind::Username), _) => "put a valid one into the URL, or take it out".into(),
        (Some(Kind::Ci), _) => "see whether this job is still a trusted publisher".into(),
        (Some(Kind::Command), _) => "have the token command print a new one".into(),
        _ => Remedy::say("make a new one, then ").then(Command::of("git-credential-hf login")),
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
pub fn expiry(answer: &Answer, held: &[Held]) -> Vec<Finding> {
    let now = token::now();
    let used = answer.as_ref().ok().and_then(|found| Some(&found.as_ref()?.1));
    let mut found = Vec::new();
    if let Some(used) = used {
        let held = held.iter().find(|held| held.holds(&used.secret)).cloned();
        let place = held.unwrap_or_else(|| Held::at(Place::Username, None));
        let validity = Validity::of(&Held { token: Some(used.clone()), ..place }, false);
        let told = format!("git's token {}", validity.in_words());
        match validity {
            Validity::Unlimited => {}
            Validity::Ends(end) if end - now < SOON => {
                found.push(Finding::warn(Check::ExpiresSoon, told, Remedy::log_in()));
            }
            validity if validity.is_over() => found.push(Finding::warn(Check::Expired, told, Remedy::log_in())),
            _ => found.push(Finding::ok(Check::ExpiresLater, told)),
        }
    }
    for held in held {
        let validity = Validity::of(held, false);
        if validity.is_over() {
            let told = format!("'{}' {}", short(&held.name), validity.in_words());
            let logout = Command::of("git-credential-hf logout").with(&*held.name);
            let remedy = Remedy::default().then(Command::of("git-credential-hf login")).and(", or ").then(logout);
            found.push(Finding::warn(Check::Expired, told, remedy));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(Check::NoExpiry, "no token is known to end"));
    }
    found
}

/// Whether the Hub rejected what git sends a moment ago, so that it is not offered meanwhile.
#[must_use]
pub fn rejected(sent: Option<&Sent>, endpoint: &Endpoint, refusals: &Refusals) -> Finding {
    let found = sent.and_then(|sent| match &sent.by {
        By::Source(kind) => Some((kind, &sent.token)),
        By::Override(_) => None,
    });
    let holds = |token: &AccessToken, scheme| refusals.hold(endpoint, scheme, &token.secret);
    match found.filter(|(_, token)| holds(token, Scheme::Basic) || holds(token, Scheme::Bearer)) {
        Some((_, token)) if token.prefers_bearer() && !holds(token, Scheme::Bearer) && loses_bearer() => {
            let message = format!(
                "the Hub rejected {} as a password, as which git before 2.54 shows it before a push that is larger than \
                 http.postBuffer; as Bearer it is not rejected",
                token.masked()
            );
            let key = format!("http.{}.postBuffer", endpoint.url());
            let remedy = Remedy::run(Command::of("git config --global").with(key).with("1g")).and(", then push again");
            Finding::warn(Check::LostBeforePush, message, remedy)
        }
        Some((kind, token)) => Finding::warn(
            Check::Rejected,
            format!(
                "the Hub rejected {} {} within the last 15 minutes, so git is not given it now",
                token.masked(),
                of(*kind)
            ),
            renewal(Some(*kind)),
        ),
        None => Finding::ok(Check::NotRejected, "the Hub rejected no token of yours lately"),
    }
}

/// Whether git sends the short request before a large push without its Bearer token (mended in git's commit ed0f7a62f7).
fn loses_bearer() -> bool {
    repository::version().is_ok_and(|version| ((2, 46)..(2, 54)).contains(&version))
}
