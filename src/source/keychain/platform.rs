//! How each platform's keychain is opened and asked.

#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use self::bus::{answer_by, begin, is_ready, is_there, open};
#[cfg(any(target_os = "macos", windows))]
pub(super) use self::system::{answer_by, begin, is_ready, is_there, open};

/// A service on the session bus.
#[cfg(all(unix, not(target_os = "macos")))]
mod bus {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::time::Instant;

    use keyring_core::{CredentialStore, Result};

    use crate::source::keychain::secret_service::{self, Store};
    use crate::source::keychain::{AccessToken, Unavailable};

    /// The answer, or none where the question ends in a panic: the bus keeps to the deadline by itself.
    pub(in crate::source::keychain) fn answer_by(
        _deadline: Instant,
        ask: impl FnOnce() -> Result<Vec<AccessToken>>,
    ) -> Option<std::result::Result<Vec<AccessToken>, Unavailable>> {
        let answer = catch_unwind(AssertUnwindSafe(ask)).ok()?;
        Some(answer.map_err(Unavailable::from))
    }

    pub(in crate::source::keychain) fn is_there() -> bool {
        secret_service::a_bus_is_known()
    }

    pub(in crate::source::keychain) fn open() -> Result<Arc<CredentialStore>> {
        Ok(Arc::new(Store::open()?))
    }

    pub(in crate::source::keychain) fn begin(store: &CredentialStore, deadline: Instant, may_prompt: bool) {
        if let Some(store) = store.as_any().downcast_ref::<Store>() {
            store.begin(deadline, may_prompt);
        }
    }

    pub(in crate::source::keychain) fn is_ready(store: &CredentialStore) -> Result<()> {
        store.as_any().downcast_ref().map_or(Ok(()), Store::is_ready)
    }
}

/// A part of the system, which asks the person by itself.
#[cfg(any(target_os = "macos", windows))]
mod system {
    use std::sync::Arc;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Instant;

    use keyring_core::{CredentialStore, Error, Result};

    use crate::source::keychain::{AccessToken, Unavailable};

    /// The answer, or none where the question ends in a panic. It is asked on a thread of its own, which is left behind if
    /// no answer comes: the platforms' calls cannot be interrupted.
    pub(in crate::source::keychain) fn answer_by(
        deadline: Instant,
        ask: impl FnOnce() -> Result<Vec<AccessToken>> + Send + 'static,
    ) -> Option<std::result::Result<Vec<AccessToken>, Unavailable>> {
        let (answer, answers) = channel();
        // nobody listens any more when this comes too late
        std::thread::Builder::new().spawn(move || _ = answer.send(ask())).ok()?;
        match answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(answer) => Some(answer.map_err(Unavailable::from)),
            Err(RecvTimeoutError::Timeout) => Some(Err(Unavailable::Silent)),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    pub(in crate::source::keychain) fn is_there() -> bool {
        true
    }

    /// The `keyring` crate opens the platform's own store.
    pub(in crate::source::keychain) fn open() -> Result<Arc<CredentialStore>> {
        if let Err(error) = keyring::Entry::store_status() {
            return Err(Error::NoStorageAccess(error.to_string().into()));
        }
        keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
    }

    pub(in crate::source::keychain) fn begin(_: &CredentialStore, _: Instant, _: bool) {}

    /// These platforms tell it of each entry alone.
    pub(in crate::source::keychain) fn is_ready(_: &CredentialStore) -> Result<()> {
        Ok(())
    }
}
