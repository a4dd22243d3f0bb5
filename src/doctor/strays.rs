//! Tokens where git, curl or another helper finds them without asking this one; and what git-lfs noted about logins.

use std::fs;
use std::path::PathBuf;

use crate::file;
use crate::here::Here;
use crate::repository::entry::Entry;
use crate::repository::owner;
use crate::terminal::printable;
use crate::wiring::bypasses;

use super::Check;

/// All of it; `has_token` where git has one to use.
#[must_use]
pub fn checks(here: &Here, has_token: bool) -> Vec<Check> {
    let mut checks: Vec<_> = bypasses::findings(&here.hub.urls(), &here.entries)
        .into_iter()
        .map(|finding| Check::warn(finding.about, finding.told, finding.remedy))
        .collect();
    for (name, told) in [
        ("netrc", "no entry for the Hub"),
        ("remote URLs", "no token in a remote's URL"),
        ("insteadOf", "no token in a rewritten URL"),
        ("extraHeader", "no token in a header of git's configuration"),
    ] {
        if checks.iter().all(|check| check.name != name) {
            checks.push(Check::ok(name, told));
        }
    }
    checks.extend(credential_files(here));
    checks.extend(lfs_access(here, has_token));
    checks
}

/// Where git's own `store` keeps passwords in plain text.
fn credential_files(here: &Here) -> Vec<Check> {
    const NAME: &str = "credential files";
    let urls = here.hub.urls();
    let hosts: Vec<_> = urls.iter().filter_map(|url| Some(url.split_once("://")?.1)).collect();
    let holds = |path: &PathBuf| {
        // the kernel's own files are regular and empty, and reading one may never end
        let is_file = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() > 0);
        let text = Some(path).filter(|_| is_file).and_then(|path| file::read(path).ok().flatten()).unwrap_or_default();
        let mut lines = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        lines.any(|line| bypasses::clean_of_token(line.trim(), &hosts).is_some())
    };
    let mut files: Vec<_> = files_of_store(&here.entries);
    files.retain(holds);
    files.dedup();
    let found = files.iter().map(|file| {
        Check::warn(
            NAME,
            format!("{} holds a token of the Hub in plain text", printable(&file.display().to_string())),
            "git-credential-hf import --delete-source",
        )
    });
    let checks: Vec<_> = found.collect();
    if checks.is_empty() { vec![Check::ok(NAME, "no token of the Hub in plain text")] } else { checks }
}

/// Returns the two files of git-credential-store(1), and those that a `store --file` of the person's own names.
#[expect(clippy::disallowed_methods, reason = "where git's own store keeps its files")]
fn files_of_store(entries: &[Entry]) -> Vec<PathBuf> {
    let home = std::env::home_dir();
    let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let xdg = xdg.or_else(|| Some(home.as_ref()?.join(".config")));
    let helpers = entries.iter().filter(|entry| entry.key.ends_with(".helper") && !entry.is_of_repository());
    let named = helpers.filter_map(|entry| {
        let (_, behind) = entry.value.trim().strip_prefix("store")?.split_once("--file")?;
        let path = behind.trim_start_matches(['=', ' ']).trim_matches(['"', '\'']);
        match path.strip_prefix("~/") {
            Some(rest) => Some(home.as_ref()?.join(rest)),
            None => Some(PathBuf::from(path)),
        }
    });
    let usual = [home.as_ref().map(|home| home.join(".git-credentials")), xdg.map(|xdg| xdg.join("git/credentials"))];
    usual.into_iter().flatten().chain(named).filter(|path| path.is_absolute()).collect()
}

/// git-lfs notes for each URL whether it wants a login, and never looks again (`lfs.<url>.access`).
fn lfs_access(here: &Here, has_token: bool) -> Vec<Check> {
    const NAME: &str = "lfs access";
    let remotes: Vec<_> =
        owner::remotes(&here.entries).map(|remote| remote.url.trim_end_matches(".git").to_owned()).collect();
    let mut checks = Vec::new();
    for entry in &here.entries {
        let url = entry.key.strip_prefix("lfs.").and_then(|rest| rest.strip_suffix(".access"));
        let Some((scheme, rest)) = url.and_then(|url| url.split_once("://")) else { continue };
        let host = rest.split('/').next().unwrap_or_default();
        let is_served = here.hub.endpoint(scheme.as_bytes(), host.as_bytes()).is_some();
        let is_storage = [".hf.co", ".huggingface.co"].iter().any(|end| host.ends_with(end));
        let is_of_remote = remotes.iter().any(|remote| {
            let remote = remote.split_once("://").map_or(remote.as_str(), |(_, rest)| rest);
            let end = rest.strip_prefix(remote.rsplit('@').next().unwrap_or(remote));
            end.is_some_and(|end| end.starts_with(['.', '/']))
        });
        let why = match entry.value.as_str() {
            _ if is_storage => "makes git-lfs ask for a password where none is wanted",
            _ if !is_served => continue,
            "none" => "makes git-lfs and git-xet show no token",
            _ if !has_token => "makes git-lfs ask for a password, also where everybody may read",
            _ if !is_of_remote => "is of no remote of this repository",
            _ => continue,
        };
        let (url, scope) = (format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or(rest)), entry.scope.name());
        checks.push(Check::warn(
            NAME,
            format!("lfs.{url}.access (git's {scope} configuration) {why}"),
            format!("git config --{scope} --unset lfs.{url}.access"),
        ));
    }
    if checks.is_empty() { vec![Check::ok(NAME, "nothing out of date")] } else { checks }
}
