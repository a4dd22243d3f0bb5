//! The HF home, for a person who wants its tokens in the keychain instead.

use std::rc::Rc;

use anyhow::{Result, bail};

use super::{Place, Stray};
use crate::endpoint::{Endpoint, Hub};
use crate::source::hf_home::HfHome;
use crate::source::{self, Held, Source as _};
use crate::token::AccessToken;

struct InHfHome {
    hf_home: Rc<HfHome>,
    place: source::Place,
    name: String,
}

/// Its tokens, but for those that are refreshed, which live where their refresh does.
///
/// # Errors
///
/// When one of its files cannot be read.
pub fn find(hub: &Hub) -> Result<Vec<Stray>> {
    let hf_home = Rc::new(HfHome::offline());
    let endpoint = hub.default_endpoint();
    let mut strays = Vec::new();
    for held in hf_home.list(&endpoint) {
        let Held { place, name, token, is_refreshable, .. } = held?;
        let Some(mut token) = token.filter(|_| !is_refreshable) else { continue };
        token.username = token.username.or_else(|| Some(name.clone())).filter(|name| !name.is_empty());
        let place = InHfHome { hf_home: Rc::clone(&hf_home), place, name };
        strays.push(Stray { endpoint: endpoint.clone(), token, place: Box::new(place) });
    }
    Ok(strays)
}

impl Place for InHfHome {
    fn told(&self) -> String {
        match self.name.as_str() {
            "" => "the HF home".to_owned(),
            name => format!("the HF home ({name})"),
        }
    }

    fn clean(&self, _: &Endpoint, token: &AccessToken, _: Option<&str>) -> Result<()> {
        match self.place {
            source::Place::TokenFile => self.hf_home.deactivate(&token.secret),
            source::Place::StoredTokens if !self.name.is_empty() => self.hf_home.forget(&self.name),
            _ => bail!("its stored_tokens has no sections (run hf auth logout)"),
        }
    }
}
