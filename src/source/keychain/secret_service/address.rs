//! Where the session bus is, and how it is connected to (D-Bus Specification, "Server Addresses").

use std::ffi::OsString;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use nix::unistd::{Uid, geteuid};

use crate::{private, url};

/// Whom the kernel names where a user of another user namespace is at the other end: anybody.
const UNMAPPED: Uid = Uid::from_raw(65534);

/// A socket that a bus may listen at.
pub(super) struct Address {
    pub(super) socket: UnixAddr,
    /// The digits that the bus there calls itself by, where the address has them.
    pub(super) guid: Option<Vec<u8>>,
}

/// Where the session bus may listen.
#[derive(Default)]
pub(super) struct Addresses {
    /// Those to try, in this order.
    pub(super) sockets: Vec<Address>,
    /// Whether a person, or a program of theirs, named them: `DBUS_SESSION_BUS_ADDRESS`.
    pub(super) are_named: bool,
    /// Whether a bus behind a network is named, whose user nobody can tell.
    pub(super) has_remote: bool,
}

/// Connects, unless that would have to be waited for: where a bus that is stopped has too many waiting already.
pub(super) fn connected(address: &UnixAddr) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), address)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Returns whether whoever listens at the other end is this user. An address may be left over from another session, and any
/// user may listen at an abstract name.
pub(super) fn is_of_this_user(stream: &UnixStream) -> io::Result<bool> {
    Ok(is_trusted(peer_of(stream)?, geteuid()))
}

/// Root sees all that a user's bus is told. Root's token is not for the keychain of whoever became root.
fn is_trusted(peer: Uid, user: Uid) -> bool {
    peer != UNMAPPED && (peer == user || peer.is_root())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn peer_of(stream: &UnixStream) -> io::Result<Uid> {
    let peer = nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials)?;
    Ok(Uid::from_raw(peer.uid()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn peer_of(stream: &UnixStream) -> io::Result<Uid> {
    Ok(nix::unistd::getpeereid(stream)?.0)
}

/// Whether there is a bus to ask.
pub(in crate::source::keychain) fn a_bus_is_known() -> bool {
    let addresses = addresses();
    !addresses.sockets.is_empty() || addresses.has_remote
}

/// Where the session bus listens: sockets that `DBUS_SESSION_BUS_ADDRESS` names, or that of the user's session.
pub(super) fn addresses() -> Addresses {
    let named = named();
    // a bus is not started: that is the session's affair
    if named.is_empty() || named.as_bytes().starts_with(b"autolaunch:") {
        return Addresses { sockets: of_session().into_iter().collect(), ..Addresses::default() };
    }
    let parts = || named.as_bytes().split(|byte| *byte == b';');
    let has_remote = parts().any(|part| part.starts_with(b"tcp:") || part.starts_with(b"nonce-tcp:"));
    Addresses { sockets: parts().filter_map(address).collect(), are_named: true, has_remote }
}

#[expect(clippy::disallowed_methods, reason = "where the session bus is")]
fn named() -> OsString {
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default()
}

/// Returns what `DBUS_SESSION_BUS_ADDRESS` holds, as it may be shown.
pub(super) fn shown() -> String {
    const LONGEST: usize = 80;
    let named = named().to_string_lossy().into_owned();
    named.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The socket of the user's session, where it is there.
#[expect(clippy::disallowed_methods, reason = "where the session bus is")]
pub(super) fn of_session() -> Option<Address> {
    let socket = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("bus");
    // most often enough to tell, and cheaper than a connection
    let is_ours = fs::metadata(&socket).is_ok_and(|about| private::is_ours(&about));
    let socket = UnixAddr::new(&socket).ok().filter(|_| is_ours)?;
    Some(Address { socket, guid: None })
}

/// `unix:path=…` or `unix:abstract=…`, and what else may stand with it; all other transports are for other machines. An
/// empty name and the null device stand for no bus.
fn address(address: &[u8]) -> Option<Address> {
    let (mut socket, mut guid) = (None, None);
    for pair in address.strip_prefix(b"unix:")?.split(|byte| *byte == b',') {
        let (key, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        let value = url::decoded(&value[1..])?;
        match key {
            b"guid" => guid = Some(value),
            _ if value.is_empty() || socket.is_some() => {}
            b"path" => socket = UnixAddr::new(&*value).ok().filter(|at| at.path() != Some(Path::new("/dev/null"))),
            #[cfg(target_os = "linux")]
            b"abstract" => socket = UnixAddr::new_abstract(&value).ok(),
            _ => {}
        }
    }
    Some(Address { socket: socket?, guid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_is_a_socket_by_its_path_or_its_abstract_name() {
        let path = |text: &str| address(text.as_bytes())?.socket.path().map(Path::to_owned);
        assert_eq!(path("unix:path=/run/user/1000/bus"), Some("/run/user/1000/bus".into()));
        assert_eq!(path("unix:guid=00ff,path=/tmp/a%20b%2c%c3%a9"), Some("/tmp/a b,é".into()));
        for none in [
            "",
            "unix:",
            "unix:path",
            "unix:path=",
            "unix:path=,guid=00",
            "unix:abstract=",
            "unix:path=/dev/null",
            "unix:path=%2",
            "unix:path=%zz",
            "tcp:host=127.0.0.1,port=1",
            "launchd:env=X",
            "disabled:",
        ] {
            assert!(address(none.as_bytes()).is_none(), "{none}");
        }
        #[cfg(target_os = "linux")]
        {
            let name = address(b"unix:abstract=/tmp/dbus-1,guid=00").unwrap();
            assert_eq!(name.socket.as_abstract(), Some(&b"/tmp/dbus-1"[..]));
            assert_eq!(name.guid.as_deref(), Some(&b"00"[..]));
        }
    }

    #[test]
    fn a_bus_is_this_users_or_for_a_user_roots() {
        for (peer, user, is_joined) in [
            (1000, 1000, true),
            (0, 0, true),
            (0, 1000, true),
            (1000, 0, false),
            (1001, 1000, false),
            (65534, 1000, false),
            (65534, 0, false),
            (65534, 65534, false),
        ] {
            assert_eq!(is_trusted(Uid::from_raw(peer), Uid::from_raw(user)), is_joined, "{peer} {user}");
        }
    }
}
