//! What git makes of its `credential` lines for a URL (`credential_apply_config` in git's `credential.c`): all that apply
//! are read in their order, and the last goes before the others, however close another is.

use super::entry::Entry;
use crate::url::Url;

/// What git goes by when it needs a credential.
#[derive(Debug, Clone)]
pub struct Credential<'a> {
    /// Whom it asks for: whom the URL names, else whom its configuration does.
    pub username: Option<&'a str>,
    /// The line that names them, where the URL does not.
    pub named_by: Option<&'a Entry>,
    /// The helpers that it asks, in this order.
    pub helpers: Vec<&'a Entry>,
    /// Whether it tells them the path.
    pub sends_path: bool,
}

impl<'a> Credential<'a> {
    /// What git goes by at a place.
    #[must_use]
    pub fn at(place: &Url<'a>, entries: &'a [Entry]) -> Self {
        let mut credential = Self { username: place.user, named_by: None, helpers: Vec::new(), sends_path: false };
        for entry in entries {
            let Some(rest) = entry.key.strip_prefix("credential.") else { continue };
            let (pattern, variable) = match rest.rsplit_once('.') {
                Some((pattern, variable)) => (Some(pattern), variable),
                None => (None, rest),
            };
            if pattern.is_some_and(|pattern| !place.is_meant_by(pattern)) {
                continue;
            }
            match variable {
                "helper" if entry.value.is_empty() => credential.helpers.clear(),
                "helper" => credential.helpers.push(entry),
                "username" if place.user.is_none() => {
                    credential.username = Some(entry.value.as_str()).filter(|name| !name.is_empty());
                    credential.named_by = credential.username.map(|_| entry);
                }
                "usehttppath" => credential.sends_path = is_true(&entry.value),
                _ => {}
            }
        }
        credential.sends_path &= !place.path.is_empty();
        credential
    }
}

/// Returns the pattern of a line that gives this variable of `credential`, in lower case: `None` inside where it has none.
#[must_use]
pub fn pattern_of<'a>(entry: &'a Entry, variable: &str) -> Option<Option<&'a str>> {
    let rest = entry.key.strip_prefix("credential.")?.strip_suffix(variable)?;
    if rest.is_empty() { Some(None) } else { rest.strip_suffix('.').map(Some) }
}

/// What git takes for true (`git_parse_maybe_bool`).
#[must_use]
pub fn is_true(value: &str) -> bool {
    ["true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
        || value.parse::<i64>().is_ok_and(|number| number != 0)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "git is the judge")]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::repository::entry::Scope;

    const PATTERNS: [&str; 15] = [
        "https://huggingface.co",
        "https://huggingface.co/acme",
        "https://HuggingFace.co:443/acme/",
        "https://huggingface.co/acme/model",
        "https://huggingface.co/ac",
        "https://alice@huggingface.co",
        "https://*.co/acme",
        "https://hf.co/acme",
        "http://huggingface.co/acme",
        "huggingface.co",
        "https://",
        "huggingface.co/acme/model",
        "huggingface.co/acme",
        "alice@huggingface.co",
        "hf.co",
    ];

    const URLS: [&str; 6] = [
        "https://huggingface.co",
        "https://huggingface.co/acme/model",
        "https://huggingface.co/acmes/model.git",
        "https://alice@huggingface.co/acme/model",
        "https://hf.co/acme/model",
        "http://huggingface.co/acme/model",
    ];

    /// What git tells a helper: whom, and whether the path too.
    fn asked(directory: &std::path::Path, url: &str) -> (Option<String>, bool) {
        let mut git = Command::new("git")
            .args(["-c", "credential.helper=!cat >&2; printf 'username=x\\npassword=x\\n'; :", "credential", "fill"])
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", directory.join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(format!("url={url}\n\n").as_bytes()).unwrap();
        let said = String::from_utf8(git.wait_with_output().unwrap().stderr).unwrap();
        let name = said.lines().find_map(|line| line.strip_prefix("username="));
        (name.map(str::to_owned), said.contains("\npath="))
    }

    /// Each pattern gets its turn as the last that applies.
    #[test]
    fn lines_are_applied_as_git_applies_them() {
        let directory = tempfile::tempdir().unwrap();
        for from in 0..PATTERNS.len() {
            let patterns = || PATTERNS[from..].iter().chain(&PATTERNS[..from]).enumerate();
            let said = |at: usize| if at.is_multiple_of(2) { "true" } else { "0" };
            let lines = patterns().map(|(at, pattern)| {
                format!("[credential \"{pattern}\"]\n\tusername = {pattern}\n\tuseHttpPath = {}\n", said(at))
            });
            std::fs::write(directory.path().join("config"), lines.collect::<String>()).unwrap();
            let entry = |key: String, value: &str| Entry {
                scope: Scope::Global,
                file: None,
                key: format!("credential.{key}"),
                value: value.to_owned(),
            };
            let entries: Vec<_> = patterns()
                .flat_map(|(at, pattern)| {
                    [entry(format!("{pattern}.username"), pattern), entry(format!("{pattern}.usehttppath"), said(at))]
                })
                .collect();
            for url in URLS {
                let ours = Credential::at(&Url::parse(url).unwrap(), &entries);
                let told = (ours.username.map(str::to_owned), ours.sends_path);
                assert_eq!(told, asked(directory.path(), url), "{url} from {}", PATTERNS[from]);
            }
        }
    }
}
