//! The account that `switch` chose for a whole Hub: by git's own configuration, which git, git-lfs and git-xet follow alike.

use anyhow::Result;

use super::bindings;
use super::own_section::{Section, text_of};
use crate::repository;
use crate::repository::entry::{Entry, Scope};

const USERNAME: &str = "username";

/// The user's own: whom a person is follows them into every repository.
pub const SCOPE: Scope = Scope::Global;

/// Makes git ask for an account at these URLs, wherever no binding names another; the keys that were written.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn put(urls: &[String], name: &str) -> Result<Vec<String>> {
    take_out(urls)?;
    let mut written = Vec::new();
    for section in sections(urls) {
        section.put(SCOPE, &[(USERNAME, name)])?;
        written.push(section.key(USERNAME));
    }
    // git takes the last name that applies, not the closest
    bindings::put_last(SCOPE, urls)?;
    Ok(written)
}

/// Removes the lines that `put` wrote, and none that is the user's; their keys.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(urls: &[String]) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for section in sections(urls) {
        let entries = repository::entries_of(SCOPE)?;
        let text = text_of(&entries);
        let is_half_done = names(&section, &entries).next().is_some();
        if !is_half_done && !section.is_ours(&text, &[USERNAME]) {
            continue;
        }
        if section.stands_alone(&text, &[USERNAME]) {
            section.take_up(SCOPE)?;
            repository::remove_section(SCOPE, &section.under_way())?;
        } else {
            if !is_half_done {
                section.take_up(SCOPE)?;
            }
            // setup's section has the same name, and the user may have added to it before
            if let Some(name) = names(&section, &repository::entries_of(SCOPE)?).next_back() {
                repository::unset_all(SCOPE, &format!("{}.{USERNAME}", section.under_way()), name)?;
            }
            // a section that is gone cannot be renamed
            _ = section.put_back(SCOPE);
        }
        removed.push(section.key(USERNAME));
    }
    Ok(removed)
}

fn sections(urls: &[String]) -> impl Iterator<Item = Section> + '_ {
    urls.iter().cloned().map(Section::of)
}

/// The names in a section that is being written or taken out.
fn names<'a>(section: &Section, entries: &'a [Entry]) -> impl DoubleEndedIterator<Item = &'a str> {
    let key = format!("{}.{USERNAME}", section.under_way());
    entries.iter().filter(move |entry| entry.key == key).map(|entry| entry.value.as_str())
}
