//! The git programs of this machine: every claim about git is made about each of them.

use std::path::{Path, PathBuf};

use super::world::{SYSTEM_PATH, World};

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

    /// Whether helpers may say that others must not keep their answer: git 2.46 and later.
    pub fn knows_ephemeral_credentials(&self) -> bool {
        self.version() >= (2, 46)
    }

    /// Whether it passes on when a credential expires and how it is refreshed: git 2.41 and later.
    pub fn knows_refresh_tokens(&self) -> bool {
        self.version() >= (2, 41)
    }

    fn version(&self) -> (u32, u32) {
        let said = World::new().using(self).git(&["version"]).out();
        let numbers = said.split_whitespace().nth(2).expect("git version X.Y.Z");
        let mut numbers = numbers.split('.').map_while(|number| number.parse().ok());
        let major = numbers.next().expect("a major version");
        (major, numbers.next().expect("a minor version"))
    }
}
