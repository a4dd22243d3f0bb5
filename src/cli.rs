//! The commands and their help; what they do is elsewhere.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::notice;

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
    /// The command line of this process.
    ///
    /// # Errors
    ///
    /// When there is none, or it is used wrongly; also for `--help` and `--version`, as clap has it.
    pub fn from_args() -> Result<Self, clap::Error> {
        // git's own words do not wait for the tree of all commands to be built: it is a fifth of what `get` costs
        let words: Vec<_> = std::env::args_os().skip(1).collect();
        let (token_command, word) = match words.as_slice() {
            [word] => (None, Some(word)),
            [option, command, word] if option == "--token-command" && !command.as_encoded_bytes().starts_with(b"-") => {
                (Some(command), Some(word))
            }
            _ => (None, None),
        };
        match word.and_then(|word| Command::operation(word)) {
            Some(command) => Ok(Self { token_command: token_command.cloned(), command }),
            None => Self::try_parse(),
        }
    }
}

/// Tells how the program is used: a person in all words, git's user, whose helper line is wrong, in one.
#[must_use]
pub fn tell(usage: &clap::Error) -> ExitCode {
    let is_git = std::env::args_os().next_back().is_some_and(|word| Command::operation(&word).is_some());
    if is_git && usage.use_stderr() {
        let text = usage.to_string();
        let line = text.lines().next().unwrap_or_default();
        notice::say(line.strip_prefix("error: ").unwrap_or(line));
    } else {
        // a closed stream is no reason to fail otherwise
        _ = usage.print();
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}

/// One word of git's protocol, or a command for people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make git ask this helper for the Hub's hosts
    Setup(Setup),
    /// Take back what `setup` wrote
    Unsetup(Scope),
    /// Give an organisation's repositories an account of their own; alone, list these
    Bind(Bind),
    /// Take back what `bind` wrote for an organisation
    Unbind(Unbind),
    /// (called by git) Answer with the token for a host
    Get,
    /// (called by git) Keep a credential that works
    Store,
    /// (called by git) Forget a credential that was refused
    Erase,
    /// (called by git) List the parts of git's protocol that are spoken
    Capability,
    /// Any other operation: git wants it silently ignored, see gitcredentials(7)
    #[command(external_subcommand)]
    Unknown(Vec<OsString>),
}

impl Command {
    fn operation(word: &OsStr) -> Option<Self> {
        match word.to_str() {
            Some("get") => Some(Self::Get),
            Some("store") => Some(Self::Store),
            Some("erase") => Some(Self::Erase),
            Some(_) => None,
            // no operation anybody knows, and nothing clap can read
            None => Some(Self::Unknown(vec![word.to_owned()])),
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
