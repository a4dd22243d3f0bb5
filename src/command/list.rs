//! `list`: every token there is, and which one git would use.

use anyhow::Result;
use serde_json::{Value, json};

use super::winner_among;
use crate::cli::Shown;
use crate::endpoint::Endpoint;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::source::{Held, Kind, Source};
use crate::terminal::{self, Tone, json_line, say, warn};
use crate::token::{self, AccessToken};

/// Shows every token of every source, masked.
///
/// # Errors
///
/// When stdout cannot be written; what cannot be read is told of below the others.
pub fn run(options: &Shown) -> Result<()> {
    let here = Here::from_cwd();
    let list = List::of(&here);
    if options.json {
        return say(&json_line(&list.told(&here)));
    }
    list.show(&here)
}

/// A token of a source.
struct Row {
    kind: Kind,
    /// The Hub it is kept for; `None` for one of any Hub.
    endpoint: Option<Endpoint>,
    held: Held,
}

struct List {
    rows: Vec<Row>,
    /// The row that git would use.
    used: Option<usize>,
    /// Why it uses none, where that is known.
    reason: Option<String>,
    /// What cannot be read.
    unread: Vec<String>,
}

impl List {
    fn of(here: &Here) -> Self {
        let sources = here.sources_offline();
        let mut list = Self { rows: Vec::new(), used: None, reason: None, unread: Vec::new() };
        for source in &sources {
            list.take(&**source, &here.endpoint);
        }
        for endpoint in here.hub.endpoints().filter(|endpoint| *endpoint != here.endpoint) {
            for source in sources.iter().filter(|source| is_of_one_hub(source.kind())) {
                list.take(&**source, &endpoint);
            }
        }
        match winner_among(here, &sources, &Refusals::from_env()) {
            Some((kind, Standing::Has(token))) => list.used = list.row_of(kind, &here.endpoint, &token),
            Some((kind, Standing::IsAsked)) => list.used = list.rows.iter().position(|row| row.kind == kind),
            _ => list.reason = helper::why_nobody(here.wanted(), &sources, &Refusals::from_env()),
        }
        list
    }

    fn take(&mut self, source: &dyn Source, endpoint: &Endpoint) {
        let kind = source.kind();
        for found in source.list(endpoint) {
            match found.map_err(|error| format!("{error:#}")) {
                Ok(held) => {
                    let endpoint = is_of_one_hub(kind).then(|| endpoint.clone());
                    self.rows.push(Row { kind, endpoint, held });
                }
                Err(why) if self.unread.contains(&why) => {}
                Err(why) => self.unread.push(why),
            }
        }
    }

    /// Where that token is. The same secret may be kept by several names: the requested one, else the active one.
    fn row_of(&self, kind: Kind, endpoint: &Endpoint, token: &AccessToken) -> Option<usize> {
        let is_it = |row: &Row| {
            row.kind == kind && row.endpoint.as_ref().is_none_or(|its| its == endpoint) && row.held.holds(&token.secret)
        };
        let those = self.rows.iter().enumerate().filter(|(_, row)| is_it(row));
        let best = those.min_by_key(|(_, Row { held, .. })| {
            (token.username.as_ref() != Some(&held.name).filter(|name| !name.is_empty()), !held.is_active)
        });
        best.map(|(position, _)| position)
    }

    fn show(&self, here: &Here) -> Result<()> {
        let head = ["", "name", "account", "token", "where", "expires"];
        let mut rows = vec![head.map(|title| (title.to_owned(), Tone::Faint)).to_vec()];
        rows.extend(self.rows.iter().enumerate().map(|(position, row)| self.cells(row, position, here)));
        if !self.rows.is_empty() {
            terminal::table(&rows).iter().try_for_each(|line| say(line))?;
        }
        for why in &self.unread {
            warn(why);
        }
        match (self.used, &self.reason) {
            (Some(_), _) => Ok(()),
            (None, Some(why)) => say(&format!("git has no token here: {why}")),
            (None, None) if self.rows.is_empty() => say("no token is kept here: git-credential-hf login gets one"),
            (None, None) => say("git uses none of them here: git-credential-hf switch NAME makes one git's"),
        }
    }

    fn cells(&self, Row { endpoint, held, .. }: &Row, position: usize, here: &Here) -> Vec<(String, Tone)> {
        let is_used = self.used == Some(position);
        let token = held.token.as_ref();
        let place = held.place.to_string();
        let place = place.strip_prefix("the ").unwrap_or(&place);
        let place = match endpoint.as_ref().filter(|endpoint| **endpoint != here.endpoint) {
            Some(elsewhere) => format!("{place}, for {}", elsewhere.host()),
            None => place.to_owned(),
        };
        let (mark, tone) = if is_used { ("*", Tone::Strong) } else { ("", Tone::Plain) };
        vec![
            (mark.to_owned(), Tone::Good),
            (held.name.clone(), tone),
            (token.and_then(|token| token.username.clone()).unwrap_or_default(), Tone::Plain),
            (token.map_or_else(String::new, AccessToken::masked), Tone::Plain),
            (place, Tone::Plain),
            end(held),
        ]
    }

    /// The list for programs.
    fn told(&self, here: &Here) -> Value {
        let row = |(position, Row { endpoint, held, .. }): (usize, &Row)| {
            json!({
                "used": self.used == Some(position),
                "name": Some(&held.name).filter(|name| !name.is_empty()),
                "account": held.token.as_ref().and_then(|token| token.username.as_ref()),
                "masked": held.token.as_ref().map(AccessToken::masked),
                "source": held.place.word(),
                "variable": held.place.variable(),
                "endpoint": endpoint.as_ref().map(Endpoint::url),
                "expires_at": held.token.as_ref().and_then(|token| token.expires_at),
                "active": held.is_active,
                "refreshable": held.is_refreshable,
            })
        };
        json!({
            "endpoint": here.endpoint.url(),
            "requested": here.requested.as_deref().map(token::masked_name),
            "tokens": self.rows.iter().enumerate().map(row).collect::<Vec<_>>(),
            "unreadable": self.unread,
        })
    }
}

/// What git stored, and a CI job's identity, are for one Hub; the others are for any.
fn is_of_one_hub(kind: Kind) -> bool {
    matches!(kind, Kind::Stored | Kind::Ci)
}

fn end(held: &Held) -> (String, Tone) {
    let now = token::now();
    match held.token.as_ref().and_then(|token| token.expires_at) {
        None => (String::new(), Tone::Plain),
        Some(end) if end > now && held.is_refreshable => ("refreshed before its end".to_owned(), Tone::Plain),
        Some(_) if held.is_refreshable => ("refreshed when it is used".to_owned(), Tone::Plain),
        Some(end) if end > now => (terminal::until(end, now), Tone::Plain),
        Some(end) => (format!("expired {}", terminal::until(end, now)), Tone::Bad),
    }
}
