//! The places a token may come from, and the order they are asked in.

pub mod ci;
pub mod command;
pub mod environment;
pub mod hf_home;
pub mod keychain;
pub mod stored;

use std::ffi::OsStr;
use std::rc::Rc;

use anyhow::{Result, bail};
use secrecy::SecretString;

use self::ci::Ci;
use self::command::TokenCommand;
use self::environment::Environment;
use self::hf_home::HfHome;
use self::keychain::Keychain;
use self::stored::StoredByGit;
use crate::endpoint::Endpoint;
use crate::token::{AccessToken, Mark};

/// Which source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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

/// The only source git may write to; the others are read.
pub const OURS: Kind = Kind::Stored;

/// Every source, in the order they are asked; the command line names the token command.
#[must_use]
pub fn in_order(token_command: Option<&OsStr>) -> Vec<Box<dyn Source>> {
    let hf_home = Rc::new(HfHome::default());
    vec![
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

    /// Whether it is set up to answer for any name, so that no account is to be chosen.
    fn is_in_force(&self) -> bool {
        false
    }

    /// The tokens it keeps for an endpoint, whosever they are; what cannot be read keeps none.
    fn secrets<'a>(&'a self, _endpoint: &'a Endpoint) -> Box<dyn Iterator<Item = SecretString> + 'a> {
        Box::new(std::iter::empty())
    }

    /// Whether a person has chosen a token here since that mark was taken.
    fn chosen_since(&self, _mark: &Mark) -> bool {
        false
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

/// The token of exactly the requested name cannot be had; asking on would answer with somebody else's.
#[derive(Debug)]
pub struct NotAnother(pub String);

impl std::fmt::Display for NotAnother {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAnother {}
