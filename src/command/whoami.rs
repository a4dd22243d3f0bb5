//! `whoami`: asks the Hub who git would be here.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::portrait;
use crate::accounts::Accounts;
use crate::cli::Shown;
use crate::helper;
use crate::here::Here;
use crate::hub::whoami::{Identity, Kind};
use crate::hub::{Api, Failure};
use crate::refusals::Refusals;
use crate::source::{self, Held, Place};
use crate::terminal::{json_line, say};
use crate::token::AccessToken;

/// Says whose the token is that git would use here. One that was refused lately counts: whether it is good is the question.
///
/// # Errors
///
/// When there is none, or the Hub does not say whose it is.
pub fn run(options: &Shown) -> Result<()> {
    let here = Here::from_cwd();
    let sources = here.sources();
    let found = helper::find(here.wanted(), &sources, &Refusals::none())?;
    let (kind, token) = found.with_context(|| helper::nobody_has_one(here.wanted(), &sources))?;
    let held = sources.iter().filter(|source| source.kind() == kind).flat_map(|source| source.list(&here.endpoint));
    let is_it = |held: &Held| held.token.is_none() || held.holds(&token.secret);
    let held = match kind {
        source::Kind::Username => Held::at(Place::Username, Some(token.clone())),
        _ => held.flatten().find(is_it).context("the token is gone meanwhile (try again)")?,
    };
    let whose = format!("{} from {}", token.masked(), held.place);
    let identity = match Api::at(&here.hub, &here.endpoint).and_then(|api| api.whoami(&token.secret)) {
        Ok(identity) => identity,
        Err(Failure::Unknown(why) | Failure::Refused(why)) => bail!("{why}: {whose} ({})", way_out(kind, &held)),
        Err(Failure::Passing(why)) => bail!("{why} ({whose})"),
    };
    Refusals::from_env().forget_all_of(&here.endpoint, &token.secret);
    Accounts::from_env().note(&here.endpoint, &token.secret, &identity.name);
    if options.json {
        return say(&json_line(&told(&identity, &token, &held, here.endpoint.url())));
    }
    portrait::of(&identity, vec![("git uses", whose)]).iter().try_for_each(|line| say(line))
}

/// What to do about a token that the Hub does not know any more.
fn way_out(kind: source::Kind, held: &Held) -> String {
    match (kind, held.place) {
        (_, Place::Variable(name)) => format!("set {name} to a valid one, or unset it"),
        (source::Kind::Username, _) => "put a valid one into the URL, or take it out".to_owned(),
        (source::Kind::Ci, _) => "see whether this job is still a trusted publisher".to_owned(),
        (source::Kind::Command, _) => "have the command print a valid one".to_owned(),
        _ => "git-credential-hf login replaces it, git-credential-hf logout drops it".to_owned(),
    }
}

/// The whole answer, for programs.
fn told(identity: &Identity, token: &AccessToken, held: &Held, endpoint: &str) -> Value {
    let organisations = identity.organisations.iter().map(|organisation| {
        json!({
            "name": organisation.name,
            "role": organisation.role,
            "restrictions": organisation.restrictions,
        })
    });
    let fine_grained = match &identity.token {
        Kind::FineGrained(fine) => Some(json!({
            "reads_gated": fine.reads_gated,
            "everywhere": fine.everywhere,
            "scopes": fine.scopes.iter().map(|scope| json!({
                "entity": scope.entity,
                "name": scope.name,
                "permissions": scope.permissions,
            })).collect::<Vec<_>>(),
            "in_words": fine.in_words(),
        })),
        _ => None,
    };
    json!({
        "endpoint": endpoint,
        "account": identity.name,
        "full_name": identity.full_name,
        "type": identity.kind,
        "organisations": organisations.collect::<Vec<_>>(),
        "token": {
            "name": identity.token_name,
            "kind": identity.token.in_words().to_ascii_lowercase(),
            "expires_at": identity.ends_at(),
            "fine_grained": fine_grained,
            "masked": token.masked(),
            "source": held.place.word(),
            "kept_as": Some(&held.name).filter(|name| !name.is_empty()),
        },
    })
}
