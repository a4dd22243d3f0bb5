//! The repositories a person has: the files of git's configuration in each, found without asking git about any.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::file;
use crate::notice::{cannot, printable};
use crate::private::is_ours;

/// The configuration files of the repository we stand in, and of its submodules; another user's is an error in their place.
#[must_use]
pub fn here() -> Vec<Result<PathBuf>> {
    let mut found = Repositories::default();
    let here = std::env::current_dir().unwrap_or_default();
    match here.ancestors().map(git_directory_of).find_map(Result::transpose) {
        Some(Ok(git_directory)) => found.add(&git_directory),
        Some(Err(unread)) => found.configs.push(Err(unread)),
        None => {}
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
            if let Err(unread) = self.look_at(&directory)
                // another user's may be closed to us
                && fs::metadata(&directory).is_ok_and(|about| is_ours(&about))
            {
                self.configs.push(Err(unread));
            }
        }
    }

    fn look_at(&mut self, directory: &Path) -> Result<()> {
        let found = git_directory_of(directory);
        if let Ok(Some(git_directory)) = &found {
            self.add(git_directory);
            if git_directory == directory {
                return Ok(());
            }
        }
        // no link is followed, so that there is an end
        let inside = file::inside(directory).map_err(|error| cannot("read", directory, &error))?;
        let below = inside.into_iter().filter(|entry| entry.is_directory && !entry.path.ends_with(".git"));
        self.pending.extend(below.map(|entry| entry.path));
        found.map(drop)
    }

    fn add(&mut self, git_directory: &Path) {
        if let Err(unread) = self.look_into(git_directory) {
            self.configs.push(Err(unread));
        }
    }

    fn look_into(&mut self, git_directory: &Path) -> Result<()> {
        let unread = |error| cannot("read", git_directory, &error);
        let git_directory = file::uninterrupted(|| git_directory.canonicalize()).map_err(unread)?;
        if !self.known.insert(git_directory.clone()) {
            return Ok(());
        }
        // as git has it (`safe.directory` in git-config(1))
        if !file::about(&git_directory)?.is_some_and(|about| is_ours(&about)) {
            bail!(LeftAlone::Another(git_directory));
        }
        if let Some(common) = common_directory(&git_directory)? {
            return self.look_into(&common);
        }
        let [worktrees, modules] = ["worktrees", "modules"].map(|name| git_directory.join(name));
        let worktrees = match file::about(&worktrees)? {
            Some(_) => file::inside(&worktrees).map_err(|error| cannot("read", &worktrees, &error))?,
            None => Vec::new(),
        };
        let of_worktrees = worktrees.into_iter().map(|worktree| worktree.path).chain([git_directory.clone()]);
        let of_worktrees = of_worktrees.map(|at| at.join("config.worktree"));
        for file in of_worktrees.chain([git_directory.join("config")]) {
            // whoever made the repository chose where a link leads
            if file.is_symlink() {
                self.configs.push(Err(LeftAlone::Link(file).into()));
            } else if file::about(&file)?.is_some() {
                self.configs.push(Ok(file));
            }
        }
        self.pending.extend(file::about(&modules)?.map(|_| modules));
        Ok(())
    }
}

/// What is neither read nor written, though it can be.
#[derive(Debug)]
pub enum LeftAlone {
    /// Another user's repository.
    Another(PathBuf),
    /// A link in a repository, which leads wherever its maker wanted.
    Link(PathBuf),
}

impl std::fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Another(path) => write!(f, "{} is another user's: left alone", printable(path)),
            Self::Link(path) => write!(f, "{} is a link: left alone", printable(path)),
        }
    }
}

impl std::error::Error for LeftAlone {}

/// What git takes for one (gitrepository-layout(5)).
fn is_git_directory(directory: &Path) -> Result<bool> {
    let holds_directory =
        |name| file::about(&directory.join(name)).map(|about| about.is_some_and(|about| about.is_dir()));
    Ok(file::about(&directory.join("HEAD"))?.is_some() && holds_directory("objects")? && holds_directory("refs")?)
}

/// The directory itself, its `.git`, or where that leads.
fn git_directory_of(worktree: &Path) -> Result<Option<PathBuf>> {
    if is_git_directory(worktree)? {
        return Ok(Some(worktree.to_owned()));
    }
    let git = worktree.join(".git");
    match file::about(&git)? {
        Some(about) if about.is_dir() => Ok(is_git_directory(&git)?.then_some(git)),
        Some(about) if about.is_file() => {
            let Some(place) = path_in(&git, "gitdir: ")?.map(|place| worktree.join(place)) else { return Ok(None) };
            Ok(file::about(&place.join("HEAD"))?.map(|_| place))
        }
        _ => Ok(None),
    }
}

/// Where a worktree beside the main one has what it shares with it.
fn common_directory(git_directory: &Path) -> Result<Option<PathBuf>> {
    let Some(place) = path_in(&git_directory.join("commondir"), "")? else { return Ok(None) };
    let common = git_directory.join(place);
    Ok(is_git_directory(&common)?.then_some(common))
}

fn path_in(file: &Path, before: &str) -> Result<Option<PathBuf>> {
    let Some(text) = file::read(file)? else { return Ok(None) };
    let Ok(text) = std::str::from_utf8(&text) else { return Ok(None) };
    Ok(text.trim_end_matches(['\n', '\r']).strip_prefix(before).map(PathBuf::from))
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
