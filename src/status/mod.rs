//! How it stands here and now, offline: for each Hub who answers and why, for each remote what each client sends.

mod json;
mod order;
mod remote;

use std::ffi::OsString;
use std::rc::Rc;

pub use self::json::json;
pub use self::order::{Order, Row};
use self::remote::Answers;
pub use self::remote::{By, How, Remote, Request, Sends, Sent};
use crate::endpoint::Endpoint;
use crate::here::Here;
use crate::repository::entry::{Entry, Scope};
use crate::repository::owner;
use crate::source::unread::{self, Unread};
use crate::source::{self, Kind};
use crate::token;
use crate::url::Url;
use crate::wiring::{Finding, bypasses, clients, executable, rivals};

/// All of it.
pub struct Status {
    /// Why git says nothing, where it is missing or cannot read its configuration.
    pub unread: Option<String>,
    /// The Hubs that are served, the one where the person stands in front.
    pub hosts: Vec<Host>,
    /// What makes another token win, or the clients differ.
    pub doubts: Vec<Finding>,
}

/// One Hub.
pub struct Host {
    /// Which one.
    pub endpoint: Endpoint,
    /// git asks this helper there.
    pub is_set_up: bool,
    /// Whom git asks for there: at all remotes alike that it asks for, else at the whole host.
    pub requested: Option<String>,
    /// The sources, as they stand to that.
    pub order: Rc<Order>,
    /// The remotes that are there; where no remote is at any Hub, the Hub by itself.
    pub remotes: Vec<Remote>,
}

impl Status {
    /// How it stands where the person does.
    #[must_use]
    pub fn of(here: &Here) -> Self {
        let remotes: Vec<_> = owner::remotes(&here.entries).collect();
        let placed: Vec<_> = remotes
            .iter()
            .filter_map(|remote| Some((remote, Url::parse(&remote.url)?)))
            .filter_map(|(remote, place)| Some((remote, place.endpoint(&here.hub)?, place)))
            .collect();
        let (this, others): (Vec<_>, Vec<_>) = here.hub.endpoints().partition(|endpoint| *endpoint == here.endpoint);
        let endpoints = this.into_iter().chain(others);
        let hosts: Vec<_> = endpoints.map(|endpoint| Host::of(endpoint, here, &placed)).collect();
        let doubts = doubts(here, &hosts);
        Self { unread: here.unread.clone(), hosts, doubts }
    }

    /// Whether the person stands in a repository of a Hub.
    #[must_use]
    pub fn is_in_repository(&self) -> bool {
        self.hosts.iter().any(|host| host.remotes.iter().any(|remote| remote.name.is_some()))
    }

    /// The Hubs where the person stands: those of the repository's remotes, else all.
    pub fn here(&self) -> impl Iterator<Item = &Host> {
        let is_in_repository = self.is_in_repository();
        self.hosts.iter().filter(move |host| !is_in_repository || !host.remotes.is_empty())
    }

    /// Whether there is a token to use where the person stands: for each remote, else at the first Hub.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        let counting = if self.is_in_repository() { self.hosts.len() } else { 1 };
        self.here().take(counting).all(Host::is_usable)
    }
}

type Placed<'a> = (&'a owner::Remote, Endpoint, Url<'a>);

impl Host {
    fn of(endpoint: Endpoint, here: &Here, placed: &[Placed]) -> Self {
        let line = rivals::our_line(endpoint.url(), &here.entries);
        let token_command = line.and_then(|line| executable::token_command(&line.value)).map(OsString::from);
        let answers = Answers::at(endpoint, source::in_order_offline(token_command.as_deref()));
        let endpoint = &answers.endpoint;
        let its = placed.iter().filter(|(_, at, _)| at == endpoint);
        let mut remotes: Vec<_> = its
            .map(|(remote, _, place)| {
                let is_fetched = |other: &&Placed| other.0.name == remote.name && !other.0.is_push;
                let fetched = placed.iter().find(is_fetched).map_or(place, |(_, _, fetched)| fetched);
                Remote {
                    name: Some(remote.name.clone()),
                    is_push: remote.is_push,
                    ..Remote::of(place, fetched, &here.entries, &answers)
                }
            })
            .collect();
        if let Some(place) = Url::parse(endpoint.url()).filter(|_| placed.is_empty() && here.unread.is_none()) {
            remotes.push(Remote::of(&place, &place, &here.entries, &answers));
        }
        let mut asked = remotes.iter().filter_map(|remote| remote.of_git().request()).map(|request| &request.name);
        let first = asked.next().filter(|first| asked.all(|name| name == *first));
        let requested = first.cloned().unwrap_or_else(|| answers.whole_host(&here.entries));
        let order = answers.order(requested.as_deref());
        Self { is_set_up: line.is_some(), requested, order, remotes, endpoint: answers.endpoint }
    }

    /// Whether there is a token to use: git's for each remote; without git, one for programs that need none.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match &self.remotes[..] {
            [] => self.order.winner().is_some(),
            remotes => remotes.iter().all(|remote| !matches!(remote.of_git().sent(), Sent::Nothing)),
        }
    }

    /// Whether git sends the same to all remotes.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        self.remotes.iter().all(|remote| remote.of_git().is_as(self.remotes[0].of_git()))
    }
}

/// What makes another token win, or the clients differ, with what to do about it.
fn doubts(here: &Here, hosts: &[Host]) -> Vec<Finding> {
    let mut doubts: Vec<Finding> = Vec::new();
    let mut put = |found: Finding| {
        if !doubts.contains(&found) {
            doubts.push(found);
        }
    };
    let urls = here.hub.urls();
    for sends in hosts.iter().flat_map(|host| &host.remotes).flat_map(|remote| &remote.sends) {
        if let How::Another(finding) | How::Nothing(finding) | How::After(finding, _) = &sends.how {
            put(finding.clone());
        }
    }
    hosts.iter().flat_map(|host| &host.remotes).filter_map(apart).for_each(&mut put);
    bypasses::findings(&urls, &here.entries).into_iter().for_each(&mut put);
    for url in &urls {
        rivals::findings(url, &here.entries, Scope::Command, true).into_iter().for_each(&mut put);
    }
    hosts.iter().flat_map(|host| stale_access(here, host)).for_each(&mut put);
    hosts.iter().filter_map(flawed).for_each(&mut put);
    if !hosts.iter().any(Host::is_usable) {
        let unread = unread::tokens().into_iter();
        unread.map(|Unread { told, remedy }| Finding { about: "unread token", told, remedy }).for_each(&mut put);
    }
    bypasses::elsewhere(&here.hub).into_iter().for_each(&mut put);
    doubts
}

/// git asks for one account, and git-xet, which names no path, gets another's token.
fn apart(remote: &Remote) -> Option<Finding> {
    let last = remote.sends.last().filter(|last| !last.is_as(remote.of_git()))?;
    let (git, xet) = (remote.of_git().request()?, last.request().filter(|xet| xet.order.winner().is_some())?);
    let name = token::masked_name(git.name.as_deref().filter(|_| git.name != xet.name)?);
    let (told, remedy) = match (&git.named_by, xet.name.as_deref().filter(|_| xet.named_by == Some(By::Repository))) {
        (Some(line), Some(account)) => (
            format!(
                "git goes by {line}, and so asks for {name}; git-xet goes by the repository's account, {}",
                token::masked_name(account)
            ),
            "remove that line, or run git-credential-hf bind again, which puts the binding behind it".to_owned(),
        ),
        _ => (
            format!("git-xet names no repository, and so does not get the token of {name}, as git does"),
            format!("git-credential-hf exec --as {name} -- git push"),
        ),
    };
    Some(Finding { about: "accounts", told, remedy })
}

/// A token that git would be given and that can be none.
fn flawed(host: &Host) -> Option<Finding> {
    let row = host.order.winner()?;
    let flaw = token::flaw(&row.token()?.secret)?;
    let remedy = match (row.kind, row.name()) {
        (Kind::Environment, Some(name)) => format!("set {name} to the token itself, or `unset {name}`"),
        (Kind::Username, _) => "put the token itself into the URL, or take it out".to_owned(),
        _ => "git-credential-hf login".to_owned(),
    };
    Some(Finding { about: "token", told: format!("{} can be no token: it {flaw}", row.told()), remedy })
}

/// What git-lfs noted after a login, where nobody is logged in any more: it asks for a password even for what is public.
fn stale_access(here: &Here, host: &Host) -> Vec<Finding> {
    let is_stale = |entry: &&Entry| entry.value.eq_ignore_ascii_case("basic") && !host.is_usable();
    let places = here.entries.iter().filter(is_stale).filter_map(|entry| {
        let place = Url::parse(clients::url_of_access(entry)?)?;
        (place.endpoint(&here.hub).as_ref() == Some(&host.endpoint)).then_some((entry.scope, place.url()))
    });
    let told = places.map(|(scope, url)| Finding {
        about: "lfs access",
        told: format!("lfs.{url}.access makes git-lfs ask for a password, also where everybody may read"),
        remedy: format!("git config --{} --unset lfs.{url}.access", scope.name()),
    });
    told.collect()
}
