//! The commands and their help; what they do is elsewhere.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{FromArgMatches as _, Parser, Subcommand};

pub use self::account::{Exec, List, Login, Logout, Switch, Token};
pub use self::completions::{Completions, Names, complete};
pub use self::diagnosis::{Doctor, Import, Shown};
pub use self::man::Man;
pub use self::wiring::{Bind, Scope, Setup, Unbind};
use crate::{notice, token};

/// Why no command takes a token as a word.
pub const IN_ARGV: &str = "that is a token, and on the command line other users and the shell's history can see it: revoke it at \
     https://huggingface.co/settings/tokens, make a new one, and run `git-credential-hf login` (or `git-credential-hf login \
     --with-token < file`)";

mod account;
mod completions;
mod diagnosis;
mod help;
mod man;
mod wiring;

/// Reads a word that names a token, an organization or a repository. A token in its place is refused, and not shown.
fn name(word: &str) -> Result<String, &'static str> {
    if token::is_token(word) { Err(IN_ARGV) } else { Ok(word.to_owned()) }
}

/// How long git may take to say what an operation is about that only it knows.
const PATIENCE: Duration = Duration::from_secs(1);

/// The git credential helper for the Hugging Face Hub.
#[derive(Debug, Parser)]
#[command(name = "git-credential-hf", version, arg_required_else_help = true, max_term_width = 80)]
pub struct Cli {
    /// A command whose first line of output is a token, for get, store and erase: part of the helper's line in git's
    /// configuration
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
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
            None if completions::is_asked() => Ok(Self { token_command: None, command: Command::Complete }),
            None => {
                let matches = help::command().try_get_matches()?;
                Self::from_arg_matches(&matches)?.unless_mistyped()
            }
        }
    }

    /// git wants an operation that is not known silently ignored, and tells it what it is about; a person who mistyped a
    /// command tells it nothing.
    fn unless_mistyped(self) -> Result<Self, clap::Error> {
        if !matches!(self.command, Command::Unknown(_)) || brings_attributes() {
            return Ok(self);
        }
        let known =
            help::command().external_subcommand_value_parser(Resettable::Reset).allow_external_subcommands(false);
        known.try_get_matches_from(std::env::args_os()).map(|_| self)
    }
}

/// Whether something is said on stdin, and not by a person.
fn brings_attributes() -> bool {
    let (answer, answers) = mpsc::channel();
    if io::stdin().is_terminal() {
        return false;
    }
    // one who holds a pipe open and never writes is not git
    let reader = std::thread::Builder::new().spawn(move || answer.send(io::stdin().lines().next().is_some()));
    reader.is_ok() && answers.recv_timeout(PATIENCE).unwrap_or(false)
}

/// Tells how the program is used: a person in all words, git's user, whose helper line is wrong, in one.
#[must_use]
pub fn tell(usage: &clap::Error) -> ExitCode {
    // clap quotes what it does not know
    let text = usage.to_string();
    if usage.use_stderr() && (token::is_in(&text) || text.contains(IN_ARGV)) {
        notice::say(IN_ARGV);
        return ExitCode::from(2);
    }
    let is_git = std::env::args_os().next_back().is_some_and(|word| Command::operation(&word).is_some());
    if is_git && usage.use_stderr() {
        let text = usage.to_string();
        let line = text.lines().next().unwrap_or_default();
        notice::say(line.strip_prefix("error: ").unwrap_or(line));
    } else if let Err(error) = usage.print()
        && error.kind() != io::ErrorKind::BrokenPipe
        && !usage.use_stderr()
    {
        notice::say(&format!("cannot write to stdout: {}", notice::reason(&error)));
        return ExitCode::FAILURE;
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}

/// One word of git's protocol, or a command for people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in with a browser, or with an access token
    #[command(after_help = account::LOGIN)]
    Login(Login),
    /// Remove a token, and say which ones remain
    #[command(after_help = account::LOGOUT)]
    Logout(Logout),
    /// List all tokens, and mark the one git uses here
    #[command(visible_alias = "ls", after_help = account::LIST)]
    List(List),
    /// Choose the token git uses
    #[command(after_help = account::SWITCH)]
    Switch(Switch),
    /// Print a token, for scripts
    #[command(after_help = account::TOKEN)]
    Token(Token),
    /// Run a command with the token in its environment
    #[command(after_help = account::EXEC)]
    Exec(Exec),
    /// Show which token git uses here, and why (offline)
    #[command(after_help = diagnosis::STATUS)]
    Status(Shown),
    /// Ask the Hub whose token git uses here
    #[command(after_help = diagnosis::WHOAMI)]
    Whoami(Shown),
    /// Find out why git or a repository does not work
    #[command(after_help = diagnosis::DOCTOR)]
    Doctor(Doctor),
    /// Move tokens from URLs, files and other helpers here
    #[command(after_help = diagnosis::IMPORT)]
    Import(Import),
    /// Set up git to use this helper for the Hub
    #[command(after_help = wiring::SETUP)]
    Setup(Setup),
    /// Undo `setup`
    #[command(after_help = wiring::UNSETUP)]
    Unsetup(Scope),
    /// Undo all that setup, bind and switch wrote
    #[command(after_help = wiring::UNINSTALL)]
    Uninstall(Scope),
    /// Use another account for an organization, or list these
    #[command(after_help = wiring::BIND)]
    Bind(Bind),
    /// Undo `bind` for an organization
    #[command(after_help = wiring::UNBIND)]
    Unbind(Unbind),
    /// Print the completions of a shell
    #[command(after_help = completions::EXAMPLES)]
    Completions(Completions),
    /// Write the man pages into a directory
    #[command(hide = true)]
    Man(Man),
    /// Answer with the token for a host
    Get,
    /// Keep a credential that works
    Store,
    /// Forget a credential that was rejected
    Erase,
    /// List the capabilities of git's protocol that are supported
    Capability,
    /// Answer a shell that completes a word
    #[command(skip)]
    Complete,
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
