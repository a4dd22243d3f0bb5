//! How it stands here and now, offline: for each Hub who answers and why, for each remote what each client sends.

mod elsewhere;
mod json;
mod order;
mod remote;

use std::ffi::OsString;
use std::rc::Rc;

pub use self::elsewhere::Elsewhere;
pub use self::json::{json, of_finding};
pub use self::order::{Order, Row};
use self::remote::{Answers, Asked};
pub use self::remote::{By, How, Remote, Request, Sends, Sent};
use crate::endpoint::{Endpoint, Hub};
use crate::findings::clients::Client;
use crate::findings::remedy::{Command, Remedy};
use crate::findings::urls::{self, Destination, RemoteUrl, destination};
use crate::findings::{self, Check, Finding, Severity, credential_files, environment, lfs, remotes, transport};
use crate::here::Here;
use crate::repository::entry::Scope;
use crate::repository::rewriting::Rules;
use crate::repository::{self, WorkTree};
use crate::source::{self, Kind};
use crate::token;
use crate::url::Url;
use crate::wiring::{executable, rivals};

/// All of it.
pub struct Status {
    /// Why git says nothing, where it is missing or cannot read its configuration.
    pub unread: Option<String>,
    /// The Hubs that are served, the one where the person stands in front.
    pub hosts: Vec<Host>,
    /// The remotes that git asks at no Hub.
    pub elsewhere: Vec<Elsewhere>,
    /// How many remotes there are besides, which are not looked at.
    pub more: usize,
    /// What changes what git sends, or keeps it from the Hub.
    pub findings: Vec<Finding>,
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
        let work_tree = repository::work_tree();
        let lfsconfig = repository::lfsconfig(&work_tree);
        let (urls, more) = urls::remotes(&here.entries, &lfsconfig);
        let elsewhere: Vec<_> = urls.iter().filter_map(|url| Elsewhere::of(url, &here.hub)).collect();
        let (this, others): (Vec<_>, Vec<_>) = here.hub.endpoints().partition(|endpoint| *endpoint == here.endpoint);
        let endpoints = this.into_iter().chain(others);
        let hosts: Vec<_> = endpoints.map(|endpoint| Host::of(endpoint, here, &urls)).collect();
        let mut status = Self { unread: here.unread.clone(), hosts, elsewhere, more, findings: Vec::new() };
        status.findings = status.all_findings(here, &urls, &work_tree);
        status
    }

    /// Whether the person stands in a repository with a remote at a Hub.
    #[must_use]
    pub fn is_in_repository(&self) -> bool {
        self.hosts.iter().any(|host| host.remotes.iter().any(|remote| remote.name.is_some()))
    }

    /// The Hubs where the person stands: those of the repository's remotes, else all.
    pub fn here(&self) -> impl Iterator<Item = &Host> {
        let is_in_repository = self.is_in_repository();
        self.hosts.iter().filter(move |host| !is_in_repository || !host.remotes.is_empty())
    }

    /// Whether there is a token to use where the person stands: for each remote at a Hub, else at the first Hub; and none of
    /// the remotes was led away from it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        if self.findings.iter().any(|found| found.check == Check::RepositoryNotTrusted) {
            return false;
        }
        if !self.is_in_repository() && self.elsewhere.iter().any(Elsewhere::is_led_elsewhere) {
            return false;
        }
        let counting = if self.is_in_repository() { self.hosts.len() } else { 1 };
        self.here().take(counting).all(Host::is_usable)
    }

    /// What changes what git sends, with what to do about it: what is said of a remote first.
    fn all_findings(&self, here: &Here, urls: &[RemoteUrl], work_tree: &WorkTree) -> Vec<Finding> {
        let remotes = || self.hosts.iter().flat_map(|host| &host.remotes);
        let mut found: Vec<Finding> = Vec::new();
        found.extend(untrusted(work_tree));
        for sends in remotes().flat_map(Remote::installed) {
            if let How::Another(finding) | How::Nothing(finding) | How::After(finding, _) = &sends.how {
                found.push(finding.clone());
            }
        }
        found.extend(remotes().filter_map(apart));
        found.extend(urls.iter().filter_map(|url| remotes::of_remote(url, &here.hub)));
        if Client::Lfs.is_installed() {
            found.extend(urls.iter().filter_map(|url| lfs::elsewhere(url, &here.hub)));
        }
        found.extend(findings::past_the_helper(&here.hub, &here.entries));
        found.extend(findings::transport::findings(&here.hub, &here.entries));
        for url in here.hub.urls() {
            found.extend(findings::helpers::findings(&url, &here.entries, Scope::Command, true));
        }
        let has_token = |place: &Url| {
            let at = |host: &&Host| place.endpoint(&here.hub).as_ref() == Some(&host.endpoint);
            self.hosts.iter().find(at).is_some_and(Host::is_usable)
        };
        let stale = lfs::stale_access(&here.hub, &here.entries, has_token);
        found.extend(stale.into_iter().filter(|found| !found.message.ends_with("is of no remote of this repository")));
        found.extend(self.hosts.iter().filter_map(flawed));
        found.extend(environment::relative_home());
        found.extend(environment::endpoint(&here.hub));
        if self.hosts.iter().all(|host| host.order.winner().is_none()) {
            found.extend(environment::unread());
            found.extend(credential_files::old_token_file());
        }
        findings::unique(found)
    }
}

/// Finds a token that git would be given and that can be none.
fn flawed(host: &Host) -> Option<Finding> {
    let row = host.order.winner()?;
    let flaw = token::flaw(&row.token()?.secret)?;
    let remedy = match (row.kind, row.name()) {
        (Kind::Environment, Some(name)) => {
            Remedy::say(format!("set {name} to the token itself, or ")).then(Command::new(["unset".to_owned(), name]))
        }
        (Kind::Username, _) => "put the token itself into the URL, or take it out".into(),
        _ => Remedy::log_in(),
    };
    Some(Finding::warn(Check::TokenOdd, format!("{} can be no token: it {flaw}", row.told()), remedy))
}

/// git refuses the repository that we stand in.
#[must_use]
pub fn untrusted(work_tree: &WorkTree) -> Option<Finding> {
    let WorkTree::Untrusted(path) = work_tree else { return None };
    let shown = remotes::short(path);
    let message = format!("git refuses this repository, since {shown} is another user's, and does nothing in it");
    let trust = Command::of("git config --global --add safe.directory").with(path);
    let remedy = Remedy::default().then(trust).and(", if you trust what is in it");
    Some(Finding::fail(Check::RepositoryNotTrusted, message, remedy).at(shown))
}

impl Host {
    fn of(endpoint: Endpoint, here: &Here, urls: &[RemoteUrl]) -> Self {
        let (entries, hub) = (&here.entries, &here.hub);
        let line = rivals::our_line(endpoint.url(), entries);
        let token_command = line.and_then(|line| executable::token_command(&line.value)).map(OsString::from);
        let answers = Answers::at(endpoint, source::in_order_offline(token_command.as_deref()));
        let is_any_at_hub = urls.iter().any(|url| matches!(destination(&url.git.url, hub), Destination::Hub(..)));
        let mut remotes: Vec<_> = urls.iter().filter_map(|url| of_remote(url, here, &answers)).collect();
        if !is_any_at_hub && here.unread.is_none() {
            remotes.extend(whole(here, &answers));
        }
        let mut asked = remotes.iter().filter_map(|remote| remote.of_git().request()).map(|request| &request.name);
        let first = asked.next().filter(|first| asked.all(|name| name == *first));
        let requested = first.cloned().unwrap_or_else(|| answers.whole_host(entries));
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

    /// Whether git really sends a row's token to one of the remotes; `None` where it has to be asked for first, or another
    /// helper before it.
    #[must_use]
    pub fn is_sent(&self, row: &Row) -> Option<bool> {
        let is_it = |request: &Request| {
            let won = request.order.winner().filter(|winner| winner.kind == row.kind)?;
            match (won.token(), row.token()) {
                (Some(one), Some(another)) => Some(token::same(&one.secret, &another.secret)),
                (None, None) => None,
                _ => Some(false),
            }
        };
        let said = self.remotes.iter().map(|remote| match &remote.of_git().how {
            How::Helper(request) if request.order.winner().is_some_and(|winner| winner.kind == row.kind) => {
                is_it(request)
            }
            How::After(_, request) if request.order.winner().is_some_and(|winner| winner.kind == row.kind) => None,
            _ => Some(false),
        });
        let said: Vec<_> = said.collect();
        if said.contains(&Some(true)) {
            Some(true)
        } else if said.contains(&None) {
            None
        } else {
            Some(false)
        }
    }
}

/// What is sent to a URL of a remote that is at this Hub.
fn of_remote(url: &RemoteUrl, here: &Here, answers: &Answers) -> Option<Remote> {
    let (entries, hub) = (&here.entries, &here.hub);
    let Destination::Hub(place, endpoint) = destination(&url.git.url, hub) else { return None };
    if endpoint != answers.endpoint {
        return None;
    }
    let fetched = match destination(&url.fetched, hub) {
        Destination::Hub(fetched, _) => fetched,
        _ => place.clone(),
    };
    let broken = remotes::of_remote(url, hub).filter(|found| found.severity == Severity::Fail);
    let broken = broken.or_else(|| transport::at(&place, entries));
    let broken = broken.or_else(|| transport::redirects(url, &place, entries));
    let lfs = url.lfs.as_ref().map(|(lfs, _)| lfs.url.as_str());
    let asked = Asked { place: &place, lfs, fetched: &fetched, broken };
    Some(Remote { name: Some(url.name.to_owned()), is_push: url.is_push, ..Remote::of(&asked, entries, hub, answers) })
}

/// What is sent to the whole Hub, as it is asked after `insteadOf`.
fn whole(here: &Here, answers: &Answers) -> Option<Remote> {
    let (entries, hub) = (&here.entries, &here.hub);
    let place = Url::parse(answers.endpoint.url())?;
    let rewritten = Rules::of(entries, "insteadof").rewrite(&format!("{}/", answers.endpoint.url()));
    if let Destination::Ssh(host) = destination(&rewritten.url, hub) {
        return Some(Remote::by_ssh(&place, &host));
    }
    let elsewhere = || led_elsewhere(&rewritten.url, hub, entries);
    let broken = elsewhere().or_else(|| transport::at(&place, entries));
    let asked = Asked { place: &place, lfs: None, fetched: &place, broken };
    Some(Remote::of(&asked, entries, hub, answers))
}

/// A rule leads from the Hub to another host.
fn led_elsewhere(url: &str, hub: &Hub, entries: &[crate::repository::entry::Entry]) -> Option<Finding> {
    let Destination::Other(_) = destination(url, hub) else { return None };
    let all = findings::past_the_helper(hub, entries);
    all.into_iter().find(|found| found.check == Check::RewrittenElsewhere && found.severity == Severity::Fail)
}

/// git asks for one account, and git-xet, which names no path, gets another's token.
fn apart(remote: &Remote) -> Option<Finding> {
    let last = remote.installed().find(|sends| sends.client == Client::Xet && !sends.is_as(remote.of_git()))?;
    let (git, xet) = (remote.of_git().request()?, last.request().filter(|xet| xet.order.winner().is_some())?);
    git.order.winner()?;
    let requested = git.name.as_deref().filter(|_| git.name != xet.name)?;
    let name = token::masked_name(requested);
    let (message, remedy) = match (&git.named_by, xet.name.as_deref().filter(|_| xet.named_by == Some(By::Repository)))
    {
        (Some(line), Some(account)) => (
            format!(
                "git goes by {line}, and so asks for {name}; git-xet goes by the repository's account, {}",
                token::masked_name(account)
            ),
            Remedy::say("remove that line, or run git-credential-hf bind again, which puts the binding behind it"),
        ),
        // a name that is a token is not repeated
        _ if token::is_token(requested) => (
            format!("git-xet names no repository, and so does not get the token {name} in the URL, as git does"),
            Remedy::of("git-credential-hf import --delete-source"),
        ),
        _ => (
            format!("git-xet names no repository, and so does not get the token of {name}, as git does"),
            Remedy::run(Command::of("git-credential-hf exec --as").with(&*name).with("--").with("git").with("push")),
        ),
    };
    Some(Finding::warn(Check::AccountsDiffer, message, remedy))
}
