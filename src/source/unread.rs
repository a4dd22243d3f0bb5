//! Tokens where people and older programs put them, and where neither git nor `hf` looks.

use std::path::PathBuf;

use super::environment;
use crate::file;
use crate::notice::printable;
use crate::terminal::quoted;
use crate::token;

/// A token that nobody reads.
pub struct Unread {
    /// What was found.
    pub told: String,
    /// The command that has it read.
    pub remedy: String,
}

/// Finds them.
#[must_use]
pub fn tokens() -> Vec<Unread> {
    let variables = environment::unread().into_iter().map(|name| Unread {
        told: format!("{name} holds a token, and is read by neither hf nor git: the name is HF_TOKEN"),
        remedy: format!("export HF_TOKEN=\"${name}\""),
    });
    variables.chain(of_old_hf()).collect()
}

/// Where `hf` kept its token before version 0.12 of `huggingface_hub`.
fn of_old_hf() -> Option<Unread> {
    let path: PathBuf = std::env::home_dir()?.join(".huggingface/token");
    let text = file::read(&path).ok()??;
    let secret = token::clean(std::str::from_utf8(&text).ok()?)?;
    token::has_shape(&secret).then(|| Unread {
        told: format!("{} holds a token, where hf and git no longer look", printable(&path)),
        remedy: {
            let file = quoted(&path.display().to_string());
            format!("git-credential-hf login --with-token < {file} && rm {file}")
        },
    })
}
