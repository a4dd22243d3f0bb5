//! The sources as they stand to one request, in the order git would have them asked.

use crate::helper::{self, Standing};
use crate::refusals::Refusals;
use crate::source::validity::Validity;
use crate::source::{Held, Kind, Place, Source, Wanted};
use crate::terminal::quoted;
use crate::token::{self, AccessToken};

/// The sources, and which of them counts.
pub struct Order {
    /// Each of them.
    pub rows: Vec<Row>,
    /// The one that decides, be it by a token or by a refusal to let another answer.
    decides: Option<usize>,
    /// Why nobody answers, where there is more to say than that nobody is logged in.
    why_nobody: Option<String>,
}

/// One source.
pub struct Row {
    /// Which one.
    pub kind: Kind,
    /// All that it holds for the Hub.
    pub held: Vec<Held>,
    /// What of it cannot be read.
    pub unread: Vec<String>,
    /// How it stands to the request.
    pub standing: Standing,
    /// Whether another decides before it is asked.
    is_late: bool,
}

impl Order {
    /// How the sources stand to what is wanted.
    #[must_use]
    pub fn of(wanted: Wanted, sources: &[Box<dyn Source>], refusals: &Refusals, knows_schemes: bool) -> Self {
        let mut standings = helper::standings_for_git(wanted, sources, refusals, knows_schemes);
        // hardly any URL has one
        standings.retain(|(kind, standing)| *kind != Kind::Username || !matches!(standing, Standing::HasNone));
        let settles =
            |standing: &Standing| matches!(standing, Standing::Has(_) | Standing::IsAsked | Standing::Ends(_));
        let decides = standings.iter().position(|(_, standing)| settles(standing));
        let rows = standings.into_iter().enumerate().map(|(position, (kind, standing))| {
            let of_kind = sources.iter().filter(|source| source.kind() == kind);
            let (held, unread): (Vec<_>, Vec<_>) =
                of_kind.flat_map(|source| source.list(wanted.endpoint)).partition(Result::is_ok);
            Row {
                kind,
                held: held.into_iter().flatten().collect(),
                unread: unread.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect(),
                standing,
                is_late: decides.is_some_and(|decides| decides < position),
            }
        });
        let rows = rows.collect();
        let why_nobody = if decides.is_none() { helper::why_nobody(wanted, sources, refusals) } else { None };
        Self { rows, decides, why_nobody }
    }

    /// The source that answers.
    #[must_use]
    pub fn winner(&self) -> Option<&Row> {
        self.decides.map(|position| &self.rows[position]).filter(|row| !matches!(row.standing, Standing::Ends(_)))
    }

    /// Whether that source answers.
    #[must_use]
    pub fn is_won_by(&self, row: &Row) -> bool {
        self.winner().is_some_and(|winner| winner.kind == row.kind)
    }

    /// Why nobody answers, and what to do about it.
    #[must_use]
    pub fn lack(&self, requested: Option<&str>) -> String {
        if let Some(Standing::Ends(error)) = self.decides.map(|position| &self.rows[position].standing) {
            return format!("{error:#}");
        }
        if let Some(why) = &self.why_nobody {
            return why.clone();
        }
        let is_kept = self.rows.iter().any(|row| !row.held.is_empty());
        match requested {
            Some(name) if is_kept => {
                let name = token::masked_name(name);
                format!(
                    "no token named {name} is stored here (git-credential-hf login --name {}, or take the name out of what asks for it)",
                    quoted(&name)
                )
            }
            None if is_kept => "none of those that are kept is chosen (git-credential-hf switch NAME)".to_owned(),
            _ => "nobody is logged in (git-credential-hf login)".to_owned(),
        }
    }
}

impl Row {
    /// The token that it stands with.
    #[must_use]
    pub fn token(&self) -> Option<&AccessToken> {
        match &self.standing {
            Standing::Has(token) | Standing::IsOutchosen(token) | Standing::IsRefused(token) => Some(token),
            Standing::IsAsked | Standing::HasNone | Standing::Fails(_) | Standing::Ends(_) => None,
        }
    }

    /// Where that is. The same secret may be kept by several names: the requested one counts, else the active one.
    #[must_use]
    pub fn holding(&self) -> Option<&Held> {
        let token = self.token()?;
        let is_it = |held: &&Held| held.token.as_ref().is_some_and(|held| token::same(&held.secret, &token.secret));
        let is_other_name = |held: &Held| token.username.as_ref().is_none_or(|name| *name != held.name);
        self.held.iter().filter(is_it).min_by_key(|held| (is_other_name(held), !held.is_active))
    }

    /// The source, in words.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.kind.label()
    }

    /// The token, as a person knows it: by its name, or by the variable that it is in. `None` where it has none.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let held = self.holding()?;
        match held.place {
            Place::Variable(variable) => Some(variable.to_owned()),
            _ => Some(token::masked_name(&held.name)).filter(|name| !name.is_empty()),
        }
    }

    /// The token and where it is: `work (hf_****abcd) of the HF home`.
    #[must_use]
    pub fn told(&self) -> String {
        let masked = self.token().map_or_else(String::new, AccessToken::masked);
        match (self.kind, self.name()) {
            (Kind::Username, _) => format!("the token in the URL ({masked})"),
            (Kind::Ci, _) => "the token that the CI identity is exchanged for".to_owned(),
            (Kind::Command, _) => "what the token command prints".to_owned(),
            (Kind::Environment, Some(variable)) => format!("{variable} ({masked})"),
            (Kind::Stored, Some(name)) => format!("{name} ({masked}), which git stored"),
            (_, Some(name)) => format!("{name} ({masked}) of the {}", self.source()),
            (_, None) => format!("the active token ({masked}) of the {}", self.source()),
        }
    }

    /// When the token ends, where that is known.
    #[must_use]
    pub fn expiry(&self) -> Option<String> {
        let held = Held { token: self.token().cloned(), ..self.holding()?.clone() };
        // that it was rejected is a reason of its own
        Some(Validity::of(&held, false).in_words()).filter(|words| !words.is_empty())
    }

    /// Why it is not the one that answers; empty where nothing speaks against it.
    #[must_use]
    pub fn reason(&self) -> String {
        let late = if self.is_late { "comes later" } else { "" };
        let why = match &self.standing {
            Standing::Has(_) | Standing::HasNone => String::new(),
            Standing::IsAsked if self.kind == Kind::Command => "is run when git asks".to_owned(),
            Standing::IsAsked => "is exchanged when git asks".to_owned(),
            Standing::IsOutchosen(_) => "hf has chosen another since (hf auth login, or switch)".to_owned(),
            Standing::IsRefused(_) => {
                "rejected by the Hub within the last 15 minutes (git-credential-hf doctor says why)".to_owned()
            }
            Standing::Fails(error) | Standing::Ends(error) => format!("{error:#}"),
        };
        match (late, why) {
            (_, why) if matches!(self.standing, Standing::HasNone) => why,
            ("", why) => why,
            (late, why) if why.is_empty() => late.to_owned(),
            (late, why) => format!("{late}; {why}"),
        }
    }

    /// A word for programs.
    #[must_use]
    pub const fn state(&self) -> &'static str {
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
