//! One search through the sources, and the one rule on what fails: which token git is given, and which never.

use std::cell::{LazyCell, OnceCell};

use anyhow::{Result, bail};

use super::Standing;
use super::lack::{self, Lack};
use crate::accounts::Accounts;
use crate::caller;
use crate::endpoint::Hub;
use crate::hub::Api;
use crate::names::{By, KnownNames, SwitchedNames};
use crate::protocol::{Capabilities, Scheme};
use crate::refusals::Refusals;
use crate::repository::owner;
use crate::source::keychain::Unavailable;
use crate::source::{Held, Kind, NotAnother, OURS, Source, Wanted};
use crate::token::{self, AccessToken, Mark};

/// For how long git waits to learn whose the active token is.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// A token to answer with, and the schemes it may be sent by, the one to try first in front.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) token: AccessToken,
    pub(super) schemes: Vec<Scheme>,
}

/// Why nobody answers, where there is more to say than that nobody is logged in.
pub(super) struct Nobody {
    pub(super) error: Option<anyhow::Error>,
    /// Neither another helper nor a person is to be asked instead.
    pub(super) quits: bool,
}

/// One search for a token through all sources.
pub(super) struct Search<'a> {
    wanted: Wanted<'a>,
    capabilities: Capabilities,
    /// What we answered before was rejected in the form we gave it.
    comes_back: bool,
    /// It is only looked at: the Hub is not asked.
    is_offline: bool,
    sources: &'a [Box<dyn Source>],
    refusals: &'a Refusals,
    names: LazyCell<KnownNames>,
    is_known: OnceCell<bool>,
}

impl<'a> Search<'a> {
    /// A search for whoever can send a token by these schemes.
    pub(super) fn new(
        wanted: Wanted<'a>,
        capabilities: Capabilities,
        sources: &'a [Box<dyn Source>],
        refusals: &'a Refusals,
    ) -> Self {
        let wanted = if is_outdated(&wanted, sources) { Wanted { username: None, ..wanted } } else { wanted };
        let names = LazyCell::new(KnownNames::from_env as fn() -> _);
        let is_known = OnceCell::new();
        Self { wanted, capabilities, comes_back: false, is_offline: false, sources, refusals, names, is_known }
    }

    /// A search for a person, who may use a token by any scheme.
    pub(super) fn for_people(wanted: Wanted<'a>, sources: &'a [Box<dyn Source>], refusals: &'a Refusals) -> Self {
        Self::new(wanted, Capabilities { authtype: true, state: true }, sources, refusals)
    }

    /// The same search after an answer that was rejected in its form.
    pub(super) fn after_an_answer(self, comes_back: bool) -> Self {
        Self { comes_back, ..self }
    }

    /// The same search without the network.
    pub(super) fn offline(self) -> Self {
        Self { is_offline: true, ..self }
    }

    /// Returns who is wanted after all.
    pub(super) fn wanted(&self) -> Wanted<'a> {
        self.wanted
    }

    /// Asks the sources in order. One that fails is passed over, and its error counts only if nobody answers; a
    /// [`NotAnother`] ends the search.
    pub(super) fn run(&self) -> Result<Found, Nobody> {
        let (mut first_error, mut is_lost) = (None, false);
        for source in self.sources {
            match self.ask(&**source, is_lost) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) => {
                    let is_lost_on_the_way = matches!(error.downcast_ref(), Some(Lack::Lost(_)));
                    let ends = error.is::<NotAnother>() || is_lost_on_the_way;
                    let quits = is_lost_on_the_way || quits(source.kind(), &error);
                    is_lost |= source.kind() == OURS;
                    if ends {
                        return Err(Nobody { error: Some(error), quits });
                    }
                    first_error = first_error.or(Some((error, quits)));
                }
            }
        }
        let (error, quits) = first_error.unzip();
        let error = error.or_else(|| self.known_name().map(|name| lack::gone(&self.wanted, name, self.sources)));
        Err(Nobody { error, quits: quits.unwrap_or(false) })
    }

    /// Returns how each source stands to the request, in the order they are asked.
    pub(super) fn standings(&self) -> Vec<(Kind, Standing)> {
        let (mut standings, mut is_lost) = (Vec::with_capacity(self.sources.len()), false);
        for source in self.sources {
            let standing = self.standing(&**source, is_lost);
            let fails = matches!(standing, Standing::Fails(_) | Standing::IsRefused(_));
            is_lost |= source.kind() == OURS && fails;
            standings.push((source.kind(), standing));
        }
        standings
    }

    /// One source's part in [`Self::run`], for looking at.
    fn standing(&self, source: &dyn Source, is_lost: bool) -> Standing {
        let is_asked = |held: Result<Held>| held.is_ok_and(|held| held.token.is_none());
        if source.list(self.wanted.endpoint).into_iter().any(is_asked) {
            return Standing::IsAsked;
        }
        let stands = || -> Result<Standing> {
            let Some(token) = source.find(&self.wanted)? else { return Ok(Standing::HasNone) };
            Ok(match self.ask(source, is_lost) {
                Ok(Some(found)) if found.kind == source.kind() => Standing::Has(found.token),
                Ok(Some(_)) => Standing::IsOutchosen(token),
                Ok(None) => Standing::HasNone,
                Err(error) if matches!(error.downcast_ref(), Some(Lack::Rejected(_))) => Standing::IsRefused(token),
                Err(error) => return Err(error),
            })
        };
        stands().unwrap_or_else(
            |error| if error.is::<NotAnother>() { Standing::Ends(error) } else { Standing::Fails(error) },
        )
    }

    /// One source's answer, or that of another in which the user has chosen since this one's was stored: the last decision
    /// wins, whichever program took it. `is_lost` tells that what is stored for the name could not be had.
    fn ask(&self, source: &dyn Source, is_lost: bool) -> Result<Option<Found>> {
        let token = match source.find(&self.wanted) {
            // whatever became of a token of others', it is not the one of a known name
            Err(error) if source.kind() == Kind::HfHome && self.is_anothers_end(source, &error) => return Ok(None),
            found => found?,
        };
        let Some(token) = token else { return Ok(None) };
        if let (None, Some(stored)) = (self.wanted.username, &token.stored) {
            let has_chosen = |mark: Mark| mark != Mark::default() && mark != stored.mark;
            for chosen in self.sources.iter().filter(|source| has_chosen(source.chosen_mark())) {
                if let Ok(Some(found)) = self.ask(&**chosen, false) {
                    return Ok(Some(found));
                }
            }
        }
        if source.kind() == Kind::HfHome && !self.is_for_the_name(&token, is_lost) {
            return Ok(None);
        }
        if source.kind() == OURS
            && let Some(name) = &token.username
        {
            // one that an earlier version stored
            self.names.add(By::Entry, self.wanted.endpoint, name);
        }
        self.unless_rejected(source.kind(), token).map(Some)
    }

    /// Tells whether an error of the HF home is about a token that would be nobody's answer to a known name: its files can be read.
    fn is_anothers_end(&self, source: &dyn Source, error: &anyhow::Error) -> bool {
        let is_readable = || source.list(self.wanted.endpoint).iter().all(Result::is_ok);
        !error.is::<NotAnother>() && self.known_name().is_some() && is_readable()
    }

    /// Returns the requested name, where it is known.
    fn known_name(&self) -> Option<&'a str> {
        let is_known = |name: &str| self.names.contains(self.wanted.endpoint, name);
        self.wanted.username.filter(|name| *self.is_known.get_or_init(|| is_known(name)))
    }

    /// Tells whether a token of the HF home may answer for the requested name: anything does for a name that nobody knows. A
    /// known one has its own section, or an account that is the name. Where an entry of ours has the name and could not be
    /// had, a section that is merely called so may be somebody else's.
    fn is_for_the_name(&self, token: &AccessToken, is_lost: bool) -> bool {
        let Some(name) = self.known_name() else { return true };
        let is_named = token.username.as_deref() == Some(name);
        let is_in_doubt = || is_lost && self.names.contains_by(By::Entry, self.wanted.endpoint, name);
        is_named && !is_in_doubt() || self.is_account(token, name)
    }

    /// Tells whether a token is of the account of that name, as the Hub said once or says now.
    fn is_account(&self, token: &AccessToken, name: &str) -> bool {
        let (endpoint, accounts) = (self.wanted.endpoint, Accounts::from_env());
        if let Some(agrees) = accounts.is_of(endpoint, &token.secret, name) {
            return agrees;
        }
        if self.is_offline || self.is_rejected(token) {
            return false;
        }
        let told = Api::at(&Hub::from_env(), endpoint).and_then(|api| api.whoami_within(&token.secret, PATIENCE));
        told.is_ok_and(|identity| {
            accounts.note(endpoint, &token.secret, &identity.name);
            identity.name.eq_ignore_ascii_case(name)
        })
    }

    /// Returns the active token of the HF home, where its account is that name.
    pub(super) fn active_of_account(&self, name: &str) -> Result<Option<(Kind, AccessToken)>> {
        let wanted = Wanted { username: None, ..self.wanted };
        for source in self.sources.iter().filter(|source| source.kind() == Kind::HfHome) {
            if let Some(token) = source.find(&wanted)?.filter(|token| self.is_account(token, name)) {
                return Ok(Some((Kind::HfHome, token)));
            }
        }
        Ok(None)
    }

    fn is_rejected(&self, token: &AccessToken) -> bool {
        self.schemes(token).iter().all(|scheme| self.is_held(*scheme, token))
    }

    /// Tells whether a token is not answered by a scheme. What is in doubt is not shown as rejected, and is so no longer
    /// than git sends something before it asks this helper.
    fn is_held(&self, scheme: Scheme, token: &AccessToken) -> bool {
        let (endpoint, secret) = (self.wanted.endpoint, &token.secret);
        self.refusals.hold(endpoint, scheme, secret)
            || !self.is_offline && self.refusals.doubt(endpoint, scheme, secret) && lack::goes_before().is_some()
    }

    /// A token that was rejected lately is not answered again at once; one of the environment must not become another
    /// person's halfway through a push.
    fn unless_rejected(&self, kind: Kind, token: AccessToken) -> Result<Found> {
        let mut schemes = self.schemes(&token);
        schemes.retain(|scheme| !self.is_held(*scheme, &token));
        if !schemes.is_empty() {
            return Ok(Found { kind, token, schemes });
        }
        let endpoint = self.wanted.endpoint;
        if self.comes_back && token.prefers_bearer() {
            if self.refusals.has_accepted_bearer(endpoint, &token.secret) {
                bail!(Lack::Lost(lack::needs_a_larger_buffer(endpoint)));
            }
            // it was shown in both ways, so that the next command need not
            _ = self.refusals.remember(endpoint, Scheme::Bearer, &token.secret);
        }
        let is_certain =
            self.schemes(&token).into_iter().any(|scheme| self.refusals.hold(endpoint, scheme, &token.secret));
        let first = if is_certain { None } else { lack::goes_before() };
        let told = first.unwrap_or_else(|| lack::rejected(kind, &self.wanted, &token, self.sources));
        match kind {
            Kind::Username | Kind::Ci | Kind::Environment | Kind::Command => bail!(NotAnother(told)),
            Kind::Stored | Kind::HfHome => bail!(Lack::Rejected(told)),
        }
    }

    /// The schemes this caller can send this token by. Whether the Hub takes an OAuth token over Basic is not known for
    /// each of its services, so git is told to try Bearer and to come back if that was rejected.
    fn schemes(&self, token: &AccessToken) -> Vec<Scheme> {
        let Capabilities { authtype, state } = self.capabilities;
        if authtype && state && !self.comes_back && token.prefers_bearer() {
            vec![Scheme::Bearer, Scheme::Basic]
        } else {
            vec![Scheme::Basic]
        }
    }
}

/// Tells whether the requested name is one that `switch` put into git's configuration, and `hf` has chosen another token since.
fn is_outdated(wanted: &Wanted, sources: &[Box<dyn Source>]) -> bool {
    let chosen = || sources.iter().map(|source| source.chosen_mark()).find(|mark| *mark != Mark::default());
    wanted.username.is_some_and(|name| {
        !token::is_token(name)
            && SwitchedNames::from_env().is_outdated(wanted.endpoint, name, || chosen().unwrap_or_default())
            && owner::is_switched_only(&Hub::from_env(), wanted.endpoint, name)
            && caller::user_at(wanted.endpoint).as_deref() != Some(name)
    })
}

/// Tells whether git is to ask nobody else: a person who set a source, or whose keychain is closed, has a token, and any other
/// would be wrong.
fn quits(kind: Kind, error: &anyhow::Error) -> bool {
    match kind {
        Kind::Username | Kind::Ci | Kind::Environment | Kind::Command => error.is::<NotAnother>(),
        Kind::Stored | Kind::HfHome => error.downcast_ref().is_some_and(Unavailable::may_come_back),
    }
}
