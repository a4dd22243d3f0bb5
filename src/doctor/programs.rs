//! git, git-lfs and `hf`: whether they are there, new enough for what is asked of them, and ask this helper.

use crate::findings::clients::{Client, not_found};
use crate::findings::remedy::{Command, Remedy};
use crate::findings::{Check, Finding, Severity, helpers, unique};
use crate::here::Here;
use crate::repository;
use crate::repository::entry::Scope;
use crate::terminal::printable;
use crate::wiring::verdict::{self, Verdict};
use crate::wiring::{executable, rivals};

/// The first that has all that `setup` writes with (`git config --fixed-value`).
const OLDEST_GIT: (u32, u32) = (2, 30);

/// The first in which helpers say how a token is sent, and that nobody is to keep it.
const GIT_WITH_SCHEMES: (u32, u32) = (2, 46);
const LFS_WITH_SCHEMES: (u32, u32) = (3, 6);

/// All of it; `sends_bearer` where the token at hand is one that the Hub may want sent so.
#[must_use]
pub fn checks(here: &Here, sends_bearer: bool) -> Vec<Finding> {
    let Ok(version) = repository::version() else {
        return vec![Finding::fail(Check::GitMissing, "git does not run", "install git, or put it on PATH".into())];
    };
    let mut checks = vec![git(version, sends_bearer), lfs(here, sends_bearer), xet(), helper(here)];
    checks.extend(setup(here));
    checks.extend(beside(here));
    checks.extend(hf(here));
    checks
}

fn git(version @ (major, minor): (u32, u32), sends_bearer: bool) -> Finding {
    if version < OLDEST_GIT {
        return Finding::warn(
            Check::GitTooOld,
            format!("git {major}.{minor} is too old for what setup and unsetup write with"),
            "install git 2.30 or later".into(),
        );
    }
    if version < GIT_WITH_SCHEMES && sends_bearer {
        return Finding::warn(
            Check::GitWithoutBearer,
            format!("git {major}.{minor} sends a token from a browser login as a password, which the Hub may refuse"),
            Remedy::say("install git 2.46 or later, or log in with an access token: ")
                .then(Command::of("git-credential-hf login")),
        );
    }
    Finding::ok(Check::GitRuns, format!("git {major}.{minor}"))
}

fn lfs(here: &Here, sends_bearer: bool) -> Finding {
    let Some(version @ (major, minor)) = repository::lfs_version() else {
        return Finding::warn(
            Check::LfsMissing,
            "git-lfs is not installed: large files stay small pointers to them",
            "install git-lfs (such as by `sudo apt install git-lfs`, or `brew install git-lfs`), then run `git lfs install`"
                .into(),
        );
    };
    if !here.entries.iter().any(|entry| ["filter.lfs.process", "filter.lfs.smudge"].contains(&&*entry.key)) {
        return Finding::warn(
            Check::LfsNotUsed,
            "git does not use git-lfs: large files stay small pointers to them",
            Remedy::of("git lfs install"),
        );
    }
    if version < LFS_WITH_SCHEMES && sends_bearer {
        return Finding::warn(
            Check::LfsWithoutBearer,
            format!(
                "git-lfs {major}.{minor} sends a token from a browser login as a password, which the Hub may refuse"
            ),
            Remedy::say("install git-lfs 3.6 or later, or log in with an access token: ")
                .then(Command::of("git-credential-hf login")),
        );
    }
    Finding::ok(Check::LfsRuns, format!("git-lfs {major}.{minor}"))
}

/// It is only quicker: without it, git-lfs transfers the same.
fn xet() -> Finding {
    if Client::Xet.is_installed() {
        Finding::ok(Check::XetRuns, "git-xet is installed")
    } else {
        Finding::ok(Check::XetMissing, "git-xet is not installed: git-lfs transfers large files by itself")
    }
}

/// The program itself, as git finds it.
fn helper(here: &Here) -> Finding {
    let line = rivals::our_line(here.endpoint.url(), &here.entries).map_or("hf", |line| &line.value);
    match executable::program(line) {
        None => not_found(),
        Some(program) if executable::is_this(&program) => {
            Finding::ok(Check::HelperRuns, format!("git runs {}", printable(&program.display().to_string())))
        }
        Some(program) => Finding::warn(
            Check::HelperIsAnother,
            format!("git runs {}, which is not this program", printable(&program.display().to_string())),
            Remedy::of("git-credential-hf setup"),
        ),
    }
}

/// Whether git asks this helper, and whose answer it takes.
fn setup(here: &Here) -> Vec<Finding> {
    let urls = here.hub.urls();
    let unasked: Vec<_> = urls.iter().filter(|url| rivals::our_line(url, &here.entries).is_none()).collect();
    let (main, host) = (here.endpoint.url(), here.endpoint.host());
    if unasked.iter().any(|url| *url == main) {
        return vec![helpers::not_asked(host, main, &here.entries)];
    }
    let found = match verdict::here(main, &here.entries) {
        Ok(verdict @ Verdict::Ours(_)) => Finding::ok(Check::SetUp, verdict.told(main)),
        Ok(Verdict::Somebody) => {
            Finding::ok(Check::SetUp, format!("git asks this helper for {host}, and has an answer"))
        }
        Ok(Verdict::Nobody) => Finding::ok(Check::SetUp, format!("git asks this helper for {host}")),
        Ok(verdict @ Verdict::Another) => Finding::fail(
            Check::AnsweredByAnother,
            verdict.told(main),
            Remedy::default()
                .then(Command::of("git-credential-hf setup"))
                .and(" puts this one in front; ")
                .then(Command::of("git config --show-origin --get-regexp ^credential.*helper$"))
                .and(" shows who is asked"),
        ),
        Ok(verdict @ Verdict::NotAsked) => Finding::warn(
            Check::NotAsked,
            verdict.told(main),
            Remedy::default()
                .then(Command::of("git config --local --get-regexp ^credential"))
                .and(" shows what it says; take out what is not yours"),
        ),
        Err(error) => Finding::fail(Check::GitMissing, format!("{error:#}"), "see whether git runs at all".into()),
    };
    let unasked = unasked.iter().map(|url| helpers::not_asked(url.trim_start_matches("https://"), url, &here.entries));
    [found].into_iter().chain(unasked.map(|found| Finding { severity: Severity::Warn, ..found })).collect()
}

fn beside(here: &Here) -> Vec<Finding> {
    let urls = here.hub.urls();
    let found = urls.iter().filter_map(|url| {
        let line = rivals::our_line(url, &here.entries)?;
        Some(helpers::findings(url, &here.entries, line.scope, true))
    });
    let found = unique(found.flatten());
    if found.is_empty() {
        return vec![Finding::ok(Check::NoOtherHelper, "git asks and tells no other for the Hub")];
    }
    found
}

/// `hf` looks for `credential.helper` and a plain name or path behind it, and at nothing else
/// (`GIT_CREDENTIAL_REGEX` in `huggingface_hub/utils/_git_credential.py`).
fn hf(here: &Here) -> Option<Finding> {
    rivals::our_line(here.endpoint.url(), &here.entries)?;
    let is_plain = |value: &str| {
        let word = value.split_whitespace().next().unwrap_or_default();
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-/".contains(c))
    };
    let mut seen = here.entries.iter().filter(|entry| entry.key == "credential.helper" && is_plain(&entry.value));
    Some(match seen.next() {
        Some(entry) if entry.scope == Scope::System || executable::is_ours(&entry.value) => {
            Finding::ok(Check::HfFindsHelper, "hf auth login finds a credential helper")
        }
        Some(_) => Finding::ok(
            Check::HfFindsHelper,
            "hf auth login finds a credential helper, and git tells this one all the same",
        ),
        None => Finding::ok(
            Check::HfFindsHelper,
            "hf auth login may warn that no credential helper is defined; it looks for credential.helper alone, so that \
             is false: do not set the one it advises",
        ),
    })
}
