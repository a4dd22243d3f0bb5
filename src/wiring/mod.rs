//! How git is wired to this helper: our lines in its configuration, other helpers beside them, what goes past every
//! helper, and what git answers in the end.

pub mod bindings;
pub mod bypasses;
pub mod executable;
pub mod netrc;
pub mod registration;
pub mod rivals;
pub mod verdict;
