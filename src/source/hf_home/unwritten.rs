//! What the Hub granted for a token, where the process that asked did not live to write it down. It stands in the file that
//! was to become `stored_tokens`, labelled with the one token of the one section that it replaces.

use std::fs;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::replacement::{self, is_whole, left_over};
use super::stored_tokens::{Section, StoredTokens};
use super::{file, secret_of, token_of};
use crate::private::may_replace;
use crate::token::{self, AccessToken};

/// The refresh token of a section, where it is one that `hf` refreshes.
pub(super) fn refresh_token_of(section: Section<'_>) -> Option<SecretString> {
    token::clean(&section.get("refresh_token")?)
}

/// What a token that a section is to lose by a refresh is known by afterwards.
#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
pub(super) fn label(section: &str, secret: &SecretString) -> String {
    token::digest(&["replaced", section, secret.expose_secret()])
}

/// What was granted for the token in a section, but not written there.
pub(super) fn find(path: &Path, section: Section<'_>) -> Option<AccessToken> {
    let old = secret_of(section)?;
    left_over(path, &label(section.name(), &old)).find_map(|file| granted_in(&file, section.name(), &old))
}

/// Whatever was granted for a token has been written, or is of no use.
pub(super) fn forget(path: &Path, section: &str, old: &SecretString) {
    for file in left_over(path, &label(section, old)) {
        // what cannot be removed is for a token nobody has any more
        _ = fs::remove_file(file);
    }
}

/// Removes what killed processes left beside `stored_tokens`, but for what a section in it waits for.
pub(super) fn sweep(path: &Path, held: &StoredTokens) {
    replacement::sweep(path, |file, label_of_file| {
        held.sections().any(|section| {
            secret_of(section).is_some_and(|old| {
                label(section.name(), &old) == label_of_file && granted_in(file, section.name(), &old).is_some()
            })
        })
    });
}

/// The new token of a section, from a file that was to become `stored_tokens`. Nothing else in it counts, for the others
/// may have been changed since.
fn granted_in(path: &Path, section: &str, old: &SecretString) -> Option<AccessToken> {
    if !fs::symlink_metadata(path).is_ok_and(|about| about.is_file() && may_replace(&about)) {
        return None;
    }
    let text = file::read(path, |_| true).ok()?.filter(|text| is_whole(text))?;
    let file = StoredTokens::parse(text).ok()?;
    let section = file.section(section)?;
    let mut token = token_of(section)?;
    token.refresh_token = Some(refresh_token_of(section)?);
    (!token::same(&token.secret, old)).then_some(token)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::*;

    const NEW: &str = "[a]\nhf_token = new\nrefresh_token = r2\nexpires_at = 9\n";

    fn held() -> StoredTokens {
        StoredTokens::parse("[a]\nhf_token = old\nrefresh_token = r\n".to_owned().into()).unwrap()
    }

    fn label_of(section: &str, secret: &str) -> String {
        label(section, &SecretString::from(secret))
    }

    fn left(directory: &Path, label: &str, text: &str) -> PathBuf {
        let path = directory.join(format!(".git-credential-hf.{label}.x"));
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn only_what_was_written_whole_for_that_very_token_counts() {
        for (text, is_found) in [
            (NEW.to_owned(), true),
            (format!("{NEW}\n[b]\nhf_token = x\n# the end"), true),
            (format!("{NEW}####"), true),
            ("[a]\nhf_token = new\nrefresh_token = r####".to_owned(), false),
            ("[a]\nhf_token = new\n####".to_owned(), false),
            ("[a]\nhf_token = old\nrefresh_token = r\n".to_owned(), false),
            ("[b]\nhf_token = new\nrefresh_token = r\n".to_owned(), false),
            ("####".to_owned(), false),
            (String::new(), false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            left(directory.path(), &label_of("a", "old"), &text);
            left(directory.path(), &label_of("a", "older"), NEW);
            left(directory.path(), &label_of("b", "old"), NEW);
            let found = find(&directory.path().join("stored_tokens"), held().section("a").unwrap());
            let wanted = is_found.then_some(Some(9));
            assert_eq!(found.map(|token| token.expires_at), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_section_waits_for_is_not_swept_away() {
        for (of, text, stays) in [
            (("a", "old"), NEW, true),
            (("a", "old"), "####", false),
            (("a", "older"), NEW, false),
            (("b", "old"), NEW, false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let file = left(directory.path(), &label_of(of.0, of.1), text);
            let date = SystemTime::now() - Duration::from_secs(90);
            fs::File::options().write(true).open(&file).unwrap().set_modified(date).unwrap();
            sweep(&directory.path().join("stored_tokens"), &held());
            assert_eq!(file.exists(), stays, "{of:?} {text}");
        }
    }
}
