//! A token that stands in the username's place of a URL, as in `https://TOKEN@huggingface.co`: git asks for it as a name.

use anyhow::Result;
use secrecy::SecretString;

use super::{Held, Kind, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken};

/// The requested username, where that is a token: nobody can say more clearly which one is meant.
#[derive(Debug, Clone, Copy)]
pub struct Username;

impl Source for Username {
    fn kind(&self) -> Kind {
        Kind::Username
    }

    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>> {
        let name = wanted.username.filter(|name| token::is_token(name));
        Ok(name.map(|token| AccessToken::new(SecretString::from(token))))
    }

    fn holds(&self, _: &SecretString) -> Result<bool> {
        // it is in the request alone, where `store` and `erase` look for it
        Ok(false)
    }

    fn list(&self, _: &Endpoint) -> Vec<Result<Held>> {
        Vec::new()
    }
}
