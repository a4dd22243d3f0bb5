//! Where a login is kept, and what becomes of a token that has its name already.

use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;

use crate::cli;
use crate::endpoint::Endpoint;
use crate::hub::Api;
use crate::hub::whoami::Identity;
use crate::protocol::Answer;
use crate::source::hf_home::HfHome;
use crate::source::hf_home::accounts::{self, Login};
use crate::source::keychain::Unavailable;
use crate::source::stored::StoredByGit;
use crate::source::{self, Held, Place, Source as _, Wanted};
use crate::terminal::{self, note, printable, warn};
use crate::token::{self, AccessToken};

/// The way round a keychain that is there and cannot be used.
const USE_HF: &str = "nothing was kept (--hf keeps a token in the HF home instead)";

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
        let (name, _) = self.clear(name, new, |held| is_stored(held) && held.name == name)?;
        match self.stored.keep(self.endpoint, &name, new.token()) {
            Ok(()) => Ok(Kept { told: format!("in {} as {name}", Place::Keychain), name }),
            Err(error) if error.downcast_ref().is_some_and(Unavailable::is_absence) => self.keep_in_hf_home(new),
            Err(error) => bail!("{error:#}; {USE_HF}"),
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
        Ok(Kept { told: format!("in {} already{as_name}", known.place), name: known.name.clone() })
    }

    /// As `hf` keeps it; `hf` and Python libraries use it from then on.
    fn keep_in_hf_home(&self, new: &Newcomer) -> Result<Kept> {
        let (name, replaced) = if self.is_from_browser {
            (format!("oauth-{}", new.account()), Vec::new())
        } else {
            let name = self.options.name.as_deref().or(new.token_name()).unwrap_or(new.account());
            let account = self.options.name.is_none().then_some(new.account());
            self.clear(name, new, |held| match held.place {
                Place::StoredTokens => held.name == name,
                _ => is_stored(held) && Some(&*held.name) == account,
            })?
        };
        self.hf_home.save(&name, &new.login)?;
        self.hf_home.activate(&name)?;
        for Held { name, token, .. } in replaced.into_iter().filter(|held| is_stored(held)) {
            let wanted = Wanted { endpoint: self.endpoint, username: Some(name) };
            self.stored.remove(&wanted, token.as_ref().map(|token| &token.secret))?;
        }
        self.let_hf_home_go_first(Place::StoredTokens);
        let why = match new.login.refresh_token {
            Some(_) => ", and refreshed before its end",
            None if self.options.hf || self.is_from_browser => "",
            None => " (there is no keychain here)",
        };
        Ok(Kept { told: format!("in {} as {name}, for hf and Python libraries too{why}", Place::StoredTokens), name })
    }

    fn let_hf_home_go_first(&self, place: Place) {
        if matches!(place, Place::StoredTokens | Place::TokenFile)
            && let Err(error) = self.stored.give_way(self.endpoint)
        {
            warn(&format!("what git stored may go before this login: {error:#}"));
        }
    }

    /// The name to keep it under, and what goes for it: a person decides about another token that is still good.
    fn clear(&self, name: &str, new: &Newcomer, is_there: impl Fn(&Held) -> bool) -> Result<(String, Vec<&Held>)> {
        let now = token::now();
        let others: Vec<_> = self.held.iter().filter(|held| is_there(held) && !held.holds(&new.login.secret)).collect();
        let good =
            others.iter().filter_map(|held| Some((held, held.token.as_ref().filter(|old| !old.is_expired(now))?)));
        let good: Vec<_> = good.collect();
        let Some((first, old)) = good.first() else { return Ok((name.to_owned(), others)) };
        let shown = printable(&first.name);
        let told = format!("{shown} has another token already, {} in {}", old.masked(), first.place);
        if !terminal::is_interactive() {
            bail!(
                "{told}: nothing was kept (--name keeps this one beside it, git-credential-hf logout {shown} drops that one)"
            );
        }
        let beside = self.free_name(new.token_name().unwrap_or(name));
        note(&format!("{told}."));
        note("  1  replace it, and end the old one at the Hub: a rotation");
        note("  2  replace it here alone");
        note(&format!("  3  keep both, this one as {}", printable(&beside)));
        loop {
            match terminal::ask("1, 2 or 3:")?.as_str() {
                "1" => {
                    let secrets: Vec<_> = good.iter().map(|(_, old)| &old.secret).collect();
                    let revoked = Api::from_env().and_then(|api| api.revoke(&secrets));
                    revoked.context("nothing was changed, since the old token cannot be ended")?;
                    return Ok((name.to_owned(), others));
                }
                "2" => return Ok((name.to_owned(), others)),
                "3" => return Ok((beside, Vec::new())),
                _ => {}
            }
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
