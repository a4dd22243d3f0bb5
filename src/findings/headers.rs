//! Headers of git's configuration that hold a token (`http.<url>.extraHeader`).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::remedy::{Command, Remedy};
use super::{Check, Finding, place};
use crate::endpoint::Hub;
use crate::repository::entry::Entry;
use crate::token::AccessToken;
use crate::url::Url;

/// The headers that are sent to the Hubs, or to a part of one.
pub(super) fn findings(hub: &Hub, entries: &[Entry]) -> Vec<Finding> {
    let is_of_hub = |entry: &&Entry| {
        pattern(entry).is_some_and(|pattern| {
            pattern.is_empty()
                || Url::parse(pattern).is_some_and(|place| {
                    place.endpoint(hub).is_some()
                        || hub.urls().iter().any(|url| Url::parse(url).is_some_and(|hub| place.covers(&hub).is_some()))
                })
        })
    };
    sent(entries.iter().filter(is_of_hub).collect()).collect()
}

/// The header that is sent at a place.
pub(super) fn at(place: &Url, entries: &[Entry]) -> Option<Finding> {
    let is_here = |entry: &&Entry| {
        pattern(entry).is_some_and(|pattern| {
            pattern.is_empty() || Url::parse(pattern).is_some_and(|pattern| pattern.covers(place).is_some())
        })
    };
    sent(entries.iter().filter(is_here).collect()).next()
}

/// The URL in the key; empty where there is none.
fn pattern(entry: &Entry) -> Option<&str> {
    let pattern = entry.key.strip_prefix("http.")?.strip_suffix("extraheader")?;
    if pattern.is_empty() { Some(pattern) } else { pattern.strip_suffix('.') }
}

/// An empty line takes back those before it.
fn sent(lines: Vec<&Entry>) -> impl Iterator<Item = Finding> {
    let start = lines.iter().rposition(|entry| entry.value.is_empty()).map_or(0, |reset| reset + 1);
    lines.into_iter().skip(start).filter_map(of)
}

fn of(entry: &Entry) -> Option<Finding> {
    let (name, value) = entry.value.split_once(':')?;
    if !name.trim().eq_ignore_ascii_case("authorization") {
        return None;
    }
    let place = place(entry);
    let message = format!("{place} sends a token of its own, and no helper's is sent");
    // the value is a secret, so that it is not named
    let remedy = match Command::unsetting_all(entry, "^[Aa]uthorization:") {
        Some(command) => Remedy::run(command),
        None => Remedy::of("unset GIT_CONFIG_COUNT").and(", or take the header out of the command that runs git"),
    };
    Some(Finding::warn(Check::HeaderToken, message, remedy).at(place).sending(token(value)))
}

/// The token of `Bearer TOKEN`, or of `Basic` with a name before it.
fn token(value: &str) -> Option<AccessToken> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let secret = if scheme.eq_ignore_ascii_case("bearer") {
        Zeroizing::new(rest.trim().to_owned())
    } else {
        let decoded = Zeroizing::new(BASE64_STANDARD.decode(rest.trim()).ok()?);
        let text = std::str::from_utf8(&decoded).ok()?;
        Zeroizing::new(text.split_once(':')?.1.to_owned())
    };
    Some(AccessToken::new(SecretString::from(secret.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    fn entry(key: &str, value: &str) -> Entry {
        Entry { scope: Scope::Local, file: None, key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn a_header_with_a_token_is_found_and_never_shown() {
        let found = |key: &str, value: &str| findings(&Hub::default(), &[entry(key, value)]).pop();
        let header = "Authorization: Bearer hf_hidden";
        let finding = found("http.https://huggingface.co/.extraheader", header).unwrap();
        assert!(finding.message.contains("extraheader") && !format!("{finding:?}").contains("hf_hidden"));
        assert!(found("http.extraheader", header).is_some());
        assert!(found("http.https://*.co/.extraheader", header).is_some());
        assert!(found("http.https://github.com/.extraheader", header).is_none());
        assert!(found("http.extraheader", "X-Other: 1").is_none());
        let lines = [entry("http.extraheader", header), entry("http.extraheader", "")];
        assert!(findings(&Hub::default(), &lines).is_empty());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "dummies")]
    fn its_token_is_read_in_both_schemes() {
        use secrecy::ExposeSecret as _;
        for value in [" Bearer hf_A", " basic eDpoZl9B"] {
            assert_eq!(token(value).unwrap().secret.expose_secret(), "hf_A", "{value}");
        }
        assert!(token(" Basic !").is_none());
    }
}
