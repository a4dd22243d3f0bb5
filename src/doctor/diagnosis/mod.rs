//! From what the Hub answered to one sentence, what to do, and where: tables, without the network.

mod pushing;
mod reading;
#[cfg(test)]
mod tests;

use crate::hub::access::Access;
use crate::hub::repository::Repository;
use crate::hub::whoami::{FineGrained, Identity, Kind};

use crate::findings::Severity;
use crate::findings::remedy::{Command, Remedy};
use crate::findings::remotes::short;

/// Permissions of fine-grained tokens, and the boxes to tick for them.
const READING: (&str, &str) = ("repo.content.read", "Read access to contents");
const WRITING: (&str, &str) = ("repo.write", "Write access to contents/settings");

/// All that is known about one attempt.
#[derive(Debug)]
pub struct Case<'a> {
    /// What is to be opened.
    pub repository: &'a Repository,
    /// The URL of its Hub.
    pub hub: &'a str,
    /// Who asks.
    pub who: &'a Who,
    /// What was answered to the wish to read.
    pub reading: &'a Access,
    /// What was answered to the wish to write, where there is one.
    pub writing: Option<&'a Access>,
    /// How a token that is not good is replaced, where this one comes from.
    pub renewal: &'a Remedy,
}

/// Who asks, by the Hub's own account.
#[derive(Debug)]
pub enum Who {
    /// There is no token to show.
    Nobody,
    /// This account.
    Account(Identity),
    /// A trusted publisher, of whom the Hub says no more.
    Publisher,
    /// Nobody the Hub knows, in these words.
    Refused(String),
    /// The Hub did not say.
    Untold,
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// In a word, for programs.
    pub code: &'static str,
    /// How bad it is.
    pub outcome: Severity,
    /// In a sentence.
    pub told: String,
    /// What to do.
    pub remedy: Remedy,
    /// Where.
    pub link: String,
}

impl Verdict {
    fn fail(code: &'static str, told: String, remedy: impl Into<Remedy>, link: String) -> Self {
        Self { code, outcome: Severity::Fail, told, remedy: remedy.into(), link }
    }

    /// Whether somebody else's token may be let in.
    #[must_use]
    pub fn is_of_the_token(&self) -> bool {
        self.outcome == Severity::Fail
            && !["repository_disabled", "rate_limited", "hub_failing", "moved"].contains(&self.code)
    }

    /// Whether nothing of that name was found, or nothing that opens without a token.
    #[must_use]
    pub fn may_be_of_another_kind(&self) -> bool {
        ["not_found", "no_token", "refused", "scope_missing"].contains(&self.code)
    }
}

/// What it comes to.
#[must_use]
pub fn of(case: &Case) -> Verdict {
    match (case.reading, case.writing) {
        (Access::Open, None) => case.opens(),
        (Access::Open, Some(writing)) => case.writes(writing),
        (access, _) => case.is_kept_out(access),
    }
}

impl Case<'_> {
    fn path(&self) -> String {
        self.repository.path()
    }

    fn page(&self) -> String {
        format!("{}/{}", self.hub, self.path())
    }

    fn tokens_page(&self) -> String {
        format!("{}/settings/tokens", self.hub)
    }

    /// Who asks, as the subject of a sentence.
    fn asker(&self) -> String {
        match self.who {
            Who::Nobody => "nobody".to_owned(),
            Who::Account(identity) => match &identity.token_name {
                Some(token) => format!("{} (token '{}')", short(&identity.name), short(token)),
                None => short(&identity.name),
            },
            Who::Publisher => "this trusted publisher".to_owned(),
            Who::Refused(_) | Who::Untold => "this token".to_owned(),
        }
    }

    /// Their token, as the subject of a sentence.
    fn token(&self) -> String {
        match self.who {
            Who::Account(Identity { name, token_name: Some(token), .. }) => {
                format!("the token '{}' of {}", short(token), short(name))
            }
            Who::Account(identity) => format!("the token of {}", short(&identity.name)),
            _ => "this token".to_owned(),
        }
    }

    fn owner(&self) -> String {
        self.repository.namespace().unwrap_or("its owner").to_owned()
    }

    fn opens(&self) -> Verdict {
        let told = match self.who {
            Who::Nobody | Who::Refused(_) => format!("{} opens to everybody", self.path()),
            _ => format!("{} opens to {}", self.path(), self.asker()),
        };
        is_fine(&told)
    }

    /// Whether a fine-grained token lists one of these permissions for the repository, or for something that may hold it.
    fn grants(&self, scopes: &FineGrained, identity: &Identity, permissions: &[&str]) -> bool {
        let namespace = self.repository.namespace().unwrap_or_default();
        let covers = |entity: &str, name: Option<&str>| match (entity, name) {
            // what is in one is not told
            ("resource-group", _) => true,
            ("user", None) => identity.name.eq_ignore_ascii_case(namespace),
            ("user" | "org", Some(name)) => name.eq_ignore_ascii_case(namespace),
            (kind, Some(name)) => {
                kind == self.repository.kind.word() && name.eq_ignore_ascii_case(&self.repository.name)
            }
            _ => false,
        };
        let lists =
            |listed: &[String]| permissions.iter().any(|permission| listed.iter().any(|known| known == permission));
        lists(&scopes.everywhere)
            || scopes
                .scopes
                .iter()
                .any(|scope| covers(&scope.entity, scope.name.as_deref()) && lists(&scope.permissions))
    }

    /// Whether it is a fine-grained token that lists nothing which lets it read here.
    fn lists_nothing(&self) -> bool {
        let Who::Account(identity) = self.who else { return false };
        matches!(&identity.token, Kind::FineGrained(scopes) if !self.grants(scopes, identity, &[READING.0, WRITING.0]))
    }

    fn lacks(&self, permission: &str, box_to_tick: &str) -> Verdict {
        let told =
            format!("{} is fine-grained and has no {permission} for {} or {}", self.token(), self.path(), self.owner());
        let remedy = format!("edit the token: tick \"{box_to_tick}\" for the repositories of {}", self.owner());
        Verdict::fail("scope_missing", told, remedy, self.tokens_page())
    }

    fn has_no_token(&self, told: String) -> Verdict {
        Verdict::fail(
            "no_token",
            told,
            Remedy::default().then(Command::of("git-credential-hf login")).and(", or set HF_TOKEN"),
            self.tokens_page(),
        )
    }

    fn is_unknown(&self) -> Verdict {
        let told =
            format!("the Hub does not know this token, so {} does not open: it is invalid, or revoked", self.path());
        Verdict::fail("token_invalid", told, self.renewal.clone(), self.tokens_page())
    }

    fn is_expired(&self) -> Verdict {
        let told = format!("this token has expired, so {} does not open", self.path());
        Verdict::fail("token_expired", told, self.renewal.clone(), self.tokens_page())
    }

    /// It is known, and yet not let in.
    fn is_refused(&self, act: &str, said: Option<&str>) -> Verdict {
        let organisation = match self.who {
            Who::Account(identity) => {
                let namespace = self.repository.namespace();
                identity.organisations.iter().find(|known| Some(&*known.name) == namespace)
            }
            _ => None,
        };
        let asks = organisation.map(|known| known.restrictions.join(", ")).filter(|asks| !asks.is_empty());
        let why = match (said, &asks) {
            (Some(said), _) => format!(", and says: {}", said.trim()),
            (None, Some(asks)) => format!(": {} asks its members for {}", self.owner(), short(asks)),
            (None, None) => ", though it is valid".to_owned(),
        };
        let told = format!("the Hub does not let {} {act} {}{why}", self.token(), self.path());
        let remedy = match self.who {
            Who::Account(Identity { token: Kind::OAuth, .. }) => {
                Remedy::say("log in with an access token instead of the browser (")
                    .then(Command::of("git-credential-hf login"))
                    .and("), or ask its owner")
            }
            _ => Remedy::say("ask its owner, or use another token (")
                .then(Command::of("git-credential-hf list"))
                .and(" shows them)"),
        };
        Verdict::fail("refused", told, remedy, self.page())
    }
}

fn docs(page: &str) -> String {
    format!("https://huggingface.co/docs/hub/{page}")
}

fn is_fine(told: &str) -> Verdict {
    Verdict {
        code: "open",
        outcome: Severity::Ok,
        told: told.to_owned(),
        remedy: "if git fails all the same, see what is not ok, what git says (GIT_TRACE=1 GIT_CURL_VERBOSE=1 git \
                 fetch), and how the Hub is"
            .into(),
        link: "https://status.huggingface.co".to_owned(),
    }
}
