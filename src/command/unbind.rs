//! `unbind`: takes back what `bind` wrote for an organisation.

use anyhow::Result;

use super::{scope_of, title};
use crate::cli::Unbind;
use crate::endpoint::Hub;
use crate::repository;
use crate::terminal::say;
use crate::wiring::bindings::{self, Organisation};

/// Removes exactly the lines of a binding, and says which.
///
/// # Errors
///
/// When the name is none, git is missing, or its configuration cannot be written.
pub fn run(options: &Unbind) -> Result<()> {
    let scope = scope_of(&options.scope);
    let organisation = Organisation::named(&options.organisation)?;
    let entries = repository::entries_of(scope)?;
    let removed = bindings::take_out(scope, &Hub::from_env().urls(), &organisation)?;
    say(&title(scope, &entries))?;
    if removed.is_empty() {
        return say(&format!("  no line for {} (git-credential-hf bind lists them)", options.organisation));
    }
    let width = removed.iter().map(String::len).max().unwrap_or_default();
    for key in removed {
        say(&format!("  {key:width$}  removed"))?;
    }
    Ok(())
}
