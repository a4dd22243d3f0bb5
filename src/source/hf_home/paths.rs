//! Where the HF home is, computed exactly as `huggingface_hub` computes it (`constants.py`).

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::endpoint::is_true;

/// The two files of the HF home that hold tokens.
#[derive(Debug, PartialEq)]
pub(super) struct Paths {
    /// `HF_TOKEN_PATH`: the active token.
    pub(super) token: PathBuf,
    /// `HF_STORED_TOKENS_PATH`: every token by name.
    pub(super) stored_tokens: PathBuf,
    /// Why both are taken for missing.
    pub(super) relative: Option<Relative>,
}

/// A variable makes the HF home relative to wherever a program runs. `hf` reads it there; git runs us in the work tree,
/// where a token would be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relative {
    variable: &'static str,
    /// Docker's `--env-file` keeps them.
    is_quoted: bool,
}

impl fmt::Display for Relative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, is_quoted } = self;
        let unquoted = if *is_quoted { ", without quotes" } else { "" };
        write!(
            f,
            "{variable} is not an absolute path, so the HF home is neither read nor written (set {variable} to an absolute \
             path{unquoted})"
        )
    }
}

impl std::error::Error for Relative {}

/// The `token` file and `stored_tokens`, there or not.
#[must_use]
pub fn files() -> [PathBuf; 2] {
    let Paths { token, stored_tokens, relative: _ } = Paths::from_env();
    [token, stored_tokens]
}

/// Returns the variable that makes the HF home relative, where one does.
#[must_use]
pub fn relative() -> Option<Relative> {
    Paths::from_env().relative
}

impl Paths {
    /// The paths in this process's environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "HF_HOME, HF_TOKEN_PATH and what they refer to")]
    pub(super) fn from_env() -> Self {
        Self::new(&|name| std::env::var_os(name))
    }

    /// The paths in an environment. A variable that is set but empty counts as set, as in Python.
    fn new(environment: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| environment(name).map(into_bytes);
        let expand = |path: &[u8]| expand_variables(&expand_user(path, &variable), &variable);

        let cache = variable("XDG_CACHE_HOME").unwrap_or_else(|| join(&expand_user(b"~", &variable), b".cache"));
        let hf_home = expand(&variable("HF_HOME").unwrap_or_else(|| join(&cache, b"huggingface")));
        // the default is expanded a second time here, as it is in Python
        let token = expand(&variable("HF_TOKEN_PATH").unwrap_or_else(|| join(&hf_home, b"token")));
        let stored_tokens = match token.iter().rposition(|byte| is_separator(*byte)) {
            Some(slash) => {
                // `os.path.dirname` takes all the slashes away, but for those of the root
                let end = token[..slash].iter().rposition(|byte| !is_separator(*byte)).map_or(slash + 1, |end| end + 1);
                join(&token[..end], b"stored_tokens")
            }
            None => b"stored_tokens".to_vec(),
        };
        let is_staging = environment("HUGGINGFACE_CO_STAGING").is_some_and(|value| is_true(&value.to_string_lossy()));
        let token = if is_staging {
            // stored_tokens stays where it is: Python computes it before it looks at staging
            join(&expand_user(b"~", &variable), b".cache/huggingface_staging/token")
        } else {
            token
        };
        let (token, stored_tokens) = (into_path(token), into_path(stored_tokens));
        let relative = (!(token.is_absolute() && stored_tokens.is_absolute())).then(|| Relative::of(&variable));
        Self { token, stored_tokens, relative }
    }

    /// That they can be written.
    ///
    /// # Errors
    ///
    /// [`Relative`], where the HF home is nowhere.
    pub(super) fn ensure_absolute(&self) -> Result<(), Relative> {
        self.relative.map_or(Ok(()), Err)
    }
}

impl Relative {
    /// The variable to blame.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The variable to blame: the first that is looked at.
    fn of(variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Self {
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let set = ["HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME"].into_iter().find(|name| variable(name).is_some());
        let name = set.unwrap_or(home);
        let is_quoted = variable(name).is_some_and(|value| value.starts_with(b"\"") || value.starts_with(b"'"));
        Self { variable: name, is_quoted }
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'/' || cfg!(windows) && byte == b'\\'
}

/// `os.path.join` for a relative name.
fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let separator: &[u8] = if directory.last().is_none_or(|byte| is_separator(*byte)) { b"" } else { b"/" };
    [directory, separator, name].concat()
}

/// `os.path.expanduser`: `~` is HOME, or without it the account's own home; `~name` that of another account.
fn expand_user(path: &[u8], variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let Some(after_tilde) = path.strip_prefix(b"~") else { return path.to_vec() };
    let end = after_tilde.iter().position(|byte| is_separator(*byte)).unwrap_or(after_tilde.len());
    let (name, rest) = after_tilde.split_at(end);
    let home = if name.is_empty() {
        variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).or_else(own_home)
    } else {
        home_of(name)
    };
    let Some(mut home) = home else { return path.to_vec() };
    while home.last().is_some_and(|byte| is_separator(*byte)) {
        home.pop();
    }
    home.extend_from_slice(rest);
    if home.is_empty() { b"/".to_vec() } else { home }
}

/// `os.path.expandvars`: `$name` and `${name}` (and `%name%` on Windows); what is not set stays as it is written.
fn expand_variables(path: &[u8], variable: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let reference = match first {
            b'$' => dollar_reference(tail),
            b'%' if cfg!(windows) => tail.iter().position(|byte| *byte == b'%').map(|end| (&tail[..end], end + 1)),
            _ => None,
        };
        let Some((name, length)) = reference else {
            expanded.push(*first);
            rest = tail;
            continue;
        };
        let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && !name.contains(['=', '\0']));
        let (written, after) = rest.split_at(length + 1);
        expanded.extend(name.and_then(variable).unwrap_or_else(|| written.to_vec()));
        rest = after;
    }
    expanded
}

/// The name after a `$`, and the length of how it is written.
fn dollar_reference(tail: &[u8]) -> Option<(&[u8], usize)> {
    if let [b'{', inside @ ..] = tail {
        let end = inside.iter().position(|byte| *byte == b'}')?;
        return Some((&inside[..end], end + 2));
    }
    let length = tail.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    (length > 0).then_some((&tail[..length], length))
}

#[cfg(unix)]
fn own_home() -> Option<Vec<u8>> {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok()??;
    Some(into_bytes(user.dir.into_os_string()))
}

#[cfg(unix)]
fn home_of(name: &[u8]) -> Option<Vec<u8>> {
    let user = nix::unistd::User::from_name(std::str::from_utf8(name).ok()?).ok()??;
    Some(into_bytes(user.dir.into_os_string()))
}

#[cfg(not(unix))]
fn own_home() -> Option<Vec<u8>> {
    std::env::home_dir().map(|home| into_bytes(home.into_os_string()))
}

#[cfg(not(unix))]
fn home_of(_: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(unix)]
fn into_bytes(text: OsString) -> Vec<u8> {
    std::os::unix::ffi::OsStringExt::into_vec(text)
}

#[cfg(unix)]
fn into_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

#[cfg(not(unix))]
fn into_bytes(text: OsString) -> Vec<u8> {
    text.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn into_path(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_paths_are_those_huggingface_hub_computes() {
        let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/stored_tokens/env_paths.json");
        let recorded: serde_json::Value = serde_json::from_slice(&std::fs::read(recorded).unwrap()).unwrap();
        let cases = recorded["cases"].as_object().unwrap();
        assert!(!cases.is_empty());
        for (name, case) in cases {
            let mut environment = HashMap::from([("HOME", "/alice")]);
            for (variable, value) in case["env"].as_object().unwrap() {
                match value.as_str() {
                    Some(value) => environment.insert(variable, value),
                    None => environment.remove(variable.as_str()),
                };
            }
            let paths = Paths::new(&|name| environment.get(name).map(OsString::from));
            let got = &case["got"];
            let is_absolute = paths.token.is_absolute() && paths.stored_tokens.is_absolute();
            assert_eq!(paths.relative.is_none(), is_absolute, "{name}");
            assert_eq!(paths.token.as_os_str(), got["HF_TOKEN_PATH"].as_str().unwrap(), "{name}");
            assert_eq!(paths.stored_tokens.as_os_str(), got["HF_STORED_TOKENS_PATH"].as_str().unwrap(), "{name}");
        }
    }

    #[test]
    fn what_is_not_set_stays_as_it_is_written_and_slashes_end_a_directory_once() {
        let of = |variable: &str, value: &str| {
            Paths::new(&|name| match name {
                "HOME" => Some("/alice".into()),
                "X" => Some("xx".into()),
                name => (name == variable).then(|| value.into()),
            })
        };
        assert_eq!(of("HF_HOME", "/${A$X}/$X$/$").token.to_str(), Some("/${A$X}/xx$/$/token"));
        assert_eq!(of("HF_HOME", "/${}/${X").token.to_str(), Some("/${}/${X/token"));
        assert_eq!(of("HF_TOKEN_PATH", "/a//token").stored_tokens.to_str(), Some("/a/stored_tokens"));
        assert_eq!(of("HF_TOKEN_PATH", "/token").stored_tokens.to_str(), Some("/stored_tokens"));
    }

    #[test]
    fn the_variable_that_makes_it_relative_is_named() {
        for (environment, named) in [
            (&[("HF_HOME", "./hf_cache")][..], Some("HF_HOME")),
            (&[("HF_HOME", "\"/data/hf\"")], Some("HF_HOME")),
            (&[("HF_HOME", r"C:\Users\me\hf")], Some("HF_HOME")),
            (&[("HF_HOME", "~nobody-of-that-name/hf")], Some("HF_HOME")),
            (&[("HF_HOME", "$NOT_SET/hf")], Some("HF_HOME")),
            (&[("HF_HOME", "")], Some("HF_HOME")),
            (&[("HF_HOME", "/x"), ("HF_TOKEN_PATH", "token")], Some("HF_TOKEN_PATH")),
            (&[("HF_HOME", "x"), ("HF_TOKEN_PATH", "/x/token")], None),
            (&[("XDG_CACHE_HOME", "cache")], Some("XDG_CACHE_HOME")),
            (&[("XDG_CACHE_HOME", "cache"), ("HF_HOME", "~/x")], None),
            (&[("HOME", "home")], Some("HOME")),
            (&[("HF_HOME", "$HOME/x")], None),
        ] {
            let all = [environment, &[("HOME", "/alice")]].concat();
            let variable = |name: &str| all.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
            let relative = Paths::new(&variable).relative;
            assert_eq!(relative.map(|relative| relative.variable), named, "{environment:?}");
            let says_it = relative.is_some_and(|relative| relative.to_string().contains("without quotes"));
            assert_eq!(says_it, environment.iter().any(|(_, value)| value.starts_with('"')), "{environment:?}");
        }
    }

    #[test]
    fn without_home_the_account_tells_where_it_is() {
        let home = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap();
        assert_eq!(Paths::new(&|_| None).token, home.dir.join(".cache/huggingface/token"));
        let named = format!("~{}/hf", home.name);
        let paths = Paths::new(&|name| (name == "HF_HOME").then(|| OsString::from(&named)));
        assert_eq!(paths.token, home.dir.join("hf/token"));
    }
}
