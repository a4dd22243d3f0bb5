//! Entries of netrc, which curl sends for git before any helper is asked, and which git-lfs and git-xet read too.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::remedy::{Command, Remedy};
use super::{Check, Finding};
use crate::endpoint::Hub;
use crate::file;
use crate::terminal::printable;
use crate::token::AccessToken;
use crate::url::Url;
use crate::wiring::netrc::{self, Entry};

/// What takes such a token out of its place and keeps it.
pub(super) fn import() -> Command {
    Command::of("git-credential-hf import --delete-source")
}

/// The entries for each Hub.
pub(super) fn findings(hub: &Hub) -> Vec<Finding> {
    let urls = hub.urls();
    let places: Vec<_> = urls.iter().filter_map(|url| Url::parse(url)).collect();
    let of_files = files().into_iter().filter_map(|path| at_any(&path, &places));
    of_files.collect()
}

/// The entry that is sent at a place.
pub(super) fn at(place: &Url) -> Option<Finding> {
    files().into_iter().find_map(|path| at_any(&path, std::slice::from_ref(place)))
}

/// Returns where such files are (`CURLOPT_NETRC(3)`). The name that Windows has is taken everywhere: a home may move.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "libcurl 8.16 and git-xet read the file that NETRC names")]
pub fn files() -> Vec<PathBuf> {
    let home = std::env::home_dir();
    let usual = home.into_iter().flat_map(|home| [".netrc", "_netrc"].map(|name| home.join(name)));
    let named = std::env::var_os("NETRC").map(PathBuf::from).filter(|path| path.is_absolute());
    let mut files: Vec<_> = named.into_iter().chain(usual).collect();
    files.dedup();
    files
}

fn at_any(path: &Path, places: &[Url]) -> Option<Finding> {
    let text = file::read(path).ok().flatten()?;
    let entries = netrc::entries(&text);
    let (place, entry) = places.iter().find_map(|place| Some((place, entry_at(&entries, place)?)))?;
    let shown = printable(&path.display().to_string());
    let what = if entry.machine.is_some() { "an entry" } else { "a default entry, which counts" };
    let message = format!(
        "{shown} has {what} for {}: git sends it first, and asks this helper only if the Hub rejects it",
        place.host
    );
    let remedy = if entry.machine.is_some() {
        Remedy::run(import())
    } else {
        Remedy::say(format!("give the entry a machine instead of `default`, in {shown}"))
    };
    let token = entry
        .password
        .and_then(|password| std::str::from_utf8(password).ok())
        .map(|password| AccessToken::new(SecretString::from(password)));
    Some(Finding::warn(Check::NetrcEntry, message, remedy).at(shown).sending(token))
}

/// The entry that answers at a place: a name in the URL takes only its own, and `default` counts where no machine does.
fn entry_at<'a, 'b>(entries: &'b [Entry<'a>], place: &Url) -> Option<&'b Entry<'a>> {
    let host = place.host.rsplit_once(':').map_or(place.host.as_str(), |(host, _)| host);
    let is_for = |entry: &&Entry| {
        let is_named = place.user.is_none_or(|user| entry.login.is_none_or(|login| login == user.as_bytes()));
        is_named && (entry.login.is_some() || entry.password.is_some())
    };
    let is_host = |entry: &&Entry| entry.machine.is_some_and(|name| name.eq_ignore_ascii_case(host.as_bytes()));
    let is_default = |entry: &&Entry| entry.machine.is_none();
    let of_host = entries.iter().filter(is_host).find(is_for);
    of_host.or_else(|| entries.iter().filter(is_default).find(is_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_curl_sends_is_found() {
        for (text, url, found) in [
            ("machine huggingface.co login a password b", "https://huggingface.co/x/y", true),
            ("machine huggingface.co login a password b", "https://a@huggingface.co/x/y", true),
            ("machine huggingface.co login a password b", "https://c@huggingface.co/x/y", false),
            ("machine huggingface.co password b", "https://c@huggingface.co/x/y", true),
            ("machine huggingface.co", "https://huggingface.co/x/y", false),
            ("machine hf.co login a password b", "https://huggingface.co/x/y", false),
            ("default login a password b", "https://huggingface.co/x/y", true),
            ("default", "https://huggingface.co/x/y", false),
        ] {
            let entries = netrc::entries(text.as_bytes());
            assert_eq!(entry_at(&entries, &Url::parse(url).unwrap()).is_some(), found, "{text} at {url}");
        }
    }
}
