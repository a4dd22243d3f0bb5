//! Claims a user could run: the binary, git, and a world of its own for each.

#[path = "../rig/mod.rs"]
mod rig;

mod as_root;
mod bad_input;
mod ci_jobs;
mod clients;
mod corpus;
mod cves;
mod doctor;
mod documents;
mod erase;
mod exec;
mod findings;
mod fuzzed;
mod git_runs;
mod hostile_files;
mod hostile_hub;
mod import;
mod known_names;
mod list;
mod locks;
mod login;
mod logout;
mod mounted;
mod owner;
mod protocol;
mod refresh_at;
mod rejections;
mod relative_homes;
mod remedies;
mod scarce;
mod schemes;
mod session_bus;
mod shared_homes;
mod status;
mod store;
mod strange_repository;
mod switch;
mod token;
mod token_command;
mod torn;
mod usage;
mod whose;
