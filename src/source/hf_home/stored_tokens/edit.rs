//! Edits of `stored_tokens` that touch no other byte, and read back as they were meant or are not made. Pure.

use anyhow::{Result, ensure};
use zeroize::Zeroizing;

use super::super::grammar::{Lines, Meaning, lower};
use super::{Field, Section, Span, StoredTokens, fields};

impl StoredTokens {
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
