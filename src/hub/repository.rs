//! Whether a token opens a repository: what the Hub's API and its git server say, read as the signs they tell apart.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::{Api, Failure, Reply};
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
    const ALL: [(Self, &'static str); 3] =
        [(Self::Model, "models"), (Self::Dataset, "datasets"), (Self::Space, "spaces")];

    /// In one word, as the Hub has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Space => "space",
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

/// What the Hub answers to somebody who wants in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Come in.
    Open,
    /// It is elsewhere, at this URL or path. Nobody went there.
    Moved(String),
    /// Nobody was shown, or somebody it does not know.
    Unknown,
    /// The token's time is over.
    Expired,
    /// What was shown is a password, or no token at all.
    NoToken,
    /// The organisation has not approved the token, or will not.
    AwaitsApproval,
    /// The organisation has revoked the token.
    RevokedByOrganisation,
    /// The organisation takes fine-grained tokens alone.
    WantsFineGrained,
    /// Its terms are between.
    Gated(Terms),
    /// The Hub has closed it.
    Disabled,
    /// Not for this token, in the Hub's words where it has any.
    Forbidden(Option<String>),
    /// There is none, or none that this token may know of.
    NotFound,
    /// It wants to be asked less often, and again in so many seconds.
    Limited(Option<u64>),
    /// This status, which says nothing about the token.
    Failing(u16),
}

/// How an account stands to the terms of a gated repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// The Hub does not know who asks.
    OfNobody,
    /// It has not accepted them.
    NotAccepted,
    /// It has, and the authors have not said yes.
    Awaited,
    /// The authors said no.
    Rejected,
    /// The token is fine-grained, and not for gated repositories.
    NotForThisToken,
}

impl Access {
    fn read(reply: &Reply) -> Self {
        let location = || reply.header("location").unwrap_or_default().chars().take(300).collect();
        Self::from_signs(reply.status, reply.header("x-error-code"), reply.said().as_deref()).unwrap_or_else(|| {
            match reply.status {
                300..400 => Self::Moved(location()),
                429 => Self::Limited(reply.pause()),
                status => Self::Failing(status),
            }
        })
    }

    /// What a status, the Hub's word for the error and its sentence mean.
    fn from_signs(status: u16, code: Option<&str>, said: Option<&str>) -> Option<Self> {
        if (200..300).contains(&status) {
            return Some(Self::Open);
        }
        match (status, said.and_then(Self::in_words)) {
            // the same words for nobody as for somebody unknown
            (401, Some(Self::Gated(_))) => Some(Self::Gated(Terms::OfNobody)),
            (401 | 403 | 404, Some(told)) => Some(told),
            (401, None) if code == Some("GatedRepo") => Some(Self::Gated(Terms::OfNobody)),
            (401, None) => Some(Self::Unknown),
            (403, None) if code == Some("GatedRepo") => Some(Self::Gated(Terms::NotAccepted)),
            (403, None) => Some(Self::Forbidden(said.map(str::to_owned))),
            (404 | 410, None) => Some(Self::NotFound),
            _ => None,
        }
    }

    /// The sign in one of the Hub's sentences, if it is one of those that say why.
    #[must_use]
    pub fn in_words(said: &str) -> Option<Self> {
        let said = said.to_lowercase();
        let signs = [
            ("is expired", Self::Expired),
            ("has expired", Self::Expired),
            ("password authentication in git is no longer supported", Self::NoToken),
            ("needs to be approved by the organization", Self::AwaitsApproval),
            ("revoked by the organization", Self::RevokedByOrganisation),
            ("access to this resource is disabled", Self::Disabled),
            ("access to public gated repositories in your fine-grained", Self::Gated(Terms::NotForThisToken)),
            ("awaiting a review", Self::Gated(Terms::Awaited)),
            ("has been rejected", Self::Gated(Terms::Rejected)),
            ("is restricted", Self::Gated(Terms::NotAccepted)),
            ("fine-grained", Self::WantsFineGrained),
            ("fine grained", Self::WantsFineGrained),
        ];
        signs.into_iter().find(|(words, _)| said.contains(words)).map(|(_, sign)| sign)
    }

    /// How much it says about why git is not let in; of two answers the one that says more counts.
    #[must_use]
    pub fn weight(&self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Failing(_) => 1,
            Self::Unknown => 2,
            Self::NotFound => 3,
            Self::Forbidden(None) => 4,
            Self::Forbidden(Some(_)) | Self::Moved(_) => 5,
            Self::Limited(_) => 6,
            _ => 7,
        }
    }
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

impl Reply {
    /// Why it is no, in the Hub's words: git's server says it in plain text.
    fn said(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let is_text = || self.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        let plain = || Some(String::from_utf8_lossy(&self.body).trim().chars().take(300).collect());
        self.message().or_else(|| is_text().then(plain).flatten()).filter(|said: &String| !said.is_empty())
    }
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
    }

    #[test]
    fn each_sign_of_the_hub_is_told_from_the_others() {
        let read = |status, code, said| Access::from_signs(status, code, said);
        let restricted = "Access to model acme/m is restricted and you are not in the authorized list. Visit \
                          https://huggingface.co/acme/m to ask for access.";
        for (status, code, said, access) in [
            (200, None, None, Access::Open),
            (401, None, Some("Invalid username or password."), Access::Unknown),
            (401, Some("RepoNotFound"), Some("Repository not found"), Access::Unknown),
            (401, None, Some("Invalid credentials in Authorization header"), Access::Unknown),
            (401, None, Some("User Access Token \"laptop\" is expired"), Access::Expired),
            (
                401,
                None,
                Some("Password authentication in git is no longer supported. You must use a user access token"),
                Access::NoToken,
            ),
            (
                401,
                Some("GatedRepo"),
                Some("Access to model acme/m is restricted. You must have access to it and be authenticated"),
                Access::Gated(Terms::OfNobody),
            ),
            (403, Some("GatedRepo"), Some(restricted), Access::Gated(Terms::NotAccepted)),
            (403, None, Some(restricted), Access::Gated(Terms::NotAccepted)),
            (403, Some("GatedRepo"), None, Access::Gated(Terms::NotAccepted)),
            (
                403,
                Some("GatedRepo"),
                Some("Your request to access model acme/m is awaiting a review from the repo authors."),
                Access::Gated(Terms::Awaited),
            ),
            (
                403,
                Some("GatedRepo"),
                Some("Your request to access model acme/m has been rejected by the repo's authors."),
                Access::Gated(Terms::Rejected),
            ),
            (
                403,
                None,
                Some("Please enable access to public gated repositories in your fine-grained token settings"),
                Access::Gated(Terms::NotForThisToken),
            ),
            (
                403,
                None,
                Some(
                    "Due to the organization token policy, your token needs to be approved by the organization before \
                     you can access this resource.",
                ),
                Access::AwaitsApproval,
            ),
            (
                403,
                None,
                Some(
                    "Your token has been revoked by the organization administrator, you can no longer access \
                     organization resources. Please contact them for more information.",
                ),
                Access::RevokedByOrganisation,
            ),
            (403, None, Some("acme only allows fine-grained tokens"), Access::WantsFineGrained),
            (403, None, Some("Access to this resource is disabled."), Access::Disabled),
            (403, None, Some("Forbidden: x"), Access::Forbidden(Some("Forbidden: x".to_owned()))),
            (404, Some("RepoNotFound"), Some("Repository not found"), Access::NotFound),
        ] {
            assert_eq!(read(status, code, said), Some(access), "{status} {code:?} {said:?}");
        }
        assert_eq!(read(302, None, None), None);
        assert_eq!(read(500, None, Some("is expired")), None);
    }
}
