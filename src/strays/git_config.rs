//! URLs in git's configuration that hold a token: a remote's, a submodule's, one that `insteadOf` puts in.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use zeroize::Zeroizing;

use super::{Place, Stray, read_url, token_of};
use crate::endpoint::{Endpoint, Hub};
use crate::notice;
use crate::repository;
use crate::rewriting;
use crate::terminal::printable;
use crate::token::{AccessToken, same};
use crate::url::{Parts, encoded};

type Bytes = Zeroizing<Vec<u8>>;

struct GitConfig {
    file: PathBuf,
    /// The key, without what a URL in it holds.
    key: String,
}

/// The tokens in such a file, wherever in it there is a URL.
///
/// # Errors
///
/// When it is there and cannot be read.
pub fn find(hub: &Hub, path: &Path) -> Result<Vec<Stray>> {
    // most have none, and git need not be started for these
    let Some(text) = rewriting::read(path)?.filter(|text| text.contains(&b'@')) else { return Ok(Vec::new()) };
    let listed = repository::listed(&text).with_context(|| format!("cannot read {}", notice::printable(path)))?;
    let strays = lines(&listed).into_iter().flat_map(|line| {
        line.urls().into_iter().filter_map(move |url| {
            let place = GitConfig { file: path.to_owned(), key: line.key() };
            Stray::of(read_url(url, hub)?, place)
        })
    });
    Ok(strays.collect())
}

impl Place for GitConfig {
    fn told(&self) -> String {
        format!("{} ({})", notice::printable(&self.file), printable(&self.key))
    }

    fn clean(&self, endpoint: &Endpoint, token: &AccessToken, name: Option<&str>) -> Result<()> {
        let hub = Hub::from_env();
        let is_it = |url: &[u8]| {
            let found = read_url(url, &hub).and_then(token_of);
            found.is_some_and(|(of, found)| of == *endpoint && same(&found.secret, &token.secret))
        };
        rewriting::rewrite(&self.file, |text| {
            let listed = repository::listed(text)?;
            let lines = lines(&listed);
            let meant = lines.iter().flat_map(Line::urls).filter(|url| is_it(url)).filter_map(Authority::of);
            let (mut text, mut is_changed) = (Zeroizing::new(text.to_vec()), false);
            for authority in meant {
                text = authority.replaced(&text, name);
                is_changed = true;
            }
            let wanted: Vec<_> = lines.iter().map(|line| line.with(|url| cleaned(url, name, is_it))).collect();
            // git is the judge of what the file says now: all that it said before, and these URLs without their token
            let listed = repository::listed(&text)?;
            let is_well = self::lines(&listed).iter().map(|line| line.with(<[u8]>::to_vec)).eq(wanted);
            ensure!(is_well, "the URL stands there in more than one piece (take the token out with git config --edit)");
            Ok(is_changed.then_some(text))
        })
    }
}

fn cleaned(url: &[u8], name: Option<&str>, is_it: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    match Authority::of(url).filter(|_| is_it(url)) {
        Some(authority) => [&authority.with(name), authority.rest].concat(),
        None => url.to_vec(),
    }
}

/// A line of `git config -z --list`, in its parts.
#[derive(Clone, Copy)]
struct Line<'a> {
    section: &'a [u8],
    /// What may be a URL: `url.<URL>.insteadOf`.
    subsection: &'a [u8],
    variable: &'a [u8],
    value: &'a [u8],
}

fn lines(listed: &[u8]) -> Vec<Line<'_>> {
    let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let parts = lines.map(|line| {
        let (key, value) = line.split_at(line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len()));
        let dot = |byte: &u8| *byte == b'.';
        let first = key.iter().position(dot).map_or(0, |dot| dot + 1);
        let last = key.iter().rposition(dot).unwrap_or_default().max(first);
        Line { section: &key[..first], subsection: &key[first..last], variable: &key[last..], value }
    });
    parts.collect()
}

impl<'a> Line<'a> {
    fn urls(&self) -> [&'a [u8]; 2] {
        [self.subsection, self.value.get(1..).unwrap_or_default()]
    }

    /// The key as it may be shown.
    fn key(&self) -> String {
        let subsection = cleaned(self.subsection, None, |_| true);
        String::from_utf8_lossy(&[self.section, &subsection, self.variable].concat()).into_owned()
    }

    /// The whole line, with its URLs changed.
    fn with(&self, change: impl Fn(&[u8]) -> Vec<u8>) -> [Bytes; 2] {
        let [subsection, value] = self.urls().map(|url| Zeroizing::new(change(url)));
        let key = [self.section, &subsection, self.variable].concat();
        [Zeroizing::new(key), value]
    }
}

/// A URL as it is written, up to its host, and what follows.
struct Authority<'a> {
    scheme: &'a [u8],
    userinfo: &'a [u8],
    host: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Authority<'a> {
    /// Of a URL with a userinfo.
    fn of(url: &'a [u8]) -> Option<Self> {
        let Parts { scheme, userinfo, host, path } = Parts::of(url)?;
        Some(Self { scheme, userinfo: userinfo?, host, rest: path })
    }

    /// With a name alone in place of the userinfo.
    fn with(&self, name: Option<&str>) -> Vec<u8> {
        let userinfo = name.map_or_else(String::new, |name| encoded(name) + "@");
        [self.scheme, b"://", userinfo.as_bytes(), self.host].concat()
    }

    /// A text in which it has a name alone, wherever it stands.
    fn replaced(&self, text: &[u8], name: Option<&str>) -> Bytes {
        let old = Zeroizing::new([self.scheme, b"://", self.userinfo, b"@", self.host].concat());
        let new = self.with(name);
        // a longer host is another
        let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !b".-_:@%".contains(byte);
        let mut replaced = Zeroizing::new(Vec::with_capacity(text.len() + new.len()));
        let mut rest = text;
        while let Some(first) = rest.first() {
            if let Some(after) = rest.strip_prefix(old.as_slice()).filter(|after| after.first().is_none_or(ends)) {
                replaced.extend_from_slice(&new);
                rest = after;
            } else {
                replaced.push(*first);
                rest = &rest[1..];
            }
        }
        replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str, name: Option<&str>) -> Result<String> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(&file, text)?;
        let place = GitConfig { file: file.path().to_owned(), key: String::new() };
        let (endpoint, token) = (Hub::default().default_endpoint(), AccessToken::new("hf_A".into()));
        place.clean(&endpoint, &token, name)?;
        Ok(std::fs::read_to_string(&file)?)
    }

    #[test]
    fn every_url_of_a_token_has_a_name_instead_and_every_other_byte_stays() {
        let text = "# https://b:hf_A@hf.co/x\n[remote \"o\"]\n\turl = https://b:hf_A@hf.co/x # mine\n\
                    [remote \"p\"]\n\turl = \"https://hf_A@huggingface.co\"\n\tpushurl=https://b:hf_B@hf.co/x\n\
                    [url \"https://b:hf_A@hf.co\"]\n\tinsteadOf = https://b:hf_A@hf.co.evil.example/x\n\tpushInsteadOf\n";
        let wanted = text
            .replace("https://b:hf_A@hf.co.evil", "EVIL")
            .replace("https://b:hf_A@", "https://a%20%C3%A9@")
            .replace("https://hf_A@", "https://a%20%C3%A9@")
            .replace("EVIL", "https://b:hf_A@hf.co.evil");
        assert_eq!(cleaned(text, Some("a é")).unwrap(), wanted);
        let text = "[remote \"o\"]\n\turl = https://b:hf_A@hf.co/x";
        assert_eq!(cleaned(text, None).unwrap(), text.replace("b:hf_A@", ""));
        assert_eq!(cleaned("[a]\nb", None).unwrap(), "[a]\nb");
    }

    #[test]
    fn what_cannot_be_cleaned_exactly_is_left() {
        assert!(cleaned("[remote \"o\"]\n\turl = https://b:hf_\\\nA@hf.co/x\n", None).is_err());
        assert!(cleaned("[remote \"o\"\n\turl = https://b:hf_A@hf.co/x\n", None).is_err());
    }

    #[test]
    fn a_key_is_shown_without_the_token_in_it() {
        let listed = b"url.https://b:hf_A@hf.co/.insteadof\nhub:\0";
        assert_eq!(lines(listed)[0].key(), "url.https://hf.co/.insteadof");
    }
}
