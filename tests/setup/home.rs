//! A home of a test's own: its HOME, its PATH, one of the machine's gits, and nothing else of the environment.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_git-credential-hf");

pub(crate) struct Home {
    directory: TempDir,
}

pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a claim with each git of another version on this machine.
pub(crate) fn with_every_git(claim: impl Fn(&Home)) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/bin".into(), "/usr/bin".into()];
    let mut gits = BTreeMap::new();
    for directory in std::env::split_paths(&path).chain(usual) {
        let git = directory.join("git");
        if let Ok(output) = Command::new(&git).arg("version").output() {
            gits.entry(output.stdout).or_insert(git);
        }
    }
    assert!(!gits.is_empty(), "these tests need git");
    for git in gits.values() {
        eprintln!("with {}", git.display());
        claim(&Home::new(git));
    }
}

impl Home {
    fn new(git: &Path) -> Self {
        let home = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.path("bin")).unwrap();
        symlink(git, home.path("bin/git")).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Copies the program by another process: what another thread starts just then would hold the copy open, and it could not
    /// be run.
    pub(crate) fn copy_program(&self, name: &str) {
        let copied = Command::new("cp").arg("--remove-destination").arg(BINARY).arg(self.path(name)).status().unwrap();
        assert!(copied.success(), "{name}");
    }

    pub(crate) fn script(&self, name: &str, lines: &str) -> PathBuf {
        let file = self.write(name, &format!("#!/bin/sh\n{lines}\n"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    /// Has git say that it is of another version.
    pub(crate) fn git_says(&self, version: &str) {
        let real = self.path("real-git");
        if !real.is_symlink() {
            std::fs::rename(self.path("bin/git"), &real).unwrap();
        }
        let real = real.display();
        self.script("bin/git", &format!("[ \"$*\" = version ] && exec echo git version {version}\nexec {real} \"$@\""));
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// git's own file, the user's.
    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.path(".gitconfig")).unwrap_or_default()
    }

    /// The file of ours that git's includes, without what tells who wrote it.
    pub(crate) fn ours(&self) -> String {
        self.ours_below(".config")
    }

    pub(crate) fn ours_below(&self, directory: &str) -> String {
        let text = std::fs::read_to_string(self.path(directory).join("git-credential-hf/gitconfig"));
        let text = text.unwrap_or_default();
        text.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect()
    }

    /// Neither file: as where this program never was.
    pub(crate) fn start_anew(&self, config: &str) {
        _ = std::fs::remove_dir_all(self.path(".config"));
        self.write(".gitconfig", config);
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Every file below, but for git's own repositories.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path(""))
            .env("GIT_CONFIG_SYSTEM", self.path("system"))
            .env("GIT_CEILING_DIRECTORIES", self.path(""))
            .current_dir(self.path(""));
        command
    }

    /// This program, with a line of words.
    pub(crate) fn hf(&self, line: &str) -> Ended {
        ended(self.command(BINARY).args(line.split_whitespace()), "")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Ended {
        ended(self.command(self.path("bin/git")).args(arguments), "")
    }

    /// The values git sees for a key, one a line.
    pub(crate) fn values(&self, key: &str) -> String {
        self.git(&["config", "--get-all", key]).stdout
    }

    pub(crate) fn fill(&self, host: &str) -> Ended {
        let mut command = self.command(self.path("bin/git"));
        command.args(["credential", "fill"]).env("GIT_TERMINAL_PROMPT", "0");
        ended(&mut command, &format!("protocol=https\nhost={host}\n\n"))
    }
}

pub(crate) fn ended(command: &mut Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ended {
        success: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ended {
    pub(crate) fn ok(self) -> Self {
        assert!(self.success, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Both streams, as a terminal shows them.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
