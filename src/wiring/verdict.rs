//! What git answers now, asked of the real git, whose answer is looked at and never shown.

use std::time::Duration;

use anyhow::Result;

use crate::repository;

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
}

/// Asks git for `url`, in this repository or in none.
///
/// # Errors
///
/// When git is missing.
pub fn of(url: &str, here: bool) -> Result<Verdict> {
    let (scheme, host) = url.split_once("://").unwrap_or(("https", url));
    let request = format!("capability[]=authtype\ncapability[]=state\nprotocol={scheme}\nhost={host}\n\n");
    let Some(answer) = repository::fill(request.as_bytes(), here, PATIENCE)? else {
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
