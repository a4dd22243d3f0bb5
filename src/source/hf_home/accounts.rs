//! Logging in, switching and logging out, as `hf auth` does it (`_save_token` in `huggingface_hub`'s `utils/_auth.py`, and
//! `_login.py`): under its lock, and each file replaced whole.

use anyhow::{Result, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use super::lock::{self, Lock};
use super::reading::{Active, Stored, read_active};
use super::replacement::{self, Replacement};
use super::stored_tokens::Section;
use super::{HfHome, file, links, secret_of, sections};
use crate::token;

/// Whether a section of `stored_tokens` can have that name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_whole = name.trim_matches(token::is_space) == name;
    !name.is_empty() && is_whole && name != "DEFAULT" && !name.contains(|c: char| c.is_control() || c == ']')
}

/// A login to be kept.
#[derive(Debug)]
pub struct Login {
    /// The token.
    pub secret: SecretString,
    /// What it is refreshed with.
    pub refresh_token: Option<SecretString>,
    /// The end of its life, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// The account it is of; `hf` keeps the field, and ignores it.
    pub username: Option<String>,
}

impl HfHome {
    /// Keeps a login under a name, in place of what had that name, and reads it back: the old token may be revoked next.
    ///
    /// # Errors
    ///
    /// When `stored_tokens` cannot be read, written, or hold that name: then it is what it was. When another program took
    /// it out at once.
    #[expect(clippy::disallowed_methods, reason = "the section is where the login is kept")]
    pub fn save(&self, name: &str, login: &Login) -> Result<()> {
        ensure!(is_name(name), "stored_tokens cannot hold a token of that name (choose another)");
        let Login { secret, refresh_token, expires_at, username } = login;
        let expires_at = expires_at.map(|end| end.to_string());
        let fields = [
            ("hf_token", Some(secret.expose_secret())),
            ("refresh_token", refresh_token.as_ref().map(SecretString::expose_secret)),
            ("expires_at", expires_at.as_deref()),
            ("username", username.as_deref()),
        ];
        self.edit(|stored_tokens| stored_tokens.with(name, &fields).map(Some))?;
        self.reading.renew();
        let is_kept = self.sections()?.any(|section| section.name() == name && super::holds(section, secret));
        ensure!(is_kept, "stored_tokens does not hold what was just written: another program changed it (try again)");
        Ok(())
    }

    /// Makes the token of that name the active one.
    ///
    /// # Errors
    ///
    /// When there is none of that name, or the `token` file cannot be written: then it is what it was.
    #[expect(clippy::disallowed_methods, reason = "the file is where the active token is kept")]
    pub fn activate(&self, name: &str) -> Result<()> {
        self.ensure_somewhere()?;
        let Some(secret) = self.sections()?.find(|section| section.name() == name).and_then(secret_of) else {
            bail!("the HF home has no token of that name (git-credential-hf list shows them)");
        };
        let lock = self.lock()?;
        replacement::sweep_unlabelled(&self.paths().token);
        let mut replacement = Replacement::of(&self.paths().token, &lock)?;
        replacement.hold(secret.expose_secret())?;
        replacement.commit()?;
        self.reading.renew();
        Ok(())
    }

    /// Removes the token of that name, and the `token` file where that is the active one.
    ///
    /// # Errors
    ///
    /// When something may be left.
    pub fn forget(&self, name: &str) -> Result<()> {
        let goes = |section: Section<'_>| section.name() == name && !sections::is_ours(section);
        let secret = self.all_sections()?.find(|section| goes(*section)).and_then(secret_of);
        if let Some(secret) = &secret {
            self.deactivate(secret)?;
        }
        self.edit(|file| file.sections().any(goes).then(|| file.without(goes)).transpose())
    }

    /// Removes the `token` file, if it holds this secret.
    ///
    /// # Errors
    ///
    /// When it is left.
    pub fn deactivate(&self, secret: &SecretString) -> Result<()> {
        let path = &self.paths().token;
        let lock = self.lock()?;
        if matches!(read_active(path)?, Active::Token(active) if token::same(&active, secret)) {
            replacement::remove(path, &lock)?;
            self.reading.renew();
        }
        Ok(())
    }

    /// Removes a `stored_tokens` that is this bare token and nothing else.
    ///
    /// # Errors
    ///
    /// When it is left.
    pub fn forget_bare(&self, secret: &SecretString) -> Result<()> {
        let path = &self.paths().stored_tokens;
        let lock = self.lock()?;
        self.reading.renew();
        if matches!(self.stored()?, Stored::Bare(held) if token::same(held, secret)) {
            replacement::remove(path, &lock)?;
            self.reading.renew();
        }
        Ok(())
    }

    /// That tokens can be kept here, before there is one to lose.
    ///
    /// # Errors
    ///
    /// [`Relative`](super::paths::Relative), where the HF home is nowhere.
    pub fn ensure_somewhere(&self) -> Result<()> {
        Ok(self.paths().ensure_absolute()?)
    }

    /// The lock of both files, before they are written.
    pub(super) fn lock(&self) -> Result<Lock> {
        self.ensure_somewhere()?;
        let path = &self.paths().stored_tokens;
        links::ensure_ours(path)?;
        file::make_directory_of(path)?;
        Lock::beside(path, lock::PATIENCE)
    }
}
