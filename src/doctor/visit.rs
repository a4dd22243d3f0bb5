//! A visit to the Hub for one repository: with the token git would use, and with each other one where that is not let in.

use crate::findings::remedy::{Command, Remedy};
use crate::findings::remotes::short;
use crate::findings::{Check, Finding, Severity};
use crate::hub::access::Access;
use crate::hub::repository::{Kind as Of, Repository};
use crate::hub::{Api, Failure};
use crate::protocol::Scheme;
use crate::repository;
use crate::source::{Held, Kind, Place};
use crate::token::{self, AccessToken};

use super::diagnosis::{self, Case, Verdict, Who};
use super::target::Target;
use super::tokens::{By, Sent, renewal};

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

impl Visit {
    /// The same in the form of all else.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Self { target: _, verdict, opener } = self;
        let remedy = if verdict.outcome == Severity::Ok {
            None
        } else if verdict.remedy.is_command() {
            Some(verdict.remedy.clone())
        } else {
            Some(verdict.remedy.clone().and(format!(": {}", verdict.link)))
        };
        let found =
            Finding { severity: verdict.outcome, remedy, ..Finding::ok(Check::Repository, verdict.told.clone()) };
        // the verdict may have said it
        let opener = opener.as_ref().filter(|_| verdict.code != "another_token").map(Opener::finding);
        [found].into_iter().chain(opener).collect()
    }
}

/// A token that opens what git's does not.
#[derive(Debug)]
pub struct Opener {
    /// Its name.
    pub name: String,
    /// Where it is kept.
    pub place: &'static str,
    /// What makes it git's there.
    pub remedy: Remedy,
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
    sent: Option<&Sent>,
    who: &Who,
    held: &[Held],
) -> Result<Visit, Failure> {
    let token = sent.map(|sent| &sent.token);
    let knock = Knock { api, repository: &target.repository };
    let reading = knock.reads(token)?;
    let writing = match (writes, &reading, token) {
        (true, Access::Open, Some(token)) => Some(api.upload(&target.repository, &token.secret)?),
        (true, Access::Open, None) => Some(Access::Unknown),
        _ => None,
    };
    let (hub, repository) = (target.endpoint.url(), &target.repository);
    let renewal = sent.map_or_else(|| renewal(None), Sent::renewal);
    let mut verdict =
        diagnosis::of(&Case { repository, hub, who, reading: &reading, writing: writing.as_ref(), renewal: &renewal });
    let mut opener = None;
    if verdict.is_of_the_token() {
        let others = others(held, token);
        let found = others.iter().find(|(_, token)| knock.opens(token, writes));
        opener = found.map(|(held, _)| Opener::new(held, &target, sent));
        if opener.is_none() && verdict.may_be_of_another_kind() {
            let tried = token.into_iter().chain(others.iter().map(|(_, token)| *token)).map(Some).chain([None]);
            verdict = knock.elsewhere(tried, &target).unwrap_or(verdict);
        }
    }
    if let Some(opener) = &opener {
        verdict = opener.verdict(verdict, who, &target);
    }
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

    /// The same name among the other kinds of repositories: that of a dataset is often cloned without its prefix.
    fn elsewhere<'a>(&self, tokens: impl Iterator<Item = Option<&'a AccessToken>>, target: &Target) -> Option<Verdict> {
        let kinds =
            [Of::Model, Of::Dataset, Of::Space, Of::Kernel].into_iter().filter(|kind| *kind != self.repository.kind);
        let others: Vec<_> = kinds.map(|kind| Repository { kind, name: self.repository.name.clone() }).collect();
        for token in tokens {
            let found = others.iter().find(|repository| {
                let knock = Knock { api: self.api, repository };
                knock.refs(token).is_ok_and(|access| access == Access::Open)
            });
            if let Some(found) = found {
                let url = format!("{}/{}", target.endpoint.url(), found.path());
                let told = format!(
                    "{} is a {} and no {}: its URL is {url}",
                    found.name,
                    found.kind.word(),
                    self.repository.kind.word()
                );
                let command = match &target.remote {
                    Some(remote) => Command::of("git remote set-url").with(&**remote).with(&*url),
                    None => Command::of("git clone").with(&*url),
                };
                let (outcome, remedy) = (Severity::Fail, Remedy::run(command));
                return Some(Verdict { code: "other_kind", outcome, told, remedy, link: url });
            }
        }
        None
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
    fn new(held: &Held, target: &Target, sent: Option<&Sent>) -> Self {
        let place = match held.place {
            Place::Keychain => "the keychain",
            Place::Section => "stored_tokens (git's)",
            _ => "the HF home",
        };
        // these go before any binding
        let mut remedy = match sent.map(|sent| &sent.by) {
            Some(By::Override(first)) => first.remedy.clone().unwrap_or_default().and(", then "),
            Some(By::Source(Kind::Environment)) => Remedy::of("unset HF_TOKEN HUGGING_FACE_HUB_TOKEN"),
            Some(By::Source(Kind::Ci)) => Remedy::of("unset HF_OIDC_RESOURCE"),
            Some(By::Source(Kind::Command)) => {
                Remedy::run(Command::of("git-credential-hf setup --token-command").with(""))
            }
            _ => Remedy::default(),
        };
        // a name in a URL goes before every binding
        if target.username.is_some() {
            let remote = target.remote.as_deref().unwrap_or("origin");
            remedy = remedy.then(Command::of("git remote set-url").with(remote).with(target.url()));
        }
        let name = &*held.name;
        remedy = remedy.then(match (target.repository.namespace(), name.is_empty()) {
            (_, true) => Command::of("git-credential-hf list"),
            (Some(namespace), _) => Command::of("git-credential-hf bind").with(namespace).with(name),
            (None, _) => Command::of("git-credential-hf switch").with(name),
        });
        Self { name: short(name), place, remedy }
    }

    fn which(&self) -> String {
        if self.name.is_empty() { "the unnamed token".to_owned() } else { format!("the token {}", self.name) }
    }

    /// What opens it comes first: it is there, and git has another's token.
    fn verdict(&self, verdict: Verdict, who: &Who, target: &Target) -> Verdict {
        let path = target.repository.path();
        let told = match (verdict.code, who) {
            ("not_found", Who::Account(identity)) => format!("{} cannot see {path}", short(&identity.name)),
            ("not_found", _) => format!("git's token cannot see {path}"),
            ("no_token", _) => format!("git has no token to open {path} with"),
            _ => return verdict,
        };
        let told = format!("{told}, and {} of {} opens it", self.which(), self.place);
        Verdict { code: "another_token", told, remedy: self.remedy.clone(), link: target.url(), ..verdict }
    }

    /// As a finding of its own.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let told = format!("{} of {} is let in", self.which(), self.place);
        Finding::warn(Check::OtherToken, told, self.remedy.clone())
    }
}
