//! The `hf` command, as `huggingface_hub` installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rig::{Reply, World, finish};

/// Runs `hf` in that world.
pub fn hf(world: &World, args: &[&str]) -> Reply {
    run(world, "hf", args)
}

/// Runs a line of Python beside it.
pub fn python(world: &World, line: &str) -> Reply {
    python_with(world, line, &[])
}

/// Runs a program in Python, with arguments of its own.
pub fn python_with(world: &World, program: &str, args: &[&str]) -> Reply {
    finish(python_command(world, program, args), b"")
}

/// The same, to be started by the caller.
pub fn python_command(world: &World, program: &str, args: &[&str]) -> Command {
    command(world, "python", &[&["-c", program], args].concat())
}

/// A program of that installation.
pub fn program(name: &str) -> PathBuf {
    venv().join("bin").join(name)
}

fn run(world: &World, name: &str, args: &[&str]) -> Reply {
    finish(command(world, name, args), b"")
}

fn command(world: &World, name: &str, args: &[&str]) -> Command {
    let mut command = world.command(program(name));
    command
        .args(args)
        // what it would ask of others on its own
        .env("HF_HUB_DISABLE_UPDATE_CHECK", "1")
        .env("HF_HUB_DISABLE_TELEMETRY", "1");
    command
}

/// Where tests/run.sh installs it; `HF_VENV` names another place.
#[expect(clippy::disallowed_methods, reason = "which installation to judge with is said outside")]
fn venv() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv");
    std::env::var_os("HF_VENV").map_or(default, PathBuf::from)
}
