//! What people type: a file and a `run` for each command.

use anyhow::Result;

use crate::cli;
use crate::repository::entry::{Entry, Scope};
use crate::terminal::warn;
use crate::wiring::own_section::Section;
use crate::wiring::registration;

pub mod bind;
pub mod doctor;
pub mod exec;
pub mod import;
pub mod list;
pub mod login;
pub mod logout;
pub mod setup;
pub mod status;
pub mod switch;
pub mod token;
pub mod unbind;
pub mod unsetup;
pub mod whoami;

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
