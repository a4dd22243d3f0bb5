//! Refreshing a token before its end, so that neither `hf`, nor another of our processes, nor a crash is logged out by it:
//! as `_refresh_oauth_token_if_needed` in `huggingface_hub/utils/_auth.py`, and under the same lock.

mod failures;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

pub(super) use self::failures::told;
use self::failures::{Over, ensure_not_in_vain, remember};
use super::candidate::Candidate;
use super::lock::{self, Lock};
use super::paths::Paths;
use super::reading::{Active, Stored, looks_whole, read_active, unreadable};
use super::replacement::{self, Replacement};
use super::stored_tokens::{Section, StoredTokens};
use super::unwritten::{self, refresh_token_of};
use super::{HfHome, file, secret_of};
use crate::endpoint::{Endpoint, Hub};
use crate::file::Undisturbed;
use crate::hub::oauth::Grant;
use crate::hub::{Api, Failure};
use crate::state::Memory;
use crate::token::{self, AccessToken};

/// How long before its end a token is refreshed, in seconds: `hf`'s margin.
const MARGIN: i64 = 24 * 60 * 60;

/// For how long git waits for other processes, and then for the Hub, while it has a token that is valid.
const PATIENCE: Duration = Duration::from_millis(2500);

/// For how long it waits for the Hub where it has none, as `hf` does (`HF_HUB_DOWNLOAD_TIMEOUT`): once it is asked, the Hub
/// may have used up the refresh token, and what it grants is lost where nobody waits for it.
const PATIENCE_WITH_THE_HUB: Duration = Duration::from_secs(10);

/// For how long it is known what a token was replaced by: longer than any of them lives.
const REPLACED: Duration = Duration::from_secs(40 * 24 * 60 * 60);

/// What a new answer may be longer than the old one, in bytes.
const ROOM: usize = 16 << 10;

impl Candidate<'_> {
    /// Whether its end is near and there is something to refresh it with.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.token.expires_at.is_some_and(|end| end.saturating_sub(MARGIN) <= now)
            && self.section.is_some_and(is_refreshable)
    }
}

impl HfHome {
    /// Replaces a token that is due by a new one, or adopts what another process replaced it by. No Hub but `endpoint` is
    /// shown the refresh token; without one, only what was granted before is written.
    ///
    /// # Errors
    ///
    /// When the token is what it was.
    pub(super) fn refresh(&self, due: &Candidate<'_>, endpoint: Option<&Endpoint>, now: i64) -> Result<()> {
        let api = || Ok::<_, Error>(api_of(endpoint.context("no Hub is to be asked")?)?);
        let (old, section) = (&due.token.secret, due.section.context("it has no name")?);
        let name = section.name();
        let paths = self.paths();
        let path = &paths.stored_tokens;
        if let Stored::Sections(held) = self.stored()? {
            unwritten::sweep(path, held);
        }
        replacement::sweep_unlabelled(&paths.token);
        let is_expired = due.token.is_expired(now);
        let refresh_token = refresh_token_of(section).ok_or(Over::without_refresh_token())?;
        if unwritten::find(path, section).is_none() {
            ensure_not_in_vain(&api()?, &refresh_token, is_expired)?;
        }
        let lock = self.lock_for_git(path, is_expired).inspect_err(|error| {
            if let Ok(api) = api()
                && error.is::<lock::Held>()
            {
                remember(&Failure::Passing(String::new()), &api, &refresh_token);
            }
        })?;
        let held = StoredTokens::parse(file::read(path, looks_whole)?.unwrap_or_default())?;
        let Some(refresh_token) = still_to_refresh(&held, name, old)? else {
            self.reading.renew();
            return Ok(());
        };
        let unwritten = held.section(name).and_then(|section| unwritten::find(path, section));
        if unwritten.is_none() {
            // another process may have tried while this one waited
            ensure_not_in_vain(&api()?, &refresh_token, is_expired)?;
        }
        let text = with(&held, name, &due.token)?;
        let label = unwritten::label(name, old);
        let mut stored_tokens = Replacement::with_room(path, &lock, text.len() + ROOM, &label)?;
        let active = match read_active(&paths.token)? {
            Active::Token(active) if token::same(&active, old) => {
                Some(Replacement::with_room(&paths.token, &lock, ROOM, "")?)
            }
            _ => None,
        };
        // where it cannot be noted, git may store a copy of what it was given before
        _ = replaced().note(&label);

        // what the Hub has granted is written, whoever presses Ctrl-C meanwhile
        let _undisturbed = Undisturbed::by_signals();
        let granted = match unwritten {
            Some(granted) => granted,
            None => ask(&api()?, &refresh_token, is_expired, now)?,
        };
        let text = with(&held, name, &granted)?;
        stored_tokens.hold(&text)?;
        // `hf`, which takes no lock to log in, may have written meanwhile
        let held = StoredTokens::parse(file::read_to_replace(path, &lock, looks_whole)?);
        let held = held.with_context(|| unreadable(path))?;
        let still = still_to_refresh(&held, name, old);
        if let Ok(Some(_)) = still {
            let anew = with(&held, name, &granted)?;
            if *anew != *text {
                stored_tokens.hold(&anew)?;
            }
            // `token` goes first: where `hf` finds no section for what it read there, it reads it once more, and that must
            // be the new one. Where it cannot be written, the token is found by what was noted
            let active = active.and_then(|file| self.instead_of_active(file, old, &granted.secret));
            _ = active.map(Replacement::commit);
            stored_tokens.commit()?;
        }
        unwritten::forget(path, name, old);
        self.reading.renew();
        still.map(drop)
    }

    /// For an active token that is in no section: ends a refresh that was killed between the two files, or waits for the
    /// process that is in between.
    pub(super) fn settle(&self) {
        let Paths { token, stored_tokens, .. } = self.paths();
        let Ok(sections) = self.sections() else { return };
        let mut refreshable = sections.filter(|section| refresh_token_of(*section).is_some()).peekable();
        if refreshable.peek().is_none() {
            return;
        }
        if let Some(killed) = refreshable.find(|section| unwritten::find(stored_tokens, *section).is_some()) {
            // where it cannot be written either, the active token is answered as it is
            _ = Candidate::of(killed).map(|found| self.refresh(&found, None, token::now()));
        } else if (file::is_unsettled(token) || file::is_unsettled(stored_tokens))
            // without it nobody is in between, or the HF home is read-only
            && self.waiting(PATIENCE, |patience| Lock::beside_if_any(stored_tokens, patience)).is_ok()
        {
            self.reading.renew();
        }
    }

    /// Ends a refresh that could not write `token`: for `hf`, which knows nothing of what was noted.
    pub(super) fn hand_on(&self, old: &SecretString, section: Section<'_>) -> Result<()> {
        let new = secret_of(section).context("it holds no token")?;
        let Paths { token, stored_tokens, .. } = self.paths();
        let lock = self.lock_for_git(stored_tokens, false)?;
        let active = self.instead_of_active(Replacement::of(token, &lock)?, old, &new);
        active.map_or(Ok(()), Replacement::commit)
    }

    /// The lock, waited for shortly where git has a token all the same. Where it has none, another process may be waiting for
    /// the Hub to grant one.
    fn lock_for_git(&self, path: &Path, is_expired: bool) -> Result<Lock> {
        let patience = if is_expired { lock::PATIENCE } else { PATIENCE };
        self.waiting(patience, |patience| Lock::beside(path, patience))
    }

    /// Waits for other processes, all waits of one command together no longer than `patience`. The Hub's time is not theirs.
    fn waiting<T>(&self, patience: Duration, wait: impl FnOnce(Duration) -> T) -> T {
        let started = Instant::now();
        let waited = wait(patience.saturating_sub(self.waited.get()));
        self.waited.set(self.waited.get() + started.elapsed());
        waited
    }

    /// What is to take the place of `token`, unless that does not hold the old one any more.
    #[expect(clippy::disallowed_methods, reason = "the file is where the active token is kept")]
    fn instead_of_active(&self, mut file: Replacement, old: &SecretString, new: &SecretString) -> Option<Replacement> {
        file.hold(new.expose_secret()).ok()?;
        matches!(read_active(&self.paths().token), Ok(Active::Token(active)) if token::same(&active, old))
            .then_some(file)
    }
}

/// Returns the API of the Hub that a request is for, which alone is shown the refresh token: whoever listens at another, such
/// as `HF_ENDPOINT`, learns nothing by a request that is not for it.
fn api_of(endpoint: &Endpoint) -> Result<Api, Failure> {
    // one that no token may be sent to means that nothing is asked at all, as for `hf`
    Api::from_env()?;
    Api::at(&Hub::from_env(), endpoint)
}

/// What the Hub grants for a refresh token.
fn ask(api: &Api, refresh_token: &SecretString, is_expired: bool, now: i64) -> Result<AccessToken> {
    let patience = if is_expired { PATIENCE_WITH_THE_HUB } else { PATIENCE };
    let grant = api.refresh(refresh_token, patience);
    let Grant { access_token, refresh_token: rotated, expires_in } =
        grant.inspect_err(|failure| remember(failure, api, refresh_token))?;
    let mut granted = AccessToken::new(access_token);
    // without an end `hf` takes it as it is, and with one in the past nobody would take it at all
    granted.expires_at = expires_in.filter(|seconds| *seconds > 0).map(|seconds| now.saturating_add(seconds));
    let refresh_token = rotated.unwrap_or_else(|| refresh_token.clone());
    if granted.expires_at.is_some_and(|end| end.saturating_sub(MARGIN) <= now) {
        // a life shorter than the margin: once in a while is enough
        remember(&Failure::Passing(String::new()), api, &refresh_token);
    }
    granted.refresh_token = Some(refresh_token);
    Ok(granted)
}

/// Whether a refresh is worth a try.
///
/// # Errors
///
/// With the reason why it is not.
pub(super) fn prospect(due: &Candidate<'_>, endpoint: &Endpoint, now: i64) -> Result<()> {
    let api = api_of(endpoint)?;
    let refresh_token = due.section.and_then(refresh_token_of).ok_or(Over::without_refresh_token())?;
    ensure_not_in_vain(&api, &refresh_token, due.token.is_expired(now))
}

/// Returns why a token that is due will not be refreshed, as far as this machine knows.
pub(super) fn hindrance(section: Section<'_>, endpoint: &Endpoint) -> Option<String> {
    let (now, due) = (token::now(), Candidate::of(section)?);
    // what is not due costs nothing more
    if !due.is_due(now) {
        return None;
    }
    prospect(&due, endpoint, now).err().map(|error| told(&error))
}

/// The section that a token was in before it was refreshed.
pub(super) fn successor<'a>(
    mut sections: impl Iterator<Item = Section<'a>>,
    secret: &SecretString,
) -> Option<Section<'a>> {
    let replaced = replaced();
    sections.find(|section| {
        refresh_token_of(*section).is_some() && replaced.holds(|| unwritten::label(section.name(), secret))
    })
}

/// The refresh token of a section that still holds the old token; `None` where somebody replaced that.
fn still_to_refresh(held: &StoredTokens, name: &str, old: &SecretString) -> Result<Option<SecretString>> {
    let Some(section) = held.section(name) else { bail!("it has just been removed") };
    match secret_of(section) {
        Some(secret) if token::same(&secret, old) => {
            Ok(Some(refresh_token_of(section).ok_or(Over::without_refresh_token())?))
        }
        Some(_) => Ok(None),
        None => bail!("it has just been removed"),
    }
}

/// Whether there is something to refresh it with.
pub(super) fn is_refreshable(section: Section<'_>) -> bool {
    refresh_token_of(section).is_some()
}

#[expect(clippy::disallowed_methods, reason = "the section is where these are kept")]
fn with(held: &StoredTokens, name: &str, token: &AccessToken) -> Result<Zeroizing<String>> {
    let expires_at = token.expires_at.map(|end| end.to_string());
    let fields = [
        ("hf_token", Some(token.secret.expose_secret())),
        ("refresh_token", token.refresh_token.as_ref().map(SecretString::expose_secret)),
        ("expires_at", expires_at.as_deref()),
    ];
    held.with(name, &fields)
}

fn replaced() -> Memory {
    Memory::of("replaced", REPLACED)
}

#[cfg(test)]
mod tests {
    use super::*;
    fn file(text: &str) -> StoredTokens {
        StoredTokens::parse(Zeroizing::new(text.to_owned())).unwrap()
    }

    #[test]
    fn what_ends_within_a_day_and_can_be_refreshed_is_due() {
        for (fields, due) in [
            ("refresh_token = r\nexpires_at = 86_400", true),
            ("refresh_token = r\nexpires_at = 86401", false),
            ("refresh_token = r\nexpires_at = -1", true),
            ("refresh_token = r\nexpires_at = soon", false),
            ("refresh_token = r", false),
            ("refresh_token =\nexpires_at = 1", false),
            ("expires_at = 1", false),
        ] {
            let file = file(&format!("[a]\nhf_token = t\n{fields}\n"));
            let found = file.sections().find_map(Candidate::of).unwrap();
            assert_eq!(found.is_due(0), due, "{fields}");
        }
    }

    #[test]
    fn what_somebody_replaced_is_adopted_and_what_they_removed_is_not_made_anew() {
        let old = SecretString::from("old");
        let still = |text: &str| still_to_refresh(&file(text), "a", &old).map(|token| token.is_some()).ok();
        assert_eq!(still("[a]\nhf_token = old\nrefresh_token = r\n"), Some(true));
        assert_eq!(still("[a]\nhf_token = new\nrefresh_token = r\n"), Some(false));
        assert_eq!(still("[a]\nhf_token = new\n"), Some(false));
        assert_eq!(still("[a]\nhf_token = old\n"), None);
        assert_eq!(still("[b]\nhf_token = old\nrefresh_token = r\n"), None);
        assert_eq!(still(""), None);
    }
}
