//! The tokens in whose place a login is stored: whose they are, what becomes of them, and their revocation.

use anyhow::{Result, bail};

use super::keep::Newcomer;
use crate::hub::{Api, Failure};
use crate::source::Held;
use crate::terminal::{self, choose, note, printable, quoted};
use crate::token::{self, AccessToken};

/// A token that has the name a login is to have.
pub(super) struct Predecessor {
    pub(super) held: Held,
    pub(super) token: AccessToken,
    owner: Owner,
    is_to_be_revoked: bool,
}

/// Whose it is.
enum Owner {
    /// The account of the new token.
    Same(String),
    /// Somebody else.
    Another(String),
    /// It is not known, for this reason.
    Unknown(String),
    /// It is of no use to anybody, since it has expired or was rejected.
    Nobody(&'static str),
}

/// What the person wants.
pub(super) enum Decision {
    Replace,
    KeepBoth,
}

impl Predecessor {
    /// Asks the Hub whose it is, where it is asked whose the new one is.
    pub(super) fn of(held: &Held, new: &Newcomer) -> Option<Self> {
        let token = held.token.clone()?;
        let owner = if token.is_expired(token::now()) && !held.is_refreshable {
            Owner::Nobody("had expired")
        } else if let Some(new) = &new.identity {
            match Api::from_env().and_then(|api| api.whoami(&token.secret)) {
                Ok(old) if old.name == new.name => Owner::Same(old.name),
                Ok(old) => Owner::Another(old.name),
                // the access token alone may be over, and the login be good
                Err(Failure::Unknown(_)) if !held.is_refreshable => Owner::Nobody("the Hub had rejected"),
                Err(failure) => Owner::Unknown(failure.to_string()),
            }
        } else {
            Owner::Unknown("the Hub was not asked".to_owned())
        };
        Some(Self { held: held.clone(), token, owner, is_to_be_revoked: false })
    }

    /// One that a browser login of the same account replaces, as `hf` does.
    pub(super) fn of_browser(held: &Held, account: &str) -> Option<Self> {
        let (token, owner) = (held.token.clone()?, Owner::Same(account.to_owned()));
        Some(Self { held: held.clone(), token, owner, is_to_be_revoked: false })
    }

    fn is_lost_by_nobody(&self) -> bool {
        matches!(self.owner, Owner::Nobody(_))
    }

    /// Whose it is and whose the new one is, for the person who decides.
    fn beside(&self, new: Option<&str>) -> String {
        let (name, masked, place) = (printable(&self.held.name), self.token.masked(), self.held.place);
        let this =
            new.map_or_else(|| "this one's account is unknown too".to_owned(), |new| format!("this one is {new}'s"));
        match &self.owner {
            Owner::Another(other) => {
                format!("{name} is {}'s token ({masked} in {place}); {this}", printable(other))
            }
            Owner::Unknown(why) => {
                format!("{name} already names a token of an unknown account ({masked} in {place}; {why}); {this}")
            }
            Owner::Same(_) | Owner::Nobody(_) => {
                format!("{name} already names a token of the same account ({masked} in {place}); {this}")
            }
        }
    }

    /// It in a few words, with its account where that is known.
    fn in_words(&self) -> String {
        let masked = self.token.masked();
        match &self.owner {
            Owner::Same(account) => format!("{}'s old token {masked}", printable(account)),
            Owner::Another(account) => format!("{}'s token {masked}", printable(account)),
            Owner::Unknown(_) | Owner::Nobody(_) => format!("the old token {masked}"),
        }
    }

    /// What became of it.
    pub(super) fn fate(&self, is_revoked: bool) -> String {
        let what = self.in_words();
        match &self.owner {
            Owner::Nobody(why) => format!("Replaced {what}, which {why}."),
            _ if self.is_to_be_revoked && is_revoked => format!("Replaced and revoked {what}."),
            _ if self.is_to_be_revoked => format!("Replaced {what}."),
            _ => format!("Replaced {what}; it may still be valid on the Hub."),
        }
    }
}

/// Has the person decide about those that are of use to anybody.
///
/// # Errors
///
/// When there is nobody to ask.
pub(super) fn decide(
    predecessors: &mut [Predecessor],
    new: &Newcomer,
    beside: &str,
    is_named: bool,
) -> Result<Decision> {
    let account = new.identity.as_ref().map(|identity| printable(&identity.name));
    let good: Vec<_> = predecessors.iter().filter(|old| !old.is_lost_by_nobody()).collect();
    let Some(first) = good.first() else { return Ok(Decision::Replace) };
    if !terminal::is_interactive() {
        let another = if is_named { "choose another --name" } else { "choose a --name for this one" };
        bail!(
            "{}: nothing was stored ({another}, or run `git-credential-hf logout {}` first)",
            first.beside(account.as_deref()),
            quoted(&printable(&first.held.name))
        );
    }
    for old in &good {
        note(&format!("{}.", old.beside(account.as_deref())));
    }
    let keep_both = format!("keep both, the new one as {}", printable(beside));
    // nobody's but this very account's is offered to be revoked
    if good.iter().all(|old| matches!(old.owner, Owner::Same(_))) {
        let choices =
            ["replace it, and revoke the old one on the Hub (rotate)", "replace it here only; the old one stays valid"];
        let choice = choose(&[choices[0], choices[1], &keep_both], 3)?;
        if choice == 1 {
            for old in predecessors {
                old.is_to_be_revoked = !old.is_lost_by_nobody();
            }
        }
        return Ok(if choice == 3 { Decision::KeepBoth } else { Decision::Replace });
    }
    let choice = choose(&["replace it here; on the Hub it stays valid", &keep_both], 2)?;
    Ok(if choice == 2 { Decision::KeepBoth } else { Decision::Replace })
}

/// Revokes those that the person wants revoked: the last step, when the new token is certainly stored.
///
/// # Errors
///
/// When the Hub does not do so.
pub(super) fn revoke(predecessors: &[Predecessor]) -> Result<(), Failure> {
    let secrets: Vec<_> = to_be_revoked(predecessors).map(|old| &old.token.secret).collect();
    if secrets.is_empty() {
        return Ok(());
    }
    Api::from_env().and_then(|api| api.revoke(&secrets))
}

/// Those that the person wants revoked, in words.
pub(super) fn named_for_revocation(predecessors: &[Predecessor]) -> String {
    to_be_revoked(predecessors).map(Predecessor::in_words).collect::<Vec<_>>().join(" and ")
}

fn to_be_revoked(predecessors: &[Predecessor]) -> impl Iterator<Item = &Predecessor> {
    predecessors.iter().filter(|old| old.is_to_be_revoked)
}
