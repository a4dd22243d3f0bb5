//! What the two files of the HF home say, each read when it is first asked for.

use std::cell::OnceCell;
use std::path::Path;

use anyhow::{Context as _, Result};
use secrecy::SecretString;

use super::file;
use super::paths::Paths;
use super::stored_tokens::StoredTokens;
use crate::notice::printable;
use crate::token;

/// One reading of both files, and after a change the next one: what was borrowed from the earlier one stays valid.
#[derive(Default)]
pub(super) struct Reading {
    active: OnceCell<Active>,
    stored: OnceCell<Stored>,
    /// Which section holds the active token, looked for once.
    of_active: OnceCell<Option<usize>>,
    next: OnceCell<Box<Reading>>,
}

/// What the `token` file says.
pub(super) enum Active {
    /// There is no such file.
    NoFile,
    /// It holds nothing.
    Nothing,
    Token(SecretString),
}

/// What the `stored_tokens` file says.
pub(super) enum Stored {
    NoFile,
    /// One token and nothing else: what people write who were told to put their token there.
    Bare(SecretString),
    Sections(StoredTokens),
}

impl Reading {
    /// The reading that counts.
    pub(super) fn latest(&self) -> &Self {
        let mut latest = self;
        while let Some(next) = latest.next.get() {
            latest = next;
        }
        latest
    }

    /// From now on both files are read anew.
    pub(super) fn renew(&self) {
        self.latest().next.get_or_init(Box::default);
    }

    pub(super) fn section_of_active(&self, look_for: impl FnOnce() -> Option<usize>) -> Option<usize> {
        *self.of_active.get_or_init(look_for)
    }

    pub(super) fn active(&self, paths: &Paths) -> Result<&Active> {
        if let Some(active) = self.active.get() {
            return Ok(active);
        }
        let active = if paths.relative.is_some() { Active::NoFile } else { read_active(&paths.token)? };
        Ok(self.active.get_or_init(|| active))
    }

    pub(super) fn stored(&self, paths: &Paths) -> Result<&Stored> {
        if let Some(stored) = self.stored.get() {
            return Ok(stored);
        }
        let path = &paths.stored_tokens;
        let text = if paths.relative.is_some() { None } else { file::read(path, looks_whole)? };
        let stored = match text {
            None => Stored::NoFile,
            Some(text) => match bare_token(&text) {
                Some(token) => Stored::Bare(token),
                None => Stored::Sections(StoredTokens::parse(text).with_context(|| unreadable(path))?),
            },
        };
        Ok(self.stored.get_or_init(|| stored))
    }
}

/// Reads the `token` file as it is now.
pub(super) fn read_active(path: &Path) -> Result<Active> {
    // `hf` truncates the file before it writes it
    Ok(match file::read(path, |text| !text.is_empty())? {
        None => Active::NoFile,
        Some(text) => token::clean(&text).map_or(Active::Nothing, Active::Token),
    })
}

pub(super) fn unreadable(path: &Path) -> String {
    format!("cannot read {}, and hf cannot either: repair it, or log in again with `hf auth login`", printable(path))
}

/// Whether nothing is missing: `hf` ends what it writes with a line end.
pub(super) fn looks_whole(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}

/// The token a file consists of that is nothing else.
fn bare_token(text: &str) -> Option<SecretString> {
    let word = token::stripped(text);
    let rest = word.strip_prefix("hf_")?;
    let is_token = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    is_token.then(|| SecretString::from(word))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_file_is_read_once_until_the_reading_is_renewed() {
        let directory = tempfile::tempdir().unwrap();
        let [token, stored_tokens] = ["token", "stored_tokens"].map(|name| directory.path().join(name));
        let paths = Paths { token, stored_tokens, relative: None };
        let reading = Reading::default();
        let hold = |token: &str| {
            fs::write(&paths.token, token).unwrap();
            fs::write(&paths.stored_tokens, format!("[a]\nhf_token = {token}\n")).unwrap();
        };
        let is_held = |token: &str| {
            let active = reading.latest().active(&paths).unwrap();
            assert!(matches!(active, Active::Token(active) if token::is(token, active)), "{token}");
            let stored = reading.latest().stored(&paths).unwrap();
            let Stored::Sections(stored) = stored else { panic!("no sections: {token}") };
            assert_eq!(stored.section("a").unwrap().get("hf_token").as_deref(), Some(token));
        };
        hold("hf_A");
        is_held("hf_A");
        hold("hf_B");
        is_held("hf_A");
        for token in ["hf_B", "hf_C"] {
            hold(token);
            reading.renew();
            is_held(token);
        }
    }
}
