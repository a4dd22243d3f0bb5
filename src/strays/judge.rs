//! Whose each token is, as the Hub says, and what becomes of it.

use std::collections::HashMap;
use std::rc::Rc;

use anyhow::Result;

use super::Stray;
use super::fate::{Fate, Kept, Taken};
use crate::accounts::Accounts;
use crate::endpoint::{Endpoint, Hub};
use crate::hub::whoami::Identity;
use crate::hub::{Api, Failure};
use crate::source::hf_home::HfHome;
use crate::source::keychain::Keychain;
use crate::source::stored::StoredByGit;
use crate::source::{Held, Source as _};
use crate::terminal::Progress;
use crate::token::{self, same};

/// A token that was found, and what becomes of it.
pub struct Find {
    /// The token and its place.
    pub stray: Stray,
    /// The account it is of, as the Hub says, and what the token is called there.
    pub identity: Option<Identity>,
    /// What becomes of it, the same wherever it lies.
    pub fate: Fate,
}

/// Decides on each token once, wherever it lies, and asks the Hub no oftener.
pub struct Judge {
    kept: HashMap<Endpoint, Kept>,
    /// What the HF home has.
    hf_home: Vec<Held>,
    /// Its tokens are moved too.
    takes_from_hf: bool,
    /// Why the Hub did not say whose a token is; it is not asked again then.
    pub silence: Option<Failure>,
}

impl Judge {
    /// One who has decided on none yet.
    #[must_use]
    pub fn new(takes_from_hf: bool) -> Self {
        // its tokens are there for any Hub
        let held = Rc::new(HfHome::offline()).list(&Hub::from_env().default_endpoint()).into_iter().flatten();
        Self { kept: HashMap::new(), hf_home: held.collect(), takes_from_hf, silence: None }
    }

    /// Decides on all.
    ///
    /// # Errors
    ///
    /// When the keychain does not say what is kept already.
    pub fn judge(&mut self, strays: Vec<Stray>) -> Result<Vec<Find>> {
        let mut progress = Progress::default();
        let mut finds: Vec<Find> = Vec::new();
        for stray in strays {
            progress.tell(|| "asking the Hub whose the tokens are".to_owned());
            let is_it = |find: &&Find| {
                find.stray.endpoint == stray.endpoint && same(&find.stray.token.secret, &stray.token.secret)
            };
            let (identity, fate) = match finds.iter().find(is_it) {
                Some(find) => (find.identity.clone(), find.fate.clone()),
                None => self.decide(&stray)?,
            };
            finds.push(Find { stray, identity, fate });
        }
        Ok(finds)
    }

    fn decide(&mut self, Stray { endpoint, token, .. }: &Stray) -> Result<(Option<Identity>, Fate)> {
        let dead = |why| Ok((None, Fate::Dead(why)));
        let left = |why| Ok((None, Fate::Left(why)));
        if token.is_expired(token::now()) {
            let told = "it has expired".to_owned();
            return if token.refresh_token.is_none() { dead(told) } else { left(told) };
        }
        if token::is_of_publisher(&token.secret) {
            return left("it is a CI job's, and ends by itself".to_owned());
        }
        let answer = match self.silence {
            None => {
                let said = Api::at(&Hub::from_env(), endpoint).and_then(|api| api.whoami(&token.secret));
                Accounts::from_env().learn(endpoint, &token.secret, said.as_ref());
                said.map(Some)
            }
            Some(_) => Ok(None),
        };
        let identity = match answer {
            Ok(identity) => identity,
            Err(Failure::Unknown(why)) => return dead(why),
            Err(Failure::Refused(why)) => return left(why),
            Err(silence) => {
                self.silence = Some(silence);
                None
            }
        };
        let is_it = |held: &&Held| held.token.as_ref().is_some_and(|held| same(&held.secret, &token.secret));
        if let Some(held) = self.hf_home.iter().find(is_it).filter(|_| !self.takes_from_hf) {
            let name = Some(held.name.clone()).filter(|name| !name.is_empty());
            return Ok((identity, Fate::InHfHome(name)));
        }
        if !self.kept.contains_key(endpoint) {
            let held = StoredByGit::new(Keychain::default(), Rc::new(HfHome::offline())).list(endpoint);
            let held: Vec<Held> = held.into_iter().collect::<Result<_>>()?;
            let names = held.into_iter().filter_map(|held| Some((held.name, held.token?.secret)));
            self.kept.insert(endpoint.clone(), Kept(names.collect(), self.taken()));
        }
        let kept = self.kept.entry(endpoint.clone()).or_default();
        let fate = kept.decide(token, identity.as_ref());
        Ok((identity, fate))
    }

    /// The names by which the HF home answers, each with its token.
    fn taken(&self) -> Taken {
        let names = |held: &Held| {
            let section = held.name.clone();
            let account = section.strip_prefix("oauth-").map(str::to_owned);
            let recorded = held.token.as_ref().and_then(|token| token.username.clone());
            [Some(section), account, recorded].into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>()
        };
        let held = self.hf_home.iter().filter_map(|held| Some((names(held), held.token.as_ref()?.secret.clone())));
        held.flat_map(|(names, secret)| names.into_iter().map(move |name| (name, secret.clone()))).collect()
    }
}
