//! What a token looks like, and what is wrong with one that does not: told by character and place, before anybody is asked.

use secrecy::{ExposeSecret as _, SecretString};

use super::is_space;

/// Characters that nobody sees, or takes for others, and that editors, web pages and chats put into a token.
const INVISIBLE: [(char, &str); 10] = [
    ('\u{a0}', "a no-break space"),
    ('\u{ad}', "a soft hyphen"),
    ('\u{200b}', "a zero-width space"),
    ('\u{200c}', "a zero-width non-joiner"),
    ('\u{200d}', "a zero-width joiner"),
    ('\u{200e}', "a left-to-right mark"),
    ('\u{200f}', "a right-to-left mark"),
    ('\u{2028}', "a line separator"),
    ('\u{2060}', "a word joiner"),
    ('\u{feff}', "a byte-order mark"),
];

/// Tells what is odd about a token's shape, where no token of the Hub has such a one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only its shape is told")]
pub fn oddity(secret: &SecretString) -> Option<String> {
    let text = secret.expose_secret();
    let kind = if text.starts_with("api_org_") || text.starts_with("api_") {
        "is of a kind that ended in 2023 (api_)"
    } else if !text.starts_with("hf_") {
        "does not begin with hf_"
    } else {
        return flaw(secret);
    };
    flaw(secret).or_else(|| Some(kind.to_owned()))
}

/// Tells why a text can be no token at all, of whatever kind: nobody is asked about such a one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only its shape is told, and a character that no token has")]
pub fn flaw(secret: &SecretString) -> Option<String> {
    let text = secret.expose_secret();
    if let Some(told) = mistaken(text) {
        return Some(told.to_owned());
    }
    let of_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let (place, c) = (1..).zip(text.chars()).find(|(_, c)| !of_token(*c))?;
    Some(format!("has {} at place {place}, which no token has in it", named(c)))
}

/// Tells what people paste in a token's place.
fn mistaken(text: &str) -> Option<&'static str> {
    let rest = text.strip_prefix("hf_");
    let is_example = |rest: &str| rest.trim_matches(['x', 'X', '.', '*', '•', '…']).is_empty();
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        Some("has quotes around it")
    } else if text.starts_with('$') || text.starts_with('<') || rest.is_some_and(is_example) {
        Some("is a placeholder")
    } else if is_masked(rest.unwrap_or(text)) {
        Some("is the masked form that is shown in a token's place, with most of it left out")
    } else if text.starts_with("Bearer ") {
        Some("begins with the word Bearer")
    } else {
        None
    }
}

/// Whether a text is `****abcd`, as `hf auth list` and our own commands show a token, or `...abcd`, as web pages do.
fn is_masked(rest: &str) -> bool {
    let masks = rest.chars().filter(|c| "*•.…".contains(*c)).count();
    let is_rest_plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || "*•.…".contains(c));
    let is_run = ["**", "••", "..", "…"].iter().any(|run| rest.contains(run));
    is_rest_plain && is_run && rest.chars().count() - masks <= 12
}

fn named(c: char) -> String {
    let code = u32::from(c);
    match INVISIBLE.iter().find(|(invisible, _)| *invisible == c) {
        Some((_, name)) => format!("{name} (U+{code:04X})"),
        None if c == ' ' => "a blank".to_owned(),
        None if c == '\t' => "a tab".to_owned(),
        None if is_space(c) => format!("white space (U+{code:04X})"),
        None if c.is_control() => format!("a control character (U+{code:04X})"),
        None => format!("'{c}' (U+{code:04X})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        oddity(&SecretString::from(text)).unwrap_or_default()
    }

    #[test]
    fn what_no_token_looks_like_is_odd() {
        for (text, words) in [
            ("\"hf_abc\"", "quotes"),
            ("'hf_abc'", "quotes"),
            ("$TOKEN", "placeholder"),
            ("<your token>", "placeholder"),
            ("hf_xxxx", "placeholder"),
            ("hf_...", "placeholder"),
            ("hf_", "placeholder"),
            ("hf_****abcd", "masked"),
            ("****abcd", "masked"),
            ("hf_...abcd", "masked"),
            ("hf_ab…abcd", "masked"),
            ("hf_••••••••abcd", "masked"),
            ("Bearer hf_a", "Bearer"),
            ("hf_a b", "a blank at place 5"),
            ("api_org_abc", "ended in 2023"),
            ("api_abc", "ended in 2023"),
            ("test1", "does not begin with hf_"),
            ("ghp_abc", "does not begin with hf_"),
        ] {
            assert!(told(text).contains(words), "{text}: {}", told(text));
        }
        for text in ["hf_abc", "hf_oauth_ey.ey.s-_", "hf_jwt_x", "hf_xAx"] {
            assert_eq!(told(text), "", "{text}");
        }
    }

    #[test]
    fn what_is_no_tokens_character_is_named_with_its_place() {
        for (text, words) in [
            ("hf_AAAA\u{200b}", "a zero-width space (U+200B) at place 8"),
            ("hf_AA\u{feff}AA", "a byte-order mark (U+FEFF) at place 6"),
            ("hf_AA\u{a0}AA", "a no-break space (U+00A0) at place 6"),
            ("hf_AAA\u{430}", "'\u{430}' (U+0430) at place 7"),
            ("\u{ff48}f_AAAA", "'\u{ff48}' (U+FF48) at place 1"),
            ("hf_AA\u{1}", "a control character (U+0001) at place 6"),
            ("hf_AA\u{7f}", "a control character (U+007F) at place 6"),
            ("hf_AA\u{202e}", "(U+202E) at place 6"),
        ] {
            assert!(told(text).contains(words), "{text:?}: {}", told(text));
        }
        for text in ["test1", "sk-a.b~c+d/e==", "hf_oauth_a.b-c_d"] {
            assert_eq!(flaw(&SecretString::from(text)), None, "{text}");
        }
    }
}
