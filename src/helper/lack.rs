//! Why git gets no token, in one line each: what happened, to which token, and what to do.

use crate::endpoint::{Endpoint, Hub};
use crate::findings;
use crate::notice;
use crate::repository::entry::Scope;
use crate::repository::owner::NamedBy;
use crate::repository::{self, owner};
use crate::source::environment;
use crate::source::{Held, Kind, OURS, Source, Wanted};
use crate::terminal::{is_shown, printable, quoted};
use crate::token::{self, AccessToken, masked_name};
use crate::wiring::rivals;

/// A reason why a source has no token to answer with, where another may still have one.
#[derive(Debug)]
pub(super) enum Lack {
    /// The Hub rejected the token lately.
    Rejected(String),
    /// Nothing is stored for a known name any more.
    Gone(String),
    /// git lost the token on its way: no other would do better.
    Lost(String),
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Rejected(told) | Self::Gone(told) | Self::Lost(told)) = self;
        f.write_str(told)
    }
}

impl std::error::Error for Lack {}

/// Says that the Hub rejected a token, and how to replace it.
pub(super) fn rejected(kind: Kind, wanted: &Wanted, token: &AccessToken, sources: &[Box<dyn Source>]) -> String {
    match kind {
        Kind::Username => {
            "the token in the URL was rejected by the Hub: put a valid one there, or take it out".to_owned()
        }
        Kind::Ci => {
            "the token of HF_OIDC_RESOURCE was rejected by the Hub: check that this job is still a trusted publisher"
                .to_owned()
        }
        Kind::Environment => {
            let name = environment::in_force().map_or("HF_TOKEN", |(name, _)| name);
            format!("{name} was rejected by the Hub (invalid or expired): set a valid token, or unset {name}")
        }
        Kind::Command => {
            "the token command's token was rejected by the Hub: have the command print a valid one".to_owned()
        }
        Kind::Stored | Kind::HfHome => {
            let name = wanted.username.filter(|name| token.username.as_deref() == Some(*name)).map(str::to_owned);
            let name = name.or_else(|| name_of(token, kind, wanted, sources));
            match name {
                Some(name) => {
                    format!("the token {} was rejected by the Hub: {}", printable(&name), login_as(wanted, &name))
                }
                None => "the active token was rejected by the Hub: run `git-credential-hf login`".to_owned(),
            }
        }
    }
}

/// Names what git sends without asking a helper, where there is such: a header, a token in a URL, an entry in `~/.netrc`.
/// Then it may be that which the Hub rejected.
pub(super) fn goes_before() -> Option<String> {
    let entries = repository::effective_entries().unwrap_or_default();
    let found =
        findings::past_the_helper(&Hub::from_env(), &entries).into_iter().find(|found| found.token.is_some())?;
    Some(format!("git was rejected by the Hub, and may have sent another token: {found}"))
}

/// Returns what a token is called where it is kept.
fn name_of(token: &AccessToken, kind: Kind, wanted: &Wanted, sources: &[Box<dyn Source>]) -> Option<String> {
    let kept = sources.iter().filter(|source| source.kind() == kind).flat_map(|source| source.list(wanted.endpoint));
    let held = kept.flatten().find(|held| held.holds(&token.secret))?;
    Some(masked_name(&held.name)).filter(|name| !name.is_empty())
}

/// Says how a token for a name is stored anew. Where git asks for nobody, its name is of no account.
fn login_as(wanted: &Wanted, name: &str) -> String {
    match wanted.username {
        // as `hf` calls a login in the browser (`_login.py`)
        _ if name.starts_with("oauth-") => "run `git-credential-hf login --browser`".to_owned(),
        Some(_) => format!("run `git-credential-hf login --name {}`", quoted(&printable(name))),
        None => "run `git-credential-hf login`".to_owned(),
    }
}

/// Says that a known name has no token any more, and both ways out.
pub(super) fn gone(wanted: &Wanted, name: &str, sources: &[Box<dyn Source>]) -> anyhow::Error {
    let now = token::now();
    let kept = sources.iter().filter(|source| source.kind() == OURS).flat_map(|source| source.list(wanted.endpoint));
    let is_over = |held: &Held| held.name == name && held.token.as_ref().is_some_and(|token| token.is_expired(now));
    let shown = printable(name);
    let what = if kept.flatten().any(|held| is_over(&held)) {
        format!("the token {shown} has expired")
    } else {
        format!("no token named {shown} is stored here")
    };
    let named_by = owner::named_by(&Hub::from_env(), wanted.endpoint, name);
    let instead = named_by.map_or_else(String::new, |named_by| match named_by {
        NamedBy::Binding(organization, scope) => {
            let option = if scope == Scope::Global { String::new() } else { format!("--{} ", scope.name()) };
            format!(", or `git-credential-hf unbind {option}{}`", quoted(&printable(&organization)))
        }
        NamedBy::WholeHost => {
            ", or `git-credential-hf switch` to another (`git-credential-hf list` shows them)".to_owned()
        }
    });
    anyhow::Error::new(Lack::Gone(format!("{what}: {}{instead}", login_as(wanted, name))))
}

/// Says that nobody is logged in. Another helper behind this one may know somebody, and is left to it; `None` too where nobody
/// would read it, and where git's configuration cannot be read.
pub(super) fn not_logged_in(wanted: &Wanted, sources: &[Box<dyn Source>]) -> Option<String> {
    if !is_read() || notice::has_said() {
        return None;
    }
    let entries = repository::effective_entries().ok()?;
    let is_left_to_another = rivals::another_may_answer(wanted.endpoint.url(), &entries);
    (!is_left_to_another).then(|| nobody_has_one(wanted, sources))
}

/// Says that nobody has a token for what is wanted, and how to get one.
pub(super) fn nobody_has_one(wanted: &Wanted, sources: &[Box<dyn Source>]) -> String {
    let host = wanted.endpoint.host();
    if let Some(name) = wanted.username.filter(|name| !name.is_empty()) {
        let name = printable(&masked_name(name));
        return format!("no token for {name} at {host}: run `git-credential-hf login --name {}`", quoted(&name));
    }
    let is_kept = |source: &dyn Source| source.list(wanted.endpoint).iter().flatten().any(|held| !held.name.is_empty());
    let is_any_kept = sources.iter().any(|source| source.kind() == Kind::HfHome && is_kept(&**source));
    if is_any_kept {
        format!(
            "no token is active for {host}: run `git-credential-hf switch NAME` (`git-credential-hf list` shows the names)"
        )
    } else {
        format!("not logged in to {host}: run `git-credential-hf login`")
    }
}

/// Tells whether a line that merely explains git's prompt is read: a program that answers for a person shows none.
#[expect(clippy::disallowed_methods, reason = "who answers git's prompt (GIT_ASKPASS in git(1))")]
pub(super) fn is_read() -> bool {
    is_shown() || std::env::var_os("GIT_ASKPASS").is_none_or(|program| program.is_empty())
}

/// Says that git loses a Bearer token before a large push, which only the Hub that takes no other notices.
pub(super) fn needs_a_larger_buffer(endpoint: &Endpoint) -> String {
    let url = endpoint.url();
    format!(
        "this push is larger than http.postBuffer, and git before 2.54 sends such a push without its Bearer token: run \
         `git config --global http.{url}.postBuffer 1g`, then push again"
    )
}
