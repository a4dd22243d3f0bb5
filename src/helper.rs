//! get, store and erase: every rule on whose token is whose.

use anyhow::{Result, bail};
use secrecy::SecretString;

use crate::endpoint::Hub;
use crate::protocol::{Answer, Proof, Request, Scheme};
use crate::refusals::Refusals;
use crate::repository::owner;
use crate::source::{Kind, NotAnother, OURS, Source, Wanted};
use crate::token::{self, AccessToken};

/// The username where neither git nor the token names one: that of `huggingface_hub` (`utils/_git_credential.py`). The Hub
/// looks at the token alone.
const ANYBODY: &str = "hf_user";

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
    let owner =
        is_open(request, sources).then(|| owner::account(&Hub::from_env(), &request.endpoint, requested)).flatten();
    let wanted = Wanted { endpoint: &request.endpoint, username: owner.as_deref().or(requested) };
    let search = Search { wanted, sources, refusals };
    let Some((kind, token)) = search.run()? else { return Ok(None) };
    let username = wanted.username.or(token.username.as_deref()).unwrap_or(ANYBODY).to_owned();
    Ok(Some(Answer {
        username,
        ephemeral: request.capabilities.authtype && kind != OURS,
        state: request.capabilities.state.then(|| word(kind)),
        token,
    }))
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
    if ephemeral || ours || is_held_by_others(sources, &secret) {
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
    let secret = match &request.proof {
        Proof::Unknown => return Ok(()),
        proof => proof.secret(),
    };
    // present but empty is nobody's name
    if request.username.as_deref() == Some("") {
        return Ok(());
    }
    let remembered = match secret {
        Some((scheme, secret)) if is_held_by_others(sources, secret) => {
            refusals.remember(&request.endpoint, scheme, secret)
        }
        _ => Ok(()),
    };
    let wanted = Wanted { endpoint: &request.endpoint, username: request.username.as_deref() };
    for source in sources.iter().filter(|source| source.kind() == OURS) {
        source.remove(&wanted, secret.map(|(_, secret)| secret))?;
    }
    remembered
}

/// Whether the repository may have a say: git named no path, and there are accounts to choose from.
fn is_open(request: &Request, sources: &[Box<dyn Source>]) -> bool {
    let has_path = request.path.as_ref().is_some_and(|path| !path.is_empty());
    if has_path || sources.iter().any(|source| source.is_in_force()) {
        return false;
    }
    // the HF home's files are read faster than the keychain, and may settle it
    let mut secrets = sources.iter().rev().flat_map(|source| source.secrets(&request.endpoint));
    secrets.next().is_some_and(|first| secrets.any(|other| !token::same(&first, &other)))
}

/// A token another source owns is never copied, and never deleted. A source that cannot be read holds nothing we know.
fn is_held_by_others(sources: &[Box<dyn Source>], secret: &SecretString) -> bool {
    sources.iter().filter(|source| source.kind() != OURS).any(|source| source.holds(secret).unwrap_or(false))
}

/// The source as one word, for `state[]`.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Environment => "environment",
        Kind::Command => "command",
        Kind::Stored => "stored",
        Kind::HfHome => "hf-home",
    }
}

/// One search for a token through all sources.
struct Search<'a> {
    wanted: Wanted<'a>,
    sources: &'a [Box<dyn Source>],
    refusals: &'a Refusals,
}

impl Search<'_> {
    /// The failure rule: the sources are asked in order; one that fails is passed over, and its error counts only if
    /// nobody answers. Only a [`NotAnother`] ends the search.
    fn run(&self) -> Result<Option<(Kind, AccessToken)>> {
        let mut first_error = None;
        for (position, source) in self.sources.iter().enumerate() {
            match self.ask(&**source, &self.sources[position + 1..]) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) if error.is::<NotAnother>() => return Err(error),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        first_error.map_or(Ok(None), Err)
    }

    /// One source's answer, or that of a later one in which the user has chosen since this one's was stored: the last
    /// decision wins, whichever program took it.
    fn ask(&self, source: &dyn Source, later: &[Box<dyn Source>]) -> Result<Option<(Kind, AccessToken)>> {
        let Some(token) = source.find(&self.wanted)? else { return Ok(None) };
        if let (None, Some(stored)) = (self.wanted.username, &token.stored) {
            for chosen in later.iter().filter(|source| source.chosen_since(&stored.mark)) {
                if let Ok(Some(found)) = self.ask(&**chosen, &[]) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(self.unless_refused(source.kind(), token)?.map(|token| (source.kind(), token)))
    }

    /// A refused token of the environment or of the requested name must not become another person halfway through a
    /// push; a refused active token is passed over.
    fn unless_refused(&self, kind: Kind, token: AccessToken) -> Result<Option<AccessToken>> {
        if kind == OURS || !self.refusals.hold(self.wanted.endpoint, Scheme::Basic, &token.secret) {
            return Ok(Some(token));
        }
        let is_of_requested_name = self.wanted.username.is_some() && token.username.is_some();
        match kind {
            Kind::Environment => bail!(NotAnother(
                "the Hub refused HF_TOKEN a moment ago, so it is not offered again for now: set it to a valid token, or unset it"
                    .to_owned()
            )),
            Kind::Command => bail!(NotAnother(
                "the Hub refused the token command's token a moment ago, so it is not offered again for now: have the \
                 command print a valid one"
                    .to_owned()
            )),
            Kind::HfHome if is_of_requested_name => bail!(NotAnother(
                "the Hub refused the HF home's token of the requested name a moment ago, so it is not offered again for now: \
                 run `hf auth login`"
                    .to_owned()
            )),
            Kind::HfHome | Kind::Stored => Ok(None),
        }
    }
}
