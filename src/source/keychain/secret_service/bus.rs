//! The session bus: found, joined and asked one question at a time (D-Bus Specification). No thread, no prompt and no
//! patience of its own; whoever asks gives up.

use std::collections::VecDeque;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};

use keyring_core::{Error, Result};
use zeroize::Zeroizing;

use super::message::{self, Body, Message, Peer};
use crate::private;
use crate::source::keychain::Unavailable;

/// No answer of a keychain is as long: thousands of items. In memory its values may take a hundred times as much.
const LONGEST_MESSAGE: usize = 256 << 10;

/// No bus tells as much that nobody asked for.
const MOST_UNASKED: usize = 100;

/// The bus's own name; its object is called the same.
const BUS: Peer = Peer { name: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };

/// A connection to the session bus.
pub(super) struct Bus {
    stream: UnixStream,
    serial: u32,
    /// What came while we waited for an answer: a signal may be faster.
    unasked: VecDeque<Message>,
}

impl Bus {
    /// Joins the bus.
    pub(super) fn join() -> Result<Self> {
        let stream = addresses().iter().find_map(|address| UnixStream::connect_addr(address).ok());
        let mut bus = Self::over(stream.ok_or_else(|| because(Unavailable::NoBus))?);
        // a bus that hangs up on us, such as another user's, is none of ours
        bus.authenticate().ok_or_else(|| because(Unavailable::NoBus))?;
        bus.ask(BUS, (BUS.name, "Hello"), &Body::of(&())?)?;
        Ok(bus)
    }

    pub(super) fn over(stream: UnixStream) -> Self {
        Self { stream, serial: 0, unasked: VecDeque::new() }
    }

    /// Says who we are, which the kernel confirms ("Authentication Protocol", EXTERNAL).
    fn authenticate(&mut self) -> Option<()> {
        // in hex, where each digit is a 3 and itself
        let user: String = nix::unistd::geteuid().to_string().chars().flat_map(|digit| ['3', digit]).collect();
        self.stream.write_all(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes()).ok()?;
        let (mut line, mut filled) = ([0; 256], 0);
        while !line[..filled].ends_with(b"\r\n") {
            let read = self.stream.read(&mut line[filled..]).ok().filter(|read| *read > 0)?;
            filled += read;
        }
        line.starts_with(b"OK ").then_some(())?;
        self.stream.write_all(b"BEGIN\r\n").ok()
    }

    /// Calls a method, `(interface, name)`, and waits for its answer.
    pub(super) fn ask(&mut self, peer: Peer, method: (&str, &str), body: &Body) -> Result<Message> {
        self.serial += 1;
        let call = message::call(self.serial, peer, method, body)?;
        self.stream.write_all(&call).map_err(|_| because(Unavailable::NoBus))?;
        loop {
            match self.next()? {
                message if message.answers != Some(self.serial) => {
                    self.unasked.push_back(message);
                    if self.unasked.len() > MOST_UNASKED {
                        return Err(no_answer());
                    }
                }
                message if message.error.is_empty() => return Ok(message),
                message => return Err(reason(&message.error)),
            }
        }
    }

    /// Asks the bus for a signal of one object, from then on.
    pub(super) fn listen(&mut self, path: &str, (interface, member): (&str, &str)) -> Result<()> {
        let rule = format!("type='signal',path='{path}',interface='{interface}',member='{member}'");
        self.ask(BUS, (BUS.name, "AddMatch"), &Body::of(&*rule)?).map(|_| ())
    }

    /// Waits for such a signal.
    pub(super) fn signal(&mut self, path: &str, member: &str) -> Result<Message> {
        loop {
            let message = self.unasked.pop_front().map_or_else(|| self.next(), Ok)?;
            if message.answers.is_none() && message.path == path && message.member == member {
                return Ok(message);
            }
        }
    }

    fn next(&mut self) -> Result<Message> {
        let gone = |_| because(Unavailable::NoBus);
        let mut start = [0; message::START];
        self.stream.read_exact(&mut start).map_err(gone)?;
        let length = message::length(&start).filter(|length| *length <= LONGEST_MESSAGE).ok_or_else(no_answer)?;
        let mut bytes = Zeroizing::new(vec![0; length]);
        bytes[..start.len()].copy_from_slice(&start);
        self.stream.read_exact(&mut bytes[start.len()..]).map_err(gone)?;
        Message::read(bytes).ok_or_else(no_answer)
    }
}

/// Whether there is a bus to ask.
pub(in crate::source::keychain) fn a_bus_is_known() -> bool {
    !addresses().is_empty()
}

/// Where the session bus listens: sockets that `DBUS_SESSION_BUS_ADDRESS` names, or that of the user's session.
#[expect(clippy::disallowed_methods, reason = "where the session bus is")]
fn addresses() -> Vec<SocketAddr> {
    let session = || {
        let socket = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("bus");
        // root's token is not for the keychain of whoever became root
        let is_ours = fs::metadata(&socket).is_ok_and(|about| private::is_ours(&about));
        SocketAddr::from_pathname(socket).ok().filter(|_| is_ours)
    };
    let named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default();
    // a bus is not started: that is the session's affair
    if named.is_empty() || named.as_bytes().starts_with(b"autolaunch:") {
        return session().into_iter().collect();
    }
    named.as_bytes().split(|byte| *byte == b';').filter_map(address).collect()
}

/// `unix:path=…` or `unix:abstract=…`, and what else may stand behind it; all other transports are for other machines.
fn address(address: &[u8]) -> Option<SocketAddr> {
    let pairs = address.strip_prefix(b"unix:")?;
    pairs.split(|byte| *byte == b',').find_map(|pair| {
        let (key, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=')?);
        let value = unescaped(&value[1..])?;
        match key {
            b"path" => SocketAddr::from_pathname(Path::new(&std::ffi::OsString::from_vec(value))).ok(),
            #[cfg(target_os = "linux")]
            b"abstract" => <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(value).ok(),
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

pub(super) fn because(unavailable: Unavailable) -> Error {
    Error::NoStorageAccess(Box::new(unavailable))
}

pub(super) fn no_answer() -> Error {
    because(Unavailable::Failed("it answers what is no answer".to_owned()))
}

/// What an error's name means.
fn reason(name: &str) -> Error {
    because(match name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name) {
        "org.freedesktop.Secret.Error.IsLocked" => Unavailable::Locked,
        // gnome-keyring says of an item that is gone that it has no such method
        "org.freedesktop.Secret.Error.NoSuchObject" | "UnknownObject" | "UnknownMethod" => return Error::NoEntry,
        "ServiceUnknown" | "NameHasNoOwner" => Unavailable::NoService,
        // the bus waited for the service
        "NoReply" | "Timeout" | "TimedOut" => Unavailable::Silent,
        name if name.starts_with("Spawn.") => Unavailable::NoService,
        name => Unavailable::Failed(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_is_a_socket_by_its_path_or_its_abstract_name() {
        let path = |text: &str| address(text.as_bytes())?.as_pathname().map(Path::to_owned);
        assert_eq!(path("unix:path=/run/user/1000/bus"), Some("/run/user/1000/bus".into()));
        assert_eq!(path("unix:guid=00ff,path=/tmp/a%20b%2c%c3%a9"), Some("/tmp/a b,é".into()));
        for none in
            ["", "unix:", "unix:path", "unix:path=%2", "unix:path=%zz", "tcp:host=127.0.0.1,port=1", "launchd:env=X"]
        {
            assert!(address(none.as_bytes()).is_none(), "{none}");
        }
        #[cfg(target_os = "linux")]
        {
            use std::os::linux::net::SocketAddrExt as _;
            let name = address(b"unix:abstract=/tmp/dbus-1,guid=00").unwrap();
            assert_eq!(name.as_abstract_name(), Some(&b"/tmp/dbus-1"[..]));
        }
    }
}
