//! The token of a CI job, kept for the other processes of the job: in a file of the user's own, and nowhere else.

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::source::hf_home::lock::{Held, Lock};
use crate::source::hf_home::replacement::{self, Replacement};
use crate::state::{self, Memory};
use crate::token::{self, AccessToken};

/// No cached token is as long.
const LARGEST: u64 = 128 << 10;

/// For how long a second token that is refused is not exchanged for a third.
const REFUSED: Duration = Duration::from_secs(15 * 60);

/// No job's token lives as long.
const OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The place for the token of one identity; `None` where there is no home directory.
pub(super) struct Cache {
    file: Option<PathBuf>,
    name: String,
}

impl Cache {
    /// The place for a Hub, a resource and the job that gets the token: a runner's next job is another publisher's.
    pub(super) fn of(api: &str, resource: &str, job: &str) -> Self {
        let name = token::digest(&["ci", api, resource, job]);
        Self { file: state::directory("ci").map(|directory| directory.join(&name)), name }
    }

    /// The token that is kept, whatever its age.
    pub(super) fn read(&self) -> Option<AccessToken> {
        let path = self.file.as_deref()?;
        if !path.parent().is_some_and(is_own_directory) {
            return None;
        }
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
        let file = options.open(path).ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || !is_own(&about) || about.len() > LARGEST {
            return None;
        }
        // one byte more than it holds, so that the end is met without growing, which would leave a copy behind
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(about.len()).ok()? + 1));
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        let (end, secret) = text.split_once('\n')?;
        let mut token = AccessToken::new(token::clean(secret)?);
        token.expires_at = Some(end.parse().ok()?);
        Some(token)
    }

    /// Waits for the other processes of the job; `None` where nothing can be kept safely.
    ///
    /// # Errors
    ///
    /// When one of them takes longer than `patience`.
    pub(super) fn lock(&self, patience: Duration) -> Result<Option<Lock>> {
        let Some(path) = &self.file else { return Ok(None) };
        let Some(directory) = path.parent() else { return Ok(None) };
        if state::make(directory).is_err() || !is_own_directory(directory) {
            return Ok(None);
        }
        match Lock::beside(path, patience) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.is::<Held>() => Err(error).context("another process of this job asks for it"),
            Err(_) => Ok(None),
        }
    }

    /// Keeps a token. Where that fails, the next process exchanges for itself.
    #[expect(clippy::disallowed_methods, reason = "the file is what the job's other processes have the token from")]
    pub(super) fn write(&self, token: &AccessToken, lock: &Lock) {
        let (Some(path), Some(end)) = (&self.file, token.expires_at) else { return };
        // a link that somebody left here is not written through
        if path.is_symlink() {
            _ = fs::remove_file(path);
        }
        let text = Zeroizing::new([&end.to_string(), "\n", token.secret.expose_secret(), "\n"].concat());
        replacement::sweep(path, |_, _| false);
        remove_old(path);
        _ = Replacement::of(path, lock).and_then(|mut file| file.hold(&text).and_then(|()| file.commit()));
    }

    /// Drops the token if it is this one, so that another is exchanged; but if that one is refused as well, it stays to be
    /// known by, or a client that asks again would have the Hub issue tokens without end.
    ///
    /// # Errors
    ///
    /// When it cannot be dropped.
    pub(super) fn drop_once(&self, secret: &SecretString) -> Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let refused = Memory::of("ci-refused", REFUSED);
        let is_held = self.read().is_some_and(|token| token::same(&token.secret, secret));
        if !is_held || refused.holds(|| self.name.clone()) {
            return Ok(());
        }
        refused.note(&self.name)?;
        fs::remove_file(path).context("cannot drop the token of the CI identity")
    }
}

/// Removes what earlier jobs of a runner left beside a file: their tokens have ended.
fn remove_old(path: &Path) {
    let is_name = |name: &str| name.get(..64).is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_old = |entry: &fs::DirEntry| {
        let about = entry.metadata().ok().filter(fs::Metadata::is_file);
        let age = about.and_then(|about| about.modified().ok()?.elapsed().ok());
        age.is_some_and(|age| age > OLD)
    };
    let inside = path.parent().and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten().flatten();
    for entry in inside.filter(|entry| entry.file_name().to_str().is_some_and(is_name) && is_old(entry)) {
        _ = fs::remove_file(entry.path());
    }
}

/// Whether a directory is the user's own, nobody else's to look into, and no link.
fn is_own_directory(directory: &Path) -> bool {
    fs::symlink_metadata(directory).is_ok_and(|about| about.is_dir() && is_own(&about))
}

#[cfg(unix)]
fn is_own(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // the last two digits of the mode are for everybody else
    about.uid() == nix::unistd::geteuid().as_raw() && about.mode().is_multiple_of(0o100)
}

#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}
