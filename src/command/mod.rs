//! What people type: a file and a `run` for each command.

use anyhow::{Context as _, Result, ensure};

use crate::endpoint::{Endpoint, Hub};
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository::entry::{Entry, Scope};
use crate::source::{Kind, Source};
use crate::terminal::{is_interactive, say, warn};
use crate::token::AccessToken;
use crate::wiring::helper_line::{self, Wanted};
use crate::wiring::{bypasses, rivals};
use crate::{cli, notice, repository};

pub mod bind;
mod check;
pub mod completion;
pub mod doctor;
pub mod exec;
pub mod import;
pub mod list;
pub mod login;
pub mod logout;
mod lost;
mod pick;
mod portrait;
mod report;
pub mod setup;
pub mod status;
pub mod switch;
pub mod token;
pub mod unbind;
pub mod uninstall;
pub mod unsetup;
pub mod whoami;

const fn scope_of(options: &cli::Scope) -> Scope {
    if options.system {
        Scope::System
    } else if options.local {
        Scope::Local
    } else {
        Scope::Global
    }
}

/// What goes before this helper, beside it or past it.
fn tell_rivals(urls: &[String], scope: Scope, written: bool) -> Result<()> {
    let entries = repository::effective_entries()?;
    let beside = urls.iter().flat_map(|url| rivals::helpers_beside(url, &entries, scope, written));
    warn_once(beside.chain(bypasses::warnings(urls, &entries)));
    Ok(())
}

/// Does what `setup` does, where git does not ask this helper yet, and says so.
fn set_up(hub: &Hub, endpoint: &Endpoint) -> Result<()> {
    match is_set_up_now(hub) {
        Ok(true) => say(&format!(
            "Configured git to use git-credential-hf for {} (undo: git-credential-hf unsetup).",
            endpoint.host()
        )),
        Ok(false) => Ok(()),
        Err(error) => {
            let why = notice::told(&error);
            warn(&format!("git does not ask this helper yet: {why} (then run git-credential-hf setup)"));
            Ok(())
        }
    }
}

/// Sets git up where it is not; whether it did.
fn is_set_up_now(hub: &Hub) -> Result<bool> {
    if is_set_up(hub, &repository::effective_entries()?) {
        return Ok(false);
    }
    helper_line::set_up(Scope::Global, Wanted::default(), false)?;
    Ok(true)
}

/// Tells whether git asks this helper for each Hub: one that was killed may have come as far as the first.
fn is_set_up(hub: &Hub, entries: &[Entry]) -> bool {
    hub.urls().iter().all(|url| rivals::our_line(url, entries).is_some())
}

/// Each warning once.
fn warn_once(warnings: impl IntoIterator<Item = String>) {
    let mut told = Vec::new();
    for warning in warnings {
        if !told.contains(&warning) {
            warn(&warning);
            told.push(warning);
        }
    }
}

/// Who git would be where we stand, without asking anybody: the first source that answers, or that ends the search.
fn winner(here: &Here, refusals: &Refusals) -> Option<(Kind, Standing)> {
    winner_among(here, &here.sources_offline(), refusals)
}

fn winner_among(here: &Here, sources: &[Box<dyn Source>], refusals: &Refusals) -> Option<(Kind, Standing)> {
    helper::standings(here.wanted(), sources, refusals).into_iter().find(|(_, standing)| settles(standing))
}

/// Whether no later source is asked.
fn settles(standing: &Standing) -> bool {
    matches!(standing, Standing::Has(_) | Standing::IsAsked | Standing::Ends(_))
}

/// The token of that name; without one, the token git would use where we stand. It is refreshed where that is due.
fn token_of(name: Option<&str>) -> Result<(Kind, AccessToken)> {
    let here = Here::from_cwd();
    let sources = here.sources();
    if let Some(name) = name {
        return helper::named(&here.endpoint, name, &sources, &Refusals::from_env())?.context(UNKNOWN);
    }
    if let Some(found) = helper::find(here.wanted(), &sources, &Refusals::from_env())? {
        return Ok(found);
    }
    let nobody = || helper::nobody_has_one(here.wanted(), &sources);
    // those that are stored, and of which none is chosen
    ensure!(is_interactive() && here.requested.is_none() && !pick::all(&here).is_empty(), nobody());
    let picked = pick::token(&here, "use")?;
    helper::named(&here.endpoint, &picked.name, &sources, &Refusals::from_env())?.with_context(nobody)
}

/// Of a name that no token has.
const UNKNOWN: &str = "no token of that name is kept here (git-credential-hf list shows them)";
