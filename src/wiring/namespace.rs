//! A namespace of the Hub, and where its repositories are.

use anyhow::{Result, ensure};

use crate::url::Url;

/// What a namespace has on the Hub, and the path it is below.
const KINDS: [(&str, &str); 4] =
    [("models", ""), ("datasets", "datasets/"), ("spaces", "spaces/"), ("kernels", "kernels/")];

/// How many of the [`KINDS`] `bind` wrote from its first version on.
const OLDEST_KINDS: usize = 3;

/// A namespace of the Hub: an organisation's, or a user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namespace(String);

impl Namespace {
    /// The namespace of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let is_one = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && name.contains(|c: char| c.is_ascii_alphanumeric())
            && !KINDS.iter().any(|(kind, _)| name.eq_ignore_ascii_case(kind));
        ensure!(is_one, "this is no organisation's name (name it as in https://huggingface.co/ORG, without a slash)");
        Ok(Self(name.to_owned()))
    }

    /// The namespace that a person means by a name, a URL of the Hub or a repository's name, and that repository, where there is
    /// one.
    ///
    /// # Errors
    ///
    /// When the Hub has none so named.
    pub(crate) fn meant_by(words: &str, urls: &[String]) -> Result<(Self, Option<String>)> {
        let hosts = urls.iter().filter_map(|url| url.split_once("://")).map(|(_, host)| host);
        let path = words.split_once("://").map_or(words, |(_, rest)| rest);
        let below = |host: &str| {
            path.get(..host.len()).filter(|start| start.eq_ignore_ascii_case(host)).map(|_| &path[host.len()..])
        };
        let path = hosts.into_iter().find_map(below).filter(|rest| rest.starts_with('/'));
        ensure!(
            path.is_some() || !words.contains("://"),
            "this is no URL of a Hub that is served (such as https://huggingface.co/ORG)"
        );
        let path = path.unwrap_or(words).trim_matches('/');
        let is_kind = |part: &str| part == "organizations" || KINDS.iter().any(|(kind, _)| part == *kind);
        let path = path.split_once('/').filter(|(first, _)| is_kind(first)).map_or(path, |(_, rest)| rest);
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let repository = rest.split('/').next().filter(|repository| !repository.is_empty());
        Ok((Self::named(name)?, repository.map(|repository| format!("{name}/{repository}"))))
    }

    /// The namespace that a path of the Hub names, and which kind of its repositories are below that path.
    #[must_use]
    pub(crate) fn at(path: &str) -> Option<(&'static str, Self)> {
        let (kind, name) = KINDS.iter().rev().find_map(|(kind, below)| Some((*kind, path.strip_prefix(below)?)))?;
        Some((kind, Self::named(name).ok()?))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Where its repositories are at these Hubs: the URLs that begin theirs.
    pub(super) fn places<'a>(&'a self, urls: &'a [String]) -> impl Iterator<Item = String> + 'a {
        urls.iter().flat_map(move |url| KINDS.iter().map(move |(_, path)| format!("{url}/{path}{}", self.0)))
    }

    /// Tells whether a URL is one of these, at whatever Hub.
    pub(super) fn is_at(&self, url: &str) -> bool {
        let path = Url::parse(url).and_then(|place| place.path.strip_prefix('/').and_then(Self::at));
        path.is_some_and(|(_, namespace)| namespace == *self)
    }
}

/// Tells whether these are all the kinds that `bind` writes, as it was once or is now.
pub(super) fn is_every_kind(kinds: &[&str]) -> bool {
    KINDS[..OLDEST_KINDS].iter().all(|(kind, _)| kinds.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_has_a_name_of_the_hubs() {
        for name in ["acme", "HuggingFaceH4", "a.b_c-d", "0x", "datasets-of-mine"] {
            assert!(Namespace::named(name).is_ok(), "{name}");
        }
        for name in [
            "", ".", "..", "a/b", "datasets", "Spaces", "models", "kernels", "a b", "a\nb", "*", "a@b", "é", "a%2fb",
            "--",
        ] {
            assert!(Namespace::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_url_or_a_repository_names_its_namespace() {
        let urls = ["https://huggingface.co", "https://hf.co"].map(str::to_owned);
        for (words, name, repository) in [
            ("acme", "acme", None),
            ("https://huggingface.co/acme", "acme", None),
            ("HTTPS://HuggingFace.co/acme/", "acme", None),
            ("hf.co/acme", "acme", None),
            ("https://huggingface.co/datasets/acme/rows/tree/main", "acme", Some("acme/rows")),
            ("https://huggingface.co/organizations/acme", "acme", None),
            ("acme/model", "acme", Some("acme/model")),
        ] {
            let (namespace, of) = Namespace::meant_by(words, &urls).unwrap();
            assert_eq!((namespace.name(), of.as_deref()), (name, repository), "{words}");
        }
        for words in [
            "https://evil.example/acme",
            "https://huggingface.co",
            "https://huggingface.co/",
            "datasets",
            "https://huggingface.co.evil/acme",
        ] {
            assert!(Namespace::meant_by(words, &urls).is_err(), "{words}");
        }
    }
}
