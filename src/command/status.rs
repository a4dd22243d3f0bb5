//! `status`: who would win here and why, offline.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::Shown;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository::entry::Scope;
use crate::source::{Held, Kind, Place, Source};
use crate::terminal::{Tone, painted, printable, say, table, until};
use crate::token::{self, AccessToken};
use crate::wiring::clients::{self, Client, Sends};
use crate::wiring::{Finding, bypasses, rivals};

/// Shows how each source stands, what each client sends, and what is in the way.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(options: &Shown) -> Result<ExitCode> {
    let here = Here::from_cwd();
    let order = Order::of(&here);
    let clients = clients::all(&here);
    let doubts = doubts(&here, &clients);
    if options.json {
        say(&json_of(&here, &order, &clients, &doubts).to_string())?;
    } else {
        tell(&here, &order, &clients, &doubts)?;
    }
    Ok(if order.is_usable() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The sources as they stand, in the order git would have them asked.
struct Order {
    rows: Vec<Row>,
    /// The one whose answer counts, be it a token or a refusal to let another answer.
    decides: Option<usize>,
}

struct Row {
    kind: Kind,
    held: Vec<Held>,
    unread: Vec<String>,
    standing: Standing,
}

impl Order {
    fn of(here: &Here) -> Self {
        let sources = here.sources_offline();
        let standings = helper::standings(here.wanted(), &sources, &Refusals::from_env());
        let rows: Vec<_> =
            sources.iter().zip(standings).map(|(source, (_, standing))| Row::of(&**source, here, standing)).collect();
        let decides = rows
            .iter()
            .position(|row| matches!(row.standing, Standing::Has(_) | Standing::IsAsked | Standing::Ends(_)));
        Self { rows, decides }
    }

    fn winner(&self) -> Option<&Row> {
        self.decides.map(|position| &self.rows[position]).filter(|row| !matches!(row.standing, Standing::Ends(_)))
    }

    fn is_usable(&self) -> bool {
        self.winner().is_some()
    }
}

impl Row {
    fn of(source: &dyn Source, here: &Here, standing: Standing) -> Self {
        let (mut held, mut unread) = (Vec::new(), Vec::new());
        for one in source.list(&here.endpoint) {
            match one {
                Ok(one) => held.push(one),
                Err(error) => unread.push(format!("{error:#}")),
            }
        }
        Self { kind: source.kind(), held, unread, standing }
    }

    /// What it holds of the token it stands with.
    fn holding(&self) -> Option<&Held> {
        let token = self.token()?;
        let is_it = |held: &&Held| held.token.as_ref().is_some_and(|held| token::same(&held.secret, &token.secret));
        self.held.iter().find(is_it)
    }

    fn token(&self) -> Option<&AccessToken> {
        match &self.standing {
            Standing::Has(token) | Standing::IsOutchosen(token) | Standing::IsRefused(token) => Some(token),
            Standing::IsAsked | Standing::HasNone | Standing::Fails(_) | Standing::Ends(_) => None,
        }
    }

    fn source(&self) -> &'static str {
        match self.kind {
            Kind::Ci => "CI identity",
            Kind::Environment => "environment",
            Kind::Command => "token command",
            Kind::Stored => "stored by git",
            Kind::HfHome => "HF home",
        }
    }

    /// The token it stands with, as a person knows it.
    fn name(&self) -> String {
        let Some(held) = self.holding() else { return String::new() };
        match held.place {
            Place::Variable(variable) => variable.to_owned(),
            _ if held.name.is_empty() => "the active token".to_owned(),
            _ => held.name.clone(),
        }
    }

    fn expiry(&self) -> String {
        let Some(end) = self.token().and_then(|token| token.expires_at) else { return String::new() };
        let now = token::now();
        let is_refreshed = self.holding().is_some_and(|held| held.is_refreshable);
        match (end > now, is_refreshed) {
            (true, false) => format!("expires {}", until(end, now)),
            (true, true) => format!("expires {}, refreshed before", until(end, now)),
            (false, true) => format!("expired {}, refreshed when git asks", until(end, now)),
            (false, false) => format!("expired {}", until(end, now)),
        }
    }

    /// Why it is, or is not, the one that answers.
    fn reason(&self, order: &Order, position: usize) -> String {
        let is_late = order.decides.is_some_and(|decides| decides < position);
        match &self.standing {
            Standing::Has(_) if is_late => "comes later".to_owned(),
            Standing::Has(_) | Standing::HasNone => String::new(),
            Standing::IsAsked if self.kind == Kind::Command => "is run when git asks".to_owned(),
            Standing::IsAsked => "is exchanged when git asks".to_owned(),
            Standing::IsOutchosen(_) => "hf has chosen another since (hf auth login, or switch)".to_owned(),
            Standing::IsRefused(_) => {
                "the Hub refused it within the last 15 minutes (git-credential-hf doctor)".to_owned()
            }
            Standing::Fails(error) => format!("{error:#}"),
            Standing::Ends(error) if is_late => format!("comes later; {error:#}"),
            Standing::Ends(error) => format!("{error:#}; nobody else may answer in its place"),
        }
    }

    /// A word for programs.
    fn state(&self) -> &'static str {
        match self.standing {
            Standing::Has(_) => "has",
            Standing::IsAsked => "asked",
            Standing::HasNone => "none",
            Standing::IsOutchosen(_) => "outchosen",
            Standing::IsRefused(_) => "refused",
            Standing::Fails(_) => "fails",
            Standing::Ends(_) => "ends",
        }
    }
}

/// What makes another token win, or the clients differ.
fn doubts(here: &Here, clients: &[Client]) -> Vec<Finding> {
    let mut doubts: Vec<Finding> = Vec::new();
    for client in clients {
        if let Sends::Another(finding) | Sends::Nothing(finding) = &client.sends {
            doubts.push(finding.clone());
        }
    }
    doubts.extend(bypasses::findings(&here.hub.urls(), &here.entries));
    for url in here.hub.urls() {
        doubts.extend(rivals::findings(&url, &here.entries, Scope::Command, true));
    }
    doubts.extend(clients::stale_access(here));
    doubts.extend(bypasses::elsewhere(&here.hub));
    let mut each_once: Vec<Finding> = Vec::new();
    for doubt in doubts {
        if !each_once.contains(&doubt) {
            each_once.push(doubt);
        }
    }
    each_once
}

fn agree(order: &Order, clients: &[Client]) -> bool {
    let is_of_environment = order.winner().is_some_and(|row| row.kind == Kind::Environment);
    let sent = |client: &Client| match &client.sends {
        Sends::Variable if is_of_environment => Sends::Ours,
        sends => sends.clone(),
    };
    clients.iter().all(|client| sent(client) == sent(&clients[0]))
}

fn tell(here: &Here, order: &Order, clients: &[Client], doubts: &[Finding]) -> Result<()> {
    let host = here.endpoint.host();
    match order.winner() {
        Some(row) => {
            let whose = if row.name().is_empty() { format!("the {}", row.source()) } else { row.name() };
            let whose = painted(&printable(&whose), Tone::Strong);
            let place = if row.name().is_empty() { String::new() } else { format!(" ({})", row.source()) };
            say(&format!("{host}: this helper answers with {whose}{place}"))?;
        }
        None => say(&format!("{host}: no token to use here (git-credential-hf login)"))?,
    }
    if let Some(name) = &here.requested {
        say(&format!("git asks for {} here: by the remote's URL, or by its configuration", printable(name)))?;
    }
    say("")?;
    let rows = order.rows.iter().enumerate().map(|(position, row)| {
        let is_winner = order.decides == Some(position) && order.is_usable();
        let tone = if is_winner { Tone::Good } else { Tone::Plain };
        let masked = row.token().map(AccessToken::masked).unwrap_or_default();
        let others = row.held.len().saturating_sub(1);
        let others = if others > 0 { format!("and {others} more (git-credential-hf list)") } else { String::new() };
        let parts = [row.expiry(), row.reason(order, position), others, row.unread.join("; ")];
        let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let told = if told.is_empty() && row.token().is_none() { "nothing".to_owned() } else { told.join("; ") };
        let mark = if is_winner { "*" } else { "" };
        [mark, row.source(), &row.name(), &masked, &told].map(|cell| (cell.to_owned(), tone)).to_vec()
    });
    for line in table(&rows.collect::<Vec<_>>()) {
        say(&line)?;
    }
    say("")?;
    let sends = clients.iter().map(|client| {
        let (told, tone) = match &client.sends {
            Sends::Ours if order.is_usable() => ("sends what this helper answers".to_owned(), Tone::Plain),
            Sends::Ours => ("asks this helper, which has no answer".to_owned(), Tone::Plain),
            Sends::Variable => ("sends HF_TOKEN, which it reads itself".to_owned(), Tone::Plain),
            Sends::Another(finding) => (format!("goes past it: {}", finding.told), Tone::Doubtful),
            Sends::Nothing(finding) => (format!("sends nothing: {}", finding.told), Tone::Doubtful),
        };
        vec![(client.name.to_owned(), Tone::Plain), (told, tone)]
    });
    for line in table(&sends.collect::<Vec<_>>()) {
        say(&line)?;
    }
    if !agree(order, clients) {
        say(&painted("git, git-lfs and git-xet do not send the same token", Tone::Doubtful))?;
    }
    for Finding { about: _, told, remedy } in doubts {
        say(&format!("{} {}", painted("!", Tone::Doubtful), printable(told)))?;
        say(&format!("  -> {}", printable(remedy)))?;
    }
    Ok(())
}

fn json_of(here: &Here, order: &Order, clients: &[Client], doubts: &[Finding]) -> Value {
    let sources = order.rows.iter().enumerate().map(|(position, row)| {
        let reason = row.reason(order, position);
        json!({
            "source": row.kind.word(),
            "state": row.state(),
            "answers": order.decides == Some(position) && order.is_usable(),
            "name": Some(row.name()).filter(|name| !name.is_empty()),
            "masked": row.token().map(AccessToken::masked),
            "expires_at": row.token().and_then(|token| token.expires_at),
            "refreshable": row.holding().is_some_and(|held| held.is_refreshable),
            "held": row.held.len(),
            "reason": Some(reason).filter(|reason| !reason.is_empty()),
            "unread": row.unread,
        })
    });
    let sent = |client: &Client| {
        let (sends, finding) = match &client.sends {
            Sends::Ours => ("helper", None),
            Sends::Variable => ("HF_TOKEN", None),
            Sends::Another(finding) => ("other", Some(finding)),
            Sends::Nothing(finding) => ("nothing", Some(finding)),
        };
        json!({ "client": client.name, "sends": sends, "reason": finding.map(|finding| &finding.told) })
    };
    let is_asked = |url: &String| rivals::our_line(url, &here.entries).is_some();
    json!({
        "endpoint": here.endpoint.url(),
        "usable": order.is_usable(),
        "requested": here.requested,
        "sources": sources.collect::<Vec<_>>(),
        "hosts": here.hub.urls().iter().map(|url| json!({ "url": url, "set_up": is_asked(url) })).collect::<Vec<_>>(),
        "clients": clients.iter().map(sent).collect::<Vec<_>>(),
        "agree": agree(order, clients),
        "warnings": doubts
            .iter()
            .map(|Finding { about, told, remedy }| json!({ "about": about, "message": told, "remedy": remedy }))
            .collect::<Vec<_>>(),
    })
}
