//! `login`: a token is taken from the browser, from the terminal or from stdin, verified, stored, and made git's.

mod keep;
mod predecessors;

use std::io::{self, IsTerminal as _, Read as _};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use self::keep::{Keeper, Kept, Newcomer};
use self::predecessors::named_for_revocation;
use super::{portrait, set_up, warn_once, winner};
use crate::accounts::Accounts;
use crate::cli::{self, Login};
use crate::endpoint::{Endpoint, Hub};
use crate::helper::Standing;
use crate::here::Here;
use crate::hub::oauth::Grant;
use crate::hub::whoami::Identity;
use crate::hub::{Api, Failure};
use crate::names::{By, KnownNames};
use crate::refusals::Refusals;
use crate::source::hf_home::accounts;
use crate::source::{Kind, environment};
use crate::terminal::{self, Cancel, Dots, note, printable, say, warn};
use crate::token;
use crate::wiring::bypasses;

/// No token is as long.
const LONGEST: u64 = 64 << 10;

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Browser,
    Terminal,
    Stdin,
}

/// Logs in.
///
/// # Errors
///
/// When there is no token, the Hub does not know it, or it cannot be kept: then nothing was changed. When it is kept, and
/// the one it replaces was not revoked.
pub fn run(options: &Login) -> Result<()> {
    refuse_words(options)?;
    ensure!(
        options.name.as_deref().is_none_or(accounts::is_name),
        "that is no name a token can be kept under (choose another)"
    );
    let hub = Hub::from_env();
    let endpoint =
        hub.api_endpoint().context("HF_ENDPOINT is no URL a token may be sent to (set it to one, or unset it)")?;
    let way = chosen_way(options, &endpoint)?;
    let keeper = Keeper::open(&endpoint, options, way == Way::Browser)?;
    let newcomer = match way {
        Way::Browser => from_browser(&endpoint, options)?,
        Way::Terminal => {
            pasted(&terminal::ask_hidden("Paste your access token (input is hidden):")?, &endpoint, options)?
        }
        Way::Stdin => pasted(&from_stdin()?, &endpoint, options)?,
    };
    let kept = keeper.keep(&newcomer)?;
    // what cannot be undone comes last, and whatever comes of it, the new token is there
    let revoked = predecessors::revoke(&kept.replaced);
    tell(&newcomer, &kept, revoked.is_ok())?;
    remember(&endpoint, &newcomer, &kept.name);
    if !options.no_setup {
        set_up(&hub, &endpoint)?;
    }
    let is_used = tell_what_wins(&Here::from_cwd(), &newcomer.login.secret, &kept.name);
    revoked.map_err(|failure| {
        let (used, old) = (if is_used { " and used by git" } else { "" }, named_for_revocation(&kept.replaced));
        let (name, page) = (printable(&kept.name), endpoint.url());
        anyhow!("the new token is stored as {name}{used}, but {old} was not revoked ({failure}): revoke it at {page}/settings/tokens")
    })
}

/// Refuses what stands where people put a token, and says how a login is typed.
#[expect(clippy::disallowed_methods, reason = "only its shape is looked at")]
fn refuse_words(options: &Login) -> Result<()> {
    let words = options.words.iter().chain(&options.token).map(SecretString::expose_secret);
    let looks_like_token = |word: &str| token::is_in(word) || word.starts_with("hf_");
    let is_given = options.token.as_ref().is_some_and(|token| !token.expose_secret().is_empty());
    ensure!(!is_given && !words.clone().any(looks_like_token), cli::IN_ARGV);
    ensure!(
        options.token.is_none(),
        "login asks for the token: run `git-credential-hf login`, or `git-credential-hf login --with-token < file`"
    );
    // whatever the word is, it is not shown: it may be a token of another shape
    ensure!(
        words.into_iter().next().is_none(),
        "login takes no word by itself: `git-credential-hf login --name NAME` stores a token under that name"
    );
    Ok(())
}

/// Remembers whose the token is, and that its name is somebody's from now on.
fn remember(endpoint: &Endpoint, newcomer: &Newcomer, name: &str) {
    let names = KnownNames::from_env();
    names.add(By::Person, endpoint, name);
    if let Some(identity) = &newcomer.identity {
        names.add(By::Person, endpoint, &identity.name);
        Accounts::from_env().learn(endpoint, &newcomer.login.secret, Ok(identity));
    }
}

/// Whose it is, where it is stored, and what became of what was there.
fn tell(newcomer: &Newcomer, kept: &Kept, is_revoked: bool) -> Result<()> {
    if let Some(identity) = &newcomer.identity {
        say(&format!("Logged in as {}.", printable(&identity.name)))?;
        portrait::of(identity, vec![("stored", kept.told.clone())]).iter().try_for_each(|line| say(line))?;
    } else {
        say(&format!("Stored {}; the Hub has not said whose it is.", printable(&kept.told)))?;
    }
    kept.replaced.iter().try_for_each(|old| say(&old.fate(is_revoked)))
}

/// What keeps git from using the login; whether nothing does.
fn tell_what_wins(here: &Here, secret: &SecretString, name: &str) -> bool {
    warn_once(bypasses::warnings(&here.hub.urls(), &here.entries));
    match winner(here, &Refusals::from_env()) {
        Some((_, Standing::Has(token))) if token::same(&token.secret, secret) => return true,
        // told of among what goes past
        Some((Kind::Environment, _)) => {}
        Some((kind, _)) if kind.why_it_wins().is_some() => warn(&format!(
            "{}, not this login (to change that, {})",
            kind.why_it_wins().unwrap_or_default(),
            kind.how_to_disable()
        )),
        _ => match &here.requested {
            Some(other) if is_host_wide(here, other) => warn(&format!(
                "git's configuration names {} for the Hub, so this login is used where it is asked for \
                 (git-credential-hf switch {} makes it git's)",
                printable(other),
                printable(name)
            )),
            Some(other) => warn(&format!(
                "this repository is {}'s, so this login is used elsewhere (git-credential-hf bind shows which account is \
                 whose)",
                printable(other)
            )),
            None => warn("git does not use this login here: git-credential-hf status tells why"),
        },
    }
    false
}

/// Whether git asks for that name wherever nobody else is named.
fn is_host_wide(here: &Here, name: &str) -> bool {
    let urls = here.hub.urls();
    let keys: Vec<_> = urls.iter().map(|url| format!("credential.{url}.username")).collect();
    let is_one = |key: &String| key == "credential.username" || keys.contains(key);
    here.entries.iter().any(|entry| entry.value == name && is_one(&entry.key))
}

fn chosen_way(options: &Login, endpoint: &Endpoint) -> Result<Way> {
    match options {
        Login { browser: true, .. } => return Ok(Way::Browser),
        // what is typed there would be shown
        Login { with_token: true, .. } if io::stdin().is_terminal() => return Ok(Way::Terminal),
        Login { with_token: true, .. } => return Ok(Way::Stdin),
        _ => {}
    }
    ensure!(
        terminal::is_interactive(),
        "there is no terminal to ask at (git-credential-hf login --with-token reads a token from stdin, --browser shows a \
         code to confirm in a browser)"
    );
    if options.name.is_some() {
        return Ok(Way::Terminal);
    }
    note("How do you want to log in?");
    let paste = format!("Paste an access token from {}/settings/tokens", endpoint.url());
    let choice = terminal::choose(&["Log in with a browser (recommended; renews itself)", &paste], 1)?;
    Ok(if choice == 1 { Way::Browser } else { Way::Terminal })
}

fn from_browser(endpoint: &Endpoint, options: &Login) -> Result<Newcomer> {
    let Grant { access_token, refresh_token, expires_in } = confirmed().context("login failed")?;
    let identity = match identified(&access_token, options) {
        // the Hub has just issued it: whose it is can wait, and the person need not confirm it twice
        Err(Failure::Passing(why)) => {
            warn(&format!("{why}: the login is stored without its account's name"));
            None
        }
        known => of_a_person(known, endpoint)?,
    };
    let mut newcomer = Newcomer::new(access_token, identity);
    newcomer.login.refresh_token = refresh_token;
    newcomer.login.expires_at = expires_in.map(|seconds| token::now().saturating_add(seconds));
    Ok(newcomer)
}

/// The person is told where to go, and waited for; Ctrl-C ends it, since nothing is kept yet.
fn confirmed() -> Result<Grant, Failure> {
    let api = Api::from_env()?;
    let mut code = api.device_code()?;
    note("Open this page in a browser, on this device or another:");
    note(&format!("    {}", printable(&code.url)));
    note("and check the code (or enter it):");
    note(&format!("    {}", printable(&code.user_code)));
    let _cancel = Cancel::with("cancelled; nothing was changed");
    let dots = Dots::behind("Waiting for confirmation in the browser (Ctrl-C to cancel) ");
    loop {
        if let Some(grant) = api.poll(&mut code)? {
            return Ok(grant);
        }
        dots.step();
        std::thread::sleep(code.interval);
    }
}

fn from_stdin() -> Result<Zeroizing<String>> {
    // read into its full length at once, since a buffer that grows leaves a copy behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST)? + 1));
    io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes).context("cannot read stdin")?;
    ensure!(bytes.len() as u64 <= LONGEST, "what is on stdin is longer than any token");
    let text = std::str::from_utf8(&bytes).map_err(|_| anyhow!("what is on stdin is no text, so it is no token"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn pasted(text: &str, endpoint: &Endpoint, options: &Login) -> Result<Newcomer> {
    let secret = checked(text, options)?;
    let identity = of_a_person(identified(&secret, options), endpoint)?;
    Ok(Newcomer::new(secret, identity))
}

/// What was pasted, if it may be a token.
fn checked(text: &str, options: &Login) -> Result<SecretString> {
    let text = text.trim_matches(token::is_space);
    let secret = token::clean(text).context("no token entered; nothing was changed")?;
    ensure!(
        !environment::is_placeholder(text),
        "that is the name of a variable instead of a token: give its value, as in `printenv HF_TOKEN | git-credential-hf \
         login --with-token`"
    );
    ensure!(
        !text.starts_with("api_org_"),
        "that is a token of an organization, which the Hub takes no longer: use one of your own account's"
    );
    if let Some(flaw) = token::flaw(&secret) {
        bail!("that is no token: it {flaw}; nothing was stored (copy the token itself, or make a new one)");
    }
    if token::begins_as_one(&secret) || options.no_verify {
        return Ok(secret);
    }
    let question = "Hugging Face tokens start with \"hf_\". Use this one anyway?";
    ensure!(
        terminal::is_interactive() && terminal::confirm(question)?,
        "Hugging Face tokens start with \"hf_\", so nothing was stored (--no-verify stores this one anyway)"
    );
    Ok(secret)
}

/// Whose it is; unknown where the Hub is not to be asked.
fn identified(secret: &SecretString, options: &Login) -> Result<Option<Identity>, Failure> {
    if options.no_verify {
        return Ok(None);
    }
    Api::from_env()?.whoami(secret).map(Some)
}

fn of_a_person(known: Result<Option<Identity>, Failure>, endpoint: &Endpoint) -> Result<Option<Identity>> {
    match known {
        Ok(Some(identity)) if identity.kind == "org" => {
            bail!("that is a token of an organization: use one of your own account's")
        }
        Ok(known) => Ok(known),
        Err(Failure::Unknown(why) | Failure::Refused(why)) => {
            bail!("{why}; nothing was stored (make a new one at {}/settings/tokens)", endpoint.url())
        }
        Err(Failure::Passing(why)) => {
            bail!("{why}; nothing was stored (--no-verify stores it without asking the Hub)")
        }
    }
}
