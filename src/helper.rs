//! get, store and erase: every rule on whose token is whose.

#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use secrecy::SecretString;

use crate::endpoint::{Endpoint, Hub};
use crate::protocol::{Answer, Capabilities, Form, Proof, Request, Scheme};
use crate::refusals::Refusals;
use crate::repository::{self, owner};
use crate::source::{Held, Kind, NotAnother, OURS, Place, Source, Wanted};
use crate::token::{self, AccessToken};
use crate::{notice, terminal};

/// Who git should be.
///
/// A request with a path has its name from git, which finds `credential.<url>.username` by that path. One without may be
/// git-xet's, or git-lfs's: where more than one token could answer it, the repository we are called in is asked whose it
/// is ([`owner::account`]), and that goes before a name which is merely the whole host's. A token of the environment, of
/// CI or of a command is there for any name, so that nobody is chosen then.
///
/// # Errors
///
/// When nobody answers and a source failed, or when the one that must answer was refused.
pub fn get(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<Option<Answer>> {
    // an empty name is nobody's
    let requested = request.username.as_deref().filter(|name| !name.is_empty());
    let has_path = request.path.as_ref().is_some_and(|path| !path.is_empty());
    let owner = if has_path { None } else { account_here(&request.endpoint, requested, sources) };
    let wanted = Wanted { endpoint: &request.endpoint, username: owner.as_deref().or(requested) };
    let search = Search { wanted, capabilities: request.capabilities, comes_back: request.ours, sources, refusals };
    let Some(Found { kind, token, schemes }) = search.run()? else { return Ok(None) };
    let ephemeral = kind != OURS && request.capabilities.authtype;
    let form =
        if schemes.contains(&Scheme::Bearer) { Form::Bearer { ephemeral } } else { Form::Password { ephemeral } };
    let username = wanted.username.or(token.username.as_deref());
    // a colon would end it where it is sent (RFC 7617), and the token would begin too early
    let username = username.filter(|name| !ephemeral || !name.contains(':')).unwrap_or(Answer::ANYBODY).to_owned();
    Ok(Some(Answer { username, form, state: request.capabilities.state.then(|| kind.word()), token }))
}

/// Whose token a person has here: the one that git would send.
///
/// # Errors
///
/// As for [`get`].
pub fn find(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<Option<(Kind, AccessToken)>> {
    let found = Search::for_people(wanted, sources, refusals).run()?;
    Ok(found.map(|Found { kind, token, schemes: _ }| (kind, token)))
}

/// How each source stands to a request, in the order they are asked. Nothing is run, and nobody is asked for a token.
#[must_use]
pub fn standings(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals) -> Vec<(Kind, Standing)> {
    let search = Search::for_people(wanted, sources, refusals);
    sources.iter().map(|source| (source.kind(), search.standing(&**source))).collect()
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

/// Keeps what git found to work, unless somebody else keeps it already.
///
/// # Errors
///
/// When it should have been kept and was not.
pub fn store(request: Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let Request { endpoint, username, proof, password_expiry_utc, oauth_refresh_token, ephemeral, ours, .. } = request;
    if let Some((scheme, secret)) = proof.secret() {
        refusals.forget(&endpoint, scheme, secret);
    }
    let (Some(username), Proof::Password(secret)) = (username.filter(|name| !name.is_empty()), proof) else {
        return Ok(());
    };
    if ephemeral || ours || sources.iter().any(|source| source.forbids_store()) || is_held_by_others(sources, &secret) {
        return Ok(());
    }
    let mut token = AccessToken::new(secret);
    token.refresh_token = oauth_refresh_token;
    token.expires_at = password_expiry_utc;
    for source in sources.iter().filter(|source| source.kind() == OURS) {
        source.put(&endpoint, &username, token.clone())?;
    }
    Ok(())
}

/// Forgets what git found to be refused: what we keep is deleted, what others keep is not answered again for a while.
///
/// # Errors
///
/// When it could not be forgotten.
pub fn erase(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let refused = request.proof.secret().and_then(|(_, secret)| whose(request, secret, sources));
    forget(request, sources, refusals)?;
    if let Some(refused) = refused {
        notice::say(&format!("the Hub refused {refused}: `git-credential-hf doctor` says why"));
    }
    Ok(())
}

fn forget(request: &Request, sources: &[Box<dyn Source>], refusals: &Refusals) -> Result<()> {
    let secret = match &request.proof {
        Proof::Unknown => return Ok(()),
        proof => proof.secret(),
    };
    let remember = || secret.map_or(Ok(()), |(scheme, secret)| refusals.remember(&request.endpoint, scheme, secret));
    let is_held_by_others = secret.is_some_and(|(_, secret)| is_held_by_others(sources, secret));
    let remembered = if is_held_by_others { remember() } else { Ok(()) };
    // present but empty is nobody's name
    if request.username.as_deref() == Some("") {
        return remembered;
    }
    let given_up = secret
        .map_or(Ok(()), |(_, secret)| sources.iter().try_for_each(|source| source.give_up(&request.endpoint, secret)));
    let wanted = Wanted { endpoint: &request.endpoint, username: request.username.as_deref() };
    for source in sources.iter().filter(|source| source.kind() == OURS) {
        match source.remove(&wanted, secret.map(|(_, secret)| secret)) {
            Ok(()) => {}
            // there is hardly a copy of ours, and if there is one it is not answered either
            Err(_) if is_held_by_others => {}
            // what cannot be deleted must not be answered again at once
            Err(error) => return remember().and(Err(error)),
        }
    }
    remembered.and(given_up)
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
    is_open.then(|| owner::account(&Hub::from_env(), endpoint, requested)).flatten()
}

/// A token another source owns is never copied, and never deleted. A source that cannot be read holds nothing we know.
fn is_held_by_others(sources: &[Box<dyn Source>], secret: &SecretString) -> bool {
    sources.iter().filter(|source| source.kind() != OURS).any(|source| source.holds(secret).unwrap_or(false))
}

/// A token that was refused, as people know it: git itself says no more than that the authentication failed. What git
/// stored, a person may have it forget: that is silent, as git's own helpers are.
fn whose(request: &Request, secret: &SecretString, sources: &[Box<dyn Source>]) -> Option<String> {
    let is_it = |held: &Held| match &held.token {
        Some(token) => token::same(&token.secret, secret),
        None => held.place == Place::Command,
    };
    let spoken_of = sources.iter().filter(|source| source.kind() != OURS || request.challenged);
    let held =
        spoken_of.into_iter().find_map(|source| source.list(&request.endpoint).into_iter().flatten().find(is_it))?;
    let name = terminal::printable(&held.name);
    Some(match held.place {
        Place::Ci => "the token of HF_OIDC_RESOURCE".to_owned(),
        Place::Variable(variable) => format!("the token of {variable}"),
        Place::Command => "the token command's token".to_owned(),
        Place::Keychain | Place::Section => format!("the token stored for {name}"),
        Place::StoredTokens if !name.is_empty() => format!("the HF home's token {name}"),
        Place::StoredTokens | Place::TokenFile => "the HF home's active token".to_owned(),
    })
}

/// A token to answer with, and the schemes it may be sent by, the one to try first in front.
struct Found {
    kind: Kind,
    token: AccessToken,
    schemes: Vec<Scheme>,
}

/// One search for a token through all sources.
struct Search<'a> {
    wanted: Wanted<'a>,
    capabilities: Capabilities,
    /// What we answered before was refused in the form we gave it.
    comes_back: bool,
    sources: &'a [Box<dyn Source>],
    refusals: &'a Refusals,
}

impl<'a> Search<'a> {
    /// A search for a person, who may use a token by any scheme.
    fn for_people(wanted: Wanted<'a>, sources: &'a [Box<dyn Source>], refusals: &'a Refusals) -> Self {
        let capabilities = Capabilities { authtype: true, state: true };
        Self { wanted, capabilities, comes_back: false, sources, refusals }
    }

    /// One source's part in [`Self::run`], for looking at.
    fn standing(&self, source: &dyn Source) -> Standing {
        let is_asked = |held: Result<Held>| held.is_ok_and(|held| held.token.is_none());
        if source.list(self.wanted.endpoint).into_iter().any(is_asked) {
            return Standing::IsAsked;
        }
        let stands = || -> Result<Standing> {
            let Some(token) = source.find(&self.wanted)? else { return Ok(Standing::HasNone) };
            Ok(match self.ask(source)? {
                Some(found) if found.kind == source.kind() => Standing::Has(found.token),
                Some(_) => Standing::IsOutchosen(token),
                None => Standing::IsRefused(token),
            })
        };
        stands().unwrap_or_else(
            |error| if error.is::<NotAnother>() { Standing::Ends(error) } else { Standing::Fails(error) },
        )
    }

    /// The failure rule: the sources are asked in order; one that fails is passed over, and its error counts only if
    /// nobody answers. Only a [`NotAnother`] ends the search.
    fn run(&self) -> Result<Option<Found>> {
        let mut first_error = None;
        for source in self.sources {
            match self.ask(&**source) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) if error.is::<NotAnother>() => return Err(error),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        first_error.map_or(Ok(None), Err)
    }

    /// One source's answer, or that of another in which the user has chosen since this one's was stored: the last decision
    /// wins, whichever program took it.
    fn ask(&self, source: &dyn Source) -> Result<Option<Found>> {
        let Some(token) = source.find(&self.wanted)? else { return Ok(None) };
        if let (None, Some(stored)) = (self.wanted.username, &token.stored) {
            for chosen in self.sources.iter().filter(|source| source.chosen_since(&stored.mark)) {
                if let Ok(Some(found)) = self.ask(&**chosen) {
                    return Ok(Some(found));
                }
            }
        }
        self.unless_refused(source.kind(), token)
    }

    /// A refused token of the environment or of the requested name must not become another person halfway through a
    /// push; a refused active token is passed over.
    fn unless_refused(&self, kind: Kind, token: AccessToken) -> Result<Option<Found>> {
        let mut schemes = self.schemes(&token);
        schemes.retain(|scheme| !self.refusals.hold(self.wanted.endpoint, *scheme, &token.secret));
        if !schemes.is_empty() {
            return Ok(Some(Found { kind, token, schemes }));
        }
        let is_of_requested_name = self.wanted.username.is_some() && token.username.is_some();
        match kind {
            Kind::Ci => bail!(NotAnother(
                "the Hub refused the token of HF_OIDC_RESOURCE a moment ago, so it is not offered again for now: see whether \
                 this job is still a trusted publisher"
                    .to_owned()
            )),
            Kind::Environment => bail!(NotAnother(
                "the Hub refused the environment's token (HF_TOKEN, or HUGGING_FACE_HUB_TOKEN) a moment ago, so it is not \
                 offered again for now: set a valid one, or unset it"
                    .to_owned()
            )),
            Kind::Command => bail!(NotAnother(
                "the Hub refused the token command's token a moment ago, so it is not offered again for now: have the \
                 command print a valid one"
                    .to_owned()
            )),
            Kind::HfHome if is_of_requested_name => bail!(NotAnother(
                "the Hub refused the HF home's token of the requested name a moment ago, so it is not offered again for now: \
                 run `git-credential-hf login`"
                    .to_owned()
            )),
            Kind::HfHome | Kind::Stored => Ok(None),
        }
    }

    /// The schemes this caller can send this token by. Whether the Hub takes an OAuth token over Basic is not known for
    /// each of its services, so git is told to try Bearer and to come back if that was refused.
    fn schemes(&self, token: &AccessToken) -> Vec<Scheme> {
        let Capabilities { authtype, state } = self.capabilities;
        if authtype && state && !self.comes_back && token.prefers_bearer() {
            vec![Scheme::Bearer, Scheme::Basic]
        } else {
            vec![Scheme::Basic]
        }
    }
}
