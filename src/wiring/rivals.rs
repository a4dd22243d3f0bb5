//! Helpers of others that git still asks or tells: where they stand, never what they are.

use std::ffi::OsString;

use super::{Finding, executable};
use crate::repository::entry::{Entry, Scope, printable};
use crate::url::without_userinfo;

/// Helpers of others that git asks or tells besides this one for `url`; `written` is false before `setup` wrote.
#[must_use]
pub fn helpers_beside(url: &str, entries: &[Entry], scope: Scope, written: bool) -> Vec<String> {
    findings(url, entries, scope, written).iter().map(Finding::to_string).collect()
}

/// The same, each with what to do about it.
#[must_use]
pub fn findings(url: &str, entries: &[Entry], scope: Scope, written: bool) -> Vec<Finding> {
    let helpers = helpers(url, entries);
    let ours = ours_among(&helpers).filter(|_| written);
    let end = ours.unwrap_or_else(|| helpers.iter().filter(|entry| entry.scope <= scope).count());
    let reset = helpers[..end].iter().rposition(|entry| entry.value.is_empty());
    let start = ours.map_or(end, |_| reset.map_or(0, |reset| reset + 1));
    let before = others(&helpers[start..end]).map(asked_first);
    let after = others(&helpers[end..]).map(|entry| {
        let (place, scope) = (place(entry), entry.scope.name());
        if entry.value.is_empty() {
            let told = format!("{place} is empty and switches this helper off");
            finding(told, format!("remove that line, or `git-credential-hf setup --{scope}`"))
        } else {
            let told = format!("{place} comes after this helper and is told every token too");
            finding(told, format!("remove that line (`git config --{scope} --edit`)"))
        }
    });
    before.chain(after).collect()
}

/// That another helper goes before this one.
pub(super) fn asked_first(entry: &Entry) -> Finding {
    let told = format!("{} is asked before this helper and told every token", place(entry));
    finding(told, "`git-credential-hf setup`, without --all-hosts, has git ask this helper alone".to_owned())
}

fn finding(told: String, remedy: String) -> Finding {
    Finding { about: "helpers beside", told, remedy }
}

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

    fn entry(scope: Scope, key: &str, value: &str) -> Entry {
        Entry { scope, file: None, key: key.to_owned(), value: value.to_owned() }
    }

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

    #[test]
    fn only_helpers_that_are_still_told_are_named() {
        let ours = format!("credential.{HUB}.helper");
        let mut list = vec![
            entry(Scope::System, "credential.helper", "before"),
            entry(Scope::Global, &ours, ""),
            entry(Scope::Global, &ours, "hf"),
        ];
        assert!(helpers_beside(HUB, &list, Scope::Global, true).is_empty());
        list.push(entry(Scope::Local, "credential.helper", "!echo password=secret"));
        list.push(entry(Scope::Local, "credential.helper", ""));
        let told = helpers_beside(HUB, &list, Scope::Global, true);
        assert!(told[0].contains("credential.helper (git's local configuration) comes after"), "{told:?}");
        assert!(told[1].contains("switches this helper off"), "{told:?}");
        assert!(!told.concat().contains("secret"));
    }

    #[test]
    fn a_helper_before_the_plain_one_is_named() {
        let list =
            [entry(Scope::System, "credential.helper", "before"), entry(Scope::Global, "credential.helper", "hf")];
        let told = helpers_beside(HUB, &list, Scope::Global, true);
        assert!(told[0].contains("is asked before"), "{told:?}");
    }
}
