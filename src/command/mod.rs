//! What people type: a file and a `run` for each command.

pub mod setup;
pub mod unsetup;
