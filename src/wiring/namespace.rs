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
}
