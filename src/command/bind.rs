//! `bind`: the account of an organisation's repositories, for git and git-lfs by git's own configuration.

use anyhow::{Result, ensure};

use super::report::{Mode, option_of, tell};
use super::{pick, scope_of};
use crate::cli::Bind;
use crate::endpoint::Hub;
use crate::here::Here;
use crate::names::{By, KnownNames};
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::source::keychain::Unavailable;
use crate::source::{Kind, NotAnother, Wanted};
use crate::terminal::{self, Tone, confirm, note, printable, quoted, say, table, warn};
use crate::wiring::bindings;
use crate::wiring::configuration::change;
use crate::wiring::namespace::Namespace;

/// Writes a binding and says what it wrote; without an organisation, lists those there are.
///
/// # Errors
///
/// When a name is none, git is missing, or its configuration cannot be written.
pub fn run(options: &Bind) -> Result<()> {
    let hub = Hub::from_env();
    match (&options.organisation, &options.token_name) {
        (Some(organisation), name) => {
            let (organisation, name) = meant(&hub, organisation, name.as_deref())?;
            put(options, &hub, &organisation, &name)
        }
        (None, _) => list(&hub),
    }
}

/// Returns the organization and the token's name that the person means. What is doubtful is asked about.
fn meant(hub: &Hub, words: &str, name: Option<&str>) -> Result<(Namespace, String)> {
    let (organization, repository) = Namespace::meant_by(words, &hub.urls())?;
    let here = Here::from_cwd();
    let name = match name {
        Some(name) => name.to_owned(),
        None => pick::token(&here, &format!("use for {}", organization.name()))?.name,
    };
    let is_name = !name.is_empty() && !name.contains(char::is_control);
    ensure!(is_name, "this is no token's name (git-credential-hf list shows them)");
    let shown = quoted(&printable(&name));
    if let Some(repository) = repository {
        let doubt = format!("a binding is for all repositories of {}, not for {repository} alone", organization.name());
        ensure!(terminal::is_interactive(), "{doubt}: run `git-credential-hf bind {} {shown}`", organization.name());
        note(&format!("{doubt}."));
        ensure!(confirm(&format!("Bind {} to {shown}?", organization.name()))?, "nothing was changed");
    }
    let tokens = pick::all(&here);
    let is_stored = |name: &str| tokens.iter().any(|token| token.name == name);
    if is_stored(organization.name()) && !is_stored(&name) && Namespace::named(&name).is_ok() {
        let doubt = format!("{} is the name of a stored token, and {shown} is not", organization.name());
        if !terminal::is_interactive() {
            warn(&format!(
                "{doubt} (an organization comes first: `git-credential-hf bind {shown} {}`)",
                organization.name()
            ));
        } else if confirm(&format!("{doubt}. Bind the organization {shown} to the token {}?", organization.name()))? {
            return Ok((Namespace::named(&name)?, organization.name().to_owned()));
        }
    }
    if organization.name().contains(|c: char| c.is_ascii_uppercase()) {
        let name = organization.name();
        note(&format!("git tells upper case from lower case: this is for URLs that spell it {name}."));
    }
    Ok((organization, name))
}

fn put(options: &Bind, hub: &Hub, organisation: &Namespace, name: &str) -> Result<()> {
    let scope = scope_of(&options.scope);
    let urls = hub.urls();
    let report = change(scope, false, |configuration, managed| {
        let keys = bindings::bind(managed, &urls, organisation, name);
        Ok(bindings::edit(configuration, bindings::places(&urls, organisation), keys))
    })?;
    for endpoint in hub.endpoints() {
        KnownNames::from_env().add(By::Person, &endpoint, name);
    }
    let undo = format!("unbind {}{}", organisation.name(), option_of(&options.scope));
    tell(&report, Mode::Done, &[], &undo)?;
    tell_doubts(hub, name);
    let entries = repository::effective_entries()?;
    let is_outdone = tell_later_names(hub, &entries);
    // this repository may have a binding of its own, and git takes the last
    let bindings = bindings::all(&hub.urls(), &entries);
    let last = bindings.iter().rfind(|binding| binding.organisation == organisation.name());
    if is_outdone || last.is_none_or(|binding| binding.name != name) {
        return Ok(());
    }
    let here = if scope == Scope::Local { ", in this repository" } else { "" };
    say(&format!(
        "git now asks as {name} for the models, datasets, Spaces and kernels of {}{here}",
        organisation.name()
    ))
}

/// git takes the last name that applies, not the closest. Whether a later one outdoes a binding.
fn tell_later_names(hub: &Hub, entries: &[Entry]) -> bool {
    let later = bindings::later_names(&hub.urls(), entries);
    for (key, scope) in &later {
        let scope = scope.name();
        warn(&format!(
            "{key} (git's {scope} configuration) stands after a binding, and git takes the last: bind again"
        ));
    }
    !later.is_empty()
}

/// What may keep the account from answering: neither is a reason not to write it down.
fn tell_doubts(hub: &Hub, name: &str) {
    let sources = Here::from_cwd().sources_offline();
    if sources.iter().any(|source| source.is_in_force()) {
        let wins = sources.iter().find(|source| source.is_in_force()).and_then(|source| source.kind().why_it_wins());
        warn(&format!("{}, for every organization", wins.unwrap_or_default()));
    }
    let kept = sources.iter().filter(|source| matches!(source.kind(), Kind::Stored | Kind::HfHome));
    let is_known = kept.into_iter().any(|source| {
        hub.endpoints().any(|endpoint| {
            match source.find(&Wanted { endpoint: &endpoint, username: Some(name) }) {
                Ok(token) => token.is_some_and(|token| token.username.as_deref() == Some(name)),
                // it is there and expired, or the keychain does not tell
                Err(error) => error.is::<NotAnother>() || error.is::<Unavailable>(),
            }
        })
    });
    if !is_known {
        warn(&format!("no token or account {name} is known yet: run `git-credential-hf login`, or let git ask once"));
    }
}

fn list(hub: &Hub) -> Result<()> {
    let entries = repository::effective_entries()?;
    let bindings = bindings::all(&hub.urls(), &entries);
    if bindings.is_empty() {
        return say("no organisation has an account of its own (git-credential-hf bind ORG TOKEN-NAME)");
    }
    let plain = |text: &str| (text.to_owned(), Tone::Plain);
    let row = |binding: &bindings::Binding| {
        let scope = format!("({})", binding.scope.name());
        vec![plain(&binding.organisation), plain(&binding.name), plain(&binding.kinds.join(", ")), plain(&scope)]
    };
    table(&bindings.iter().map(row).collect::<Vec<_>>()).iter().try_for_each(|line| say(line))?;
    tell_later_names(hub, &entries);
    Ok(())
}
