//! Refreshing a token before its end, so that neither `hf`, nor another of our processes, nor a crash is logged out by it:
//! as `_refresh_oauth_token_if_needed` in `huggingface_hub/utils/_auth.py`, under the same lock and in the same order.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::lock::Lock;
use super::reading::{Active, looks_whole, read_active, unreadable};
use super::replacement::Replacement;
use super::stored_tokens::{Section, StoredTokens};
use super::{Found, HfHome, file, secret_of};
use crate::endpoint::Hub;
use crate::hub::oauth::Grant;
use crate::hub::{Api, Failure};
use crate::state::Memory;
use crate::token;

/// How long before its end a token is refreshed, in seconds: `hf`'s margin.
const MARGIN: i64 = 24 * 60 * 60;

/// For how long git waits for the lock and the Hub together: under 3 s with what the answer takes besides.
const PATIENCE: Duration = Duration::from_millis(2500);

/// For how long a Hub that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// For how long a refresh token is not shown again that the Hub refused for good.
const REFUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// For how long it is known what a token was replaced by: longer than any of them lives.
const REPLACED: Duration = Duration::from_secs(40 * 24 * 60 * 60);

/// What a new answer may be longer than the old one, in bytes.
const ROOM: usize = 16 << 10;

impl Found<'_> {
    /// Whether its end is near and there is something to refresh it with.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.token.expires_at.is_some_and(|end| end.saturating_sub(MARGIN) <= now)
            && self.section.is_some_and(is_refreshable)
    }
}

impl HfHome {
    /// Replaces a token that is due by a new one, or adopts what another process replaced it by.
    ///
    /// # Errors
    ///
    /// When the token is what it was.
    pub(super) fn refresh(&self, due: &Found<'_>, now: i64) -> Result<()> {
        let (old, section) = (&due.token.secret, due.section.context("it has no name")?);
        let name = section.name();
        let api = Api::from_env()?;
        let is_expired = due.token.is_expired(now);
        let refresh_token = refresh_token_of(section).context("it has no refresh token")?;
        ensure_not_in_vain(&refresh_token, is_expired)?;

        let path = &self.paths().stored_tokens;
        let lock = Lock::beside(path, self.patience_left()).inspect_err(|_| {
            if self.patience_left().is_zero() {
                remember(&Failure::Passing(String::new()), &refresh_token);
            }
        })?;
        let held = StoredTokens::parse(file::read(path, looks_whole)?.unwrap_or_default())?;
        let Some(refresh_token) = still_to_refresh(&held, name, old)? else {
            self.reading.renew();
            return Ok(());
        };
        // another process may have tried while this one waited
        ensure_not_in_vain(&refresh_token, is_expired)?;
        let text = with(&held, name, old, &refresh_token, due.token.expires_at)?;
        let stored_tokens = Replacement::of(path, &lock, text.len() + ROOM)?;
        let active = match read_active(&self.paths().token)? {
            Active::Token(active) if token::same(&active, old) => {
                Some(Replacement::of(&self.paths().token, &lock, ROOM)?)
            }
            _ => None,
        };
        ensure!(!self.patience_left().is_zero(), "another process was too long about it");
        // where it cannot be noted, nothing is lost but the way back after a crash
        _ = replaced().note(&successor_name(name, old));

        let grant = api
            .refresh(&refresh_token, self.patience_left())
            .inspect_err(|failure| remember(failure, &refresh_token))?;
        let Grant { access_token, refresh_token: rotated, expires_in } = grant;
        let refresh_token = rotated.unwrap_or(refresh_token);
        let expires_at = expires_in.map(|seconds| now.saturating_add(seconds));
        // `hf`, which takes no lock to log in, may have written meanwhile
        let held = file::read_to_replace(path, &lock, looks_whole)?;
        let held = StoredTokens::parse(held).with_context(|| unreadable(path))?;
        if still_to_refresh(&held, name, old)?.is_some() {
            let text = with(&held, name, &access_token, &refresh_token, expires_at)?;
            let stored_tokens = stored_tokens.holding(&text)?;
            let active = active.and_then(|file| self.instead_of_active(file, old, &access_token));
            // one right after the other: in between, `hf` finds no refresh token for the one that has just ended
            stored_tokens.commit()?;
            // where this fails, the token is found by what was noted
            _ = active.map(Replacement::commit);
        }
        if expires_at.is_some_and(|end| end.saturating_sub(MARGIN) <= now) {
            // a life shorter than the margin: once in a while is enough
            remember(&Failure::Passing(String::new()), &refresh_token);
        }
        self.reading.renew();
        Ok(())
    }

    /// Waits for another process that has written one of the files and not yet the other, and does what is left to do
    /// where it was killed in between. Most often a comparison tells that there is nothing of this.
    pub(super) fn settle(&self) {
        let path = &self.paths().stored_tokens;
        let Ok(Active::Token(active)) = self.active() else { return };
        if !matches!(self.section_of(active), Ok(None)) || !self.sections().is_ok_and(|mut all| all.any(is_refreshable))
        {
            return;
        }
        let is_left_over = self.active_section(active).is_some();
        if !is_left_over && !file::is_unsettled(path) {
            return;
        }
        // without it nobody is in between, or the HF home is read-only
        let Ok(lock) = Lock::beside_if_any(path, self.patience_left()) else { return };
        self.reading.renew();
        let Ok(Active::Token(active)) = self.active() else { return };
        if let Ok(None) = self.section_of(active)
            && let Some(secret) = self.active_section(active).and_then(secret_of)
            && let Ok(replacement) = Replacement::of(&self.paths().token, &lock, ROOM)
            && let Some(replacement) = self.instead_of_active(replacement, active, &secret)
            // where it cannot be written, the token is found by the same way again
            && let Ok(()) = replacement.commit()
        {
            self.reading.renew();
        }
    }

    /// What is left of the time git waits, which begins where it is first asked for.
    fn patience_left(&self) -> Duration {
        let deadline = self.deadline.get_or_init(|| Instant::now() + PATIENCE);
        deadline.saturating_duration_since(Instant::now())
    }

    /// What is to take the place of `token`, unless that does not hold the old one any more.
    #[expect(clippy::disallowed_methods, reason = "the file is where the active token is kept")]
    fn instead_of_active(&self, file: Replacement, old: &SecretString, new: &SecretString) -> Option<Replacement> {
        let file = file.holding(new.expose_secret()).ok()?;
        matches!(read_active(&self.paths().token), Ok(Active::Token(active)) if token::same(&active, old))
            .then_some(file)
    }
}

/// Whether a refresh is worth a try.
///
/// # Errors
///
/// With the reason why it is not.
pub(super) fn prospect(due: &Found<'_>, now: i64) -> Result<()> {
    Api::from_env()?;
    let refresh_token = due.section.and_then(refresh_token_of).context("it has no refresh token")?;
    ensure_not_in_vain(&refresh_token, due.token.is_expired(now))
}

/// The section that a token was in before it was refreshed.
pub(super) fn successor<'a>(
    mut sections: impl Iterator<Item = Section<'a>>,
    secret: &SecretString,
) -> Option<Section<'a>> {
    let replaced = replaced();
    sections.find(|section| is_refreshable(*section) && replaced.holds(|| successor_name(section.name(), secret)))
}

/// The refresh token of a section that still holds the old token; `None` where somebody replaced that.
fn still_to_refresh(held: &StoredTokens, name: &str, old: &SecretString) -> Result<Option<SecretString>> {
    let Some(section) = held.section(name) else { bail!("it has just been removed") };
    match secret_of(section) {
        Some(secret) if token::same(&secret, old) => {
            refresh_token_of(section).map(Some).context("it has no refresh token any more")
        }
        Some(_) => Ok(None),
        None => bail!("it has just been removed"),
    }
}

/// Whether there is something to refresh it with.
pub(super) fn is_refreshable(section: Section<'_>) -> bool {
    refresh_token_of(section).is_some()
}

fn refresh_token_of(section: Section<'_>) -> Option<SecretString> {
    token::clean(&section.get("refresh_token")?)
}

#[expect(clippy::disallowed_methods, reason = "the section is where these are kept")]
fn with(
    held: &StoredTokens,
    name: &str,
    secret: &SecretString,
    refresh_token: &SecretString,
    expires_at: Option<i64>,
) -> Result<Zeroizing<String>> {
    let expires_at = expires_at.map(|end| end.to_string());
    let fields = [
        ("hf_token", Some(secret.expose_secret())),
        ("refresh_token", Some(refresh_token.expose_secret())),
        ("expires_at", expires_at.as_deref()),
    ];
    held.with(name, &fields)
}

fn paused() -> Memory {
    Memory::of("refresh-paused", PAUSE)
}

fn refused() -> Memory {
    Memory::of("refresh-refused", REFUSED)
}

fn replaced() -> Memory {
    Memory::of("replaced", REPLACED)
}

/// What failed lately is not tried again; where the token is of no use without it, only what failed for good.
fn ensure_not_in_vain(refresh_token: &SecretString, is_expired: bool) -> Result<()> {
    ensure!(!refused().holds(|| memory_name(refresh_token)), "the Hub has refused to");
    ensure!(is_expired || !paused().holds(|| memory_name(refresh_token)), "it has failed a moment ago");
    Ok(())
}

fn remember(failure: &Failure, refresh_token: &SecretString) {
    let memory = match failure {
        Failure::Refused(_) => refused(),
        Failure::Passing(_) => paused(),
    };
    // what cannot be noted is tried again
    _ = memory.note(&memory_name(refresh_token));
}

#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn memory_name(refresh_token: &SecretString) -> String {
    // what one Hub refused, another may grant
    let hub = Hub::from_env();
    token::digest(&["refresh", hub.api().unwrap_or_default(), refresh_token.expose_secret()])
}

#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn successor_name(section: &str, secret: &SecretString) -> String {
    token::digest(&["replaced", section, secret.expose_secret()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::hf_home::found_in;

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
            let found = file.sections().find_map(found_in).unwrap();
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
