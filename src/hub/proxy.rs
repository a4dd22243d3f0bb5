//! A proxy's address as git reads it (`get_curl_handle` in git's `http.c`), and the hosts that go past it as curl does
//! (`lib/noproxy.c`).

use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use ureq::{Proxy, ProxyProtocol};

use crate::url::{Parts, decoded_as_git};

/// Where a proxy is, and who we are there.
pub(super) struct Address {
    protocol: ProxyProtocol,
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<SecretString>,
}

impl Address {
    /// Parses an address; one without a scheme is of an HTTP proxy.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let parts = Parts::of(url.as_bytes())?;
        let scheme = std::str::from_utf8(parts.scheme).ok()?.to_ascii_lowercase();
        // git looks at the beginning alone
        let kinds = [
            ("socks5h", ProxyProtocol::Socks5h),
            ("socks5", ProxyProtocol::Socks5),
            ("socks4a", ProxyProtocol::Socks4A),
            ("socks", ProxyProtocol::Socks4),
            ("https", ProxyProtocol::Https),
        ];
        let kind = kinds.into_iter().find(|(name, _)| scheme.starts_with(name));
        let protocol = kind.map_or(ProxyProtocol::Http, |(_, protocol)| protocol);
        let text = |part: &[u8]| String::from_utf8(decoded_as_git(part).to_vec()).ok();
        let authority = text(parts.host)?;
        let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
            // curl's own
            None => (&*authority, if protocol == ProxyProtocol::Https { 443 } else { 1080 }),
        };
        let is_of_host = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
        if host.is_empty() || !host.chars().all(is_of_host) {
            return None;
        }
        let (user, password) = parts.user_and_password();
        let user = user.and_then(text).filter(|user| !user.is_empty());
        let password = password.and_then(text).map(SecretString::from);
        Some(Self { protocol, host: host.to_owned(), port, user, password })
    }

    /// The proxy, as the HTTP client takes it.
    #[expect(clippy::disallowed_methods, reason = "a proxy's password is for showing to the proxy")]
    pub(super) fn proxy(&self) -> Option<Proxy> {
        let mut proxy = Proxy::builder(self.protocol).host(&self.host).port(self.port);
        if let Some(user) = &self.user {
            proxy =
                proxy.username(user).password(self.password.as_ref().map_or("", |password| password.expose_secret()));
        }
        proxy.build().ok()
    }
}

/// Without the user and the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.protocol.to_string().to_ascii_lowercase(), self.host, self.port)
    }
}

/// Whether a host goes past the proxy: it, a domain it is in, or a network its address is in stands in the list.
pub(super) fn excludes(list: &str, host: &str) -> bool {
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    if list.trim() == "*" {
        return true;
    }
    let mut entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    match host.parse::<IpAddr>() {
        Ok(address) => entries.any(|entry| is_in_network(address, entry)),
        Err(_) => entries.any(|entry| {
            let domain = entry.strip_suffix('.').unwrap_or(entry);
            let domain = domain.strip_prefix('.').unwrap_or(domain);
            let start = host.len().checked_sub(domain.len()).filter(|_| !domain.is_empty());
            let ends_so = |start: usize| host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain));
            start.is_some_and(|start| ends_so(start) && (start == 0 || host.as_bytes()[start - 1] == b'.'))
        }),
    }
}

fn is_in_network(address: IpAddr, entry: &str) -> bool {
    let (network, bits) = entry.split_once('/').map_or((entry, None), |(network, bits)| (network, Some(bits)));
    let network = network.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let (number, of_network, length) = match (address, network) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) => (address.to_bits().into(), network.to_bits().into(), 32),
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let bits = bits.map_or(Some(length), |bits| bits.parse::<u32>().ok().filter(|bits| (1..=length).contains(bits)));
    bits.is_some_and(|bits| (number ^ of_network) >> (length - bits) == 0_u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_git_reads_it() {
        for (text, shown) in [
            ("proxy:3128", "http://proxy:3128"),
            ("http://proxy", "http://proxy:1080"),
            ("https://proxy", "https://proxy:443"),
            ("socks://proxy", "socks4://proxy:1080"),
            ("SOCKS5://proxy:9/", "socks5://proxy:9"),
            ("socks4a://proxy", "socks4a://proxy:1080"),
            ("socks5h://me:pass@[::1]:9", "socks5h://[::1]:9"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
            assert!(address.proxy().is_some(), "{text}");
        }
        let proxy = Address::parse("http://m%40e:p%3a%2fw@proxy:1").unwrap().proxy().unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("m@e"), Some("p:/w")));
        for broken in
            ["", "http://", "http://:1", "http://p:x", "http://p:0", "http://a@b@c", "http://a b", "http://p:"]
        {
            assert!(Address::parse(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn hosts_are_excluded_as_curl_excludes_them() {
        for (list, host) in [
            ("*", "huggingface.co"),
            ("huggingface.co", "huggingface.co:443"),
            ("x,HuggingFace.co", "huggingface.co"),
            (".co", "huggingface.co"),
            ("x .huggingface.co", "huggingface.co"),
            ("huggingface.co.", "cdn.huggingface.co"),
            ("10.0.0.0/8", "10.1.2.3:8080"),
            ("::1", "[::1]:8443"),
            ("fe80::/10", "[fe80::1]"),
        ] {
            assert!(excludes(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("", "huggingface.co"),
            ("face.co", "huggingface.co"),
            ("*.co", "huggingface.co"),
            ("huggingface.co:443", "huggingface.co"),
            ("huggingface.co.evil", "huggingface.co"),
            ("11.0.0.0/8", "10.1.2.3"),
            ("10.0.0.0/x", "10.0.0.1"),
            ("0.0.0.1", "10.0.0.1"),
        ] {
            assert!(!excludes(list, host), "{list} {host}");
        }
    }
}
