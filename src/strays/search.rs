//! Every place that is looked at for tokens, and in which order.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Stray, credentials_file, git_config, helper, hf_home, netrc, repositories};
use crate::endpoint::Hub;
use crate::repository::entry::Entry;
use crate::rewriting;
use crate::terminal::Progress;

/// The tokens in each place; what cannot be read is an error among them. What git would use for any repository comes first,
/// as it does with git. What was left behind by a run that was killed is removed where `is_to_sweep` says so. `entries` are the system's and the user's own; the repositories are those below `tree`, else the one we stand in.
///
/// # Errors
///
/// When there is no such tree.
pub fn everywhere(
    hub: &Hub,
    entries: &[Entry],
    tree: Option<&Path>,
    takes_from_hf: bool,
    is_to_sweep: bool,
) -> Result<Vec<Result<Vec<Stray>>>> {
    let mut progress = Progress::default();
    let swept = |file: &Path| {
        if is_to_sweep {
            rewriting::sweep(file);
        }
    };
    let helpers = helper::configured(hub, entries);
    let credentials = credentials_file::usual().into_iter().chain(helpers.iter().filter_map(helper::Helper::file));
    let (netrcs, credentials) = (netrc::usual(), unique(credentials));
    netrcs.iter().chain(&credentials).for_each(|file| swept(file));
    let mut found: Vec<_> = netrcs.iter().map(|file| netrc::find(hub, file)).collect();
    found.extend(credentials.iter().map(|file| credentials_file::find(hub, file)));
    for helper in &helpers {
        progress.tell(|| "asking the other helpers".to_owned());
        found.push(helper.find(hub));
    }
    let own = unique(entries.iter().filter_map(|entry| entry.file.clone()));
    let of_repositories = match tree {
        Some(tree) => repositories::below(tree, |count| progress.tell(|| format!("{count} repositories so far")))?,
        None => repositories::here(),
    };
    for file in own.into_iter().map(Ok).chain(of_repositories) {
        progress.tell(|| "reading what git is told in each".to_owned());
        found.push(file.and_then(|file| {
            swept(&file);
            git_config::find(hub, &file)
        }));
    }
    if takes_from_hf {
        found.push(hf_home::find(hub));
    }
    Ok(found)
}

/// Each path once, the first time.
fn unique(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut known = std::collections::HashSet::new();
    paths.filter(|path| known.insert(path.clone())).collect()
}
