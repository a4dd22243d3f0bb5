//! The person who may be asked to unlock the keychain.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keyring_core::Result;

use super::bus::because;
use crate::source::keychain::Unavailable;
use crate::{notice, repository};

/// A person, who is asked at most once, whatever they answer.
pub(super) struct Person {
    pub(super) was_asked: AtomicBool,
    pub(super) may_be_asked: fn() -> bool,
    pub(super) patience: Duration,
}

/// Whoever sits at the terminal of this command, which is one process.
pub(super) static AT_THE_TERMINAL: Person = Person {
    was_asked: AtomicBool::new(false),
    may_be_asked: a_dialog_may_be_shown,
    patience: Duration::from_secs(60),
};

impl Person {
    /// Tells them that they are waited for, and returns until when.
    pub(super) fn awaited_until(&self) -> Result<Instant> {
        if self.was_asked.swap(true, Ordering::Relaxed) || !(self.may_be_asked)() {
            return Err(because(Unavailable::Locked));
        }
        let seconds = self.patience.as_secs();
        notice::say(&format!("the system keychain is locked: waiting up to {seconds} s for you to unlock it"));
        Ok(Instant::now() + self.patience)
    }
}

/// An unlock dialog wants a display to appear on, a person at the terminal to see it, and git's leave to ask.
#[expect(clippy::disallowed_methods, reason = "whether there is a display")]
fn a_dialog_may_be_shown() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
        && std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
        && repository::git_may_ask()
}
