//! What every integration test stands on: a world of its own, in which no program sees the developer's files,
//! environment, keyring or git configuration.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::allow_attributes,
    reason = "several test crates share it, each using the part it needs: no expectation holds for all of them"
)]

mod git;
mod process;
mod random;
mod reply;
mod terminal;
mod world;

pub use git::Git;
pub use process::{finish, finish_within};
pub use random::{Random, cases_wanted, seeds, stored_tokens};
pub use reply::Reply;
pub use terminal::Terminal;
pub use world::World;
