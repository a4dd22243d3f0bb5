//! One value of git's configuration, as `git config -z` prints it.

use std::path::PathBuf;

/// One of git's configurations, in the order git reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The machine's.
    System,
    /// The user's.
    Global,
    /// The repository's.
    Local,
    /// The worktree's.
    Worktree,
    /// What the command line and the environment add.
    Command,
}

impl Scope {
    /// git's own word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Global => "global",
            Self::Local => "local",
            Self::Worktree => "worktree",
            Self::Command => "command",
        }
    }

    fn named(name: &str) -> Self {
        [Self::System, Self::Global, Self::Local, Self::Worktree]
            .into_iter()
            .find(|scope| scope.name() == name)
            .unwrap_or(Self::Command)
    }
}

/// One value of git's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The configuration it stands in.
    pub scope: Scope,
    /// The file it stands in, where git names one.
    pub file: Option<PathBuf>,
    /// Section and variable in lower case, the subsection as it is written.
    pub key: String,
    /// The value; empty, too, where there is none.
    pub value: String,
}

impl Entry {
    /// Returns whether it is a repository's, which may be a stranger's: read, and never obeyed.
    #[must_use]
    pub fn is_of_repository(&self) -> bool {
        matches!(self.scope, Scope::Local | Scope::Worktree)
    }
}

/// A text of a configuration as a terminal may show it: what moves the cursor is taken out.
#[must_use]
pub fn printable(text: &str) -> String {
    let safe = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(safe).collect()
}

/// No configuration has as many lines; one that does is out to keep us busy.
pub(super) const MOST_ENTRIES: usize = 20_000;

/// git's `-z` output: `[scope NUL] origin NUL key [LF value] NUL`; the scope is in it where none is given. Where there are
/// too many, it is one too many that it comes to.
#[must_use]
pub fn parsed(output: &[u8], scope: Option<Scope>) -> Vec<Entry> {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split_terminator('\0');
    let mut entries = Vec::new();
    while let Some(first) = fields.next().filter(|_| entries.len() <= MOST_ENTRIES) {
        let (scope, origin) = match scope {
            Some(scope) => (scope, Some(first)),
            None => (Scope::named(first), fields.next()),
        };
        let (Some(origin), Some(pair)) = (origin, fields.next()) else {
            break;
        };
        let (key, value) = pair.split_once('\n').unwrap_or((pair, ""));
        entries.push(Entry {
            scope,
            file: origin.strip_prefix("file:").map(PathBuf::from),
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_lines_and_their_absence() {
        let text = b"local\0file:.git/config\0a.b\nx\ny\0command\0command line:\0c.d\0";
        let entries = parsed(text, None);
        assert_eq!(entries[0].value, "x\ny");
        assert_eq!(entries[0].file, Some(".git/config".into()));
        assert_eq!((entries[1].key.as_str(), entries[1].value.as_str()), ("c.d", ""));
        assert_eq!((entries[1].scope, &entries[1].file), (Scope::Command, &None));
    }
}
