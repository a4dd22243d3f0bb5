//! The session bus: found, joined and asked (D-Bus Specification). Each wait has a deadline of its own; the connection stays
//! open between them. No thread and no prompt.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::mem;
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use keyring_core::{Error, Result};
use zeroize::Zeroizing;

use super::joined::{self, Joined};
use super::message::{self, Body, Message, Peer};
use crate::file::uninterrupted;
use crate::notice;
use crate::source::keychain::Unavailable;

/// No answer of a keychain is as long: thousands of items. In memory its values may take a hundred times as much.
const LONGEST_MESSAGE: usize = 256 << 10;

/// No bus tells as much that nobody waits for.
const MOST_UNHEARD: usize = 100;

/// Nor is all that it tells for one question: some thousand times what a token takes.
const MOST_HEARD: usize = 8 << 20;

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
    stream: UnixStream,
    is_welcome: bool,
    /// What it calls itself, where its address says so.
    guid: Option<Vec<u8>>,
    serial: u32,
    /// Calls that are sent once an answer is waited for: each wait is a turn of three processes, or of two.
    unsent: Vec<Zeroizing<Vec<u8>>>,
    inbox: Zeroizing<[u8; INBOX]>,
    unread: Range<usize>,
    /// The next message, as far as it has come: the rest may come after a deadline.
    partial: Zeroizing<Vec<u8>>,
    filled: usize,
    /// What came while we waited for something else.
    unheard: VecDeque<Message>,
    /// How many bytes came since the question began.
    pub(super) heard: usize,
}

impl Bus {
    /// Joins the bus, which has not been heard yet.
    pub(super) fn join() -> Result<Self> {
        let Joined { stream, guid } = Joined::this_users()?;
        let mut bus = Self { guid, ..Self::over(stream) };
        bus.is_welcome = false;
        // who we are, which the kernel confirms ("Authentication Protocol", EXTERNAL): in hex, where each digit is a 3 and
        // itself
        let user: String = nix::unistd::geteuid().to_string().chars().flat_map(|digit| ['3', digit]).collect();
        bus.unsent.push(Zeroizing::new(format!("\0AUTH EXTERNAL {user}\r\nBEGIN\r\n").into_bytes()));
        bus.say(BUS, (BUS.name, "Hello"), &Body::of(&())?)?;
        Ok(bus)
    }

    pub(super) fn over(stream: UnixStream) -> Self {
        Self {
            stream,
            is_welcome: true,
            guid: None,
            serial: 0,
            unsent: Vec::new(),
            inbox: Zeroizing::new([0; INBOX]),
            unread: 0..0,
            partial: Zeroizing::default(),
            filled: 0,
            unheard: VecDeque::new(),
            heard: 0,
        }
    }

    /// Calls a method, `(interface, name)`; its answer goes by this number.
    pub(super) fn say(&mut self, peer: Peer, method: (&str, &str), body: &Body) -> Result<u32> {
        self.serial += 1;
        self.unsent.push(message::call(self.serial, peer, method, body)?);
        Ok(self.serial)
    }

    /// Waits for the answer to a call.
    pub(super) fn answer(&mut self, serial: u32, deadline: Instant) -> Result<Message> {
        self.reply(serial, deadline).and_then(answered)
    }

    /// Waits for what comes back of a call, an answer or an error; `None` when the deadline comes first.
    pub(super) fn reply(&mut self, serial: u32, deadline: Instant) -> Result<Option<Message>> {
        self.hear(deadline, |message| message.answers == Some(serial))
    }

    /// Asks the bus for a signal of one object, from then on.
    pub(super) fn listen(&mut self, path: &str, (interface, member): (&str, &str), deadline: Instant) -> Result<()> {
        let rule = format!("type='signal',path='{path}',interface='{interface}',member='{member}'");
        let listening = self.say(BUS, (BUS.name, "AddMatch"), &Body::of(&*rule)?)?;
        self.answer(listening, deadline).map(|_| ())
    }

    /// Waits for such a signal, which may be faster than an answer; `None` when the deadline comes first.
    pub(super) fn signal(&mut self, path: &str, member: &str, deadline: Instant) -> Result<Option<Message>> {
        self.hear(deadline, |message| message.answers.is_none() && message.path == path && message.member == member)
    }

    /// Drops what came and was not waited for, and begins to count anew how much comes.
    pub(super) fn forget(&mut self) {
        self.unheard.clear();
        self.heard = 0;
    }

    fn hear(&mut self, deadline: Instant, is_meant: impl Fn(&Message) -> bool) -> Result<Option<Message>> {
        if let Some(message) = self.unheard.iter().position(&is_meant).and_then(|at| self.unheard.remove(at)) {
            return Ok(Some(message));
        }
        let calls = mem::take(&mut self.unsent);
        let calls = Zeroizing::new(calls.iter().map(|call| call.as_slice()).collect::<Vec<_>>().concat());
        self.write_all(&calls, deadline).map_err(|error| lost(&error))?;
        while let Some(message) = self.next(deadline)? {
            if is_meant(&message) {
                return Ok(Some(message));
            }
            self.unheard.push_back(message);
            if self.unheard.len() > MOST_UNHEARD {
                return Err(no_answer());
            }
        }
        Ok(None)
    }

    fn next(&mut self, deadline: Instant) -> Result<Option<Message>> {
        match self.receive(deadline) {
            Ok(bytes) => Message::read(bytes).ok_or_else(no_answer).map(Some),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(None),
                ErrorKind::InvalidData => Err(no_answer()),
                ErrorKind::FileTooLarge => Err(too_much()),
                _ => Err(lost(&error)),
            },
        }
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Zeroizing<Vec<u8>>> {
        if !self.is_welcome {
            self.be_welcomed(deadline)?;
        }
        self.fill(message::START, deadline)?;
        let length = self.partial.first_chunk().and_then(message::length);
        let length = length.filter(|length| *length <= LONGEST_MESSAGE).ok_or(ErrorKind::InvalidData)?;
        self.heard = self.heard.saturating_add(length);
        if self.heard > MOST_HEARD {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.fill(length, deadline)?;
        self.filled = 0;
        Ok(mem::take(&mut self.partial))
    }

    /// Reads whether the bus lets us in; one that does not is none of ours.
    fn be_welcomed(&mut self, deadline: Instant) -> io::Result<()> {
        while self.filled < WELCOME && !self.partial[..self.filled].ends_with(b"\r\n") {
            self.fill(self.filled + 1, deadline)?;
        }
        self.filled = 0;
        let line = mem::take(&mut self.partial);
        let said = line.strip_prefix(b"OK ").and_then(|rest| rest.strip_suffix(b"\r\n"));
        // another that was started since may listen there
        let is_it = |said: &[u8]| self.guid.as_deref().is_none_or(|guid| guid.eq_ignore_ascii_case(said));
        self.is_welcome = said.is_some_and(is_it);
        match said {
            Some(_) if !self.is_welcome => Err(ErrorKind::AddrNotAvailable.into()),
            Some(_) => Ok(()),
            None => Err(ErrorKind::ConnectionRefused.into()),
        }
    }

    /// Reads the next message up to that length.
    fn fill(&mut self, length: usize, deadline: Instant) -> io::Result<()> {
        if self.partial.len() < length {
            self.partial.resize(length, 0);
        }
        while self.filled < length {
            if self.unread.is_empty() {
                self.unread = 0..self.read(deadline)?;
            }
            let taken = self.unread.len().min(length - self.filled);
            let read = &mut self.inbox[self.unread.start..][..taken];
            self.partial[self.filled..][..taken].copy_from_slice(read);
            // no secret stays here while a person is at a prompt
            read.fill(0);
            self.unread.start += taken;
            self.filled += taken;
        }
        Ok(())
    }

    fn read(&mut self, deadline: Instant) -> io::Result<usize> {
        let read = uninterrupted(|| {
            self.stream.set_read_timeout(Some(remaining(deadline)?))?;
            (&self.stream).read(&mut *self.inbox)
        })?;
        if read == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(read) }
    }

    fn write_all(&self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        // the kernel waits as long for each piece that it takes at once
        for piece in bytes.chunks(PIECE) {
            uninterrupted(|| self.stream.set_write_timeout(Some(remaining(deadline)?)))?;
            (&self.stream).write_all(piece)?;
        }
        Ok(())
    }
}

/// The answer in what came back of a call.
pub(super) fn answered(reply: Option<Message>) -> Result<Message> {
    let reply = reply.ok_or_else(|| because(Unavailable::Silent))?;
    if reply.error.is_empty() { Ok(reply) } else { Err(reason(&reply.error)) }
}

fn remaining(deadline: Instant) -> io::Result<Duration> {
    let remaining = deadline.saturating_duration_since(Instant::now());
    if remaining.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(remaining) }
}

pub(super) fn because(unavailable: Unavailable) -> Error {
    Error::NoStorageAccess(Box::new(unavailable))
}

/// A bus that nobody listens at, or that hangs up on us as another user's does, is none of ours. With any other error it is
/// still there, and so is what its keychain holds.
pub(super) fn lost(error: &io::Error) -> Error {
    if error.kind() == ErrorKind::AddrNotAvailable {
        return joined::gone();
    }
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

pub(super) fn too_much() -> Error {
    because(Unavailable::Failed("it answers with more than anybody keeps for one Hub".to_owned()))
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
    use std::thread;

    use super::*;

    #[test]
    fn a_bus_that_calls_itself_other_than_its_address_does_is_not_asked() {
        const GUID: &str = "00112233445566778899aabbccddeeff";
        for (guid, is_it) in [(None, true), (Some(GUID.to_uppercase()), true), (Some("0".repeat(32)), false)] {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let server = thread::spawn(move || _ = theirs.write_all(format!("OK {GUID}\r\n").as_bytes()));
            let guid = guid.map(String::into_bytes);
            let mut bus = Bus { is_welcome: false, guid, ..Bus::over(ours) };
            let welcomed = bus.be_welcomed(Instant::now() + Duration::from_secs(9));
            assert_eq!(welcomed.is_ok(), is_it);
            server.join().unwrap();
        }
    }
}
