//! Table of contents: one line per command.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use git_credential_hf::cli::{Cli, Command};
use git_credential_hf::command;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Get
        | Command::Store
        | Command::Erase
        | Command::Capability
        | Command::Unknown(_) => Ok(()),
        Command::Setup(options) => command::setup::run(&options),
        Command::Unsetup(scope) => command::unsetup::run(&scope),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // a closed stderr is no reason to panic
            _ = writeln!(std::io::stderr(), "git-credential-hf: {error:#}");
            ExitCode::FAILURE
        }
    }
}
