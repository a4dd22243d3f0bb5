//! How git is wired to this helper: our lines in its configuration, other helpers beside them, what goes past every
//! helper, and what git answers in the end.

pub(crate) mod bindings;
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
