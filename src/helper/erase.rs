//! erase: what git found to be rejected is forgotten, or not answered for a while, and a person is told which token it was.

use std::cell::LazyCell;

use anyhow::Result;
use secrecy::SecretString;

use super::{is_held_by_others, lack};
use crate::endpoint::Endpoint;
use crate::names::KnownNames;
use crate::protocol::{ComesBack, Proof, Request, Scheme};
use crate::refusals::Refusals;
use crate::repository;
use crate::repository::entry::Entry;
use crate::source::{Held, Kind, OURS, Place, Source, Wanted};
use crate::token::{self, AccessToken};
use crate::{caller, notice, terminal};

/// Forgets what git found to be refused: what we keep is deleted, what others keep is not answered again for a while.
///
/// # Errors
///
/// When it could not be forgotten.
pub fn erase(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let goes_before = LazyCell::new(lack::goes_before as fn() -> Option<String>);
    let told = |(scheme, secret)| told_of(request, scheme, secret, sources, refusals, &goes_before);
    let rejected = request.proof.secret().and_then(told);
    forget(request, sources, refusals, &goes_before)?;
    if let Some(rejected) = rejected {
        notice::say(&rejected);
    }
    Ok(())
}

fn forget(
    request: &Request,
    sources: &[Box<dyn Source>],
    refusals: &Refusals,
    goes_before: &LazyCell<Option<String>>,
) -> Result<()> {
    let secret = match &request.proof {
        Proof::Unknown => return Ok(()),
        proof => proof.secret(),
    };
    let remember = || {
        let Some((scheme, secret)) = secret else { return Ok(()) };
        if goes_before.is_some() {
            return refusals.remember_in_doubt(&request.endpoint, scheme, secret);
        }
        if was_tried_as_bearer(request, secret, refusals) {
            refusals.remember(&request.endpoint, Scheme::Bearer, secret)?;
        }
        refusals.remember(&request.endpoint, scheme, secret)
    };
    let is_itself = |secret| request.username.as_deref().is_some_and(|name| token::is(name, secret));
    let is_held_by_others = secret.is_some_and(|(_, secret)| is_itself(secret) || is_held_by_others(sources, secret));
    let remembered = if is_held_by_others { remember() } else { Ok(()) };
    // present but empty is nobody's name
    if request.username.as_deref() == Some("") {
        return remembered;
    }
    let given_up = secret
        .map_or(Ok(()), |(_, secret)| sources.iter().try_for_each(|source| source.give_up(&request.endpoint, secret)));
    let wanted = Wanted { endpoint: &request.endpoint, username: request.username.as_deref() };
    // without a secret it is a person's wish, and the names go with the tokens
    let names = if secret.is_none() { names_of(&wanted, sources) } else { Vec::new() };
    for source in sources.iter().filter(|source| source.kind() == OURS) {
        match source.remove(&wanted, secret.map(|(_, secret)| secret)) {
            Ok(()) => {}
            // there is hardly a copy of ours, and if there is one it is not answered either
            Err(_) if is_held_by_others => {}
            // what cannot be deleted must not be answered again at once
            Err(error) => return remember().and(Err(error)),
        }
    }
    for name in names {
        forget_name(&request.endpoint, &name, sources);
    }
    remembered.and(given_up)
}

/// Tells whether a token that was rejected over Basic was rejected as Bearer before: that is what an answer of ours comes
/// back from, unless git lost it on the way.
fn was_tried_as_bearer(request: &Request, secret: &SecretString, refusals: &Refusals) -> bool {
    request.comes_back == Some(ComesBack::Answer)
        && token::prefers_bearer(secret)
        && !refusals.has_accepted_bearer(&request.endpoint, secret)
}

/// Returns the names that what is wanted goes by.
fn names_of(wanted: &Wanted, sources: &[Box<dyn Source>]) -> Vec<String> {
    if let Some(name) = wanted.username {
        return vec![name.to_owned()];
    }
    let own = sources.iter().filter(|source| source.kind() == OURS);
    own.flat_map(|source| source.list(wanted.endpoint)).flatten().map(|held| held.name).collect()
}

/// Forgets a name that nothing names any more: no entry, and no line of git's configuration, as `bind` and `switch` write
/// them. What cannot be looked at may name it.
pub fn forget_name(endpoint: &Endpoint, name: &str, sources: &[Box<dyn Source>]) {
    let names = KnownNames::from_env();
    if !names.contains(endpoint, name) {
        return;
    }
    let own = sources.iter().filter(|source| source.kind() == OURS).flat_map(|source| source.list(endpoint));
    let is_stored = own.into_iter().any(|held| held.map_or(true, |held| held.name == name));
    let names_it =
        |entry: &Entry| entry.value == name && entry.key.starts_with("credential.") && entry.key.ends_with(".username");
    let is_written = || repository::effective_entries().map_or(true, |entries| entries.iter().any(names_it));
    if !is_stored && !is_written() {
        names.remove(endpoint, name);
    }
}

/// Says which token was rejected: git itself says no more than that the authentication failed. What
/// git stored, a person may have it forget: that is silent, as git's own helpers are.
fn told_of(
    request: &Request,
    scheme: Scheme,
    secret: &SecretString,
    sources: &[Box<dyn Source>],
    refusals: &Refusals,
    goes_before: &LazyCell<Option<String>>,
) -> Option<String> {
    if scheme == Scheme::Basic && refusals.has_accepted_bearer(&request.endpoint, secret) {
        return Some(lack::needs_a_larger_buffer(&request.endpoint));
    }
    let is_it = |held: &Held| match &held.token {
        Some(token) => token::same(&token.secret, secret),
        None => held.place == Place::Command,
    };
    if request.username.as_deref().is_some_and(|name| token::is_token(name) && token::is(name, secret)) {
        let wanted = Wanted { endpoint: &request.endpoint, username: None };
        return Some(lack::rejected(Kind::Username, &wanted, &AccessToken::new(secret.clone()), sources));
    }
    let is_gits = request.challenged || caller::is_transfer();
    let spoken_of = sources.iter().filter(|source| source.kind() != OURS || is_gits);
    let held =
        spoken_of.into_iter().find_map(|source| source.list(&request.endpoint).into_iter().flatten().find(is_it))?;
    // a name may be a token, where an earlier version stored one of a URL
    let name = terminal::printable(&token::masked_name(&held.name));
    if let Some(first) = &**goes_before {
        return Some(match held.place {
            Place::Keychain | Place::Section => format!("{first}; the token stored for {name} was removed"),
            _ => first.clone(),
        });
    }
    let whose = match held.place {
        Place::Username => "the token in the URL".to_owned(),
        Place::Ci => "the token of HF_OIDC_RESOURCE".to_owned(),
        Place::Variable(variable) => variable.to_owned(),
        Place::Command => "the token command's token".to_owned(),
        Place::Keychain | Place::Section => {
            return Some(format!(
                "the token stored for {name} was rejected by the Hub (revoked or expired) and removed: run \
                 `git-credential-hf login`"
            ));
        }
        Place::StoredTokens if !name.is_empty() => format!("the token {name}"),
        Place::StoredTokens | Place::TokenFile => "the active token".to_owned(),
    };
    Some(format!("{whose} was rejected by the Hub: run `git-credential-hf doctor` to see why"))
}
