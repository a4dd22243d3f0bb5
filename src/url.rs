//! URLs as git reads them (`credential.c`, `urlmatch.c`), which is not the WHATWG's way: no letter outside scheme and host
//! is folded, no escape is decoded, and a scheme may be any word.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, Hub};

/// The parts of a URL, as they are written (`credential_from_url_gently` in git's `credential.c`).
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// What stands before `://`; never empty.
    pub scheme: &'a [u8],
    /// What stands before the first `@` of the authority: `user` or `user:password`.
    pub userinfo: Option<&'a [u8]>,
    /// The host, with its port.
    pub host: &'a [u8],
    /// What follows, with the `/`, `?` or `#` that begins it.
    pub path: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Splits a URL; `None` for a text without a scheme.
    #[must_use]
    pub fn of(url: &'a [u8]) -> Option<Self> {
        let end = url.windows(3).position(|three| three == b"://").filter(|end| *end > 0)?;
        let (scheme, rest) = (&url[..end], &url[end + 3..]);
        let end = rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (userinfo, host) = match authority.iter().position(|byte| *byte == b'@') {
            Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
            None => (None, authority),
        };
        Some(Self { scheme, userinfo, host, path })
    }

    /// The user, and the password if a colon follows.
    #[must_use]
    pub fn user_and_password(&self) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let Some(userinfo) = self.userinfo else { return (None, None) };
        match userinfo.iter().position(|byte| *byte == b':') {
            Some(colon) => (Some(&userinfo[..colon]), Some(&userinfo[colon + 1..])),
            None => (Some(userinfo), None),
        }
    }
}

/// A URL in the parts that git compares.
#[derive(Clone)]
pub struct Url<'a> {
    /// In lower case.
    pub scheme: String,
    /// The user it names, unless that is empty.
    pub user: Option<&'a str>,
    /// The password beside the user, unless that is empty.
    pub password: Option<&'a str>,
    /// With its port, unless that is the scheme's own; in lower case.
    pub host: String,
    /// With the slash before it and none behind; empty for the whole host.
    pub path: &'a str,
    /// The slashes behind the path, which git's `insteadOf` counts.
    pub slashes: &'a str,
}

impl<'a> Url<'a> {
    /// Parses a URL; `None` for a text without a scheme, such as `git@hf.co:acme/model`.
    #[must_use]
    pub fn parse(url: &'a str) -> Option<Self> {
        let text = |part: &'a [u8]| std::str::from_utf8(part).ok();
        let parts = Parts::of(url.as_bytes())?;
        let scheme = text(parts.scheme)?.to_ascii_lowercase();
        // where a second `@` stands, git sends what is before the first, and to the host behind the last (curl's `urlapi.c`)
        let host = text(parts.host)?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
        let (user, password) = parts.user_and_password();
        let given = |part: Option<&'a [u8]>| part.filter(|part| !part.is_empty()).and_then(text);
        let (user, password) = (given(user), given(password));
        let whole = text(parts.path)?;
        let path = whole.trim_end_matches('/');
        Some(Self { scheme, user, password, host, path, slashes: &whole[path.len()..] })
    }

    /// The Hub that it is at, if it is at one that is served.
    #[must_use]
    pub fn endpoint(&self, hub: &Hub) -> Option<Endpoint> {
        hub.endpoint(self.scheme.as_bytes(), self.host.as_bytes())
    }

    /// The whole host, and nobody there.
    #[must_use]
    pub fn host(&self) -> Self {
        Self { user: None, password: None, path: "", slashes: "", ..self.clone() }
    }

    /// The URL without its userinfo, which may be a token.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }

    /// The same with the slashes at its end.
    #[must_use]
    pub fn as_written(&self) -> String {
        self.url() + self.slashes
    }

    /// The path without its query and fragment.
    #[must_use]
    pub fn path_alone(&self) -> &'a str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    /// How closely this pattern names a place, if it does: by its host, its path and its user (`cmp_matches` in git's
    /// `urlmatch.c`).
    #[must_use]
    pub fn covers(&self, place: &Url) -> Option<(usize, usize, bool)> {
        let (labels, parts) = (self.host.split('.'), place.host.split('.'));
        let is_host = labels.clone().count() == parts.clone().count()
            && labels.zip(parts).all(|(label, part)| label == "*" || label == part);
        let below = place.path.strip_prefix(self.path);
        let is_path = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_user = self.user.is_none() || self.user == place.user;
        (self.scheme == place.scheme && is_host && is_path && is_user).then_some((
            self.host.len(),
            self.path.len(),
            self.user.is_some(),
        ))
    }

    /// Whether a pattern in git's `credential` lines applies here: a URL that covers this one, or a part of a URL that is
    /// the same here (`match_partial_url` in git's `credential.c`).
    #[must_use]
    pub fn is_meant_by(&self, pattern: &str) -> bool {
        if let Some(whole) = Url::parse(pattern).filter(|url| !url.host.is_empty()) {
            return whole.covers(self).is_some();
        }
        let (scheme, rest) = pattern.split_once("://").unwrap_or(("", pattern));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let is_same = |part: &str, own: &str| part.is_empty() || part == own;
        is_same(scheme, &self.scheme)
            && is_same(&host.to_ascii_lowercase(), &self.host)
            && is_same(path.trim_end_matches('/'), self.path.trim_start_matches('/'))
            && is_same(user, self.user.unwrap_or_default())
    }
}

/// Returns a text in which a URL stands, such as a key of git's configuration, without all that may be its userinfo.
#[must_use]
pub fn without_userinfo(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => text.to_owned(),
    }
}

/// All that RFC 3986 does not call unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What `application/x-www-form-urlencoded` escapes.
const OF_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// What a line of a file cannot hold, and the percent sign itself.
const OF_LINE: &AsciiSet = &CONTROLS.add(b'%');

/// Percent-encodes a name for a URL.
#[must_use]
pub fn encoded(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).collect()
}

/// Percent-encodes the fields of a form, in a buffer that is wiped.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    // at its full length, for a string that grows leaves a copy behind
    let length = fields.iter().map(|(key, value)| 2 + 3 * (key.len() + value.len())).sum();
    let mut form = Zeroizing::new(String::with_capacity(length));
    for (key, value) in fields {
        for (mark, text) in [("&", key), ("=", value)] {
            if !form.is_empty() {
                form.push_str(mark);
            }
            form.extend(utf8_percent_encode(text, OF_FORM));
        }
    }
    form
}

/// Percent-encodes what a line of a file cannot hold: control characters, white space at either end, and the percent sign
/// itself, so that no two texts become one.
#[must_use]
pub fn encoded_for_line(text: &str, is_space: fn(char) -> bool) -> String {
    let inner = text.trim_start_matches(is_space);
    let start = text.len() - inner.len();
    let end = start + inner.trim_end_matches(is_space).len();
    let mut encoded = String::with_capacity(3 * text.len());
    for (position, c) in text.char_indices() {
        let is_escaped = c.is_control() || !(start..end).contains(&position);
        let escaped = if is_escaped { NON_ALPHANUMERIC } else { OF_LINE };
        match c {
            _ if c.is_ascii() || is_escaped => {
                encoded.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), escaped));
            }
            _ => encoded.push(c),
        }
    }
    encoded
}

/// Decodes percent escapes; `None` where a percent sign begins none.
#[must_use]
pub fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    // at its full length, for a buffer that grows leaves a copy behind
    let mut decoded = Vec::with_capacity(text.len());
    decoded.extend(percent_decode(text));
    let signs = memchr::memchr_iter(b'%', text).count();
    (text.len() - decoded.len() == 2 * signs).then_some(decoded)
}

/// Decodes a part of a URL as git does: `%00` and what is no escape stay as they are, and so does all before a colon
/// (`url_decode_mem` in git's `url.c`).
#[must_use]
pub fn decoded_as_git(part: &[u8]) -> Zeroizing<Vec<u8>> {
    const NUL: &[u8] = b"%00";
    let mut decoded = Zeroizing::new(Vec::with_capacity(part.len()));
    let verbatim = part.iter().position(|byte| *byte == b':').unwrap_or(0);
    decoded.extend_from_slice(&part[..verbatim]);
    let mut rest = &part[verbatim..];
    while let Some(nul) = rest.windows(NUL.len()).position(|three| three == NUL) {
        decoded.extend(percent_decode(&rest[..nul]));
        decoded.extend_from_slice(NUL);
        rest = &rest[nul + NUL.len()..];
    }
    decoded.extend(percent_decode(rest));
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_would_send_and_where_is_told_apart() {
        let url = Url::parse("HTTPS://me:a@b@HuggingFace.co:443/acme/model/?x#y").unwrap();
        assert_eq!((&*url.scheme, url.user, url.password), ("https", Some("me"), Some("a")));
        assert_eq!(url.url(), "https://huggingface.co/acme/model/?x#y");
        assert_eq!(url.path_alone(), "/acme/model/");
        let bare = Url::parse("http://:@localhost:80/").unwrap();
        assert_eq!((bare.user, bare.password, &*bare.url()), (None, None, "http://localhost"));
        for none in ["git@hf.co:acme/model", "://hf.co", "huggingface.co/acme", ""] {
            assert!(Url::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn no_part_of_a_password_is_left() {
        for (text, left) in [
            ("credential.https://me:s@cret@hf.co/x.helper", "credential.https://hf.co/x.helper"),
            ("https://me:s/cret@hf.co", "https://hf.co"),
            ("credential.helper", "credential.helper"),
        ] {
            assert_eq!(without_userinfo(text), left);
        }
    }

    #[test]
    fn a_form_holds_any_value() {
        assert_eq!(*form(&[("a", "x y&z=ä"), ("b_c", "1.2-3")]), "a=x%20y%26z%3D%C3%A4&b_c=1.2-3");
    }

    #[test]
    fn what_is_encoded_for_a_line_comes_back() {
        for text in ["", " a b\t", "é\u{85}x%41", "\u{a0}ü\u{a0}", "a\r\nb", "猫"] {
            let encoded = encoded_for_line(text, char::is_whitespace);
            assert!(!encoded.contains(char::is_control) && encoded.trim() == encoded, "{encoded:?}");
            assert_eq!(decoded(encoded.as_bytes()).as_deref(), Some(text.as_bytes()), "{encoded}");
        }
        assert_eq!(encoded_for_line("a b é", char::is_whitespace), "a b é");
        for broken in ["%", "%2", "%zz", "a%+1"] {
            assert_eq!(decoded(broken.as_bytes()), None, "{broken}");
        }
    }
}
