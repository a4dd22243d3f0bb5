//! The git programs of this machine: every claim about git is made about each of them.

use std::path::{Path, PathBuf};

use super::world::SYSTEM_PATH;

/// One installed git.
#[derive(Debug, Clone)]
pub struct Git {
    pub program: PathBuf,
}

impl Git {
    /// The distinct gits of the system's path, the one found first in front.
    pub fn all() -> Vec<Self> {
        let mut found: Vec<PathBuf> = Vec::new();
        for directory in SYSTEM_PATH.split(':') {
            // `/bin` is `/usr/bin` on most systems
            if let Ok(program) = Path::new(directory).join("git").canonicalize()
                && !found.contains(&program)
            {
                found.push(program);
            }
        }
        assert!(!found.is_empty(), "no git in {SYSTEM_PATH}");
        found.into_iter().map(|program| Self { program }).collect()
    }

    /// The git a world uses unless it is told otherwise.
    pub fn first() -> Self {
        Self::all().swap_remove(0)
    }
}
