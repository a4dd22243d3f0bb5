//! What is shown while something is waited for: dots, or a line once it has taken a second, which is erased when it is done.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::is_shown;
use super::progress::{IS_TAKEN, Progress};

/// From when on people wonder whether anything happens.
const SLOW: Duration = Duration::from_secs(1);

/// What is waited for, until this is dropped. Nothing is shown where stderr is no terminal.
pub struct Waiting {
    done: Option<Sender<()>>,
    line: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait.
    #[must_use]
    pub fn with(line: String) -> Self {
        if !is_shown() {
            return Self { done: None, line: None };
        }
        let (done, is_done) = mpsc::channel();
        let show = move || {
            if is_done.recv_timeout(SLOW) == Err(RecvTimeoutError::Timeout) {
                let progress = Progress::unless_another(&line);
                _ = is_done.recv();
                drop(progress);
            }
        };
        Self { done: Some(done), line: std::thread::Builder::new().spawn(show).ok() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.done = None;
        // what is said next begins where the line was
        _ = self.line.take().map(JoinHandle::join);
    }
}

/// Dots behind a few words while something is waited for, where somebody sees them. The line ends when dropped.
pub struct Dots {
    is_seen: bool,
}

impl Dots {
    /// Shows the words.
    #[must_use]
    pub fn behind(words: &str) -> Self {
        let dots = Self { is_seen: io::stderr().is_terminal() };
        IS_TAKEN.store(true, Ordering::Relaxed);
        dots.show(words);
        dots
    }

    /// Shows one more.
    pub fn step(&self) {
        self.show(".");
    }

    fn show(&self, text: &str) {
        if self.is_seen {
            let mut err = io::stderr().lock();
            // a closed stderr is no reason to stop
            _ = err.write_all(text.as_bytes());
            _ = err.flush();
        }
    }
}

impl Drop for Dots {
    fn drop(&mut self) {
        self.show("\n");
        IS_TAKEN.store(false, Ordering::Relaxed);
    }
}
