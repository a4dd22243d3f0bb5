//! Which of the buses that are known is joined: one of this user's.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;

use keyring_core::Result;
use nix::sys::socket::UnixAddr;

use super::address::{Addresses, addresses, connected, is_of_this_user};
use super::bus::{because, lost};
use crate::file::uninterrupted;
use crate::source::keychain::Unavailable;

/// A connection on which nothing was said yet.
pub(super) struct Joined {
    pub(super) stream: UnixStream,
    /// What the bus has to call itself.
    pub(super) guid: Option<Vec<u8>>,
}

impl Joined {
    /// Connects to the first that listens and is this user's.
    pub(super) fn this_users() -> Result<Self> {
        let Addresses { sockets, are_named, has_remote } = addresses();
        let (mut first_error, mut is_anothers) = (None, has_remote);
        for address in sockets {
            match stream_of_this_user(&address.socket) {
                Ok(Some(stream)) => return Ok(Self { stream, guid: address.guid }),
                Ok(None) => is_anothers = true,
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(match first_error {
            _ if is_anothers && are_named => because(Unavailable::AnotherUsersBus),
            Some(error) => lost(&error),
            None => because(Unavailable::NoBus),
        })
    }
}

/// Connects to a bus of this user's; `None` where it is another's. Nothing is sent before that is known.
fn stream_of_this_user(address: &UnixAddr) -> io::Result<Option<UnixStream>> {
    match uninterrupted(|| connected(address)) {
        Ok(stream) => Ok(is_of_this_user(&stream)?.then_some(stream)),
        // one that is closed to us is another user's
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error),
    }
}
