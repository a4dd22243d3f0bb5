//! The places a token may come from, and the order they are asked in.

pub mod ci;
pub mod command;
pub mod environment;
pub mod hf_home;
pub mod keychain;
pub mod stored;
pub mod unread;
pub mod username;
pub mod validity;
mod words;

use std::ffi::OsStr;
use std::iter;
use std::rc::Rc;

use anyhow::{Result, bail};
use secrecy::SecretString;

use self::ci::Ci;
use self::command::TokenCommand;
use self::environment::Environment;
use self::hf_home::HfHome;
use self::keychain::Keychain;
use self::stored::StoredByGit;
use self::username::Username;
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken, Mark};

/// Which source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A token in the username's place.
    Username,
    /// The CI job's own identity.
    Ci,
    /// `HF_TOKEN`.
    Environment,
    /// `--token-command`.
    Command,
    /// What git stored: in the keychain, or for want of one in sections of ours.
    Stored,
    /// What `hf` keeps.
    HfHome,
}

impl Kind {
    /// The source as one word, for `state[]` and for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Ci => "ci",
            Self::Environment => "environment",
            Self::Command => "command",
            Self::Stored => "stored",
            Self::HfHome => "hf-home",
        }
    }
}

/// The only source git may write to; the others are read.
pub const OURS: Kind = Kind::Stored;

/// Every source, in the order they are asked; the command line names the token command.
#[must_use]
pub fn in_order(token_command: Option<&OsStr>) -> Vec<Box<dyn Source>> {
    with(HfHome::default(), token_command)
}

/// The same for looking only: no token is refreshed.
#[must_use]
pub fn in_order_offline(token_command: Option<&OsStr>) -> Vec<Box<dyn Source>> {
    with(HfHome::offline(), token_command)
}

/// The places that are written: what git stored, and the HF home.
#[must_use]
pub fn kept() -> (StoredByGit, Rc<HfHome>) {
    let hf_home = Rc::new(HfHome::offline());
    (StoredByGit::new(Keychain::default(), Rc::clone(&hf_home)), hf_home)
}

/// The token of exactly that name, where one is kept: what git stored for an account, else a token of the HF home. For
/// people who name one, whatever is in force besides.
///
/// # Errors
///
/// When it is there and cannot be had, or a place cannot be read.
pub fn named(sources: &[Box<dyn Source>], endpoint: &Endpoint, name: &str) -> Result<Option<(Kind, AccessToken)>> {
    let wanted = Wanted { endpoint, username: Some(name) };
    let mut first_error = None;
    for source in sources.iter().filter(|source| matches!(source.kind(), Kind::Stored | Kind::HfHome)) {
        match source.find(&wanted) {
            Ok(Some(token)) if token.username.as_deref() == Some(name) => return Ok(Some((source.kind(), token))),
            Ok(_) => {}
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(None), Err)
}

fn with(hf_home: HfHome, token_command: Option<&OsStr>) -> Vec<Box<dyn Source>> {
    let hf_home = Rc::new(hf_home);
    vec![
        Box::new(Username),
        Box::new(Ci),
        Box::new(Environment),
        Box::new(TokenCommand::new(token_command)),
        Box::new(StoredByGit::new(Keychain::default(), Rc::clone(&hf_home))),
        Box::new(hf_home),
    ]
}

/// Whose token is wanted, and where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The Hub that asks.
    pub endpoint: &'a Endpoint,
    /// Who to be; `None` where git leaves that to us.
    pub username: Option<&'a str>,
}

/// A token that is kept, for a person to see.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where it is.
    pub place: Place,
    /// What it is called there, and what `switch`, `bind`, `token` and `logout` take: the username git stored it for, or
    /// the name of its section. Empty where it has none.
    pub name: String,
    /// The token; `None` where it is not known before it is asked for.
    pub token: Option<AccessToken>,
    /// `hf` has it as the active one.
    pub is_active: bool,
    /// It is refreshed before its end.
    pub is_refreshable: bool,
    /// Why it cannot be refreshed, of one that is due.
    pub not_renewed: Option<String>,
}

/// Where a token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The username that git asks for.
    Username,
    /// The CI job's identity.
    Ci,
    /// This variable of the environment.
    Variable(&'static str),
    /// What the token command prints.
    Command,
    /// The system keychain.
    Keychain,
    /// A section of ours in `stored_tokens`.
    Section,
    /// A section of hf's in `stored_tokens`, or all of that file.
    StoredTokens,
    /// The `token` file alone.
    TokenFile,
}

impl Place {
    /// It in one word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Ci => "ci",
            Self::Variable(_) => "environment",
            Self::Command => "command",
            Self::Keychain => "keychain",
            Self::Section => "section",
            Self::StoredTokens => "stored_tokens",
            Self::TokenFile => "token_file",
        }
    }

    /// The variable of the environment that it is.
    #[must_use]
    pub const fn variable(self) -> Option<&'static str> {
        match self {
            Self::Variable(name) => Some(name),
            _ => None,
        }
    }
}

/// A place a token may come from.
pub trait Source {
    /// Which one it is.
    fn kind(&self) -> Kind;

    /// The token to answer with.
    ///
    /// # Errors
    ///
    /// When the source cannot be read; [`NotAnother`] when no later one may be asked instead.
    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>>;

    /// Whether this secret is one of its tokens.
    ///
    /// # Errors
    ///
    /// When the source cannot be read.
    fn holds(&self, secret: &SecretString) -> Result<bool>;

    /// The tokens kept here for an endpoint, for people to see: nothing is run and nobody is asked for one. What cannot be
    /// read is an error among them.
    fn list(&self, endpoint: &Endpoint) -> Vec<Result<Held>>;

    /// Whether it is set up to answer for any name, so that no account is to be chosen.
    fn is_in_force(&self) -> bool {
        false
    }

    /// The tokens it keeps for an endpoint, whosever they are, the ones that cost least first; what cannot be read keeps
    /// none.
    fn secrets<'a>(&'a self, _endpoint: &'a Endpoint) -> Box<dyn Iterator<Item = SecretString> + 'a> {
        Box::new(iter::empty())
    }

    /// The mark of what a person has chosen here; empty where nothing is.
    fn chosen_mark(&self) -> Mark {
        Mark::default()
    }

    /// Whether nothing is to be stored while this source is there to answer.
    fn forbids_store(&self) -> bool {
        false
    }

    /// A token was refused at an endpoint: what is kept of it here is dropped, where that leads to another.
    ///
    /// # Errors
    ///
    /// When it would be answered again.
    fn give_up(&self, _endpoint: &Endpoint, _secret: &SecretString) -> Result<()> {
        Ok(())
    }

    /// Keeps the token of `username`.
    ///
    /// # Errors
    ///
    /// When it could not be kept; always, unless this is [`OURS`].
    fn put(&self, _endpoint: &Endpoint, _username: &str, _token: AccessToken) -> Result<()> {
        bail!("this source is read-only")
    }

    /// Forgets what is kept for an endpoint: all of it, or what has this username and this secret.
    ///
    /// # Errors
    ///
    /// When something may be left; always, unless this is [`OURS`].
    fn remove(&self, _wanted: &Wanted, _secret: Option<&SecretString>) -> Result<()> {
        bail!("this source is read-only")
    }
}

impl Held {
    /// Whether it is this token.
    #[must_use]
    pub fn holds(&self, secret: &SecretString) -> bool {
        self.token.as_ref().is_some_and(|token| token::same(&token.secret, secret))
    }

    /// One that is known by its place alone.
    #[must_use]
    pub fn at(place: Place, token: Option<AccessToken>) -> Self {
        Self { place, name: String::new(), token, is_active: false, is_refreshable: false, not_renewed: None }
    }
}

/// The token of exactly the requested name cannot be had; asking on would answer with somebody else's.
#[derive(Debug)]
pub struct NotAnother(pub String);

impl std::fmt::Display for NotAnother {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAnother {}
