//! The buffer that lets git 2.46 to 2.53 push what is large where the Hub takes tokens as Bearer alone.
//!
//! They send the request that goes before a push larger than `http.postBuffer` without `authtype` and `credential`, and so
//! without a token (mended in git 2.54, commit ed0f7a62f7). What fits into the buffer is sent without that request.

use anyhow::Result;

use super::managed::{Line, Managed};
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::repository::owner::Values;
use crate::url::Url;

/// git prints it so.
const PRINTED: &str = "postbuffer";

/// 64 MiB, as it is written: more than a push holds whose large files are kept by git-lfs. git takes memory only as it
/// is filled.
const VALUE: &str = "67108864";

const BYTES: u64 = 64 << 20;

/// Returns the key of a host's line, as people write it.
fn key(url: &str) -> String {
    format!("http.{url}.postBuffer")
}

/// Tells whether it is a line of ours.
pub(crate) fn is_ours(line: &Line) -> bool {
    line.value == VALUE && line.key.starts_with("http.") && line.key.ends_with(".postBuffer")
}

/// Writes a line for each host that needs one, and takes the others out; the keys of those that stand then.
pub(crate) fn set(managed: &mut Managed, scope: Scope, urls: &[String]) -> Result<Vec<String>> {
    let is_needed = ((2, 46)..(2, 54)).contains(&repository::version()?);
    let standing: Vec<_> = managed.lines().filter(|line| is_ours(line)).cloned().collect();
    let mut keys = Vec::new();
    if is_needed {
        let mut effective = repository::effective_entries()?;
        for Line { key, .. } in &standing {
            let is_it =
                |entry: &Entry| entry.scope == scope && Line::of(&entry.key, "").key == *key && entry.value == VALUE;
            if let Some(ours) = effective.iter().rposition(is_it) {
                effective.remove(ours);
            }
        }
        keys.extend(urls.iter().filter(|url| !is_enough(url, &effective)).map(|url| key(url)));
    }
    managed.remove(|line| is_ours(line) && !keys.contains(&line.key));
    for key in &keys {
        managed.set(key, &[VALUE]);
    }
    Ok(keys)
}

/// Tells whether one of these lines gives a host another size.
pub(crate) fn is_among(entries: &[Entry], urls: &[String]) -> bool {
    entries.iter().any(|entry| urls.iter().any(|url| entry.key == format!("http.{url}.{PRINTED}")))
}

/// Whether git's value for a host is as large already. One that git cannot read is the user's to mend.
fn is_enough(url: &str, entries: &[Entry]) -> bool {
    let place = Url::parse(url);
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
        let entry = |key: &str, value: &str| Entry {
            scope: Scope::Global,
            file: None,
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let is_enough = |lines: &[(&str, &str)]| {
            let entries: Vec<_> = lines.iter().map(|(key, value)| entry(key, value)).collect();
            is_enough("https://huggingface.co", &entries)
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
