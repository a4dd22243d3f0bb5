//! `unbind`: takes back what `bind` wrote for an organisation.

use anyhow::{Result, ensure};

use super::{pick, scope_of, title};
use crate::cli::Unbind;
use crate::endpoint::Hub;
use crate::helper;
use crate::repository;
use crate::source;
use crate::terminal::say;
use crate::wiring::bindings;
use crate::wiring::namespace::Namespace;

/// Removes exactly the lines `bind` wrote, and says which.
///
/// # Errors
///
/// When the name is none, git is missing, or its configuration cannot be written.
pub fn run(options: &Unbind) -> Result<()> {
    let scope = scope_of(&options.scope);
    let hub = Hub::from_env();
    let urls = hub.urls();
    let entries = repository::entries_of(scope)?;
    let organisation = if let Some(words) = &options.organisation {
        let (organization, repository) = Namespace::meant_by(words, &urls)?;
        let name = organization.name();
        ensure!(
            repository.is_none(),
            "a binding is for all repositories of {name}: run `git-credential-hf unbind {name}` to end it"
        );
        organization
    } else {
        let bound = bindings::all(&urls, &entries).into_iter().map(|binding| binding.organisation);
        Namespace::named(&pick::organization(&bound.collect::<Vec<_>>())?)?
    };
    let bound =
        bindings::all(&urls, &entries).into_iter().filter(|binding| binding.organisation == organisation.name());
    let names: Vec<_> = bound.map(|binding| binding.name).collect();
    let removed = bindings::take_out(scope, &urls, &organisation)?;
    let sources = source::in_order_offline(None);
    for (endpoint, name) in hub.endpoints().flat_map(|endpoint| names.iter().map(move |name| (endpoint.clone(), name)))
    {
        helper::forget_name(&endpoint, name, &sources);
    }
    say(&title(scope, &entries))?;
    let by_hand = bindings::names_of(&urls, &repository::entries_of(scope)?, &organisation);
    let told: Vec<_> = removed.iter().map(|key| (key, "removed")).collect();
    let told: Vec<_> =
        told.into_iter().chain(by_hand.iter().map(|key| (key, "left, since bind did not write it"))).collect();
    if told.is_empty() {
        return say(&format!("  no line for {} (git-credential-hf bind lists them)", organisation.name()));
    }
    let width = told.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    for (key, done) in told {
        say(&format!("  {key:width$}  {done}"))?;
    }
    let left = bindings::names_of(&urls, &repository::effective_entries()?, &organisation);
    if left.is_empty() {
        say(&format!("git now asks for the repositories of {} as for all others", organisation.name()))?;
    }
    Ok(())
}
