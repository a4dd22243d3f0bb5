//! What people type: a file and a `run` for each command.

use anyhow::{Context as _, Result};

use crate::endpoint::Hub;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository::entry::{Entry, Scope};
use crate::source::{Kind, Source};
use crate::terminal::warn;
use crate::token::AccessToken;
use crate::wiring::own_section::Section;
use crate::{cli, findings, repository};

pub mod bind;
pub mod doctor;
pub mod exec;
pub mod import;
pub mod list;
pub mod login;
pub mod logout;
mod portrait;
pub mod setup;
pub mod status;
pub mod switch;
pub mod token;
pub mod unbind;
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

/// A configuration by its name and, once it holds anything, its file.
fn title(scope: Scope, entries: &[Entry]) -> String {
    let file = entries.iter().find_map(|entry| entry.file.as_ref());
    let file = file.map_or_else(String::new, |file| format!(" ({})", file.display()));
    format!("git's {} configuration{file}:", scope.name())
}

/// An empty helper's line may be the user's: it is left, and told of.
fn tell_doubt(scope: Scope, section: &Section) {
    let (key, scope) = (section.key("helper"), scope.name());
    warn(&format!("an empty line {key} is left, since it may be yours: see git config --{scope} --edit"));
}

/// Warns of what changes what git sends.
fn tell_findings(hub: &Hub, scope: Scope, written: bool) -> Result<()> {
    let entries = repository::effective_entries()?;
    for found in findings::of_sending(hub, &entries, scope, written) {
        warn(&found.to_string());
    }
    Ok(())
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
    let found = helper::find(here.wanted(), &sources, &Refusals::from_env())?;
    found.with_context(|| helper::nobody_has_one(here.wanted(), &sources))
}

/// Of a name that no token has.
const UNKNOWN: &str = "no token of that name is kept here (git-credential-hf list shows them)";
