//! `switch`: makes another token git's.

use anyhow::{Result, anyhow, ensure};

use super::report::{Mode, tell};
use super::{UNKNOWN, pick, settles};
use crate::cli::Switch;
use crate::endpoint::{Endpoint, Hub};
use crate::helper::{self, Standing};
use crate::here::Here;
use crate::names::{By, KnownNames, SwitchedNames};
use crate::refusals::Refusals;
use crate::repository::entry::{Entry, Scope};
use crate::source::{self, Held, Kind, Place, Source as _};
use crate::terminal::{printable, quoted, say, warn};
use crate::token::{self, AccessToken};
use crate::wiring::configuration::{Edit, change};
use crate::wiring::{bindings, bypasses};

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
            let urls = here.hub.urls();
            let report = change(bindings::SWITCHED, false, |_, managed| {
                bindings::choose_nobody(managed, &urls);
                Ok(Edit { about: Vec::new(), goes_last: false })
            })?;
            if report.has_changed() {
                tell(&report, Mode::Done, &[], "")?;
            }
        }
    } else {
        // also for those who ask without git's configuration
        stored.renew(&here.endpoint, &chosen.name, chosen.token.clone())?;
        SwitchedNames::from_env().add(&here.endpoint, &chosen.name, &hf_home.mark().unwrap_or_default());
        let urls = urls_of(&here.hub, &here.endpoint);
        let before =
            before(&here.entries, &urls, &hf_home.list(&here.endpoint)).filter(|before| *before != chosen.name);
        let report = change(bindings::SWITCHED, false, |configuration, managed| {
            let keys = bindings::choose(managed, &urls, &chosen.name);
            Ok(bindings::edit(configuration, urls.clone(), keys))
        })?;
        let place = chosen.place;
        say(&format!("switched to {name} ({masked}, from {place}) for git alone: hf and Python read the HF home"))?;
        let undo = before.map_or_else(String::new, |before| format!("switch {}", quoted(&before)));
        tell(&report, Mode::Done, &[], &undo)?;
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
        let (name, picked) = if let Some(name) = &options.name {
            (name.clone(), None)
        } else {
            let picked = pick::token(here, "switch to")?;
            (picked.name, Some(picked.kind))
        };
        let (stored, hf_home) = source::kept();
        let (mut found, mut unread) = (Vec::new(), None);
        for (kind, is_wanted, listed) in [
            (Kind::Stored, !options.hf && picked != Some(Kind::HfHome), stored.list(&here.endpoint)),
            (Kind::HfHome, !options.keychain && picked != Some(Kind::Stored), hf_home.list(&here.endpoint)),
        ] {
            for held in listed.into_iter().filter(|_| is_wanted) {
                match held {
                    Ok(held) => found.extend(Self::of(kind, held)),
                    Err(error) => unread = unread.or(Some(error)),
                }
            }
        }
        let is_named = |chosen: &Self| chosen.name == name;
        let is_of_account = |chosen: &Self| chosen.token.username.as_ref() == Some(&name);
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
    fn of(kind: Kind, Held { place, name, token, is_refreshable, .. }: Held) -> Option<Self> {
        let token = token.filter(|_| !name.is_empty())?;
        Some(Self { kind, name, place, token, is_refreshable })
    }

    /// What git does here after all.
    fn tell_what_goes_before(&self) {
        let here = Here::from_cwd();
        for finding in bypasses::findings(&here.hub.urls(), &here.entries) {
            warn(&finding.to_string());
        }
        let standings = helper::standings(here.wanted(), &here.sources_offline(), &Refusals::from_env());
        let is_it = |token: &AccessToken| token::same(&token.secret, &self.token.secret);
        let is_refused = |(_, standing): &(_, Standing)| matches!(standing, Standing::IsRefused(token) if is_it(token));
        let told = match standings.iter().find(|(_, standing)| settles(standing)) {
            Some((kind, Standing::Has(token))) if *kind == self.kind && is_it(token) => return,
            Some((kind, _)) if kind.why_it_wins().is_some() => {
                format!("{} (to change that, {})", kind.why_it_wins().unwrap_or_default(), kind.how_to_disable())
            }
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

/// The token that another switch makes git's again: the one that was chosen so, else the one that `hf` has chosen.
fn before(entries: &[Entry], urls: &[String], of_hf: &[Result<Held>]) -> Option<String> {
    let is_choice = |entry: &&Entry| urls.iter().any(|url| entry.key == format!("credential.{url}.username"));
    let chosen = entries.iter().rfind(is_choice).map(|entry| entry.value.clone());
    let mut active = of_hf.iter().flatten().filter(|held| held.is_active && !held.name.is_empty());
    chosen.or_else(|| active.next().map(|held| held.name.clone()))
}

/// Every URL of one Hub.
fn urls_of(hub: &Hub, endpoint: &Endpoint) -> Vec<String> {
    let is_its = |url: &String| {
        let (scheme, host) = url.split_once("://").unwrap_or_default();
        hub.endpoint(scheme.as_bytes(), host.as_bytes()).as_ref() == Some(endpoint)
    };
    hub.urls().into_iter().filter(is_its).collect()
}
