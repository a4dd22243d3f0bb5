//! Values on the D-Bus wire, as many kinds as the Secret Service needs (D-Bus Specification, "Marshaling"). Pure.

use zeroize::Zeroizing;

/// What is sent. Each value knows its signature, so that the two cannot disagree.
pub(super) enum Value<'a> {
    Number(u32),
    Flag(bool),
    Text(&'a str),
    Path(&'a str),
    Signature(&'a str),
    Bytes(&'a [u8]),
    Paths(&'a [String]),
    Attributes(&'a [(&'a str, &'a str)]),
    Properties(&'a [(&'a str, Value<'a>)]),
    Variant(&'a Value<'a>),
    Struct(&'a [Value<'a>]),
}

impl Value<'_> {
    pub(super) fn signature(&self) -> String {
        match self {
            Self::Number(_) => "u".to_owned(),
            Self::Flag(_) => "b".to_owned(),
            Self::Text(_) => "s".to_owned(),
            Self::Path(_) => "o".to_owned(),
            Self::Signature(_) => "g".to_owned(),
            Self::Bytes(_) => "ay".to_owned(),
            Self::Paths(_) => "ao".to_owned(),
            Self::Attributes(_) => "a{ss}".to_owned(),
            Self::Properties(_) => "a{sv}".to_owned(),
            Self::Variant(_) => "v".to_owned(),
            Self::Struct(members) => format!("({})", members.iter().map(Value::signature).collect::<String>()),
        }
    }
}

/// Bytes in the making, little-endian; they may hold a secret.
#[derive(Default)]
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            // a vector that grows leaves its old place unwiped, so the new one is made beside it
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * needed.max(256)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn align(&mut self, to: usize) {
        let padding = self.0.len().next_multiple_of(to) - self.0.len();
        self.raw(&[0; 8][..padding]);
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Number(number) => {
                self.align(4);
                self.raw(&number.to_le_bytes());
            }
            Value::Flag(flag) => self.value(&Value::Number((*flag).into())),
            Value::Text(text) | Value::Path(text) => {
                self.value(&Value::Number(length(text.len())));
                self.raw(text.as_bytes());
                self.raw(&[0]);
            }
            Value::Signature(text) => {
                self.raw(&[length(text.len()).to_le_bytes()[0]]);
                self.raw(text.as_bytes());
                self.raw(&[0]);
            }
            Value::Bytes(bytes) => {
                self.value(&Value::Number(length(bytes.len())));
                self.raw(bytes);
            }
            Value::Paths(paths) => self.array(4, |array| paths.iter().for_each(|path| array.value(&Value::Path(path)))),
            Value::Attributes(pairs) => self.array(8, |array| {
                for (key, value) in *pairs {
                    array.value(&Value::Struct(&[Value::Text(key), Value::Text(value)]));
                }
            }),
            Value::Properties(pairs) => self.array(8, |array| {
                for (key, value) in *pairs {
                    array.value(&Value::Struct(&[Value::Text(key), Value::Variant(value)]));
                }
            }),
            Value::Variant(value) => {
                self.value(&Value::Signature(&value.signature()));
                self.value(value);
            }
            Value::Struct(members) => {
                self.align(8);
                members.iter().for_each(|member| self.value(member));
            }
        }
    }

    /// The length of an array counts neither itself nor the padding before the first element.
    pub(super) fn array(&mut self, alignment: usize, elements: impl FnOnce(&mut Self)) {
        self.value(&Value::Number(0));
        let length_ends = self.0.len();
        self.align(alignment);
        let start = self.0.len();
        elements(self);
        let bytes = length(self.0.len() - start).to_le_bytes();
        self.0[length_ends - 4..length_ends].copy_from_slice(&bytes);
    }
}

/// What is longer than D-Bus can say is refused by the bus, whatever is said.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Reads values in the order they stand; `None` where the bytes are none of theirs.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    is_big_endian: bool,
}

impl<'a> Reader<'a> {
    /// Reads a message, or the body of one: both begin where everything is aligned.
    pub(super) fn new(bytes: &'a [u8], is_big_endian: bool) -> Self {
        Self { bytes, position: 0, is_big_endian }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn align(&mut self, to: usize) {
        self.position = self.position.next_multiple_of(to);
    }

    pub(super) fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(length)?;
        let bytes = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(bytes)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.raw(1).map(|byte| byte[0])
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.raw(4)?.try_into().ok()?;
        Some(if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn length(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    /// A string, or the path of an object.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        self.text_of(length)
    }

    pub(super) fn signature(&mut self) -> Option<&'a str> {
        let length = self.byte()?.into();
        self.text_of(length)
    }

    fn text_of(&mut self, length: usize) -> Option<&'a str> {
        let text = std::str::from_utf8(self.raw(length)?).ok()?;
        (self.byte()? == 0).then_some(text)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.raw(length)
    }

    pub(super) fn array<T>(&mut self, alignment: usize, element: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.length()?;
        self.align(alignment);
        let end = self.position.checked_add(length)?;
        let mut elements = Vec::new();
        while self.position < end {
            self.align(alignment);
            elements.push(element(self)?);
        }
        (self.position == end).then_some(elements)
    }

    pub(super) fn paths(&mut self) -> Option<Vec<String>> {
        self.array(4, |array| array.text().map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.value(value);
        writer.into_bytes().to_vec()
    }

    #[test]
    fn values_stand_as_the_specification_says() {
        let paths = ["/a".to_owned()];
        let cases: [(Value, &str, &[u8]); 7] = [
            (Value::Number(258), "u", &[2, 1, 0, 0]),
            (Value::Text("foo"), "s", b"\x03\0\0\0foo\0"),
            (Value::Signature("ao"), "g", b"\x02ao\0"),
            (Value::Bytes(b"xy"), "ay", b"\x02\0\0\0xy"),
            (Value::Paths(&paths), "ao", b"\x07\0\0\0\x02\0\0\0/a\0"),
            (Value::Attributes(&[("k", "v")]), "a{ss}", b"\x0e\0\0\0\0\0\0\0\x01\0\0\0k\0\0\0\x01\0\0\0v\0"),
            (Value::Variant(&Value::Flag(true)), "v", b"\x01b\0\0\x01\0\0\0"),
        ];
        for (value, signature, bytes) in cases {
            assert_eq!(value.signature(), signature);
            assert_eq!(written(&value), bytes, "{signature}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let secret = [Value::Path("/s"), Value::Bytes(&[]), Value::Bytes(b"hf_A\n\0"), Value::Text("text/plain")];
        let bytes = written(&Value::Struct(&secret));
        let mut reader = Reader::new(&bytes, false);
        assert_eq!(reader.text(), Some("/s"));
        assert_eq!(reader.bytes(), Some(&[][..]));
        assert_eq!(reader.bytes(), Some(&b"hf_A\n\0"[..]));
        assert_eq!(reader.text(), Some("text/plain"));
        assert_eq!(reader.position(), bytes.len());
        assert_eq!(Reader::new(&[0, 0, 0, 1, b'a', 0], true).text(), Some("a"));
    }

    #[test]
    fn what_is_cut_short_or_lies_about_its_length_is_nothing() {
        let paths = ["/a".to_owned(), "/bc".to_owned()];
        let whole = written(&Value::Paths(&paths));
        assert_eq!(Reader::new(&whole, false).paths().as_deref(), Some(&paths[..]));
        for end in 0..whole.len() {
            assert!(Reader::new(&whole[..end], false).paths().is_none(), "{end}");
        }
        for length in [1, 6, u32::MAX - 8, u32::MAX] {
            let mut lie = whole.clone();
            lie[..4].copy_from_slice(&length.to_le_bytes());
            assert!(Reader::new(&lie, false).paths().is_none(), "{length}");
            assert!(Reader::new(&lie, false).bytes().is_none_or(|bytes| bytes.len() < whole.len()), "{length}");
        }
    }
}
