//! What each client sends to one remote: by which way, and which token that comes to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use secrecy::SecretString;

use super::Order;
use crate::endpoint::{Endpoint, Hub};
use crate::findings::Finding;
use crate::findings::clients::{Client, Way};
use crate::findings::urls::{Destination, destination};
use crate::helper;
use crate::refusals::Refusals;
use crate::repository::credential::Credential;
use crate::repository::entry::Entry;
use crate::repository::{self, owner};
use crate::source::{Kind, Source, Wanted};
use crate::token;
use crate::url::Url;
use crate::wiring::rivals;

/// The first in which helpers say how a token is sent.
const GIT_WITH_SCHEMES: (u32, u32) = (2, 46);

/// A URL of a remote, and what is sent there.
pub struct Remote {
    /// The remote's name; `None` for a whole Hub.
    pub name: Option<String>,
    /// It is for pushing alone.
    pub is_push: bool,
    /// The URL, without what may be a token.
    pub url: String,
    /// What each client sends, git first.
    pub sends: Vec<Sends>,
}

/// What a client sends.
pub struct Sends {
    /// The client.
    pub client: Client,
    /// By which way.
    pub how: How,
}

/// The way a client's token comes by.
pub enum How {
    /// This helper is asked.
    Helper(Request),
    /// Another helper is asked first, and this one where it has none.
    After(Finding, Request),
    /// The token in the URL.
    Url(SecretString),
    /// `HF_TOKEN`, which the client reads itself.
    Variable(SecretString),
    /// Something that goes past this helper, and was not looked into.
    Another(Finding),
    /// Nothing.
    Nothing(Finding),
    /// A key: it goes by SSH to this host.
    Ssh(String),
    /// It goes to this host, which is no Hub of ours, and sends nothing of ours.
    OtherHost(String),
}

/// A request to this helper.
pub struct Request {
    /// Whom it is for, if it is for anybody.
    pub name: Option<String>,
    /// What names them.
    pub named_by: Option<By>,
    /// The sources, as they stand to it.
    pub order: Rc<Order>,
}

/// What names whom a request is for.
#[derive(Debug, PartialEq, Eq)]
pub enum By {
    /// The remote's URL.
    Url,
    /// A line of git's configuration, by its place.
    Line(String),
    /// This helper, by the repository it is called in.
    Repository,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the remote's URL",
            Self::Line(place) => place,
            Self::Repository => "the account of the repository",
        })
    }
}

/// What arrives at the Hub, as far as it is known here.
#[derive(Clone, Copy)]
pub enum Sent<'a> {
    /// This token.
    Token(&'a SecretString),
    /// One that this source is asked for when git asks.
    Asked(Kind),
    /// One that was not looked into.
    Unseen(&'a Finding),
    /// None.
    Nothing,
    /// None of ours: it goes elsewhere.
    Elsewhere(&'a str),
}

/// One URL, as each client asks it.
pub(super) struct Asked<'a, 'b> {
    /// What git asks.
    pub place: &'b Url<'a>,
    /// What git-lfs is told to ask instead.
    pub lfs: Option<&'a str>,
    /// What git asks to fetch, by which git-xet goes in a push too.
    pub fetched: &'b Url<'a>,
    /// What keeps git from it.
    pub broken: Option<Finding>,
}

impl Remote {
    /// What is sent to a URL.
    pub(super) fn of(asked: &Asked, entries: &[Entry], hub: &Hub, answers: &Answers) -> Self {
        let sends = Client::ALL.map(|client| {
            let how = match (client, asked.lfs.map(|url| destination(url, hub))) {
                (_, _) if asked.broken.is_some() => asked.broken.clone().map(How::Nothing),
                (Client::Lfs, Some(Destination::Ssh(host))) => Some(How::Ssh(host)),
                (Client::Lfs, Some(Destination::Other(host))) => Some(How::OtherHost(host)),
                (Client::Lfs, Some(Destination::Local)) => Some(How::OtherHost("a path of this machine".to_owned())),
                (Client::Lfs, Some(Destination::Hub(place, endpoint))) if endpoint == answers.endpoint => {
                    Some(How::of(client, &place, entries, answers))
                }
                (Client::Lfs, Some(Destination::Hub(_, endpoint))) => Some(How::OtherHost(endpoint.host().to_owned())),
                _ => None,
            };
            let place = if client == Client::Xet { asked.fetched } else { asked.place };
            Sends { client, how: how.unwrap_or_else(|| How::of(client, place, entries, answers)) }
        });
        Self { name: None, is_push: false, url: asked.place.url(), sends: sends.into() }
    }

    /// All clients go by SSH, where git's configuration says so.
    pub(super) fn by_ssh(place: &Url, host: &str) -> Self {
        let sends = Client::ALL.map(|client| Sends { client, how: How::Ssh(host.to_owned()) });
        Self { name: None, is_push: false, url: place.url(), sends: sends.into() }
    }

    /// What the clients send that are installed here; git itself always.
    pub fn installed(&self) -> impl Iterator<Item = &Sends> {
        self.sends.iter().filter(|sends| sends.client == Client::Git || sends.client.is_installed())
    }

    /// What git itself sends.
    #[must_use]
    pub fn of_git(&self) -> &Sends {
        &self.sends[0]
    }

    /// Whether all clients that are installed send the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.installed().all(|sends| sends.is_as(self.of_git()))
    }
}

impl How {
    fn of(client: Client, place: &Url, entries: &[Entry], answers: &Answers) -> Self {
        match client.way(place, entries) {
            Way::Helpers(credential, None) => Self::Helper(answers.request(&credential, entries)),
            Way::Helpers(credential, Some(first)) => Self::After(first, answers.request(&credential, entries)),
            Way::Url(secret) => Self::Url(secret),
            Way::Variable(secret) => Self::Variable(secret),
            Way::Elsewhere(finding) => Self::Another(finding),
            Way::Nowhere(finding) => Self::Nothing(finding),
        }
    }
}

impl Sends {
    /// What arrives.
    #[must_use]
    pub fn sent(&self) -> Sent<'_> {
        match &self.how {
            How::Helper(request) | How::After(_, request) => match request.order.winner() {
                Some(row) => row.token().map_or(Sent::Asked(row.kind), |token| Sent::Token(&token.secret)),
                None => Sent::Nothing,
            },
            How::Url(secret) | How::Variable(secret) => Sent::Token(secret),
            How::Another(finding) => Sent::Unseen(finding),
            How::Nothing(_) => Sent::Nothing,
            How::Ssh(host) | How::OtherHost(host) => Sent::Elsewhere(host),
        }
    }

    /// Whether another sends the same.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        let is_after = |how: &How| matches!(how, How::After(..));
        let is_same = match (self.sent(), other.sent()) {
            (Sent::Token(one), Sent::Token(another)) => token::same(one, another),
            (Sent::Asked(one), Sent::Asked(another)) => one == another,
            (Sent::Unseen(one), Sent::Unseen(another)) => one == another,
            (Sent::Nothing, Sent::Nothing) => true,
            (Sent::Elsewhere(one), Sent::Elsewhere(another)) => one == another,
            _ => false,
        };
        is_same && is_after(&self.how) == is_after(&other.how)
    }

    /// The request, where this helper is asked.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        match &self.how {
            How::Helper(request) | How::After(_, request) => Some(request),
            How::Url(_) | How::Variable(_) | How::Another(_) | How::Nothing(_) | How::Ssh(_) | How::OtherHost(_) => {
                None
            }
        }
    }
}

/// What this helper answers at one Hub; each request is answered once.
pub(super) struct Answers {
    pub endpoint: Endpoint,
    sources: Vec<Box<dyn Source>>,
    refusals: Refusals,
    /// git knows how a token is sent.
    knows_schemes: bool,
    known: RefCell<Vec<(Option<String>, Rc<Order>)>>,
    accounts: RefCell<HashMap<Option<String>, Option<String>>>,
}

impl Answers {
    pub(super) fn at(endpoint: Endpoint, sources: Vec<Box<dyn Source>>) -> Self {
        let knows_schemes = repository::version().is_ok_and(|version| version >= GIT_WITH_SCHEMES);
        Self {
            endpoint,
            sources,
            refusals: Refusals::from_env(),
            knows_schemes,
            known: RefCell::default(),
            accounts: RefCell::default(),
        }
    }

    /// How the sources stand to a request for somebody.
    pub(super) fn order(&self, name: Option<&str>) -> Rc<Order> {
        let known =
            || self.known.borrow().iter().find(|(of, _)| of.as_deref() == name).map(|(_, order)| Rc::clone(order));
        known().unwrap_or_else(|| {
            let wanted = Wanted { endpoint: &self.endpoint, username: name };
            let order = Rc::new(Order::of(wanted, &self.sources, &self.refusals, self.knows_schemes));
            self.known.borrow_mut().push((name.map(str::to_owned), Rc::clone(&order)));
            order
        })
    }

    /// Whom a request is for that names the host alone.
    pub(super) fn whole_host(&self, entries: &[Entry]) -> Option<String> {
        let place = Url::parse(self.endpoint.url())?;
        self.request(&Credential::at(&place, entries), entries).name
    }

    /// The account of the repository, for a request without a path; for many remotes it is the same question.
    fn account(&self, asked: Option<&str>, entries: &[Entry]) -> Option<String> {
        let among = || {
            helper::has_accounts_to_choose_from(&self.endpoint, &self.sources)
                .then(|| owner::account_of(entries, &Hub::from_env(), &self.endpoint, asked))
                .flatten()
        };
        self.accounts.borrow_mut().entry(asked.map(str::to_owned)).or_insert_with(among).clone()
    }

    /// What becomes of a request that git makes.
    fn request(&self, credential: &Credential, entries: &[Entry]) -> Request {
        let asked = credential.username;
        let account = if credential.sends_path {
            None
        } else {
            self.account(asked, entries).filter(|account| Some(account.as_str()) != asked)
        };
        let named_by = match (&account, asked, credential.named_by) {
            (Some(_), ..) => Some(By::Repository),
            (None, Some(_), Some(line)) => Some(By::Line(rivals::place(line))),
            (None, Some(_), None) => Some(By::Url),
            (None, None, _) => None,
        };
        let name = account.or_else(|| asked.map(str::to_owned));
        Request { order: self.order(name.as_deref()), name, named_by }
    }
}
