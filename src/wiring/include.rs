//! The line of git's configuration that includes our file: put at the end, found, and taken out to the byte.

use std::path::{Path, PathBuf};

use super::Finding;
use super::managed::quoted;
use crate::notice::printable;
use crate::repository::entry::Entry;

/// What our file is called, in each scope below another directory.
pub(crate) const NAME: &str = "git-credential-hf/gitconfig";

const SECTION: &[u8] = b"[include]";

/// Puts the line at the end of a text. What has no end of its own keeps none, so that it is found again to the byte.
pub(crate) fn added(text: &[u8], path: &str) -> Vec<u8> {
    let line = line(path);
    if text.is_empty() || text.ends_with(b"\n") {
        [text, SECTION, b"\n", &line, b"\n"].concat()
    } else {
        [text, b"\n", SECTION, b"\n", &line].concat()
    }
}

/// Takes each such line out, with its section where nothing else is in that.
pub(crate) fn removed(text: &[u8], path: &str) -> Vec<u8> {
    let line = line(path);
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    while let Some(at) = lines.iter().position(|known| known.trim_ascii_end() == line) {
        let is_alone = lines.get(at + 1).is_none_or(|next| next.starts_with(b"["));
        let has_section = at > 0 && lines[at - 1].trim_ascii_end() == SECTION;
        let is_unended = !lines[at].ends_with(b"\n");
        let from = if is_alone && has_section { at - 1 } else { at };
        lines.drain(from..=at);
        if let Some(last) = lines.last_mut().filter(|_| is_unended) {
            *last = last.strip_suffix(b"\n").unwrap_or(last);
        }
    }
    lines.concat()
}

fn line(path: &str) -> Vec<u8> {
    format!("\tpath = {}", quoted(path)).into_bytes()
}

/// Returns the file that a line of git's configuration includes; `None` where it is no such line, or that cannot be told.
pub(crate) fn included_by(entry: &Entry) -> Option<PathBuf> {
    let path = Some(&entry.value).filter(|_| entry.key == "include.path")?;
    if let Some(rest) = path.strip_prefix("~/") {
        return Some(std::env::home_dir()?.join(rest));
    }
    let path = Path::new(path);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let file = entry.file.as_ref()?;
    // git names a repository's file as seen from the top of the worktree
    let here = std::env::current_dir().ok()?;
    let file = here.ancestors().map(|directory| directory.join(file)).find(|file| file.exists())?;
    Some(file.parent()?.join(path))
}

/// Returns the paths of files of ours that are included and not there: git then asks nobody, and says nothing.
pub(crate) fn dangling(entries: &[Entry]) -> impl Iterator<Item = (&Entry, PathBuf)> {
    let ours = entries.iter().filter_map(|entry| Some((entry, included_by(entry)?)));
    ours.filter(|(_, file)| file.ends_with(NAME) && !file.exists())
}

/// Returns what to say of these.
pub(crate) fn findings(entries: &[Entry]) -> Vec<Finding> {
    let found = dangling(entries).map(|(entry, file)| {
        let scope = entry.scope.name();
        Finding {
            about: "setup",
            told: format!(
                "git's {scope} configuration includes {}, which is not there: so git does not ask this helper for what \
                 it named, nor as the accounts it named",
                printable(&file)
            ),
            remedy: format!("git-credential-hf setup --{scope}"),
        }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/home/me/.config/git-credential-hf/gitconfig";

    #[test]
    fn what_is_added_is_taken_out_to_the_byte() {
        for text in
            ["", "\n\n", "# mine", "[user]\n\tname = x", "[user]\r\n\tname = x\r\n", "[include]\n\tpath = other\n"]
        {
            let with = added(text.as_bytes(), PATH);
            assert_eq!(with.ends_with(b"\n"), text.is_empty() || text.ends_with('\n'));
            assert_eq!(removed(&with, PATH), text.as_bytes(), "{text:?}");
            assert_eq!(removed(text.as_bytes(), PATH), text.as_bytes());
        }
    }

    #[test]
    fn what_came_behind_it_stays() {
        let with = String::from_utf8(added(b"# mine\n", PATH)).unwrap();
        for (more, left) in [
            ("[user]\n", "# mine\n[user]\n"),
            ("\tpath = other\n", "# mine\n[include]\n\tpath = other\n"),
            ("# a comment\n", "# mine\n[include]\n# a comment\n"),
        ] {
            assert_eq!(removed((with.clone() + more).as_bytes(), PATH), left.as_bytes());
        }
    }
}
