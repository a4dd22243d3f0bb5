//! The buffer that lets git 2.46 to 2.53 push what is large where the Hub takes tokens as Bearer alone.
//!
//! They send the request that goes before a push larger than `http.postBuffer` without `authtype` and `credential`, and so
//! without a token (mended in git 2.54, commit ed0f7a62f7). What fits into the buffer is sent without that request.

use anyhow::Result;

use super::own_section::{Section, text_of};
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::repository::owner::Values;
use crate::url::Url;

const VARIABLE: &str = "postBuffer";

/// git prints it so.
const PRINTED: &str = "postbuffer";

/// 64 MiB, as it is written: more than a push holds whose large files are kept by git-lfs. git takes memory only as it
/// is filled.
pub const VALUE: &str = "67108864";

const BYTES: u64 = 64 << 20;

/// What becomes of a host's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It stands as it would be written.
    Kept,
    /// It is written.
    Added,
    /// It is taken out: git has no need of it any more, or a larger value of the user's.
    Removed,
}

/// The line of one host.
pub struct Buffer {
    section: Section,
    /// What becomes of it.
    pub change: Change,
}

impl Buffer {
    /// Its key, as people write it.
    #[must_use]
    pub fn key(&self) -> String {
        self.section.key(VARIABLE)
    }

    /// Writes it or takes it out.
    ///
    /// # Errors
    ///
    /// When git cannot read or write the configuration.
    pub fn write(&self, scope: Scope) -> Result<()> {
        if self.change == Change::Kept {
            return Ok(());
        }
        take_out(scope, &self.section)?;
        if self.change == Change::Added {
            self.section.put(scope, &[(VARIABLE, VALUE)])?;
        }
        Ok(())
    }
}

/// The lines that are to be written or taken out, and those that stand, in a configuration with these entries.
///
/// # Errors
///
/// When git is missing or its configuration cannot be read.
pub fn of(scope: Scope, entries: &[Entry], urls: &[String]) -> Result<Vec<Buffer>> {
    let is_needed = ((2, 46)..(2, 54)).contains(&repository::version()?);
    let standing = sections(entries);
    let mut sections: Vec<_> = if is_needed { urls.iter().cloned().map(Section::http).collect() } else { Vec::new() };
    sections.extend(standing.iter().filter(|section| !sections.contains(section)).cloned().collect::<Vec<_>>());
    if sections.is_empty() {
        return Ok(Vec::new());
    }
    let mut effective = repository::effective_entries()?;
    for section in &standing {
        let is_ours = |entry: &Entry| entry.scope == scope && gives(entry, section);
        if let Some(ours) = effective.iter().rposition(is_ours) {
            effective.remove(ours);
        }
    }
    let buffers = sections.into_iter().filter_map(|section| {
        let is_wanted = is_needed && !is_enough(&section, &effective);
        let is_whole = standing.contains(&section) && section.held_under_way(entries).is_empty();
        let change = match (standing.contains(&section), is_wanted) {
            (true, true) if is_whole => Change::Kept,
            (_, true) => Change::Added,
            (true, false) => Change::Removed,
            (false, false) => return None,
        };
        Some(Buffer { section, change })
    });
    Ok(buffers.collect())
}

/// The sections of ours in a configuration, each once; those an interruption left half written, too.
#[must_use]
pub fn sections(entries: &[Entry]) -> Vec<Section> {
    let text = text_of(entries);
    let mut sections = Vec::new();
    for entry in entries {
        let section = Section::of_http_key(&entry.key).filter(|section| {
            let is_half = entry.key.starts_with(&section.under_way());
            !sections.contains(section) && (is_half || gives(entry, section) && section.is_ours(&text, &[VARIABLE]))
        });
        sections.extend(section);
    }
    sections
}

/// The key of such a section's line, as people write it.
#[must_use]
pub fn key(section: &Section) -> String {
    section.key(VARIABLE)
}

/// Takes our line out of a section.
///
/// # Errors
///
/// When git cannot read or write the configuration.
pub fn take_out(scope: Scope, section: &Section) -> Result<()> {
    clear(scope, section)?;
    let entries = repository::entries_of(scope)?;
    if sections(&entries).contains(section) {
        section.take_up(scope)?;
        clear(scope, section)?;
    }
    Ok(())
}

/// Takes our line out of what is under way, also where an interruption left it so; what the user added to it stays.
fn clear(scope: Scope, section: &Section) -> Result<()> {
    let entries = repository::entries_of(scope)?;
    let held = section.held_under_way(&entries);
    if held.is_empty() {
        return Ok(());
    }
    let key = format!("{}.{PRINTED}", section.under_way());
    let is_ours = held.contains(&(key.clone(), VALUE.to_owned()));
    if is_ours && section.stands_alone_under_way(&text_of(&entries), &[VARIABLE]) {
        return repository::remove_section(scope, &section.under_way());
    }
    if is_ours {
        repository::unset_all(scope, &key, VALUE)?;
    }
    // a section that is gone cannot be renamed
    _ = section.put_back(scope);
    Ok(())
}

/// Whether it is a line of this section with our value.
fn gives(entry: &Entry, section: &Section) -> bool {
    entry.value == VALUE && entry.key == section.key(PRINTED)
}

/// Whether git's value for the host of a section is as large already. One that git cannot read is the user's to mend.
fn is_enough(section: &Section, entries: &[Entry]) -> bool {
    let place = section.url().and_then(Url::parse);
    let values = Values::of("http", PRINTED, entries.iter());
    let value = place.and_then(|place| values.closest(&place).map(bytes));
    value.is_some_and(|value| value.is_none_or(|value| value >= BYTES))
}

/// A number as git reads it, with its unit (git-config(1), "integer"); `None` for what is none.
fn bytes(value: &str) -> Option<u64> {
    let (digits, unit) = match value.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => (&value[..value.len() - 1], 1 << 10),
        b'm' => (&value[..value.len() - 1], 1 << 20),
        b'g' => (&value[..value.len() - 1], 1 << 30),
        _ => (value, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_gits_units() {
        assert_eq!(bytes(VALUE), Some(BYTES));
        for (value, number) in
            [("64m", Some(BYTES)), ("64M", Some(BYTES)), ("1k", Some(1024)), ("1G", Some(1 << 30)), ("5", Some(5))]
        {
            assert_eq!(bytes(value), number, "{value}");
        }
        for none in ["", "m", "x", "1t", "-1", "99999999999999999999"] {
            assert_eq!(bytes(none), None, "{none}");
        }
    }

    #[test]
    fn the_closest_value_counts_and_the_last_of_several() {
        let section = Section::http("https://huggingface.co".to_owned());
        let entry = |key: &str, value: &str| Entry {
            scope: Scope::Global,
            file: None,
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let is_enough = |lines: &[(&str, &str)]| {
            let entries: Vec<_> = lines.iter().map(|(key, value)| entry(key, value)).collect();
            is_enough(&section, &entries)
        };
        let (plain, hub) = ("http.postbuffer", "http.https://huggingface.co.postbuffer");
        assert!(!is_enough(&[]));
        assert!(!is_enough(&[(plain, "63m")]));
        assert!(is_enough(&[(plain, "64m")]));
        assert!(!is_enough(&[(hub, "1m"), (plain, "1g")]));
        assert!(is_enough(&[(hub, "1m"), (hub, "500m")]));
        assert!(!is_enough(&[("http.https://huggingface.co/acme.postbuffer", "1g")]));
        assert!(!is_enough(&[("http.https://github.com.postbuffer", "1g")]));
        // git itself says what is wrong with it
        assert!(is_enough(&[(plain, "much")]));
    }
}
