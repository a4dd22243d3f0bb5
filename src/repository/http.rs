//! git's settings of the way to a server: `http.*` and `http.<url>.*` (git-config(1)).

use std::time::Duration;

use anyhow::Result;

use super::entry::{Entry, parsed};
use super::git::{git, printed};
use super::not_too_many;
use crate::url::Url;

const KEYS: &str = r"^http\.(.*\.)?(proxy|sslcainfo|sslcapath)$";

/// Reading a few files; one that never ends may be included.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns the proxies and certificates of the system, the user and the command line, with their paths expanded; a
/// repository's are left out.
///
/// # Errors
///
/// When git is missing, or its configuration is out to keep us busy.
pub fn own_settings() -> Result<Vec<Entry>> {
    let mut command = git();
    command
        .args(["config", "--show-scope", "--show-origin", "--type=path", "-z", "--get-regexp", KEYS])
        // it would be the only file read
        .env_remove("GIT_CONFIG");
    let listed = printed(&mut command, b"", PATIENCE)?.unwrap_or_default();
    let mut entries = not_too_many(parsed(&listed, None))?;
    entries.retain(|entry| !entry.is_of_repository());
    Ok(entries)
}

/// Returns the line of a variable that git goes by at a URL: the closest pattern's, of several the last, also an empty one.
#[must_use]
pub fn closest<'a>(variable: &str, url: &Url, entries: &'a [Entry]) -> Option<&'a Entry> {
    let matching = entries.iter().filter_map(|entry| {
        let closeness = match pattern("http", variable, entry)? {
            "" => (0, 0, false),
            pattern => Url::parse(pattern)?.covers(url)?,
        };
        Some((closeness, entry))
    });
    matching.max_by_key(|(closeness, _)| *closeness).map(|(_, entry)| entry)
}

/// Returns the URL that a line of a section's variable is for; empty where it is for all of them.
pub(super) fn pattern<'a>(section: &str, variable: &str, entry: &'a Entry) -> Option<&'a str> {
    let rest = entry.key.strip_prefix(section)?.strip_prefix('.')?.strip_suffix(variable)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix('.') }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    #[test]
    fn the_closest_line_counts() {
        let entry = |key: &str, value: &str| Entry {
            scope: Scope::Local,
            file: None,
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let entries = [
            entry("http.https://huggingface.co.proxy", "a"),
            entry("http.proxy", "b"),
            entry("http.https://hf.co.proxy", "c"),
        ];
        let at = |url: &str| closest("proxy", &Url::parse(url).unwrap(), &entries).map(|line| line.value.clone());
        assert_eq!(at("https://huggingface.co/x/y").as_deref(), Some("a"));
        assert_eq!(at("https://hub.example/x").as_deref(), Some("b"));
    }
}
