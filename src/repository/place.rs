//! A URL as git's configuration matches it (git-config(1), `http.<url>.*`; gitcredentials(7)).

use crate::endpoint::{Endpoint, Hub};

/// A URL in its parts, as git compares them.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// In lower case.
    pub scheme: String,
    /// Whom it names, if anybody.
    pub user: Option<&'a str>,
    /// The password beside the user, if there is one.
    pub password: Option<&'a str>,
    /// With its port, unless that is the scheme's own; in lower case.
    pub host: String,
    /// With the slash before it and none behind; empty for the whole host.
    pub path: &'a str,
}

impl<'a> Place<'a> {
    /// The parts of a URL; `None` for what is none.
    #[must_use]
    pub fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
        let (user, password) = match userinfo.map(|userinfo| userinfo.split_once(':').ok_or(userinfo)) {
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
            None => (None, None),
        };
        // an empty password is sent as it is, and no helper is asked; an empty name is nobody's
        Some(Self {
            scheme,
            user: user.filter(|user| !user.is_empty()),
            password,
            host,
            path: path.trim_end_matches('/'),
        })
    }

    /// The Hub that it is at, if it is at one that is served.
    #[must_use]
    pub fn endpoint(&self, hub: &Hub) -> Option<Endpoint> {
        hub.endpoint(self.scheme.as_bytes(), self.host.as_bytes())
    }

    /// The whole host, and nobody there.
    #[must_use]
    pub fn host(&self) -> Self {
        Self { user: None, password: None, path: "", ..self.clone() }
    }

    /// It without what comes before the host, which may be a token.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }

    /// How closely this pattern names a place, if it does: by its host, its path and its user (`cmp_matches` in git's
    /// `urlmatch.c`).
    #[must_use]
    pub fn covers(&self, place: &Place) -> Option<(usize, usize, bool)> {
        let below = place.path.strip_prefix(self.path)?;
        let is_path = below.is_empty() || below.starts_with('/');
        let (labels, parts) = (self.host.split('.'), place.host.split('.'));
        let is_host = || {
            labels.clone().count() == parts.clone().count()
                && labels.zip(parts).all(|(label, part)| label == "*" || label == part)
        };
        let is_user = self.user.is_none() || self.user == place.user;
        (self.scheme == place.scheme && is_path && is_user && is_host()).then_some((
            self.host.len(),
            self.path.len(),
            self.user.is_some(),
        ))
    }

    /// Whether a pattern in git's `credential` lines applies here: a URL that covers this one, or a part of a URL that is
    /// the same here (`match_partial_url` in git's `credential.c`).
    #[must_use]
    pub fn is_meant_by(&self, pattern: &str) -> bool {
        // most are for another path, and are not looked into
        let below = pattern.split_once("://").map(|(_, rest)| rest.split_at(rest.find('/').unwrap_or(rest.len())).1);
        if below.is_some_and(|path| !self.path.starts_with(path.trim_end_matches('/'))) {
            return false;
        }
        if let Some(whole) = Place::of(pattern).filter(|place| !place.host.is_empty()) {
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
