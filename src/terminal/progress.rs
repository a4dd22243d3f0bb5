//! A line at the terminal's end that tells how far something is.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::columns;

/// Whether the last line of the terminal shows what is going on.
pub(super) static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// What is going on, on one line that is there after a second and gone at the end; on a terminal only.
pub struct Progress {
    started: Instant,
    told: Option<Instant>,
    /// How many characters are to be wiped out.
    length: usize,
}

impl Default for Progress {
    fn default() -> Self {
        Self { started: Instant::now(), told: None, length: 0 }
    }
}

impl Progress {
    /// What takes a moment, told at once.
    #[must_use]
    pub fn of(line: &str) -> Self {
        let mut progress = Self::default();
        progress.show(line);
        progress
    }

    /// The same, unless something else is shown to be going on.
    #[must_use]
    pub fn unless_another(line: &str) -> Option<Self> {
        (!IS_TAKEN.load(Ordering::Relaxed)).then(|| Self::of(line))
    }

    /// How far it is now; short, since it must stay on its line.
    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        let is_due = self.told.map_or(self.started.elapsed() > Duration::from_secs(1), |told| {
            told.elapsed() > Duration::from_millis(100)
        });
        if is_due {
            self.show(&line());
        }
    }

    fn show(&mut self, line: &str) {
        if io::stderr().is_terminal() {
            self.wipe();
            IS_TAKEN.store(true, Ordering::Relaxed);
            self.told = Some(Instant::now());
            self.length = columns(line);
            // a closed stderr is no reason to stop
            _ = write!(io::stderr().lock(), "{line}");
        }
    }

    /// With blanks, which every terminal knows.
    fn wipe(&mut self) {
        if self.length > 0 {
            _ = write!(io::stderr().lock(), "\r{}\r", " ".repeat(self.length));
            IS_TAKEN.store(false, Ordering::Relaxed);
            self.length = 0;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.wipe();
    }
}
