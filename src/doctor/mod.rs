//! What `doctor` looks at: the findings of this machine, and what the Hub says of the token that git would send.

pub mod diagnosis;
pub mod hub;
pub mod network;
pub mod places;
pub mod programs;
pub mod target;
pub mod tokens;
pub mod visit;

use std::collections::HashSet;

use self::diagnosis::Who;
use self::target::{Other, Target};
use self::tokens::{By, Sent};
use self::visit::Visit;
use crate::findings::clients::{Client, Way};
use crate::findings::{self, Check, Finding, credential_files, lfs, transport, urls};
use crate::helper;
use crate::here::Here;
use crate::hub::Api;
use crate::refusals::Refusals;
use crate::repository;
use crate::repository::owner;
use crate::source::{Held, Kind, Wanted};
use crate::status::untrusted;
use crate::terminal::Progress;
use crate::token::AccessToken;
use crate::url::Url;

/// All that was found.
#[derive(Debug)]
pub struct Examination {
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What came of asking for a repository.
    pub visit: Option<Visit>,
}

/// Looks at everything, and asks the Hub for `target` where there is one.
#[must_use]
pub fn examine(here: &Here, target: Option<Result<Target, Other>>, writes: bool) -> Examination {
    let (target, other) = match target {
        Some(Ok(target)) => (Some(target), None),
        Some(Err(other)) => (None, Some(other)),
        None => (None, None),
    };
    let endpoint = target.as_ref().map_or(&here.endpoint, |target| &target.endpoint).clone();
    let url = target.as_ref().map(|target| url_of(target, here));
    let requested = match &url {
        Some(url) => owner::requested_at(url),
        None => here.requested.clone(),
    };
    let wanted = Wanted { endpoint: &endpoint, username: requested.as_deref() };
    let refusals = Refusals::from_env();
    // a token that was rejected a moment ago is the very one to find out about
    let sources = here.sources();
    let answer = helper::find(wanted, &sources, &Refusals::none());
    let held: Vec<Held> = sources.iter().flat_map(|source| source.list(&endpoint)).filter_map(Result::ok).collect();
    let found = answer.as_ref().ok().and_then(Option::as_ref);
    let sent = sent(url.as_deref().unwrap_or(endpoint.url()), here, found);

    let mut checks: Vec<_> = target.as_ref().and_then(Target::not_cloneable).into_iter().collect();
    checks.extend(untrusted(&repository::work_tree()));
    checks.extend(programs::checks(here, sent.as_ref().is_some_and(|sent| sent.token.prefers_bearer())));
    checks.extend(of_git(here, found.is_some()));
    checks.extend(places::checks(here));
    checks.extend(network::checks(here, &endpoint));
    checks.extend(credential_files::old_token_file());
    checks.extend(tokens::environment(here, &held));
    checks.push(tokens::answer(&answer, sent.as_ref(), &wanted, target.is_none()));
    checks.extend(tokens::expiry(&answer, &held));
    checks.push(tokens::rejected(sent.as_ref(), &endpoint, &refusals));

    let mut visit = None;
    match Api::at(&here.hub, &endpoint) {
        Err(why) => checks.push(hub::is_not_asked(&why)),
        Ok(api) if sent.is_some() || target.is_some() => {
            let _progress = Progress::of(&format!("asking {} ...", endpoint.host()));
            let who = match &sent {
                None => Who::Nobody,
                Some(sent) => {
                    let (check, who) = hub::account(&api, &endpoint, sent, &refusals);
                    checks.push(check);
                    who
                }
            };
            if let Some(target) = target {
                match visit::pay(&api, target, writes, sent.as_ref(), &who, &held) {
                    Ok(paid) => visit = Some(paid),
                    Err(why) => checks.push(hub::is_silent(&why)),
                }
            }
            checks.extend(hub::clock(&api));
        }
        Ok(_) => {}
    }
    checks.extend(other.map(|other| other.finding(here)));
    checks.extend(visit.iter().flat_map(Visit::findings));
    let mut findings = findings::unique(checks);
    // what was asked for is no URL that git can clone: that is said before all
    findings.sort_by_key(|found| (found.check != Check::NotCloneable, found.severity));
    Examination { findings, visit }
}

/// What git would be given, or asked, for the repository: of a remote, its own URL.
fn url_of(target: &Target, here: &Here) -> String {
    let (remotes, _) = urls::remotes(&here.entries, &[]);
    let is_it = |remote: &urls::RemoteUrl| match &target.remote {
        Some(name) => name == remote.name,
        None => Target::named(&remote.git.url, here).is_ok_and(|read| {
            target.username.is_none() && read.endpoint == target.endpoint && read.repository == target.repository
        }),
    };
    let of_remote = remotes.into_iter().find(is_it);
    of_remote.map_or_else(|| target.url_for_git(), |remote| remote.git.url)
}

/// Returns the token that git really sends there, whoever holds it.
fn sent(url: &str, here: &Here, found: Option<&(Kind, AccessToken)>) -> Option<Sent> {
    let (remotes, _) = urls::remotes(&here.entries, &[]);
    let in_url = || {
        let remote = remotes.iter().find(|remote| remote.git.url == url)?;
        findings::remotes::of_remote(remote, &here.hub)
    };
    let first = Url::parse(url).and_then(|place| match Client::Git.way(&place, &here.entries) {
        Way::Helpers(_, first) => first,
        Way::Elsewhere(first) => Some(first),
        Way::Url(_) => in_url(),
        Way::Variable(_) | Way::Nowhere(_) => None,
    });
    if let Some(first) = first
        && let Some(token) = first.token.clone()
    {
        return Some(Sent { token, by: By::Override(first) });
    }
    found.map(|(kind, token)| Sent { token: token.clone(), by: By::Source(*kind) })
}

/// What git's configuration and netrc do, each with a line that says so where they do nothing.
fn of_git(here: &Here, has_token: bool) -> Vec<Finding> {
    let (hub, entries) = (&here.hub, &here.entries);
    let lfsconfig = repository::lfsconfig(&repository::work_tree());
    let (remotes, _) = urls::remotes(entries, &lfsconfig);
    let mut found = findings::past_the_helper(hub, entries);
    found.extend(transport::findings(hub, entries));
    let redirects = remotes.iter().filter_map(|url| transport::redirects(url, &Url::parse(&url.git.url)?, entries));
    found.extend(redirects);
    found.extend(remotes.iter().filter_map(|url| lfs::elsewhere(url, hub)));
    found.extend(credential_files::findings(hub, entries));
    found.extend(lfs::stale_access(hub, entries, |_| has_token));
    let names: HashSet<_> = found.iter().map(|found| found.check.name()).collect();
    let clear = [
        (Check::NoNetrcEntry, "no entry for the Hub"),
        (Check::NoUrlToken, "no token in a remote's URL"),
        (Check::NoRewriting, "no URL of the Hub is rewritten to another host"),
        (Check::NoHeader, "no token in a header of git's configuration"),
        (Check::TransportClear, "nothing in git's configuration is between git and the Hub"),
        (Check::NoCredentialFile, "no token of the Hub in plain text"),
        (Check::LfsUrlClear, "git-lfs goes where git goes"),
        (Check::LfsAccessClear, "nothing out of date"),
    ];
    found.extend(
        clear
            .into_iter()
            .filter(|(check, _)| !names.contains(check.name()))
            .map(|(check, told)| Finding::ok(check, told)),
    );
    found
}
