//! Which token of the HF home is the answer for whom git asks for.

use anyhow::{Result, ensure};
use secrecy::SecretString;

use super::reading::{Active, Stored};
use super::stored_tokens::Section;
use super::{HfHome, account_of, file, token_of};
use crate::notice::printable;
use crate::source::Wanted;
use crate::token::AccessToken;

/// A token that may be the answer.
pub(super) struct Candidate<'a> {
    pub token: AccessToken,
    /// Where it stands, if it has a name.
    pub section: Option<Section<'a>>,
    /// It was asked for by that name: nobody else's will do.
    pub is_requested: bool,
}

impl<'a> Candidate<'a> {
    /// The token of a section, if it holds one.
    pub(super) fn of(section: Section<'a>) -> Option<Self> {
        Some(Self { token: token_of(section)?, section: Some(section), is_requested: false })
    }

    fn bare(secret: &SecretString) -> Self {
        Self { token: AccessToken::new(secret.clone()), section: None, is_requested: false }
    }
}

impl HfHome {
    fn named(&self, username: &str) -> Result<Option<Candidate<'_>>> {
        let named = |section: &Section<'_>| section.name() == username;
        // as `hf` calls a login in the browser (`_login.py`)
        let of_browser = |section: &Section<'_>| section.name().strip_prefix("oauth-") == Some(username);
        let belonging = |section: &Section<'_>| section.get("username").is_some_and(|name| *name == *username);
        let mut by_name = self.sections()?.filter(named).filter_map(Candidate::of);
        let mut by_browser = self.sections()?.filter(of_browser).filter_map(Candidate::of);
        let mut by_account = self.sections()?.filter(belonging).filter_map(Candidate::of);
        let found = by_name.next().or_else(|| by_browser.next()).or_else(|| by_account.next());
        let Some(mut found) = found else { return Ok(None) };
        found.token.username = Some(username.to_owned());
        found.is_requested = true;
        Ok(Some(found))
    }

    /// The active token; where none was ever chosen, the only one there is.
    fn chosen(&self) -> Result<Option<Candidate<'_>>> {
        let (active, section) = self.active_and_section()?;
        let secret = match active {
            Active::Token(secret) => secret,
            Active::Nothing => {
                let path = &self.paths().token;
                ensure!(
                    !file::is_unsettled(path),
                    "{} is empty, as it is while another program writes it: try again",
                    printable(path)
                );
                return Ok(None);
            }
            Active::NoFile => return self.only_one(),
        };
        // a file that cannot be read tells no expiry, and takes no token away either
        Ok(section.and_then(Candidate::of).or_else(|| Some(Candidate::bare(secret))))
    }

    fn only_one(&self) -> Result<Option<Candidate<'_>>> {
        if let Stored::Bare(secret) = self.stored()? {
            return Ok(Some(Candidate::bare(secret)));
        }
        let mut holding = self.sections()?.filter_map(Candidate::of);
        let (Some(mut found), None) = (holding.next(), holding.next()) else { return Ok(None) };
        found.token.username = found.section.and_then(account_of);
        Ok(Some(found))
    }

    /// The token for whoever is wanted, expired or not.
    pub(super) fn look_for(&self, wanted: &Wanted) -> Result<Option<Candidate<'_>>> {
        // a file that cannot be read names nobody, but the active token is in another
        let (named, unread) = match wanted.username.map(|username| self.named(username)).transpose() {
            Ok(named) => (named.flatten(), None),
            Err(error) => (None, Some(error)),
        };
        if named.is_some() {
            return Ok(named);
        }
        match self.chosen()? {
            // the only one there is belongs to somebody else
            Some(found) if found.token.username.is_some() && wanted.username.is_some() => Ok(None),
            None => unread.map_or(Ok(None), Err),
            found => Ok(found),
        }
    }
}
