//! Text in lines that fit the terminal.

use super::columns;

/// Breaks a line after the last word that fits in so many columns. A command in backquotes stays whole, since it is to be
/// pasted.
pub(super) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (position, word) in words(line).into_iter().enumerate() {
        match lines.last_mut() {
            Some(line) if position == 0 || columns(line) + 1 + columns(&word) <= width => {
                line.push_str(if position == 0 { "" } else { " " });
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Splits a line at its blanks, but not within a command.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match words.last_mut().filter(|last| begins_command(last)) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    words
}

fn begins_command(word: &str) -> bool {
    !word.matches('`').count().is_multiple_of(2) || word.ends_with("git-credential-hf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words_and_never_in_a_command() {
        for (text, lines) in [
            ("a word and another", &["a word and", "another"][..]),
            ("averyverylongword here", &["averyverylongword", "here"]),
            ("run `git config --global x y` now", &["run", "`git config --global x y`", "now"]),
            ("see git-credential-hf list now", &["see", "git-credential-hf list", "now"]),
            ("  two  blanks", &["  two ", "blanks"]),
            ("it`s odd", &["it`s odd"]),
            ("", &[""]),
        ] {
            assert_eq!(wrapped(text, 10), lines, "{text}");
        }
    }
}
