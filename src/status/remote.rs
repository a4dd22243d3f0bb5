//! What each client sends to one remote: by which way, and which token that comes to.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use secrecy::SecretString;

use super::Order;
use crate::endpoint::Endpoint;
use crate::helper;
use crate::refusals::Refusals;
use crate::repository::credential::Credential;
use crate::repository::entry::Entry;
use crate::source::{Kind, Source, Wanted};
use crate::token;
use crate::url::Url;
use crate::wiring::clients::{Client, Way};
use crate::wiring::{Finding, rivals};

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
}

impl Remote {
    /// What is sent to a URL; `fetched` is the one its remote is fetched from, by which git-xet goes in a push too.
    pub(super) fn of(place: &Url, fetched: &Url, entries: &[Entry], answers: &Answers) -> Self {
        let at = |client| if client == Client::Xet { fetched } else { place };
        let sends = Client::ALL.map(|client| Sends::of(client, at(client), entries, answers));
        Self { name: None, is_push: false, url: place.url(), sends: sends.into() }
    }

    /// What git itself sends.
    #[must_use]
    pub fn of_git(&self) -> &Sends {
        &self.sends[0]
    }

    /// Whether all clients send the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.sends.iter().all(|sends| sends.is_as(self.of_git()))
    }
}

impl Sends {
    fn of(client: Client, place: &Url, entries: &[Entry], answers: &Answers) -> Self {
        let how = match client.way(place, entries) {
            Way::Helpers(credential, None) => How::Helper(answers.request(&credential)),
            Way::Helpers(credential, Some(other)) => How::After(other, answers.request(&credential)),
            Way::Url(secret) => How::Url(secret),
            Way::Variable(secret) => How::Variable(secret),
            Way::Elsewhere(finding) => How::Another(finding),
            Way::Nowhere(finding) => How::Nothing(finding),
        };
        Self { client, how }
    }

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
            _ => false,
        };
        is_same && is_after(&self.how) == is_after(&other.how)
    }

    /// The request, where this helper is asked.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        match &self.how {
            How::Helper(request) | How::After(_, request) => Some(request),
            How::Url(_) | How::Variable(_) | How::Another(_) | How::Nothing(_) => None,
        }
    }
}

/// What this helper answers at one Hub; each request is answered once.
pub(super) struct Answers {
    pub endpoint: Endpoint,
    sources: Vec<Box<dyn Source>>,
    refusals: Refusals,
    known: RefCell<Vec<(Option<String>, Rc<Order>)>>,
}

impl Answers {
    pub(super) fn at(endpoint: Endpoint, sources: Vec<Box<dyn Source>>) -> Self {
        Self { endpoint, sources, refusals: Refusals::from_env(), known: RefCell::default() }
    }

    /// How the sources stand to a request for somebody.
    pub(super) fn order(&self, name: Option<&str>) -> Rc<Order> {
        let known =
            || self.known.borrow().iter().find(|(of, _)| of.as_deref() == name).map(|(_, order)| Rc::clone(order));
        known().unwrap_or_else(|| {
            let wanted = Wanted { endpoint: &self.endpoint, username: name };
            let order = Rc::new(Order::of(wanted, &self.sources, &self.refusals));
            self.known.borrow_mut().push((name.map(str::to_owned), Rc::clone(&order)));
            order
        })
    }

    /// Whom a request is for that names the host alone.
    pub(super) fn whole_host(&self, entries: &[Entry]) -> Option<String> {
        let place = Url::parse(self.endpoint.url())?;
        self.request(&Credential::at(&place, entries)).name
    }

    /// What becomes of a request that git makes.
    fn request(&self, credential: &Credential) -> Request {
        let asked = credential.username;
        let account = if credential.sends_path {
            None
        } else {
            helper::account_here(&self.endpoint, asked, &self.sources).filter(|account| Some(account.as_str()) != asked)
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
