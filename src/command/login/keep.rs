//! Where a login is stored, and under which name.

use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;

use super::predecessors::{self, Decision, Predecessor};
use crate::cli;
use crate::endpoint::Endpoint;
use crate::hub::whoami::Identity;
use crate::protocol::Answer;
use crate::source::hf_home::HfHome;
use crate::source::hf_home::accounts::{self, Login};
use crate::source::keychain::Unavailable;
use crate::source::stored::StoredByGit;
use crate::source::{self, Held, Place, Source as _, Wanted};
use crate::terminal::warn;
use crate::token::AccessToken;

/// The way round a keychain that is there and cannot be used.
const USE_HF: &str = "nothing was stored (--hf stores a token in the HF home instead)";

/// The same, where the keychain had the token and did not say that it keeps it.
const PERHAPS: &str = "it is not certain that the token was stored (git-credential-hf list shows it; --hf stores one in \
                       the HF home instead)";

/// A login, and what the Hub says of it.
pub(super) struct Newcomer {
    pub(super) login: Login,
    /// Unknown where it was not asked.
    pub(super) identity: Option<Identity>,
}

/// How a login is kept.
pub(super) struct Kept {
    /// What it is called there.
    pub(super) name: String,
    /// Where and as what, for people.
    pub(super) told: String,
    /// What was there before it.
    pub(super) replaced: Vec<Predecessor>,
}

/// Where logins are kept.
pub(super) struct Keeper<'a> {
    endpoint: &'a Endpoint,
    options: &'a cli::Login,
    is_from_browser: bool,
    /// Not for the keychain, by choice or for want of one.
    is_for_hf: bool,
    stored: StoredByGit,
    hf_home: Rc<HfHome>,
    held: Vec<Held>,
}

impl Newcomer {
    pub(super) fn new(secret: SecretString, identity: Option<Identity>) -> Self {
        let username = identity.as_ref().map(|identity| identity.name.clone()).filter(|name| accounts::is_name(name));
        let expires_at = identity.as_ref().and_then(Identity::ends_at);
        Self { login: Login { secret, refresh_token: None, expires_at, username }, identity }
    }

    /// The account; git's name for nobody where it is unknown, or no name.
    fn account(&self) -> &str {
        self.login.username.as_deref().unwrap_or(Answer::ANYBODY)
    }

    fn token(&self) -> AccessToken {
        AccessToken { expires_at: self.login.expires_at, ..AccessToken::new(self.login.secret.clone()) }
    }

    /// What the token is called at the Hub, if a place of ours can call it so.
    fn token_name(&self) -> Option<&str> {
        self.identity.as_ref()?.token_name.as_deref().filter(|name| accounts::is_name(name))
    }
}

impl<'a> Keeper<'a> {
    /// Looks at what is kept there already.
    ///
    /// # Errors
    ///
    /// When the keychain is to keep it, is there, and does not answer.
    pub(super) fn open(endpoint: &'a Endpoint, options: &'a cli::Login, is_from_browser: bool) -> Result<Self> {
        let (stored, hf_home) = source::kept();
        let is_for_hf = options.hf || is_from_browser;
        let mut held = Vec::new();
        for found in stored.list(endpoint) {
            match found {
                Ok(found) => held.push(found),
                Err(_) if is_for_hf => {}
                Err(unavailable) => bail!("{unavailable:#}; {USE_HF}"),
            }
        }
        held.extend(hf_home.list(endpoint).into_iter().flatten());
        let is_for_hf = is_for_hf || !stored.has_keychain(endpoint);
        if is_for_hf {
            hf_home.ensure_somewhere()?;
        }
        Ok(Self { endpoint, options, is_from_browser, is_for_hf, stored, hf_home, held })
    }

    /// Keeps the login as git's latest choice.
    ///
    /// # Errors
    ///
    /// When it is not kept.
    pub(super) fn keep(&self, new: &Newcomer) -> Result<Kept> {
        if let Some(known) = self.known(&new.login.secret) {
            return self.choose_again(known, new);
        }
        if self.is_for_hf {
            return self.keep_in_hf_home(new);
        }
        let name = self.options.name.as_deref().unwrap_or(new.account());
        let (name, replaced) = self.settle(name, new, |held| is_stored(held) && held.name == name)?;
        match self.stored.keep(self.endpoint, &name, new.token()) {
            Ok(()) => Ok(Kept { told: format!("in {} as {name}", Place::Keychain), name, replaced }),
            Err(error) => match error.downcast_ref() {
                Some(absent) if Unavailable::is_absence(absent) => self.keep_in_hf_home(new),
                Some(locked) if Unavailable::is_locked(locked) => bail!("{error:#}; {USE_HF}"),
                _ => bail!("{error:#}; {PERHAPS}"),
            },
        }
    }

    /// The very token, kept already and not asked to be anywhere else.
    fn known(&self, secret: &SecretString) -> Option<&Held> {
        let is_meant = |held: &&Held| match (&self.options.name, held.place) {
            (Some(name), _) if *name != held.name => false,
            (_, Place::Keychain | Place::Section) => !self.options.hf,
            (_, Place::StoredTokens) => !held.name.is_empty(),
            (_, place) => place == Place::TokenFile && !self.options.hf,
        };
        self.held.iter().filter(is_meant).find(|held| held.holds(secret))
    }

    fn choose_again(&self, known: &Held, new: &Newcomer) -> Result<Kept> {
        match known.place {
            Place::Keychain | Place::Section => self.stored.renew(self.endpoint, &known.name, new.token())?,
            Place::StoredTokens => self.hf_home.activate(&known.name)?,
            _ => {}
        }
        self.let_hf_home_go_first(known.place);
        let as_name = if known.name.is_empty() { String::new() } else { format!(" as {}", known.name) };
        let told = format!("in {} already{as_name}", known.place);
        Ok(Kept { told, name: known.name.clone(), replaced: Vec::new() })
    }

    /// As `hf` keeps it; `hf` and Python libraries use it from then on.
    fn keep_in_hf_home(&self, new: &Newcomer) -> Result<Kept> {
        let (name, replaced) = if self.is_from_browser {
            self.name_of_browser_login(new)
        } else {
            let name = self.options.name.as_deref().or(new.token_name()).unwrap_or(new.account());
            let account = self.options.name.is_none().then_some(new.account());
            self.settle(name, new, |held| match held.place {
                Place::StoredTokens => held.name == name,
                _ => is_stored(held) && Some(&*held.name) == account,
            })?
        };
        self.hf_home.save(&name, &new.login)?;
        let halfway = |what: &str| format!("the token is stored as {name}, but {what}, and nothing was revoked");
        self.hf_home.activate(&name).with_context(|| halfway("it is not the active token"))?;
        for old in replaced.iter().filter(|old| is_stored(&old.held)) {
            let wanted = Wanted { endpoint: self.endpoint, username: Some(&old.held.name) };
            let removed = self.stored.remove(&wanted, Some(&old.token.secret));
            removed.with_context(|| halfway("the one that git stored could not be removed"))?;
        }
        self.let_hf_home_go_first(Place::StoredTokens);
        let why = match new.login.refresh_token {
            Some(_) => "; it renews itself",
            None if self.options.hf || self.is_from_browser => "",
            None => " (there is no keychain here)",
        };
        let told = format!("in {} as {name}, for hf and Python libraries too{why}", Place::StoredTokens);
        Ok(Kept { name, told, replaced })
    }

    /// The name `hf` gives it. It takes the place of an earlier browser login of the same account, as with `hf`, and of nothing
    /// else; one whose account is not known takes nobody's.
    fn name_of_browser_login(&self, new: &Newcomer) -> (String, Vec<Predecessor>) {
        let name = format!("oauth-{}", new.account());
        if new.login.username.is_none() {
            return (self.free_name(&name), Vec::new());
        }
        let is_there = |held: &&Held| held.place == Place::StoredTokens && held.name == name;
        let others: Vec<_> = self.held.iter().filter(is_there).filter(|held| !held.holds(&new.login.secret)).collect();
        let recorded = |held: &Held| held.token.as_ref().and_then(|token| token.username.clone());
        let is_same = |held: &&&Held| held.is_refreshable && recorded(held).is_none_or(|name| name == new.account());
        if others.iter().filter(is_same).count() < others.len() {
            return (self.free_name(&name), Vec::new());
        }
        let replaced = others.into_iter().filter_map(|held| Predecessor::of_browser(held, new.account())).collect();
        (name, replaced)
    }

    fn let_hf_home_go_first(&self, place: Place) {
        if matches!(place, Place::StoredTokens | Place::TokenFile)
            && let Err(error) = self.stored.give_way(self.endpoint)
        {
            warn(&format!("what git stored may go before this login: {error:#}"));
        }
    }

    /// The name to store it under, and what goes for it.
    fn settle(
        &self,
        name: &str,
        new: &Newcomer,
        is_there: impl Fn(&Held) -> bool,
    ) -> Result<(String, Vec<Predecessor>)> {
        let others = self.held.iter().filter(|held| is_there(held) && !held.holds(&new.login.secret));
        let mut predecessors: Vec<_> = others.filter_map(|held| Predecessor::of(held, new)).collect();
        let beside = self.free_name(new.token_name().unwrap_or(name));
        match predecessors::decide(&mut predecessors, new, &beside, self.options.name.is_some())? {
            Decision::Replace => Ok((name.to_owned(), predecessors)),
            Decision::KeepBoth => Ok((beside, Vec::new())),
        }
    }

    fn free_name(&self, name: &str) -> String {
        let is_free = |name: &String| self.held.iter().all(|held| held.name != *name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }
}

/// Whether it is an account's, as git stored it.
fn is_stored(held: &Held) -> bool {
    matches!(held.place, Place::Keychain | Place::Section)
}
