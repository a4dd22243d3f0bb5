//! `~/.netrc`: whom curl knows there, which git never asks a helper about. Names only, never a value.

/// Whether a netrc text answers for `host`, by name or by its `default`.
#[must_use]
pub(super) fn answers_for(text: &[u8], host: &str) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut words = Words { rest: &text };
    let mut found = false;
    while let Some(word) = words.next() {
        match word {
            "machine" => {
                let name = words.next().map(unquoted);
                found |= name.is_some_and(|name| name.eq_ignore_ascii_case(host));
            }
            "default" => found = true,
            "macdef" => words.skip_macro(),
            // what follows is a value, which may itself spell `machine`
            "login" | "password" | "account" => _ = words.next(),
            _ => {}
        }
    }
    found
}

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if !self.rest.starts_with('#') {
                break;
            }
            self.rest = self.rest.split_once('\n')?.1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let (word, rest) = self.rest.split_at(word_length(self.rest));
        self.rest = rest;
        Some(word)
    }

    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        self.rest = self.rest.split_once("\n\n").map_or("", |(_, after)| after);
    }
}

fn word_length(text: &str) -> usize {
    if let Some(inner) = text.strip_prefix('"') {
        let mut escaped = false;
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                b'"' if !escaped => return at + 2,
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        return text.len();
    }
    text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len())
}

fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::answers_for;

    fn hub(text: &str) -> bool {
        answers_for(text.as_bytes(), "huggingface.co")
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
}
