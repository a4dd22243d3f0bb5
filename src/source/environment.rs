//! `HF_TOKEN`, as `huggingface_hub` reads it (`_get_token_from_environment` in `_auth.py`).

use anyhow::{Context as _, Result};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Kind, Source, Wanted};
use crate::notice;
use crate::token::{self, AccessToken};

/// The process environment.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

/// In the order `huggingface_hub` looks at them: the first that is not empty hides the other.
const VARIABLES: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];

impl Source for Environment {
    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn find(&self, _: &Wanted) -> Result<Option<AccessToken>> {
        for name in VARIABLES {
            let Some(value) = variable(name)? else { continue };
            if is_placeholder(&value) {
                notice::say(&format!(
                    "{name} holds the name of a variable instead of a token, so it is passed over: set it to the token itself"
                ));
                return Ok(None);
            }
            return Ok(token::clean(&value).map(AccessToken::new));
        }
        Ok(None)
    }

    fn holds(&self, secret: &SecretString) -> Result<bool> {
        for name in VARIABLES {
            let held = variable(name)?.and_then(|value| token::clean(&value));
            if held.is_some_and(|held| token::same(&held, secret)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_in_force(&self) -> bool {
        let value = VARIABLES.into_iter().find_map(|name| variable(name).ok().flatten());
        value.is_some_and(|value| !is_placeholder(&value) && token::clean(&value).is_some())
    }
}

#[expect(clippy::disallowed_methods, reason = "the token that the environment brings")]
fn variable(name: &str) -> Result<Option<Zeroizing<String>>> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let value = value.into_string().ok().with_context(|| format!("cannot read {name}: it is not UTF-8"))?;
    Ok(Some(Zeroizing::new(value)))
}

/// Whether somebody passed `$HF_TOKEN` where nothing expands it: in quotes, in a Dockerfile, in a workflow.
fn is_placeholder(value: &str) -> bool {
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
