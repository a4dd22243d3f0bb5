//! Helpers of others that git still asks or tells: where they stand, never what they are.

use std::ffi::OsString;

use super::executable;
use crate::repository::entry::{Entry, printable};
use crate::url::without_userinfo;

/// Whether git asks or tells another helper for `url` after this one.
#[must_use]
pub fn another_follows(url: &str, entries: &[Entry]) -> bool {
    let helpers = helpers(url, entries);
    ours_among(&helpers).is_some_and(|ours| others(&helpers[ours..]).next().is_some())
}

/// Whether git asks another helper after this one, or instead of it. What a repository configures is no helper of the
/// user's.
#[must_use]
pub fn another_may_answer(url: &str, entries: &[Entry]) -> bool {
    let helpers: Vec<_> = helpers(url, entries).into_iter().filter(|entry| !entry.is_of_repository()).collect();
    let start = helpers.iter().rposition(|entry| entry.value.is_empty()).map_or(0, |reset| reset + 1);
    let asked = &helpers[start..];
    let after = ours_among(asked).map_or(0, |ours| ours + 1);
    others(&asked[after..]).next().is_some()
}

/// The line of ours that git runs for `url`: the last one.
#[must_use]
pub fn our_line<'a>(url: &str, entries: &'a [Entry]) -> Option<&'a Entry> {
    let helpers = helpers(url, entries);
    // what an empty line comes after, is not run
    let start = helpers.iter().rposition(|entry| entry.value.is_empty()).map_or(0, |reset| reset + 1);
    let ours = ours_among(&helpers[start..])?;
    helpers.get(start + ours).copied()
}

/// Returns the token command of the line that git runs for `url`. One that a repository names is left to git: it may be a
/// stranger's.
#[must_use]
pub fn token_command(url: &str, entries: &[Entry]) -> Option<OsString> {
    let own: Vec<_> = entries.iter().filter(|entry| !entry.is_of_repository()).cloned().collect();
    our_line(url, &own).and_then(|line| executable::token_command(&line.value)).map(OsString::from)
}

/// Every helper's line that git applies to `url`, or to a part of it, and the empty ones that switch off those before.
#[must_use]
pub fn helpers<'a>(url: &str, entries: &'a [Entry]) -> Vec<&'a Entry> {
    let named = entries.iter().filter(|entry| names_helper(&entry.key, url));
    named.collect()
}

/// Tells whether a helper's line is this helper's.
#[must_use]
pub fn is_ours(line: &Entry) -> bool {
    executable::is_ours(&line.value)
}

fn ours_among(helpers: &[&Entry]) -> Option<usize> {
    helpers.iter().rposition(|entry| executable::is_ours(&entry.value))
}

fn others<'a>(helpers: &'a [&'a Entry]) -> impl Iterator<Item = &'a Entry> {
    helpers.iter().copied().filter(|entry| !executable::is_ours(&entry.value))
}

/// Whether `key` is a `credential[.<pattern>].helper` that git applies to `url`, or to a part of it.
fn names_helper(key: &str, url: &str) -> bool {
    if key == "credential.helper" {
        return true;
    }
    let pattern = key.strip_prefix("credential.").and_then(|rest| rest.strip_suffix(".helper"));
    let (Some(pattern), Some((scheme, host))) = (pattern, url.split_once("://")) else {
        return false;
    };
    let rest = match pattern.split_once("://") {
        Some((wanted, rest)) if wanted.eq_ignore_ascii_case(scheme) => rest,
        Some(_) => return false,
        None => pattern,
    };
    let pattern = rest.split('/').next().unwrap_or_default();
    let pattern = pattern.rsplit('@').next().unwrap_or_default();
    let labels: Vec<&str> = pattern.split('.').collect();
    pattern.is_empty()
        || labels.len() == host.split('.').count()
            && labels.iter().zip(host.split('.')).all(|(label, part)| *label == "*" || label.eq_ignore_ascii_case(part))
}

/// A line of git's configuration, by its place alone: a helper's value may be a script with a token in it.
#[must_use]
pub fn place(entry: &Entry) -> String {
    let file = entry.file.as_ref().map_or_else(String::new, |file| format!(", {}", file.display()));
    let key = without_userinfo(&entry.key);
    printable(&format!("{key} (git's {} configuration{file})", entry.scope.name()))
}

/// The same with the helper's name, where it is nothing but a name or a path.
#[must_use]
pub fn named(entry: &Entry) -> String {
    let word = entry.value.split_whitespace().next().filter(|word| !word.starts_with('!'));
    let is_name = |word: &&str| word.chars().all(|c| c.is_alphanumeric() || "-_./~".contains(c));
    let helper = word.filter(is_name).map_or("the helper".to_owned(), |word| format!("the helper {word}"));
    format!("{} of {}", printable(&helper), place(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "https://huggingface.co";

    #[test]
    fn patterns_apply_as_git_applies_them() {
        for pattern in [
            "https://huggingface.co",
            "https://huggingface.co/",
            "https://me@huggingface.co/acme",
            "https://*.co",
            "huggingface.co",
            "https://",
            "HTTPS://HuggingFace.co",
        ] {
            assert!(names_helper(&format!("credential.{pattern}.helper"), HUB), "{pattern}");
        }
        for pattern in [
            "http://huggingface.co",
            "https://hf.co",
            "https://x.huggingface.co",
            "https://*",
            "https://huggingface.co:8443",
        ] {
            assert!(!names_helper(&format!("credential.{pattern}.helper"), HUB), "{pattern}");
        }
        assert!(!names_helper("credential.https://huggingface.co.username", HUB));
    }
}
