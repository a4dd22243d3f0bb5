//! The identity of a CI job ("Trusted Publishers"): its id token is exchanged for a token of the Hub that lives for an
//! hour, as `huggingface_hub/_oidc.py` does. Whoever asked for it is never answered with anybody else's.

mod cache;

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use self::cache::Cache;
use super::{Held, Kind, NotAnother, Place, Source, Wanted};
use crate::endpoint::{Endpoint, Hub};
use crate::hub::Api;
use crate::hub::oauth::Grant;
use crate::token::{self, AccessToken};

/// How long each of the two requests may take: `hf`'s timeout.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long another process of the job may take for both.
const PATIENCE_WITH_ANOTHER: Duration = Duration::from_secs(25);

/// How long before its end a token is exchanged anew, in seconds, where there is a new id token to be had.
const MARGIN: i64 = 300;

/// How long a token lives whose life the Hub does not tell, in seconds.
const HOUR: i64 = 3600;

/// The CI job this process is a part of, if it has an identity.
#[derive(Debug, Clone, Copy)]
pub struct Ci;

/// What this job may be a publisher of, and at which Hub.
struct Identity {
    resource: String,
    endpoint: Endpoint,
    cache: Cache,
}

impl Identity {
    /// The identity in this environment; `None` where none was asked for.
    fn from_env() -> Result<Option<Self>> {
        let Some(resource) = variable("HF_OIDC_RESOURCE")? else { return Ok(None) };
        let hub = Hub::from_env();
        let (Some(api), Some(endpoint)) = (hub.api(), hub.api_endpoint()) else {
            bail!("HF_ENDPOINT is no URL a token may be sent to");
        };
        let cache = Cache::of(api, &resource, &job()?);
        Ok(Some(Self { resource, endpoint, cache }))
    }

    /// The token of this job, exchanged once for all its processes.
    fn token(&self) -> Result<AccessToken> {
        // an id token that was supplied cannot be had anew, so its token is used to its end
        let supplied = secret_variable("HF_OIDC_ID_TOKEN")?;
        let last = token::now() + if supplied.is_some() { 0 } else { MARGIN };
        let cached = || self.cache.read().filter(|token| !token.is_expired(last));
        if let Some(token) = cached() {
            return Ok(token);
        }
        // where nothing can be kept, each process exchanges for itself
        let lock = self.cache.lock(PATIENCE_WITH_ANOTHER)?;
        if let Some(token) = cached() {
            return Ok(token);
        }
        let api = Api::from_env()?;
        let id_token = match supplied {
            Some(id_token) => id_token,
            None => of_github(&api)?,
        };
        let Grant { access_token, refresh_token: _, expires_in } = api.exchange(&id_token, &self.resource, PATIENCE)?;
        let mut token = AccessToken::new(access_token);
        // what is said to live for no time at all may do for this once: without an end it is not kept
        let lives = Some(expires_in.unwrap_or(HOUR)).filter(|seconds| *seconds > 0);
        token.expires_at = lives.map(|seconds| token::now().saturating_add(seconds));
        if let Some(lock) = lock {
            self.cache.write(&token, &lock);
        }
        Ok(token)
    }
}

/// Returns what tells this job from all others of the same account of a machine: a digest of the id token that it was given,
/// or of the run that GitHub Actions gives it.
#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn job() -> Result<String> {
    if let Some(id_token) = secret_variable("HF_OIDC_ID_TOKEN")? {
        return Ok(token::digest(&["id token", id_token.expose_secret()]));
    }
    let run = [variable("GITHUB_RUN_ID")?, variable("GITHUB_RUN_ATTEMPT")?, variable("GITHUB_JOB")?];
    let [run, attempt, job] = run.each_ref().map(|part| part.as_deref().unwrap_or_default());
    let request_token = secret_variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
    let request_token = request_token.as_ref().map_or("", |token| token.expose_secret());
    Ok(token::digest(&["github", run, attempt, job, request_token]))
}

fn of_github(api: &Api) -> Result<SecretString> {
    ensure!(
        variable("GITHUB_ACTIONS")?.as_deref() == Some("true"),
        "there is no id token: set HF_OIDC_ID_TOKEN to the one of this job, or unset HF_OIDC_RESOURCE"
    );
    let url = variable("ACTIONS_ID_TOKEN_REQUEST_URL")?;
    let (Some(url), Some(request_token)) = (url, secret_variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?) else {
        bail!("GitHub Actions issues no id token to this job: give it `permissions: id-token: write`");
    };
    Ok(api.github_id_token(&url, &request_token, PATIENCE)?)
}

impl Source for Ci {
    fn kind(&self) -> Kind {
        Kind::Ci
    }

    fn list(&self, endpoint: &Endpoint) -> Vec<Result<Held>> {
        match Identity::from_env() {
            Ok(Some(identity)) if identity.endpoint == *endpoint => {
                vec![Ok(Held::at(Place::Ci, identity.cache.read()))]
            }
            Ok(_) => Vec::new(),
            Err(error) => vec![Err(error)],
        }
    }

    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>> {
        let found = || -> Result<Option<AccessToken>> {
            match Identity::from_env()? {
                Some(identity) if identity.endpoint == *wanted.endpoint => identity.token().map(Some),
                // what one Hub issued is for no other
                _ => Ok(None),
            }
        };
        found().map_err(|error| {
            NotAnother(format!("HF_OIDC_RESOURCE is set, but its token cannot be had: {error:#}")).into()
        })
    }

    fn holds(&self, secret: &SecretString) -> Result<bool> {
        let cached = Identity::from_env()?.and_then(|identity| identity.cache.read());
        Ok(cached.is_some_and(|token| token::same(&token.secret, secret)))
    }

    fn is_in_force(&self) -> bool {
        self.forbids_store()
    }

    fn forbids_store(&self) -> bool {
        // what cannot be read was set, and somebody else's token is not for storing then
        variable("HF_OIDC_RESOURCE").map_or(true, |resource| resource.is_some())
    }

    fn give_up(&self, endpoint: &Endpoint, secret: &SecretString) -> Result<()> {
        match Identity::from_env()? {
            Some(identity) if identity.endpoint == *endpoint => identity.cache.drop_once(secret),
            _ => Ok(()),
        }
    }
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "what tells a CI job its identity")]
fn variable(name: &str) -> Result<Option<String>> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    value.into_string().ok().with_context(|| format!("cannot read {name}: it is not UTF-8")).map(Some)
}

fn secret_variable(name: &str) -> Result<Option<SecretString>> {
    Ok(variable(name)?.map(SecretString::from))
}
