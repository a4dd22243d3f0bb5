//! What is made of the commands' help: man pages, and completions for the shells.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;
use crate::notice::cannot;

pub(super) const COMPLETIONS: &str = "Examples:
  git-credential-hf completions bash > ~/.local/share/bash-completion/completions/git-credential-hf
  git-credential-hf completions fish > ~/.config/fish/completions/git-credential-hf.fish";

/// What the man page ends with, and `--help` too.
pub(super) const ENVIRONMENT: &str = "Environment:
  HF_TOKEN                    a token; it goes before all that was stored or logged in with
  HF_HOME, HF_TOKEN_PATH      where the files of the hf CLI are (default: ~/.cache/huggingface)
  HF_ENDPOINT                 another Hub than huggingface.co
  HF_HUB_OFFLINE              set to 1: no network
  HF_OIDC_RESOURCE            the repository a CI job is a trusted publisher of
  GIT_CREDENTIAL_HF_KEYCHAIN  set to off: no keychain
  NO_COLOR                    set to anything: no colour

To begin: git-credential-hf login
See also: gitcredentials(7)";

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The directory to write the pages into
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Completions {
    /// The script for the shell.
    #[must_use]
    pub fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "git-credential-hf", &mut script);
        script
    }
}

impl Man {
    /// Writes a page for the program and one for each command.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written.
    pub fn write(&self) -> Result<()> {
        let directory: &Path = &self.directory;
        clap_mangen::generate_to(Cli::command(), directory)
            .map_err(|error| cannot("write the man pages to", directory, &error))
    }
}
