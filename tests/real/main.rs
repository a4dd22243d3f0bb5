//! The real programs as judges: git, git-lfs, `hf`, gnome-keyring and a Hub of our own on loopback. Ignored in a plain
//! `cargo test`, because they must be installed first; tests/run.sh installs them and runs everything.
#![expect(unreachable_pub, reason = "a test binary exports nothing")]
#![expect(clippy::print_stderr, reason = "a failure says with which git and keychain it was played")]

#[path = "../rig/mod.rs"]
mod rig;

mod beside;
mod hf;
mod hub;
mod keyring;
mod proxy;
mod remedies;
mod scene;
mod schemes;
mod socks;

mod accounts;
mod browser_logins;
mod ci_cache;
mod ci_identity;
mod clients;
mod clones;
mod completions;
mod crowds;
mod differential;
mod disturbed;
mod doctor;
mod doctor_asks;
mod doctor_signs;
mod exposure;
mod faults;
mod file_systems;
mod foreign_credentials;
mod git_judges;
mod git_view;
mod import;
mod keychains;
mod killed;
mod known_names;
mod logins;
mod memory;
mod network;
mod pains;
mod pains_of_many;
mod pasted_logins;
mod patience;
mod people;
mod pushes;
mod races;
mod refresh;
mod refresh_files;
mod refresh_patience;
mod refresh_races;
mod refusals;
mod rotations;
mod secret_store;
mod strangers;
mod switches;
