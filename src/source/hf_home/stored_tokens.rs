//! `stored_tokens`, read as `huggingface_hub` reads it (`_read_stored_tokens_full` in `_auth.py`) and edited without
//! touching another byte. Pure.

use std::borrow::Cow;
use std::ops::Range;

use anyhow::{Result, ensure};
use zeroize::Zeroizing;

use super::grammar::{Lines, Meaning, int, lower};
pub use super::value::Value;

const TWICE: &str = "a key stands twice in one section";

/// The key of a token.
const TOKEN: &str = "hf_token";

/// A file that Python can read.
pub struct StoredTokens {
    text: Zeroizing<String>,
    sections: Vec<Span>,
    /// The bodies of every `[DEFAULT]`: what they say holds for all sections that do not say otherwise.
    defaults: Vec<Part>,
}

/// Where a section stands in the text: its header line with all that comes before the next one.
struct Span {
    name: Part,
    header: u32,
    body: Part,
    /// The value of its `hf_token`, where no line goes on with it.
    token: Option<Part>,
}

/// A part of the text, in half the room of a `Range`: there may be thousands.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    end: u32,
}

impl Part {
    fn of(range: Range<usize>) -> Result<Self> {
        Ok(Self { start: range.start.try_into()?, end: range.end.try_into()? })
    }

    /// Where in the text it stands.
    fn where_is(part: &str, text: &str) -> Result<Self> {
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        Self::of(start..start + part.len())
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
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
        let mut defaults: Vec<Part> = Vec::new();
        {
            let mut keys = Vec::new();
            let mut default_keys = Vec::new();
            let mut in_default = false;
            let mut in_order = true;
            for line in Lines::of_file(&text) {
                let line = line?;
                match line.meaning {
                    Meaning::Header(name) => {
                        in_default = name == "DEFAULT";
                        let body = Part::of(line.end..line.end)?;
                        if in_default {
                            defaults.push(body);
                        } else {
                            ensure_each_once(&mut keys, TWICE)?;
                            keys.clear();
                            in_order &= sections.last().is_none_or(|last| &text[last.name.range()] < name);
                            let name = Part::where_is(name, &text)?;
                            sections.push(Span { name, header: line.start.try_into()?, body, token: None });
                        }
                    }
                    Meaning::Key(key, value) => {
                        let key = lower(key);
                        if let Some(span) = sections.last_mut().filter(|_| key == TOKEN && !in_default) {
                            span.token = Some(Part::where_is(value, &text)?);
                        }
                        let known = if in_default { &mut default_keys } else { &mut keys };
                        known.push(key);
                    }
                    Meaning::More(_) => _ = sections.last_mut().map(|span| span.token = None),
                    Meaning::Blank | Meaning::Comment => {}
                }
                let body =
                    if in_default { defaults.last_mut() } else { sections.last_mut().map(|span| &mut span.body) };
                if let Some(body) = body {
                    body.end = line.end.try_into()?;
                }
            }
            ensure_each_once(&mut keys, TWICE)?;
            ensure_each_once(&mut default_keys, TWICE)?;
            // in order, none stands twice
            if !in_order {
                let names = sections.iter().map(|span| Cow::Borrowed(&text[span.name.range()]));
                ensure_each_once(&mut names.collect::<Vec<_>>(), "a section stands twice")?;
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
                let body = span.body.range();
                let (kept, tail) =
                    self.apart_from(span, |key| fields.iter().any(|(written, _)| *written == lower(key)));
                let before = &self.text[..body.start];
                let tail = if tail.is_empty() { "\n" } else { tail };
                let rest = [tail, &self.text[body.end..]];
                joined([before].into_iter().chain(kept).chain(written).chain(rest))
            }
            None => joined([self.text.as_str(), &header].into_iter().chain(written).chain(["\n"])),
        };
        let edited = self.unless_others_changed(text, |section| section.name() != name, Some(name))?;
        let says = |section: Section<'_>| fields.iter().all(|(key, value)| section.own(key).as_deref() == *value);
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
            pieces.push(&self.text[position..span.header as usize]);
            pieces.extend(kept);
            pieces.push(tail.strip_prefix('\n').unwrap_or(tail));
            position = span.body.range().end;
        }
        pieces.push(&self.text[position..]);
        Ok(self.unless_others_changed(joined(pieces.into_iter()), |section| !goes(section), None)?.text)
    }

    /// The lines of a section that do not belong to the keys to go, and what follows its last key.
    fn apart_from(&self, span: &Span, goes: impl Fn(&str) -> bool) -> (Vec<&str>, &str) {
        let (mut kept, mut kept_to_last_key) = (Vec::new(), 0);
        let body = span.body.range();
        let (mut going, mut tail) = (true, body.start);
        // the whole file was read before, so none of these lines is an error
        for line in Lines::of_body(&self.text, body.clone()).flatten() {
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
        (kept, &self.text[tail..body.end])
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
        let bodies = sections.map(|section| (section.name(), section.span.body));
        let defaults = self.defaults.iter().map(|body| ("DEFAULT", *body));
        bodies.chain(defaults).map(|(name, body)| (name, fields(&self.text, body).collect())).collect()
    }
}

impl<'a> Section<'a> {
    /// Its name, as it stands between the brackets.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.file.text[self.span.name.range()]
    }

    /// Its text, from the header to the next one: with the comments and blank lines.
    #[must_use]
    pub fn text(&self) -> &'a str {
        &self.file.text[self.span.header as usize..self.span.body.range().end]
    }

    /// `expires_at` as Python's `int()` reads it, but for digits that are not ASCII, which `hf` never writes.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        int(&self.get("expires_at")?)
    }

    /// The value of a key (in lower case), from `[DEFAULT]` where the section does not say it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let mut inherited = self.file.defaults.iter();
        self.own(key).or_else(|| inherited.find_map(|body| value_in(&self.file.text, *body, key)))
    }

    /// Its token, as the file has it: the value of `hf_token`.
    #[must_use]
    pub fn token(&self) -> Option<Value<'a>> {
        let own = self.span.token.map(|part| Value::Whole(&self.file.text[part.range()]));
        own.or_else(|| self.get(TOKEN))
    }

    /// The value of a key that it says itself.
    fn own(&self, key: &str) -> Option<Value<'a>> {
        value_in(&self.file.text, self.span.body, key)
    }
}

fn ensure_each_once(names: &mut [Cow<'_, str>], or_else: &'static str) -> Result<()> {
    names.sort_unstable();
    ensure!(names.is_sorted_by(|one, next| one < next), or_else);
    Ok(())
}

fn value_in<'a>(text: &'a str, body: Part, key: &str) -> Option<Value<'a>> {
    fields(text, body).find(|(found, _)| found == key).map(|(_, value)| value)
}

/// A key in lower case, and its value.
type Field<'a> = (Cow<'a, str>, Value<'a>);

/// The keys and values of a body.
fn fields(text: &str, body: Part) -> impl Iterator<Item = Field<'_>> {
    let mut lines = Lines::of_body(text, body.range());
    std::iter::from_fn(move || {
        let (key, first) = lines.by_ref().flatten().find_map(|line| match line.meaning {
            Meaning::Key(key, value) => Some((key, value)),
            _ => None,
        })?;
        Some((lower(key), Value::read(first, lines.clone())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_after_which_one_section_would_be_part_of_another_is_not_made() {
        let file = StoredTokens::parse("[a]\nk = v\n[b]\n  [c]\nx = w\n".to_owned().into()).unwrap();
        assert_eq!(file.sections().count(), 3);
        assert!(file.without(|section| section.name() == "b").is_err());
        assert!(file.with("b", &[("k", Some("x"))]).is_err());
        assert_eq!(*file.without(|section| section.name() == "a").unwrap(), "[b]\n  [c]\nx = w\n");
    }

    #[test]
    fn joined_pieces_stand_on_lines_of_their_own_in_the_room_they_were_given_at_once() {
        for (pieces, text) in [
            (["a", "b", "c"], "a\nb\nc"),
            (["a\n", "b\r", "c\n"], "a\nb\rc\n"),
            (["", "a", "\n"], "a\n\n"),
            (["a", "", "b"], "a\nb"),
        ] {
            let joined = joined(pieces.into_iter());
            assert_eq!(*joined, text);
            assert_eq!(joined.capacity(), pieces.concat().len() + pieces.len(), "{text:?}");
        }
    }
}
