//! `uninstall`: takes back all that this program wrote into git's configuration, and says what stays.

use anyhow::Result;

use super::report::{Mode, helpers_by_hand, tell};
use super::scope_of;
use crate::cli;
use crate::endpoint::Hub;
use crate::repository;
use crate::repository::entry::Scope;
use crate::source::{self, Held, Source as _};
use crate::state;
use crate::terminal::{printable, say, warn};
use crate::wiring::configuration::Configuration;
use crate::wiring::helper_line;

/// Takes back what setup, bind and switch wrote in one configuration; of what is elsewhere it tells.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(scope: &cli::Scope) -> Result<()> {
    let scope = scope_of(scope);
    let report = helper_line::take_all_back(scope)?;
    let by_hand = helpers_by_hand(scope)?;
    tell(&report, Mode::Done, &by_hand, "")?;
    if !by_hand.is_empty() || report.is_included {
        say(&format!("what is left there is yours: git config --{} --edit", scope.name()))?;
    }
    tell_other_scopes(scope)?;
    if scope == Scope::Global {
        tell_tokens()?;
        state::forget_all();
    }
    Ok(())
}

fn tell_other_scopes(done: Scope) -> Result<()> {
    for scope in [Scope::System, Scope::Global, Scope::Local].into_iter().filter(|scope| *scope != done) {
        if scope == Scope::Local && !repository::may_be_here() {
            continue;
        }
        // one that cannot be read here is none that can be told of
        let Ok(configuration) = Configuration::read(scope) else { continue };
        let by_hand = helpers_by_hand(scope)?;
        if !configuration.before.is_empty() || !by_hand.is_empty() {
            let (name, file) = (scope.name(), printable(&configuration.files.git.display().to_string()));
            warn(&format!(
                "git's {name} configuration ({file}) has lines of this helper too: git-credential-hf uninstall --{name}"
            ));
        }
    }
    Ok(())
}

/// The tokens are the person's own, and are of use to other programs.
fn tell_tokens() -> Result<()> {
    let (stored, hf_home) = source::kept();
    let hub = Hub::from_env();
    let mut listed: Vec<_> = hub.endpoints().flat_map(|endpoint| stored.list(&endpoint)).collect();
    listed.extend(hf_home.list(&hub.default_endpoint()));
    let mut told = Vec::new();
    for held in listed {
        match held {
            Ok(Held { name, place, token: Some(_), .. }) => {
                let name = if name.is_empty() { "the active token".to_owned() } else { printable(&name) };
                let line = format!("  {name} ({place})");
                if !told.contains(&line) {
                    told.push(line);
                }
            }
            Ok(_) => {}
            Err(error) => warn(&format!("whether tokens are kept there cannot be told: {error:#}")),
        }
    }
    if told.is_empty() {
        return say("no token is kept");
    }
    say("these tokens stay (git-credential-hf logout NAME forgets one, git-credential-hf logout --all each):")?;
    told.iter().try_for_each(|line| say(line))
}
