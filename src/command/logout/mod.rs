//! `logout`: takes a token from where it is stored, revokes it on the Hub where that is wanted, and says what remains.

mod remaining;

use std::rc::Rc;

use anyhow::{Error, Result, anyhow, bail, ensure};
use secrecy::SecretString;

use super::winner;
use crate::accounts::Accounts;
use crate::cli::Logout;
use crate::endpoint::Endpoint;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::hub::{Api, Failure};
use crate::names::KnownNames;
use crate::refusals::Refusals;
use crate::source::hf_home::HfHome;
use crate::source::stored::StoredByGit;
use crate::source::{self, Held, Kind, Place, Source as _, Wanted};
use crate::terminal::{self, note, printable, quoted, say, warn};
use crate::token;

/// Forgets a token, or all.
///
/// # Errors
///
/// When there is none to forget, the person says no, or something may be left.
pub fn run(options: &Logout) -> Result<()> {
    let here = Here::from_cwd();
    let keep = Keep::of(&here);
    if let Some(name) = options.name.as_deref().filter(|name| keep.has_only_the_name(name, &here)) {
        return say(&format!("Forgot the name {}; no token was stored for it.", printable(name)));
    }
    let going = keep.meant_by(options, &here)?;
    agree(options, &going)?;
    let (mut gone, mut failures) = (Vec::new(), Vec::new());
    for theirs in by_endpoint(&going) {
        // first, so that what fails leaves the token for another try
        if options.revoke
            && let Err(failure) = revoke(&here, &theirs)
        {
            let names: Vec<_> = theirs.iter().map(|kept| kept.in_words()).collect();
            failures.push(anyhow!("{} was not revoked, and is still stored: {failure}", names.join(", ")));
            continue;
        }
        for kept in theirs {
            match keep.forget(kept) {
                Ok(()) => gone.push(kept.clone()),
                Err(error) if options.revoke => failures.push(error.context(kept.is_half_gone())),
                Err(error) => failures.push(error),
            }
        }
    }
    for kept in &gone {
        remaining::forget_names(kept, &here);
    }
    let revoked = if options.revoke { ", and revoked on the Hub" } else { "" };
    gone.iter().try_for_each(|kept| say(&format!("Logged out of {}{revoked}.", kept.in_words())))?;
    // where one is gone by half, that is what there is to say
    if !gone.is_empty() && failures.is_empty() {
        remaining::tell(&gone)?;
    }
    failures.extend(keep.unread.into_iter().filter(|_| options.all));
    let Some(last) = failures.pop() else { return Ok(()) };
    for failure in failures {
        warn(&format!("{failure:#}"));
    }
    Err(last)
}

/// A token that can be forgotten.
#[derive(Clone)]
struct Kept {
    endpoint: Endpoint,
    held: Held,
    secret: SecretString,
    /// Whose it is, where the Hub said so.
    account: Option<String>,
}

/// All that is kept, and where it is forgotten.
struct Keep {
    stored: StoredByGit,
    hf_home: Rc<HfHome>,
    tokens: Vec<Kept>,
    unread: Vec<Error>,
}

impl Keep {
    fn of(here: &Here) -> Self {
        let (stored, hf_home) = source::kept();
        let (mut tokens, mut unread) = (Vec::new(), Vec::new());
        let of_hubs = here.hub.endpoints().map(|endpoint| (stored.list(&endpoint), endpoint)).collect::<Vec<_>>();
        // hf's are any Hub's
        let of_hf = (hf_home.list(&here.endpoint), here.endpoint.clone());
        for (listed, endpoint) in of_hubs.into_iter().chain([of_hf]) {
            for found in listed {
                match found {
                    Ok(held) => tokens.extend(Kept::of(&endpoint, held)),
                    Err(error) => unread.push(error),
                }
            }
        }
        Self { stored, hf_home, tokens, unread }
    }

    fn meant_by(&self, options: &Logout, here: &Here) -> Result<Vec<Kept>> {
        let meant = match &options.name {
            Some(name) => self.named(name)?,
            None if options.all => self.tokens.clone(),
            None if self.tokens.len() > 1 && !options.yes && terminal::is_interactive() => self.picked(here)?,
            None => self.used(here)?,
        };
        if !meant.is_empty() {
            return Ok(meant);
        }
        match self.unread.first() {
            Some(error) => bail!("{error:#}"),
            None if options.name.is_some() => {
                bail!("no token of that name is kept here (git-credential-hf list shows them)")
            }
            None if self.tokens.is_empty() => bail!("nobody is logged in here"),
            None => bail!(
                "git uses none of the tokens kept here: name the one to forget (git-credential-hf list shows them)"
            ),
        }
    }

    /// Whether that name is known and nothing is stored for it: then it is forgotten, unless git's configuration names it.
    fn has_only_the_name(&self, name: &str, here: &Here) -> bool {
        let (names, hubs) = (KnownNames::from_env(), || here.hub.endpoints());
        let is_known = || hubs().any(|endpoint| names.contains(&endpoint, name));
        if !self.unread.is_empty() || !self.named(name).is_ok_and(|those| those.is_empty()) || !is_known() {
            return false;
        }
        hubs().for_each(|endpoint| helper::forget_name(&endpoint, name, &here.sources_offline()));
        !is_known()
    }

    /// Those of that name; where none has it, the one of that account.
    fn named(&self, name: &str) -> Result<Vec<Kept>> {
        let those = |is_meant: &dyn Fn(&Held) -> bool| -> Vec<Kept> {
            self.tokens.iter().filter(|kept| is_meant(&kept.held)).cloned().collect()
        };
        let named = those(&|held| held.name == name && !name.is_empty());
        if !named.is_empty() {
            return Ok(named);
        }
        let of_account =
            those(&|held| held.token.as_ref().is_some_and(|token| token.username.as_deref() == Some(name)));
        ensure!(
            of_account.len() < 2,
            "that account has several tokens here: name the one to forget (git-credential-hf list shows them)"
        );
        Ok(of_account)
    }

    /// The one git uses where we stand, refused or not.
    fn used(&self, here: &Here) -> Result<Vec<Kept>> {
        let (kind, token) = match winner(here, &Refusals::none()) {
            Some((kind, _)) if kind.why_it_wins().is_some() => bail!(
                "nothing to log out of: {} (to change that, {}; or name a stored token)",
                kind.why_it_wins().unwrap_or_default(),
                kind.how_to_disable()
            ),
            Some((kind, Standing::Has(token))) => (kind, token),
            Some((_, Standing::Ends(error))) => return Err(error),
            // nothing says which, so it is clear only where there is one
            _ => return Ok(if self.tokens.len() == 1 { self.tokens.clone() } else { Vec::new() }),
        };
        let is_it = |kept: &&Kept| {
            let Held { place, name, .. } = &kept.held;
            let is_of_git = matches!(place, Place::Keychain | Place::Section);
            let is_named = !is_of_git || token.username.as_deref() == Some(name);
            is_of_git == (kind == Kind::Stored) && is_named && kept.held.holds(&token.secret)
        };
        let first = self.tokens.iter().filter(is_it).min_by_key(|kept| !kept.held.is_active);
        Ok(first.into_iter().cloned().collect())
    }

    /// The one the person picks; first comes the one git uses where we stand.
    fn picked(&self, here: &Here) -> Result<Vec<Kept>> {
        let used = self.used(here).unwrap_or_default();
        let is_used = |kept: &&Kept| used.iter().any(|used| used.is(kept));
        let (first, others): (Vec<_>, Vec<_>) = self.tokens.iter().partition(is_used);
        let words = |kept: &&Kept| kept.in_words();
        let mut choices: Vec<_> = first.iter().map(words).map(|words| format!("{words}: git uses it here")).collect();
        choices.extend(others.iter().map(words));
        note("Which token do you want to log out of?");
        let choice = terminal::choose(&choices.iter().map(String::as_str).collect::<Vec<_>>(), 1)?;
        Ok(first.into_iter().chain(others).nth(choice - 1).cloned().into_iter().collect())
    }

    fn forget(&self, Kept { endpoint, held, secret, .. }: &Kept) -> Result<()> {
        match held.place {
            Place::Keychain | Place::Section => {
                self.stored.remove(&Wanted { endpoint, username: Some(&held.name) }, Some(secret))
            }
            Place::StoredTokens if !held.name.is_empty() => self.hf_home.forget(&held.name),
            Place::StoredTokens => self.hf_home.forget_bare(secret),
            Place::TokenFile => self.hf_home.deactivate(secret),
            Place::Username | Place::Ci | Place::Variable(_) | Place::Command => Ok(()),
        }
    }
}

impl Kept {
    fn of(endpoint: &Endpoint, held: Held) -> Option<Self> {
        let secret = held.token.as_ref()?.secret.clone();
        let account = Accounts::from_env().shown(endpoint, &held);
        Some(Self { endpoint: endpoint.clone(), held, secret, account })
    }

    /// Tells whether it is the very same, in the same place.
    fn is(&self, other: &Self) -> bool {
        let place = |kept: &Self| (kept.endpoint.clone(), kept.held.place, kept.held.name.clone());
        place(self) == place(other) && token::same(&self.secret, &other.secret)
    }

    /// Its name, where it is stored and, where that was recorded beside it, whose it is.
    fn in_words(&self) -> String {
        let (masked, place) = (token::masked(&self.secret), self.held.place);
        let whose = self.account.as_deref().filter(|account| *account != self.held.name);
        let whose = whose.map_or_else(String::new, |account| format!("{}'s token ", printable(account)));
        match self.held.name.as_str() {
            "" => format!("{whose}{masked}, from {place}"),
            name => format!("{} ({whose}{masked}, from {place})", printable(&token::masked_name(name))),
        }
    }

    /// What is true when it was revoked and could not be forgotten, and the next step.
    fn is_half_gone(&self) -> String {
        let (masked, place) = (token::masked(&self.secret), self.held.place);
        let (name, again) = match self.held.name.as_str() {
            "" => (masked, String::new()),
            name => (format!("{} ({masked})", printable(name)), format!(" {}", quoted(&printable(name)))),
        };
        format!(
            "{name} was revoked on the Hub, but is still stored in {place} (run `git-credential-hf logout{again}` once that \
             is fixed)"
        )
    }
}

/// What was not named, goes for good, or goes all at once, is asked about.
fn agree(options: &Logout, going: &[Kept]) -> Result<()> {
    if options.yes || options.name.is_some() && !options.revoke {
        return Ok(());
    }
    if !terminal::is_interactive() {
        match going {
            [kept] if options.name.is_none() && !kept.held.name.is_empty() => bail!(
                "this would remove {}, and there is no terminal to ask at: run `git-credential-hf logout {}`, or add --yes",
                kept.in_words(),
                quoted(&printable(&token::masked_name(&kept.held.name)))
            ),
            _ => bail!("there is no terminal to ask at: --yes says that it is meant"),
        }
    }
    for kept in going {
        note(&format!("  {}", kept.in_words()));
    }
    let (tokens, them) = if going.len() == 1 { ("this token", "it") } else { ("these tokens", "them") };
    let question = if options.revoke {
        format!("Remove {tokens} and revoke {them} on the Hub?")
    } else {
        format!("Remove {tokens}?")
    };
    ensure!(terminal::confirm(&question)?, "nothing was changed");
    Ok(())
}

/// A Hub is told of its own tokens.
fn by_endpoint(going: &[Kept]) -> Vec<Vec<&Kept>> {
    let mut all: Vec<Vec<&Kept>> = Vec::new();
    for kept in going {
        match all.iter_mut().find(|theirs| theirs.iter().all(|other| other.endpoint == kept.endpoint)) {
            Some(theirs) => theirs.push(kept),
            None => all.push(vec![kept]),
        }
    }
    all
}

fn revoke(here: &Here, theirs: &[&Kept]) -> Result<(), Failure> {
    let Some(first) = theirs.first() else { return Ok(()) };
    let secrets: Vec<_> = theirs.iter().map(|kept| &kept.secret).collect();
    Api::at(&here.hub, &first.endpoint)?.revoke(&secrets)
}
