//! The signs by which the Hub tells one no from another: in a status, a header, a sentence.

use super::Reply;

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
    pub(super) fn read(reply: &Reply) -> Self {
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
