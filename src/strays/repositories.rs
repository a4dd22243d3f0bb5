//! The repositories a person has: the files of git's configuration in each, found without asking git about any.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};

use crate::file;
use crate::notice::printable;
use crate::private::is_ours;

/// The configuration files of the repository we stand in, and of its submodules; another user's is an error in their place.
#[must_use]
pub fn here() -> Vec<Result<PathBuf>> {
    let mut found = Repositories::default();
    let here = std::env::current_dir().unwrap_or_default();
    if let Some(git_directory) = here.ancestors().find_map(git_directory_of) {
        found.add(&git_directory);
    }
    found.look_below_all(|_| {});
    found.configs
}

/// Those of every repository in a directory, however deep: bare ones, worktrees and submodules too. `tell` is told how
/// many there are so far.
///
/// # Errors
///
/// When there is no such directory.
pub fn below(directory: &Path, tell: impl FnMut(usize)) -> Result<Vec<Result<PathBuf>>> {
    ensure!(directory.is_dir(), "there is no directory {}", printable(directory));
    let mut found = Repositories::default();
    found.pending.push(directory.to_owned());
    found.look_below_all(tell);
    Ok(found.configs)
}

#[derive(Default)]
struct Repositories {
    /// Where is still to be looked.
    pending: Vec<PathBuf>,
    /// Each once, however many ways lead to it.
    known: HashSet<PathBuf>,
    configs: Vec<Result<PathBuf>>,
}

impl Repositories {
    fn look_below_all(&mut self, mut tell: impl FnMut(usize)) {
        while let Some(directory) = self.pending.pop() {
            tell(self.known.len());
            if let Some(git_directory) = git_directory_of(&directory) {
                self.add(&git_directory);
                if git_directory == directory {
                    continue;
                }
            }
            // no link is followed, so that there is an end
            let inside = fs::read_dir(&directory).into_iter().flatten().flatten();
            let inside = inside.filter(|entry| entry.file_name() != ".git");
            let below = inside.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            self.pending.extend(below.map(|entry| entry.path()));
        }
    }

    fn add(&mut self, git_directory: &Path) {
        let Ok(git_directory) = git_directory.canonicalize() else { return };
        if !self.known.insert(git_directory.clone()) {
            return;
        }
        // as git has it (`safe.directory` in git-config(1))
        if !fs::metadata(&git_directory).is_ok_and(|about| is_ours(&about)) {
            return self.configs.push(Err(anyhow!("{} is another user's: left alone", printable(&git_directory))));
        }
        if let Some(common) = common_directory(&git_directory) {
            return self.add(&common);
        }
        let worktrees = fs::read_dir(git_directory.join("worktrees")).into_iter().flatten().flatten();
        let worktrees = worktrees.map(|worktree| worktree.path());
        let of_worktrees = worktrees.chain([git_directory.clone()]).map(|at| at.join("config.worktree"));
        let files = of_worktrees.chain([git_directory.join("config")]).filter(|file| file.exists());
        self.configs.extend(files.map(Ok));
        self.pending.push(git_directory.join("modules"));
    }
}

/// What git takes for one (gitrepository-layout(5)).
fn is_git_directory(directory: &Path) -> bool {
    directory.join("HEAD").exists() && directory.join("objects").is_dir() && directory.join("refs").is_dir()
}

/// The directory itself, its `.git`, or where that leads.
fn git_directory_of(worktree: &Path) -> Option<PathBuf> {
    if is_git_directory(worktree) {
        return Some(worktree.to_owned());
    }
    let git = worktree.join(".git");
    let about = fs::metadata(&git).ok()?;
    if about.is_dir() {
        return is_git_directory(&git).then_some(git);
    }
    let place = path_in(&git, "gitdir: ")?;
    Some(worktree.join(place)).filter(|place| place.join("HEAD").exists())
}

/// Where a worktree beside the main one has what it shares with it.
fn common_directory(git_directory: &Path) -> Option<PathBuf> {
    let common = git_directory.join(path_in(&git_directory.join("commondir"), "")?);
    is_git_directory(&common).then_some(common)
}

fn path_in(file: &Path, before: &str) -> Option<PathBuf> {
    let text = file::read(file).ok()??;
    let text = std::str::from_utf8(&text).ok()?.trim_end_matches(['\n', '\r']);
    text.strip_prefix(before).map(PathBuf::from)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_repository_is_found_once_and_no_link_leads_astray() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        let make = |path: &str| {
            for part in ["objects", "refs"] {
                fs::create_dir_all(top.join(path).join(part)).unwrap();
            }
            fs::write(top.join(path).join("HEAD"), "ref: refs/heads/main\n").unwrap();
            fs::write(top.join(path).join("config"), "").unwrap();
        };
        for path in ["in/a/.git", "in/a/.git/modules/x/y", "in/b.git", "out/c/.git", "out/d/.git", "in/a/deep/e/.git"] {
            make(path);
        }
        let worktree = top.join("out/c/.git/worktrees/w");
        fs::create_dir_all(&worktree).unwrap();
        fs::write(worktree.join("HEAD"), "x\n").unwrap();
        fs::write(worktree.join("commondir"), "../..\n").unwrap();
        fs::write(worktree.join("config.worktree"), "").unwrap();
        fs::create_dir(top.join("in/w")).unwrap();
        fs::write(top.join("in/w/.git"), format!("gitdir: {}\n", worktree.display())).unwrap();
        symlink("../..", top.join("in/a/loop")).unwrap();
        symlink(top.join("out/d"), top.join("in/d")).unwrap();
        fs::create_dir(top.join("in/f")).unwrap();
        nix::unistd::mkfifo(&top.join("in/f/.git"), nix::sys::stat::Mode::S_IRWXU).unwrap();

        let mut found: Vec<_> = below(&top.join("in"), |_| {}).unwrap().into_iter().map(Result::unwrap).collect();
        found.sort();
        let found: Vec<_> = found.iter().map(|path| path.strip_prefix(&top).unwrap().to_str().unwrap()).collect();
        let wanted = [
            "in/a/.git/config",
            "in/a/.git/modules/x/y/config",
            "in/a/deep/e/.git/config",
            "in/b.git/config",
            "out/c/.git/config",
            "out/c/.git/worktrees/w/config.worktree",
        ];
        assert_eq!(found, wanted);
    }
}
