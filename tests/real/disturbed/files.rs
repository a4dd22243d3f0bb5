//! The files of a person, compared but for times and what the Hub counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Every file below HOME by its path there, and what is in the keychain.
pub type Files = BTreeMap<String, File>;

#[derive(Clone, PartialEq, Debug)]
pub struct File {
    pub mode: u32,
    /// What it holds, but for times and what the Hub counts.
    pub text: String,
}

/// Those below a directory of HOME.
pub fn gather(home: &Path, directory: &Path, files: &mut Files) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, about) = (entry.path(), entry.metadata().expect("it is there"));
        let name = path.strip_prefix(home).expect("below it").to_str().expect("UTF-8").to_owned();
        if about.is_dir() {
            gather(home, &path, files);
        } else if name.starts_with(".local/state/") || name.ends_with("/stored_tokens.lock") {
            assert_eq!(about.len(), 0, "{name} is no place for anything");
        } else {
            let (mode, bytes) = match fs::read_link(&path) {
                Ok(_) => (0, b"a link".to_vec()),
                Err(_) => (about.permissions().mode() & 0o777, fs::read(&path).expect("readable")),
            };
            // each stage has a home of its own
            let text = String::from_utf8_lossy(&bytes).replace(&home.display().to_string(), "~");
            files.insert(name, File { mode, text: timeless(&text) });
        }
    }
}

/// Each number is 0.
pub fn timeless(text: &str) -> String {
    let mut timeless = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii_digit() {
            timeless.push(c);
        } else if !timeless.ends_with('0') {
            timeless.push('0');
        }
    }
    timeless
}

/// Each section but those that git is not told of yet.
pub fn sections(text: &str) -> BTreeSet<String> {
    let sections = format!("\n{text}").split("\n[").map(|section| section.trim_end().to_owned()).collect::<Vec<_>>();
    sections.into_iter().filter(|section| !section.starts_with("git-credential-hf")).collect()
}

/// What looks like a token.
pub fn secrets_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: Vec<_> = words.filter(|word| word.len() > 20 && word.starts_with("hf_")).map(str::to_owned).collect();
    words.into_iter()
}
