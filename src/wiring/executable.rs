//! This very program as git finds it: the helper's value in git's configuration, and whether a value is ours.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use shlex::Shlex;

use crate::{repository, terminal};

/// The program's name.
pub const NAME: &str = "git-credential-hf";

/// Where every session looks, those of cron, systemd, ssh and desktops too (`_CS_PATH` in confstr(3)).
const EVERYWHERE: [&str; 2] = ["/usr/bin", "/bin"];

/// Returns the helper's line for the program that is running: its absolute path, quoted for git; `hf` where git finds this
/// very program by that name in every session, or in this one where `here_will_do`. `hf` itself sees a plain helper only by
/// a name.
///
/// # Errors
///
/// When git is missing, or our own path is unknown or cannot be written as a line of text.
pub fn as_helper(here_will_do: bool) -> Result<String> {
    let here = std::env::current_exe().context("cannot tell where this program is")?;
    let on_path = first_in(search_path().iter().map(PathBuf::as_path));
    let by_exec_path = first_in([repository::exec_path()?.as_path()]);
    let everywhere =
        by_exec_path.as_ref().map_or_else(|| first_in(EVERYWHERE.map(Path::new)), |path| Some(path.clone()));
    let found = if here_will_do { by_exec_path.or_else(|| on_path.clone()) } else { everywhere };
    if found.is_some_and(|path| same(&path, &here)) {
        return Ok("hf".to_owned());
    }
    // a name on PATH often outlives what it links to (Homebrew, Nix)
    let lasting = on_path.filter(|path| path.is_absolute() && same(path, &here));
    quoted(&lasting.unwrap_or(here))
}

/// Tells whether a value of ours names the program that is running by its absolute path, which every session finds.
#[must_use]
pub fn is_this_everywhere(value: &str) -> bool {
    let (word, _) = first_word(value);
    word != "hf" && is_ours(value) && is_this(Path::new(&word))
}

/// Returns the program in a value of ours, as it is written there.
#[must_use]
pub fn program_of(value: &str) -> &str {
    &value[..value.len() - first_word(value).1.len()]
}

/// Whether a value of `credential.helper` starts this program, with or without options behind it.
#[must_use]
pub fn is_ours(value: &str) -> bool {
    let (word, _) = first_word(value);
    if word == "hf" {
        return true;
    }
    let absolute = word.starts_with('/') || word.get(1..).is_some_and(|rest| rest.starts_with(":/"));
    let name = word.rsplit('/').next().unwrap_or_default();
    absolute && name.strip_suffix(".exe").unwrap_or(name) == NAME
}

/// The program that git runs for a value of ours; `None` where it finds none.
#[must_use]
pub fn program(value: &str) -> Option<PathBuf> {
    match first_word(value).0.as_str() {
        "hf" => first_in(exec_path().into_iter().chain(search_path().iter().map(PathBuf::as_path))),
        path => Some(PathBuf::from(path)).filter(|path| runs(path)),
    }
}

/// Whether git, or a shell, finds a program of that name.
#[must_use]
pub fn is_installed(name: &str) -> bool {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    search_path().iter().any(|directory| runs(&directory.join(&file)))
        || exec_path().is_some_and(|directory| runs(&directory.join(&file)))
}

/// Where git looks for its commands first; asked once.
fn exec_path() -> Option<&'static Path> {
    static EXEC_PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    EXEC_PATH.get_or_init(|| repository::exec_path().ok()).as_deref()
}

/// The program that is running, as a person types it: by its name where a shell finds it by that.
#[must_use]
pub fn typed() -> String {
    let on_path = first_in(search_path().iter().map(PathBuf::as_path));
    match std::env::current_exe() {
        Ok(here) if !on_path.is_some_and(|path| same(&path, &here)) => terminal::quoted(&here.display().to_string()),
        _ => NAME.to_owned(),
    }
}

/// Whether that is the program which is running.
#[must_use]
pub fn is_this(program: &Path) -> bool {
    std::env::current_exe().is_ok_and(|here| same(program, &here))
}

/// Returns whether a value starts the program that is running, without options.
#[must_use]
pub fn is_this_alone(value: &str) -> bool {
    is_ours(value) && options(value).is_empty() && program(value).is_some_and(|program| is_this(&program))
}

/// Returns the program that is running as a value of `credential.helper`, by its path.
///
/// # Errors
///
/// When its path is unknown or cannot be written as a line of text.
pub fn by_path() -> Result<String> {
    quoted(&std::env::current_exe().context("cannot tell where this program is")?)
}

/// What stands behind the program in a value of ours, with the blank before it.
#[must_use]
pub fn options(value: &str) -> &str {
    first_word(value).1.trim_end()
}

/// The options that name a token command, as they stand behind the program: none for an empty one.
///
/// # Errors
///
/// When it is not a line.
pub fn with_token_command(command: &str) -> Result<String> {
    if command.contains(['\n', '\r', '\0']) {
        bail!("the token command is not one line (put it into a script, and name that)");
    }
    if command.is_empty() {
        return Ok(String::new());
    }
    // git hands the whole value to a shell, which takes this off again; it may be one that knows no escapes of bash
    let quoted = shlex::try_quote(command).context("it cannot hold a NUL")?;
    Ok(format!(" --token-command {quoted}"))
}

/// The token command in a value of ours, if it names one: as git's shell would hand it to us.
#[must_use]
pub fn token_command(value: &str) -> Option<String> {
    let mut rest = first_word(value).1;
    while !rest.trim_start().is_empty() {
        let (word, after) = first_word(rest.trim_start());
        if word == "--token-command" {
            return Some(first_word(after.trim_start()).0).filter(|command| !command.is_empty());
        }
        if let Some(command) = word.strip_prefix("--token-command=") {
            return Some(command.to_owned()).filter(|command| !command.is_empty());
        }
        rest = after;
    }
    None
}

/// gitcredentials(7) and `run_credential_helper`: an absolute path goes to the shell verbatim, and only one whose
/// first character is the path's own is absolute; so each character the shell knows is escaped by itself.
fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\r', '\0']));
    let Some(text) = text else {
        bail!("this program's path cannot be written in git's configuration (move it to a path of plain text)");
    };
    let text = if cfg!(windows) { text.trim_start_matches(r"\\?\").replace('\\', "/") } else { text.to_owned() };
    let mut value = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"/._-+,:@%=".contains(c) {
            value.push('\\');
        }
        value.push(c);
    }
    Ok(value)
}

/// The words of a helper's value, their quoting taken off.
#[must_use]
pub fn words(value: &str) -> Vec<String> {
    Shlex::new(value).collect()
}

/// The shell's first word, its quoting taken off, and the rest of the text.
fn first_word(value: &str) -> (String, &str) {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\n');
    // git runs what has a blank before it as no helper at all
    let Some(word) = Shlex::new(value).next().filter(|_| !value.starts_with(is_blank)) else {
        return Default::default();
    };
    // a blank in the word was quoted, so the first that is not ends it
    let quoted = word.matches(is_blank).count();
    let end = value.match_indices(is_blank).nth(quoted).map_or(value.len(), |(end, _)| end);
    (word, &value[end..])
}

#[expect(clippy::disallowed_methods, reason = "PATH, searched as git searches it")]
fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect())
}

fn first_in<'a>(directories: impl IntoIterator<Item = &'a Path>) -> Option<PathBuf> {
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    directories.into_iter().map(|directory| directory.join(&file)).find(|path| runs(path))
}

#[cfg(unix)]
fn runs(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn runs(path: &Path) -> bool {
    path.is_file()
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_for_the_shell_and_begins_with_its_slash() {
        let value = quoted(Path::new("/a b/it's \"$x\"/é/git-credential-hf")).unwrap();
        assert_eq!(value, r#"/a\ b/it\'s\ \"\$x\"/é/git-credential-hf"#);
        assert!(is_ours(&value));
        assert!(quoted(Path::new("/a\nb/git-credential-hf")).is_err());
    }

    #[test]
    fn a_token_command_is_quoted_for_the_shell() {
        let options = with_token_command("it's \"$x\" \\").unwrap();
        assert_eq!(shlex::split(&options).unwrap(), ["--token-command", "it's \"$x\" \\"]);
        let value = format!("hf{options}");
        assert!(is_ours(&value));
        assert_eq!(super::options(&value), options);
        assert_eq!(with_token_command("").unwrap(), "");
        assert!(with_token_command("a\nb").is_err());
    }

    #[test]
    fn our_values_are_recognised_with_their_options() {
        for (value, behind) in [
            ("hf", ""),
            ("hf --account bob", " --account bob"),
            ("/usr/local/bin/git-credential-hf", ""),
            ("/a\\ b/git-credential-hf --x 'y z'", " --x 'y z'"),
            ("/\"a b\"/git-credential-hf", ""),
            ("C:/Users/me/git-credential-hf.exe", ""),
        ] {
            assert!(is_ours(value), "{value}");
            assert_eq!(options(value), behind, "{value}");
        }
    }

    #[test]
    fn other_helpers_are_not_ours() {
        for value in [
            "",
            "store",
            "hfx",
            "hf-other",
            "cache --hf",
            "!hf",
            "!git-credential-hf",
            "git-credential-hf",
            "/bin/git-credential-hf-old",
            "/bin/git-credential-hf/x",
            "store --file /git-credential-hf",
        ] {
            assert!(!is_ours(value), "{value}");
        }
    }
}
