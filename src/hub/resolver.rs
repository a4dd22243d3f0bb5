//! Addresses of hosts, looked up on a thread of its own, since the system's look-up has no deadline: ureq's own way panics
//! where the system gives no thread.

use std::sync::mpsc;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// ureq's look-up, beside the one who waits for it.
#[derive(Debug)]
pub(super) struct Beside;

impl Resolver for Beside {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let (uri, config) = (uri.clone(), config.clone());
        let (sender, found) = mpsc::channel();
        // without a deadline it starts no thread itself
        let look_up = move || DefaultResolver::default().resolve(&uri, &config, NextTimeout::default());
        std::thread::Builder::new().spawn(move || _ = sender.send(look_up()))?;
        found.recv_timeout(*timeout.after).unwrap_or(Err(Error::Timeout(timeout.reason)))
    }
}
