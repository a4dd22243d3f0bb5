//! `exec`: runs a command with `HF_TOKEN` set.

use std::io::{self, ErrorKind};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;

use super::token_of;
use crate::cli::Exec;
use crate::notice;
use crate::source::Kind;

/// Becomes the command, with the token in its environment: signals and the exit status are the command's own.
///
/// # Errors
///
/// When there is no token, or it cannot be had.
#[expect(
    clippy::disallowed_methods,
    reason = "the person's own command; its environment is where it looks for a token"
)]
pub fn run(options: &Exec) -> Result<ExitCode> {
    let (kind, token) = token_of(options.name.as_deref())?;
    let (program, arguments) = options.command.split_first().context("there is no command to run")?;
    let mut command = Command::new(program);
    command.args(arguments).env("HF_TOKEN", token.secret.expose_secret());
    // it may be another's, and programs that do not know HF_TOKEN read it alone
    command.env_remove("HUGGING_FACE_HUB_TOKEN");
    if kind != Kind::Ci {
        // it goes before HF_TOKEN in huggingface_hub, and in git-credential-hf
        command.env_remove("HF_OIDC_RESOURCE");
    }
    match status_of(&mut command) {
        Ok(status) => Ok(status),
        Err(error) => {
            // as shells tell them apart
            let (status, why) = match error.kind() {
                ErrorKind::NotFound => (127, "it is not found".to_owned()),
                ErrorKind::PermissionDenied => (126, "it is not executable".to_owned()),
                _ => (126, notice::reason(&error)),
            };
            notice::say(&format!("cannot run {}: {why}", notice::printable(program.as_ref())));
            Ok(ExitCode::from(status))
        }
    }
}

/// Returns only where the command cannot be started.
#[cfg(unix)]
fn status_of(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec())
}

/// Where no process can become another, it waits, and its exit status is passed on.
#[cfg(not(unix))]
fn status_of(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
