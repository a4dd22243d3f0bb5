//! The session bus: found, joined and asked until a deadline (D-Bus Specification). No thread and no prompt.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use keyring_core::{Error, Result};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use zeroize::Zeroizing;

use super::message::{self, Body, Message, Peer};
use crate::file::uninterrupted;
use crate::source::keychain::Unavailable;
use crate::{notice, private};

/// No answer of a keychain is as long: thousands of items. In memory its values may take a hundred times as much.
const LONGEST_MESSAGE: usize = 256 << 10;

/// No bus tells as much that nobody waits for.
const MOST_UNHEARD: usize = 100;

/// What is read at once: some messages of the usual length.
const INBOX: usize = 1 << 10;

/// What is written at once.
const PIECE: usize = 16 << 10;

/// The bus's own name; its object is called the same.
const BUS: Peer = Peer { name: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };

/// What the bus says to let us in: `OK`, and 32 digits that are its own.
const WELCOME: usize = "OK \r\n".len() + 32;

/// A connection to the session bus.
pub(super) struct Bus {
    socket: Socket,
    is_welcome: bool,
    serial: u32,
    /// Calls that are sent once an answer is waited for: each wait is a turn of three processes, or of two.
    unsent: Vec<Zeroizing<Vec<u8>>>,
    inbox: Zeroizing<[u8; INBOX]>,
    unread: Range<usize>,
    /// What came while we waited for something else.
    unheard: VecDeque<Message>,
}

impl Bus {
    /// Joins the bus, which has not been heard yet.
    pub(super) fn join(deadline: Instant) -> Result<Self> {
        let connect = |address: &UnixAddr| match uninterrupted(|| connected(address)) {
            // one that is closed to us is another user's
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(because(Unavailable::NoBus)),
            tried => tried.map_err(|error| lost(&error)),
        };
        let mut stream = Err(because(Unavailable::NoBus));
        for address in addresses() {
            stream = stream.or_else(|_| connect(&address));
        }
        let mut bus = Self::over(stream?, deadline);
        bus.is_welcome = false;
        // who we are, which the kernel confirms ("Authentication Protocol", EXTERNAL): in hex, where each digit is a 3 and
        // itself
        let user: String = nix::unistd::geteuid().to_string().chars().flat_map(|digit| ['3', digit]).collect();
        bus.unsent.push(Zeroizing::new(format!("\0AUTH EXTERNAL {user}\r\nBEGIN\r\n").into_bytes()));
        bus.say(BUS, (BUS.name, "Hello"), &Body::of(&())?)?;
        Ok(bus)
    }

    pub(super) fn over(stream: UnixStream, deadline: Instant) -> Self {
        Self {
            socket: Socket { stream, deadline },
            is_welcome: true,
            serial: 0,
            unsent: Vec::new(),
            inbox: Zeroizing::new([0; INBOX]),
            unread: 0..0,
            unheard: VecDeque::new(),
        }
    }

    /// Calls a method, `(interface, name)`; its answer goes by this number.
    pub(super) fn say(&mut self, peer: Peer, method: (&str, &str), body: &Body) -> Result<u32> {
        self.serial += 1;
        self.unsent.push(message::call(self.serial, peer, method, body)?);
        Ok(self.serial)
    }

    /// Waits for the answer to a call.
    pub(super) fn answer(&mut self, serial: u32) -> Result<Message> {
        let answer = self.hear(|message| message.answers == Some(serial))?;
        if answer.error.is_empty() { Ok(answer) } else { Err(reason(&answer.error)) }
    }

    /// Asks the bus for a signal of one object, from then on.
    pub(super) fn listen(&mut self, path: &str, (interface, member): (&str, &str)) -> Result<()> {
        let rule = format!("type='signal',path='{path}',interface='{interface}',member='{member}'");
        let listening = self.say(BUS, (BUS.name, "AddMatch"), &Body::of(&*rule)?)?;
        self.answer(listening).map(|_| ())
    }

    /// Waits for such a signal, which may be faster than an answer.
    pub(super) fn signal(&mut self, path: &str, member: &str) -> Result<Message> {
        self.hear(|message| message.answers.is_none() && message.path == path && message.member == member)
    }

    fn hear(&mut self, is_meant: impl Fn(&Message) -> bool) -> Result<Message> {
        if let Some(message) = self.unheard.iter().position(&is_meant).and_then(|at| self.unheard.remove(at)) {
            return Ok(message);
        }
        let calls = std::mem::take(&mut self.unsent);
        let calls = Zeroizing::new(calls.iter().map(|call| call.as_slice()).collect::<Vec<_>>().concat());
        self.socket.write_all(&calls).map_err(|error| lost(&error))?;
        loop {
            let message = self.next()?;
            if is_meant(&message) {
                return Ok(message);
            }
            self.unheard.push_back(message);
            if self.unheard.len() > MOST_UNHEARD {
                return Err(no_answer());
            }
        }
    }

    fn next(&mut self) -> Result<Message> {
        if !self.is_welcome {
            self.is_welcome = self.welcomes().map_err(|error| lost(&error))?;
        }
        if !self.is_welcome {
            return Err(because(Unavailable::NoBus));
        }
        let mut start = [0; message::START];
        self.fill(&mut start).map_err(|error| lost(&error))?;
        let length = message::length(&start).filter(|length| *length <= LONGEST_MESSAGE).ok_or_else(no_answer)?;
        let mut bytes = Zeroizing::new(vec![0; length]);
        bytes[..start.len()].copy_from_slice(&start);
        self.fill(&mut bytes[start.len()..]).map_err(|error| lost(&error))?;
        Message::read(bytes).ok_or_else(no_answer)
    }

    /// Whether the bus lets us in.
    fn welcomes(&mut self) -> io::Result<bool> {
        let mut line = Vec::with_capacity(WELCOME);
        while line.len() < WELCOME && !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.fill(&mut byte)?;
            line.extend(byte);
        }
        Ok(line.starts_with(b"OK ") && line.ends_with(b"\r\n"))
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.unread.is_empty() {
                self.unread = 0..self.socket.read(&mut *self.inbox)?;
            }
            let taken = bytes.len().min(self.unread.len());
            let (filled, rest) = bytes.split_at_mut(taken);
            filled.copy_from_slice(&self.inbox[self.unread.start..][..taken]);
            self.unread.start += taken;
            bytes = rest;
        }
        Ok(())
    }
}

/// A socket that is waited for until a deadline.
struct Socket {
    stream: UnixStream,
    deadline: Instant,
}

impl Socket {
    fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = uninterrupted(|| {
            self.stream.set_read_timeout(Some(self.remaining()?))?;
            (&self.stream).read(bytes)
        })?;
        if read == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(read) }
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        // the kernel waits as long for each piece that it takes at once
        for piece in bytes.chunks(PIECE) {
            uninterrupted(|| self.stream.set_write_timeout(Some(self.remaining()?)))?;
            (&self.stream).write_all(piece)?;
        }
        Ok(())
    }

    fn remaining(&self) -> io::Result<Duration> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(remaining) }
    }
}

/// Connects, unless that would have to be waited for: where a bus that is stopped has too many waiting already.
fn connected(address: &UnixAddr) -> io::Result<UnixStream> {
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
fn addresses() -> Vec<UnixAddr> {
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

pub(super) fn because(unavailable: Unavailable) -> Error {
    Error::NoStorageAccess(Box::new(unavailable))
}

/// A bus that nobody listens at, or that hangs up on us as another user's does, is none of ours. With any other error it is
/// still there, and so is what its keychain holds.
fn lost(error: &io::Error) -> Error {
    because(match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Unavailable::NoBus,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Unavailable::Silent,
        _ => Unavailable::Failed(notice::reason(error)),
    })
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
        name => Unavailable::Failed(name.escape_debug().to_string()),
    })
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
