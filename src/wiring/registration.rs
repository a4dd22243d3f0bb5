//! The lines that make git ask this helper: written in sections of their own, found again, taken out to the byte.

use std::path::Path;

use anyhow::Result;

use super::executable;
use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// Where a helper is named: a URL's section, or the plain one for every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section(Option<String>);

/// git compares section names without case, and `--rename-section` with it: a capital tells our sections from the
/// user's of the same meaning, and so they stand at the file's end and leave nothing behind.
const OURS: &str = "Credential";

/// What a section of ours is called while it is written or taken out; git knows no such variable.
const UNDER_WAY: &str = "git-credential-hf";

impl Section {
    /// The section of one URL.
    #[must_use]
    pub const fn of(url: String) -> Self {
        Self(Some(url))
    }

    /// The section that is for every host.
    #[must_use]
    pub const fn plain() -> Self {
        Self(None)
    }

    /// The section a key like `credential.<url>.helper` belongs to.
    fn of_key(key: &str) -> Option<Self> {
        let rest = key.strip_prefix("credential.")?;
        if rest == "helper" {
            return Some(Self(None));
        }
        Some(Self(Some(rest.strip_suffix(".helper")?.to_owned())))
    }

    /// The key people know it by.
    #[must_use]
    pub fn key(&self) -> String {
        self.within("credential") + ".helper"
    }

    /// The values `setup` writes for one helper: nobody configured before is asked for a URL of ours.
    #[must_use]
    pub fn lines(&self, helper: &str) -> Vec<(Self, String)> {
        let reset = self.0.is_some().then(String::new);
        reset.into_iter().chain([helper.to_owned()]).map(|value| (self.clone(), value)).collect()
    }

    fn within(&self, name: &str) -> String {
        match &self.0 {
            Some(url) => format!("{name}.{url}"),
            None => name.to_owned(),
        }
    }

    fn header(&self, name: &str) -> String {
        match &self.0 {
            Some(url) => {
                let url = url.replace('\\', "\\\\").replace('"', "\\\"");
                format!("[{name} \"{url}\"]\n")
            }
            None => format!("[{name}]\n"),
        }
    }
}

/// Every helper one configuration names, in order.
#[must_use]
pub fn helpers(entries: &[Entry]) -> Vec<(Section, String)> {
    entries.iter().filter_map(|entry| Some((Section::of_key(&entry.key)?, entry.value.clone()))).collect()
}

/// The sections of ours that name this helper, each once; those an interruption left half written, too. What somebody wrote
/// by hand is theirs.
#[must_use]
pub fn sections(entries: &[Entry]) -> Vec<Section> {
    let text = entries.iter().find_map(|entry| entry.file.as_deref()).map(read).unwrap_or_default();
    let mut sections = Vec::new();
    for entry in entries {
        let half = entry.key.strip_prefix(UNDER_WAY).map(|rest| format!("credential{rest}"));
        let found = half.is_some() || executable::is_ours(&entry.value);
        let section = Section::of_key(half.as_ref().unwrap_or(&entry.key))
            .filter(|section| found && (half.is_some() || starts_of(&text, &section.header(OURS)).next().is_some()));
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
    let under_way = section.within(UNDER_WAY);
    let key = format!("{under_way}.helper");
    for (_, value) in section.lines(helper) {
        repository::add(scope, &key, &value)?;
    }
    repository::rename_section(scope, &under_way, &section.within(OURS))
}

/// Takes our lines out of a section; whether an empty line was left because it may be the user's.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(scope: Scope, section: &Section) -> Result<bool> {
    recover(scope, section)?;
    let entries = repository::entries_of(scope)?;
    let key = section.key();
    if !values(&entries, &key).iter().any(|value| executable::is_ours(value)) {
        return Ok(false);
    }
    let file = entries.iter().find_map(|entry| entry.file.as_deref());
    let text = file.map(read).unwrap_or_default();
    let mut in_doubt = false;
    let header = section.header(OURS);
    if starts_of(&text, &header).next().is_some() {
        let (ours, under_way) = (section.within(OURS), section.within(UNDER_WAY));
        repository::rename_section(scope, &ours, &under_way)?;
        let held = held_under_way(&repository::entries_of(scope)?, section);
        if stands_alone(&text, &header, section) && only_ours(&held, section) {
            repository::remove_section(scope, &under_way)?;
        } else {
            let helper = format!("{under_way}.helper");
            let helpers: Vec<_> = held.into_iter().filter(|(key, _)| *key == helper).collect();
            let helpers: Vec<_> = helpers.into_iter().map(|(_, value)| value).collect();
            in_doubt = unset(scope, section, &helpers, &helper)?;
            // what the user added to our section stays; a section that is gone cannot be renamed
            _ = repository::rename_section(scope, &under_way, &ours);
        }
    }
    Ok(in_doubt)
}

/// Ends what an interrupted `put` or `take_out` began.
fn recover(scope: Scope, section: &Section) -> Result<()> {
    let held = held_under_way(&repository::entries_of(scope)?, section);
    let under_way = section.within(UNDER_WAY);
    if held.is_empty() {
        return Ok(());
    }
    if held.iter().all(|(_, value)| value.is_empty() || executable::is_ours(value)) {
        return repository::remove_section(scope, &under_way);
    }
    repository::rename_section(scope, &under_way, &section.within(OURS))
}

/// Whether our section is there once, holds nothing but lines as `put` writes them, and the next one follows at once.
fn stands_alone(text: &str, header: &str, section: &Section) -> bool {
    let mut starts = starts_of(text, header);
    let (Some(start), None) = (starts.next(), starts.next()) else {
        return false;
    };
    let mut rest = text[start + header.len()..].split_inclusive('\n');
    section.lines("").iter().all(|_| rest.next().is_some_and(|line| line.starts_with("\thelper = ")))
        && rest.next().is_none_or(|line| line.starts_with('['))
}

fn starts_of<'a>(text: &'a str, header: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(header).map(|(at, _)| at).filter(|&at| at == 0 || text[..at].ends_with('\n'))
}

fn held_under_way(entries: &[Entry], section: &Section) -> Vec<(String, String)> {
    let prefix = section.within(UNDER_WAY) + ".";
    let inside = |key: &str| key.strip_prefix(&prefix).is_some_and(|name| !name.contains('.'));
    entries.iter().filter(|entry| inside(&entry.key)).map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

fn only_ours(held: &[(String, String)], section: &Section) -> bool {
    let Some(((key, helper), resets)) = held.split_last() else {
        return false;
    };
    let wanted = section.lines(helper);
    key.ends_with(".helper")
        && executable::is_ours(helper)
        && resets.iter().all(|(name, value)| name == key && value.is_empty())
        && held.len() == wanted.len()
}

/// Removes our values by what they say, and the empty ones before them where all the empty ones are such; else `true`.
fn unset(scope: Scope, section: &Section, values: &[String], key: &str) -> Result<bool> {
    let mut ours: Vec<_> = values.iter().filter(|value| executable::is_ours(value)).collect();
    if ours.is_empty() {
        return Ok(false);
    }
    ours.sort();
    ours.dedup();
    for value in ours {
        repository::unset_all(scope, key, value)?;
    }
    let resets = values.windows(2).filter(|pair| pair[0].is_empty() && executable::is_ours(&pair[1])).count();
    let empty = values.iter().filter(|value| value.is_empty()).count();
    if section.0.is_none() || resets == 0 {
        return Ok(false);
    }
    if resets < empty {
        return Ok(true);
    }
    repository::unset_all(scope, key, "")?;
    Ok(false)
}

fn values(entries: &[Entry], key: &str) -> Vec<String> {
    entries.iter().filter(|entry| entry.key == key).map(|entry| entry.value.clone()).collect()
}

/// Read to see whether a section holds comments, which `git config` does not tell; unreadable is as good as empty.
fn read(file: &Path) -> String {
    std::fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
