//! What Ctrl-C says where a person waits for something that is not done yet.

#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Until this is dropped, Ctrl-C says a line and then ends the program as it does everywhere.
pub struct Cancel {
    #[cfg(unix)]
    is_waiting: Arc<AtomicBool>,
}

impl Cancel {
    /// Has Ctrl-C say this line from now on.
    #[must_use]
    #[cfg_attr(not(unix), expect(unused_variables, reason = "Ctrl-C ends the program without a word there"))]
    pub fn with(line: &'static str) -> Self {
        #[cfg(unix)]
        {
            use nix::sys::signal::{SigSet, Signal, raise};

            let (is_waiting, interrupt) = (Arc::new(AtomicBool::new(true)), SigSet::from(Signal::SIGINT));
            let waits = Arc::clone(&is_waiting);
            // the thread inherits it, and the signal waits for whoever asks for it
            _ = interrupt.thread_block();
            let waiter = std::thread::Builder::new().spawn(move || {
                if interrupt.wait().is_ok() {
                    if waits.load(Ordering::Relaxed) {
                        super::note("");
                        super::note(line);
                    }
                    _ = interrupt.thread_unblock();
                    _ = raise(Signal::SIGINT);
                }
            });
            if waiter.is_err() {
                _ = interrupt.thread_unblock();
            }
            Self { is_waiting }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Cancel {
    fn drop(&mut self) {
        use nix::sys::signal::{SigSet, Signal};

        self.is_waiting.store(false, Ordering::Relaxed);
        _ = SigSet::from(Signal::SIGINT).thread_unblock();
    }
}
