//! What people read about a source: what it is called, why its token goes before those that are stored, how to do without it, and
//! how its token is replaced by a valid one.

use super::{Kind, Place, environment};

impl Kind {
    /// Returns what people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Username => "URL",
            Self::Ci => "CI identity",
            Self::Environment => "environment",
            Self::Command => "token command",
            Self::Stored => "stored by git",
            Self::HfHome => "HF home",
        }
    }

    /// Returns why its token goes before those that are stored; `None` for a source that stores them.
    #[must_use]
    pub fn why_it_wins(self) -> Option<String> {
        Some(match self {
            Self::Username => "the remote's URL holds a token: while it does, git uses that token".to_owned(),
            Self::Ci => "HF_OIDC_RESOURCE is set: while it is, git uses the identity of the CI job".to_owned(),
            Self::Environment => format!("{} is set: while it is, git uses that token", variable()),
            Self::Command => {
                "git's configuration has a token command: while it does, git uses that command's token".to_owned()
            }
            Self::Stored | Self::HfHome => return None,
        })
    }

    /// Returns how to do without it.
    #[must_use]
    pub fn how_to_disable(self) -> String {
        match self {
            Self::Username => "run `git-credential-hf import --delete-source`".to_owned(),
            Self::Ci => "run `unset HF_OIDC_RESOURCE`".to_owned(),
            Self::Environment => format!("run `unset {}`", variable()),
            Self::Command => "run `git-credential-hf setup --token-command ''`".to_owned(),
            Self::Stored | Self::HfHome => "run `git-credential-hf logout`".to_owned(),
        }
    }

    /// Returns how to replace its token by a valid one.
    #[must_use]
    pub fn how_to_renew(self) -> String {
        match self {
            Self::Username => "put a valid one into the URL, or take it out".to_owned(),
            Self::Ci => "check that this job is still a trusted publisher".to_owned(),
            Self::Environment => format!("set {0} to a valid token, or `unset {0}`", variable()),
            Self::Command => "have the command print a valid one".to_owned(),
            Self::Stored | Self::HfHome => "run `git-credential-hf login`".to_owned(),
        }
    }
}

/// The variable that holds the token.
fn variable() -> &'static str {
    environment::in_force().map_or("HF_TOKEN", |(name, _)| name)
}

/// The place, for people.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Username => "the URL",
            Self::Ci => "the CI job's identity",
            Self::Variable(name) => name,
            Self::Command => "the token command",
            Self::Keychain => "the keychain",
            Self::Section => "the HF home, where git stored it",
            Self::StoredTokens => "the HF home",
            Self::TokenFile => "the HF home's token file",
        })
    }
}
