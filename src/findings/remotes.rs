//! What URLs do to a request: those of remotes, and those that `insteadOf` puts in.

use super::remedy::{Command, Remedy};
use super::urls::{self, Destination, RemoteUrl, destination};
use super::{Check, Finding, Severity, netrc, place};
use crate::endpoint::Hub;
use crate::hub::repository::Repository;
use crate::repository::entry::{Entry, Scope};
use crate::repository::rewriting::Rules;
use crate::terminal::printable;
use crate::token::{self, AccessToken};
use crate::url::Url;

/// Names from a repository are shown up to this length.
const LONGEST: usize = 80;

/// All of it.
pub(super) fn findings(hub: &Hub, entries: &[Entry]) -> Vec<Finding> {
    let (remotes, _) = urls::remotes(entries, &[]);
    let mut found: Vec<_> = remotes.iter().filter_map(|url| of_remote(url, hub)).collect();
    for variable in ["insteadof", "pushinsteadof"] {
        let rules = Rules::of(entries, variable);
        found.extend(rules.iter().filter_map(|(base, rule)| with_secret(base, rule, hub)));
        // what would become of a URL that is typed
        let rewritten = hub.urls().into_iter().map(|url| rules.rewrite(&format!("{url}/")));
        found.extend(rewritten.filter_map(|url| elsewhere(&url.url, url.rule?, variable == "pushinsteadof", hub)));
    }
    found
}

/// What is wrong with the URL that a remote has now.
#[must_use]
pub fn of_remote(url: &RemoteUrl, hub: &Hub) -> Option<Finding> {
    if let Some(rule) = url.git.rule {
        let was_at_hub = matches!(destination(&url.line.value, hub), Destination::Hub(..));
        return with_secret(&url.git.url, rule, hub)
            .or_else(|| was_at_hub.then(|| elsewhere(&url.git.url, rule, url.is_push, hub)).flatten());
    }
    let (name, of) = (short(url.name), format!("the URL of remote '{}'", short(url.name)));
    let place_of = || format!("remote {name}");
    let Destination::Hub(at, _) = destination(&url.git.url, hub) else {
        return plain_http(url, hub, &of).map(|found| found.at(place_of()));
    };
    let found = match secret_of(&at) {
        Some(Secret::Empty) => Finding::fail(
            Check::UrlEmptyPassword,
            format!("{of} holds an empty password, which git sends as it is without asking a helper"),
            Remedy::run(set_url(url, &at.url())),
        ),
        Some(Secret::Token(token)) => Finding::warn(
            Check::UrlToken,
            match at.password {
                Some(password) if !password.is_empty() => {
                    format!("{of} holds a token, which git uses without asking a helper")
                }
                _ => format!("{of} holds a token in a name's place, which git shows in its messages"),
            },
            Remedy::default()
                .then(netrc::import())
                .and(" keeps it, and ")
                .then(set_url(url, &at.url()))
                .and(" drops it"),
        )
        .sending(Some(token)),
        None => page(url, &at, &of)?,
    };
    // git sends that, whatever stands in the name's place
    let is_empty = at.password == Some("");
    let severity = if is_empty { Severity::Fail } else { found.severity };
    Some(Finding { severity, ..found.at(place_of()) })
}

/// A page of a repository, as it is copied out of a browser.
fn page(url: &RemoteUrl, at: &Url, of: &str) -> Option<Finding> {
    let (repository, rest) = Repository::at(at.path.trim_start_matches('/'))?;
    let clean = format!("{}://{}/{}", at.scheme, at.host, repository.path());
    if rest.is_empty() && at.path.trim_end_matches(".git").trim_start_matches('/') == repository.path() {
        return None;
    }
    let message = format!("{of} is a page of {} on the Hub, which git cannot clone", printable(&repository.path()));
    Some(Finding::fail(Check::UrlNotARepository, message, Remedy::run(set_url(url, &clean))))
}

fn plain_http(url: &RemoteUrl, hub: &Hub, of: &str) -> Option<Finding> {
    let rest = url.git.url.strip_prefix("http://")?;
    let secure = format!("https://{rest}");
    let at = Url::parse(&secure)?;
    at.endpoint(hub)?;
    let message = format!("{of} is http, where everybody on the way reads along: no token goes there");
    Some(Finding::fail(Check::UrlHttp, message, Remedy::run(set_url(url, &at.url()))))
}

pub(super) fn set_url(url: &RemoteUrl, clean: &str) -> Command {
    let command = Command::of("git remote set-url");
    let command = if url.line.key.ends_with(".pushurl") { command.with("--push") } else { command };
    let command = if url.name.starts_with('-') { command.with("--") } else { command };
    command.with(url.name).with(clean)
}

/// What stands before the host in a URL of the Hub.
pub(super) enum Secret {
    /// A token, as the password or in the name's place.
    Token(AccessToken),
    /// A password that is empty.
    Empty,
}

/// What git sends of a URL; `None` where that is no secret.
pub(super) fn secret_of(at: &Url) -> Option<Secret> {
    match (at.password, at.user) {
        (Some(""), Some(user)) if token::is_token(user) => Some(Secret::Token(AccessToken::new(user.into()))),
        (Some(""), _) => Some(Secret::Empty),
        (Some(password), _) => Some(Secret::Token(AccessToken::new(password.into()))),
        (None, Some(user)) if user.starts_with("hf_") && user != "hf_user" => {
            Some(Secret::Token(AccessToken::new(user.into())))
        }
        (None, _) => None,
    }
}

/// A rule that puts a token, or an empty password, into URLs of the Hub.
fn with_secret(url: &str, rule: &Entry, hub: &Hub) -> Option<Finding> {
    let Destination::Hub(at, _) = destination(url, hub) else { return None };
    let place = place(rule);
    Some(
        match secret_of(&at)? {
            Secret::Empty => Finding::fail(
                Check::RewrittenEmptyPassword,
                format!("{place} puts an empty password into URLs, which git sends as it is without asking a helper"),
                unset(rule),
            ),
            Secret::Token(token) => Finding::warn(
                Check::RewrittenToken,
                format!("{place} puts a token into URLs, which git uses without asking a helper"),
                Remedy::run(netrc::import()),
            )
            .sending(Some(token)),
        }
        .at(place),
    )
}

/// A rule that leads from the Hub to another place.
fn elsewhere(url: &str, rule: &Entry, is_push: bool, hub: &Hub) -> Option<Finding> {
    let (place, beginning) = (place(rule), printable(&short(&rule.value)));
    let act = if is_push { "pushes" } else { "asks" };
    let found = match destination(url, hub) {
        Destination::Hub(..) => return None,
        Destination::Ssh(host) => Finding::warn(
            Check::RewrittenSsh,
            format!("git goes by SSH to {} for {beginning}, where it shows a key and no token: {place}", short(&host)),
            unset(rule),
        ),
        Destination::Other(host) => {
            let host = short(&host);
            let remedy = unset(rule).and(format!(" (or set HF_ENDPOINT to https://{host}, where that is your Hub)"));
            let message = format!("git {act} at {host} for {beginning}, which is no Hub of yours: {place}");
            if is_push {
                Finding::warn(Check::RewrittenElsewhere, message, remedy)
            } else {
                Finding::fail(Check::RewrittenElsewhere, message, remedy)
            }
        }
        Destination::Local => Finding::warn(
            Check::RewrittenElsewhere,
            format!("git {act} at a path of this machine for {beginning}: {place}"),
            unset(rule),
        ),
    };
    Some(found.at(place))
}

/// What takes a line out again. One of a command, or of a variable, is in no file.
#[must_use]
pub fn unset(entry: &Entry) -> Remedy {
    match Command::unsetting(entry) {
        Some(command) if entry.scope != Scope::Command => Remedy::run(command),
        _ => Remedy::of("unset GIT_CONFIG_COUNT").and(", or take it out of the command that runs git"),
    }
}

/// A name from outside, no longer than any that is read.
#[must_use]
pub fn short(name: &str) -> String {
    let mut short: String = name.chars().take(LONGEST).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    printable(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(scope: Scope, key: &str, value: &str) -> Entry {
        Entry { scope, file: None, key: key.to_owned(), value: value.to_owned() }
    }

    fn found(key: &str, value: &str) -> Option<Finding> {
        findings(&Hub::default(), &[entry(Scope::Local, key, value)]).into_iter().next()
    }

    #[test]
    fn a_token_in_a_url_is_found_and_never_shown() {
        let told = found("remote.origin.url", "https://me:hf_hidden@HuggingFace.co/acme/model").unwrap();
        assert!(told.to_string().contains("git remote set-url origin https://huggingface.co/acme/model`"), "{told}");
        assert!(told.to_string().contains("import --delete-source") && !format!("{told:?}").contains("hf_hidden"));
        let both = [
            entry(Scope::Local, "remote.up.url", "https://github.com/a/b"),
            entry(Scope::Local, "remote.up.pushurl", "https://hf_abc@huggingface.co/x/y"),
        ];
        let told = findings(&Hub::default(), &both).pop().unwrap().to_string();
        assert!(told.contains("--push up") && !told.contains("hf_abc"), "{told}");
        let told = found("url.https://u:hf_hidden@huggingface.co/.insteadof", "hub:").unwrap();
        assert_eq!(told.check, Check::RewrittenToken);
        assert!(!format!("{told:?}").contains("hf_hidden"));
        for harmless in [
            "https://huggingface.co/x/y",
            "https://huggingface.co/x/y.git",
            "https://huggingface.co/datasets/x/y/",
            "https://hf_user@huggingface.co/x/y",
            "https://a:b@github.com/x/y",
            "git@hf.co:x",
            "https://a:b@huggingface.co.evil/x/y",
        ] {
            assert_eq!(found("remote.o.url", harmless), None, "{harmless}");
        }
    }

    #[test]
    fn what_keeps_git_from_the_hub_is_told_with_what_undoes_it() {
        for (key, value, check, remedy) in [
            (
                "url.https://hf-mirror.com/.insteadof",
                "https://huggingface.co/",
                Check::RewrittenElsewhere,
                "`git config --local --fixed-value --unset-all url.https://hf-mirror.com/.insteadof https://huggingface.co/`",
            ),
            (
                "url.git@hf.co:.insteadof",
                "https://huggingface.co/",
                Check::RewrittenSsh,
                "git config --local --fixed-value --unset-all url.git@hf.co:.insteadof https://huggingface.co/",
            ),
            (
                "url.https://:@huggingface.co/.insteadof",
                "https://huggingface.co/",
                Check::RewrittenEmptyPassword,
                "git config --local --fixed-value --unset-all 'url.https://:@huggingface.co/.insteadof' \
                 https://huggingface.co/",
            ),
            (
                "remote.o.url",
                "https://user:@huggingface.co/spaces/u/s",
                Check::UrlEmptyPassword,
                "git remote set-url o https://huggingface.co/spaces/u/s",
            ),
            (
                "remote.o.url",
                "https://huggingface.co/datasets/a/b/tree/main",
                Check::UrlNotARepository,
                "git remote set-url o https://huggingface.co/datasets/a/b",
            ),
            ("remote.o.url", "http://hf.co/a/b", Check::UrlHttp, "git remote set-url o https://hf.co/a/b"),
        ] {
            let told = found(key, value).unwrap_or_else(|| panic!("{key} {value}"));
            assert_eq!(told.check, check, "{key} {value}");
            let shown = told.remedy().unwrap();
            assert!(shown.starts_with(remedy) || shown.starts_with(&remedy.replace('\'', "")), "{shown}");
        }
        assert_eq!(found("url.https://hf-mirror.com/.insteadof", "https://github.com/"), None);
    }
}
