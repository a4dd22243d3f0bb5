//! The arguments of the commands that write git's configuration.

use clap::Args;

pub(super) const SETUP: &str = "Examples:
  git-credential-hf setup              for all your repositories
  git-credential-hf setup --dry-run    what would change, and what git answers now
  git-credential-hf setup --token-command 'pass show huggingface'";

pub(super) const UNSETUP: &str = "Examples:
  git-credential-hf unsetup
  git-credential-hf unsetup --local    in the repository you stand in";

pub(super) const UNINSTALL: &str = "Examples:
  git-credential-hf uninstall          before you remove the program
  git-credential-hf uninstall --local  in the repository you stand in";

pub(super) const BIND: &str = "Examples:
  git-credential-hf bind               which organisation has which account
  git-credential-hf bind acme work     all of acme by the token named work";

pub(super) const UNBIND: &str = "Examples:
  git-credential-hf unbind acme
  git-credential-hf unbind --local acme";

/// The options of `setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
    /// Write the plain `credential.helper hf`, for every host git asks about, and leave other helpers in place
    #[arg(long)]
    pub all_hosts: bool,
    /// Say what would change, and what git answers now; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// A command whose first line of output is a token, such as 'pass show huggingface'; an empty one takes it away
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
}

/// The arguments of `bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// The organization, or user, or its URL: <https://huggingface.co/ORG>
    #[arg(value_name = "ORG", value_parser = super::name)]
    pub organisation: Option<String>,
    /// The token's name, as `list` shows it; without one, you are asked
    #[arg(value_name = "TOKEN-NAME", value_parser = super::name)]
    pub token_name: Option<String>,
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
}

/// The arguments of `unbind`.
#[derive(Debug, Args)]
pub struct Unbind {
    /// The organization, or user; without one, you are asked
    #[arg(value_name = "ORG", value_parser = super::name)]
    pub organisation: Option<String>,
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
}

/// Which git configuration to write; the global one when none is named.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Scope {
    /// In the configuration of the repository you stand in
    #[arg(long)]
    pub local: bool,
    /// In your own configuration (the default)
    #[arg(long)]
    pub global: bool,
    /// In this machine's configuration, for all users
    #[arg(long)]
    pub system: bool,
}
