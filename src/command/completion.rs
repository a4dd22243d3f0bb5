//! The names that the shells complete a word to.

use crate::cli::Names;
use crate::endpoint::Hub;
use crate::here::Here;
use crate::repository::owner;
use crate::url::Url;
use crate::wiring::bindings;
use crate::wiring::namespace::Namespace;

/// Reads the files and the keychain alone: nothing is refreshed, and the Hub is not asked.
pub const NAMES: Names = Names { tokens, bound, organizations };

fn tokens() -> Vec<String> {
    let here = Here::from_cwd();
    let sources = here.sources_offline();
    let listed = sources.iter().flat_map(|source| source.list(&here.endpoint)).flatten();
    sorted(listed.map(|held| held.name).filter(|name| !name.is_empty()))
}

fn bound() -> Vec<String> {
    let Here { hub, entries, .. } = Here::from_cwd();
    sorted(bindings::all(&hub.urls(), &entries).into_iter().map(|binding| binding.organisation))
}

fn organizations() -> Vec<String> {
    let Here { hub, entries, .. } = Here::from_cwd();
    let remotes = owner::remotes(&entries).filter_map(|remote| organization_of(&remote.url, &hub));
    sorted(remotes.chain(bound()))
}

fn organization_of(url: &str, hub: &Hub) -> Option<String> {
    let place = Url::parse(url)?;
    place.endpoint(hub)?;
    let (organization, _repository) = place.path.trim_start_matches('/').rsplit_once('/')?;
    Some(Namespace::at(organization)?.1.name().to_owned())
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}
