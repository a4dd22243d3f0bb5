//! `unsetup`: takes back what `setup` wrote.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{scope_of, tell_doubt, title};
use crate::cli::Scope;
use crate::notice::{cannot, printable};
use crate::repository;
use crate::terminal::say;
use crate::wiring::{executable, post_buffer, registration};

/// Removes exactly the lines `setup` wrote.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(scope: &Scope) -> Result<()> {
    let scope = scope_of(scope);
    let entries = repository::entries_of(scope)?;
    let sections = registration::sections(&entries);
    let buffers = post_buffer::sections(&entries);
    say(&title(scope, &entries))?;
    for section in &sections {
        if registration::take_out(scope, section)? {
            tell_doubt(scope, section);
        }
    }
    for section in &buffers {
        post_buffer::take_out(scope, section)?;
    }
    let by_hand = registration::helpers(&repository::entries_of(scope)?);
    let by_hand =
        by_hand.iter().filter(|(_, value)| executable::is_ours(value)).map(|(section, _)| section.key("helper"));
    let helpers = sections.iter().map(|section| section.key("helper"));
    let removed = helpers.chain(buffers.iter().map(post_buffer::key)).map(|key| (key, "removed"));
    let told: Vec<_> = removed.chain(by_hand.map(|key| (key, "left, since setup did not write it"))).collect();
    if told.is_empty() {
        return say("  no line of this helper");
    }
    let width = told.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    for (key, done) in told {
        say(&format!("  {key:width$}  {done}"))?;
    }
    if let Some(file) = entries.iter().find_map(|entry| entry.file.as_ref()).filter(|file| is_empty(file)) {
        fs::remove_file(file).map_err(|error| cannot("remove", file, &error))?;
        say(&format!("removed {}, which was empty then", printable(file)))?;
    }
    Ok(())
}

/// Tells whether nothing is left in a file, which is no link to another.
fn is_empty(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|about| about.is_file() && about.len() == 0)
}
