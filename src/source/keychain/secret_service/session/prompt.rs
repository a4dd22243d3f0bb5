//! What the service has a person confirm, in a dialog of its own.

use std::time::Instant;

use keyring_core::Result;
use zvariant::{ObjectPath, OwnedObjectPath, Value};

use super::{NAME, NO_OBJECT, SERVICE, Session};
use crate::source::keychain::secret_service::bus::{answered, because};
use crate::source::keychain::secret_service::message::{Body, Message, Peer};
use crate::source::keychain::secret_service::person::Person;
use crate::source::keychain::{PATIENCE, Unavailable};

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Something is unlocked by a person.
    Unlocks,
    /// Something is made, deleted or used in what is open: such a prompt may end without a dialog (`KeePassXC` answers with no
    /// other), so it is called also where nobody may be asked.
    Changes,
}

/// Where `KWallet` answers for itself, by its major version.
const WALLETS: [&str; 2] = ["/modules/kwalletd5", "/modules/kwalletd6"];

impl Session {
    /// Nobody has to be asked for what is open already, or has no password.
    pub(super) fn unlock(&mut self, locked: &[OwnedObjectPath]) -> Result<()> {
        let answer = self.ask(SERVICE, ("Secret.Service", "Unlock"), locked)?;
        let (_, prompt) = answer.values().read::<(Vec<ObjectPath>, OwnedObjectPath)>()?;
        if *prompt == *NO_OBJECT {
            return Ok(());
        }
        let is_open = locked.iter().all(|object| self.is_open_wallet(object));
        self.prompt(&prompt, if is_open { Prompt::Changes } else { Prompt::Unlocks })
    }

    /// Returns whether `KWallet` has a wallet open, as it has from login on: as a Secret Service it calls it locked until
    /// somebody calls a prompt, which ends by itself then.
    fn is_open_wallet(&mut self, object: &str) -> bool {
        let inside = object.strip_prefix("/org/freedesktop/secrets/collection/");
        let Some(wallet) = inside.and_then(|inside| inside.split('/').next()) else { return false };
        let mut is_open = |path| {
            let asked = Body::of(wallet)
                .and_then(|body| self.bus.say(Peer { name: NAME, path }, ("org.kde.KWallet", "isOpen"), &body))?;
            self.bus.answer(asked, self.deadline)?.values().read::<bool>()
        };
        WALLETS.iter().any(|path| is_open(path).unwrap_or(false))
    }

    /// Has the service ask, where it wants that.
    pub(super) fn prompt(&mut self, path: &str, prompt: Prompt) -> Result<()> {
        if path == NO_OBJECT {
            return Ok(());
        }
        if prompt == Prompt::Unlocks {
            self.deadline = self.person_until()?;
        }
        let mut completed = self.call_prompt(path)?;
        if completed.is_none()
            && prompt == Prompt::Changes
            && let Ok(deadline) = self.person_until()
        {
            completed = self.bus.signal(path, "Completed", deadline)?;
        }
        // what a person took is not the service's time
        self.deadline = Instant::now() + PATIENCE;
        let Some(completed) = completed else {
            // nobody waits for the dialog any more; whatever is answered, nothing was unlocked
            _ = self.ask(path, ("Secret.Prompt", "Dismiss"), &());
            return Err(because(Unavailable::Locked));
        };
        let (is_dismissed, _) = completed.values().read::<(bool, Value)>()?;
        if is_dismissed { Err(because(Unavailable::Locked)) } else { Ok(()) }
    }

    /// Calls it, and waits for its end; `None` when the deadline comes first.
    fn call_prompt(&mut self, path: &str) -> Result<Option<Message>> {
        self.bus.listen(path, ("org.freedesktop.Secret.Prompt", "Completed"), self.deadline)?;
        // without a window of ours that the dialog could belong to
        let asked = self.say(path, ("Secret.Prompt", "Prompt"), "")?;
        let Some(reply) = self.bus.reply(asked, self.deadline)? else { return Ok(None) };
        answered(Some(reply))?;
        self.bus.signal(path, "Completed", self.deadline)
    }

    /// Until when a person is waited for, where one may be asked.
    pub(super) fn person_until(&self) -> Result<Instant> {
        self.person.map_or_else(|| Err(because(Unavailable::Locked)), Person::awaited_until)
    }
}
