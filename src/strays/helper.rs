//! Other helpers of the user's own configuration, those that keep what they are told. Each is asked as git would ask it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{Place, Stray, read};
use crate::endpoint::{Endpoint, Hub};
use crate::protocol::Answer;
use crate::repository;
use crate::repository::entry::Entry;
use crate::terminal::printable;
use crate::token::AccessToken;
use crate::wiring::{executable, rivals};

/// These answer from what they keep; another might open a browser, or ask.
const KEEPERS: [&str; 7] = ["cache", "gnome-keyring", "libsecret", "manager", "manager-core", "osxkeychain", "wincred"];

/// A helper as a line of git's configuration names it: a name or a path, and its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper(Vec<String>);

/// The helpers that these entries name for the Hub, also those that an empty line switches off.
#[must_use]
pub fn configured(hub: &Hub, entries: &[Entry]) -> Vec<Helper> {
    let urls = hub.urls();
    let lines = urls.iter().flat_map(|url| rivals::helpers(url, entries));
    let mut helpers: Vec<Helper> = Vec::new();
    for helper in lines.map(|line| Helper(executable::words(&line.value))) {
        if !helpers.contains(&helper) {
            helpers.push(helper);
        }
    }
    helpers
}

/// Tells whether the tokens of the helper in such a line are found here.
#[must_use]
pub fn is_read(line: &str) -> bool {
    let helper = Helper(executable::words(line));
    helper.is_keeper() || helper.name() == Some("store")
}

impl Helper {
    /// `store` for `store` and for `/usr/lib/git-core/git-credential-store`.
    fn name(&self) -> Option<&str> {
        let word = self.0.first()?;
        let path = Path::new(word);
        if !path.is_absolute() {
            return Some(word);
        }
        let file = path.file_name()?.to_str()?;
        file.strip_suffix(std::env::consts::EXE_SUFFIX)?.strip_prefix("git-credential-")
    }

    /// The file of a `git credential-store --file=FILE`.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        let options = self.0.get(1..).filter(|_| self.name() == Some("store"))?;
        let separate = options.iter().position(|word| word == "--file").and_then(|at| options.get(at + 1));
        let file = options.iter().find_map(|word| word.strip_prefix("--file=")).or(separate.map(String::as_str))?;
        // as the shell that git starts it with
        match file.strip_prefix("~/") {
            Some(rest) => Some(std::env::home_dir()?.join(rest)),
            None => Some(PathBuf::from(file)).filter(|path| path.is_absolute()),
        }
    }

    /// Whether it answers from what it keeps, without asking anybody.
    fn is_keeper(&self) -> bool {
        self.name().is_some_and(|name| KEEPERS.contains(&name))
    }

    /// The tokens it has: one for a host, and the one `hf auth login` stored.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn find(&self, hub: &Hub) -> Result<Vec<Stray>> {
        let mut strays = Vec::new();
        if !self.is_keeper() {
            return Ok(strays);
        }
        for url in hub.urls() {
            let Some((protocol, host)) = url.split_once("://") else { continue };
            let place = format!("protocol={protocol}\nhost={host}\n");
            for username in ["", &format!("username={}\n", Answer::ANYBODY)] {
                let request = format!("{place}{username}");
                let answer = repository::ask_helper(&self.0, "get", request.as_bytes())
                    .with_context(|| format!("cannot ask {}", self.told()))?;
                let answer = answer.unwrap_or_default();
                let names_nobody = !answer.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"username="));
                let username = if names_nobody { username } else { "" };
                // one without a username could be told of no erase that is about it alone
                let found = read(&[place.as_bytes(), username.as_bytes(), &answer], hub)
                    .and_then(|request| Stray::of(request, AtHelper { helper: self.clone(), place: place.clone() }));
                strays.extend(found.filter(|stray| stray.token.username.is_some()));
            }
        }
        Ok(strays)
    }

    fn told(&self) -> String {
        printable(&format!("git credential-{}", self.name().unwrap_or_default()))
    }
}

struct AtHelper {
    helper: Helper,
    /// Protocol and host, as it was asked.
    place: String,
}

impl Place for AtHelper {
    fn told(&self) -> String {
        self.helper.told()
    }

    #[expect(clippy::disallowed_methods, reason = "the helper forgets only what it is told")]
    fn clean(&self, _: &Endpoint, token: &AccessToken, _: Option<&str>) -> Result<()> {
        let username = token.username.as_deref().unwrap_or_default();
        let password = token.secret.expose_secret();
        let lines = [&self.place, "username=", username, "\npassword=", password, "\n"];
        let request = Zeroizing::new(lines.concat());
        match repository::ask_helper(&self.helper.0, "erase", request.as_bytes()) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => bail!("it did not do so when it was told to erase it"),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    #[test]
    fn only_helpers_that_keep_are_asked() {
        let entries = [
            ("credential.helper", "osxkeychain"),
            ("credential.https://huggingface.co.helper", ""),
            ("credential.https://huggingface.co.helper", "hf"),
            ("credential.https://hf.co.helper", "cache --timeout 60"),
            ("credential.https://github.com.helper", "manager"),
            ("credential.helper", "!sh -c 'echo password=x'"),
            ("credential.helper", "oauth"),
            ("credential.helper", "/usr/lib/git-core/git-credential-libsecret"),
            ("credential.helper", "git-credential-wincred"),
        ];
        let entry = |(key, value): (&str, &str)| Entry {
            scope: Scope::Global,
            file: Some("config".into()),
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let helpers = configured(&Hub::default(), &entries.map(entry));
        let keepers: Vec<_> = helpers.iter().filter(|helper| helper.is_keeper()).map(|helper| &*helper.0[0]).collect();
        assert_eq!(keepers, ["osxkeychain", "/usr/lib/git-core/git-credential-libsecret", "cache"]);
    }

    #[test]
    fn the_file_of_a_store_is_the_one_it_is_told() {
        let file = |value: &str| Helper(executable::words(value)).file().map(|path| path.display().to_string());
        assert_eq!(file("store --file=/a/b").as_deref(), Some("/a/b"));
        assert_eq!(file("store --file '/a b'").as_deref(), Some("/a b"));
        assert!(file("store --file ~/x").unwrap().ends_with("/x"));
        for other in ["store", "store --file", "cache --file /a", "store --file x"] {
            assert_eq!(file(other), None, "{other}");
        }
    }
}
