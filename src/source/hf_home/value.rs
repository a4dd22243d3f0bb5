//! A value of `stored_tokens`, of one line or of several.

use std::ops::Deref;

use zeroize::Zeroizing;

use super::grammar::{Lines, Meaning};

/// A value: read where it stands, or what its lines join to.
pub enum Value<'a> {
    /// Of one line.
    Whole(&'a str),
    /// Of several.
    Joined(Zeroizing<String>),
}

impl<'a> Value<'a> {
    /// What the first line of a value and those that go on with it join to, stripped.
    pub(super) fn read(first: &'a str, following: Lines<'a>) -> Self {
        let (mut pieces, mut blanks) = (vec![], 0);
        for line in following.flatten() {
            match line.meaning {
                Meaning::More(piece) => {
                    pieces.extend(std::iter::repeat_n("", std::mem::take(&mut blanks)));
                    pieces.push(piece);
                }
                Meaning::Blank => blanks += 1,
                Meaning::Comment => {}
                Meaning::Key(..) | Meaning::Header(_) => break,
            }
        }
        if pieces.is_empty() {
            return Self::Whole(first);
        }
        pieces.insert(0, first);
        Self::Joined(Zeroizing::new(pieces.join("\n")))
    }
}

impl Deref for Value<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Whole(value) => value,
            Self::Joined(value) => value,
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
