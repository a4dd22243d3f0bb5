//! The messages of D-Bus: a call is written, an answer or a signal is read (D-Bus Specification, "Message Protocol"). Pure:
//! zvariant knows the values, and this file what stands around them.

use keyring_core::Result;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;
use zvariant::serialized::{Context, Data};
use zvariant::{DynamicType, Endian, Signature, Type, Value, to_bytes};

use super::bus::no_answer;

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

/// Byte order, kind, flags and version; the body's length and the serial; the fields by their codes.
type Header<Field> = (u8, u8, u8, u8, u32, u32, Vec<(u8, Field)>);

/// A field of a call: they are all texts of some kind. (A `Value` would put a signature in parentheses.)
#[derive(Serialize, Type)]
#[zvariant(signature = "v")]
struct Text<'a> {
    signature: Signature,
    value: &'a str,
}

/// Who is asked: a name on the bus, and one of its objects.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
}

/// What a call says.
pub(super) struct Body {
    signature: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Body {
    pub(super) fn of(values: &(impl ?Sized + Serialize + DynamicType)) -> Result<Self> {
        let mut body = Self::new(&values.signature().to_string_no_parens());
        body.value(values)?;
        Ok(body)
    }

    /// Nothing yet, of what will be values of this signature.
    pub(super) fn new(signature: &str) -> Self {
        Self { signature: signature.to_owned(), bytes: Zeroizing::default() }
    }

    pub(super) fn value(&mut self, value: &(impl ?Sized + Serialize + DynamicType)) -> Result<()> {
        let context = Context::new_dbus(Endian::Little, self.bytes.len());
        self.raw(&to_bytes(context, value).map_err(|_| no_answer())?);
        Ok(())
    }

    /// An array of bytes past zvariant, which would leave them in buffers that nobody wipes.
    pub(super) fn secret(&mut self, secret: &[u8]) -> Result<()> {
        self.value(&u32::try_from(secret.len()).map_err(|_| no_answer())?)?;
        self.raw(secret);
        Ok(())
    }

    /// A vector that grows leaves its old place unwiped, so the new one is made beside it.
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes = Zeroizing::new([&self.bytes, bytes].concat());
    }
}

/// The call of a method, `(interface, name)`.
pub(super) fn call(
    serial: u32,
    Peer { name, path }: Peer,
    (interface, member): (&str, &str),
    body: &Body,
) -> Result<Zeroizing<Vec<u8>>> {
    let fields = [
        (field::PATH, Signature::ObjectPath, path),
        (field::DESTINATION, Signature::Str, name),
        (field::INTERFACE, Signature::Str, interface),
        (field::MEMBER, Signature::Str, member),
        (field::SIGNATURE, Signature::Signature, &body.signature),
    ];
    let fields = fields.into_iter().map(|(code, signature, value)| (code, Text { signature, value }));
    written(METHOD_CALL, serial, fields.collect(), body)
}

pub(super) fn written<Field: Serialize + Type>(
    kind: u8,
    serial: u32,
    fields: Vec<(u8, Field)>,
    body: &Body,
) -> Result<Zeroizing<Vec<u8>>> {
    let length = u32::try_from(body.bytes.len()).map_err(|_| no_answer())?;
    // little-endian, without flags, version 1
    let header: Header<Field> = (b'l', kind, 0, 1, length, serial, fields);
    let header = to_bytes(Context::new_dbus(Endian::Little, 0), &header).map_err(|_| no_answer())?;
    let padding = &[0; 7][..header.len().next_multiple_of(8) - header.len()];
    Ok(Zeroizing::new([&header, padding, &body.bytes].concat()))
}

/// Bytes from the outside, which begin where everything is aligned.
fn data(bytes: &[u8], byte_order: u8) -> Data<'_, 'static> {
    Data::new(bytes, Context::new_dbus(if byte_order == b'B' { Endian::Big } else { Endian::Little }, 0))
}

/// The length of a message that begins so.
pub(super) fn length(start: &[u8; START]) -> Option<usize> {
    type Start = (u8, u8, u8, u8, u32, u32, u32);
    let ((_, _, _, _, body, _, fields), _): (Start, _) = data(start, start[0]).deserialize().ok()?;
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
    signature: Signature,
    bytes: Zeroizing<Vec<u8>>,
    body: usize,
}

impl Message {
    /// Reads a whole message.
    pub(super) fn read(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let mut message = Self::default();
        {
            let data = data(&bytes, bytes[0]);
            let (header, length): (Header<Value>, usize) = data.deserialize().ok()?;
            message.body = length.next_multiple_of(8);
            for field in header.6 {
                match field {
                    (field::REPLY_SERIAL, Value::U32(serial)) => message.answers = Some(serial),
                    (field::PATH, Value::ObjectPath(path)) => message.path = path.to_string(),
                    (field::MEMBER, Value::Str(name)) => message.member = name.to_string(),
                    (field::ERROR_NAME, Value::Str(name)) => message.error = name.to_string(),
                    (field::SIGNATURE, Value::Signature(signature)) => message.signature = signature,
                    _ => {}
                }
            }
        }
        (message.body <= bytes.len()).then(|| Self { bytes, ..message })
    }

    pub(super) fn values(&self) -> Values<'_> {
        Values { signature: &self.signature, data: data(&self.bytes[self.body..], self.bytes[0]) }
    }
}

/// What a message says.
pub(super) struct Values<'a> {
    signature: &'a Signature,
    data: Data<'a, 'static>,
}

impl Values<'_> {
    /// The values, which must be of that type.
    pub(super) fn read<'a, T: Type + Deserialize<'a>>(&'a self) -> Result<T> {
        let read = (self.signature == T::SIGNATURE).then(|| self.data.deserialize()).and_then(std::result::Result::ok);
        read.map(|(values, _length)| values).ok_or_else(no_answer)
    }
}

#[cfg(test)]
mod tests {
    use zvariant::ObjectPath;

    use super::*;

    const PEER: Peer = Peer { name: "a.b", path: "/c" };

    #[test]
    fn a_call_stands_as_the_specification_says() {
        let call = call(7, PEER, ("d.e", "F"), &Body::of(&("g", true)).unwrap()).unwrap();
        let expected: &[&[u8]] = &[
            b"l\x01\0\x01\x0c\0\0\0\x07\0\0\0\x48\0\0\0",
            b"\x01\x01o\0\x02\0\0\0/c\0\0\0\0\0\0",
            b"\x06\x01s\0\x03\0\0\0a.b\0\0\0\0\0",
            b"\x02\x01s\0\x03\0\0\0d.e\0\0\0\0\0",
            b"\x03\x01s\0\x01\0\0\0F\0\0\0\0\0\0\0",
            b"\x08\x01g\0\x02sb\0",
            b"\x01\0\0\0g\0\0\0\x01\0\0\0",
        ];
        assert_eq!(*call, expected.concat());
        assert_eq!(length(call[..START].try_into().unwrap()), Some(call.len()));
    }

    #[test]
    fn a_secret_stands_where_zvariant_would_put_it() {
        for secret in [&b""[..], b"hf_A", b"hf_B\n\0"] {
            let whole = Body::of(&("x", (ObjectPath::from_str_unchecked("/s"), secret, "text/plain"), true)).unwrap();
            let mut body = Body::new("s(oays)b");
            body.value("x").unwrap();
            body.value(&(ObjectPath::from_str_unchecked("/s"),)).unwrap();
            body.secret(secret).unwrap();
            body.value("text/plain").unwrap();
            body.value(&true).unwrap();
            assert_eq!((body.signature, body.bytes), (whole.signature, whole.bytes));
        }
    }

    #[test]
    fn what_is_written_is_read_in_either_byte_order() {
        let little = call(7, PEER, ("d.e", "F"), &Body::of(&("g", &b"hf_A"[..])).unwrap()).unwrap();
        let message = Message::read(little).unwrap();
        assert_eq!((&*message.path, &*message.member, message.answers), ("/c", "F", None));
        let values = message.values();
        assert_eq!(values.read::<(&str, &[u8])>().unwrap(), ("g", &b"hf_A"[..]));
        assert!(values.read::<(&str, &str)>().is_err() && values.read::<&str>().is_err());

        let big = b"B\x02\0\x01\0\0\0\x06\0\0\0\x01\0\0\0\x0f\x05\x01u\0\0\0\0\x09\x08\x01g\0\x01s\0\0\0\0\0\x01x\0";
        assert_eq!(length(big[..START].try_into().unwrap()), Some(big.len()));
        let message = Message::read(Zeroizing::new(big.to_vec())).unwrap();
        assert_eq!(message.answers, Some(9));
        assert_eq!(message.values().read::<&str>().unwrap(), "x");
    }

    /// Reads whatever comes as all that an answer can be.
    fn read(bytes: &[u8]) {
        _ = length(bytes[..START].try_into().unwrap());
        if let Some(message) = Message::read(Zeroizing::new(bytes.to_vec())) {
            let values = message.values();
            _ = values.read::<(Vec<ObjectPath>, ObjectPath)>();
            _ = values.read::<(ObjectPath, &[u8], &[u8], &str)>();
            _ = values.read::<Value>();
        }
    }

    #[test]
    fn no_bytes_whatever_bring_the_reader_down() {
        let item = ObjectPath::from_str_unchecked("/i");
        let attributes = Value::Dict(std::collections::BTreeMap::from([("username", "bob")]).into());
        let wholes = [
            Body::of(&(vec![item.clone(), item.clone()], item.clone())),
            Body::of(&((item.clone(), &[][..] as &[u8], &b"hf_A"[..], "text/plain"),)),
            Body::of(&(attributes,)),
        ];
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        for whole in wholes {
            let whole = call(7, PEER, ("d.e", "F"), &whole.unwrap()).unwrap();
            for at in 0..whole.len() {
                let mut bytes = whole.clone();
                for byte in [0, 1, 8, 0x7f, 0xff, b'(', b'a', b'v', random(), random()] {
                    bytes[at] = byte;
                    read(&bytes);
                    let other = usize::from(random()) % bytes.len();
                    let kept = std::mem::replace(&mut bytes[other], random());
                    read(&bytes);
                    bytes[other] = kept;
                }
                read(&whole[..at.max(START)]);
            }
        }
    }

    #[test]
    fn variants_in_variants_are_read_to_a_depth() {
        for (depth, is_read) in [(9, true), (100_000, false)] {
            let field = [&[200][..], &b"\x01v\0".repeat(depth), b"\x01y\0\0"].concat();
            let length = u32::try_from(field.len()).unwrap().to_le_bytes();
            let message = [b"l\x02\0\x01\0\0\0\0\x01\0\0\0", &length[..], &field, &[0; 8]].concat();
            assert_eq!(Message::read(Zeroizing::new(message)).is_some(), is_read);
        }
    }
}
