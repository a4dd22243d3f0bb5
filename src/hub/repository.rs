//! Whether a token opens a repository: the Hub's API and its git server are asked.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::access::Access;
use super::{Api, Failure};
use crate::protocol::Scheme;

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A model, whose path has no prefix.
    Model,
    /// A dataset.
    Dataset,
    /// A Space.
    Space,
    /// A kernel (`REPO_TYPE_KERNEL` in `huggingface_hub`).
    Kernel,
}

/// A repository's place on a Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// What it holds.
    pub kind: Kind,
    /// Its name: `acme/model`, or as some old ones have it, `gpt2`.
    pub name: String,
}

impl Kind {
    /// Each with the word that paths below the Hub begin with.
    const ALL: [(Self, &'static str); 4] =
        [(Self::Model, "models"), (Self::Dataset, "datasets"), (Self::Space, "spaces"), (Self::Kernel, "kernels")];

    /// In one word, as the Hub has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Space => "space",
            Self::Kernel => "kernel",
        }
    }
}

impl Repository {
    /// The repository at a path below the Hub, and what follows it: `datasets/acme/rows/tree/main`.
    #[must_use]
    pub fn at(path: &str) -> Option<(Self, &str)> {
        let path = path.trim_end_matches('/');
        let (first, below) = path.split_once('/').unwrap_or((path, ""));
        let known = Kind::ALL.into_iter().find(|(_, word)| *word == first);
        let (kind, path) = known.map_or((Kind::Model, path), |(kind, _)| (kind, below));
        let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
        let (name, rest) = path.split_at(end);
        let name = name.strip_suffix(".git").unwrap_or(name);
        let is_one = name.split('/').all(is_name);
        is_one.then(|| (Self { kind, name: name.to_owned() }, rest.trim_matches('/')))
    }

    /// Its path below the Hub, for people and for git: `acme/model`, `datasets/acme/rows`.
    #[must_use]
    pub fn path(&self) -> String {
        match self.kind {
            Kind::Model => self.name.clone(),
            Kind::Dataset => format!("datasets/{}", self.name),
            Kind::Space => format!("spaces/{}", self.name),
            Kind::Kernel => format!("kernels/{}", self.name),
        }
    }

    /// Whose it is: an organisation, or a user.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        Some(self.name.split_once('/')?.0)
    }

    fn api_path(&self) -> String {
        format!("/api/{}s/{}", self.kind.word(), self.name)
    }
}

/// What stands in the Hub's own names (`REPO_ID_REGEX` in `huggingface_hub`), so that none means another path.
fn is_name(part: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=96).contains(&part.len())
        && part.chars().all(is_known)
        && !part.starts_with(['-', '.'])
        && !part.contains("..")
}

impl Api {
    /// What the API tells of a repository.
    ///
    /// # Errors
    ///
    /// When the Hub cannot be reached.
    pub fn repository(&self, repository: &Repository, token: Option<&SecretString>) -> Result<Access, Failure> {
        self.ask(&repository.api_path(), token).map(|reply| Access::read(&reply))
    }

    /// What git is answered before it fetches.
    ///
    /// # Errors
    ///
    /// When the Hub cannot be reached.
    pub fn refs(&self, repository: &Repository, shown: Option<(Scheme, &SecretString)>) -> Result<Access, Failure> {
        let path = format!("/{}/info/refs?service=git-upload-pack", repository.path());
        let authorization = shown.map(|(scheme, secret)| authorization(scheme, secret));
        // a short answer, however many branches there are
        let headers = [("accept", "*/*"), ("git-protocol", "version=2")];
        let reply = self.ask_with(&path, authorization.as_deref().map(String::as_str), &headers)?;
        Ok(Access::read(&reply))
    }

    /// Whether a token may upload. git's own first answer to a push does not tell, but the one who wants to upload large
    /// files is told before they begin.
    ///
    /// # Errors
    ///
    /// When the Hub cannot be reached.
    pub fn upload(&self, repository: &Repository, token: &SecretString) -> Result<Access, Failure> {
        let path = format!("{}/xet-write-token/main", repository.api_path());
        // what it grants is not looked at
        self.ask(&path, Some(token)).map(|reply| Access::read(&reply))
    }
}

#[expect(clippy::disallowed_methods, reason = "a token is for showing to the Hub")]
fn authorization(scheme: Scheme, secret: &SecretString) -> Zeroizing<String> {
    let secret = secret.expose_secret();
    Zeroizing::new(match scheme {
        Scheme::Bearer => ["Bearer ", secret].concat(),
        Scheme::Basic => {
            let pair = Zeroizing::new(["hf_user:", secret].concat());
            let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
            ["Basic ", &encoded].concat()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_read_from_its_path_and_no_other_path_is_one() {
        let read = |path: &str| {
            Repository::at(path).map(|(repository, rest)| (repository.kind, repository.name, rest.to_owned()))
        };
        for (path, kind, name, rest) in [
            ("acme/model", Kind::Model, "acme/model", ""),
            ("models/acme/model", Kind::Model, "acme/model", ""),
            ("gpt2", Kind::Model, "gpt2", ""),
            ("datasets/squad", Kind::Dataset, "squad", ""),
            ("datasets/acme/rows.git", Kind::Dataset, "acme/rows", ""),
            ("spaces/acme/app/tree/main/", Kind::Space, "acme/app", "tree/main"),
            ("kernels/acme/attention", Kind::Kernel, "acme/attention", ""),
            ("acme/model.v1_x-2/", Kind::Model, "acme/model.v1_x-2", ""),
        ] {
            assert_eq!(read(path), Some((kind, name.to_owned(), rest.to_owned())), "{path}");
        }
        for path in [
            "",
            "/",
            "datasets",
            "acme//model",
            "../model",
            "acme/..",
            "acme/a..b",
            "acme/mo del",
            "acme/m?x",
            "acme/m#x",
            "acme/m%2fx",
            "acme/mödel",
            "a\nb/c",
            "-x/y",
            "acme/@x",
        ] {
            assert_eq!(read(path), None, "{path:?}");
        }
        assert!(Repository::at(&"a".repeat(97)).is_none());
        let (space, _) = Repository::at("spaces/acme/app").unwrap();
        assert_eq!((space.path().as_str(), space.namespace()), ("spaces/acme/app", Some("acme")));
        assert_eq!(space.api_path(), "/api/spaces/acme/app");
        let (kernel, _) = Repository::at("kernels/acme/attention").unwrap();
        assert_eq!((&*kernel.path(), &*kernel.api_path()), ("kernels/acme/attention", "/api/kernels/acme/attention"));
    }
}
