//! The git credential helper for the Hugging Face Hub.
//!
//! git asks who it should be at huggingface.co; [`helper`] asks the [`source`]s in one fixed order and hands over the
//! first token. The binary is the product; this library is what its tests, benches and fuzz targets share with it.

pub mod bypasses;
pub mod cli;
pub mod command;
pub mod deadline;
pub mod entry;
pub mod executable;
pub mod netrc;
pub mod registration;
pub mod repository;
pub mod rivals;
pub mod verdict;
