//! Table of contents: one line per command.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use git_credential_hf::cli::{Cli, Command};
use git_credential_hf::endpoint::Hub;
use git_credential_hf::helper::{NoToken, Why};
use git_credential_hf::protocol::{CAPABILITIES, Request};
use git_credential_hf::refusals::Refusals;
use git_credential_hf::terminal::Waiting;
use git_credential_hf::{cli, command, file, helper, hub, notice, private, source};

fn main() -> ExitCode {
    private::hide_memory();
    let command = match Cli::from_args() {
        Ok(command) => command,
        Err(usage) => return cli::tell(&usage),
    };
    match run(command) {
        Ok(status) => status,
        Err(error) => {
            notice::say(&notice::told(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { token_command, command }: Cli) -> Result<ExitCode> {
    let sources = || source::in_order(token_command.as_deref());
    let is_gits =
        matches!(command, Command::Get | Command::Store | Command::Erase | Command::Capability | Command::Unknown(_));
    if !is_gits {
        hub::show_waits(|host| Box::new(Waiting::with(format!("asking {host} ..."))));
    }
    let done = match command {
        Command::Get => served(|request| match helper::get(&request, &sources(), &Refusals::from_env()) {
            Ok(answer) => answer.write(&mut io::stdout()),
            Err(NoToken { told, why }) => {
                told.write(&mut io::stdout())?;
                match why {
                    Why::Failed(error) => Err(error),
                    Why::NotLoggedIn(hint) => {
                        notice::say(&hint);
                        Ok(())
                    }
                    Why::Silent => Ok(()),
                }
            }
        }),
        Command::Store => served(|request| helper::store(request, &sources(), &Refusals::from_env())),
        Command::Erase => served(|request| helper::erase(&request, &sources(), &Refusals::from_env())),
        Command::Capability => io::stdout().write_all(CAPABILITIES.as_bytes()).context("cannot write to stdout"),
        Command::Unknown(_) => Ok(()),
        Command::Completions(options) => io::stdout().write_all(&options.script()?).context("cannot write to stdout"),
        Command::Complete => cli::complete(command::completion::NAMES),
        Command::Man(options) => options.write(),
        _ if token_command.is_some() => bail!("--token-command here is for git (write it behind setup)"),
        Command::Login(options) => command::login::run(&options),
        Command::Logout(options) => command::logout::run(&options),
        Command::List(options) => command::list::run(&options),
        Command::Switch(options) => command::switch::run(&options),
        Command::Token(options) => command::token::run(&options),
        Command::Exec(options) => return command::exec::run(&options),
        Command::Status(options) => return command::status::run(&options),
        Command::Whoami(options) => command::whoami::run(&options),
        Command::Doctor(options) => return command::doctor::run(&options),
        Command::Import(options) => command::import::run(&options),
        Command::Setup(options) => command::setup::run(&options),
        Command::Unsetup(scope) => command::unsetup::run(&scope),
        Command::Uninstall(scope) => command::uninstall::run(&scope),
        Command::Bind(options) => command::bind::run(&options),
        Command::Unbind(options) => command::unbind::run(&options),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Answers git's request; where it is about no host of ours, with silence.
fn served(operation: impl FnOnce(Request) -> Result<()>) -> Result<()> {
    if io::stdin().is_terminal() {
        notice::say(
            "git calls this and tells it what it wants: lines such as `protocol=https` and `host=huggingface.co`, then an empty \
             one (to see a token, run `git-credential-hf token`)",
        );
    }
    match Request::read(&mut unbuffered_stdin()?, &Hub::from_env())? {
        Some(request) => operation(request),
        None => Ok(()),
    }
}

/// The standard library's own is read into a buffer that nobody wipes.
#[cfg(unix)]
fn unbuffered_stdin() -> Result<impl io::Read> {
    use std::os::fd::AsFd as _;
    let stdin = file::uninterrupted(|| io::stdin().as_fd().try_clone_to_owned()).context("cannot read the request")?;
    Ok(std::fs::File::from(stdin))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "of one kind with the other platforms'")]
fn unbuffered_stdin() -> Result<impl io::Read> {
    Ok(io::stdin())
}
