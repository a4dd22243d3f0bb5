//! What the Hub said of a token, as a person sees it: the same at `login` and at `whoami`.

use crate::hub::whoami::{Identity, Kind, Organisation};
use crate::terminal::{Tone, table, until};
use crate::token;

/// Whose it is, what it is and for how long, a line each.
pub(super) fn of(identity: &Identity, beside: Vec<(&str, String)>) -> Vec<String> {
    let mut rows = vec![row("account", whose(identity), Tone::Strong)];
    if !identity.organisations.is_empty() {
        let all: Vec<_> = identity.organisations.iter().map(membership).collect();
        rows.push(row("organisations", all.join(", "), Tone::Plain));
    }
    let name = identity.token_name.as_ref().map_or_else(String::new, |name| format!("{name}, "));
    rows.push(row("token", name + identity.token.in_words(), Tone::Plain));
    if let Some((end, tone)) = end(identity) {
        rows.push(row("expires", end, tone));
    }
    rows.extend(beside.into_iter().map(|(title, text)| row(title, text, Tone::Plain)));
    if let Kind::FineGrained(fine) = &identity.token {
        let mut titles = std::iter::once("may").chain(std::iter::repeat(""));
        let lines = fine.in_words();
        rows.extend(lines.into_iter().filter_map(|line| Some(row(titles.next()?, line, Tone::Plain))));
    }
    table(&rows)
}

fn row(title: &str, text: String, tone: Tone) -> Vec<(String, Tone)> {
    vec![(title.to_owned(), Tone::Faint), (text, tone)]
}

fn whose(identity: &Identity) -> String {
    let full_name = identity.full_name.as_ref().filter(|full| **full != identity.name && !full.is_empty());
    match full_name {
        Some(full_name) => format!("{} ({full_name})", identity.name),
        None => identity.name.clone(),
    }
}

fn membership(organisation: &Organisation) -> String {
    let Organisation { name, role, restrictions } = organisation;
    let asks = restrictions.iter().map(|word| format!("asks for {word}"));
    let notes: Vec<_> = role.iter().cloned().chain(asks).collect();
    if notes.is_empty() { name.clone() } else { format!("{name} ({})", notes.join(", ")) }
}

/// When the token ends; one of a kind that has no end by itself has none.
fn end(identity: &Identity) -> Option<(String, Tone)> {
    let Some(end) = identity.ends_at() else {
        let is_known = matches!(identity.token, Kind::Read | Kind::Write | Kind::FineGrained(_));
        return is_known.then(|| ("never".to_owned(), Tone::Plain));
    };
    let day = identity.expires_at.as_deref().and_then(|text| text.get(..10)).unwrap_or_default();
    let (now, week) = (token::now(), 7 * 86_400);
    let tone = match end - now {
        ..=0 => Tone::Bad,
        left if left < week => Tone::Doubtful,
        _ => Tone::Plain,
    };
    Some((format!("{} ({day})", until(end, now)), tone))
}
