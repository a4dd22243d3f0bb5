//! The git credential helper for the Hugging Face Hub.
//!
//! git asks who it should be at huggingface.co; [`helper`] asks the [`source`]s in one fixed order and hands over the
//! first token. The binary is the product; this library is what its tests share with it.

pub mod accounts;
pub mod caller;
pub mod cli;
pub mod command;
pub mod doctor;
pub mod endpoint;
pub mod file;
pub mod helper;
pub mod here;
pub mod hub;
pub mod names;
pub mod notice;
pub mod private;
pub mod process;
pub mod prompts;
pub mod protocol;
pub mod refusals;
pub mod repository;
pub mod rewriting;
pub mod source;
pub mod state;
pub mod status;
pub mod strays;
pub mod terminal;
pub mod token;
pub mod url;
pub mod wiring;
