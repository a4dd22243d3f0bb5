//! A visit to the Hub for one repository: with the token git would use, and with each other one where that is not let in.

use crate::hub::access::Access;
use crate::hub::repository::Repository;
use crate::hub::{Api, Failure};
use crate::protocol::Scheme;
use crate::repository;
use crate::source::{Held, Kind, Place};
use crate::terminal::quoted;
use crate::token::{self, AccessToken};

use super::diagnosis::{self, Case, Verdict, Who};
use super::target::Target;
use super::tokens::renewal;
use super::{Check, short};

/// What came of it.
#[derive(Debug)]
pub struct Visit {
    /// Where it went.
    pub target: Target,
    /// What it comes to.
    pub verdict: Verdict,
    /// Another token that opens it.
    pub opener: Option<Opener>,
}

/// A token that opens what git's does not.
#[derive(Debug)]
pub struct Opener {
    /// Its name.
    pub name: String,
    /// Where it is kept.
    pub place: &'static str,
    /// What makes it git's there.
    pub command: String,
}

/// Asks the Hub.
///
/// # Errors
///
/// When it cannot be reached.
pub fn pay(
    api: &Api,
    target: Target,
    writes: bool,
    found: Option<&(Kind, AccessToken)>,
    who: &Who,
    held: &[Held],
) -> Result<Visit, Failure> {
    let token = found.map(|(_, token)| token);
    let knock = Knock { api, repository: &target.repository };
    let reading = knock.reads(token)?;
    let writing = match (writes, &reading, token) {
        (true, Access::Open, Some(token)) => Some(api.upload(&target.repository, &token.secret)?),
        (true, Access::Open, None) => Some(Access::Unknown),
        _ => None,
    };
    let (hub, repository) = (target.endpoint.url(), &target.repository);
    let renewal = renewal(found.map(|(kind, _)| *kind));
    let verdict =
        diagnosis::of(&Case { repository, hub, who, reading: &reading, writing: writing.as_ref(), renewal: &renewal });
    let opener = if verdict.is_of_the_token() {
        let others = others(held, token);
        let opener = others.into_iter().find(|(_, token)| knock.opens(token, writes));
        opener.map(|(held, _)| Opener::new(held, &target, found.map(|(kind, _)| *kind)))
    } else {
        None
    };
    Ok(Visit { target, verdict, opener })
}

/// At the door of one repository.
struct Knock<'a> {
    api: &'a Api,
    repository: &'a Repository,
}

impl Knock<'_> {
    /// What git is answered; where that is no, also what the API says, which tells more of why.
    fn reads(&self, token: Option<&AccessToken>) -> Result<Access, Failure> {
        let by_git = self.refs(token)?;
        if by_git == Access::Open {
            return Ok(by_git);
        }
        let by_api = self.api.repository(self.repository, token.map(|token| &token.secret))?;
        Ok(if by_api.weight() > by_git.weight() { by_api } else { by_git })
    }

    /// git's own question, as git would put it with that token: a second time as a password where Bearer was refused.
    fn refs(&self, token: Option<&AccessToken>) -> Result<Access, Failure> {
        let Some(token) = token else { return self.api.refs(self.repository, None) };
        let knows_bearer = repository::version().is_ok_and(|version| version >= (2, 46));
        if token.prefers_bearer() && knows_bearer {
            match self.api.refs(self.repository, Some((Scheme::Bearer, &token.secret)))? {
                Access::Unknown => {}
                access => return Ok(access),
            }
        }
        self.api.refs(self.repository, Some((Scheme::Basic, &token.secret)))
    }

    /// One question, for a token that git does not use here.
    fn opens(&self, token: &AccessToken, writes: bool) -> bool {
        let answer = if writes {
            self.api.upload(self.repository, &token.secret)
        } else {
            let scheme = if token.prefers_bearer() { Scheme::Bearer } else { Scheme::Basic };
            self.api.refs(self.repository, Some((scheme, &token.secret)))
        };
        answer.is_ok_and(|access| access == Access::Open)
    }
}

/// The tokens of the keychain and the HF home, each once, but for the one that was tried and those that ended.
fn others<'a>(held: &'a [Held], tried: Option<&AccessToken>) -> Vec<(&'a Held, &'a AccessToken)> {
    let now = token::now();
    let mut others: Vec<(&Held, &AccessToken)> = Vec::new();
    for held in held {
        let Some(token) = held.token.as_ref().filter(|token| !token.is_expired(now)) else { continue };
        let is_kept = !matches!(held.place, Place::Ci | Place::Variable(_) | Place::Command);
        let mut known = others.iter().map(|(_, token)| *token).chain(tried);
        if is_kept && !known.any(|known| token::same(&known.secret, &token.secret)) {
            others.push((held, token));
        }
    }
    others
}

impl Opener {
    fn new(held: &Held, target: &Target, in_force: Option<Kind>) -> Self {
        let place = match held.place {
            Place::Keychain => "the keychain",
            Place::Section => "stored_tokens (git's)",
            _ => "the HF home",
        };
        let name = short(&held.name);
        let command = match (target.repository.namespace(), name.is_empty()) {
            (_, true) => "git-credential-hf list".to_owned(),
            (Some(namespace), _) => format!("git-credential-hf bind {namespace} {}", quoted(&name)),
            (None, _) => format!("git-credential-hf switch {}", quoted(&name)),
        };
        // these answer for any name
        let first = match in_force {
            Some(Kind::Environment) => "unset HF_TOKEN HUGGING_FACE_HUB_TOKEN; ",
            Some(Kind::Ci) => "unset HF_OIDC_RESOURCE; ",
            Some(Kind::Command) => "git-credential-hf setup --token-command ''; ",
            _ => "",
        };
        // a name in a URL goes before every binding
        let url = match target.username {
            Some(_) => format!("git remote set-url origin {}; ", quoted(&target.url())),
            None => String::new(),
        };
        Self { name, place, command: format!("{first}{url}{command}") }
    }

    /// As a check of its own.
    #[must_use]
    pub fn check(&self) -> Check {
        let Self { name, place, command } = self;
        let which = if name.is_empty() { "the unnamed token".to_owned() } else { format!("'{name}'") };
        Check::warn("other tokens", format!("{which} of {place} is let in"), command.clone())
    }
}
