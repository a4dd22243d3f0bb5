//! Where the session bus is, and how it is connected to (D-Bus Specification, "Server Addresses").

use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::{fs, io};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use crate::private;

/// Connects, unless that would have to be waited for: where a bus that is stopped has too many waiting already.
pub(super) fn connected(address: &UnixAddr) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), address)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Whether there is a bus to ask.
pub(in crate::source::keychain) fn a_bus_is_known() -> bool {
    !addresses().is_empty()
}

/// Where the session bus listens: sockets that `DBUS_SESSION_BUS_ADDRESS` names, or that of the user's session.
#[expect(clippy::disallowed_methods, reason = "where the session bus is")]
pub(super) fn addresses() -> Vec<UnixAddr> {
    let session = || {
        let socket = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("bus");
        // root's token is not for the keychain of whoever became root
        let is_ours = fs::metadata(&socket).is_ok_and(|about| private::is_ours(&about));
        UnixAddr::new(&socket).ok().filter(|_| is_ours)
    };
    let named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default();
    // a bus is not started: that is the session's affair
    if named.is_empty() || named.as_bytes().starts_with(b"autolaunch:") {
        return session().into_iter().collect();
    }
    named.as_bytes().split(|byte| *byte == b';').filter_map(address).collect()
}

/// `unix:path=…` or `unix:abstract=…`, and what else may stand behind it; all other transports are for other machines.
fn address(address: &[u8]) -> Option<UnixAddr> {
    let pairs = address.strip_prefix(b"unix:")?;
    pairs.split(|byte| *byte == b',').find_map(|pair| {
        let (key, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        let value = unescaped(&value[1..])?;
        match key {
            b"path" => UnixAddr::new(&*value).ok(),
            #[cfg(target_os = "linux")]
            b"abstract" => UnixAddr::new_abstract(&value).ok(),
            _ => None,
        }
    })
}

fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts = text.split(|byte| *byte == b'%');
    let mut bytes = parts.next()?.to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        bytes.extend_from_slice(rest);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_is_a_socket_by_its_path_or_its_abstract_name() {
        let path = |text: &str| address(text.as_bytes())?.path().map(std::path::Path::to_owned);
        assert_eq!(path("unix:path=/run/user/1000/bus"), Some("/run/user/1000/bus".into()));
        assert_eq!(path("unix:guid=00ff,path=/tmp/a%20b%2c%c3%a9"), Some("/tmp/a b,é".into()));
        for none in
            ["", "unix:", "unix:path", "unix:path=%2", "unix:path=%zz", "tcp:host=127.0.0.1,port=1", "launchd:env=X"]
        {
            assert!(address(none.as_bytes()).is_none(), "{none}");
        }
        #[cfg(target_os = "linux")]
        {
            let name = address(b"unix:abstract=/tmp/dbus-1,guid=00").unwrap();
            assert_eq!(name.as_abstract(), Some(&b"/tmp/dbus-1"[..]));
        }
    }
}
