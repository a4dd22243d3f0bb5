//! `stored_tokens`, read as `huggingface_hub` reads it (`_read_stored_tokens_full` in `_auth.py`) and edited without
//! touching another byte. Pure.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Result, ensure};
use zeroize::Zeroizing;

use super::grammar::{Lines, Meaning, int, lower};
use crate::token::is_space;

/// A file that Python can read.
pub struct StoredTokens {
    text: Zeroizing<String>,
    sections: Vec<Span>,
    /// The bodies of every `[DEFAULT]`: what they say holds for all sections that do not say otherwise.
    defaults: Vec<Range<usize>>,
}

/// Where a section stands in the text: its header line with all that comes before the next one.
struct Span {
    name: Range<usize>,
    header: usize,
    body: Range<usize>,
}

/// One section, read where it stands.
#[derive(Clone, Copy)]
pub struct Section<'a> {
    file: &'a StoredTokens,
    span: &'a Span,
}

impl StoredTokens {
    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// Where Python gives the file up: a line that is no part of any section, a section or key that stands twice.
    pub fn parse(text: Zeroizing<String>) -> Result<Self> {
        let mut sections: Vec<Span> = Vec::new();
        let mut defaults: Vec<Range<usize>> = Vec::new();
        {
            let mut names = BTreeSet::new();
            let mut keys = BTreeSet::new();
            let mut default_keys = BTreeSet::new();
            let mut in_default = false;
            for line in Lines::of_file(&text) {
                let line = line?;
                match line.meaning {
                    Meaning::Header(name) => {
                        in_default = name == "DEFAULT";
                        let body = line.end..line.end;
                        if in_default {
                            defaults.push(body);
                        } else {
                            ensure!(names.insert(name), "a section stands twice");
                            keys.clear();
                            let start = line.start + name.as_ptr().addr() - text[line.start..].as_ptr().addr();
                            sections.push(Span { name: start..start + name.len(), header: line.start, body });
                        }
                    }
                    Meaning::Key(key, _) => {
                        let known = if in_default { &mut default_keys } else { &mut keys };
                        ensure!(known.insert(lower(key)), "a key stands twice in one section");
                    }
                    Meaning::More(_) | Meaning::Blank | Meaning::Comment => {}
                }
                let body =
                    if in_default { defaults.last_mut() } else { sections.last_mut().map(|span| &mut span.body) };
                if let Some(body) = body {
                    body.end = line.end;
                }
            }
        }
        Ok(Self { text, sections, defaults })
    }

    /// The sections in the order of the file; `[DEFAULT]` is none.
    #[must_use]
    pub fn sections(&self) -> impl DoubleEndedIterator<Item = Section<'_>> {
        self.sections.iter().map(|span| Section { file: self, span })
    }

    /// The section of that very name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<Section<'_>> {
        self.sections().find(|section| section.name() == name)
    }

    /// The text it was read from.
    #[must_use]
    pub fn into_text(self) -> Zeroizing<String> {
        self.text
    }

    /// The text with these fields (those without a value left out) in the section of that name, which is added at the end
    /// where there is none. Its other keys and all comments stay.
    ///
    /// # Errors
    ///
    /// Where no such text reads back as it was meant and leaves every other section as it reads now.
    pub fn with(&self, name: &str, fields: &[(&str, Option<&str>)]) -> Result<Zeroizing<String>> {
        let header = format!("[{name}]\n");
        let written: Vec<_> = fields
            .iter()
            .filter_map(|(key, value)| Some(Zeroizing::new([key, " = ", (*value)?, "\n"].concat())))
            .collect();
        let written = written.iter().map(|line| line.as_str());
        let text = match self.section(name) {
            Some(Section { span, .. }) => {
                let (kept, tail) =
                    self.apart_from(span, |key| fields.iter().any(|(written, _)| *written == lower(key)));
                let before = &self.text[..span.body.start];
                let tail = if tail.is_empty() { "\n" } else { tail };
                let rest = [tail, &self.text[span.body.end..]];
                joined([before].into_iter().chain(kept).chain(written).chain(rest))
            }
            None => joined([self.text.as_str(), &header].into_iter().chain(written).chain(["\n"])),
        };
        let edited = self.unless_others_changed(text, |section| section.name() != name, Some(name))?;
        let says = |section: Section<'_>| {
            fields.iter().all(|(key, value)| section.own(key).as_ref().map(|own| own.as_str()) == *value)
        };
        ensure!(edited.section(name).is_some_and(says), "stored_tokens cannot hold such a name or value");
        Ok(edited.text)
    }

    /// The text without some sections; the comments in them stay.
    ///
    /// # Errors
    ///
    /// As for [`Self::with`].
    pub fn without(&self, goes: impl Fn(Section<'_>) -> bool) -> Result<Zeroizing<String>> {
        let mut pieces = Vec::new();
        let mut position = 0;
        for section in self.sections().filter(|section| goes(*section)) {
            let Section { span, .. } = section;
            let (kept, tail) = self.apart_from(span, |_| true);
            pieces.push(&self.text[position..span.header]);
            pieces.extend(kept);
            pieces.push(tail.strip_prefix('\n').unwrap_or(tail));
            position = span.body.end;
        }
        pieces.push(&self.text[position..]);
        Ok(self.unless_others_changed(joined(pieces.into_iter()), |section| !goes(section), None)?.text)
    }

    /// The lines of a section that do not belong to the keys to go, and what follows its last key.
    fn apart_from(&self, span: &Span, goes: impl Fn(&str) -> bool) -> (Vec<&str>, &str) {
        let (mut kept, mut kept_to_last_key) = (Vec::new(), 0);
        let (mut going, mut tail) = (true, span.body.start);
        // the whole file was read before, so none of these lines is an error
        for line in Lines::of_body(&self.text, span.body.clone()).flatten() {
            let raw = &self.text[line.start..line.end];
            match line.meaning {
                Meaning::Key(key, _) => going = goes(key),
                Meaning::Comment => kept.push(raw),
                Meaning::Blank | Meaning::More(_) | Meaning::Header(_) => {}
            }
            if !going && !matches!(line.meaning, Meaning::Comment) {
                kept.push(raw);
            }
            if matches!(line.meaning, Meaning::Key(..) | Meaning::More(_)) {
                tail = line.end;
                kept_to_last_key = kept.len();
            }
        }
        kept.truncate(kept_to_last_key);
        (kept, &self.text[tail..span.body.end])
    }

    /// Indentation may make one section's lines part of another's value: then the text is not to be written. Beside the
    /// others it has the section that was written, and none more.
    fn unless_others_changed(
        &self,
        text: Zeroizing<String>,
        is_other: impl Fn(Section<'_>) -> bool,
        written: Option<&str>,
    ) -> Result<Self> {
        let edited = Self::parse(text)?;
        ensure!(
            self.fields_where(is_other) == edited.fields_where(|section| Some(section.name()) != written),
            "the sections stand too closely together to be told apart after an edit"
        );
        Ok(edited)
    }

    /// What stands in some sections, and in `[DEFAULT]`.
    fn fields_where(&self, counts: impl Fn(Section<'_>) -> bool) -> Vec<(&str, Vec<Field<'_>>)> {
        let sections = self.sections().filter(|section| counts(*section));
        let bodies = sections.map(|section| (section.name(), &section.span.body));
        let defaults = self.defaults.iter().map(|body| ("DEFAULT", body));
        bodies.chain(defaults).map(|(name, body)| (name, fields(&self.text, body).collect())).collect()
    }
}

impl<'a> Section<'a> {
    /// Its name, as it stands between the brackets.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.file.text[self.span.name.clone()]
    }

    /// Its text, from the header to the next one: with the comments and blank lines.
    #[must_use]
    pub fn text(&self) -> &'a str {
        &self.file.text[self.span.header..self.span.body.end]
    }

    /// `expires_at` as Python's `int()` reads it, but for digits that are not ASCII, which `hf` never writes.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        int(&self.get("expires_at")?)
    }

    /// The value of a key (in lower case), from `[DEFAULT]` where the section does not say it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Zeroizing<String>> {
        let mut inherited = self.file.defaults.iter();
        self.own(key).or_else(|| inherited.find_map(|body| value_in(&self.file.text, body, key)))
    }

    /// The value of a key that it says itself.
    fn own(&self, key: &str) -> Option<Zeroizing<String>> {
        value_in(&self.file.text, &self.span.body, key)
    }
}

/// A key in lower case, and its value.
type Field<'a> = (Cow<'a, str>, Zeroizing<String>);

fn value_in(text: &str, body: &Range<usize>, key: &str) -> Option<Zeroizing<String>> {
    fields(text, body).find(|(found, _)| found == key).map(|(_, value)| value)
}

/// The keys and values of a body. A value is what its lines join to, stripped.
fn fields<'a>(text: &'a str, body: &Range<usize>) -> impl Iterator<Item = Field<'a>> {
    let mut lines = Lines::of_body(text, body.clone()).flatten().peekable();
    std::iter::from_fn(move || {
        let (key, first) = lines.by_ref().find_map(|line| match line.meaning {
            Meaning::Key(key, value) => Some((key, value)),
            _ => None,
        })?;
        let mut pieces = vec![first];
        while let Some(line) = lines.next_if(|line| !matches!(line.meaning, Meaning::Key(..) | Meaning::Header(_))) {
            match line.meaning {
                Meaning::More(more) => pieces.push(more),
                Meaning::Blank => pieces.push(""),
                Meaning::Comment | Meaning::Key(..) | Meaning::Header(_) => {}
            }
        }
        let mut value = Zeroizing::new(pieces.join("\n"));
        let stripped = value.trim_end_matches(is_space).len();
        value.truncate(stripped);
        Some((lower(key), value))
    })
}

/// The pieces one after another, each on lines of its own.
fn joined<'a>(pieces: impl Iterator<Item = &'a str> + Clone) -> Zeroizing<String> {
    // an upper bound, since a string that grows leaves a copy behind
    let length = pieces.clone().map(|piece| piece.len() + 1).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        if !text.is_empty() && !text.ends_with(['\n', '\r']) {
            text.push('\n');
        }
        text.push_str(piece);
    }
    text
}
