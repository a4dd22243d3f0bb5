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

use super::message::{self, Message, Peer};
use super::wire::Value;
use crate::private;
use crate::source::keychain::Unavailable;

/// No answer of a keychain is as long.
const LONGEST_MESSAGE: usize = 16 << 20;

/// The bus's own name; its object is called the same.
const BUS: Peer = Peer { name: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };

/// A connection to the session bus.
pub(super) struct Bus {
    stream: UnixStream,
    is_admitted: bool,
    serial: u32,
    /// What came while we waited for something else.
    unheard: VecDeque<Message>,
}

impl Bus {
    /// Joins the bus. What comes next is said before it answers: on each side of a question somebody else runs first.
    pub(super) fn join() -> Result<Self> {
        let stream = addresses().iter().find_map(|address| UnixStream::connect_addr(address).ok());
        let mut bus = Self::over(stream.ok_or_else(|| because(Unavailable::NoBus))?);
        bus.is_admitted = false;
        // in hex, where each digit is a 3 and itself
        let user: String = nix::unistd::geteuid().to_string().chars().flat_map(|digit| ['3', digit]).collect();
        let greeting = format!("\0AUTH EXTERNAL {user}\r\nBEGIN\r\n");
        bus.stream.write_all(greeting.as_bytes()).map_err(|_| because(Unavailable::NoBus))?;
        bus.say(BUS, (BUS.name, "Hello"), &[])?;
        Ok(bus)
    }

    /// A connection on which messages are spoken.
    pub(super) fn over(stream: UnixStream) -> Self {
        Self { stream, is_admitted: true, serial: 0, unheard: VecDeque::new() }
    }

    /// Whether the bus believes who we are, which the kernel tells it ("Authentication Protocol", EXTERNAL).
    fn admitted(&mut self) -> Option<()> {
        let (mut line, mut filled) = ([0; "OK \r\n".len() + 32], 0);
        while filled < line.len() && !line[..filled].ends_with(b"\r\n") {
            filled += self.stream.read(&mut line[filled..]).ok().filter(|read| *read > 0)?;
        }
        (line.starts_with(b"OK ") && line.ends_with(b"\r\n")).then_some(())
    }

    /// Calls a method, `(interface, name)`; the number is what its answer goes by.
    pub(super) fn say(&mut self, peer: Peer, method: (&str, &str), arguments: &[Value]) -> Result<u32> {
        self.serial += 1;
        let call = message::call(self.serial, peer, method, arguments).ok_or_else(no_answer)?;
        self.stream.write_all(&call).map_err(|_| because(Unavailable::NoBus))?;
        Ok(self.serial)
    }

    /// Waits for the answer to such a call.
    pub(super) fn answer(&mut self, serial: u32) -> Result<Message> {
        let answer = self.hear(|message| message.answers == Some(serial))?;
        if answer.error.is_empty() { Ok(answer) } else { Err(reason(&answer.error)) }
    }

    /// Both.
    pub(super) fn ask(&mut self, peer: Peer, method: (&str, &str), arguments: &[Value]) -> Result<Message> {
        let serial = self.say(peer, method, arguments)?;
        self.answer(serial)
    }

    /// Asks the bus for a signal of one object, from then on.
    pub(super) fn listen(&mut self, path: &str, (interface, member): (&str, &str)) -> Result<()> {
        let rule = format!("type='signal',path='{path}',interface='{interface}',member='{member}'");
        self.ask(BUS, (BUS.name, "AddMatch"), &[Value::Text(&rule)]).map(|_| ())
    }

    /// Waits for such a signal, which may have come before the last answer.
    pub(super) fn signal(&mut self, path: &str, member: &str) -> Result<Message> {
        self.hear(|message| message.answers.is_none() && message.path == path && message.member == member)
    }

    fn hear(&mut self, is_meant: impl Fn(&Message) -> bool) -> Result<Message> {
        if let Some(message) = self.unheard.iter().position(&is_meant).and_then(|at| self.unheard.remove(at)) {
            return Ok(message);
        }
        loop {
            let message = self.next()?;
            if is_meant(&message) {
                return Ok(message);
            }
            self.unheard.push_back(message);
        }
    }

    fn next(&mut self) -> Result<Message> {
        if !self.is_admitted {
            // a bus that hangs up on us, such as another user's, is none of ours
            self.admitted().ok_or_else(|| because(Unavailable::NoBus))?;
            self.is_admitted = true;
        }
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
