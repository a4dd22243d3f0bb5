//! `list`: every token there is, which one git would use, and in what state each is.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::check::{self, Answer};
use super::winner_among;
use crate::accounts::Accounts;
use crate::cli;
use crate::endpoint::Endpoint;
use crate::findings;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::source::validity::Validity;
use crate::source::{Held, Kind, Source};
use crate::terminal::{self, Tone, json_line, say, warn};
use crate::token::{self, AccessToken};

/// Shows every token of every source, masked.
///
/// # Errors
///
/// When stdout cannot be written, or the Hub was to be asked and did not answer for every token; what cannot be read is told of
/// below the others.
pub fn run(options: &cli::List) -> Result<()> {
    let here = Here::from_cwd();
    let mut list = List::of(&here);
    if options.check {
        list.check(&here);
        // what was found out counts at once
        list.choose(&here);
    }
    if options.json {
        say(&json_line(&list.json(&here)))?;
    } else {
        list.show(&here)?;
    }
    let unanswered: Vec<_> = list.rows.iter().filter_map(Row::unanswered).collect();
    let why = unanswered.first().copied().unwrap_or_default();
    ensure!(unanswered.is_empty(), "{} of the tokens not checked: {why}", unanswered.len());
    Ok(())
}

/// A token of a source.
struct Row {
    kind: Kind,
    /// The Hub it is kept for; `None` for one of any Hub.
    endpoint: Option<Endpoint>,
    held: Held,
    account: Option<String>,
    validity: Validity,
    /// What the Hub says of it, where it was asked.
    answer: Option<Answer>,
}

impl Row {
    /// Why the Hub did not say whether the token works, though it was asked.
    fn unanswered(&self) -> Option<&str> {
        match &self.answer {
            Some(Answer::Unknown(why))
                if !self.held.token.as_ref().is_some_and(|token| token::is_of_publisher(&token.secret)) =>
            {
                Some(why)
            }
            _ => None,
        }
    }

    /// The state of the token, for people.
    fn state(&self) -> (String, Tone) {
        let (words, tone) = match &self.answer {
            Some(answer @ Answer::Rejected(_)) => answer.in_words(),
            Some(answer) => {
                let (checked, tone) = answer.in_words();
                let validity = self.validity.in_words();
                (if validity.is_empty() { checked } else { format!("{checked}; {validity}") }, tone)
            }
            None => (self.validity.in_words(), self.validity.tone()),
        };
        match (self.held.is_active, words.is_empty()) {
            (true, true) => ("active in hf".to_owned(), tone),
            (true, false) => (format!("active in hf; {words}"), tone),
            _ => (words, tone),
        }
    }
}

struct List {
    rows: Vec<Row>,
    sources: Vec<Box<dyn Source>>,
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
        let mut list = Self { rows: Vec::new(), sources: Vec::new(), used: None, reason: None, unread: Vec::new() };
        for source in &sources {
            list.take(&**source, &here.endpoint, here);
        }
        for endpoint in here.hub.endpoints().filter(|endpoint| *endpoint != here.endpoint) {
            for source in sources.iter().filter(|source| is_of_one_hub(source.kind())) {
                list.take(&**source, &endpoint, here);
            }
        }
        list.sources = sources;
        list.choose(here);
        list
    }

    /// Finds the row that git would use.
    fn choose(&mut self, here: &Here) {
        (self.used, self.reason) = (None, None);
        match winner_among(here, &self.sources, &Refusals::from_env()) {
            Some((kind, Standing::Has(token))) => self.used = self.row_of(kind, &here.endpoint, &token),
            Some((kind, Standing::IsAsked)) => self.used = self.rows.iter().position(|row| row.kind == kind),
            _ => self.reason = helper::why_nobody(here.wanted(), &self.sources, &Refusals::from_env()),
        }
    }

    fn take(&mut self, source: &dyn Source, endpoint: &Endpoint, here: &Here) {
        let (kind, accounts, refusals) = (source.kind(), Accounts::from_env(), Refusals::from_env());
        for found in source.list(endpoint) {
            match found.map_err(|error| format!("{error:#}")) {
                Ok(held) => {
                    let endpoint = is_of_one_hub(kind).then(|| endpoint.clone());
                    let at = endpoint.as_ref().unwrap_or(&here.endpoint);
                    let is_rejected = held.token.as_ref().is_some_and(|token| refusals.reject(at, token));
                    let (account, validity) = (accounts.shown(at, &held), Validity::of(&held, is_rejected));
                    self.rows.push(Row { kind, endpoint, held, account, validity, answer: None });
                }
                Err(why) if self.unread.contains(&why) => {}
                Err(why) => self.unread.push(why),
            }
        }
    }

    /// Asks the Hub about each token once, wherever it is kept. One that has ended is not asked about.
    fn check(&mut self, here: &Here) {
        let at = |row: &Row| row.endpoint.clone().unwrap_or_else(|| here.endpoint.clone());
        let now = token::now();
        let mut tokens: Vec<(Endpoint, _)> = Vec::new();
        for row in &self.rows {
            let Some(token) = row.held.token.as_ref().filter(|token| !token.is_expired(now)) else { continue };
            let is_known = tokens.iter().any(|(of, secret)| *of == at(row) && token::same(secret, &token.secret));
            if !is_known {
                tokens.push((at(row), token.secret.clone()));
            }
        }
        let answers = check::ask(&here.hub, &tokens);
        let accounts = Accounts::from_env();
        for row in &mut self.rows {
            let asked = tokens.iter().position(|(of, secret)| *of == at(row) && row.held.holds(secret));
            let Some(answer) = asked.and_then(|position| answers.get(position)) else { continue };
            row.answer = Some(answer.clone());
            row.account = accounts.shown(&at(row), &row.held);
            let is_rejected =
                matches!(answer, Answer::Rejected(_)) || row.validity == Validity::Rejected && *answer != Answer::Works;
            row.validity = Validity::of(&row.held, is_rejected);
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
        let head = ["", "name", "account", "token", "where", "state"];
        let mut rows = vec![head.map(|title| (title.to_owned(), Tone::Faint)).to_vec()];
        rows.extend(self.rows.iter().enumerate().map(|(position, row)| self.cells(row, position, here)));
        if !self.rows.is_empty() {
            terminal::table(&rows).iter().try_for_each(|line| say(line))?;
        }
        for why in &self.unread {
            warn(why);
        }
        // git does not ask for what the star is at
        for found in findings::past_the_helper(&here.hub, &here.entries) {
            warn(&found.to_string());
        }
        match (self.used, &self.reason) {
            (Some(_), _) => Ok(()),
            (None, Some(why)) => say(&format!("git has no token here: {why}")),
            (None, None) if self.rows.is_empty() => say("no token is kept here: git-credential-hf login gets one"),
            (None, None) => say("git uses none of them here: git-credential-hf switch NAME makes one git's"),
        }
    }

    fn cells(&self, row: &Row, position: usize, here: &Here) -> Vec<(String, Tone)> {
        let Row { endpoint, held, .. } = row;
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
            (token::masked_name(&held.name), tone),
            (row.account.clone().unwrap_or_default(), Tone::Plain),
            (token.map_or_else(String::new, AccessToken::masked), Tone::Plain),
            (place, Tone::Plain),
            row.state(),
        ]
    }

    /// The list for programs.
    fn json(&self, here: &Here) -> Value {
        let row = |(position, row): (usize, &Row)| {
            let Row { endpoint, held, .. } = row;
            json!({
                "used": self.used == Some(position),
                "name": Some(token::masked_name(&held.name)).filter(|name| !name.is_empty()),
                "account": row.account,
                "masked": held.token.as_ref().map(AccessToken::masked),
                "source": held.place.word(),
                "variable": held.place.variable(),
                "endpoint": endpoint.as_ref().map(Endpoint::url),
                "expires_at": held.token.as_ref().and_then(|token| token.expires_at),
                "active": held.is_active,
                "refreshable": held.is_refreshable,
                "state": held.token.as_ref().map(|_| row.validity.word()),
                "check": row.answer.as_ref().map(Answer::json),
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
