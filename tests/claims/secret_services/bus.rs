//! A session bus with one client and one service on it (D-Bus Specification): it lets the client in, and hands over its calls.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use serde::Serialize;
use zvariant::serialized::{Context, Data};
use zvariant::{DynamicType, Endian, Value, to_bytes};

const ANSWER: u8 = 2;
const ERROR: u8 = 3;
const SIGNAL: u8 = 4;

/// The fields of a header by their codes.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const SIGNATURE: u8 = 8;

/// Byte order, kind, flags and version; the body's length and the serial; the fields.
type Header<'a> = (u8, u8, u8, u8, u32, u32, Vec<(u8, Value<'a>)>);

/// A call of a method.
pub(super) struct Call {
    serial: u32,
    pub(super) path: String,
    pub(super) method: String,
    body: Data<'static, 'static>,
}

impl Call {
    /// The arguments, which must be of that type.
    pub(super) fn arguments<'a, T: serde::Deserialize<'a> + zvariant::Type>(&'a self) -> T {
        self.body.deserialize().expect("arguments as specified").0
    }
}

/// The connection to the client.
pub(super) struct Client(BufReader<UnixStream>);

impl Client {
    /// Lets it in; `None` where it hangs up before.
    pub(super) fn welcome(stream: UnixStream) -> Option<Self> {
        let mut client = Self(BufReader::new(stream));
        loop {
            let mut line = String::new();
            client.0.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_start_matches('\0').split_whitespace().next() {
                Some("BEGIN") => return Some(client),
                Some("AUTH") => client.send(format!("OK {}\r\n", "0".repeat(32)).as_bytes()),
                _ => client.send(b"ERROR\r\n"),
            }
        }
    }

    /// Its next call; `None` at its end.
    pub(super) fn call(&mut self) -> Option<Call> {
        let mut bytes = vec![0; 16];
        self.0.read_exact(&mut bytes).ok()?;
        let size = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let (body, header) = (size(4), (16 + size(12)).next_multiple_of(8));
        bytes.resize(header + body, 0);
        self.0.read_exact(&mut bytes[16..]).ok()?;
        let data = Data::new(&*bytes, context());
        let ((_, _, _, _, _, serial, fields), _): (Header, _) = data.deserialize().expect("a header");
        let text = |wanted: u8| {
            let value = fields.iter().find_map(|(code, value)| (*code == wanted).then_some(value));
            match value {
                Some(Value::Str(text)) => text.to_string(),
                Some(Value::ObjectPath(path)) => path.to_string(),
                _ => String::new(),
            }
        };
        Some(Call {
            serial,
            path: text(PATH),
            method: text(MEMBER),
            body: Data::new(bytes[header..].to_vec(), context()),
        })
    }

    /// A tuple is as many values.
    pub(super) fn answer(&mut self, call: &Call, values: &(impl Serialize + DynamicType)) {
        self.message(ANSWER, &[(REPLY_SERIAL, b'u', call.serial.to_le_bytes().to_vec())], values);
    }

    pub(super) fn refuse(&mut self, call: &Call, error: &str) {
        let fields = [(REPLY_SERIAL, b'u', call.serial.to_le_bytes().to_vec()), (ERROR_NAME, b's', error.into())];
        self.message(ERROR, &fields, &());
    }

    pub(super) fn signal(
        &mut self,
        path: &str,
        (interface, name): (&str, &str),
        values: &(impl Serialize + DynamicType),
    ) {
        let fields = [(PATH, b'o', path.into()), (INTERFACE, b's', interface.into()), (MEMBER, b's', name.into())];
        self.message(SIGNAL, &fields, values);
    }

    fn message(&mut self, kind: u8, fields: &[(u8, u8, Vec<u8>)], values: &(impl Serialize + DynamicType)) {
        let body = to_bytes(context(), values).expect("values");
        let signature = values.signature().to_string_no_parens();
        let signature = (!signature.is_empty()).then(|| (SIGNATURE, b'g', signature.into_bytes()));
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_le_bytes();
        let mut header = Vec::new();
        for (code, kind, value) in fields.iter().chain(&signature) {
            header.resize(header.len().next_multiple_of(8), 0);
            header.extend([*code, 1, *kind, 0]);
            match kind {
                b'u' => header.extend(value),
                b'g' => header.extend([&size(value)[..1], &**value, &[0]].concat()),
                _ => header.extend([&size(value), &**value, &[0]].concat()),
            }
        }
        let padding = vec![0; header.len().next_multiple_of(8) - header.len()];
        let start = [&[b'l', kind, 0, 1], &size(&body)[..], &1_u32.to_le_bytes(), &size(&header)].concat();
        self.send(&[&start, &header, &padding, &*body].concat());
    }

    /// A client that hung up is told nothing.
    fn send(&mut self, bytes: &[u8]) {
        _ = self.0.get_mut().write_all(bytes);
    }
}

fn context() -> Context {
    Context::new_dbus(Endian::Little, 0)
}
