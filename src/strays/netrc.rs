//! `~/.netrc`: an entry of one of the Hub's hosts.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Result;
use zeroize::Zeroizing;

use super::{Place, Stray, read, token_of};
use crate::endpoint::{Endpoint, Hub};
use crate::notice::printable;
use crate::protocol::Request;
use crate::rewriting;
use crate::token::{AccessToken, same};
use crate::wiring::netrc::{self, Entry};

struct Netrc(PathBuf);

/// The files that curl reads for git.
#[must_use]
pub fn usual() -> Vec<PathBuf> {
    let home = std::env::home_dir();
    home.map_or_else(Vec::new, |home| [".netrc", "_netrc"].map(|name| home.join(name)).to_vec())
}

/// The tokens in such a file.
///
/// # Errors
///
/// When it is there and cannot be read.
pub fn find(hub: &Hub, path: &Path) -> Result<Vec<Stray>> {
    let text = rewriting::read(path)?.unwrap_or_default();
    let entries = netrc::entries(&text).into_iter();
    Ok(entries.filter_map(|entry| Stray::of(credential(&entry, hub)?, Netrc(path.to_owned()))).collect())
}

/// An entry as git's attributes. A machine has no port, so it is every Hub's of that name.
fn credential(entry: &Entry, hub: &Hub) -> Option<Request> {
    let (machine, password) = (entry.machine?, entry.password?);
    let urls = hub.urls();
    let (protocol, host) = urls.iter().filter_map(|url| url.split_once("://")).find(|(_, host)| {
        let name = host.rsplit_once(':').map_or(*host, |(name, _)| name);
        machine.eq_ignore_ascii_case(name.as_bytes())
    })?;
    let login = entry.login.unwrap_or_default();
    read(
        &[
            b"protocol=",
            protocol.as_bytes(),
            b"\nhost=",
            host.as_bytes(),
            b"\nusername=",
            login,
            b"\npassword=",
            password,
            b"\n",
        ],
        hub,
    )
}

impl Place for Netrc {
    fn told(&self) -> String {
        printable(&self.0)
    }

    fn clean(&self, endpoint: &Endpoint, token: &AccessToken, _: Option<&str>) -> Result<()> {
        let hub = Hub::from_env();
        let is_it = |entry: &Entry| {
            let found = credential(entry, &hub).and_then(token_of);
            found.is_some_and(|(of, found)| of == *endpoint && same(&found.secret, &token.secret))
        };
        rewriting::rewrite(&self.0, |text| {
            let mut kept = Zeroizing::new(text.to_vec());
            for entry in netrc::entries(text).into_iter().rev().filter(is_it) {
                kept.drain(with_its_lines(text, entry.span));
            }
            Ok((kept.len() < text.len()).then_some(kept))
        })
    }
}

/// An entry with the blanks before it and the line end behind it, where nothing else stands on its lines.
fn with_its_lines(text: &[u8], span: Range<usize>) -> Range<usize> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let start = text[..span.start].iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
    let end = text[span.end..].iter().position(|byte| !is_blank(byte)).map_or(text.len(), |next| span.end + next);
    let begins_a_line = start == 0 || text[start - 1] == b'\n';
    match text.get(end) {
        None if begins_a_line => start..end,
        Some(b'\n') if begins_a_line => start..end + 1,
        _ => span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_and_every_other_byte_stays() {
        for (before, after) in [
            ("machine huggingface.co login a password t\n", ""),
            ("machine huggingface.co login a password t", ""),
            (
                "machine x login a\n  machine huggingface.co\n\tpassword t \r\nmachine y\n",
                "machine x login a\nmachine y\n",
            ),
            ("machine x login a machine hf.co password t machine y", "machine x login a  machine y"),
            ("machine hf.co password t # mine\nmachine y", " # mine\nmachine y"),
            ("#a\n\nmachine hf.co password t\n\n#b\n", "#a\n\n\n#b\n"),
            (
                "macdef i\nmachine hf.co password t\n\nmachine hf.co\npassword t\n",
                "macdef i\nmachine hf.co password t\n\n",
            ),
            ("machine hf.co password t\nmachine x\nmachine hf.co password t\n", "machine x\n"),
            (
                "machine hf.co password u\nmachine evil.hf.co password t",
                "machine hf.co password u\nmachine evil.hf.co password t",
            ),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, before).unwrap();
            let endpoint = Hub::default().default_endpoint();
            let token = AccessToken::new("t".into());
            Netrc(file.path().to_owned()).clean(&endpoint, &token, None).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), after, "{before:?}");
        }
    }
}
