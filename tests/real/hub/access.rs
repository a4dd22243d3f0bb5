//! Who a request comes from: tokens, their accounts and roles, as the Hub knows them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::http::{Request, Response};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Read,
    Write,
}

/// Whose token it is, and what it may do.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub role: Role,
}

/// The tokens that are good.
#[derive(Default)]
pub(super) struct Tokens {
    accounts: HashMap<String, Account>,
    /// Sent by any other scheme, no token is good.
    only: Option<&'static str>,
}

impl Tokens {
    pub(super) fn insert(&mut self, token: String, account: Account) {
        self.accounts.insert(token, account);
    }

    pub(super) fn remove(&mut self, token: &str) {
        self.accounts.remove(token);
    }

    pub(super) fn take_only(&mut self, scheme: &'static str) {
        self.only = Some(scheme);
    }

    /// Nobody for a request without a token; a refusal for a token that is not good.
    pub(super) fn recognise(&self, shown: &Shown) -> Result<Option<Account>, Response> {
        match shown {
            Shown::Nothing => Ok(None),
            Shown::Token { scheme, secret } => match self.accounts.get(secret) {
                Some(account) if self.only.is_none_or(|only| only == scheme) => Ok(Some(account.clone())),
                _ => Err(Response::unauthorized()),
            },
            Shown::Other(_) => Err(Response::unauthorized()),
        }
    }
}

/// What the Authorization header carried.
pub(super) enum Shown {
    Nothing,
    Token { scheme: String, secret: String },
    Other(String),
}

impl Shown {
    /// Basic with the token as password, whatever the user name, or Bearer.
    pub(super) fn by(request: &Request) -> Self {
        let Some(header) = request.header("authorization") else {
            return Self::Nothing;
        };
        let secret = match header.split_once(' ') {
            Some(("Basic", pair)) => BASE64_STANDARD
                .decode(pair)
                .ok()
                .and_then(|pair| String::from_utf8(pair).ok())
                .and_then(|pair| Some(pair.split_once(':')?.1.to_owned())),
            Some(("Bearer", token)) => Some(token.to_owned()),
            _ => None,
        };
        let scheme = header.split(' ').next().unwrap_or_default().to_owned();
        secret.map_or_else(|| Self::Other(header.to_owned()), |secret| Self::Token { scheme, secret })
    }

    pub(super) fn secret(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            // curl shows a user name of the URL with an empty password
            Self::Token { secret, .. } if secret.is_empty() => None,
            Self::Token { secret, .. } | Self::Other(secret) => Some(secret.clone()),
        }
    }
}
