//! `switch`: makes another token git's.

use anyhow::{Result, anyhow, ensure};

use super::{UNKNOWN, settles, title};
use crate::cli::Switch;
use crate::endpoint::{Endpoint, Hub};
use crate::findings;
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::names::{By, KnownNames, SwitchedNames};
use crate::refusals::Refusals;
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::source::{self, Held, Kind, Place, Source as _};
use crate::terminal::{printable, say, warn};
use crate::token::{self, AccessToken};
use crate::wiring::host_account;

/// Makes the token of a name git's, says how, and what goes before it here still.
///
/// # Errors
///
/// When no token, or more than one, has that name, or the choice cannot be written.
pub fn run(options: &Switch) -> Result<()> {
    let here = Here::from_cwd();
    let chosen = Chosen::named(options, &here)?;
    let (name, masked) = (printable(&chosen.name), chosen.token.masked());
    let (stored, hf_home) = source::kept();
    KnownNames::from_env().add(By::Person, &here.endpoint, &chosen.name);
    if chosen.kind == Kind::HfHome {
        hf_home.activate(&chosen.name)?;
        say(&format!("switched to {name} ({masked}, from the HF home): it is hf's active token, too"))?;
        for endpoint in here.hub.endpoints() {
            if let Err(error) = stored.give_way(&endpoint) {
                warn(&format!("what git stored for {} may go before it still: {error:#}", endpoint.host()));
            }
        }
        // without one, and without git, there is nothing to take out
        let is_name = |entry: &Entry| entry.scope == Scope::Global && entry.key.ends_with(".username");
        if here.entries.iter().any(is_name) {
            let names = here.entries.iter().filter(|entry| is_name(entry)).map(|entry| &entry.value);
            for name in names {
                here.hub.endpoints().for_each(|endpoint| SwitchedNames::from_env().remove(&endpoint, name));
            }
            tell(&host_account::take_out(&here.hub.urls())?, "removed")?;
        }
    } else {
        // also for those who ask without git's configuration
        stored.renew(&here.endpoint, &chosen.name, chosen.token.clone())?;
        SwitchedNames::from_env().add(&here.endpoint, &chosen.name, &hf_home.mark().unwrap_or_default());
        let written = host_account::put(&urls_of(&here.hub, &here.endpoint), &chosen.name)?;
        let place = chosen.place;
        say(&format!("switched to {name} ({masked}, from {place}) for git alone: hf and Python read the HF home"))?;
        tell(&written, &format!("{name} (written)"))?;
    }
    chosen.tell_what_goes_before();
    Ok(())
}

/// The token a person named.
struct Chosen {
    kind: Kind,
    name: String,
    place: Place,
    token: AccessToken,
    is_refreshable: bool,
}

impl Chosen {
    fn named(options: &Switch, here: &Here) -> Result<Self> {
        let (stored, hf_home) = source::kept();
        let (mut found, mut unread) = (Vec::new(), None);
        for (kind, is_wanted, listed) in [
            (Kind::Stored, !options.hf, stored.list(&here.endpoint)),
            (Kind::HfHome, !options.keychain, hf_home.list(&here.endpoint)),
        ] {
            for held in listed.into_iter().filter(|_| is_wanted) {
                match held {
                    Ok(held) => found.extend(Self::of(kind, held)),
                    Err(error) => unread = unread.or(Some(error)),
                }
            }
        }
        let is_named = |chosen: &Self| chosen.name == options.name;
        let is_of_account = |chosen: &Self| chosen.token.username.as_ref() == Some(&options.name);
        let by_name = found.iter().any(is_named);
        found.retain(|chosen| if by_name { is_named(chosen) } else { is_of_account(chosen) });
        // what git stored in a section answers before the keychain's of that name
        found.dedup_by(|later, first| later.kind == Kind::Stored && first.kind == Kind::Stored);
        let is_one = found.windows(2).all(|two| token::same(&two[0].token.secret, &two[1].token.secret));
        ensure!(is_one || by_name, "that account has several tokens in the HF home: name one (git-credential-hf list)");
        ensure!(is_one, "the keychain and the HF home each have a token of that name: say --keychain or --hf");
        // of one secret, the HF home's: Python follows, too
        let Some(chosen) = found.pop() else { return Err(unread.unwrap_or_else(|| anyhow!(UNKNOWN))) };
        let is_over = chosen.token.is_expired(token::now()) && !chosen.is_refreshable;
        ensure!(!is_over, "that token has expired (git-credential-hf login gets another)");
        Ok(chosen)
    }

    /// `None` where it has no name.
    fn of(kind: Kind, Held { place, name, token, is_refreshable, is_active: _ }: Held) -> Option<Self> {
        let token = token.filter(|_| !name.is_empty())?;
        Some(Self { kind, name, place, token, is_refreshable })
    }

    /// What git does here after all.
    fn tell_what_goes_before(&self) {
        let here = Here::from_cwd();
        for finding in findings::past_the_helper(&here.hub, &here.entries) {
            warn(&finding.to_string());
        }
        let standings = helper::standings(here.wanted(), &here.sources_offline(), &Refusals::from_env());
        let is_it = |token: &AccessToken| token::same(&token.secret, &self.token.secret);
        let is_refused = |(_, standing): &(_, Standing)| matches!(standing, Standing::IsRefused(token) if is_it(token));
        let told = match standings.iter().find(|(_, standing)| settles(standing)) {
            Some((kind, Standing::Has(token))) if *kind == self.kind && is_it(token) => return,
            Some((Kind::Ci, _)) => {
                "HF_OIDC_RESOURCE is set: while it is, git uses the identity of the CI job".to_owned()
            }
            Some((Kind::Environment, _)) => {
                "HF_TOKEN or HUGGING_FACE_HUB_TOKEN is set: while it is, git uses that token".to_owned()
            }
            Some((Kind::Command, _)) => "the token command of git's configuration goes before it \
                 (git-credential-hf setup --token-command '' takes it away)"
                .to_owned(),
            Some((_, Standing::Ends(error))) => format!("git has no token here now: {error:#}"),
            _ if standings.iter().any(is_refused) => {
                "the Hub refused it a moment ago, so git is not offered it for up to \
                 15 minutes (git-credential-hf whoami asks the Hub again)"
                    .to_owned()
            }
            Some((_, Standing::Has(token))) => match here.requested.filter(|name| *name != self.name) {
                Some(name) => format!(
                    "git asks for {} here, by the repository's URL or git's configuration, and gets {}",
                    printable(&name),
                    token.masked()
                ),
                None => format!("git uses {} here still", token.masked()),
            },
            _ => "git has no token here now (git-credential-hf status says why)".to_owned(),
        };
        warn(&told);
    }
}

/// Every URL of one Hub.
fn urls_of(hub: &Hub, endpoint: &Endpoint) -> Vec<String> {
    let is_its = |url: &String| {
        let (scheme, host) = url.split_once("://").unwrap_or_default();
        hub.endpoint(scheme.as_bytes(), host.as_bytes()).as_ref() == Some(endpoint)
    };
    hub.urls().into_iter().filter(is_its).collect()
}

fn tell(keys: &[String], done: &str) -> Result<()> {
    let Some(width) = keys.iter().map(String::len).max() else { return Ok(()) };
    say(&title(host_account::SCOPE, &repository::entries_of(host_account::SCOPE)?))?;
    keys.iter().try_for_each(|key| say(&format!("  {key:width$}  {done}")))
}
