//! `stored_tokens`, read as `huggingface_hub` reads it (`_read_stored_tokens_full` in `_auth.py`). Pure.

mod edit;

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
