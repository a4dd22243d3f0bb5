//! The lines of a request, as bytes: what is an attribute, and what makes a request one git never sends.

use std::io::{ErrorKind, Read};

use anyhow::{Context as _, Result, bail, ensure};
use zeroize::Zeroizing;

use crate::url::{Parts, decoded_as_git};

/// The whole of a request is held in memory; git documents lines of at most 64 KiB.
const LONGEST_REQUEST: usize = 16 << 20;

const HOLDS_CR: &str = "malformed request: a value holds a carriage return";

pub(super) type Value = Zeroizing<Vec<u8>>;

/// The attributes of a request that count, as bytes.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) protocol: Option<Value>,
    pub(super) host: Option<Value>,
    pub(super) path: Option<Value>,
    pub(super) username: Option<Value>,
    pub(super) password: Option<Value>,
    pub(super) authtype: Option<Value>,
    pub(super) credential: Option<Value>,
    pub(super) password_expiry_utc: Option<Value>,
    pub(super) oauth_refresh_token: Option<Value>,
    pub(super) ephemeral: Option<Value>,
    pub(super) capabilities: Vec<Vec<u8>>,
    pub(super) state: Vec<Vec<u8>>,
    pub(super) challenged: bool,
}

impl Attributes {
    /// Reads one request; what follows its blank line is not looked at.
    pub(super) fn read(input: &mut impl Read) -> Result<Self> {
        let request = read_to_blank_line(input)?;
        let lines = || {
            let all = request.split_inclusive(|byte| *byte == b'\n');
            all.take_while(|line| !without_line_end(line).is_empty())
        };
        // git takes a CR away before a LF. Where some lines alone have one, it is part of their values
        let has_cr = lines().all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"));
        let mut attributes = Self::default();
        for line in lines() {
            let line = if has_cr { without_line_end(line) } else { line.strip_suffix(b"\n").unwrap_or(line) };
            ensure!(!line.contains(&0), "malformed request: a line holds a NUL");
            let equals = line.iter().position(|byte| *byte == b'=');
            let (key, value) = line.split_at(equals.context("malformed request: a line has no `=`")?);
            attributes.set(key, &value[1..])?;
        }
        Ok(attributes)
    }

    /// Takes in one attribute; an unknown one is ignored, as gitcredentials(7) asks.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let list = match key {
            b"url" => {
                ensure!(!value.ends_with(b"\r"), HOLDS_CR);
                return self.set_url(value);
            }
            b"capability[]" => Some(&mut self.capabilities),
            b"state[]" => Some(&mut self.state),
            b"wwwauth[]" => {
                self.challenged = true;
                return Ok(());
            }
            _ => None,
        };
        if let Some(list) = list {
            ensure!(!value.ends_with(b"\r"), HOLDS_CR);
            append(list, value);
            return Ok(());
        }
        // it is used for nothing; git takes away what is a line's end
        let is_path = key == b"path";
        let end = value.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let value = if is_path { &value[..end] } else { value };
        let slot = match key {
            b"protocol" => &mut self.protocol,
            b"host" => &mut self.host,
            b"path" => &mut self.path,
            b"username" => &mut self.username,
            b"password" => &mut self.password,
            b"authtype" => &mut self.authtype,
            b"credential" => &mut self.credential,
            b"password_expiry_utc" => &mut self.password_expiry_utc,
            b"oauth_refresh_token" => &mut self.oauth_refresh_token,
            b"ephemeral" => &mut self.ephemeral,
            _ => return Ok(()),
        };
        ensure!(is_path || !value.contains(&b'\r'), HOLDS_CR);
        ensure!(
            slot.as_deref().is_none_or(|earlier| earlier == value),
            "malformed request: an attribute is repeated with another value"
        );
        *slot = Some(Zeroizing::new(value.to_vec()));
        Ok(())
    }

    /// `url` stands for its parts and forgets all that came before it, capabilities included (`credential_from_url` in
    /// git's `credential.c`).
    fn set_url(&mut self, url: &[u8]) -> Result<()> {
        *self = Self::default();
        let parts = Parts::of(url).context("malformed request: the url has no scheme")?;
        let (user, password) = parts.user_and_password();
        for (key, part) in [(&b"username"[..], user), (b"password", password)] {
            if let Some(part) = part {
                self.set_part(key, &decoded_as_git(part))?;
            }
        }
        self.set(b"protocol", parts.scheme)?;
        self.set_part(b"host", &decoded_as_git(parts.host))?;
        let leading = parts.path.iter().take_while(|byte| **byte == b'/').count();
        if leading < parts.path.len() {
            let path = decoded_as_git(&parts.path[leading..]);
            let end = path.iter().rposition(|byte| *byte != b'/').unwrap_or(0);
            self.set_part(b"path", &path[..=end])?;
        }
        Ok(())
    }

    fn set_part(&mut self, key: &[u8], decoded: &[u8]) -> Result<()> {
        ensure!(!decoded.contains(&b'\n'), "malformed request: a part of the url holds a line break");
        self.set(key, decoded)
    }
}

/// `x[]=` appends, and empties the list where nothing follows (git-credential(1)).
fn append(list: &mut Vec<Vec<u8>>, value: &[u8]) {
    if value.is_empty() {
        list.clear();
    } else {
        list.push(value.to_vec());
    }
}

/// Reads until the request is whole: a person who ends it with a blank line is not made to close the stream.
fn read_to_blank_line(input: &mut impl Read) -> Result<Value> {
    let mut buffer = Zeroizing::new(vec![0; 512]);
    let (mut filled, mut searched, mut line_start) = (0, 0, 0);
    loop {
        if filled == buffer.len() {
            ensure!(filled < LONGEST_REQUEST, "malformed request: longer than {} MiB", LONGEST_REQUEST >> 20);
            // a vector that grows leaves its old place unwiped, so the new one is made beside it
            let mut larger = Zeroizing::new(vec![0; 4 * filled]);
            larger[..filled].copy_from_slice(&buffer);
            buffer = larger;
        }
        let read = match input.read(&mut buffer[filled..]) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => bail!("cannot read the request: {error}"),
        };
        filled += read;
        let mut blank = false;
        while let Some(length) = buffer[searched..filled].iter().position(|byte| *byte == b'\n') {
            searched += length + 1;
            blank |= without_line_end(&buffer[line_start..searched]).is_empty();
            line_start = searched;
        }
        searched = filled;
        if read == 0 || blank {
            buffer.truncate(filled);
            return Ok(buffer);
        }
    }
}

/// Only LF ends a line, with one CR before it tolerated where every line has one: any other reading lets a value smuggle in
/// a line (CVE-2024-50338).
fn without_line_end(line: &[u8]) -> &[u8] {
    match line {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;

    use super::*;

    /// What each read gives.
    struct Reads(VecDeque<io::Result<&'static str>>);

    impl Read for Reads {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.pop_front().unwrap_or(Ok(""))?.as_bytes().read(buffer)
        }
    }

    #[test]
    fn a_request_is_read_through_interruptions_to_its_blank_line_and_no_further() {
        let interrupted = || Err(ErrorKind::Interrupted.into());
        let broken = || Err(ErrorKind::Other.into());
        for (reads, is_read) in [
            ([interrupted(), Ok("protocol=https\nho"), interrupted(), Ok("st=hf.co\n\n"), broken()], true),
            ([Ok("protocol=https\n"), Ok("host=hf.co\n"), Ok("\r\n"), broken(), broken()], true),
            ([Ok("protocol=https\n"), Ok("host=hf.co\n"), broken(), Ok("\n"), Ok("")], false),
        ] {
            let read = Attributes::read(&mut Reads(reads.into()));
            assert_eq!(read.is_ok_and(|attributes| attributes.host.is_some()), is_read);
        }
    }

    #[test]
    fn a_url_is_split_as_git_splits_it() {
        for (url, [protocol, host, path]) in [
            ("https://hf.co", ["https", "hf.co", "-"]),
            ("https://hf.co///", ["https", "hf.co", "-"]),
            ("https://hf.co//a/b%2fc%2F/", ["https", "hf.co", "a/b/c"]),
            ("https://hf.co/%2f%2f", ["https", "hf.co", "/"]),
            ("https://hf.co?q=@/", ["https", "hf.co", "?q=@"]),
            ("https://a%2db:%41@h%66.co", ["https", "hf.co", "-"]),
            ("%68ttps://hf.co", ["%68ttps", "hf.co", "-"]),
            ("https:////x", ["https", "", "x"]),
            ("https://h%66.co:%34/a%2fb:c%2fd", ["https", "h%66.co:4", "a%2fb:c/d"]),
            ("https://hf.co/a%00%ff%", ["https", "hf.co", "a%00\u{fffd}%"]),
        ] {
            let attributes = Attributes::read(&mut format!("url={url}\n").as_bytes()).unwrap();
            let said =
                |value: Option<Value>| value.map_or("-".to_owned(), |value| String::from_utf8_lossy(&value).into());
            let Attributes { protocol: its_protocol, host: its_host, path: its_path, .. } = attributes;
            assert_eq!([its_protocol, its_host, its_path].map(said), [protocol, host, path], "{url}");
        }
    }
}
