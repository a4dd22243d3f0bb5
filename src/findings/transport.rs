//! Settings of git's transport that keep it from the Hub before anybody is asked for a token: a proxy that is not there,
//! redirects that are not followed, certificates that are missing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use super::remedy::{Command, Remedy};
use super::urls::RemoteUrl;
use super::{Check, Finding, place, remotes};
use crate::endpoint::Hub;
use crate::repository::credential::is_false;
use crate::repository::entry::Entry;
use crate::repository::http;
use crate::url::Url;

/// A proxy on this machine answers at once, or is not there.
const TIMEOUT: Duration = Duration::from_millis(300);

/// What keeps git from the Hubs, or is unsafe there.
#[must_use]
pub fn findings(hub: &Hub, entries: &[Entry]) -> Vec<Finding> {
    let urls = hub.urls();
    let places: Vec<_> = urls.iter().filter_map(|url| Url::parse(url)).collect();
    places.iter().flat_map(|place| at(place, entries).into_iter().chain(verification(place, entries))).collect()
}

/// Returns what keeps git from a place.
#[must_use]
pub fn at(place: &Url, entries: &[Entry]) -> Option<Finding> {
    proxy(place, entries).or_else(|| certificates(place, entries))
}

/// hf.co only leads to huggingface.co.
#[must_use]
pub fn redirects(url: &RemoteUrl, at: &Url, entries: &[Entry]) -> Option<Finding> {
    let line =
        http::closest("followredirects", at, entries).filter(|line| is_false(&line.value) && at.host == "hf.co")?;
    let message = format!("{} is false, and hf.co only redirects to huggingface.co", place(line));
    let clean = Url { host: "huggingface.co".to_owned(), ..at.clone() };
    Some(Finding::fail(Check::RedirectsOff, message, Remedy::run(remotes::set_url(url, &clean.url()))).at(place(line)))
}

fn proxy(at: &Url, entries: &[Entry]) -> Option<Finding> {
    let line = http::closest("proxy", at, entries);
    let (value, where_from, remedy) = if let Some(line) = line {
        (line.value.clone(), place(line), undo(line))
    } else {
        let (name, value) = variable_proxy(at)?;
        (value, name.to_owned(), Remedy::run(Command::new(["unset", name])))
    };
    let address = address(&value)?;
    if answers(&address)? {
        return None;
    }
    let message = format!("git goes by the proxy {address}, which does not answer: {where_from}");
    Some(Finding::fail(Check::ProxyDead, message, remedy).at(where_from))
}

/// What curl goes by where git's configuration names none.
#[expect(clippy::disallowed_methods, reason = "the variables that curl reads for git")]
fn variable_proxy(at: &Url) -> Option<(&'static str, String)> {
    let value = |name: &&'static str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let host = at.host.split(':').next().unwrap_or_default();
    let is_left_out = ["no_proxy", "NO_PROXY"].iter().find_map(value).is_some_and(|names| {
        names
            .split([',', ' '])
            .map(|name| name.trim_start_matches('.'))
            .any(|name| name == "*" || name == host || !name.is_empty() && host.ends_with(&format!(".{name}")))
    });
    let names: &[&'static str] = match &*at.scheme {
        "https" => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    names.iter().find_map(|name| Some((*name, value(name)?))).filter(|_| !is_left_out)
}

/// `host:port` of a proxy's URL, without what may be a password.
fn address(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 1080 };
    Some(if has_port { host.to_owned() } else { format!("{host}:{port}") }).filter(|_| !host.is_empty())
}

/// Tells whether somebody listens there; `None` where that is not on this machine, which is not asked.
fn answers(address: &str) -> Option<bool> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = if host.eq_ignore_ascii_case("localhost") {
        Ipv4Addr::LOCALHOST.into()
    } else {
        host.parse::<IpAddr>().ok()?
    };
    let address = SocketAddr::new(ip, port.parse().ok()?);
    ip.is_loopback().then(|| TcpStream::connect_timeout(&address, TIMEOUT).is_ok())
}

#[expect(clippy::disallowed_methods, reason = "git goes by this variable before its configuration (git(1))")]
fn certificates(at: &Url, entries: &[Entry]) -> Option<Finding> {
    let (file, where_from, remedy) = if let Some(file) = std::env::var_os("GIT_SSL_CAINFO") {
        (PathBuf::from(file), "GIT_SSL_CAINFO".to_owned(), Remedy::of("unset GIT_SSL_CAINFO"))
    } else {
        let line = http::closest("sslcainfo", at, entries).filter(|line| !line.value.is_empty())?;
        let below_home = line.value.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        (below_home.unwrap_or_else(|| PathBuf::from(&line.value)), place(line), undo(line))
    };
    if file.is_relative() || file.exists() {
        return None;
    }
    let message = format!(
        "git is told to verify the Hub by the certificates in {}, which is not there: {where_from}",
        remotes::short(&file.display().to_string())
    );
    Some(Finding::fail(Check::CertificatesMissing, message, remedy).at(where_from))
}

#[expect(clippy::disallowed_methods, reason = "it turns the verification off, whatever it holds (`http.c`)")]
fn verification(at: &Url, entries: &[Entry]) -> Option<Finding> {
    let (where_from, remedy) = if std::env::var_os("GIT_SSL_NO_VERIFY").is_some() {
        ("GIT_SSL_NO_VERIFY".to_owned(), Remedy::of("unset GIT_SSL_NO_VERIFY"))
    } else {
        let line = http::closest("sslverify", at, entries).filter(|line| is_false(&line.value))?;
        (place(line), undo(line))
    };
    let message = format!(
        "git does not verify the Hub's certificate, so that anybody on the way may read the token: {where_from}"
    );
    Some(Finding::warn(Check::VerificationOff, message, remedy).at(where_from))
}

fn undo(line: &Entry) -> Remedy {
    match Command::unsetting_key(line) {
        Some(command) => Remedy::run(command),
        None => remotes::unset(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_where_curl_would_look_for_it_and_its_password_is_not_shown() {
        for (value, told) in [
            ("http://127.0.0.1:9", Some("127.0.0.1:9")),
            ("http://me:secret@proxy.example:3128/", Some("proxy.example:3128")),
            ("proxy.example", Some("proxy.example:1080")),
            ("https://proxy.example", Some("proxy.example:443")),
            ("socks5h://[::1]:1080", Some("[::1]:1080")),
            ("", None),
        ] {
            assert_eq!(address(value).as_deref(), told, "{value}");
        }
    }

    #[test]
    fn only_what_listens_on_this_machine_is_asked() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(answers(&address), Some(true));
        drop(listener);
        assert_eq!(answers(&address), Some(false));
        assert_eq!(answers("proxy.example:3128"), None);
        assert_eq!(answers("192.0.2.1:3128"), None);
    }
}
