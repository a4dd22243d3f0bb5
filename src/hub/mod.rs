//! The only network: what is asked of the Hub over HTTP. It prints nothing and keeps nothing.

pub mod access;
pub mod device;
pub mod oauth;
pub mod permissions;
mod proxy;
pub mod repository;
mod resolver;
pub mod revocation;
pub(crate) mod route;
mod unreachable;
pub mod whoami;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use rustls::crypto::ring;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};
use zeroize::{Zeroize as _, Zeroizing};

use self::resolver::Beside;
use self::route::Route;
use self::unreachable::unreachable;
use crate::endpoint::{self, Endpoint, is_true};
use crate::token;

/// Who it is in what people read.
const HUB: &str = "the Hub";

/// No answer that holds a token is as long.
const LONGEST_GRANT: u64 = 64 << 10;

/// Nothing else that is asked for is as long.
const LONGEST_REPLY: u64 = 1 << 20;

/// For how long a person waits for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing was granted. Neither holds what was sent, nor more of the answer than a word.
#[derive(Debug)]
pub enum Failure {
    /// The Hub does not know the token: it is good for nothing any more.
    Unknown(String),
    /// The Hub will say the same next time.
    Refused(String),
    /// Next time it may be different.
    Passing(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unknown(why) | Self::Refused(why) | Self::Passing(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Failure {}

/// The Hub's API, where it may be spoken to.
#[derive(Debug, Clone)]
pub struct Api(String, Cell<Option<i64>>, Cell<bool>);

impl Api {
    /// What this environment allows.
    ///
    /// # Errors
    ///
    /// When `HF_ENDPOINT` names no host a token may be sent to, or the user wants no network.
    pub fn from_env() -> Result<Self, Failure> {
        let hub = endpoint::Hub::from_env();
        let url =
            hub.api().ok_or_else(|| Failure::Passing("HF_ENDPOINT is no URL a token may be sent to".to_owned()))?;
        Self::below(url)
    }

    /// The API of one Hub that is served.
    ///
    /// # Errors
    ///
    /// When the user wants no network.
    pub fn at(hub: &endpoint::Hub, endpoint: &Endpoint) -> Result<Self, Failure> {
        // hf.co only sends on to huggingface.co
        let begins =
            |url: &str| url.get(..endpoint.url().len()).is_some_and(|start| start.eq_ignore_ascii_case(endpoint.url()));
        let typed = hub.api().filter(|url| begins(url) && hub.api_endpoint().as_ref() == Some(endpoint));
        Self::below(typed.unwrap_or(endpoint.url()))
    }

    fn below(url: &str) -> Result<Self, Failure> {
        if is_offline() {
            return Err(Failure::Passing("HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set".to_owned()));
        }
        Ok(Self(url.to_owned(), Cell::default(), Cell::default()))
    }

    /// The URL below which everything is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0
    }

    /// By how many seconds this machine's clock was ahead of the Hub's, when it last answered.
    #[must_use]
    pub fn clock_is_ahead_by(&self) -> Option<i64> {
        self.1.get()
    }

    /// Whether the Hub wanted to be asked less often, when it last answered.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.2.get()
    }

    /// Asks for a page below the API with a token, or with none.
    fn ask(&self, path: &str, token: Option<&SecretString>) -> Result<Reply, Failure> {
        self.ask_within(PATIENCE, path, token)
    }

    /// The same, with the time it may take.
    #[expect(clippy::disallowed_methods, reason = "a token is for showing to the Hub")]
    fn ask_within(&self, patience: Duration, path: &str, token: Option<&SecretString>) -> Result<Reply, Failure> {
        if let Some(flaw) = token.and_then(token::flaw) {
            return Err(Failure::Refused(format!("that is no token: it {flaw}")));
        }
        let bearer = token.map(|token| Zeroizing::new(["Bearer ", token.expose_secret()].concat()));
        self.get(patience, path, bearer.as_deref().map(String::as_str), &[("accept", "application/json")])
    }

    /// The same with any headers.
    fn ask_with(&self, path: &str, authorization: Option<&str>, headers: &[(&str, &str)]) -> Result<Reply, Failure> {
        self.get(PATIENCE, path, authorization, headers)
    }

    fn get(
        &self,
        patience: Duration,
        path: &str,
        authorization: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let url = format!("{}{path}", self.0);
        let route = Route::to(&url)?;
        let mut request = agent(&route, patience).get(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let waiting = waiting_for(&url);
        let reply = read(HUB, &route, request.call(), LONGEST_REPLY)?;
        drop(waiting);
        self.1.set(reply.date().map(|date| token::now() - date));
        self.2.set(reply.status == 429);
        Ok(reply)
    }

    /// Sends what may hold secrets to a page.
    fn post(&self, page: &str, content_type: &str, body: &str, patience: Duration) -> Result<Reply, Failure> {
        let url = format!("{}{page}", self.0);
        let route = Route::to(&url)?;
        let request = agent(&route, patience)
            .post(&url)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::ACCEPT, "application/json");
        let _waiting = waiting_for(&url);
        read(HUB, &route, request.send(body), LONGEST_GRANT)
    }
}

/// Shows a person that the host is waited for, until what it returns is dropped.
pub type ShowWait = fn(&str) -> Box<dyn Any>;

static SHOW_WAIT: OnceLock<ShowWait> = OnceLock::new();

/// Has each wait for an answer shown from now on.
pub fn show_waits(show: ShowWait) {
    _ = SHOW_WAIT.set(show);
}

fn waiting_for(url: &str) -> Option<Box<dyn Any>> {
    let host = url.split("://").nth(1)?.split('/').next()?;
    SHOW_WAIT.get().map(|show| show(host))
}

/// Whether the user wants no network, as `huggingface_hub` reads it: the first of the two that is not empty decides.
#[expect(clippy::disallowed_methods, reason = "whether the network may be used is the user's to say")]
pub(crate) fn is_offline() -> bool {
    let variables = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
    let value = variables.into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    value.is_some_and(|value| is_true(&value.to_string_lossy()))
}

/// A client for one request. It follows no redirect: what is sent is for one host.
fn agent(route: &Route, patience: Duration) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(route.roots())
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(route.proxy())
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(patience))
        .user_agent(concat!("git-credential-hf/", env!("CARGO_PKG_VERSION")));
    Agent::with_parts(config.build(), DefaultConnector::default(), Beside)
}

/// What came back, whatever its status.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Reply {
    /// Its JSON; null where it is none.
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text, where it has one.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The time at which it was sent, in seconds since 1970.
    fn date(&self) -> Option<i64> {
        let date = httpdate::parse_http_date(self.header("date")?).ok()?;
        date.duration_since(UNIX_EPOCH).ok()?.as_secs().try_into().ok()
    }

    /// What the Hub has to say about an error, in its own words: never longer than a line or two.
    fn message(&self) -> Option<String> {
        let json = self.json();
        let said = self.header("x-error-message").or_else(|| json.get("error")?.as_str())?;
        Some(said.chars().take(300).collect())
    }

    /// For how many seconds the Hub wants to be left alone (`RateLimit: "api";r=0;t=30`, or `Retry-After: 30`).
    fn pause(&self) -> Option<u64> {
        let rate_limit = self
            .header("ratelimit")
            .and_then(|limits| limits.split(';').find_map(|part| part.trim().strip_prefix("t=")));
        rate_limit.or_else(|| self.header("retry-after"))?.trim().parse().ok()
    }
}

fn read(who: &str, route: &Route, answer: Result<Response<Body>, ureq::Error>, longest: u64) -> Result<Reply, Failure> {
    let failure = |error| Failure::Passing(unreachable(who, &error) + &route.to_string());
    let mut answer = answer.map_err(failure)?;
    // read into its full length at once, since a buffer that grows leaves a copy behind
    let mut body = Zeroizing::new(Vec::with_capacity(usize::try_from(longest).unwrap_or_default() + 1));
    match answer.body_mut().as_reader().take(longest).read_to_end(&mut body) {
        Ok(_) => Ok(Reply { status: answer.status().as_u16(), headers: answer.headers().clone(), body }),
        Err(error) => Err(failure(error.into())),
    }
}

/// Takes a secret out of an answer. What could not stand on one line is none: every place a token is kept has lines.
fn secret_in(answer: &mut Value, key: &str) -> Option<SecretString> {
    let Some(Value::String(text)) = answer.get_mut(key) else { return None };
    if text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return None;
    }
    Some(SecretString::from(std::mem::take(text)))
}

/// What else an answer holds may be secret too.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
