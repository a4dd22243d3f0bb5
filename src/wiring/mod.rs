//! How git is wired to this helper: our lines in its configuration, other helpers beside them, what goes past every
//! helper, and what git answers in the end.

pub mod bindings;
pub mod bypasses;
pub mod executable;
pub mod host_account;
mod netrc;
#[expect(dead_code, reason = "setup and bind move into it when issue 3 is merged")]
pub mod own_section;
pub mod plan;
pub mod registration;
pub mod rivals;
pub mod verdict;
