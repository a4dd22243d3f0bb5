//! `url.<base>.insteadOf` and `pushInsteadOf`, applied as git applies them (git-config(1)).

use super::entry::Entry;

/// The rules of one kind, in git's order.
pub struct Rules<'a>(Vec<(&'a str, &'a Entry)>);

/// A URL after the rules.
#[derive(Debug, Clone)]
pub struct Rewritten<'a> {
    /// What is asked.
    pub url: String,
    /// The rule that made it so; `None` where none applies.
    pub rule: Option<&'a Entry>,
}

impl<'a> Rules<'a> {
    /// The rules of a variable: `insteadof` or `pushinsteadof`.
    #[must_use]
    pub fn of(entries: &'a [Entry], variable: &str) -> Self {
        let rules = entries.iter().filter(|rule| !rule.value.is_empty()).filter_map(|rule| {
            let base = rule.key.strip_prefix("url.")?.strip_suffix(variable)?.strip_suffix('.')?;
            Some((base, rule))
        });
        Self(rules.collect())
    }

    /// Each rule with the URL that it puts in.
    pub fn iter(&self) -> impl Iterator<Item = &(&'a str, &'a Entry)> {
        self.0.iter()
    }

    /// Rewrites a URL. Of several beginnings that match, the longest is replaced.
    #[must_use]
    pub fn rewrite(&self, url: &str) -> Rewritten<'a> {
        let matching = self.0.iter().filter_map(|(base, rule)| Some((*base, *rule, url.strip_prefix(&rule.value)?)));
        match matching.min_by_key(|(.., rest)| rest.len()) {
            Some((base, rule, rest)) => Rewritten { url: [base, rest].concat(), rule: Some(rule) },
            None => Rewritten { url: url.to_owned(), rule: None },
        }
    }
}
