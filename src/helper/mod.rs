//! get, store and erase: every rule on whose token is whose.

mod lack;
mod search;
#[cfg(test)]
mod tests;

use anyhow::Result;
use secrecy::SecretString;

use self::lack::Lack;
use self::search::{Found, Nobody, Search};
use crate::endpoint::{Endpoint, Hub};
use crate::names::KnownNames;
use crate::prompts::Prompts;
use crate::protocol::{Answer, ComesBack, Form, Proof, Request, Scheme, Unanswered};
use crate::refusals::Refusals;
use crate::repository::entry::Entry;
use crate::repository::{self, owner};
use crate::source::{self, Held, Kind, OURS, Place, Source, Wanted};
use crate::terminal::quoted;
use crate::token::{self, AccessToken};
use crate::{caller, notice, terminal};

/// Why git is given no token.
#[derive(Debug)]
pub struct NoToken {
    /// What git is told.
    pub told: Unanswered,
    /// What the person is told.
    pub why: Why,
}

/// What a person is told where git is given no token.
#[derive(Debug)]
pub enum Why {
    /// A token that should be there cannot be had.
    Failed(anyhow::Error),
    /// Nobody is logged in.
    NotLoggedIn(String),
    /// Nothing: others may answer, or nobody would read it.
    Silent,
}

/// Answers git with a token.
///
/// A request with a path has its name from git, which finds `credential.<url>.username` by that path. One without may be
/// git-xet's, or git-lfs's: where more than one token could answer it, the repository we are called in is asked whose it
/// is ([`owner::account`]), and that goes before a name which is merely the whole host's. A token of the environment, of
/// CI or of a command is there for any name, so that nobody is chosen then.
///
/// # Errors
///
/// When nobody has a token, or the one that must answer cannot be had.
pub fn get(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<Answer, NoToken> {
    // an empty name is nobody's
    let requested = request.username.as_deref().filter(|name| !name.is_empty());
    let has_path = request.path.as_ref().is_some_and(|path| !path.is_empty());
    // git that was answered with a challenge tells the name in the URL with it, or has none to tell
    let is_told = requested.is_some() || request.challenged || !request.capabilities.state;
    let in_url = if is_told { None } else { caller::user_at(&request.endpoint) };
    let requested = in_url.as_deref().or(requested);
    let is_settled = has_path || in_url.is_some() || requested.is_some_and(token::is_token);
    let owner = if is_settled { None } else { account_here(&request.endpoint, requested, sources) };
    let wanted = Wanted { endpoint: &request.endpoint, username: owner.as_deref().or(requested) };
    let search = Search::new(wanted, request.capabilities, sources, refusals)
        .after_an_answer(request.comes_back == Some(ComesBack::Answer));
    let Found { kind, token, schemes } = match search.run() {
        Ok(found) => found,
        Err(nobody) => return Err(no_token(request, &search.wanted(), sources, nobody)),
    };
    let ephemeral = kind != OURS && request.capabilities.authtype;
    let form =
        if schemes.contains(&Scheme::Bearer) { Form::Bearer { ephemeral } } else { Form::Password { ephemeral } };
    let username = search.wanted().username.or(token.username.as_deref());
    // a colon would end it where it is sent (RFC 7617), and the token would begin too early
    let username = username.filter(|name| !ephemeral || !name.contains(':')).unwrap_or(Answer::ANYBODY).to_owned();
    Ok(Answer { username, form, state: request.capabilities.state.then(|| kind.word()), token })
}

/// Says what git and the person are told where nobody answers. git asks the person next, unless it is told to quit.
fn no_token(request: &Request, wanted: &Wanted, sources: &[Box<dyn Source>], nobody: Nobody) -> NoToken {
    let Nobody { error, quits } = nobody;
    let asks = !quits && request.capabilities.state;
    if !quits && !asks {
        // where it cannot be noted, what the person types is used once and not kept
        _ = Prompts::from_env().note(&request.endpoint, request.username.as_deref());
    }
    let why = match error {
        Some(error) if matches!(error.downcast_ref(), Some(Lack::Gone(_))) && !lack::is_read() => Why::Silent,
        Some(error) => Why::Failed(error),
        None => lack::not_logged_in(wanted, sources).map_or(Why::Silent, Why::NotLoggedIn),
    };
    NoToken { told: Unanswered { asks, quits }, why }
}

/// Whose token a person has here: the one that git would send.
///
/// # Errors
///
/// As for [`get`].
pub fn find(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<Option<(Kind, AccessToken)>> {
    match Search::for_people(wanted, sources, refusals).run() {
        Ok(Found { kind, token, schemes: _ }) => Ok(Some((kind, token))),
        Err(Nobody { error, quits: _ }) => error.map_or(Ok(None), Err),
    }
}

/// Returns the token of exactly that name: of an entry, of a section, or the active one where its account is that name.
///
/// # Errors
///
/// When it is there and cannot be had, or a place cannot be read.
pub fn named(
    endpoint: &Endpoint,
    name: &str,
    sources: &[Box<dyn Source>],
    refusals: &Refusals,
) -> Result<Option<(Kind, AccessToken)>> {
    if let Some(found) = source::named(sources, endpoint, name)? {
        return Ok(Some(found));
    }
    let wanted = Wanted { endpoint, username: Some(name) };
    match Search::for_people(wanted, sources, refusals).active_of_account(name)? {
        None if KnownNames::from_env().contains(endpoint, name) => Err(lack::gone(&wanted, name, sources)),
        found => Ok(found),
    }
}

/// Says that nobody has a token for what is wanted, and how to get one.
#[must_use]
pub fn nobody_has_one(wanted: Wanted, sources: &[Box<dyn Source>]) -> String {
    lack::nobody_has_one(&wanted, sources)
}

/// Says why nobody answers, as git is told; `None` where somebody does, and where nobody is logged in.
#[must_use]
pub fn why_nobody(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals) -> Option<String> {
    let nobody = Search::for_people(wanted, sources, refusals).offline().run().err()?;
    nobody.error.map(|error| format!("{error:#}"))
}

/// How each source stands to a request, in the order they are asked. Nothing is run, and nobody is asked for a token.
#[must_use]
pub fn standings(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals) -> Vec<(Kind, Standing)> {
    Search::for_people(wanted, sources, refusals).offline().standings()
}

/// How one source stands to a request.
#[derive(Debug)]
pub enum Standing {
    /// It has this token to answer with.
    Has(AccessToken),
    /// It is asked for one when git asks: an identity that is exchanged, a command that is run.
    IsAsked,
    /// It has none for whoever is wanted.
    HasNone,
    /// What it has, the user has chosen another for since: that of a later source.
    IsOutchosen(AccessToken),
    /// What it has, the Hub refused a moment ago.
    IsRefused(AccessToken),
    /// It cannot be read, or what it has cannot be used; the next one is asked.
    Fails(anyhow::Error),
    /// Nobody else may answer in its place.
    Ends(anyhow::Error),
}

/// Keeps what a person gave and git found to work, unless somebody else keeps it already.
///
/// # Errors
///
/// When it should have been kept and was not.
pub fn store(request: Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let Request { endpoint, username, proof, password_expiry_utc, oauth_refresh_token, ephemeral, comes_back, .. } =
        request;
    let ours = comes_back == Some(ComesBack::Answer);
    if let Some((scheme, secret)) = proof.secret() {
        refusals.forget(&endpoint, scheme, secret);
        if scheme == Scheme::Bearer && ours {
            refusals.note_bearer(&endpoint, secret);
        }
    }
    let is_name = |name: &String| !name.is_empty() && !token::is_token(name);
    let (Some(username), Proof::Password(secret)) = (username.filter(is_name), proof) else {
        return Ok(());
    };
    if ephemeral || ours || sources.iter().any(|source| source.forbids_store()) || is_held_by_others(sources, &secret) {
        return Ok(());
    }
    let mut own = sources.iter().filter(|source| source.kind() == OURS);
    if comes_back != Some(ComesBack::Prompt) && !is_a_persons(&endpoint, &username) {
        let wanted = Wanted { endpoint: &endpoint, username: Some(&username) };
        if own.any(|source| matches!(source.find(&wanted), Ok(Some(kept)) if !token::same(&kept.secret, &secret))) {
            let name = quoted(&terminal::printable(&username));
            notice::say(&format!(
                "git used another token for {name}, such as one out of a URL; the stored one is kept (to replace it, run \
                 `git-credential-hf login --name {name}`)"
            ));
        }
        return Ok(());
    }
    let mut token = AccessToken::new(secret);
    token.refresh_token = oauth_refresh_token;
    token.expires_at = password_expiry_utc;
    own.try_for_each(|source| source.put(&endpoint, &username, token.clone()))
}

/// Tells whether a person gave what is to be stored. git stores whatever worked, also what came out of a URL, which a submodule, a
/// redirect or `.lfsconfig` may bring. A person is known by the prompt that a `get` led to, or by a caller that is no transfer: git tells `GIT_DIR` to its own (`transport-helper.c`), but for `git ls-remote` outside of a repository.
#[expect(clippy::disallowed_methods, reason = "who calls, as git tells its helpers")]
fn is_a_persons(endpoint: &Endpoint, username: &str) -> bool {
    Prompts::from_env().take(endpoint, username) || std::env::var_os("GIT_DIR").is_none() && !caller::is_transfer()
}

/// Forgets what git found to be refused: what we keep is deleted, what others keep is not answered again for a while.
///
/// # Errors
///
/// When it could not be forgotten.
pub fn erase(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let rejected =
        request.proof.secret().and_then(|(scheme, secret)| told_of(request, scheme, secret, sources, refusals));
    forget(request, sources, refusals)?;
    if let Some(rejected) = rejected {
        notice::say(&rejected);
    }
    Ok(())
}

fn forget(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let secret = match &request.proof {
        Proof::Unknown => return Ok(()),
        proof => proof.secret(),
    };
    let remember = || {
        let Some((scheme, secret)) = secret else { return Ok(()) };
        if lack::goes_before().is_some() {
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

/// The account of the repository we are called in, for a request without a path: where there may be a repository, and
/// there are accounts to choose from.
#[must_use]
pub fn account_here(endpoint: &Endpoint, requested: Option<&str>, sources: &[Box<dyn Source>]) -> Option<String> {
    if sources.iter().any(|source| source.is_in_force()) || !repository::may_be_here() {
        return None;
    }
    // the HF home's files are read faster than the keychain, and may settle it
    let mut secrets = sources.iter().rev().flat_map(|source| source.secrets(endpoint));
    let is_open = secrets.next().is_some_and(|first| secrets.any(|other| !token::same(&first, &other)));
    let is_open = is_open || is_anybody_missing(endpoint, sources);
    is_open.then(|| owner::account(&Hub::from_env(), endpoint, requested)).flatten()
}

/// Tells whether a name is known whose token cannot be had just now: the repository may be that one's.
fn is_anybody_missing(endpoint: &Endpoint, sources: &[Box<dyn Source>]) -> bool {
    let names = KnownNames::from_env();
    if !names.contain_others_than(endpoint, &[]) {
        return false;
    }
    let mut there = Vec::new();
    for held in sources.iter().flat_map(|source| source.list(endpoint)) {
        let Ok(held) = held else { return true };
        there.extend(held.token.and_then(|token| token.username));
        there.push(held.name);
    }
    names.contain_others_than(endpoint, &there)
}

/// A token another source owns is never copied, and never deleted. A source that cannot be read holds nothing we know.
fn is_held_by_others(sources: &[Box<dyn Source>], secret: &SecretString) -> bool {
    sources.iter().filter(|source| source.kind() != OURS).any(|source| source.holds(secret).unwrap_or(false))
}

/// Says which token was rejected: git itself says no more than that the authentication failed. What
/// git stored, a person may have it forget: that is silent, as git's own helpers are.
fn told_of(
    request: &Request,
    scheme: Scheme,
    secret: &SecretString,
    sources: &[Box<dyn Source>],
    refusals: &Refusals,
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
    if let Some(first) = lack::goes_before() {
        return Some(first);
    }
    let name = terminal::printable(&held.name);
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
