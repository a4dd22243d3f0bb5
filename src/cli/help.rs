//! The help of the program itself: its commands in groups, and the environment it reads.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use super::Cli;

/// The commands in the order in which a new user needs them.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Log in and out", &["login", "logout", "import"]),
    ("See what git uses", &["status", "list", "whoami", "doctor"]),
    ("Choose a token", &["switch", "bind", "unbind"]),
    ("Use it elsewhere", &["token", "exec"]),
    ("Set up", &["setup", "unsetup", "uninstall", "completions"]),
    ("Called by git", &["get", "store", "erase", "capability"]),
];

/// clap has no groups of commands: they take the place of its own list.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}";

/// Ends `--help` and the man page of the program.
const ENVIRONMENT: &str = "Environment:
  HF_TOKEN                    a token; it is used before all others
  HF_HOME, HF_TOKEN_PATH      the files of the hf CLI (~/.cache/huggingface)
  HF_ENDPOINT                 another Hub than https://huggingface.co
  HF_HUB_OFFLINE              set to 1: no network
  HF_OIDC_RESOURCE            the repository that trusts this CI job
  GIT_CREDENTIAL_HF_KEYCHAIN  set to off: no keychain
  NO_COLOR                    set to anything: no color

See also:
  gitcredentials(7)";

/// Returns the tree of all commands, as help, man pages and completions show it.
pub(super) fn command() -> clap::Command {
    let command = Cli::command();
    let overview = overview(&command);
    command.help_template(TEMPLATE).before_help(overview).after_long_help(ENVIRONMENT)
}

fn overview(command: &clap::Command) -> String {
    let mut text = "To begin: git-credential-hf login\n\n".to_owned();
    for (title, names) in GROUPS {
        _ = writeln!(text, "{title}:");
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            _ = writeln!(text, "  {name:<12}{}", about.map(ToString::to_string).unwrap_or_default());
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_that_is_shown_is_in_one_group() {
        let command = Cli::command();
        let mut shown: Vec<_> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
        shown.sort_by_key(|command| command.get_name());
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        grouped.sort_unstable();
        assert_eq!(shown.iter().map(|command| command.get_name()).collect::<Vec<_>>(), grouped);
    }

    #[test]
    fn no_line_of_any_help_is_wider_than_80_columns() {
        let mut program = command();
        program.build();
        let commands = program.get_subcommands().cloned().collect::<Vec<_>>();
        for mut command in commands.into_iter().chain([program]) {
            let help = command.render_long_help().to_string();
            let wide: Vec<_> = help.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{}: {wide:#?}", command.get_name());
        }
    }
}
