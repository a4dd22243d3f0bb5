//! `whoami`: asks the Hub who git would be here.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::portrait;
use crate::accounts::Accounts;
use crate::cli::Shown;
use crate::findings;
use crate::helper;
use crate::here::Here;
use crate::hub::whoami::{Identity, Kind};
use crate::hub::{Api, Failure};
use crate::refusals::Refusals;
use crate::source::{self, Held, Place};
use crate::terminal::{json_line, printable, quoted, say, warn};
use crate::token::{self, AccessToken};

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
    let said = Api::at(&here.hub, &here.endpoint).and_then(|api| api.whoami(&token.secret));
    Accounts::from_env().learn(&here.endpoint, &token.secret, said.as_ref());
    let identity = match said {
        Ok(identity) => identity,
        Err(Failure::Unknown(why) | Failure::Refused(why)) => {
            bail!("{whose}: {why} (to mend that, {})", way_out(kind, &held))
        }
        Err(Failure::Passing(why)) => bail!("{whose}: {why}"),
    };
    // what git sends without asking a helper, such as a token in the remote's URL, is not what was asked about
    let others = findings::past_the_helper(&here.hub, &here.entries);
    for found in &others {
        warn(&found.to_string());
    }
    if options.json {
        return say(&json_line(&told(&identity, &token, &held, here.endpoint.url(), others.is_empty())));
    }
    let title = if others.is_empty() { "git uses" } else { "asked about" };
    portrait::of(&identity, vec![(title, whose)]).iter().try_for_each(|line| say(line))
}

/// What to do about a token that the Hub does not know any more.
fn way_out(kind: source::Kind, held: &Held) -> String {
    let renewal = kind.how_to_renew();
    match (kind, held.name.as_str()) {
        (source::Kind::Stored | source::Kind::HfHome, name) if !name.is_empty() => {
            format!("{renewal}, or `git-credential-hf logout {}`", quoted(&printable(&token::masked_name(name))))
        }
        _ => renewal,
    }
}

/// The whole answer, for programs.
fn told(identity: &Identity, token: &AccessToken, held: &Held, endpoint: &str, is_used: bool) -> Value {
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
        "used_by_git": is_used,
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
