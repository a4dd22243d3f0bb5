//! The commands and their help; what they do is elsewhere.

use std::ffi::{OsStr, OsString};

use clap::{Args, Parser, Subcommand};

/// The git credential helper for the Hugging Face Hub.
#[derive(Debug, Parser)]
#[command(name = "git-credential-hf", version, arg_required_else_help = true)]
pub struct Cli {
    /// A command whose first line of output is a token, for get, store and erase: part of the helper's line in git's
    /// configuration
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<OsString>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The command line of this process. A usage error, `--help` and `--version` end it, as clap's own `parse` does.
    #[must_use]
    pub fn from_args() -> Self {
        let mut words = std::env::args_os().skip(1);
        let operation = match (words.next(), words.next()) {
            (Some(word), None) => Command::operation(&word),
            _ => None,
        };
        // git's own words do not wait for the tree of all commands to be built: it is a tenth of what `get` costs
        operation.map_or_else(Self::parse, |command| Self { token_command: None, command })
    }
}

/// One word of git's protocol, or a command for people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer git's question who it should be (reads and writes git's credential protocol)
    Get,
    /// Keep the credential git found to work
    Store,
    /// Forget the credential git found to be refused
    Erase,
    /// Tell git which parts of its protocol are spoken
    Capability,
    /// Make git ask this helper for the Hub's hosts
    Setup(Setup),
    /// Take back what `setup` wrote
    Unsetup(Scope),
    /// Give an organisation's repositories an account of their own; alone, list these
    Bind(Bind),
    /// Take back what `bind` wrote for an organisation
    Unbind(Unbind),
    /// Any other operation: git wants it silently ignored, see gitcredentials(7)
    #[command(external_subcommand)]
    Unknown(Vec<OsString>),
}

impl Command {
    fn operation(word: &OsStr) -> Option<Self> {
        match word.to_str()? {
            "get" => Some(Self::Get),
            "store" => Some(Self::Store),
            "erase" => Some(Self::Erase),
            _ => None,
        }
    }
}

/// The options of `setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
    /// Write the plain `credential.helper hf`, for every host git asks about, and leave other helpers in place
    #[arg(long)]
    pub all_hosts: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// A command whose first line of output is a token, such as 'pass show huggingface'; an empty one takes it away
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
}

/// The arguments of `bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// The organisation, or user, as in <https://huggingface.co/ORG>
    #[arg(value_name = "ORG", requires = "token_name")]
    pub organisation: Option<String>,
    /// The token's name as in `hf auth list`, or the username git stored it for
    #[arg(value_name = "TOKEN-NAME")]
    pub token_name: Option<String>,
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
}

/// The arguments of `unbind`.
#[derive(Debug, Args)]
pub struct Unbind {
    /// The organisation, or user
    #[arg(value_name = "ORG")]
    pub organisation: String,
    /// Which git configuration to write.
    #[command(flatten)]
    pub scope: Scope,
}

/// Which git configuration to write; the global one when none is named.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Scope {
    /// The repository you stand in
    #[arg(long)]
    pub local: bool,
    /// Your own configuration (the default)
    #[arg(long)]
    pub global: bool,
    /// This machine's configuration
    #[arg(long)]
    pub system: bool,
}
