//! The grammar of `~/.netrc`: whom curl knows there, which git never asks a helper about.

use std::ops::Range;

/// What stands for one machine, or for all that have no entry of their own.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name; `None` for `default`.
    pub machine: Option<&'a [u8]>,
    /// Its `login`.
    pub login: Option<&'a [u8]>,
    /// Its `password`.
    pub password: Option<&'a [u8]>,
    /// From its first word to its last.
    pub span: Range<usize>,
}

/// Every entry of a netrc text, in its order.
#[must_use]
pub fn entries(text: &[u8]) -> Vec<Entry<'_>> {
    let mut words = Words { text, at: 0 };
    let mut entries: Vec<Entry> = Vec::new();
    let mut is_open = false;
    while let Some(word) = words.next() {
        let start = words.at - word.len();
        match word {
            b"machine" | b"default" => {
                let machine = (word == b"machine").then(|| words.next().map(unquoted).unwrap_or_default());
                entries.push(Entry { machine, login: None, password: None, span: start..words.at });
                is_open = true;
                continue;
            }
            b"macdef" => {
                words.skip_macro();
                is_open = false;
            }
            _ => {}
        }
        // what follows is a value, which may itself spell `machine`
        let value = matches!(word, b"login" | b"password" | b"account").then(|| words.next().map(unquoted)).flatten();
        if let Some(entry) = entries.last_mut().filter(|_| is_open) {
            match word {
                b"login" => entry.login = value,
                b"password" => entry.password = value,
                _ => {}
            }
            entry.span.end = words.at;
        }
    }
    entries
}

struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// The next word, which ends where we are then.
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            self.at = self.text.len() - self.rest().trim_ascii_start().len();
            if !self.rest().starts_with(b"#") {
                break;
            }
            self.at += self.rest().iter().position(|byte| *byte == b'\n')?;
        }
        let word = &self.rest()[..word_length(self.rest())];
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        let end = self.rest().windows(2).position(|two| two == b"\n\n").map(|end| end + 2);
        self.at = end.map_or(self.text.len(), |end| self.at + end);
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }
}

fn word_length(text: &[u8]) -> usize {
    if let [b'"', inner @ ..] = text {
        let mut escaped = false;
        for (at, byte) in inner.iter().enumerate() {
            match byte {
                b'"' if !escaped => return at + 2,
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        return text.len();
    }
    text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len())
}

fn unquoted(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(text: &str) -> bool {
        let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"huggingface.co");
        entries(text.as_bytes()).iter().any(|entry| entry.machine.is_none_or(is_host))
    }

    #[test]
    fn a_machine_is_known_by_name_however_it_is_laid_out() {
        assert!(hub("machine huggingface.co login me password secret\n"));
        assert!(hub("machine\n\thuggingface.co\r\n\tlogin me\n\tpassword x"));
        assert!(hub("machine other login a password b machine HuggingFace.co"));
        assert!(hub("# mine\nmachine \"huggingface.co\" password \"a b\""));
        assert!(hub("macdef init\nmachine other\n\nmachine huggingface.co login a"));
        assert!(hub("machine other login a\n\ndefault login b password c"));
    }

    #[test]
    fn a_look_alike_is_not_the_hub() {
        assert!(!hub(""));
        assert!(!hub("machine"));
        assert!(!hub("machine huggingface.co.evil.example login me"));
        assert!(!hub("machine evil-huggingface.co login me"));
    }

    #[test]
    fn values_comments_and_macros_are_not_machines() {
        assert!(!hub("machine a login machine password huggingface.co"));
        assert!(!hub("machine a login default"));
        assert!(!hub("# machine huggingface.co\nmachine a login b"));
        assert!(!hub("machine a password \"x machine huggingface.co\""));
        assert!(!hub("macdef init\nmachine huggingface.co\ndefault\n\n"));
    }

    #[test]
    fn an_entry_ends_with_its_last_word() {
        let text = b"machine a login b password \"c d\" # mine\nmachine e\n\tport 7\n#\nmacdef m\nx\n\nlogin f\n";
        let found: Vec<_> = entries(text).into_iter().map(|entry| (entry.machine.unwrap(), entry.span)).collect();
        let spans: Vec<_> = found.iter().map(|(_, span)| &text[span.clone()]).collect();
        assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [b"a", b"e"]);
        assert_eq!(spans, [&b"machine a login b password \"c d\""[..], b"machine e\n\tport 7"]);
    }
}
