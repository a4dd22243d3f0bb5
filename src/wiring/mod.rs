//! How git is wired to this helper: our lines in its configuration, other helpers beside them, what goes past every
//! helper, and what git answers in the end.

use std::fmt;

pub(crate) mod bindings;
pub mod bypasses;
pub mod clients;
pub(crate) mod configuration;
mod earlier;
pub mod executable;
mod files;
pub(crate) mod helper_line;
pub(crate) mod include;
pub(crate) mod managed;
pub(crate) mod namespace;
pub mod netrc;
pub(crate) mod post_buffer;
pub mod rivals;
pub mod verdict;

/// What stands between git and this helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, in a word or two.
    pub about: &'static str,
    /// What was found: names and places, never a token.
    pub told: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { about: _, told, remedy } = self;
        write!(f, "{told}: {remedy}")
    }
}
