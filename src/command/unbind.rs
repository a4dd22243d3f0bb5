//! `unbind`: takes back what `bind` wrote for an organisation.

use anyhow::{Result, ensure};

use super::report::{Mode, tell};
use super::{pick, scope_of};
use crate::cli::Unbind;
use crate::endpoint::Hub;
use crate::helper;
use crate::repository;
use crate::source;
use crate::terminal::say;
use crate::wiring::bindings;
use crate::wiring::configuration::{Edit, change};
use crate::wiring::managed::Change;
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
    let organisation = if let Some(words) = &options.organisation {
        let (organization, repository) = Namespace::meant_by(words, &urls)?;
        let name = organization.name();
        ensure!(
            repository.is_none(),
            "a binding is for all repositories of {name}: run `git-credential-hf unbind {name}` to end it"
        );
        organization
    } else {
        let bound = bindings::all(&urls, &repository::entries_of(scope)?);
        let bound: Vec<_> = bound.into_iter().map(|binding| binding.organisation).collect();
        Namespace::named(&pick::organization(&bound)?)?
    };
    let report = change(scope, false, |_, managed| {
        bindings::unbind(managed, &organisation);
        Ok(Edit { about: Vec::new(), goes_last: false })
    })?;
    let removed =
        report.lines.iter().filter(|(line, change)| *change == Change::Removed && line.key.ends_with(".username"));
    let mut names: Vec<_> = removed.map(|(line, _)| line.value.clone()).collect();
    names.dedup();
    let sources = source::in_order_offline(None);
    for (endpoint, name) in hub.endpoints().flat_map(|endpoint| names.iter().map(move |name| (endpoint.clone(), name)))
    {
        helper::forget_name(&endpoint, name, &sources);
    }
    let by_hand = bindings::names_of(&repository::entries_of(scope)?, &organisation);
    let by_hand: Vec<_> = by_hand.into_iter().map(|key| (key, "left, since bind did not write it")).collect();
    if report.lines.is_empty() && by_hand.is_empty() {
        return say(&format!("no line for {} (git-credential-hf bind lists them)", organisation.name()));
    }
    tell(&report, Mode::Done, &by_hand, "")?;
    let bound = bindings::all(&urls, &repository::effective_entries()?);
    if !bound.iter().any(|binding| binding.organisation == organisation.name()) {
        say(&format!("git now asks for the repositories of {} as for all others", organisation.name()))?;
    }
    Ok(())
}
