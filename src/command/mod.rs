//! What people type: a file and a `run` for each command.

use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, Result};

use crate::cli;
use crate::repository::entry::{Entry, Scope};
use crate::wiring::own_section::Section;
use crate::wiring::registration;

pub mod bind;
pub mod setup;
pub mod unbind;
pub mod unsetup;

/// A line for people on stdout; one who stopped reading has read enough.
fn say(line: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}

/// A line for people on stderr.
fn warn(line: &str) {
    // a closed stderr is no reason to stop
    _ = writeln!(std::io::stderr().lock(), "warning: {line}");
}

const fn scope_of(options: &cli::Scope) -> Scope {
    if options.system {
        Scope::System
    } else if options.local {
        Scope::Local
    } else {
        Scope::Global
    }
}

/// A configuration by its name and, once it holds anything, its file.
fn title(scope: Scope, entries: &[Entry]) -> String {
    let file = entries.iter().find_map(|entry| entry.file.as_ref());
    let file = file.map_or_else(String::new, |file| format!(" ({})", file.display()));
    format!("git's {} configuration{file}:", scope.name())
}

fn take_out(scope: Scope, section: &Section) -> Result<()> {
    if registration::take_out(scope, section)? {
        let (key, scope) = (section.key("helper"), scope.name());
        warn(&format!("an empty line {key} is left, since it may be yours: see git config --{scope} --edit"));
    }
    Ok(())
}
