//! `--token-command`: a command of the user's, out of git's configuration, whose first line of output is the token.

use std::ffi::{OsStr, OsString};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use secrecy::SecretString;

use super::{Held, Kind, Place, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken};
use crate::{notice, process};

/// For how long it is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// git's own way to run what its configuration says (`prepare_shell_cmd` in git's `run-command.c`).
const SHELL: &str = if cfg!(windows) { "sh" } else { "/bin/sh" };

/// The token command, where there is one; it is run by [`Source::find`] alone.
#[derive(Debug)]
pub struct TokenCommand {
    line: Option<OsString>,
}

impl TokenCommand {
    /// The command of a helper line; an empty one is none.
    #[must_use]
    pub fn new(line: Option<&OsStr>) -> Self {
        Self { line: line.filter(|line| !line.is_empty()).map(OsStr::to_owned) }
    }
}

impl Source for TokenCommand {
    fn kind(&self) -> Kind {
        Kind::Command
    }

    /// A command that fails is told of at once, for the next source may well have an answer, and it may be another's.
    fn find(&self, _: &Wanted) -> Result<Option<AccessToken>> {
        let Some(line) = &self.line else { return Ok(None) };
        match run(line) {
            Ok(secret) => Ok(Some(AccessToken::new(secret))),
            Err(error) => {
                notice::say(&format!("{error:#}"));
                Ok(None)
            }
        }
    }

    /// Whatever git brings may be its token, and it is not run to find out: so nothing is stored beside it, and what was
    /// refused is not answered again.
    fn holds(&self, _: &SecretString) -> Result<bool> {
        Ok(self.is_in_force())
    }

    fn list(&self, _: &Endpoint) -> Vec<Result<Held>> {
        self.line.iter().map(|_| Ok(Held::at(Place::Command, None))).collect()
    }

    fn is_in_force(&self) -> bool {
        self.line.is_some()
    }
}

/// Returns the token in the first line of what the command prints. The errors quote neither the command nor what it printed.
///
/// # Errors
///
/// When it cannot be run, fails, or prints none.
#[expect(clippy::disallowed_methods, reason = "the user's own command, out of the line that makes git run this helper")]
pub fn run(line: &OsStr) -> Result<SecretString> {
    let mut command = Command::new(SHELL);
    command.arg("-c").arg(line);
    let first = process::first_line(&mut command, PATIENCE).context("the token command gave no token")?;
    let text = std::str::from_utf8(&first).ok().context("the token command printed what is not UTF-8")?;
    // of those that `clean` leaves; colours, most often
    let is_odd = |c: char| c.is_control() && c != '\r';
    let has_odd = text.trim_matches(token::is_space).contains(is_odd);
    ensure!(!has_odd, "the token command printed a control character in its first line (have it print plain text)");
    token::clean(text).context("the token command printed no token in its first line")
}
