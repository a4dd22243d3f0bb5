//! A name that was left out: at a terminal it is picked from a list, elsewhere the names are told.

use anyhow::{Result, bail, ensure};

use crate::accounts::Accounts;
use crate::here::Here;
use crate::refusals::Refusals;
use crate::source::validity::Validity;
use crate::source::{Held, Kind, Source as _, kept};
use crate::terminal::{choose, is_interactive, note, printable};
use crate::token::{self, AccessToken};

/// A stored token with a name.
pub(super) struct Named {
    /// Where it is stored.
    pub(super) kind: Kind,
    /// What it is called there.
    pub(super) name: String,
    told: String,
}

/// Returns the stored token that the person picks, for `purpose`: a verb, such as `switch to`.
///
/// # Errors
///
/// When none is stored, or there is nobody to ask.
pub(super) fn token(here: &Here, purpose: &str) -> Result<Named> {
    let mut tokens = all(here);
    ensure!(!tokens.is_empty(), "no token is stored here: run `git-credential-hf login`");
    if !is_interactive() {
        let mut names: Vec<_> = tokens.iter().map(|token| printable(&token::masked_name(&token.name))).collect();
        names.dedup();
        bail!("name the token to {purpose}: {}", names.join(", "));
    }
    note(&format!("Which token do you want to {purpose}?"));
    let choices: Vec<_> = tokens.iter().map(|token| token.told.as_str()).collect();
    let choice = choose(&choices, 1)?;
    Ok(tokens.swap_remove(choice - 1))
}

/// Returns the organization that the person picks among those that are bound.
///
/// # Errors
///
/// When none is bound, or there is nobody to ask.
pub(super) fn organization(bound: &[String]) -> Result<String> {
    ensure!(!bound.is_empty(), "no organization is bound to a token (git-credential-hf bind ORG TOKEN-NAME)");
    ensure!(is_interactive(), "name the organization: {}", bound.join(", "));
    note("Which organization do you want to unbind?");
    let choices: Vec<_> = bound.iter().map(String::as_str).collect();
    let choice = choose(&choices, 1)?;
    Ok(bound[choice - 1].clone())
}

/// Every stored token that has a name, as `list` shows them.
pub(super) fn all(here: &Here) -> Vec<Named> {
    let (stored, hf_home) = kept();
    let lists = [(Kind::Stored, stored.list(&here.endpoint)), (Kind::HfHome, hf_home.list(&here.endpoint))];
    let held = lists.into_iter().flat_map(|(kind, list)| list.into_iter().flatten().map(move |held| (kind, held)));
    held.filter(|(_, held)| !held.name.is_empty()).map(|(kind, held)| Named::of(kind, held, here)).collect()
}

impl Named {
    fn of(kind: Kind, held: Held, here: &Here) -> Self {
        let account = Accounts::from_env().shown(&here.endpoint, &held);
        let account = account.filter(|account| *account != held.name);
        let whose = account.map_or_else(String::new, |account| format!("{}'s token ", printable(&account)));
        let is_rejected = held.token.as_ref().is_some_and(|token| Refusals::from_env().reject(&here.endpoint, token));
        let state = Validity::of(&held, is_rejected).in_words();
        let state = if state.is_empty() { state } else { format!("; {state}") };
        let masked = held.token.as_ref().map(AccessToken::masked).unwrap_or_default();
        let name = printable(&token::masked_name(&held.name));
        let told = format!("{name} ({whose}{masked}, from {}{state})", held.place);
        Self { kind, name: held.name, told }
    }
}
