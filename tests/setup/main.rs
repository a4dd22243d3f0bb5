//! What `setup`, `unsetup` and `install.sh` claim, with each real git of this machine as the judge.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests start the program and git in environments of their own, and name the git a claim failed with"
)]

mod bindings;
mod home;
mod install;
mod leaving;
mod lines;
mod post_buffer;
mod program;
mod token_command;
mod told;
