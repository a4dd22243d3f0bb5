//! Tokens the Hub refused lately. git and git-lfs erase what was refused and ask again; a token we may not delete must not
//! be answered again at once, or git-lfs asks without end.
//!
//! One empty file for each refusal, named by a digest and dated by its modification time: there is nothing to parse, to
//! lock or to tear.

use std::fs::{self, DirBuilder, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::Endpoint;
use crate::protocol::Scheme;
use crate::token;

/// For how long a refused token is not answered.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// What was refused lately; nothing is remembered where there is no home directory.
#[derive(Debug)]
pub struct Refusals {
    directory: Option<PathBuf>,
}

impl Refusals {
    /// The user's own, under `XDG_STATE_HOME`.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "where state is kept (XDG Base Directory Specification)")]
    pub fn from_env() -> Self {
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let state =
            state.or_else(|| Some(std::env::home_dir()?.join(".local/state")).filter(|path| path.is_absolute()));
        Self { directory: state.map(|state| state.join("git-credential-hf").join("refused")) }
    }

    /// Whether this token was refused lately.
    #[must_use]
    pub fn hold(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> bool {
        self.file(endpoint, scheme, secret).is_some_and(|path| is_recent(&path))
    }

    /// Remembers a refusal, and forgets those that are over.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn remember(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> Result<()> {
        let directory = self.directory.as_deref().context("cannot remember the refusal: there is no home directory")?;
        let write = || -> std::io::Result<()> {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(directory)?;
            for entry in fs::read_dir(directory)?.flatten() {
                if !is_recent(&entry.path()) {
                    _ = fs::remove_file(entry.path());
                }
            }
            let file = File::create(directory.join(name(endpoint, scheme, secret)))?;
            file.set_modified(SystemTime::now())
        };
        write().with_context(|| {
            format!("cannot remember the refusal in {}", directory.display().to_string().escape_debug())
        })
    }

    /// Forgets a refusal: the token was accepted.
    pub fn forget(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) {
        if let Some(path) = self.file(endpoint, scheme, secret) {
            // most often there was none, and where it cannot be removed it ends by itself
            _ = fs::remove_file(path);
        }
    }

    /// Where a refusal would be; `None` where nothing was ever refused, which is looked at first since it is cheaper.
    fn file(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> Option<PathBuf> {
        let directory = self.directory.as_deref().filter(|directory| directory.exists())?;
        Some(directory.join(name(endpoint, scheme, secret)))
    }
}

/// A clock that was set back leaves dates in the future: these count for as long.
fn is_recent(path: &std::path::Path) -> bool {
    let Ok(refused) = fs::symlink_metadata(path).and_then(|about| about.modified()) else { return false };
    let age = SystemTime::now().duration_since(refused).unwrap_or_else(|early| early.duration());
    age < MEMORY
}

/// The scheme is part of it: a token refused over Basic may be good over Bearer.
#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn name(endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> String {
    let scheme = match scheme {
        Scheme::Basic => "Basic",
        Scheme::Bearer => "Bearer",
    };
    token::digest(&[endpoint.url(), scheme, secret.expose_secret()])
}
