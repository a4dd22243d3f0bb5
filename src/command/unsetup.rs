//! `unsetup`: takes back what `setup` wrote.

use anyhow::Result;

use super::report::{Mode, helpers_by_hand, tell};
use super::scope_of;
use crate::cli::Scope;
use crate::terminal::say;
use crate::wiring::helper_line;

/// Removes exactly the lines `setup` wrote.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(scope: &Scope) -> Result<()> {
    let scope = scope_of(scope);
    let report = helper_line::take_back(scope)?;
    tell(&report, Mode::Done, &helpers_by_hand(scope)?, "")?;
    if report.is_included {
        say("the accounts of bind and switch, and lines of yours, stay (git-credential-hf uninstall takes back all)")?;
    }
    Ok(())
}
