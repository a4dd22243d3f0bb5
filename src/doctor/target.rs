//! The repository that is asked about: as a person names it, or as the remote of the repository they stand in does. What is
//! made of it is a Hub that is served and a name; nothing of the URL itself is ever asked.

#[cfg(test)]
mod tests;

use crate::endpoint::{Endpoint, Hub};
use crate::findings::remedy::{Command, Remedy};
use crate::findings::remotes::short;
use crate::findings::{self, Check, Finding, urls};
use crate::here::Here;
use crate::hub::repository::Repository;
use crate::url::Url;

/// A repository on a Hub that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Hub.
    pub endpoint: Endpoint,
    /// The repository there.
    pub repository: Repository,
    /// Whom the URL names, if it names anybody.
    pub username: Option<String>,
    /// What was named is no URL that git can clone, and no name: a page of the repository.
    pub is_page: bool,
    /// The remote that it is of, where it is one of the repository's.
    pub remote: Option<String>,
}

/// Why there is nothing to ask the Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// git shows a key there, and no token: the repository, where it is one.
    Ssh(Option<Repository>),
    /// It would go in the clear.
    Plain(Repository),
    /// Somebody else's host, as far as it may be shown.
    Elsewhere(String),
    /// It names no repository.
    Unreadable,
}

impl Target {
    /// What a person named.
    ///
    /// # Errors
    ///
    /// When that is no repository on a Hub that is served.
    pub fn named(text: &str, here: &Here) -> Result<Self, Other> {
        read(text, &here.hub, &here.endpoint)
    }

    /// The remote of the repository we stand in, where one is a Hub's: `origin`, else the first.
    #[must_use]
    pub fn here(here: &Here) -> Option<Result<Self, Other>> {
        let (mut remotes, _) = urls::remotes(&here.entries, &[]);
        remotes.sort_by_key(|remote| remote.name != "origin");
        let targets: Vec<_> = remotes
            .iter()
            .filter_map(|remote| {
                let target = of_url(&remote.git.url, &here.hub)?;
                Some(target.map(|target| Self { remote: Some(remote.name.to_owned()), ..target }))
            })
            .collect();
        let is_hubs = |target: &&Result<Self, Other>| !matches!(target, Err(Other::Elsewhere(_) | Other::Unreadable));
        targets.iter().find(is_hubs).cloned()
    }

    /// Says that git cannot clone what was named, and what it can.
    #[must_use]
    pub fn not_cloneable(&self) -> Option<Finding> {
        if !self.is_page || self.remote.is_some() {
            return None;
        }
        let message = format!("git cannot clone that: it is no URL of a repository; this is: {}", self.url());
        let clone = Command::of("git clone").with(self.url());
        Some(Finding::warn(Check::NotCloneable, message, Remedy::run(clone)))
    }

    /// Its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.endpoint.url(), self.repository.path())
    }

    /// Its page as git would be given it, with the account it names.
    #[must_use]
    pub fn url_for_git(&self) -> String {
        match (&self.username, self.url().split_once("://")) {
            (Some(username), Some((scheme, rest))) => format!("{scheme}://{username}@{rest}"),
            _ => self.url(),
        }
    }
}

impl Other {
    /// Why nothing was asked.
    #[must_use]
    pub fn finding(&self, here: &Here) -> Finding {
        let hub = here.endpoint.url();
        let of = |repository: &Repository| format!("{hub}/{}", repository.path());
        match self {
            Self::Ssh(repository) => {
                let shows =
                    Remedy::default().then(Command::of("ssh -T git@hf.co")).and(" shows whether your key is known");
                // where git's configuration leads to SSH, the remote's own URL is right already
                let is_rewritten = findings::past_the_helper(&here.hub, &here.entries)
                    .into_iter()
                    .find(|found| found.check == Check::RewrittenSsh);
                let remedy = match (is_rewritten.and_then(|found| found.remedy), repository) {
                    (Some(undo), _) => undo,
                    (None, Some(repository)) => {
                        let set_url = Command::of("git remote set-url origin").with(of(repository));
                        shows.and("; for tokens, ").then(set_url)
                    }
                    (None, None) => shows,
                };
                let message = "this URL is for SSH, where git shows a key and no token";
                Finding::warn(Check::RepositoryNotAsked, message, remedy)
            }
            Self::Plain(repository) => Finding::fail(
                Check::RepositoryNotAsked,
                "this URL is http, where everybody on the way reads along: no token goes there",
                Remedy::run(Command::of("git remote set-url origin").with(of(repository))),
            ),
            Self::Elsewhere(host) => Finding::fail(
                Check::RepositoryNotAsked,
                format!("{} is no Hub that is served here, so it was not asked and shown no token", short(host)),
                "name a repository of huggingface.co, or set HF_ENDPOINT where that is your Hub".into(),
            ),
            Self::Unreadable => Finding::fail(
                Check::RepositoryNotAsked,
                "this names no repository of a Hub",
                "name it as in acme/model, datasets/acme/rows, spaces/acme/app, kernels/acme/attention, or by its URL"
                    .into(),
            ),
        }
    }
}

/// A URL, or a name at the endpoint that is meant where none is told.
fn read(text: &str, hub: &Hub, endpoint: &Endpoint) -> Result<Target, Other> {
    if let Some(target) = of_url(text, hub) {
        return target;
    }
    let named = |text: &str, is_page| match Repository::at(text) {
        // a URL may go on behind the name; what is typed may not
        Some((repository, "")) => {
            Ok(Target { endpoint: endpoint.clone(), repository, username: None, is_page, remote: None })
        }
        _ => Err(Other::Unreadable),
    };
    // as people have it, who take it for the name of the kind
    let of_one = SINGULAR.iter().find_map(|kind| text.strip_prefix(kind).map(|rest| (kind, rest)));
    match of_one.filter(|(_, rest)| rest.contains('/')) {
        Some((kind, rest)) => named(&format!("{}s/{rest}", kind.trim_end_matches('/')), true),
        None => named(text, false),
    }
}

/// What people write for a kind of repository, and git cannot clone.
const SINGULAR: [&str; 4] = ["model/", "dataset/", "space/", "kernel/"];

/// What a URL means; `None` where it is none.
fn of_url(url: &str, hub: &Hub) -> Option<Result<Target, Other>> {
    // others read these in other ways
    if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return Some(Err(Other::Unreadable));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return of_address(url, hub);
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme == "hf" {
        let found = Repository::at(rest.trim_matches('/'));
        let target = |(repository, _)| Target {
            endpoint: hub.default_endpoint(),
            repository,
            username: None,
            is_page: true,
            remote: None,
        };
        return Some(found.map(target).ok_or(Other::Unreadable));
    }
    let Some(url) = Url::parse(url) else { return Some(Err(Other::Unreadable)) };
    let host = url.host.as_str();
    let path = url.path_alone().trim_matches('/');
    let whole = path;
    let path = path.strip_prefix("api/").unwrap_or(path);
    let repository = || Repository::at(path).map(|(repository, _)| repository);
    if ["ssh", "git+ssh"].contains(&&*scheme) && is_ssh_host(host) {
        return Some(Err(Other::Ssh(repository())));
    }
    let Some(endpoint) = hub.endpoint(scheme.as_bytes(), host.as_bytes()) else {
        let is_plain = scheme == "http" && hub.endpoint(b"https", host.as_bytes()).is_some();
        return Some(Err(match repository().filter(|_| is_plain) {
            Some(repository) => Other::Plain(repository),
            None => elsewhere(host),
        }));
    };
    // a token in the place of a name is nobody's name
    let is_name = |name: &&str| *name == "hf_user" || !name.starts_with("hf_");
    let username = url.user.filter(is_name).map(str::to_owned);
    let target = |repository: Repository| {
        let is_page = whole.trim_end_matches(".git") != repository.path();
        Target { endpoint, repository, username, is_page, remote: None }
    };
    Some(repository().map(target).ok_or(Other::Unreadable))
}

/// `git@hf.co:acme/model`, or a host without its scheme.
fn of_address(text: &str, hub: &Hub) -> Option<Result<Target, Other>> {
    if let Some((host, path)) = text.split_once(':')
        && !host.contains('/')
    {
        let host = host.rsplit('@').next().unwrap_or(host);
        let repository = Repository::at(path.trim_matches('/')).map(|(repository, _)| repository);
        return Some(Err(if is_ssh_host(host) { Other::Ssh(repository) } else { elsewhere(host) }));
    }
    let (host, _) = text.split_once('/')?;
    hub.endpoint(b"https", host.as_bytes()).and_then(|_| of_url(&format!("https://{text}"), hub))
}

/// What is no host's name may be anything, even a token, and is not repeated.
fn elsewhere(host: &str) -> Other {
    let is_host = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
    if is_host { Other::Elsewhere(host.to_owned()) } else { Other::Unreadable }
}

/// <https://huggingface.co/docs/hub/security-git-ssh>
fn is_ssh_host(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or(host);
    ["hf.co", "huggingface.co", "ssh.hf.co"].iter().any(|known| host.eq_ignore_ascii_case(known))
}
