//! What remains after a logout.

use anyhow::Result;

use super::super::winner;
use super::Kept;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository::entry::Scope;
use crate::source::{Held, Kind, Place};
use crate::terminal::{printable, say, warn};
use crate::wiring::bindings;

/// Forgets the names that a token went by, at each Hub where it may have been used.
pub(super) fn forget_names(kept: &Kept, here: &Here) {
    let sources = here.sources_offline();
    let account = kept.held.token.as_ref().and_then(|token| token.username.as_ref());
    for endpoint in here.hub.endpoints() {
        for name in account.into_iter().chain([&kept.held.name]) {
            helper::forget_name(&endpoint, name, &sources);
        }
    }
}

/// Says where the same token still is, what still names it, and which token git uses now.
pub(super) fn tell(gone: &[Kept]) -> Result<()> {
    let here = Here::from_cwd();
    let left: Vec<_> = here.sources_offline().iter().flat_map(|source| source.list(&here.endpoint)).flatten().collect();
    for held in left.iter().filter(|held| gone.iter().any(|kept| held.holds(&kept.secret))) {
        warn(&match (held.place, held.name.as_str()) {
            (Place::Variable(name), _) => format!("the same token is in {name} still: unset {name}"),
            (place, "") => format!("the same token is in {place} still"),
            (place, name) => format!("the same token is in {place} still, as {}", printable(name)),
        });
    }
    let is_of = |held: &Held, name: &str| {
        held.name == name || held.token.as_ref().is_some_and(|token| token.username.as_deref() == Some(name))
    };
    let is_gone =
        |name: &str| gone.iter().any(|kept| kept.held.name == name) && !left.iter().any(|held| is_of(held, name));
    let organizations = bindings::all(&here.hub.urls(), &here.entries);
    let bound: Vec<_> = organizations.iter().filter(|binding| binding.is_whole() && is_gone(&binding.name)).collect();
    for binding in &bound {
        let (organization, name) = (&binding.organisation, printable(&binding.name));
        let option =
            if binding.scope == Scope::Global { String::new() } else { format!("--{} ", binding.scope.name()) };
        warn(&format!(
            "{organization} is still bound to {name}: run `git-credential-hf unbind {option}{organization}`"
        ));
    }
    for entry in
        here.entries.iter().filter(|entry| entry.key.starts_with("credential.") && entry.key.ends_with(".username"))
    {
        let is_bound = bound.iter().any(|binding| {
            binding.scope == entry.scope && entry.key.ends_with(&format!("/{}.username", binding.organisation))
        });
        if is_gone(&entry.value) && !is_bound {
            let (key, scope) = (printable(&entry.key), entry.scope.name());
            warn(&format!("{key} names it still: git config --{scope} --unset-all {key}"));
        }
    }
    match winner(&here, &Refusals::from_env()) {
        Some((_, Standing::Has(token))) => {
            let place = left.iter().find(|held| held.holds(&token.secret)).map(|held| held.place);
            let from = place.map_or_else(String::new, |place| format!(", from {place}"));
            say(&format!("git now uses {}{from}", token.masked()))
        }
        Some((Kind::Ci, _)) => say("git now uses the identity of the CI job"),
        Some((Kind::Command, _)) => say("git now uses the token command"),
        Some((_, Standing::Ends(error))) => say(&format!("git has no token here now: {error:#}")),
        _ => say("git has no token here now"),
    }
}
