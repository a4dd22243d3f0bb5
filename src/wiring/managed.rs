//! The file of ours that git's configuration includes: read by git, rendered whole.

use crate::url::Url;

const HEADER: &str = "\
# Written by git-credential-hf: setup, bind and switch render it anew. Lines of your own in it are kept, comments are not.
# To take it back: git-credential-hf uninstall
";

/// A file of git's that was made for the first line, and is removed with the last.
const CREATED: &str = "git-credential-hf.created";

/// How people write what git prints in lower case.
const SPELLED: [(&str, &str); 2] = [("usehttppath", "useHttpPath"), ("postbuffer", "postBuffer")];

/// A line of git's configuration, its key as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Section, subsection and variable.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: String,
}

impl Line {
    /// Returns the line of a key as git prints it.
    pub(crate) fn of(key: &str, value: &str) -> Self {
        let (section, variable) = key.rsplit_once('.').unwrap_or_default();
        let spelled = SPELLED.iter().find(|(printed, _)| *printed == variable).map_or(variable, |(_, spelled)| spelled);
        Self { key: format!("{section}.{spelled}"), value: value.to_owned() }
    }
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It stands as it would be written.
    Kept,
    /// It is written.
    Added,
    /// It gets another value.
    Replaced,
    /// It is taken out.
    Removed,
}

/// The lines of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Managed(Vec<Line>);

impl Managed {
    /// Reads what `git config -z --list` prints of the file.
    pub(crate) fn parse(listed: &[u8]) -> Self {
        let text = String::from_utf8_lossy(listed);
        let pairs = text.split_terminator('\0').map(|pair| pair.split_once('\n').unwrap_or((pair, "")));
        Self(pairs.map(|(key, value)| Line::of(key, value)).collect())
    }

    /// Returns the lines, in their order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(|line| line.key != CREATED)
    }

    /// Returns the values of a key.
    pub(crate) fn values<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0.iter().filter(move |line| line.key == key).map(|line| line.value.as_str())
    }

    /// Gives a key these values alone.
    pub(crate) fn set(&mut self, key: &str, values: &[&str]) {
        if !self.values(key).eq(values.iter().copied()) {
            self.0.retain(|line| line.key != key);
            self.0.extend(values.iter().map(|value| Line { key: key.to_owned(), value: (*value).to_owned() }));
        }
    }

    /// Removes the lines that are meant.
    pub(crate) fn remove(&mut self, is_meant: impl Fn(&Line) -> bool) {
        self.0.retain(|line| !is_meant(line));
    }

    /// Takes lines over from elsewhere, for keys that have none here.
    pub(crate) fn take_over(&mut self, lines: Vec<Line>) {
        let known: Vec<_> = self.0.iter().map(|line| line.key.clone()).collect();
        self.0.extend(lines.into_iter().filter(|line| !known.contains(&line.key)));
    }

    /// Tells whether no line is left that says anything to git.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// Returns the files of git's that were made for the first line.
    pub(crate) fn created(&self) -> impl Iterator<Item = &str> {
        self.values(CREATED)
    }

    /// Notes that git's file was made for the first line.
    pub(crate) fn note_created(&mut self, path: &str) {
        if !self.created().any(|known| known == path) {
            self.0.push(Line { key: CREATED.to_owned(), value: path.to_owned() });
        }
    }

    /// Returns what becomes of each key of either on the way to `after`, with its last value.
    pub(crate) fn changes_to(&self, after: &Self) -> Vec<(Line, Change)> {
        let mut changes: Vec<(Line, Change)> = Vec::new();
        for line in after.lines().chain(self.lines()) {
            if changes.iter().any(|(known, _)| known.key == line.key) {
                continue;
            }
            let (old, new): (Vec<_>, Vec<_>) = (self.values(&line.key).collect(), after.values(&line.key).collect());
            let change = match (&old[..], &new[..]) {
                (old, new) if old == new => Change::Kept,
                ([], _) => Change::Added,
                (_, []) => Change::Removed,
                _ => Change::Replaced,
            };
            let value = new.last().or(old.last()).copied().unwrap_or_default().to_owned();
            changes.push((Line { key: line.key.clone(), value }, change));
        }
        changes
    }

    /// Renders the file. git takes the last account that applies, not the closest: those of a whole host go first.
    pub(crate) fn render(&self) -> String {
        let mut sections: Vec<(&str, Vec<&Line>)> = Vec::new();
        for line in &self.0 {
            let section = line.key.rsplit_once('.').map_or("", |(section, _)| section);
            match sections.iter_mut().find(|(known, _)| *known == section) {
                Some((_, lines)) => lines.push(line),
                None => sections.push((section, vec![line])),
            }
        }
        sections.sort_by_key(|(section, _)| rank(section));
        let mut text = HEADER.to_owned();
        for (section, lines) in sections {
            text += &header(section);
            for Line { key, value } in lines {
                let variable = key.rsplit('.').next().unwrap_or_default();
                text.extend(["\t", variable, " = ", &quoted(value), "\n"]);
            }
        }
        text
    }
}

fn rank(section: &str) -> u8 {
    match section.split_once('.') {
        None if section == "credential" => 0,
        Some(("credential", url)) => Url::parse(url).map_or(3, |place| if place.path.is_empty() { 1 } else { 3 }),
        Some(("http", _)) => 2,
        _ => 4,
    }
}

fn header(section: &str) -> String {
    match section.split_once('.') {
        Some((name, rest)) => format!("[{name} \"{}\"]\n", rest.replace('\\', "\\\\").replace('"', "\\\"")),
        None => format!("[{section}]\n"),
    }
}

/// Writes a value as git does (`write_pair` in git's `config.c`).
pub(crate) fn quoted(value: &str) -> String {
    let is_bare = !value.starts_with(' ') && !value.ends_with(' ') && !value.contains([';', '#', '\r']);
    let quote = if is_bare { "" } else { "\"" };
    let mut text = quote.to_owned();
    for c in value.chars() {
        match c {
            '\n' => text += "\\n",
            '\t' => text += "\\t",
            '"' | '\\' => text.extend(['\\', c]),
            c => text.push(c),
        }
    }
    text + quote
}

/// Reads such a value.
pub(crate) fn unquoted(text: &str) -> String {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => value.extend(chars.next().map(|c| match c {
                'n' => '\n',
                't' => '\t',
                c => c,
            })),
            c => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    #[test]
    fn git_reads_what_is_rendered() {
        let mut managed = Managed::default();
        for (number, value) in
            ["", "hf", " blank ", "a;b#c", "it's \"x\" \\", "tab\tend", "two\nlines", "cr\r", "é", "$HOME `x`", "\\"]
                .into_iter()
                .enumerate()
        {
            managed.set(&format!("credential.https://huggingface.co/\"a\\{number}.username"), &[value]);
            managed.set(&format!("a.b{number}"), &["x", value]);
            assert_eq!(unquoted(&quoted(value)), value);
        }
        managed.note_created("/home/me/.gitconfig");
        let listed = repository::listed(managed.render().as_bytes()).unwrap();
        let read = Managed::parse(&listed);
        assert!(read.changes_to(&managed).iter().all(|(_, change)| *change == Change::Kept), "{read:?}");
        assert_eq!(read.lines().count(), managed.lines().count());
        assert_eq!(read.created().collect::<Vec<_>>(), ["/home/me/.gitconfig"]);
        assert_eq!(read.render(), Managed::parse(&repository::listed(read.render().as_bytes()).unwrap()).render());
    }

    #[test]
    fn what_is_for_a_whole_host_goes_before_what_is_for_an_organization() {
        let mut managed = Managed::default();
        managed.set("credential.https://huggingface.co/acme.username", &["work"]);
        managed.set("credential.https://huggingface.co/acme.useHttpPath", &["true"]);
        managed.set("http.https://huggingface.co.postBuffer", &["1"]);
        managed.set("credential.https://huggingface.co.helper", &["", "hf"]);
        managed.set("credential.https://huggingface.co.username", &["me"]);
        assert_eq!(
            managed.render().strip_prefix(HEADER).unwrap(),
            "[credential \"https://huggingface.co\"]\n\thelper = \n\thelper = hf\n\tusername = me\n\
             [http \"https://huggingface.co\"]\n\tpostBuffer = 1\n\
             [credential \"https://huggingface.co/acme\"]\n\tusername = work\n\tuseHttpPath = true\n"
        );
    }
}
