//! Sections of ours in git's configuration: written at its end, told from the user's, and taken out to the byte.

use std::path::Path;

use anyhow::Result;

use crate::file;
use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// A section name of git's, and how ours are told from the user's of the same meaning: git compares section names without
/// case, and `--rename-section` with it. So ours have a capital, stand at the file's end and leave nothing behind.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    plain: &'static str,
    ours: &'static str,
    /// What ours is called while it is written or taken out; git knows no such variable.
    under_way: &'static str,
}

/// What a section of `credential` is called while it is written or taken out.
pub(super) const UNDER_WAY: &str = "git-credential-hf";

static CREDENTIAL: Name = Name { plain: "credential", ours: "Credential", under_way: UNDER_WAY };

static HTTP: Name = Name { plain: "http", ours: "Http", under_way: "git-credential-hf-http" };

/// A section of `credential`: a URL's, or the plain one for every host; or a URL's of `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    name: &'static Name,
    url: Option<String>,
}

impl Section {
    /// The section of `credential` for one URL.
    #[must_use]
    pub fn of(url: String) -> Self {
        Self { name: &CREDENTIAL, url: Some(url) }
    }

    /// The section of `credential` that is for every host.
    #[must_use]
    pub fn plain() -> Self {
        Self { name: &CREDENTIAL, url: None }
    }

    /// The section of `http` for one URL.
    #[must_use]
    pub fn http(url: String) -> Self {
        Self { name: &HTTP, url: Some(url) }
    }

    /// The section of `credential` that gives a variable by this key.
    #[must_use]
    pub fn of_key(key: &str, variable: &str) -> Option<Self> {
        let rest = key.strip_prefix("credential.")?;
        if rest == variable {
            return Some(Self::plain());
        }
        Some(Self::of(rest.strip_suffix(variable)?.strip_suffix('.')?.to_owned()))
    }

    /// The section of `http` that gives a variable by this key, also while it is written or taken out.
    #[must_use]
    pub(super) fn of_http_key(key: &str) -> Option<Self> {
        let (_, rest) = key.split_once('.').filter(|(name, _)| [HTTP.plain, HTTP.under_way].contains(name))?;
        Some(Self::http(rest.rsplit_once('.')?.0.to_owned()))
    }

    /// Its URL, if it has one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The key people know a variable in it by.
    #[must_use]
    pub fn key(&self, variable: &str) -> String {
        format!("{}.{variable}", self.within(self.name.plain))
    }

    /// Its name while it is written or taken out.
    pub(super) fn under_way(&self) -> String {
        self.within(self.name.under_way)
    }

    fn within(&self, name: &str) -> String {
        match &self.url {
            Some(url) => format!("{name}.{url}"),
            None => name.to_owned(),
        }
    }

    fn header(&self, name: &str) -> String {
        match &self.url {
            Some(url) => {
                let url = url.replace('\\', "\\\\").replace('"', "\\\"");
                format!("[{name} \"{url}\"]\n")
            }
            None => format!("[{name}]\n"),
        }
    }

    /// Where it begins by this name.
    fn starts<'a>(&self, text: &'a str, name: &str) -> impl Iterator<Item = usize> + use<'a> {
        let header = self.header(name);
        let starts: Vec<_> = text.match_indices(&header).map(|(at, _)| at).collect();
        starts.into_iter().filter(|&at| at == 0 || text[..at].ends_with('\n'))
    }

    /// Whether it begins somewhere with our capital.
    pub(super) fn has_capital(&self, text: &str) -> bool {
        self.starts(text, self.name.ours).next().is_some()
    }

    /// Whether it begins with our capital and then these variables, as [`put`] writes them.
    pub(super) fn is_ours(&self, text: &str, variables: &[&str]) -> bool {
        let name = self.name.ours;
        self.starts(text, name).any(|start| self.after(&text[start..], name, variables).is_some())
    }

    /// Whether it is there once, holds nothing but these variables as [`put`] writes them, and the next one follows at once.
    pub(super) fn stands_alone(&self, text: &str, variables: &[&str]) -> bool {
        self.is_alone(text, self.name.ours, variables)
    }

    /// The same while it is under way.
    pub(super) fn stands_alone_under_way(&self, text: &str, variables: &[&str]) -> bool {
        self.is_alone(text, self.name.under_way, variables)
    }

    fn is_alone(&self, text: &str, name: &str, variables: &[&str]) -> bool {
        let mut starts = self.starts(text, name);
        let (Some(start), None) = (starts.next(), starts.next()) else { return false };
        self.after(&text[start..], name, variables).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }

    /// What follows the lines of these variables.
    fn after<'a>(&self, text: &'a str, name: &str, variables: &[&str]) -> Option<&'a str> {
        variables.iter().try_fold(text.strip_prefix(&self.header(name))?, |text, variable| {
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
        repository::rename_section(scope, &self.within(self.name.ours), &self.under_way())
    }

    /// Gives it its name back.
    ///
    /// # Errors
    ///
    /// When there is none under way, or git cannot write it.
    pub(super) fn put_back(&self, scope: Scope) -> Result<()> {
        repository::rename_section(scope, &self.under_way(), &self.within(self.name.ours))
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
