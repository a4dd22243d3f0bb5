//! Where tokens are kept: the files of the HF home, and the system keychain.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::findings::environment::relative_home;
use crate::findings::remedy::{Command, Remedy};
use crate::findings::{Check, Finding, Severity};
use crate::here::Here;
use crate::private::{self, directory_of};
use crate::source::hf_home::{HfHome, paths};
use crate::source::keychain::{Keychain, Unavailable};
use crate::source::{Place, Source as _};
use crate::terminal::printable;

/// All of it.
#[must_use]
pub fn checks(here: &Here) -> Vec<Finding> {
    let mut checks = files(here);
    checks.push(keychain(here));
    checks
}

fn files(here: &Here) -> Vec<Finding> {
    if let Some(found) = home_of_another() {
        // all below it follows from that
        return vec![found];
    }
    let held = std::rc::Rc::new(HfHome::offline()).list(&here.endpoint);
    if let Some(found) = relative_home() {
        return vec![found];
    }
    let paths = paths::files();
    let mut checks: Vec<_> = paths.iter().filter_map(|path| file(path)).collect();
    let directories = paths.each_ref().map(|path| directory_of(path));
    checks.extend(directory(directories[0]));
    if directories[1] != directories[0] {
        checks.extend(directory(directories[1]));
    }
    let is_anothers = |found: &Finding| found.check == Check::HfHomeOthers;
    if !checks.iter().any(is_anothers) {
        checks.extend(held.iter().filter_map(|held| held.as_ref().err()).map(|error| {
            // the way out is behind the colon, or in brackets
            let remedy =
                Remedy::say("repair or move away that file, then ").then(Command::of("git-credential-hf login"));
            Finding::fail(Check::HfHomeUnreadable, format!("{error:#}"), remedy)
        }));
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
        checks.push(Finding::ok(Check::HfHomePrivate, format!("{place}: {tokens}")));
    }
    checks
}

/// A container often has HOME of root, and another user.
#[cfg(unix)]
fn home_of_another() -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let (home, user) = (std::env::home_dir()?, nix::unistd::geteuid());
    let owner = fs::metadata(&home).ok()?.uid();
    if user.is_root() || owner == user.as_raw() {
        return None;
    }
    let own = nix::unistd::User::from_uid(user).ok().flatten().map(|user| user.dir).filter(|own| *own != home);
    // a home of nobody's, such as one that is mounted, may be written all the same
    let is_usable = nix::unistd::access(&home, nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK).is_ok();
    if is_usable {
        return None;
    }
    let message = format!("HOME is another user's: {}", printable(&home.display().to_string()));
    let remedy = match own.as_deref().and_then(Path::to_str) {
        Some(own) => Remedy::run(exporting("HOME", own)),
        None => "set HOME to a directory of your own".into(),
    };
    Some(Finding::fail(Check::HomeOfAnother, message, remedy).at("HOME"))
}

#[cfg(not(unix))]
fn home_of_another() -> Option<Finding> {
    None
}

fn exporting(name: &str, value: &str) -> Command {
    Command::new(["export".to_owned(), format!("{name}={value}")])
}

/// What is another user's, or shared, is left alone: the way out is a place of one's own.
fn elsewhere(path: &Path) -> Remedy {
    let home = std::env::home_dir().unwrap_or_default();
    let places: [PathBuf; 2] =
        [".cache/huggingface/token", ".local/share/huggingface/token"].map(|name| home.join(name));
    let own = places.iter().find(|place| place.parent() != path.parent()).unwrap_or(&places[1]);
    match own.to_str() {
        Some(own) => Remedy::run(exporting("HF_TOKEN_PATH", own)).then(Command::of("git-credential-hf login")),
        None => "set HF_TOKEN_PATH to a file of your own".into(),
    }
}

#[cfg(unix)]
fn file(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let shown = printable(&path.display().to_string());
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
        about => Some(about.ok().filter(fs::Metadata::is_file)?),
    };
    let is_closed = || File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    if about.as_ref().is_none_or(|about| !private::is_ours(about)) {
        let closed = if is_closed() { ", and closed to you" } else { "" };
        let severity = if closed.is_empty() { Severity::Warn } else { Severity::Fail };
        let found = Finding::warn(Check::HfHomeOthers, format!("{shown} is another user's{closed}"), elsewhere(path));
        return Some(Finding { severity, ..found.at(shown) });
    }
    let about = about.filter(|about| about.len() > 0)?;
    let mode = about.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        Finding::warn(
            Check::HfHomeReadable,
            format!("{shown} holds tokens, and others on this machine may read it (mode {mode:o})"),
            path.to_str().map_or_else(
                || "take that away from others".into(),
                |path| Remedy::run(Command::of("chmod 600").with(path)),
            ),
        )
        .at(shown)
    })
}

/// Who may write there, may put a token of theirs in place of yours. A group is let in on purpose, and the sticky bit keeps
/// what is in it.
#[cfg(unix)]
fn directory(path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = fs::metadata(path).ok()?;
    let mode = about.permissions().mode() & 0o7777;
    let shown = printable(&path.display().to_string());
    (mode & 0o1002 == 0o002 && private::is_ours(&about)).then(|| {
        Finding::warn(
            Check::HfHomeWritable,
            format!("others on this machine may replace what is in {shown} (mode {mode:o})"),
            path.to_str().map_or_else(
                || "take that away from others".into(),
                |path| Remedy::run(Command::of("chmod o-w").with(path)),
            ),
        )
        .at(shown)
    })
}

#[cfg(not(unix))]
fn file(_: &Path) -> Option<Finding> {
    None
}

#[cfg(not(unix))]
fn directory(_: &Path) -> Option<Finding> {
    None
}

fn keychain(here: &Here) -> Finding {
    const INSTEAD: &str = "what git stores goes into the HF home's stored_tokens, for you alone";
    let bus = || Remedy::of("unset DBUS_SESSION_BUS_ADDRESS");
    let off = || exporting("GIT_CREDENTIAL_HF_KEYCHAIN", "off");
    let keychain = Keychain::default();
    match keychain.is_ready().and_then(|()| keychain.find(&here.endpoint, None)) {
        Ok(entries) => {
            let (count, plural) = (entries.len(), if entries.len() == 1 { "entry" } else { "entries" });
            Finding::ok(Check::KeychainOpen, format!("found, open, with {count} {plural} for {}", here.endpoint.host()))
        }
        Err(Unavailable::Off) => {
            Finding::ok(Check::KeychainNone, format!("turned off (GIT_CREDENTIAL_HF_KEYCHAIN): {INSTEAD}"))
        }
        Err(Unavailable::NoBus) => {
            Finding::ok(Check::KeychainNone, format!("none, since there is no session bus here: {INSTEAD}"))
        }
        Err(Unavailable::AnotherUsersBus) => Finding::warn(
            Check::KeychainBusOfAnother,
            format!(
                "none, since the session bus that DBUS_SESSION_BUS_ADDRESS names is another user's or a remote one: {INSTEAD}"
            ),
            bus().and(", or set it to your own"),
        ),
        Err(Unavailable::BusGone(address)) => Finding::warn(
            Check::KeychainBusGone,
            format!(
                "the session bus that DBUS_SESSION_BUS_ADDRESS names does not answer ({}), so what the keychain holds is \
                 not seen",
                printable(&address)
            ),
            bus().and(", or log in to the desktop anew"),
        ),
        Err(Unavailable::NoService) => Finding::ok(Check::KeychainNone, format!("none on the session bus: {INSTEAD}")),
        Err(Unavailable::NoCollection) => Finding::warn(
            Check::KeychainNoCollection,
            format!("it has no default collection: {INSTEAD}"),
            "create one in your desktop's password manager".into(),
        ),
        Err(Unavailable::Locked | Unavailable::EntryLocked) => Finding::warn(
            Check::KeychainLocked,
            "locked: an account that git asks for by name gets no token, and others get that of the HF home",
            "unlock it, such as by logging in to the desktop, or set HF_TOKEN".into(),
        ),
        Err(Unavailable::Silent) => Finding::warn(
            Check::KeychainSilent,
            "silent: each time, git waits 3 s before the HF home is asked",
            Remedy::say("restart it, or ").then(off()),
        ),
        Err(Unavailable::Failed(why)) => Finding::warn(
            Check::KeychainFails,
            format!("it answers, and says no: {}", printable(&why)),
            Remedy::default().then(off()).and(" to do without"),
        ),
    }
}
