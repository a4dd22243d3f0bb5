//! What git is told.

use std::io::{ErrorKind, Write};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::Scheme;
use crate::token::AccessToken;

/// What git is told: who to be.
#[derive(Debug)]
pub struct Answer {
    /// Who to be; always said, since git asks a person for what is missing.
    pub username: String,
    /// The token to be it with.
    pub token: AccessToken,
    /// How it is said.
    pub form: Form,
    /// The source, as our `state[]`: a word, no secret, so that we know our own answer when it comes back.
    pub state: Option<&'static str>,
}

/// How a token is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As `password`: understood by every git, and by those who ask in its stead.
    Password,
    /// As `authtype` and `credential`, which wants that capability.
    Credential {
        /// How git is to send it.
        scheme: Scheme,
        /// Nobody beside us may write it down.
        ephemeral: bool,
        /// If it is refused, git asks again with our `state[]`, for another scheme.
        continues: bool,
    },
}

impl Answer {
    /// The username where neither git nor the token names one: that of `huggingface_hub` (`utils/_git_credential.py`). The
    /// Hub looks at the token alone.
    pub const ANYBODY: &str = "hf_user";

    pub(super) const STATE_PREFIX: &str = "hf:";

    /// Writes the answer in one piece: a reader sees all of it or nothing.
    ///
    /// # Errors
    ///
    /// When a value holds what a line cannot (git would end the whole command at a CR), or `output` fails.
    #[expect(clippy::disallowed_methods, reason = "the answer to git is what the token is for")]
    pub fn write(&self, output: &mut impl Write) -> Result<()> {
        let Self { username, token, form, state } = self;
        let AccessToken { secret, username: _, refresh_token, expires_at, stored: _ } = token;
        let secret = secret.expose_secret();
        // as long as it can get, since a buffer that grows leaves a copy behind
        let refresh_length = refresh_token.as_ref().map_or(0, |token| token.expose_secret().len());
        let mut lines = Lines(Zeroizing::new(Vec::with_capacity(
            256 + 2 * (username.len() + secret.len()) + username.len() + refresh_length,
        )));
        if *form != Form::Password {
            lines.push("capability[]", "authtype")?;
        }
        if state.is_some() {
            lines.push("capability[]", "state")?;
        }
        lines.push("username", username)?;
        match form {
            Form::Password => lines.push("password", secret)?,
            Form::Credential { scheme, ephemeral, continues } => {
                // checked here since base64 would carry what git's own lines cannot
                ensure_one_line("credential", secret)?;
                // RFC 7617: a colon would end the username, and the token would begin too early
                let user = if username.contains(':') { Self::ANYBODY } else { username };
                let pair = Zeroizing::new([user, ":", secret].concat());
                let (name, credential) = match scheme {
                    Scheme::Basic => ("Basic", Zeroizing::new(BASE64.encode(pair.as_bytes()))),
                    Scheme::Bearer => ("Bearer", Zeroizing::new(secret.to_owned())),
                };
                lines.push("authtype", name)?;
                lines.push("credential", &credential)?;
                for (flag, _) in
                    [("ephemeral", ephemeral), ("continue", continues)].iter().filter(|(_, is_set)| **is_set)
                {
                    lines.push(flag, "1")?;
                }
            }
        }
        if let Some(end) = expires_at {
            lines.push("password_expiry_utc", &end.to_string())?;
        }
        if let Some(token) = refresh_token {
            lines.push("oauth_refresh_token", token.expose_secret())?;
        }
        if let Some(source) = state {
            lines.push("state[]", &[Self::STATE_PREFIX, source].concat())?;
        }
        match output.write_all(&lines.0).and_then(|()| output.flush()) {
            // who stopped reading has no use for it
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write the answer"),
            _ => Ok(()),
        }
    }
}

struct Lines(Zeroizing<Vec<u8>>);

impl Lines {
    fn push(&mut self, key: &str, value: &str) -> Result<()> {
        ensure_one_line(key, value)?;
        for part in [key, "=", value, "\n"] {
            self.0.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }
}

fn ensure_one_line(key: &str, value: &str) -> Result<()> {
    ensure!(!value.contains(['\r', '\n', '\0']), "the {key} to answer holds a line break or NUL: store it anew");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io;

    use secrecy::SecretString;

    use super::*;

    /// Whoever reads the answer, on a bad day.
    struct Reader(ErrorKind);

    impl Write for Reader {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_that_cannot_be_written_is_a_failure_unless_nobody_waits_for_it() {
        for (kind, is_failure) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let token = AccessToken::new(SecretString::from("hf_A"));
            let answer = Answer { username: "bob".to_owned(), token, form: Form::Password, state: None };
            assert_eq!(answer.write(&mut Reader(kind)).is_err(), is_failure, "{kind}");
        }
    }
}
