//! The lines of `stored_tokens` as Python's `configparser` understands them (`RawConfigParser._read` in
//! `Lib/configparser.py`), with `strict=True` and no inline comments. Whatever makes Python give a file up is an error.

use std::borrow::Cow;
use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use memchr::memchr2;

use crate::token::{is_space, stripped};

/// What a line is to `configparser`; the text in it is stripped.
pub(super) enum Meaning<'a> {
    Header(&'a str),
    Key(&'a str, &'a str),
    /// It goes on with the value before it.
    More(&'a str),
    Blank,
    Comment,
}

pub(super) struct Line<'a> {
    pub(super) start: usize,
    /// Past the line end.
    pub(super) end: usize,
    pub(super) meaning: Meaning<'a>,
}

/// The lines of a text with what each means after those before it.
#[derive(Clone)]
pub(super) struct Lines<'a> {
    text: &'a str,
    position: usize,
    end: usize,
    in_section: bool,
    in_value: bool,
    indent: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of_file(text: &'a str) -> Self {
        Self { in_section: false, ..Self::of_body(text, 0..text.len()) }
    }

    pub(super) fn of_body(text: &'a str, body: Range<usize>) -> Self {
        Self { text, position: body.start, end: body.end, in_section: true, in_value: false, indent: 0 }
    }

    fn meaning(&mut self, line: &'a str) -> Result<Meaning<'a>> {
        let stripped = stripped(line);
        if stripped.is_empty() {
            return Ok(Meaning::Blank);
        }
        if stripped.starts_with(['#', ';']) {
            return Ok(Meaning::Comment);
        }
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if self.in_value && indent > self.indent {
            return Ok(Meaning::More(stripped));
        }
        self.indent = indent;
        if let Some(name) = header_name(stripped) {
            (self.in_section, self.in_value) = (true, false);
            return Ok(Meaning::Header(name));
        }
        ensure!(self.in_section, "a line stands before the first section");
        // keys are too short for memchr to pay
        let delimiter = stripped.bytes().position(|byte| matches!(byte, b'=' | b':'));
        let delimiter = delimiter.context("a line is neither a section nor a key")?;
        let (key, value) = (stripped[..delimiter].trim_end_matches(is_space), &stripped[delimiter + 1..]);
        ensure!(!key.is_empty(), "a line has a value but no key");
        self.in_value = true;
        Ok(Meaning::Key(key, value.trim_start_matches(is_space)))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.position == self.end {
            return None;
        }
        let start = self.position;
        let rest = &self.text[start..self.end];
        // universal newlines: LF, CR LF and CR alone
        let length = memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        let line_end = match rest.as_bytes()[length..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        self.position = start + length + line_end;
        let end = self.position;
        Some(self.meaning(&rest[..length]).map(|meaning| Line { start, end, meaning }))
    }
}

/// `\[(?P<header>.+)\]`: greedy, and what follows the last bracket does not count.
fn header_name(stripped: &str) -> Option<&str> {
    let inside = stripped.strip_prefix('[')?;
    let (name, _) = inside.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// `optionxform`: Python's `str.lower`.
pub(super) fn lower(key: &str) -> Cow<'_, str> {
    if key.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(key)
    } else {
        Cow::Owned(key.to_lowercase())
    }
}

/// Python's `int()`: one underscore at most between two digits; what is larger than any time there will be is the last.
/// Digits of other scripts, which Python takes, are none here.
pub(super) fn int(text: &str) -> Option<i64> {
    let text = text.trim_matches(is_space);
    let (is_negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let groups_are_digits =
        digits.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let value = digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    groups_are_digits.then_some(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_python_reads_it() {
        for (text, number) in [
            ("1790000000", Some(1_790_000_000)),
            (" 7\t", Some(7)),
            ("+7", Some(7)),
            ("-7", Some(-7)),
            ("1_790", Some(1790)),
            ("99999999999999999999", Some(i64::MAX)),
            ("1__7", None),
            ("_7", None),
            ("7_", None),
            ("--7", None),
            ("7 7", None),
            ("7.0", None),
            ("+", None),
            ("", None),
        ] {
            assert_eq!(int(text), number, "{text:?}");
        }
    }
}
