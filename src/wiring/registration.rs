//! The lines that make git ask this helper: written in sections of their own, found again, taken out to the byte.

use anyhow::Result;

use super::executable;
use super::own_section::{Section, UNDER_WAY, text_of};
use crate::repository;
use crate::repository::entry::{Entry, Scope};

const HELPER: &str = "helper";

/// The values `setup` writes for one helper: nobody configured before is asked for a URL of ours.
#[must_use]
pub fn lines(section: &Section, helper: &str) -> Vec<(Section, String)> {
    let reset = section.url().map(|_| String::new());
    reset.into_iter().chain([helper.to_owned()]).map(|value| (section.clone(), value)).collect()
}

/// Every helper one configuration names, in order.
#[must_use]
pub fn helpers(entries: &[Entry]) -> Vec<(Section, String)> {
    entries.iter().filter_map(|entry| Some((Section::of_key(&entry.key, HELPER)?, entry.value.clone()))).collect()
}

/// The sections of ours that name this helper, each once; those an interruption left half written, too. What somebody wrote
/// by hand is theirs.
#[must_use]
pub fn sections(entries: &[Entry]) -> Vec<Section> {
    let text = text_of(entries);
    let mut sections = Vec::new();
    for entry in entries {
        let half = entry.key.strip_prefix(UNDER_WAY).map(|rest| format!("credential{rest}"));
        let found = half.is_some() || executable::is_ours(&entry.value);
        let section = Section::of_key(half.as_ref().unwrap_or(&entry.key), HELPER)
            .filter(|section| found && (half.is_some() || section.has_capital(&text)));
        sections.extend(section.filter(|section| !sections.contains(section)));
    }
    sections
}

/// Writes a helper at the end of the configuration.
///
/// # Errors
///
/// When git cannot write it.
pub fn put(scope: Scope, section: &Section, helper: &str) -> Result<()> {
    let lines = lines(section, helper);
    let lines: Vec<_> = lines.iter().map(|(_, value)| (HELPER, value.as_str())).collect();
    section.put(scope, &lines)
}

/// Takes our lines out of a section; whether an empty line was left because it may be the user's.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(scope: Scope, section: &Section) -> Result<bool> {
    recover(scope, section)?;
    let entries = repository::entries_of(scope)?;
    let key = section.key(HELPER);
    if !entries.iter().any(|entry| entry.key == key && executable::is_ours(&entry.value)) {
        return Ok(false);
    }
    let text = text_of(&entries);
    let mut in_doubt = false;
    if section.has_capital(&text) {
        section.take_up(scope)?;
        let held = section.held_under_way(&repository::entries_of(scope)?);
        let variables = vec![HELPER; lines(section, "").len()];
        if section.stands_alone(&text, &variables) && only_ours(&held, section) {
            repository::remove_section(scope, &section.under_way())?;
        } else {
            let helper = format!("{}.{HELPER}", section.under_way());
            let helpers: Vec<_> = held.into_iter().filter(|(key, _)| *key == helper).collect();
            let helpers: Vec<_> = helpers.into_iter().map(|(_, value)| value).collect();
            in_doubt = unset(scope, section, &helpers, &helper)?;
            // what the user added to our section stays; a section that is gone cannot be renamed
            _ = section.put_back(scope);
        }
    }
    Ok(in_doubt)
}

/// Ends what an interrupted `put` or `take_out` began.
fn recover(scope: Scope, section: &Section) -> Result<()> {
    let held = section.held_under_way(&repository::entries_of(scope)?);
    if held.is_empty() {
        return Ok(());
    }
    if held.iter().all(|(_, value)| value.is_empty() || executable::is_ours(value)) {
        return repository::remove_section(scope, &section.under_way());
    }
    section.put_back(scope)
}

fn only_ours(held: &[(String, String)], section: &Section) -> bool {
    let Some(((key, helper), resets)) = held.split_last() else {
        return false;
    };
    let wanted = lines(section, helper);
    key.ends_with(".helper")
        && executable::is_ours(helper)
        && resets.iter().all(|(name, value)| name == key && value.is_empty())
        && held.len() == wanted.len()
}

/// Removes our values by what they say, and the empty ones before them where all the empty ones are such; else `true`.
fn unset(scope: Scope, section: &Section, values: &[String], key: &str) -> Result<bool> {
    if !values.iter().any(|value| executable::is_ours(value)) {
        return Ok(false);
    }
    for (position, value) in values.iter().enumerate() {
        if executable::is_ours(value) && !values[..position].contains(value) {
            repository::unset_all(scope, key, value)?;
        }
    }
    let resets = values.windows(2).filter(|pair| pair[0].is_empty() && executable::is_ours(&pair[1])).count();
    let empty = values.iter().filter(|value| value.is_empty()).count();
    if section.url().is_none() || resets == 0 {
        return Ok(false);
    }
    if resets < empty {
        return Ok(true);
    }
    repository::unset_all(scope, key, "")?;
    Ok(false)
}
