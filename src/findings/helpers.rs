//! Other helpers that git asks or tells for the Hub, and empty lines that switch this one off.

use super::remedy::{Command, Remedy};
use super::{Check, Finding, place};
use crate::notice;
use crate::repository::entry::{Entry, Scope};
use crate::wiring::{executable, include, rivals};

/// The helpers beside this one for `url`, where it is set up in `scope`; `written` is false before that.
#[must_use]
pub fn findings(url: &str, entries: &[Entry], scope: Scope, written: bool) -> Vec<Finding> {
    let helpers = rivals::helpers(url, entries);
    let ours = helpers.iter().rposition(|entry| is_ours(entry)).filter(|_| written);
    let end = ours.unwrap_or_else(|| helpers.iter().filter(|entry| entry.scope <= scope).count());
    let reset = helpers[..end].iter().rposition(|entry| entry.value.is_empty());
    let start = ours.map_or(end, |_| reset.map_or(0, |reset| reset + 1));
    let scope = ours.map_or(scope, |ours| helpers[ours].scope);
    let before = helpers[start..end].iter().filter(|entry| !is_ours(entry)).map(|entry| asked_first(entry));
    let after = helpers[end..].iter().filter(|entry| !is_ours(entry)).map(|entry| {
        let place = place(entry);
        let (check, message) = if entry.value.is_empty() {
            (Check::SwitchedOff, format!("{place} is empty and switches this helper off"))
        } else {
            (Check::ToldToo, format!("{place} comes after this helper and is told every token too"))
        };
        Finding::warn(check, message, behind(entry, scope)).at(place)
    });
    before.chain(after).collect()
}

/// Another helper goes before this one.
pub(super) fn asked_first(entry: &Entry) -> Finding {
    let place = place(entry);
    let message = format!("{place} is asked before this helper and told every token");
    let remedy = match entry.scope {
        Scope::System | Scope::Global => Remedy::of("git-credential-hf setup"),
        _ => behind(entry, Scope::Global),
    };
    Finding::warn(Check::AskedFirst, message, remedy).at(place)
}

/// What puts this helper behind a line again, or takes the line away: `setup` writes to the end of one configuration, and a
/// line of a later one goes before all of it.
fn behind(entry: &Entry, scope: Scope) -> Remedy {
    match entry.scope {
        Scope::Command => Remedy::of("unset GIT_CONFIG_COUNT")
            .and(" (or start the program that runs `git -c` or sets that variable without it)"),
        Scope::Local if scope < Scope::Local => Remedy::of("git-credential-hf setup --local"),
        Scope::Worktree => Command::unsetting(entry).map_or_else(Remedy::default, Remedy::run),
        _ if scope == Scope::System => Remedy::of("sudo git-credential-hf setup --system"),
        _ if scope == Scope::Local => Remedy::of("git-credential-hf setup --local"),
        _ => Remedy::of("git-credential-hf setup"),
    }
}

/// git does not ask this helper at all: what has it ask.
#[must_use]
pub fn not_asked(host: &str, url: &str, entries: &[Entry]) -> Finding {
    let helpers = rivals::helpers(url, entries);
    let ours = helpers.iter().rposition(|entry| is_ours(entry));
    if let Some(ours) = ours
        && let Some(reset) = helpers[ours..].iter().rfind(|entry| entry.value.is_empty())
    {
        let message = format!("git does not ask this helper for {host}: {} is empty", place(reset));
        return Finding::fail(Check::SwitchedOff, message, behind(reset, helpers[ours].scope)).at(place(reset));
    }
    let message = format!("git does not ask this helper for {host}");
    Finding::fail(Check::NotSetUp, message, Remedy::of("git-credential-hf setup"))
}

fn is_ours(entry: &Entry) -> bool {
    executable::is_ours(&entry.value)
}

/// Returns the includes of a file of ours that is not there: git then asks nobody, and says nothing.
#[must_use]
pub fn dangling(entries: &[Entry]) -> Vec<Finding> {
    let found = include::dangling(entries).map(|(entry, file)| {
        let (scope, shown) = (entry.scope.name(), notice::printable(&file));
        let message = format!(
            "git's {scope} configuration includes {shown}, which does not exist: what setup, bind and switch wrote there \
             does not count"
        );
        let setup = Command::of("git-credential-hf setup").with(format!("--{scope}"));
        Finding::warn(Check::IncludeDangling, message, Remedy::run(setup)).at(shown)
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "https://huggingface.co";

    fn entry(scope: Scope, key: &str, value: &str) -> Entry {
        Entry { scope, file: None, key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn only_helpers_that_are_still_told_are_named() {
        let ours = format!("credential.{HUB}.helper");
        let mut list = vec![
            entry(Scope::System, "credential.helper", "before"),
            entry(Scope::Global, &ours, ""),
            entry(Scope::Global, &ours, "hf"),
        ];
        assert!(findings(HUB, &list, Scope::Global, true).is_empty());
        list.push(entry(Scope::Local, "credential.helper", "!echo password=hf_hidden"));
        list.push(entry(Scope::Local, "credential.helper", ""));
        list.push(entry(Scope::Command, "credential.helper", ""));
        let found = findings(HUB, &list, Scope::Global, true);
        let told: Vec<_> = found.iter().map(|found| (found.check, found.remedy().unwrap())).collect();
        assert_eq!((told[0].0, told[1].0), (Check::ToldToo, Check::SwitchedOff));
        assert!(told[..2].iter().all(|(_, remedy)| remedy.ends_with(" setup --local")), "{told:?}");
        assert!(told[2].1.starts_with("`unset GIT_CONFIG_COUNT`"), "{told:?}");
        assert!(!format!("{found:?}").contains("hf_hidden"));
    }

    #[test]
    fn a_helper_before_the_plain_one_is_named() {
        let list =
            [entry(Scope::System, "credential.helper", "before"), entry(Scope::Global, "credential.helper", "hf")];
        let found = findings(HUB, &list, Scope::Global, true);
        assert_eq!((found[0].check, found.len()), (Check::AskedFirst, 1));
    }
}
