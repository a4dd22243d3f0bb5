//! `import`: moves tokens from where they lie in the clear, or with others, into the keychain.

use std::rc::Rc;

use anyhow::{Result, bail, ensure};

use super::{is_set_up, set_up};
use crate::cli::Import;
use crate::endpoint::Hub;
use crate::names::{By, KnownNames};
use crate::notice;
use crate::repository;
use crate::repository::entry::Entry;
use crate::source::hf_home::HfHome;
use crate::source::keychain::Keychain;
use crate::source::stored::StoredByGit;
use crate::source::{Source as _, Wanted};
use crate::strays::fate::Fate;
use crate::strays::judge::{Find, Judge};
use crate::strays::repositories::LeftAlone;
use crate::strays::{Stray, search};
use crate::terminal::{Tone, confirm, is_interactive, note, say, table, warn};
use crate::token::{Mark, Stored, same};

/// Finds tokens, keeps them, and takes them out of where they were if the user wants it.
///
/// # Errors
///
/// When the keychain cannot be used although there is one, a token cannot be kept, or one could not be taken out.
pub fn run(options: &Import) -> Result<()> {
    let hub = Hub::from_env();
    let entries = repository::own_entries().unwrap_or_default();
    let takes_from_hf = options.from.is_some();
    let (mut strays, mut unread) = (Vec::new(), 0);
    // a dry run removes nothing, not even what is left of an earlier one
    let is_to_sweep = !options.dry_run;
    for found in search::everywhere(&hub, &entries, options.tree.as_deref(), takes_from_hf, is_to_sweep)? {
        match found {
            Ok(found) => strays.extend(found),
            // the others are moved all the same
            Err(error) => {
                unread += usize::from(!error.is::<LeftAlone>());
                warn(&notice::told(&error));
            }
        }
    }
    if strays.is_empty() {
        say("no token of the Hub was found outside of the keychain")?;
    } else {
        empty(strays, options, &hub, &entries)?;
    }
    ensure!(unread == 0, "not every place could be read (run `git-credential-hf import` again once it can)");
    Ok(())
}

/// Keeps what was found, and takes it out of where it was.
fn empty(strays: Vec<Stray>, options: &Import, hub: &Hub, entries: &[Entry]) -> Result<()> {
    let takes_from_hf = options.from.is_some();
    let has_keychain = match Keychain::default().find(&hub.default_endpoint(), None) {
        Ok(_) => true,
        Err(absent) if absent.is_absence() => {
            ensure!(!takes_from_hf, "{absent}: the tokens of the HF home stay where they are");
            warn(&format!("{absent}, so tokens are kept in the HF home's stored_tokens"));
            false
        }
        Err(unavailable) => return Err(unavailable.into()),
    };
    let mut judge = Judge::new(takes_from_hf);
    let finds = judge.judge(strays)?;
    if let Some(silence) = judge.silence {
        warn(&format!("not all tokens' accounts are known: {silence}"));
    }
    tell(&finds, if has_keychain { "the keychain" } else { "the HF home" })?;
    if options.dry_run {
        return say("nothing was changed");
    }
    keep(&finds, has_keychain)?;
    if !options.no_setup {
        // before anything is taken out of where git finds it
        set_up(hub, &hub.default_endpoint())?;
    } else if !is_set_up(hub, entries) {
        warn("git is not configured to use this helper yet: run `git-credential-hf setup`");
    }
    clean(&finds, options.delete_source)
}

/// Each place on a line of its own, whole, and what lies there below.
fn tell(finds: &[Find], keychain: &str) -> Result<()> {
    let rows = finds.iter().map(|Find { stray, identity, fate }| {
        let whose = identity.as_ref().map_or_else(String::new, |identity| match &identity.token_name {
            Some(token_name) => format!("{} ({token_name})", identity.name),
            None => identity.name.clone(),
        });
        let tone = if matches!(fate, Fate::Left(_) | Fate::Dead(_)) { Tone::Doubtful } else { Tone::Good };
        vec![
            (String::new(), Tone::Plain),
            (stray.token.username.clone().unwrap_or_default(), Tone::Plain),
            (stray.token.masked(), Tone::Plain),
            (whose, Tone::Strong),
            (fate.told(keychain), tone),
        ]
    });
    let mut place = String::new();
    for (line, Find { stray, .. }) in table(&rows.collect::<Vec<_>>()).iter().zip(finds) {
        if stray.place.told() != place {
            place = stray.place.told();
            say(&place)?;
        }
        say(line)?;
    }
    Ok(())
}

/// Whom git is does not change by it: older than all that git stored, and than what `hf` has chosen.
fn keep(finds: &[Find], has_keychain: bool) -> Result<()> {
    let ranks = (1..=u64::try_from(finds.len())?).rev();
    for (Find { stray: Stray { endpoint, token, .. }, fate, .. }, at) in finds.iter().zip(ranks) {
        let Fate::Kept { name, .. } = fate else { continue };
        let mut token = token.clone();
        token.stored = Some(Stored { at, mark: Mark::default() });
        if has_keychain {
            Keychain::default().put(endpoint, name, &token)?;
        } else {
            HfHome::offline().store_by_git(endpoint, name, &token)?;
        }
        KnownNames::from_env().add(By::Entry, endpoint, name);
    }
    Ok(())
}

fn clean(finds: &[Find], is_told_to: bool) -> Result<()> {
    let movable: Vec<_> = finds.iter().filter_map(|find| Some((&find.stray, &find.fate, find.fate.name()?))).collect();
    if movable.is_empty() {
        return Ok(());
    }
    if !is_told_to && !is_interactive() {
        note("the tokens are still where they were: `git-credential-hf import --delete-source` takes them out");
        return Ok(());
    }
    if !is_told_to && !confirm("Remove the tokens from these places?")? {
        return say("Left in place; what goes elsewhere was stored.");
    }
    let mut left = 0;
    for (stray, fate, name) in movable {
        ensure!(is_kept(stray, fate, name)?, "a token was kept and is not there (nothing was taken out from there on)");
        match stray.place.clean(&stray.endpoint, &stray.token, name) {
            Ok(()) => say(&format!("taken out of {}", stray.place.told()))?,
            Err(error) => {
                warn(&format!("cannot take a token out of {}: {}", stray.place.told(), notice::told(&error)));
                left += 1;
            }
        }
    }
    if left > 0 {
        bail!(
            "not every token could be taken out of where it was (run `git-credential-hf import --delete-source` again)"
        );
    }
    Ok(())
}

/// Reads it back, by one who has seen nothing of what was written.
fn is_kept(Stray { endpoint, token, .. }: &Stray, fate: &Fate, name: Option<&str>) -> Result<bool> {
    let hf_home = Rc::new(HfHome::offline());
    match fate {
        Fate::InHfHome(_) => return hf_home.holds(&token.secret),
        Fate::Dead(_) => return Ok(true),
        _ => {}
    }
    let found = StoredByGit::new(Keychain::default(), hf_home).find(&Wanted { endpoint, username: name })?;
    Ok(found.is_some_and(|found| same(&found.secret, &token.secret)))
}
