//! What git uses without asking any helper, or this helper before what the user stored: names, never a token.

use super::{Finding, include, netrc};
use crate::endpoint::Hub;
use crate::file;
use crate::repository::entry::{Entry, printable};
use crate::source::environment;
use crate::terminal::quoted;
use crate::url::Url;

/// What keeps such a token, and has git ask for it.
const IMPORT: &str = "git-credential-hf import --delete-source";

/// All that wins over what the user stored or logged in with, outside of git's list of helpers.
#[must_use]
pub fn warnings(urls: &[String], entries: &[Entry]) -> Vec<String> {
    let mut warnings: Vec<_> = findings(urls, entries).iter().map(Finding::to_string).collect();
    warnings.extend(in_environment(&hosts(urls)));
    warnings
}

/// What git uses without asking any helper, and a file of ours that it looks for in vain.
#[must_use]
pub fn findings(urls: &[String], entries: &[Entry]) -> Vec<Finding> {
    let hosts = hosts(urls);
    let mut found = include::findings(entries);
    found.extend(in_netrc(&hosts));
    found.extend(entries.iter().filter_map(|entry| in_url(&hosts, entry)));
    found.extend(entries.iter().filter_map(|entry| in_header(&hosts, entry)));
    found
}

fn hosts(urls: &[String]) -> Vec<&str> {
    urls.iter().filter_map(|url| authority(url)).collect()
}

/// Entries in `~/.netrc` for one of these hosts.
pub(super) fn in_netrc(hosts: &[&str]) -> Vec<Finding> {
    let Some(home) = std::env::home_dir() else {
        return Vec::new();
    };
    let files: Vec<_> = [".netrc", "_netrc"]
        .into_iter()
        .map(|name| home.join(name))
        .filter_map(|path| file::read(&path).ok().flatten().map(|text| (path, text)))
        .collect();
    let named = |text: &[u8]| {
        hosts.iter().copied().find(|host| netrc::answers_for(text, host.split(':').next().unwrap_or(host)))
    };
    files
        .iter()
        .filter_map(|(file, text)| {
            let (host, file) = (named(text)?, file.display());
            Some(Finding {
                about: "netrc",
                told: format!("{file} has an entry for {host}, which git uses without asking a helper"),
                remedy: IMPORT.to_owned(),
            })
        })
        .collect()
}

fn in_url(hosts: &[&str], entry: &Entry) -> Option<Finding> {
    let rest = entry.key.strip_prefix("remote.");
    let remote = rest.and_then(|rest| rest.strip_suffix(".pushurl").or(rest.strip_suffix(".url")));
    if let Some(remote) = remote {
        let option = if entry.key.ends_with(".pushurl") { " --push" } else { "" };
        let clean = clean_of_token(&entry.value, hosts)?;
        return Some(Finding {
            about: "remote URLs",
            told: printable(&format!(
                "the URL of remote '{remote}' holds a token, which git uses without asking a helper"
            )),
            remedy: printable(&format!(
                "`{IMPORT}` keeps it, and `git remote set-url{option} {remote} {clean}` drops it"
            )),
        });
    }
    let rest = entry.key.strip_prefix("url.")?;
    let base = rest.strip_suffix(".insteadof").or(rest.strip_suffix(".pushinsteadof"))?;
    let clean = clean_of_token(base, hosts)?;
    Some(Finding {
        about: "insteadOf",
        told: printable(&format!(
            "url.{clean}.insteadOf (git's {} configuration) puts a token into URLs, which git uses without asking a \
             helper",
            entry.scope.name()
        )),
        remedy: IMPORT.to_owned(),
    })
}

/// A header that is sent at a place.
pub(super) fn in_headers(place: &Url, entries: &[Entry]) -> Option<Finding> {
    let is_here = |entry: &&Entry| {
        let pattern = entry.key.strip_prefix("http.").and_then(|rest| rest.strip_suffix("extraheader"));
        pattern.is_some_and(|pattern| match pattern.strip_suffix('.') {
            Some(url) => Url::parse(url).is_some_and(|pattern| pattern.covers(place).is_some()),
            None => pattern.is_empty(),
        })
    };
    let here: Vec<_> = entries.iter().filter(is_here).collect();
    // an empty one takes back those before it
    let start = here.iter().rposition(|entry| entry.value.is_empty()).map_or(0, |reset| reset + 1);
    here[start..].iter().find_map(|entry| of_header(entry))
}

fn in_header(hosts: &[&str], entry: &Entry) -> Option<Finding> {
    let place = entry.key.strip_prefix("http.")?.strip_suffix("extraheader")?;
    let host = place.split_once("://").map(|(_, rest)| rest.trim_end_matches(['.', '/']));
    let served = host.is_none_or(|host| hosts.contains(&host.split('/').next().unwrap_or(host)));
    served.then(|| of_header(entry)).flatten()
}

fn of_header(entry: &Entry) -> Option<Finding> {
    let place = entry.key.strip_prefix("http.")?.strip_suffix("extraheader")?;
    let name = entry.value.split(':').next().unwrap_or_default();
    name.eq_ignore_ascii_case("authorization").then(|| Finding {
        about: "extraHeader",
        told: printable(&format!(
            "http.{place}extraHeader (git's {} configuration) sends a token of its own, without asking a helper",
            entry.scope.name()
        )),
        remedy: printable(&format!(
            "git config --{} --unset-all {} '^[Aa]uthorization:'",
            entry.scope.name(),
            quoted(&entry.key)
        )),
    })
}

fn in_environment(hosts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((name, _)) = environment::in_force() {
        found.push(format!(
            "{name} is set: while it is, its token comes before those you stored or logged in with (unset {name} to \
             use these)"
        ));
    }
    found.extend(at_another_host(hosts).iter().map(Finding::to_string));
    found
}

/// That `HF_ENDPOINT` sends tokens to another host, or that it is not heeded.
#[must_use]
pub fn elsewhere(hub: &Hub) -> Vec<Finding> {
    let urls = hub.urls();
    let mut found = at_another_host(&hosts(&urls));
    if hub.ignores_endpoint() {
        found.push(Finding {
            about: "HF_ENDPOINT",
            told: "HF_ENDPOINT is no https URL of a host (nor http on this machine), so no token goes there".to_owned(),
            remedy: "set it to one, or unset it".to_owned(),
        });
    }
    found
}

fn at_another_host(hosts: &[&str]) -> Vec<Finding> {
    let others = hosts.iter().filter(|host| !["huggingface.co", "hf.co"].contains(host));
    others
        .map(|host| Finding {
            about: "HF_ENDPOINT",
            told: printable(&format!("HF_ENDPOINT sends your tokens to {host} too")),
            remedy: "unset it, and run unsetup and setup, unless that is your Hub".to_owned(),
        })
        .collect()
}

/// The URL without its userinfo, where that holds a token for one of `hosts`.
#[must_use]
pub fn clean_of_token(written: &str, hosts: &[&str]) -> Option<String> {
    let url = Url::parse(written)?;
    let held = url.password.is_some() || url.user.is_some_and(|user| user.starts_with("hf_") && user != "hf_user");
    (held && hosts.iter().any(|known| known.eq_ignore_ascii_case(&url.host))).then(|| url.as_written())
}

fn authority(url: &str) -> Option<&str> {
    url.split_once("://").map(|(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    fn entry(scope: Scope, key: &str, value: &str) -> Entry {
        Entry { scope, file: None, key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn a_token_in_a_url_is_found_and_never_shown() {
        let hosts = ["huggingface.co"];
        let url = "https://me:secret@HuggingFace.co/acme/model";
        let told = in_url(&hosts, &entry(Scope::Local, "remote.origin.url", url)).unwrap().to_string();
        assert!(
            told.contains("git remote set-url origin https://huggingface.co/acme/model`")
                && told.contains(IMPORT)
                && !told.contains("secret")
        );
        let pushurl = entry(Scope::Local, "remote.up.pushurl", "https://hf_abc@huggingface.co/x");
        let told = in_url(&hosts, &pushurl).unwrap().to_string();
        assert!(told.contains("--push up") && !told.contains("hf_abc"));
        let rule = entry(Scope::Global, "url.https://u:secret@huggingface.co/.insteadof", "https://huggingface.co/");
        let told = in_url(&hosts, &rule).unwrap().to_string();
        assert!(told.contains("insteadOf") && !told.contains("secret"));
        for harmless in [
            "https://huggingface.co/x",
            "https://hf_user@huggingface.co/x",
            "https://a:b@github.com/x",
            "git@hf.co:x",
            "https://a:b@huggingface.co.evil/x",
        ] {
            assert!(in_url(&hosts, &entry(Scope::Local, "remote.o.url", harmless)).is_none(), "{harmless}");
        }
    }

    #[test]
    fn a_header_with_a_token_is_found_and_never_shown() {
        let told = |key: &str, value: &str| in_header(&["huggingface.co"], &entry(Scope::Local, key, value));
        let header = "Authorization: Bearer secret";
        let warning = told("http.https://huggingface.co/.extraheader", header).unwrap().to_string();
        assert!(warning.contains("extraHeader") && !warning.contains("secret"));
        assert!(told("http.extraheader", header).is_some());
        assert!(told("http.https://github.com/.extraheader", header).is_none());
        assert!(told("http.extraheader", "X-Other: 1").is_none());
    }
}
