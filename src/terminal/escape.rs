//! Text from outside, as a terminal may show it and a shell may take it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text from outside as a terminal may show it: control characters, and those that turn the writing direction, are
/// escaped.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if moves(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// A JSON text as a terminal may show it: what moves the cursor is escaped also where JSON need not.
#[must_use]
pub fn json_line(value: &serde_json::Value) -> String {
    value.to_string().chars().fold(String::new(), |mut line, c| {
        if moves(c) {
            _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
        line
    })
}

/// Quotes a word for a shell, so that a command can be pasted. What a terminal may not show is written as an escape of bash,
/// ksh and zsh (`$'\x1b'`); a NUL, which no word can hold, is left out.
#[must_use]
pub fn quoted(word: &str) -> String {
    let word = word.replace('\0', "");
    let is_plain = |c: char| c.is_alphanumeric() || "-_./@:=".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_plain) {
        return word;
    }
    if word.chars().any(moves) {
        return format!("$'{}'", word.chars().map(escaped).collect::<String>());
    }
    shlex::try_quote(&word).map(Cow::into_owned).unwrap_or_default()
}

/// Inside of `$'…'`.
fn escaped(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        c if moves(c) => c.encode_utf8(&mut [0; 4]).bytes().fold(String::new(), |mut bytes, byte| {
            _ = write!(bytes, "\\x{byte:02x}");
            bytes
        }),
        c => c.to_string(),
    }
}

/// Whether a character moves the cursor, or turns the writing direction.
fn moves(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_escaped_and_the_rest_is_shown() {
        assert_eq!(printable("a\x1b[2Jb\r\n\u{9b}é\u{202e}x"), r"a\u{1b}[2Jb\r\n\u{9b}é\u{202e}x");
        assert_eq!(printable("Zoë Müller 猫"), "Zoë Müller 猫");
    }

    #[test]
    fn a_quoted_word_is_one_word_to_a_shell() {
        for word in
            ["laptop", "a b", "it's", "$(x)", "a\"b`c\\", "!x", "^a", "é 猫", "-", "", "~", "*", "a;b", "{a,b}", "#a"]
        {
            assert_eq!(shlex::split(&quoted(word)), Some(vec![word.to_owned()]), "{word}");
        }
        assert_eq!(quoted("https://hf.co/acme/x"), "https://hf.co/acme/x");
        assert_eq!(quoted("~"), "'~'");
    }
}
