//! git, git-lfs and `hf`: whether they are there, new enough for what is asked of them, and ask this helper.

use crate::here::Here;
use crate::repository;
use crate::repository::entry::Scope;
use crate::terminal::printable;
use crate::wiring::verdict::{self, Verdict};
use crate::wiring::{executable, rivals};

use super::Check;

/// The oldest that `setup` is made for.
const OLDEST_GIT: (u32, u32) = (2, 30);

/// The first in which helpers say how a token is sent, and that nobody is to keep it.
const GIT_WITH_SCHEMES: (u32, u32) = (2, 46);
const LFS_WITH_SCHEMES: (u32, u32) = (3, 6);

/// All of it; `sends_bearer` where the token at hand is one that the Hub may want sent so.
#[must_use]
pub fn checks(here: &Here, sends_bearer: bool) -> Vec<Check> {
    let Ok(version) = repository::version() else {
        return vec![Check::fail("git", "git does not run", "install git, or put it on PATH")];
    };
    let mut checks = vec![git(version, sends_bearer), lfs(here, sends_bearer), helper(here)];
    checks.extend(setup(here));
    checks.extend(beside(here));
    checks.extend(hf(here));
    checks
}

fn git(version @ (major, minor): (u32, u32), sends_bearer: bool) -> Check {
    if version < OLDEST_GIT {
        return Check::warn(
            "git",
            format!("git {major}.{minor} is too old for what setup and unsetup write with"),
            "install git 2.30 or later",
        );
    }
    if version < GIT_WITH_SCHEMES && sends_bearer {
        return Check::warn(
            "git",
            format!("git {major}.{minor} sends a token from a browser login as a password, which the Hub may refuse"),
            "install git 2.46 or later, or log in with an access token: `git-credential-hf login`",
        );
    }
    Check::ok("git", format!("git {major}.{minor}"))
}

fn lfs(here: &Here, sends_bearer: bool) -> Check {
    let Some(version @ (major, minor)) = repository::lfs_version() else {
        return Check::warn(
            "git-lfs",
            "git-lfs is not there: large files stay small pointers to them",
            "install git-lfs, then run git lfs install",
        );
    };
    if !here.entries.iter().any(|entry| ["filter.lfs.process", "filter.lfs.smudge"].contains(&&*entry.key)) {
        return Check::warn(
            "git-lfs",
            "git does not use git-lfs: large files stay small pointers to them",
            "run git lfs install",
        );
    }
    if version < LFS_WITH_SCHEMES && sends_bearer {
        return Check::warn(
            "git-lfs",
            format!(
                "git-lfs {major}.{minor} sends a token from a browser login as a password, which the Hub may refuse"
            ),
            "install git-lfs 3.6 or later, or log in with an access token: `git-credential-hf login`",
        );
    }
    Check::ok("git-lfs", format!("git-lfs {major}.{minor}"))
}

/// The program itself, as git finds it.
fn helper(here: &Here) -> Check {
    let line = rivals::our_line(here.endpoint.url(), &here.entries).map_or("hf", |line| &line.value);
    match executable::program(line) {
        None => Check::fail(
            "helper",
            "git does not find git-credential-hf: it is in no directory of PATH, or it was moved",
            format!("{} setup", executable::typed()),
        ),
        Some(program) if executable::is_this(&program) => {
            Check::ok("helper", format!("git runs {}", printable(&program.display().to_string())))
        }
        Some(program) => Check::warn(
            "helper",
            format!("git runs {}, which is not this program", printable(&program.display().to_string())),
            format!("{} setup", executable::typed()),
        ),
    }
}

/// Whether git asks this helper, and whose answer it takes.
fn setup(here: &Here) -> Vec<Check> {
    const NAME: &str = "setup";
    const REMEDY: &str = "git-credential-hf setup";
    let urls = here.hub.urls();
    let unasked: Vec<_> = urls.iter().filter(|url| rivals::our_line(url, &here.entries).is_none()).collect();
    let main = here.endpoint.url();
    if unasked.iter().any(|url| *url == main) {
        return vec![Check::fail(NAME, format!("git does not ask this helper for {}", here.endpoint.host()), REMEDY)];
    }
    let told = match verdict::here(main, &here.entries) {
        Ok(verdict @ Verdict::Ours(_)) => Check::ok(NAME, verdict.told(main)),
        Ok(Verdict::Somebody) => {
            Check::ok(NAME, format!("git asks this helper for {}, and has an answer", here.endpoint.host()))
        }
        Ok(Verdict::Nobody) => Check::ok(NAME, format!("git asks this helper for {}", here.endpoint.host())),
        Ok(verdict @ Verdict::Another) => Check::fail(
            NAME,
            verdict.told(main),
            "`git-credential-hf setup` puts this one in front; `git config --show-origin --get-regexp \
             '^credential.*helper$'` shows who is asked",
        ),
        Ok(verdict @ Verdict::NotAsked) => Check::warn(
            NAME,
            verdict.told(main),
            "`git config --local --get-regexp '^credential'` shows what it says; take out what is not yours",
        ),
        Err(error) => Check::fail(NAME, format!("{error:#}"), "see whether git runs at all"),
    };
    let unasked = unasked.iter().map(|url| {
        Check::warn(NAME, format!("git does not ask this helper for {}", url.trim_start_matches("https://")), REMEDY)
    });
    [told].into_iter().chain(unasked).collect()
}

fn beside(here: &Here) -> Vec<Check> {
    const NAME: &str = "other helpers";
    let mut checks = Vec::new();
    for url in here.hub.urls() {
        let Some(line) = rivals::our_line(&url, &here.entries) else { continue };
        for finding in rivals::findings(&url, &here.entries, line.scope, true) {
            let check = Check::warn(NAME, finding.told, finding.remedy);
            if !checks.contains(&check) {
                checks.push(check);
            }
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(NAME, "git asks and tells no other for the Hub"));
    }
    checks
}

/// `hf` looks for `credential.helper` and a plain name or path behind it, and at nothing else
/// (`GIT_CREDENTIAL_REGEX` in `huggingface_hub/utils/_git_credential.py`).
fn hf(here: &Here) -> Option<Check> {
    rivals::our_line(here.endpoint.url(), &here.entries)?;
    let is_plain = |value: &str| {
        let word = value.split_whitespace().next().unwrap_or_default();
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-/".contains(c))
    };
    let mut seen = here.entries.iter().filter(|entry| entry.key == "credential.helper" && is_plain(&entry.value));
    Some(match seen.next() {
        Some(entry) if entry.scope == Scope::System || executable::is_ours(&entry.value) => {
            Check::ok("hf", "hf auth login finds a credential helper")
        }
        Some(_) => Check::ok("hf", "hf auth login finds a credential helper, and git tells this one all the same"),
        None => Check::ok(
            "hf",
            "hf auth login may warn that no credential helper is defined; it looks for credential.helper alone, so that \
             is false: do not set the one it advises",
        ),
    })
}
