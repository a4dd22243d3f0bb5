//! What git is told.

use std::io::{ErrorKind, Write};

use anyhow::{Context as _, Result, ensure};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

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

/// How a token is handed over. `ephemeral` tells git that no other helper may keep it, and wants the capability `authtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As `username` and `password`, which git sends as Basic. Never as `authtype=Basic`: git 2.46 to 2.53 leave such a
    /// header out of the request they send before a push larger than `http.postBuffer` (git's commit ed0f7a62f7).
    Password {
        /// It is not ours to keep.
        ephemeral: bool,
    },
    /// As `authtype=Bearer`, with `continue`: if it is refused, git asks again in the same command.
    Bearer {
        /// It is not ours to keep.
        ephemeral: bool,
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
        let mut lines = Lines(Zeroizing::new(Vec::with_capacity(256 + username.len() + secret.len() + refresh_length)));
        let (Form::Password { ephemeral } | Form::Bearer { ephemeral }) = *form;
        if ephemeral || matches!(form, Form::Bearer { .. }) {
            lines.push("capability[]", "authtype")?;
        }
        if state.is_some() {
            lines.push("capability[]", "state")?;
        }
        lines.push("username", username)?;
        match form {
            Form::Password { .. } => lines.push("password", secret)?,
            Form::Bearer { .. } => {
                lines.push("authtype", "Bearer")?;
                lines.push("credential", secret)?;
                lines.push("continue", "1")?;
            }
        }
        if ephemeral {
            lines.push("ephemeral", "1")?;
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
        lines.write(output)
    }
}

/// What git is told where nobody has a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// Our `state[]`, for a caller that gives it back: it comes with the `store` of what a person is asked for now, and
    /// with no credential out of a URL.
    pub asks: bool,
    /// Nobody else is to be asked, neither a helper nor a person.
    pub quits: bool,
}

impl Unanswered {
    pub(super) const STATE: &str = "hf:asked";

    /// Writes it in one piece.
    ///
    /// # Errors
    ///
    /// When `output` fails.
    pub fn write(self, output: &mut impl Write) -> Result<()> {
        let mut lines = Lines(Zeroizing::default());
        if self.asks {
            lines.push("capability[]", "state")?;
            lines.push("state[]", Self::STATE)?;
        }
        if self.quits {
            lines.push("quit", "1")?;
        }
        lines.write(output)
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

    fn write(&self, output: &mut impl Write) -> Result<()> {
        match output.write_all(&self.0).and_then(|()| output.flush()) {
            // who stopped reading has no use for it
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write the answer"),
            _ => Ok(()),
        }
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
            let answer =
                Answer { username: "bob".to_owned(), token, form: Form::Password { ephemeral: false }, state: None };
            assert_eq!(answer.write(&mut Reader(kind)).is_err(), is_failure, "{kind}");
        }
    }
}
