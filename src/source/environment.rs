//! `HF_TOKEN`, as `huggingface_hub` reads it (`_get_token_from_environment` in `_auth.py`).

use std::ffi::OsString;
use std::sync::Once;

use anyhow::Result;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Held, Kind, Place, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::notice;
use crate::token::{self, AccessToken};

/// The process environment.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

/// In the order `huggingface_hub` looks at them: the first that is not empty hides the other.
const VARIABLES: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];

/// What the first variable that is not empty holds.
enum Content {
    Nothing,
    NoText(&'static str),
    Placeholder(&'static str),
    Token(&'static str, SecretString),
}

impl Source for Environment {
    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn find(&self, _: &Wanted) -> Result<Option<AccessToken>> {
        Ok(in_force().map(|(_, secret)| AccessToken::new(secret)))
    }

    fn holds(&self, secret: &SecretString) -> Result<bool> {
        for name in VARIABLES {
            let held = variable(name).and_then(|value| token::clean(&Zeroizing::new(value.into_string().ok()?)));
            if held.is_some_and(|held| token::same(&held, secret)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn list(&self, _: &Endpoint) -> Vec<Result<Held>> {
        let token = in_force().map(|(name, secret)| Held::at(Place::Variable(name), Some(AccessToken::new(secret))));
        token.map(Ok).into_iter().collect()
    }

    fn is_in_force(&self) -> bool {
        matches!(content(), Content::Token(..))
    }
}

/// The variable that holds a token, and the token. What it holds instead of one is said, once.
#[must_use]
pub fn in_force() -> Option<(&'static str, SecretString)> {
    static SAID: Once = Once::new();
    let told = match content() {
        Content::Token(name, secret) => return Some((name, secret)),
        Content::Nothing => return None,
        Content::NoText(name) => format!("{name} is not UTF-8, so it is passed over: set it to a token"),
        Content::Placeholder(name) => format!(
            "{name} holds the name of a variable instead of a token, so it is passed over: set it to the token itself"
        ),
    };
    SAID.call_once(|| notice::say(&told));
    None
}

/// Whether `HF_TOKEN` is set, to anything or to nothing: git-xet reads it by itself (`git_xet/src/auth.rs`).
#[must_use]
pub fn is_read_by_xet() -> bool {
    variable_or_empty(VARIABLES[0]).is_some()
}

/// Returns what is wrong with the variable that goes before the sources below it, by its name.
#[must_use]
pub fn doubts() -> Vec<(&'static str, String)> {
    let odd = match content() {
        Content::Nothing => None,
        Content::NoText(name) => Some((name, "is not UTF-8".to_owned())),
        Content::Placeholder(name) => Some((name, "holds the name of a variable instead of a token".to_owned())),
        Content::Token(name, secret) => token::oddity(&secret).map(|oddity| (name, oddity)),
    };
    let blank =
        VARIABLES.into_iter().find(|name| variable(name).is_some()).filter(|_| matches!(content(), Content::Nothing));
    let blank = blank.map(|name| (name, "is blank".to_owned()));
    odd.into_iter().chain(blank).collect()
}

/// Returns the variables that hold a token and that neither `hf` nor git reads, in the order of their names; none where
/// one that is read holds a token.
#[must_use]
pub fn unread() -> Vec<String> {
    if matches!(content(), Content::Token(..)) {
        return Vec::new();
    }
    let holds_token = |value: OsString| {
        let value = Zeroizing::new(value.into_string().unwrap_or_default());
        token::clean(&value).is_some_and(|secret| token::has_shape(&secret))
    };
    let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let held = std::env::vars_os().filter(|(name, _)| !VARIABLES.iter().any(|read| name == read));
    let mut names: Vec<_> = held
        .filter(|(_, value)| value.len() < LONGEST)
        .filter_map(|(name, value)| Some(name.into_string().ok().filter(is_name)?).filter(|_| holds_token(value)))
        .collect();
    names.sort_unstable();
    names
}

/// No token is as long.
const LONGEST: usize = 64 << 10;

fn content() -> Content {
    let Some((name, value)) = VARIABLES.into_iter().find_map(|name| Some((name, variable(name)?))) else {
        return Content::Nothing;
    };
    match value.into_string().map(Zeroizing::new) {
        Err(_) => Content::NoText(name),
        Ok(value) if is_placeholder(&value) => Content::Placeholder(name),
        Ok(value) => token::clean(&value).map_or(Content::Nothing, |secret| Content::Token(name, secret)),
    }
}

fn variable(name: &str) -> Option<OsString> {
    variable_or_empty(name).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the token that the environment brings")]
fn variable_or_empty(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Whether somebody passed `$HF_TOKEN` where nothing expands it: in quotes, in a Dockerfile, in a workflow.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let inside = value
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .or_else(|| value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')))
        .or_else(|| value.strip_prefix('$'))
        .or_else(|| value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')));
    inside.is_some_and(|inside| {
        VARIABLES.contains(&inside.trim().trim_start_matches("secrets.").trim_start_matches("env:"))
    })
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn the_name_of_the_variable_is_told_from_a_token() {
        for value in [
            "$HF_TOKEN",
            "${HF_TOKEN}",
            " $HF_TOKEN\n",
            "$HUGGING_FACE_HUB_TOKEN",
            "%HF_TOKEN%",
            "$env:HF_TOKEN",
            "${{ secrets.HF_TOKEN }}",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["hf_AAAA", "test1", "HF_TOKEN", "$", "$HF_TOKENS", "a$HF_TOKEN", ""] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
