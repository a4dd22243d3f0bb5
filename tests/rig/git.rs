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

    /// A git before 2.46, if this machine has one, one of 2.46 to 2.53, and one that came after: each asks a helper, and
    /// pushes what is large, in another way.
    pub fn of_each_generation() -> Vec<Self> {
        let old = Self::all().into_iter().find(|git| !git.knows_ephemeral_credentials());
        old.into_iter().chain([Self::with_bare_probe(), Self::newest()]).collect()
    }

    /// A git of 2.46 to 2.53, whose request before a large push lacks `authtype`: this machine's, or the one that
    /// tests/run.sh unpacks; `GIT_2_47` names another.
    pub fn with_bare_probe() -> Self {
        Self::of((2, 46), (2, 53), "GIT_2_47", "git-2.47")
    }

    /// A git of 2.54 or later: this machine's, or the one that tests/run.sh unpacks; `GIT_NEWEST` names another.
    pub fn newest() -> Self {
        Self::of((2, 54), (u32::MAX, 0), "GIT_NEWEST", "git-newest")
    }

    #[expect(clippy::disallowed_methods, reason = "which installation to judge with is said outside")]
    fn of(lowest: (u32, u32), highest: (u32, u32), variable: &str, directory: &str) -> Self {
        let is_one = |git: &Self| (lowest..=highest).contains(&git.version());
        let named = std::env::var_os(variable).map(|program| Self { program: program.into() });
        if let Some(git) = named.or_else(|| Self::all().into_iter().find(is_one)) {
            return git;
        }
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let git = Self { program: target.join(directory).join("bin/git") };
        assert!(git.program.is_file(), "there is no {}: tests/run.sh unpacks it", git.program.display());
        git
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
