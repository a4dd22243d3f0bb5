//! What git answers now, asked of the real git, whose answer is looked at and never shown.

use std::time::Duration;

use anyhow::Result;

use super::{executable, rivals};
use crate::repository;
use crate::repository::credential::Credential;
use crate::repository::entry::Entry;
use crate::url::Url;

/// A keychain may take its time; git's own waiting is not for us to repeat.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `git credential fill` says about one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This helper answers, from the source of that name.
    Ours(String),
    /// Another helper answers.
    Another,
    /// Somebody answers; git before 2.46 does not pass on who.
    Somebody,
    /// Nobody has a token.
    Nobody,
    /// Only the repository could tell: what it names would have to be run.
    NotAsked,
}

/// Asks git for `url`, outside of any repository.
///
/// # Errors
///
/// When git is missing.
pub fn of(url: &str) -> Result<Verdict> {
    ask(url, None, &[])
}

/// Asks git for `url` as in the repository with these entries, without running anything that it names.
///
/// # Errors
///
/// When git is missing.
pub fn here(url: &str, entries: &[Entry]) -> Result<Verdict> {
    let Some(settings) = settings_for(url, entries)? else { return Ok(Verdict::NotAsked) };
    let place = Url::parse(url);
    let named_by = place.and_then(|place| Credential::at(&place, entries).named_by);
    let username = named_by.filter(|entry| entry.is_of_repository()).map(|entry| entry.value.as_str());
    // git refuses such a name too
    ask(url, username.filter(|name| !name.contains(char::is_control)), &settings)
}

/// Tells whether the helper of a line has an answer for `url`.
///
/// # Errors
///
/// When git is missing.
pub fn has_answer(url: &str, line: &str) -> Result<bool> {
    let key = format!("credential.{url}.helper");
    Ok(ask(url, None, &[format!("{key}="), format!("{key}={line}")])? != Verdict::Nobody)
}

/// Returns what makes git outside of a repository ask whom it asks in it; `None` where that is anything but this program
/// alone.
fn settings_for(url: &str, entries: &[Entry]) -> Result<Option<Vec<String>>> {
    let lines = rivals::helpers(url, entries).into_iter().filter(|line| line.is_of_repository());
    let key = format!("credential.{url}.helper");
    let mut settings = Vec::new();
    for line in lines {
        if line.value.is_empty() {
            settings.push(format!("{key}="));
        } else if executable::is_this_alone(&line.value) {
            // never the line itself, which a shell might read otherwise
            settings.push(format!("{key}={}", executable::by_path()?));
        } else {
            return Ok(None);
        }
    }
    Ok(Some(settings))
}

fn ask(url: &str, username: Option<&str>, settings: &[String]) -> Result<Verdict> {
    let (scheme, host) = url.split_once("://").unwrap_or(("https", url));
    let username = username.map_or_else(String::new, |name| format!("username={name}\n"));
    let request = format!("capability[]=authtype\ncapability[]=state\nprotocol={scheme}\nhost={host}\n{username}\n");
    let Some(answer) = repository::fill(request.as_bytes(), settings, PATIENCE)? else {
        return Ok(Verdict::Nobody);
    };
    Ok(read(&answer, repository::version()? >= (2, 46)))
}

fn read(answer: &[u8], names_state: bool) -> Verdict {
    let lines = answer.split(|&byte| byte == b'\n');
    let secret = |line: &[u8]| line.starts_with(b"password=") || line.starts_with(b"credential=");
    if !lines.clone().any(secret) {
        return Verdict::Nobody;
    }
    let source = lines
        .filter_map(|line| line.strip_prefix(b"state[]=hf:"))
        // it had none, and another helper was asked
        .find(|word| *word != b"asked")
        .map(String::from_utf8_lossy)
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    match source {
        Some(word) => Verdict::Ours(word.into_owned()),
        None if names_state => Verdict::Another,
        None => Verdict::Somebody,
    }
}

impl Verdict {
    /// The verdict in a line for people.
    #[must_use]
    pub fn told(&self, url: &str) -> String {
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        let source = match self {
            Self::Ours(word) => match word.as_str() {
                "username" => "in the URL",
                "ci" => "of the CI identity (HF_OIDC_RESOURCE)",
                "environment" => "of HF_TOKEN",
                "command" => "of the token command",
                "stored" => "that git stored",
                "hf-home" => "of the HF home (hf auth login)",
                _ => "of this helper",
            },
            Self::Another => {
                return format!("git now answers for {host} from another helper, not from this one");
            }
            Self::NotAsked => {
                return format!(
                    "git was not asked for {host}, since it would run a helper or a token command that this \
                     repository's configuration names"
                );
            }
            Self::Somebody => return format!("git now has an answer for {host}"),
            Self::Nobody => {
                return format!(
                    "git has no token for {host} yet, or the Hub refused it within the last 15 minutes: run `git-credential-hf login`, or hf auth login, or set HF_TOKEN, or let git ask once \
                     (password: a token from https://huggingface.co/settings/tokens)"
                );
            }
        };
        format!("git now answers for {host} with the token {source}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_read_and_nothing_else() {
        let ours = b"capability[]=state\nusername=a\npassword=b\nstate[]=hf:stored\n";
        assert_eq!(read(ours, true), Verdict::Ours("stored".to_owned()));
        assert_eq!(read(b"username=a\npassword=b\n", true), Verdict::Another);
        assert_eq!(read(b"username=a\npassword=b\nstate[]=hf:asked\n", true), Verdict::Another);
        assert_eq!(read(b"username=a\ncredential=b\n", false), Verdict::Somebody);
        assert_eq!(read(b"username=a\nstate[]=hf:stored\n", true), Verdict::Nobody);
        let strange = b"password=b\nstate[]=hf:\x1b[2J\n";
        assert_eq!(read(strange, true), Verdict::Another);
    }
}
