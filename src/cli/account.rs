//! The arguments of the commands that keep, choose and hand on tokens.

use std::ffi::OsString;

use clap::Args;
use secrecy::SecretString;

pub(super) const LOGIN: &str = "Examples:
  git-credential-hf login                        asks how
  git-credential-hf login --browser              in the browser; renews itself
  git-credential-hf login --with-token < FILE    with the access token in FILE";

pub(super) const LOGOUT: &str = "Examples:
  git-credential-hf logout                       the token git uses here
  git-credential-hf logout work --revoke         the one named work, and end it at the Hub
  git-credential-hf logout --all";

pub(super) const LIST: &str = "Examples:
  git-credential-hf list
  git-credential-hf ls --json
  git-credential-hf list --check                 which of them still work, as the Hub says";

pub(super) const SWITCH: &str = "Examples:
  git-credential-hf switch work                  the token that list calls work
  git-credential-hf switch alice --hf            hf's, where the keychain has one too";

pub(super) const TOKEN: &str = "Examples:
  git-credential-hf token                        the one git would use here
  git-credential-hf token work                   the one named work
  curl -H @<(printf 'Authorization: Bearer '; git-credential-hf token) \\
      https://huggingface.co/api/whoami-v2";

pub(super) const EXEC: &str = "Examples:
  git-credential-hf exec -- python train.py
  git-credential-hf exec --as work -- hf jobs run --secrets HF_TOKEN IMAGE CMD
  git-credential-hf exec -- docker build --secret id=hf,env=HF_TOKEN .";

/// The options of `login`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct Login {
    /// In the browser: shows a code to confirm there
    #[arg(long, conflicts_with_all = ["with_token", "name"])]
    pub browser: bool,
    /// Read the token from stdin
    #[arg(long)]
    pub with_token: bool,
    /// The name to keep a pasted token under, instead of the account's
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub name: Option<String>,
    /// Keep it in the HF home, where Python libraries see it too, instead of the keychain
    #[arg(long)]
    pub hf: bool,
    /// Do not ask the Hub whose token it is
    #[arg(long)]
    pub no_verify: bool,
    /// Leave git's configuration as it is
    #[arg(long)]
    pub no_setup: bool,
    /// Where people put the token: taken so that it is refused without being shown.
    #[arg(long = "token", hide = true, num_args = 0..=1, default_missing_value = "")]
    pub token: Option<SecretString>,
    /// The same.
    #[arg(hide = true)]
    pub words: Vec<SecretString>,
}

/// The options of `logout`.
#[derive(Debug, Args)]
pub struct Logout {
    /// The token's name, as `list` shows it; without one, the token git would use here
    #[arg(value_name = "NAME", value_parser = super::name)]
    pub name: Option<String>,
    /// Every token that is kept
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// End it at the Hub too, for whoever else may have it
    #[arg(long)]
    pub revoke: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// The options of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Ask the Hub which tokens still work, once about each
    #[arg(long)]
    pub check: bool,
    /// For programs: JSON, as docs/json.md documents it
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `switch`.
#[derive(Debug, Args)]
pub struct Switch {
    /// The token's name, as `list` shows it; without one, you are asked
    #[arg(value_name = "NAME", value_parser = super::name)]
    pub name: Option<String>,
    /// Of two tokens of that name, the HF home's
    #[arg(long, conflicts_with = "keychain")]
    pub hf: bool,
    /// Of two tokens of that name, the keychain's
    #[arg(long)]
    pub keychain: bool,
}

/// The arguments of `token`.
#[derive(Debug, Args)]
pub struct Token {
    /// The token's name, as `list` shows it; without one, the token git would use here
    #[arg(value_name = "NAME", value_parser = super::name)]
    pub name: Option<String>,
}

/// The arguments of `exec`.
#[derive(Debug, Args)]
pub struct Exec {
    /// With the token of that name, instead of the one git would use here
    #[arg(long = "as", value_name = "NAME", value_parser = super::name)]
    pub name: Option<String>,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}
