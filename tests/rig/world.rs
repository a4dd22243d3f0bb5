//! A world of its own for one test: a HOME, an environment and a path in which git finds the binary under test.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Git, Reply, finish};

/// Where the system's programs are; the developer's own path is not looked at.
pub const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_git-credential-hf");

/// A temporary HOME and a cleared environment; gone when dropped.
pub struct World {
    root: TempDir,
    env: BTreeMap<OsString, OsString>,
}

impl World {
    /// A world with nothing in it: no token, no keychain, no git configuration, no network but what a test adds.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("hf-world-").tempdir().expect("a temporary directory");
        fs::create_dir(root.path().join("home")).expect("HOME");
        fs::create_dir(root.path().join("tmp")).expect("TMPDIR");
        fs::create_dir(root.path().join("bin")).expect("bin");
        let world = Self { root, env: BTreeMap::new() };
        let (home, temporary) = (world.home(), world.root().join("tmp"));
        world
            .env("HOME", home)
            .env("TMPDIR", temporary)
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "Test")
            .env("GIT_AUTHOR_EMAIL", "test@example.invalid")
            .env("GIT_COMMITTER_NAME", "Test")
            .env("GIT_COMMITTER_EMAIL", "test@example.invalid")
            .using(&Git::first())
    }

    /// Sets a variable for every program of this world.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.set_env(name, value);
        self
    }

    /// The same, in the middle of a story.
    pub fn set_env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
    }

    /// Takes a variable away from every program of this world.
    pub fn without(mut self, name: &str) -> Self {
        self.unset_env(name);
        self
    }

    /// The same, in the middle of a story.
    pub fn unset_env(&mut self, name: &str) {
        self.env.remove(OsStr::new(name));
    }

    /// What a variable is set to; empty where it is not.
    pub fn variable(&self, name: &str) -> String {
        self.env.get(OsStr::new(name)).map_or_else(String::new, |value| value.to_string_lossy().into_owned())
    }

    /// Makes `git` mean that program, for git-lfs, `hf` and the helper too.
    pub fn using(self, git: &Git) -> Self {
        let bin = self.root.path().join("bin");
        _ = fs::remove_file(bin.join("git"));
        symlink(&git.program, bin.join("git")).expect("a link to git");
        let built = Path::new(BINARY).parent().expect("it is in a directory");
        let path = format!("{}:{}:{SYSTEM_PATH}", built.display(), bin.display());
        self.env("PATH", path)
    }

    /// Makes `git lfs` mean that program.
    pub fn use_lfs(&self, program: &Path) {
        symlink(program, self.root.path().join("bin/git-lfs")).expect("a link to git-lfs");
    }

    /// Writes the HF home's `token` file: the active token.
    pub fn token(self, token: &str) -> Self {
        self.write(self.hf_home().join("token"), token);
        self
    }

    /// The same, in the middle of a story.
    pub fn write_token(&self, token: &str) {
        self.write(self.hf_home().join("token"), token);
    }

    /// Writes the HF home's `stored_tokens` file.
    pub fn stored_tokens(self, text: &str) -> Self {
        self.write(self.hf_home().join("stored_tokens"), text);
        self
    }

    /// Writes `~/.gitconfig`.
    pub fn global_config(self, text: &str) -> Self {
        self.write(self.home().join(".gitconfig"), text);
        self
    }

    /// Gives git a system configuration: this text and nothing of the machine's.
    pub fn system_config(mut self, text: &str) -> Self {
        self.set_system_config(text);
        self
    }

    /// The same, in the middle of a story.
    pub fn set_system_config(&mut self, text: &str) {
        let path = self.root().join("system.gitconfig");
        self.write(&path, text);
        self.env.remove(OsStr::new("GIT_CONFIG_NOSYSTEM"));
        self.set_env("GIT_CONFIG_SYSTEM", path);
    }

    /// Everything of this world is below here.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Where the `hf` CLI keeps its files in this world.
    pub fn hf_home(&self) -> PathBuf {
        self.home().join(".cache/huggingface")
    }

    /// What the HF home's `stored_tokens` holds now; empty when there is none.
    pub fn read_stored_tokens(&self) -> String {
        fs::read_to_string(self.hf_home().join("stored_tokens")).unwrap_or_default()
    }

    /// Writes a file of this world, with the directories above it.
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().expect("below HOME")).expect("directories");
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// A program of this world, in its HOME and with nothing but its environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts the programs under test, each in a cleared environment"
    )]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = self.env.get(OsStr::new("PATH")).expect("always set");
        // a bare name would be looked up in the developer's path, not in this world's
        let program = std::env::split_paths(path)
            .map(|directory| directory.join(program.as_ref()))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| program.as_ref().into());
        let mut command = Command::new(program);
        command.env_clear().envs(&self.env).current_dir(self.home());
        command
    }

    /// Runs the helper as git would, with these bytes on its stdin.
    pub fn helper(&self, args: &[&str], input: impl AsRef<[u8]>) -> Reply {
        let mut command = self.command(BINARY);
        command.args(args);
        finish(command, input.as_ref())
    }

    /// Runs git in HOME.
    pub fn git(&self, args: &[&str]) -> Reply {
        self.git_in(self.home(), args)
    }

    /// Runs git in HOME, with these bytes on its stdin.
    pub fn git_fed(&self, args: &[&str], input: &str) -> Reply {
        let mut command = self.command("git");
        command.args(args);
        finish(command, input.as_bytes())
    }

    /// Runs git in a directory below HOME.
    pub fn git_in(&self, directory: impl AsRef<Path>, args: &[&str]) -> Reply {
        let mut command = self.command("git");
        command.current_dir(self.home().join(directory)).args(args);
        finish(command, b"")
    }

    /// Runs `git credential fill|approve|reject` with this helper alone, as any program would.
    pub fn credential(&self, operation: &str, input: impl AsRef<[u8]>) -> Reply {
        let mut command = self.command("git");
        command.args(["-c", "credential.helper=hf", "credential", operation]);
        finish(command, input.as_ref())
    }
}
