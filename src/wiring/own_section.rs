//! Sections of ours in git's configuration: written at its end, told from the user's, and taken out to the byte.

use std::path::Path;

use anyhow::Result;

use crate::file;
use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// git compares section names without case, and `--rename-section` with it: a capital tells our sections from the
/// user's of the same meaning, and so they stand at the file's end and leave nothing behind.
const OURS: &str = "Credential";

/// What a section of ours is called while it is written or taken out; git knows no such variable.
pub(super) const UNDER_WAY: &str = "git-credential-hf";

/// A section of `credential`: a URL's, or the plain one for every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section(Option<String>);

impl Section {
    /// The section of one URL.
    #[must_use]
    pub const fn of(url: String) -> Self {
        Self(Some(url))
    }

    /// The section that is for every host.
    #[must_use]
    pub const fn plain() -> Self {
        Self(None)
    }

    /// The section that gives a variable by this key.
    #[must_use]
    pub fn of_key(key: &str, variable: &str) -> Option<Self> {
        let rest = key.strip_prefix("credential.")?;
        if rest == variable {
            return Some(Self::plain());
        }
        Some(Self::of(rest.strip_suffix(variable)?.strip_suffix('.')?.to_owned()))
    }

    /// Its URL, if it has one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The key people know a variable in it by.
    #[must_use]
    pub fn key(&self, variable: &str) -> String {
        format!("{}.{variable}", self.within("credential"))
    }

    /// Its name while it is written or taken out.
    pub(super) fn under_way(&self) -> String {
        self.within(UNDER_WAY)
    }

    fn within(&self, name: &str) -> String {
        match &self.0 {
            Some(url) => format!("{name}.{url}"),
            None => name.to_owned(),
        }
    }

    fn header(&self) -> String {
        match &self.0 {
            Some(url) => {
                let url = url.replace('\\', "\\\\").replace('"', "\\\"");
                format!("[{OURS} \"{url}\"]\n")
            }
            None => format!("[{OURS}]\n"),
        }
    }

    /// Where it begins with our capital.
    fn starts<'a>(&self, text: &'a str) -> impl Iterator<Item = usize> + use<'a> {
        let header = self.header();
        let starts: Vec<_> = text.match_indices(&header).map(|(at, _)| at).collect();
        starts.into_iter().filter(|&at| at == 0 || text[..at].ends_with('\n'))
    }

    /// Whether it begins somewhere with our capital.
    pub(super) fn has_capital(&self, text: &str) -> bool {
        self.starts(text).next().is_some()
    }

    /// Whether it begins with our capital and then these variables, as [`put`] writes them.
    pub(super) fn is_ours(&self, text: &str, variables: &[&str]) -> bool {
        self.starts(text).any(|start| self.after(&text[start..], variables).is_some())
    }

    /// Whether it is there once, holds nothing but these variables as [`put`] writes them, and the next one follows at once.
    pub(super) fn stands_alone(&self, text: &str, variables: &[&str]) -> bool {
        let mut starts = self.starts(text);
        let (Some(start), None) = (starts.next(), starts.next()) else { return false };
        self.after(&text[start..], variables).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }

    /// What follows the lines of these variables.
    fn after<'a>(&self, text: &'a str, variables: &[&str]) -> Option<&'a str> {
        variables.iter().try_fold(text.strip_prefix(&self.header())?, |text, variable| {
            let rest = text.strip_prefix('\t')?.strip_prefix(variable)?.strip_prefix(" = ")?;
            rest.split_once('\n').map(|(_, rest)| rest)
        })
    }

    /// Writes it at the end of the configuration.
    ///
    /// # Errors
    ///
    /// When git cannot write it.
    pub(super) fn put(&self, scope: Scope, lines: &[(&str, &str)]) -> Result<()> {
        let under_way = self.under_way();
        for (variable, value) in lines {
            repository::add(scope, &format!("{under_way}.{variable}"), value)?;
        }
        self.put_back(scope)
    }

    /// Gives it its name under way.
    ///
    /// # Errors
    ///
    /// When git cannot write it.
    pub(super) fn take_up(&self, scope: Scope) -> Result<()> {
        repository::rename_section(scope, &self.within(OURS), &self.under_way())
    }

    /// Gives it its name back.
    ///
    /// # Errors
    ///
    /// When there is none under way, or git cannot write it.
    pub(super) fn put_back(&self, scope: Scope) -> Result<()> {
        repository::rename_section(scope, &self.under_way(), &self.within(OURS))
    }

    /// The keys and values in it while it is under way.
    pub(super) fn held_under_way(&self, entries: &[Entry]) -> Vec<(String, String)> {
        let prefix = self.under_way() + ".";
        let inside = |key: &str| key.strip_prefix(&prefix).is_some_and(|name| !name.contains('.'));
        let held = entries.iter().filter(|entry| inside(&entry.key));
        held.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    }
}

/// The text of a configuration, read to see what `git config` does not tell: capitals, and whether a section holds
/// comments. Unreadable is as good as empty.
pub(super) fn text_of(entries: &[Entry]) -> String {
    entries.iter().find_map(|entry| entry.file.as_deref()).map(read).unwrap_or_default()
}

/// The same of one file.
pub(super) fn read(path: &Path) -> String {
    let bytes = file::read(path).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
