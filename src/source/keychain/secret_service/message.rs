//! The messages of D-Bus: a call is written, an answer or a signal is read (D-Bus Specification, "Message Protocol"). Pure.

use keyring_core::Result;
use zeroize::Zeroizing;

use super::bus::no_answer;
use super::wire::{Reader, Value, Writer};

/// Which field of a header it is.
pub(super) mod field {
    pub(in super::super) const PATH: u8 = 1;
    pub(in super::super) const INTERFACE: u8 = 2;
    pub(in super::super) const MEMBER: u8 = 3;
    pub(in super::super) const ERROR_NAME: u8 = 4;
    pub(in super::super) const REPLY_SERIAL: u8 = 5;
    pub(in super::super) const DESTINATION: u8 = 6;
    pub(in super::super) const SIGNATURE: u8 = 8;
}

const METHOD_CALL: u8 = 1;

/// Every message begins with as many bytes, which tell its length.
pub(super) const START: usize = 16;

/// Who is asked: a name on the bus, and one of its objects.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
}

/// The call of a method, `(interface, name)`; `None` where it is longer than a message can be.
pub(super) fn call(
    serial: u32,
    Peer { name, path }: Peer,
    (interface, member): (&str, &str),
    arguments: &[Value],
) -> Option<Zeroizing<Vec<u8>>> {
    let fields = [
        (field::PATH, Value::Path(path)),
        (field::DESTINATION, Value::Text(name)),
        (field::INTERFACE, Value::Text(interface)),
        (field::MEMBER, Value::Text(member)),
    ];
    written(METHOD_CALL, serial, &fields, arguments)
}

pub(super) fn written(kind: u8, serial: u32, fields: &[(u8, Value)], values: &[Value]) -> Option<Zeroizing<Vec<u8>>> {
    let mut body = Writer::default();
    for value in values {
        body.value(value);
    }
    let body = body.into_bytes();
    let signature: String = values.iter().map(Value::signature).collect();
    let mut message = Writer::default();
    // little-endian, of that kind, without flags, version 1
    message.raw(&[b'l', kind, 0, 1]);
    message.value(&Value::Number(body.len().try_into().ok()?));
    message.value(&Value::Number(serial));
    message.array(8, |array| {
        for (code, value) in fields.iter().chain(&[(field::SIGNATURE, Value::Signature(&signature))]) {
            array.align(8);
            array.raw(&[*code]);
            array.value(&Value::Variant(value));
        }
    });
    message.align(8);
    message.raw(&body);
    Some(message.into_bytes())
}

/// The length of a message that begins so.
pub(super) fn length(start: &[u8; START]) -> Option<usize> {
    let mut reader = Reader::new(start, start[0] == b'B');
    reader.raw(4)?;
    let (body, _serial, fields) = (reader.number()?, reader.number()?, reader.number()?);
    let header = START.checked_add(fields.try_into().ok()?)?.checked_next_multiple_of(8)?;
    header.checked_add(body.try_into().ok()?)
}

/// A message that came; what it does not say is empty.
#[derive(Default)]
pub(super) struct Message {
    pub(super) answers: Option<u32>,
    pub(super) path: String,
    pub(super) member: String,
    pub(super) error: String,
    signature: String,
    bytes: Zeroizing<Vec<u8>>,
    body: usize,
    is_big_endian: bool,
}

impl Message {
    /// The values in it, which must be of that signature.
    pub(super) fn values<'a, T>(
        &'a self,
        signature: &str,
        read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
    ) -> Result<T> {
        let mut body = Reader::new(&self.bytes[self.body..], self.is_big_endian);
        (self.signature == signature).then(|| read(&mut body)).flatten().ok_or_else(no_answer)
    }

    /// Reads a whole message.
    pub(super) fn read(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let mut message = Self { is_big_endian: bytes[0] == b'B', ..Self::default() };
        let mut reader = Reader::new(&bytes, message.is_big_endian);
        reader.raw(12)?;
        let fields = reader.array(8, |field| {
            let (code, signature) = (field.byte()?, field.signature()?);
            Some(match signature {
                "u" => (code, field.number()?, ""),
                "s" | "o" => (code, 0, field.text()?),
                "g" => (code, 0, field.signature()?),
                // a field that is none of today's
                _ => return None,
            })
        })?;
        for (code, number, text) in fields {
            match code {
                field::REPLY_SERIAL => message.answers = Some(number),
                field::PATH => text.clone_into(&mut message.path),
                field::MEMBER => text.clone_into(&mut message.member),
                field::ERROR_NAME => text.clone_into(&mut message.error),
                field::SIGNATURE => text.clone_into(&mut message.signature),
                _ => {}
            }
        }
        reader.align(8);
        message.body = reader.position();
        (message.body <= bytes.len()).then(|| Self { bytes, ..message })
    }
}
