//! The Hub's repositories: who may enter, and what they hold on disk.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::access::Account;
use super::http::{Request, Response};
use super::lfs;
use crate::rig::World;

/// What the Hub says to a token that may not push, through git and not through HTTP.
const PRE_RECEIVE: &str = "#!/bin/sh
test \"$HUB_ROLE\" = write && exit 0
echo 'You are not authorized to push to this repo.' >&2
echo 'Make sure that you are properly logged in.' >&2
exit 1
";

/// A repository by its path below the Hub: `acme/secret`, `datasets/acme/rows`, `spaces/acme/app`.
#[derive(Debug, Clone)]
pub struct Repository {
    pub name: String,
    /// The accounts that see it; none: everybody does.
    members: Option<Vec<String>>,
    /// Everybody sees it, its members alone may read it.
    gated: bool,
    /// It is somewhere else now: an absolute URL.
    moved_to: Option<String>,
}

impl Repository {
    /// Only `members` know that it exists.
    pub fn private(name: &str, members: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            members: Some(members.iter().map(|&member| member.to_owned()).collect()),
            gated: false,
            moved_to: None,
        }
    }

    /// Everybody may read it.
    pub fn public(name: &str) -> Self {
        Self { name: name.to_owned(), members: None, gated: false, moved_to: None }
    }

    /// Everybody knows it, `members` were let in.
    pub fn gated(name: &str, members: &[&str]) -> Self {
        Self { gated: true, ..Self::private(name, members) }
    }

    /// It sends everybody to another place.
    pub fn moved(name: &str, to: &str) -> Self {
        Self { moved_to: Some(to.to_owned()), ..Self::public(name) }
    }

    fn admits(&self, account: &Account) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(&account.name))
    }
}

#[derive(Default)]
pub(super) struct Repositories(HashMap<String, Repository>);

impl Repositories {
    pub(super) fn insert(&mut self, name: String, repository: Repository) {
        self.0.insert(name, repository);
    }

    /// Whether the API knows the repository for this account: everybody may see that a gated one is there.
    pub(super) fn look_at(&self, name: &str, request: &Request, account: Option<&Account>) -> Result<(), Response> {
        match self.0.get(name) {
            Some(repository) if repository.gated => Ok(()),
            Some(Repository { moved_to: Some(to), .. }) => Err(Response::redirect(to)),
            _ => self.enter(name, "", request, account).map(|_| ()),
        }
    }

    pub(super) fn admit(&mut self, name: &str, account: &str) {
        let members = self.0.get_mut(name).and_then(|repository| repository.members.as_mut());
        members.expect("it has members").push(account.to_owned());
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The repository, or why this account is not let in.
    pub(super) fn enter(
        &self,
        name: &str,
        service: &str,
        request: &Request,
        account: Option<&Account>,
    ) -> Result<&Repository, Response> {
        let writes = service == "/git-receive-pack" || request.query.contains("git-receive-pack");
        let repository = self.0.get(name);
        if let Some(to) = repository.and_then(|repository| repository.moved_to.as_ref()) {
            return Err(Response::redirect(&format!("{to}{service}?{}", request.query)));
        }
        match (repository, account) {
            (Some(repository), None) if repository.members.is_none() && !writes => Ok(repository),
            // whether it exists is nobody's business
            (_, None) => Err(Response::unauthorized()),
            (Some(repository), Some(account)) if repository.admits(account) => Ok(repository),
            (Some(repository), Some(_)) if repository.gated => Err(Response::text(
                403,
                &format!("Access to model {name} is restricted and you are not in the authorized list."),
            )),
            (None | Some(_), Some(_)) => Err(Response::not_found()),
        }
    }
}

/// A path below a repository: its name and the rest, which begins with a slash.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let at = ["/info/refs", "/git-upload-pack", "/git-receive-pack", "/info/lfs"]
        .iter()
        .find_map(|service| path.find(service))?;
    let name = path[..at].trim_start_matches('/');
    Some((name.strip_suffix(".git").unwrap_or(name), &path[at..]))
}

/// Where the bare repository is.
pub(super) fn bare(directory: &Path, name: &str) -> PathBuf {
    directory.join("repositories").join(format!("{name}.git"))
}

/// A file of the first commit.
pub enum File {
    Plain(&'static str, String),
    /// Kept by git-lfs.
    Large(&'static str, Vec<u8>),
    /// A path, the URL `.gitmodules` gives it, and its commit.
    Submodule(&'static str, String, String),
}

/// Makes the bare repository with one commit of these files.
pub(super) fn seed(directory: &Path, repository: &Repository, files: &[File]) {
    // a world without this Hub: plain files and git
    let world = World::new();
    let git = |args: &[&str]| world.git_in("tree", args).succeeded().out();
    fs::create_dir(world.home().join("tree")).expect("tree");
    git(&["init", "--quiet", "--initial-branch=main"]);
    for file in files {
        match file {
            File::Plain(path, text) => world.write(format!("tree/{path}"), text),
            File::Large(path, bytes) => {
                let object = lfs::object(directory, &lfs::oid(bytes));
                fs::create_dir_all(object.parent().expect("below the store")).expect("store");
                fs::write(object, bytes).expect("object");
                world.write(format!("tree/{path}"), lfs::pointer(bytes));
                world.write("tree/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
            }
            File::Submodule(path, url, _) => {
                let text = format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}\n");
                world.write("tree/.gitmodules", text);
            }
        }
    }
    git(&["add", "--all", "."]);
    for file in files {
        // after `add`, which takes a submodule that is not there for a deleted one
        if let File::Submodule(path, _, commit) = file {
            git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
        }
    }
    git(&["commit", "--quiet", "--allow-empty", "-m", "The first commit"]);
    let bare = bare(directory, &repository.name);
    let path = bare.to_str().expect("UTF-8");
    git(&["clone", "--quiet", "--bare", ".", path]);
    // what is pushed here does not compress, or is small
    let more = "[http]\n\treceivepack = true\n[core]\n\tcompression = 0\n";
    let config = fs::read_to_string(bare.join("config")).expect("a bare repository") + more;
    fs::write(bare.join("config"), config).expect("config");
    let hook = bare.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().expect("hooks")).expect("hooks");
    fs::write(&hook, PRE_RECEIVE).expect("hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("hook");
}

/// What `path` holds on main now.
pub(super) fn read(directory: &Path, name: &str, path: &str) -> Option<Vec<u8>> {
    let world = World::new();
    let shown = world.git_in(bare(directory, name), &["cat-file", "blob", &format!("main:{path}")]);
    (shown.status == Some(0)).then_some(shown.stdout)
}

/// The commit main is at.
pub(super) fn head(directory: &Path, name: &str) -> String {
    let world = World::new();
    let said = world.git_in(bare(directory, name), &["rev-parse", "main"]);
    said.succeeded().out().trim().to_owned()
}
