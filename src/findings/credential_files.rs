//! Files that hold a token in plain text: those of `git credential-store`, and the one that `hf` kept before version 0.12.

use std::path::{Path, PathBuf};

use super::netrc::import;
use super::remedy::{Command, Remedy};
use super::remotes::Secret;
use super::urls::{Destination, destination};
use super::{Check, Finding, remotes};
use crate::endpoint::Hub;
use crate::file;
use crate::repository::entry::Entry;
use crate::terminal::printable;
use crate::token;
use crate::wiring::executable;

/// The files that hold a token of the Hub.
#[must_use]
pub fn findings(hub: &Hub, entries: &[Entry]) -> Vec<Finding> {
    let found = of_store(entries).into_iter().filter(|path| holds_token(path, hub)).map(|path| {
        let shown = printable(&path.display().to_string());
        let message = format!("{shown} holds a token of the Hub in plain text");
        Finding::warn(Check::CredentialFile, message, Remedy::run(import())).at(shown)
    });
    found.collect()
}

fn holds_token(path: &Path, hub: &Hub) -> bool {
    // the kernel's own files are regular and empty, and reading one may never end
    let is_file = file::about(path).ok().flatten().is_some_and(|about| about.is_file() && about.len() > 0);
    let text = Some(path).filter(|_| is_file).and_then(|path| file::read(path).ok().flatten()).unwrap_or_default();
    let mut lines = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.any(|line| match destination(line.trim(), hub) {
        Destination::Hub(place, _) => matches!(remotes::secret_of(&place), Some(Secret::Token(_))),
        _ => false,
    })
}

/// Returns the two files of git-credential-store(1), and those that helper lines of the person's own name, each once.
#[must_use]
pub fn of_store(entries: &[Entry]) -> Vec<PathBuf> {
    let helpers = entries.iter().filter(|entry| entry.key.ends_with(".helper") && !entry.is_of_repository());
    let named = helpers.filter_map(|entry| file_of_store(&executable::words(&entry.value)));
    let mut known = std::collections::HashSet::new();
    usual().into_iter().chain(named).filter(|path| known.insert(path.clone())).collect()
}

/// Returns the files that `git credential-store` reads where it is not told otherwise (git-credential-store(1)).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "where git looks for its files")]
pub fn usual() -> Vec<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let config = config.or_else(|| home.as_ref().map(|home| home.join(".config")));
    let files = [home.map(|home| home.join(".git-credentials")), config.map(|config| config.join("git/credentials"))];
    files.into_iter().flatten().collect()
}

/// Returns the name of a helper: `store` for `store` and for `/usr/lib/git-core/git-credential-store`.
#[must_use]
pub fn name_of_helper(words: &[String]) -> Option<&str> {
    let word = words.first()?;
    let path = Path::new(word);
    if !path.is_absolute() {
        return Some(word);
    }
    let file = path.file_name()?.to_str()?;
    file.strip_suffix(std::env::consts::EXE_SUFFIX)?.strip_prefix("git-credential-")
}

/// Returns the file of a `git credential-store --file=FILE`, by the words of its line.
#[must_use]
pub fn file_of_store(words: &[String]) -> Option<PathBuf> {
    let options = words.get(1..).filter(|_| name_of_helper(words) == Some("store"))?;
    let separate = options.iter().position(|word| word == "--file").and_then(|at| options.get(at + 1));
    let file = options.iter().find_map(|word| word.strip_prefix("--file=")).or(separate.map(String::as_str))?;
    // as the shell that git starts it with
    match file.strip_prefix("~/") {
        Some(rest) => Some(std::env::home_dir()?.join(rest)),
        None => Some(PathBuf::from(file)).filter(|path| path.is_absolute()),
    }
}

/// A token where `hf` kept it before version 0.12, which nothing reads now.
#[must_use]
pub fn old_token_file() -> Option<Finding> {
    let path = std::env::home_dir().filter(|home| home.is_absolute())?.join(".huggingface/token");
    let text = file::read(&path).ok().flatten()?;
    token::clean(std::str::from_utf8(&text).ok()?)?;
    let shown = path.to_str()?;
    let message = format!("{} holds a token, and nothing reads that file since hf 0.12", printable(shown));
    let login = Command::of("git-credential-hf login --with-token").reading(shown);
    let remedy = Remedy::run(login).then(Command::of("rm").with(shown));
    Some(Finding::warn(Check::OldTokenFile, message, remedy).at(printable(shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_store_is_the_one_it_is_told() {
        let file = |value: &str| file_of_store(&executable::words(value)).map(|path| path.display().to_string());
        assert_eq!(file("store --file=/a/b").as_deref(), Some("/a/b"));
        assert_eq!(file("/usr/lib/git-core/git-credential-store --file /a/b").as_deref(), Some("/a/b"));
        assert_eq!(file("store --file '/a b'").as_deref(), Some("/a b"));
        assert!(file("store --file ~/x").unwrap().ends_with("/x"));
        for other in ["store", "store --file", "cache --file /a", "store --file x"] {
            assert_eq!(file(other), None, "{other}");
        }
    }
}
