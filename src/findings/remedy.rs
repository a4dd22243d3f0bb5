//! What to do about a finding, as data: commands with their arguments, and words around them.

use std::fmt;

use crate::repository::entry::{Entry, Scope};
use crate::terminal::{printable, quoted};
use crate::wiring::executable;

/// Longer arguments are not for pasting.
const LONGEST_ARGUMENT: usize = 1000;

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remedy(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Command(Command),
}

/// A command with its arguments, none of them quoted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<Word>,
    /// The file that it reads.
    input: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(String),
    /// The value of a variable of the environment.
    Variable {
        before: String,
        name: String,
    },
}

impl Command {
    /// A command and its arguments.
    #[must_use]
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self { words: words.into_iter().map(|word| Word::Text(word.into())).collect(), input: None }
    }

    /// A command of plain words, split at its blanks.
    #[must_use]
    pub fn of(line: &'static str) -> Self {
        Self::new(line.split(' '))
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with(mut self, argument: impl Into<String>) -> Self {
        self.words.push(Word::Text(argument.into()));
        self
    }

    /// The same, reading a file.
    #[must_use]
    pub fn reading(mut self, file: impl Into<String>) -> Self {
        self.input = Some(file.into());
        self
    }

    /// Gives a variable the value of another: `export TO="$FROM"`. `None` where one has no name that a shell knows.
    #[must_use]
    pub fn exporting(to: &str, from: &str) -> Option<Self> {
        let is_name = |name: &str| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !name.starts_with(|c: char| c.is_ascii_digit())
        };
        let value = Word::Variable { before: format!("{to}="), name: from.to_owned() };
        (is_name(to) && is_name(from) && !from.is_empty())
            .then(|| Self { words: vec![Word::Text("export".to_owned()), value], input: None })
    }

    /// Removes one line of git's configuration; `None` where no file has it.
    #[must_use]
    pub fn unsetting(entry: &Entry) -> Option<Self> {
        let pattern = ["--fixed-value", "--unset-all", &entry.key, &entry.value];
        Some(Self::new(pattern.iter().fold(config_of(entry)?, |mut words, word| {
            words.push((*word).to_owned());
            words
        })))
    }

    /// Removes a key, so that no value has to be shown; `None` where no file has it.
    #[must_use]
    pub fn unsetting_key(entry: &Entry) -> Option<Self> {
        let mut words = config_of(entry)?;
        words.extend(["--unset-all".to_owned(), entry.key.clone()]);
        Some(Self::new(words))
    }

    /// Removes the lines of a key that match a pattern, so that no value has to be shown.
    #[must_use]
    pub fn unsetting_all(entry: &Entry, pattern: &str) -> Option<Self> {
        let mut words = config_of(entry)?;
        words.extend(["--unset-all".to_owned(), entry.key.clone(), pattern.to_owned()]);
        Some(Self::new(words))
    }

    /// The arguments, for programs; `None` where a shell has to expand or redirect something.
    #[must_use]
    pub fn arguments(&self) -> Option<Vec<&str>> {
        let words = self.words.iter().map(|word| match word {
            Word::Text(text) => Some(text.as_str()),
            Word::Variable { .. } => None,
        });
        words.collect::<Option<_>>().filter(|_| self.input.is_none())
    }

    fn is_too_long(&self) -> bool {
        self.words.iter().any(|word| matches!(word, Word::Text(text) if text.len() > LONGEST_ARGUMENT))
    }
}

/// The configuration in which a line stands, as `git config` is told: by its scope where that means this very file.
fn config_of(entry: &Entry) -> Option<Vec<String>> {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let file = entry.file.as_ref();
    let is_main = |name: &str| file.is_none_or(|file| file.is_relative() || file.ends_with(name));
    match entry.scope {
        Scope::Command => None,
        Scope::Local if is_main("config") => words(&["git", "config", "--local"]),
        Scope::Worktree if is_main("config.worktree") => words(&["git", "config", "--worktree"]),
        Scope::Global if is_main(".gitconfig") => words(&["git", "config", "--global"]),
        scope => match file.and_then(|file| file.to_str()) {
            Some(file) if scope == Scope::System => words(&["sudo", "git", "config", "--file", file]),
            Some(file) => words(&["git", "config", "--file", file]),
            None => words(&["git", "config", &format!("--{}", scope.name())]),
        },
    }
}

impl fmt::Display for Command {
    /// Writes it as a shell takes it: this is the one place where a word becomes a part of a command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, word) in self.words.iter().enumerate() {
            f.write_str(if position > 0 { " " } else { "" })?;
            match word {
                // by its path where no shell finds it by its name
                Word::Text(text) if text == executable::NAME => f.write_str(&executable::typed())?,
                Word::Text(text) => f.write_str(&quoted(text))?,
                Word::Variable { before, name } => write!(f, "{}\"${name}\"", quoted(before))?,
            }
        }
        self.input.as_ref().map_or(Ok(()), |file| write!(f, " < {}", quoted(file)))
    }
}

impl Remedy {
    /// A sentence.
    #[must_use]
    pub fn say(words: impl Into<String>) -> Self {
        Self::default().and(words)
    }

    /// Logs in.
    #[must_use]
    pub fn log_in() -> Self {
        Self::of("git-credential-hf login")
    }

    /// A command, and nothing else.
    #[must_use]
    pub fn run(command: Command) -> Self {
        Self::default().then(command)
    }

    /// A command of plain words, and nothing else.
    #[must_use]
    pub fn of(line: &'static str) -> Self {
        Self::run(Command::of(line))
    }

    /// The same with more words behind it.
    #[must_use]
    pub fn and(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Words(words.into()));
        self
    }

    /// The same with a command behind it. Commands that follow each other are run one after the other.
    #[must_use]
    pub fn then(mut self, command: Command) -> Self {
        self.0.push(Part::Command(command));
        self
    }

    /// Whether it is a command, and nothing else.
    #[must_use]
    pub fn is_command(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Command(_)))
    }

    /// The commands in it, in their order.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().filter_map(|part| match part {
            Part::Command(command) => Some(command),
            Part::Words(_) => None,
        })
    }
}

impl From<String> for Remedy {
    fn from(words: String) -> Self {
        Self::say(words)
    }
}

impl From<&str> for Remedy {
    fn from(words: &str) -> Self {
        Self::say(words)
    }
}

impl fmt::Display for Remedy {
    /// Writes a command alone as it is, and those among words in backticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.commands().any(Command::is_too_long) {
            return f.write_str("see `git config --list --show-origin`: it is too long to be shown");
        }
        let quote = if self.is_command() { "" } else { "`" };
        let mut is_after_command = false;
        for part in &self.0 {
            match part {
                Part::Words(words) => {
                    f.write_str(if is_after_command { quote } else { "" })?;
                    f.write_str(&printable(words))?;
                }
                Part::Command(command) => {
                    f.write_str(if is_after_command { " && " } else { quote })?;
                    command.fmt(f)?;
                }
            }
            is_after_command = matches!(part, Part::Command(_));
        }
        f.write_str(if is_after_command { quote } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_alone_is_plain_and_one_among_words_is_in_backticks() {
        let unset = || Command::of("unset HF_TOKEN");
        assert_eq!(Remedy::run(unset()).to_string(), "unset HF_TOKEN");
        assert_eq!(
            Remedy::say("if it is not meant, ").then(unset()).to_string(),
            "if it is not meant, `unset HF_TOKEN`"
        );
        let two = Remedy::run(unset()).then(Command::of("git fetch"));
        assert_eq!(two.to_string(), "unset HF_TOKEN && git fetch");
        assert_eq!(two.and(", or not").to_string(), "`unset HF_TOKEN && git fetch`, or not");
    }

    #[test]
    fn no_word_of_a_repository_is_more_than_a_word() {
        let command = Command::of("git remote set-url").with("o;echo ran;").with("$(id) `id` 'x'").with("");
        assert_eq!(command.to_string(), "git remote set-url 'o;echo ran;' '$(id) `id` '\"'x'\" ''");
        let odd = Command::of("git remote remove").with("a\u{1b}]0;x\u{7}\u{202e}'\\b");
        assert_eq!(odd.to_string(), r"git remote remove $'a\x1b]0;x\x07\xe2\x80\xae\'\\b'");
        assert_eq!(Command::exporting("HF_TOKEN", "MY_TOKEN").unwrap().to_string(), "export HF_TOKEN=\"$MY_TOKEN\"");
        assert_eq!(Command::exporting("HF_TOKEN", "A;id"), None);
        let long = Remedy::run(Command::of("git config --unset").with("a".repeat(70_000)));
        assert!(long.to_string().len() < 200);
    }

    #[test]
    fn a_line_is_unset_in_the_file_that_it_stands_in() {
        let unset = |scope, file: Option<&str>| {
            let entry = Entry { scope, file: file.map(Into::into), key: "a.b".to_owned(), value: "x y".to_owned() };
            Command::unsetting(&entry).map(|command| command.to_string())
        };
        let end = "--fixed-value --unset-all a.b 'x y'";
        assert_eq!(unset(Scope::Local, Some(".git/config")).unwrap(), format!("git config --local {end}"));
        assert_eq!(unset(Scope::Global, Some("/h/.gitconfig")).unwrap(), format!("git config --global {end}"));
        assert_eq!(unset(Scope::Global, Some("/h/my inc")).unwrap(), format!("git config --file '/h/my inc' {end}"));
        assert_eq!(unset(Scope::Command, None), None);
    }
}
