//! The repository that is asked about: as a person names it, or as the remote of the repository they stand in does. What is
//! made of it is a Hub that is served and a name; nothing of the URL itself is ever asked.

use crate::endpoint::{Endpoint, Hub};
use crate::here::Here;
use crate::hub::repository::Repository;
use crate::repository::owner;
use crate::url::Url;

use super::{Check, short};

/// A repository on a Hub that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Hub.
    pub endpoint: Endpoint,
    /// The repository there.
    pub repository: Repository,
    /// Whom the URL names, if it names anybody.
    pub username: Option<String>,
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
        let (mut entries, rest): (Vec<_>, Vec<_>) =
            here.entries.iter().cloned().partition(|entry| entry.key.starts_with("remote.origin."));
        entries.extend(rest);
        let is_url = |key: &str| matches!(key.rsplit('.').next(), Some("url" | "pushurl"));
        entries.retain(|entry| !entry.key.starts_with("remote.") || is_url(&entry.key));
        let targets: Vec<_> = owner::remotes(&entries).filter_map(|remote| of_url(&remote.url, &here.hub)).collect();
        let is_hubs = |target: &&Result<Self, Other>| !matches!(target, Err(Other::Elsewhere(_) | Other::Unreadable));
        targets.iter().find(is_hubs).cloned()
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
    pub fn check(&self, here: &Here) -> Check {
        const NAME: &str = "repository";
        let hub = here.endpoint.url();
        let of = |repository: &Repository| format!("{hub}/{}", repository.path());
        match self {
            Self::Ssh(repository) => {
                let url = repository.as_ref().map_or_else(|| format!("{hub}/…"), of);
                Check::warn(
                    NAME,
                    "this URL is for SSH, where git shows a key and no token",
                    format!(
                        "`ssh -T git@hf.co` shows whether your key is known; for tokens, `git remote set-url origin {url}`"
                    ),
                )
            }
            Self::Plain(repository) => Check::fail(
                NAME,
                "this URL is http, where everybody on the way reads along: no token goes there",
                format!("git remote set-url origin {}", of(repository)),
            ),
            Self::Elsewhere(host) => Check::fail(
                NAME,
                format!("{} is no Hub that is served here, so it was not asked and shown no token", short(host)),
                "name a repository of huggingface.co, or set HF_ENDPOINT where that is your Hub",
            ),
            Self::Unreadable => Check::fail(
                NAME,
                "this names no repository of a Hub",
                "name it as in acme/model, datasets/acme/rows, spaces/acme/app, kernels/acme/attention, or by its URL",
            ),
        }
    }
}

/// A URL, or a name at the endpoint that is meant where none is told.
fn read(text: &str, hub: &Hub, endpoint: &Endpoint) -> Result<Target, Other> {
    match of_url(text, hub) {
        Some(target) => target,
        None => match Repository::at(text) {
            // a URL may go on behind the name; what is typed may not
            Some((repository, "")) => Ok(Target { endpoint: endpoint.clone(), repository, username: None }),
            _ => Err(Other::Unreadable),
        },
    }
}

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
        let target = |(repository, _)| Target { endpoint: hub.default_endpoint(), repository, username: None };
        return Some(found.map(target).ok_or(Other::Unreadable));
    }
    let Some(url) = Url::parse(url) else { return Some(Err(Other::Unreadable)) };
    let host = url.host.as_str();
    let path = url.path_alone().trim_matches('/');
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
    Some(repository().map(|repository| Target { endpoint, repository, username }).ok_or(Other::Unreadable))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> Result<(String, Option<String>), Other> {
        let hub = Hub::new(Some("https://hub.example:8443/hf"), false);
        let endpoint = hub.endpoint(b"https", b"huggingface.co").unwrap();
        read(text, &hub, &endpoint).map(|target| (target.url(), target.username))
    }

    #[test]
    fn a_repository_is_found_in_whatever_people_copy() {
        for (text, url) in [
            ("acme/model", "https://huggingface.co/acme/model"),
            ("datasets/acme/rows/", "https://huggingface.co/datasets/acme/rows"),
            ("https://huggingface.co/acme/model", "https://huggingface.co/acme/model"),
            ("HTTPS://HuggingFace.co:443/acme/model.git", "https://huggingface.co/acme/model"),
            ("kernels/acme/attention", "https://huggingface.co/kernels/acme/attention"),
            ("https://huggingface.co/kernels/acme/attention", "https://huggingface.co/kernels/acme/attention"),
            ("https://hf.co/spaces/acme/app/tree/main?x#y", "https://huggingface.co/spaces/acme/app"),
            ("https://huggingface.co/api/datasets/acme/rows", "https://huggingface.co/datasets/acme/rows"),
            ("huggingface.co/acme/model/blob/main/a.bin", "https://huggingface.co/acme/model"),
            ("hf://datasets/acme/rows/a.csv", "https://hub.example:8443/datasets/acme/rows"),
            ("https://hub.example:8443/acme/model", "https://hub.example:8443/acme/model"),
            ("https://hf_token:x@huggingface.co/acme/model", "https://huggingface.co/acme/model"),
        ] {
            assert_eq!(meant(text), Ok((url.to_owned(), None)), "{text}");
        }
        let named = meant("https://work:hf_token@huggingface.co/acme/model");
        assert_eq!(named.unwrap().1.as_deref(), Some("work"));
    }

    #[test]
    fn what_is_elsewhere_is_not_taken_for_the_hub_and_no_secret_in_it_is_repeated() {
        let model = || Repository::at("acme/model").unwrap().0;
        let host = |host: &str| Other::Elsewhere(host.to_owned());
        for (text, other) in [
            ("git@hf.co:acme/model", Other::Ssh(Some(model()))),
            ("ssh://git@hf.co/acme/model.git", Other::Ssh(Some(model()))),
            ("http://huggingface.co/acme/model", Other::Plain(model())),
            ("http://user@hf.co/acme/model", Other::Plain(model())),
            ("https://evil.example/huggingface.co/acme", host("evil.example")),
            ("https://huggingface.co@evil.example/acme/model", host("evil.example")),
            ("https://a:hf_x@evil.example/acme/model", host("evil.example")),
            ("git@github.com:acme/model", host("github.com")),
            ("https://evil.example\\@huggingface.co/acme/model", Other::Unreadable),
            ("https://hf_secret/acme/model", Other::Unreadable),
            ("hf_secret:x@huggingface.co/acme/model", Other::Unreadable),
            ("https://huggingface.co", Other::Unreadable),
            ("acme/model/tree/main", Other::Unreadable),
            ("/acme/model", Other::Unreadable),
            ("a b/c", Other::Unreadable),
            ("", Other::Unreadable),
        ] {
            assert_eq!(meant(text), Err(other), "{text}");
        }
    }
}
