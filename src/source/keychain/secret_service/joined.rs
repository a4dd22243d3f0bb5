//! Which of the buses that are known is joined: one of this user's.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;

use keyring_core::{Error, Result};
use nix::sys::socket::UnixAddr;

use super::address::{Addresses, addresses, connected, is_of_this_user, of_session, shown};
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
    /// Connects to the first that listens and is this user's. Where those that are named are gone, as in a terminal
    /// multiplexer that outlived its session, it is that of the session of today.
    pub(super) fn this_users() -> Result<Self> {
        let Addresses { sockets, are_named, has_remote } = addresses();
        let (mut first_error, mut is_anothers) = (None, has_remote);
        let is_named = are_named && !sockets.is_empty();
        for address in sockets {
            match stream_of_this_user(&address.socket) {
                Ok(Some(stream)) => return Ok(Self { stream, guid: address.guid }),
                Ok(None) => is_anothers = true,
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if is_anothers && are_named {
            return Err(because(Unavailable::AnotherUsersBus));
        }
        let error = first_error.map_or_else(|| because(Unavailable::NoBus), |error| lost(&error));
        if !is_named || !is_gone(&error) {
            return Err(error);
        }
        let of_today = of_session().and_then(|address| stream_of_this_user(&address.socket).ok().flatten());
        of_today.map(|stream| Self { stream, guid: None }).ok_or_else(gone)
    }
}

/// Returns that the bus which is named does not answer: what its keychain holds is not known.
pub(super) fn gone() -> Error {
    because(Unavailable::BusGone(shown()))
}

fn is_gone(error: &Error) -> bool {
    let Error::NoStorageAccess(why) = error else { return false };
    why.downcast_ref() == Some(&Unavailable::NoBus)
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
