//! get, store and erase: every rule on whose token is whose.

mod erase;
mod lack;
mod search;
#[cfg(test)]
mod tests;

use anyhow::Result;
use secrecy::SecretString;

pub use self::erase::{erase, forget_name};
use self::lack::Lack;
use self::search::{Found, Nobody, Search};
use crate::endpoint::{Endpoint, Hub};
use crate::names::KnownNames;
use crate::prompts::Prompts;
use crate::protocol::{Answer, Capabilities, ComesBack, Form, Proof, Request, Scheme, Unanswered};
use crate::refusals::Refusals;
use crate::repository::{self, owner};
use crate::source::{self, Kind, OURS, Source, Wanted};
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

/// The same for a git that may not know how a token is sent: without that, each is a password.
#[must_use]
pub fn standings_for_git(
    wanted: Wanted,
    sources: &[Box<dyn Source>],
    refusals: &Refusals,
    knows_schemes: bool,
) -> Vec<(Kind, Standing)> {
    let capabilities = Capabilities { authtype: knows_schemes, state: knows_schemes };
    Search::new(wanted, capabilities, sources, refusals).offline().standings()
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

/// The account of the repository we are called in, for a request without a path: where there may be a repository, and
/// there are accounts to choose from.
fn account_here(endpoint: &Endpoint, requested: Option<&str>, sources: &[Box<dyn Source>]) -> Option<String> {
    let is_open = has_accounts_to_choose_from(endpoint, sources);
    is_open.then(|| owner::account(&Hub::from_env(), endpoint, requested)).flatten()
}

/// Tells whether the repository has a say in whose token is answered.
#[must_use]
pub fn has_accounts_to_choose_from(endpoint: &Endpoint, sources: &[Box<dyn Source>]) -> bool {
    if sources.iter().any(|source| source.is_in_force()) || !repository::may_be_here() {
        return false;
    }
    // the HF home's files are read faster than the keychain, and may settle it
    let mut secrets = sources.iter().rev().flat_map(|source| source.secrets(endpoint));
    let is_open = secrets.next().is_some_and(|first| secrets.any(|other| !token::same(&first, &other)));
    is_open || is_anybody_missing(endpoint, sources)
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
