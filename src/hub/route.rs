//! The way to a URL: the proxy and the certificates that git would use for it (`http.c` in git; `http.*` in git-config(1)).
//!
//! What a repository configures has no say: its proxy would be shown where its tokens go.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustls_native_certs::{load_certs_from_paths, load_native_certs};
use ureq::Proxy;
use ureq::tls::{Certificate, RootCerts};

use super::Failure;
use super::proxy::{self, Address};
use crate::repository::entry::Entry;
use crate::repository::http;
use crate::terminal::printable;
use crate::url::Url;

/// Where programs look for certificates besides: requests, which `hf` was built on, takes the first of these alone.
const OF_REQUESTS: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// What the system's certificates are replaced with, by OpenSSL and by us.
const OF_OPENSSL: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The way to one URL.
#[derive(Default)]
pub(crate) struct Route {
    proxy: Option<(Address, String)>,
    /// Files and directories of certificates, each with what names it.
    certificates: Vec<(PathBuf, String)>,
}

impl Route {
    /// Finds the way to a URL, which is of the `http` or `https` scheme.
    pub(crate) fn to(url: &str) -> Result<Self, Failure> {
        let Some(url) = Url::parse(url).filter(|url| url.scheme == "https") else {
            // http is spoken on the machine itself, which a proxy would take for another
            return Ok(Self::default());
        };
        Self::among(&url, settings(), variable).map_err(Failure::Passing)
    }

    fn among(url: &Url, settings: &[Entry], variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let setting = |name: &str| http::closest(name, url, settings);
        let proxy = match setting("proxy") {
            Some(entry) => Some((entry.value.clone(), place(entry))),
            // an empty one stands for none
            None => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
                .into_iter()
                .find_map(|name| Some((variable(name)?.to_string_lossy().into_owned(), name.to_owned()))),
        };
        let excluded = ["no_proxy", "NO_PROXY"].into_iter().find_map(&variable).unwrap_or_default();
        let proxy =
            proxy.filter(|(text, _)| !text.is_empty() && !proxy::excludes(&excluded.to_string_lossy(), &url.host));
        let proxy = match proxy {
            Some((text, place)) => match Address::parse(&text) {
                Some(address) => Some((address, place)),
                None => return Err(format!("the proxy of {place} is no address of one (as http://HOST:PORT)")),
            },
            None => None,
        };
        let path = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let of_git = [("GIT_SSL_CAINFO", "sslcainfo"), ("GIT_SSL_CAPATH", "sslcapath")].into_iter();
        let of_git = of_git.filter_map(|(name, key)| match (path(name), setting(key)) {
            (Some(path), _) => Some((path, name.to_owned())),
            (None, Some(entry)) => Some((PathBuf::from(&entry.value), place(entry))),
            (None, None) => None,
        });
        let of_requests = OF_REQUESTS.into_iter().find_map(|name| Some((path(name)?, name.to_owned())));
        let certificates = of_git.chain(of_requests).filter(|(path, _)| !path.as_os_str().is_empty()).collect();
        Ok(Self { proxy, certificates })
    }

    /// The proxy, as the HTTP client takes it.
    pub(super) fn proxy(&self) -> Option<Proxy> {
        self.proxy.as_ref().and_then(|(address, _)| address.proxy())
    }

    /// The certificates of all that are named, and the system's; where none is named, the system itself is the judge.
    pub(super) fn roots(&self) -> RootCerts {
        if self.certificates.is_empty() {
            return RootCerts::PlatformVerifier;
        }
        let named = self.certificates.iter().flat_map(|(path, _)| {
            let (file, directory) = if path.is_dir() { (None, Some(&**path)) } else { (Some(&**path), None) };
            load_certs_from_paths(file, directory).certs
        });
        let all: Vec<_> = load_native_certs().certs.into_iter().chain(named).collect();
        let roots: Vec<_> = all.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        RootCerts::new_with_certs(&roots)
    }

    /// Returns what is used on this way, each with what names it; empty where that is nothing.
    pub(crate) fn used(&self) -> Vec<String> {
        let proxy = self
            .proxy
            .iter()
            .map(|(address, place)| format!("through the proxy {} of {place}", printable(&address.to_string())));
        let certificates = self.certificates.iter().map(|(path, place)| {
            let is_there = std::fs::File::open(path).is_ok();
            let unread = if is_there { "" } else { ", which cannot be read" };
            format!("with the certificates of {place} ({}{unread})", shown(path))
        });
        let of_system = OF_OPENSSL.into_iter().filter_map(|name| Some((name, variable(name)?)));
        let of_system =
            of_system.map(|(name, path)| format!("with the certificates of {name} ({})", shown(Path::new(&path))));
        proxy.chain(certificates).chain(of_system).collect()
    }
}

/// What was used, behind a failure.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.used();
        if used.is_empty() { Ok(()) } else { write!(f, " ({})", used.join(", ")) }
    }
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// The key and the file that names something.
fn place(entry: &Entry) -> String {
    let key = crate::url::without_userinfo(&entry.key);
    let key = ["proxy", "sslCAInfo", "sslCAPath"].into_iter().fold(key, |key, name| {
        match key.strip_suffix(&name.to_ascii_lowercase()) {
            Some(section) => format!("{section}{name}"),
            None => key,
        }
    });
    let file = entry.file.as_ref().map_or_else(|| "the command line".to_owned(), |file| file.display().to_string());
    printable(&format!("{key} in {file}"))
}

/// The settings of the system, the user and the command line, read once.
fn settings() -> &'static [Entry] {
    static SETTINGS: OnceLock<Vec<Entry>> = OnceLock::new();
    SETTINGS.get_or_init(|| http::own_settings().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "the variables by which git, curl and OpenSSL are told the way")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::entry::Scope;

    const HUB: &str = "https://huggingface.co/api/whoami-v2";

    fn used(settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let entry = |(key, value): &(&str, &str)| Entry {
            scope: Scope::Global,
            file: Some("/g".into()),
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        let settings: Vec<_> = settings.iter().map(entry).collect();
        let variable = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
        let route = Route::among(&Url::parse(HUB).unwrap(), &settings, variable)?;
        let proxy = route.proxy.iter().map(|(address, place)| format!("{address} {place}"));
        let certificates = route.certificates.iter().map(|(path, place)| format!("{} {place}", path.display()));
        Ok(proxy.chain(certificates).collect())
    }

    #[test]
    fn the_proxy_is_the_one_that_git_would_use() {
        let plain = ("http.proxy", "http://p:1");
        for (settings, variables, wanted) in [
            (&[][..], &[][..], &[][..]),
            (&[plain], &[("https_proxy", "e:2")], &["http://p:1 http.proxy in /g"]),
            (
                &[plain, ("http.https://huggingface.co.proxy", "q:3")],
                &[],
                &["http://q:3 http.https://huggingface.co.proxy in /g"],
            ),
            (&[("http.https://github.com.proxy", "q:3")], &[], &[]),
            (&[plain, ("http.https://huggingface.co.proxy", "")], &[("ALL_PROXY", "e:2")], &[]),
            (&[], &[("HTTPS_PROXY", "u:2"), ("https_proxy", "l:2"), ("all_proxy", "a:2")], &["http://l:2 https_proxy"]),
            (
                &[],
                &[("ALL_PROXY", "socks5h://u:2"), ("HTTP_PROXY", "x:1"), ("http_proxy", "x:1")],
                &["socks5h://u:2 ALL_PROXY"],
            ),
            (&[], &[("https_proxy", ""), ("ALL_PROXY", "u:2")], &[]),
            (&[plain], &[("NO_PROXY", "x, huggingface.co")], &[]),
            (&[plain], &[("no_proxy", "x"), ("NO_PROXY", "*")], &["http://p:1 http.proxy in /g"]),
            (&[("http.proxy", "http://me:secret@p")], &[], &["http://p:1080 http.proxy in /g"]),
        ] {
            let wanted: Vec<_> = wanted.iter().map(|text: &&str| (*text).to_owned()).collect();
            assert_eq!(used(settings, variables), Ok(wanted), "{settings:?} {variables:?}");
        }
        for broken in ["http://", "http://p:x", "http://a@b@c:1", "http://p:99999"] {
            let said = used(&[("http.proxy", broken)], &[]).unwrap_err();
            assert!(said.contains("http.proxy in /g"), "{said}");
        }
    }

    #[test]
    fn certificates_are_named_by_git_and_by_the_environment() {
        let git = [("http.sslcainfo", "/a"), ("http.https://huggingface.co.sslcapath", "/d")];
        assert_eq!(
            used(&git, &[]).unwrap(),
            ["/a http.sslCAInfo in /g", "/d http.https://huggingface.co.sslCAPath in /g"]
        );
        let variables = [("GIT_SSL_CAINFO", "/e"), ("CURL_CA_BUNDLE", "/c"), ("REQUESTS_CA_BUNDLE", "/r")];
        let wanted = ["/e GIT_SSL_CAINFO", "/d http.https://huggingface.co.sslCAPath in /g", "/r REQUESTS_CA_BUNDLE"];
        assert_eq!(used(&git, &variables).unwrap(), wanted);
    }
}
