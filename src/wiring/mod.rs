//! How git is wired to this helper: our lines in its configuration, other helpers beside them, what goes past every
//! helper, and what git answers in the end.

pub mod bindings;
pub mod executable;
pub mod host_account;
pub mod namespace;
pub mod netrc;
pub mod own_section;
pub mod plan;
pub mod post_buffer;
pub mod registration;
pub mod rivals;
pub mod verdict;
