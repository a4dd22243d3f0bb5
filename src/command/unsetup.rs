//! `unsetup`: takes back what `setup` wrote.

use anyhow::Result;

use super::{say, scope_of, take_out, title};
use crate::cli::Scope;
use crate::repository;
use crate::wiring::registration::{self, Section};

/// Removes exactly the lines `setup` wrote.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(scope: &Scope) -> Result<()> {
    let scope = scope_of(scope);
    let entries = repository::entries_of(scope)?;
    let sections = registration::sections(&entries);
    say(&title(scope, &entries))?;
    if sections.is_empty() {
        return say("  no line of this helper");
    }
    let keys: Vec<_> = sections.iter().map(Section::key).collect();
    let width = keys.iter().map(String::len).max().unwrap_or_default();
    for (section, key) in sections.iter().zip(keys) {
        take_out(scope, section)?;
        say(&format!("  {key:width$}  removed"))?;
    }
    Ok(())
}
