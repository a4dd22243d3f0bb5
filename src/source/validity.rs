//! Whether a token is still good, as far as this machine knows: one judgment and one wording for every command.

use super::Held;
use crate::terminal::{Tone, until};
use crate::token;

/// What is known of a token without asking the Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validity {
    /// Nothing speaks against it, and no end is known.
    Unlimited,
    /// It is good until then, in seconds since 1970.
    Ends(i64),
    /// It has an end, and is renewed before or when it is used.
    Renews,
    /// It ended then.
    Expired(i64),
    /// It has ended and cannot be renewed, for this reason.
    NotRenewed(String),
    /// The Hub rejected it lately.
    Rejected,
}

impl Validity {
    /// Returns the validity of a token; `is_rejected` tells that the Hub rejected it lately.
    #[must_use]
    pub fn of(held: &Held, is_rejected: bool) -> Self {
        let Some(end) = held.token.as_ref().and_then(|token| token.expires_at).filter(|_| !is_rejected) else {
            return if is_rejected { Self::Rejected } else { Self::Unlimited };
        };
        let is_over = end <= token::now();
        match &held.not_renewed {
            None if held.is_refreshable => Self::Renews,
            Some(why) if is_over => Self::NotRenewed(why.clone()),
            _ if is_over => Self::Expired(end),
            _ => Self::Ends(end),
        }
    }

    /// Tells whether git has no use for the token until a person does something.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Expired(_) | Self::NotRenewed(_) | Self::Rejected)
    }

    /// Returns it for people; empty where there is nothing to say.
    #[must_use]
    pub fn in_words(&self) -> String {
        let now = token::now();
        match self {
            Self::Unlimited => String::new(),
            Self::Ends(end) => format!("expires {}", until(*end, now)),
            Self::Renews => "renews automatically".to_owned(),
            Self::Expired(end) => format!("expired {}", until(*end, now)),
            Self::NotRenewed(why) => format!("expired and {why}"),
            Self::Rejected => "rejected by the Hub".to_owned(),
        }
    }

    /// Returns it in one word, for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unlimited | Self::Ends(_) | Self::Renews => "usable",
            Self::Expired(_) | Self::NotRenewed(_) => "expired",
            Self::Rejected => "rejected",
        }
    }

    /// Returns the color it is shown in.
    #[must_use]
    pub const fn tone(&self) -> Tone {
        if self.is_over() { Tone::Bad } else { Tone::Plain }
    }
}
