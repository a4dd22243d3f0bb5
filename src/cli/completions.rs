//! Completions for the shells, which ask this program at each TAB: it knows its options and the tokens there are.

use std::env;
use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{Bash, CompleteEnv, EnvCompleter, Fish, Shells, Zsh};

use super::help;

pub(super) const EXAMPLES: &str = "Examples:
  git-credential-hf completions fish | source      in config.fish
  eval \"$(git-credential-hf completions bash)\"     in ~/.bashrc
  eval \"$(git-credential-hf completions zsh)\"      in ~/.zshrc, after compinit";

const NAME: &str = "git-credential-hf";

/// Set by the shells' scripts, to the shell's name.
const VARIABLE: &str = "GIT_CREDENTIAL_HF_COMPLETE";

/// Nobody types these.
const BY_GIT: [&str; 4] = ["get", "store", "erase", "capability"];

/// Called by git's own completions for `git credential-hf`, which look for a function of this name.
const FOR_GIT_IN_BASH: &str = r#"
_git_credential_hf() {
    local first=1
    while [[ $first -lt $COMP_CWORD && ${COMP_WORDS[first]} != credential-hf ]]; do
        first=$((first + 1))
    done
    local words_from_here=("${COMP_WORDS[@]:first}") word_here=$((COMP_CWORD - first))
    local COMP_WORDS=("${words_from_here[@]}") COMP_CWORD=$word_here
    _clap_complete_git_credential_hf git-credential-hf "${COMP_WORDS[COMP_CWORD]}"
}
"#;

/// Old versions of fish leave git's subcommands to us.
const FOR_GIT_IN_FISH: &str = r#"
complete --command git --condition '__fish_seen_subcommand_from credential-hf' --no-files --arguments "(GIT_CREDENTIAL_HF_COMPLETE=fish git-credential-hf -- (commandline --current-process --tokenize --cut-at-cursor | string match --invert git) (commandline --current-token))"
"#;

/// Called by git's own completions, too. Where the script is a file of that name, zsh reads it at the first TAB, which is to
/// be answered.
const FOR_GIT_IN_ZSH: &str = r#"
if [[ "${funcstack[1]}" = _git-credential-hf ]]; then
    _clap_dynamic_completer_git_credential_hf
else
    _git-credential-hf() { _clap_dynamic_completer_git_credential_hf }
fi
"#;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    /// Returns the script that has the shell ask this program.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn script(&self) -> Result<Vec<u8>> {
        let (shell, addition): (&dyn EnvCompleter, _) = match self.shell {
            Shell::Bash => (&Bash, FOR_GIT_IN_BASH),
            Shell::Zsh => (&Zsh, FOR_GIT_IN_ZSH),
            Shell::Fish => (&Fish, FOR_GIT_IN_FISH),
        };
        let mut script = Vec::new();
        shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script).context("cannot make the completions")?;
        script.extend_from_slice(addition.as_bytes());
        Ok(script)
    }
}

/// Where the names come from that a word may be completed to.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// The names of the tokens there are.
    pub tokens: fn() -> Vec<String>,
    /// The organizations that have an account of their own.
    pub bound: fn() -> Vec<String>,
    /// These, and those of the repository's remotes.
    pub organizations: fn() -> Vec<String>,
}

/// Whether a shell asks what a word may be completed to.
pub(super) fn is_asked() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the shells' scripts ask by a variable, as clap_complete has it")]
    env::var_os(VARIABLE).is_some()
}

/// Answers the shell.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn complete(names: Names) -> Result<()> {
    let candidates = |names: fn() -> Vec<String>| {
        ArgValueCandidates::new(move || {
            // the shells put in what they are given as it is, and run it
            let plain = names().into_iter().filter(|name| is_plain(name));
            plain.map(CompletionCandidate::new).collect()
        })
    };
    let values_of = |command: &str, argument: &str| match (command, argument) {
        ("logout" | "switch" | "token" | "exec", "name") | ("bind", "token_name") => Some(names.tokens),
        ("bind", "organisation") => Some(names.organizations),
        ("unbind", "organisation") => Some(names.bound),
        _ => None,
    };
    let factory = || {
        let program = help::command().mut_arg("token_command", |option| option.hide(true));
        program.disable_help_subcommand(true).mut_subcommands(|command| {
            let name = command.get_name().to_owned();
            let command = if BY_GIT.contains(&&*name) { command.hide(true) } else { command };
            command.mut_args(|argument| match values_of(&name, argument.get_id().as_str()) {
                Some(values) => argument.add(candidates(values)),
                None => argument,
            })
        })
    };
    let completer = CompleteEnv::with_factory(factory).var(VARIABLE).shells(Shells(&[&Bash, &Zsh, &Fish]));
    completer.try_complete(env::args_os(), env::current_dir().ok().as_deref()).context("cannot complete")?;
    io::stdout().flush().context("cannot write the completions")
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphanumeric()) && name.chars().all(|c| c.is_alphanumeric() || "-_.@".contains(c))
}
