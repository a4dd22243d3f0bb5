//! The HF home: the active token and the stored tokens, shared with the `hf` CLI and read live.
//!
//! How `hf` writes them is in `huggingface_hub/utils/_auth.py`; what git stored here is in [`sections`].

pub mod accounts;
mod candidate;
mod file;
mod grammar;
pub(crate) mod links;
pub(super) mod lock;
pub mod paths;
mod reading;
mod refresh;
pub(super) mod replacement;
pub mod sections;
pub mod stored_tokens;
mod unwritten;
mod value;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use secrecy::{ExposeSecret as _, SecretString};

use self::candidate::Candidate;
use self::paths::Paths;
use self::reading::{Active, Reading, Stored};
use self::stored_tokens::{Section, StoredTokens};
use super::{Held, Kind, NotAnother, Place, Source, Wanted};
use crate::endpoint::Endpoint;
use crate::token::{self, AccessToken, Mark};

/// The HF home; each of its files is read once, and not before it is needed.
#[derive(Default)]
pub struct HfHome {
    paths: OnceCell<Paths>,
    reading: Reading,
    /// It is looked at only: what ends soon is not refreshed.
    is_offline: bool,
    /// How long other processes have been waited for.
    waited: Cell<Duration>,
}

impl HfHome {
    /// The HF home for looking only.
    #[must_use]
    pub fn offline() -> Self {
        Self { is_offline: true, ..Self::default() }
    }

    fn paths(&self) -> &Paths {
        self.paths.get_or_init(Paths::from_env)
    }

    fn active(&self) -> Result<&Active> {
        self.reading.latest().active(self.paths())
    }

    fn stored(&self) -> Result<&Stored> {
        self.reading.latest().stored(self.paths())
    }

    fn all_sections(&self) -> Result<impl DoubleEndedIterator<Item = Section<'_>>> {
        let stored_tokens = match self.stored()? {
            Stored::Sections(stored_tokens) => Some(stored_tokens),
            Stored::NoFile | Stored::Bare(_) => None,
        };
        Ok(stored_tokens.into_iter().flat_map(StoredTokens::sections))
    }

    /// The sections that are `hf`'s.
    fn sections(&self) -> Result<impl Iterator<Item = Section<'_>>> {
        Ok(self.all_sections()?.filter(|section| !sections::is_ours(*section)))
    }

    /// The first section that holds the active token, as `_refresh_oauth_token_if_needed` looks for it.
    fn section_of(&self, active: &SecretString) -> Result<Option<Section<'_>>> {
        let mut sections = self.all_sections()?;
        let position = self.reading.latest().section_of_active(|| {
            let mut all = self.all_sections().ok()?;
            all.position(|section| holds(section, active))
        });
        Ok(position.and_then(|position| sections.nth(position)))
    }

    /// The active token and its section, once a refresh that has got no further than one of the two files is done.
    fn active_and_section(&self) -> Result<(&Active, Option<Section<'_>>)> {
        let active = self.active()?;
        let Active::Token(secret) = active else { return Ok((active, None)) };
        if let Ok(Some(section)) = self.section_of(secret) {
            return Ok((active, Some(section)));
        }
        if !self.is_offline {
            self.settle();
        }
        let active = self.active()?;
        let Active::Token(secret) = active else { return Ok((active, None)) };
        if let Some(section) = self.section_of(secret).ok().flatten() {
            return Ok((active, Some(section)));
        }
        // where `token` could not be written, it still holds what was there before
        let section = self.sections().ok().and_then(|sections| refresh::successor(sections, secret));
        if let Some(section) = section.filter(|_| !self.is_offline) {
            // where it still cannot, git is served all the same
            _ = self.hand_on(secret, section);
        }
        Ok((active, section))
    }

    /// The mark of the active token: its name and, unless it is one that is refreshed, its value.
    ///
    /// # Errors
    ///
    /// When the `token` file cannot be read.
    #[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
    pub fn mark(&self) -> Result<Mark> {
        let (Active::Token(secret), section) = self.active_and_section()? else { return Ok(Mark::default()) };
        let name = section.map_or("", |section| section.name());
        let is_refreshed = section.is_some_and(|section| section.get("refresh_token").is_some());
        Ok(Mark(token::digest(&[name, if is_refreshed { "" } else { secret.expose_secret() }])))
    }
}

impl Source for Rc<HfHome> {
    fn kind(&self) -> Kind {
        Kind::HfHome
    }

    fn find(&self, wanted: &Wanted) -> Result<Option<AccessToken>> {
        let now = token::now();
        let Some(mut found) = self.look_for(wanted)? else { return Ok(None) };
        let mut unrefreshed = None;
        if found.is_due(now) {
            let refreshed = if self.is_offline {
                refresh::prospect(&found, wanted.endpoint, now)
            } else {
                self.refresh(&found, Some(wanted.endpoint), now)
            };
            match refreshed {
                Ok(()) if self.is_offline => return Ok(Some(found.token)),
                Ok(()) => match self.look_for(wanted)? {
                    Some(anew) => found = anew,
                    None => return Ok(None),
                },
                Err(error) => unrefreshed = Some(error),
            }
        }
        let Candidate { token, is_requested, .. } = found;
        if !token.is_expired(now) {
            return Ok(Some(token));
        }
        let whose = if is_requested { "the token of the requested name" } else { "the active token of the HF home" };
        let told = match unrefreshed {
            Some(error) => format!("{whose} has expired and {}", refresh::told(&error)),
            None => format!("{whose} has expired: run `git-credential-hf login`"),
        };
        Err(if is_requested { NotAnother(told).into() } else { anyhow!(told) })
    }

    fn holds(&self, secret: &SecretString) -> Result<bool> {
        if matches!(self.active(), Ok(Active::Token(active)) if token::same(active, secret)) {
            return Ok(true);
        }
        if matches!(self.stored()?, Stored::Bare(held) if token::same(held, secret)) {
            return Ok(true);
        }
        // git may bring back what it was given before a refresh: that is nothing to keep either
        Ok(self.sections()?.any(|section| holds(section, secret))
            || refresh::successor(self.sections()?, secret).is_some())
    }

    fn list(&self, endpoint: &Endpoint) -> Vec<Result<Held>> {
        if let Err(relative) = self.paths().ensure_absolute() {
            return vec![Err(relative.into())];
        }
        let (active, section) = match self.active_and_section() {
            Ok((Active::Token(secret), section)) => (Ok(Some(secret)), section),
            Ok((Active::Nothing | Active::NoFile, _)) => (Ok(None), None),
            Err(error) => (Err(error), None),
        };
        let active_name = section.map(|section| section.name());
        let mut all = Vec::new();
        match self.stored() {
            Ok(Stored::Bare(secret)) => {
                all.push(Ok(Held::at(Place::StoredTokens, Some(AccessToken::new(secret.clone())))));
            }
            Ok(_) => {}
            Err(error) => all.push(Err(error)),
        }
        for section in self.sections().into_iter().flatten() {
            let Some(mut token) = token_of(section) else { continue };
            token.username = account_of(section);
            all.push(Ok(Held {
                name: section.name().to_owned(),
                is_active: active_name == Some(section.name()),
                is_refreshable: refresh::is_refreshable(section),
                not_renewed: refresh::hindrance(section, endpoint),
                ..Held::at(Place::StoredTokens, Some(token))
            }));
        }
        match active {
            // git's own section may hold the same secret; that is no section of hf's
            Ok(Some(secret)) if !all.iter().flatten().any(|held: &Held| held.is_active) => {
                all.push(Ok(Held {
                    is_active: true,
                    ..Held::at(Place::TokenFile, Some(AccessToken::new(secret.clone())))
                }));
            }
            Ok(_) => {}
            Err(error) => all.push(Err(error)),
        }
        all
    }

    fn secrets<'a>(&'a self, _: &'a Endpoint) -> Box<dyn Iterator<Item = SecretString> + 'a> {
        let active = match self.active() {
            Ok(Active::Token(secret)) => Some(secret.clone()),
            _ => None,
        };
        let sections = self.sections().into_iter().flatten();
        Box::new(active.into_iter().chain(sections.filter_map(secret_of)))
    }

    fn chosen_mark(&self) -> Mark {
        self.mark().unwrap_or_default()
    }
}

fn holds(section: Section<'_>, secret: &SecretString) -> bool {
    section.token().is_some_and(|text| token::is(&text, secret))
}

/// Its token, and when that ends.
fn token_of(section: Section<'_>) -> Option<AccessToken> {
    let mut token = AccessToken::new(secret_of(section)?);
    token.expires_at = section.expires_at();
    Some(token)
}

/// The account it says it is of.
fn account_of(section: Section<'_>) -> Option<String> {
    section.get("username").filter(|name| !name.is_empty()).map(|name| name.to_string())
}

fn secret_of(section: Section<'_>) -> Option<SecretString> {
    token::clean(&section.token()?)
}
