//! Where tokens are kept: the files of the HF home, and the system keychain.

use std::fs;
use std::path::Path;

use crate::here::Here;
use crate::private::{self, directory_of};
use crate::source::hf_home::{HfHome, paths};
use crate::source::keychain::{Keychain, Unavailable};
use crate::source::{Place, Source as _};
use crate::terminal::printable;

use super::Check;

/// All of it.
#[must_use]
pub fn checks(here: &Here) -> Vec<Check> {
    let mut checks = files(here);
    checks.push(keychain(here));
    checks
}

fn files(here: &Here) -> Vec<Check> {
    const NAME: &str = "HF home";
    let held = std::rc::Rc::new(HfHome::offline()).list(&here.endpoint);
    if let [Err(error)] = &held[..]
        && error.is::<paths::Relative>()
    {
        return vec![Check::fail(NAME, format!("{error:#}"), "set it to an absolute path, or unset it")];
    }
    let paths = paths::files();
    let mut checks: Vec<_> = paths.iter().filter_map(|path| file(NAME, path)).collect();
    let directories = paths.each_ref().map(|path| directory_of(path));
    checks.extend(directory(NAME, directories[0]));
    if directories[1] != directories[0] {
        checks.extend(directory(NAME, directories[1]));
    }
    for error in held.iter().filter_map(|held| held.as_ref().err()) {
        let told = format!("{error:#}");
        // the way out is behind the colon, or in brackets
        checks.push(Check::fail(NAME, told, "repair or move away that file, then `git-credential-hf login`"));
    }
    if checks.is_empty() {
        let of_hf = |place| [Place::StoredTokens, Place::TokenFile].contains(&place);
        let count = held.iter().flatten().filter(|held| of_hf(held.place)).count();
        let place = printable(&directories[0].display().to_string());
        let tokens = match count {
            0 => "no token of hf's".to_owned(),
            1 => "1 token, for you alone".to_owned(),
            count => format!("{count} tokens, for you alone"),
        };
        checks.push(Check::ok(NAME, format!("{place}: {tokens}")));
    }
    checks
}

#[cfg(unix)]
fn file(name: &'static str, path: &Path) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let shown = printable(&path.display().to_string());
    let mode = about.permissions().mode() & 0o777;
    if !private::is_ours(&about) {
        return Some(Check::warn(
            name,
            format!("{shown} is another user's"),
            format!("give it to yourself: sudo chown \"$(id -un)\" '{shown}'"),
        ));
    }
    (mode & 0o077 != 0).then(|| {
        Check::warn(
            name,
            format!("{shown} holds tokens, and others on this machine may read it (mode {mode:o})"),
            format!("chmod 600 '{shown}'"),
        )
    })
}

/// Who may write there, may put a token of theirs in place of yours.
#[cfg(unix)]
fn directory(name: &'static str, path: &Path) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let shown = printable(&path.display().to_string());
    (mode & 0o022 != 0).then(|| {
        Check::warn(
            name,
            format!("others on this machine may replace what is in {shown} (mode {mode:o})"),
            format!("chmod 700 '{shown}'"),
        )
    })
}

#[cfg(not(unix))]
fn file(_: &'static str, _: &Path) -> Option<Check> {
    None
}

#[cfg(not(unix))]
fn directory(_: &'static str, _: &Path) -> Option<Check> {
    None
}

fn keychain(here: &Here) -> Check {
    const NAME: &str = "keychain";
    const INSTEAD: &str = "what git stores goes into the HF home's stored_tokens, for you alone";
    let keychain = Keychain::default();
    match keychain.is_ready().and_then(|()| keychain.find(&here.endpoint, None)) {
        Ok(entries) => {
            let (count, plural) = (entries.len(), if entries.len() == 1 { "entry" } else { "entries" });
            Check::ok(NAME, format!("found, open, with {count} {plural} for {}", here.endpoint.host()))
        }
        Err(Unavailable::Off) => Check::ok(NAME, format!("turned off (GIT_CREDENTIAL_HF_KEYCHAIN): {INSTEAD}")),
        Err(Unavailable::NoBus) => Check::ok(NAME, format!("none, since there is no session bus here: {INSTEAD}")),
        Err(Unavailable::AnotherUsersBus) => Check::warn(
            NAME,
            format!(
                "none, since the session bus that DBUS_SESSION_BUS_ADDRESS names is another user's or a remote one: {INSTEAD}"
            ),
            "`unset DBUS_SESSION_BUS_ADDRESS`, or set it to your own",
        ),
        Err(Unavailable::BusGone(address)) => Check::warn(
            NAME,
            format!(
                "the session bus that DBUS_SESSION_BUS_ADDRESS names does not answer ({}), so what the keychain holds is \
                 not seen",
                printable(&address)
            ),
            "`unset DBUS_SESSION_BUS_ADDRESS`, or log in to the desktop anew",
        ),
        Err(Unavailable::NoService) => Check::ok(NAME, format!("none on the session bus: {INSTEAD}")),
        Err(Unavailable::NoCollection) => Check::warn(
            NAME,
            format!("it has no default collection: {INSTEAD}"),
            "create one in your desktop's password manager",
        ),
        Err(Unavailable::Locked | Unavailable::EntryLocked) => Check::warn(
            NAME,
            "locked: an account that git asks for by name gets no token, and others get that of the HF home",
            "unlock it, such as by logging in to the desktop, or set HF_TOKEN",
        ),
        Err(Unavailable::Silent) => Check::warn(
            NAME,
            "silent: each time, git waits 3 s before the HF home is asked",
            "restart it, or set GIT_CREDENTIAL_HF_KEYCHAIN=off",
        ),
        Err(Unavailable::Failed(why)) => Check::warn(
            NAME,
            format!("it answers, and says no: {}", printable(&why)),
            "set GIT_CREDENTIAL_HF_KEYCHAIN=off to do without",
        ),
    }
}
