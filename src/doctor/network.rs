//! The way to the Hub: what this program takes of git's settings, and what it leaves to git.

use crate::endpoint::Endpoint;
use crate::here::Here;
use crate::hub::route::Route;
use crate::notice;
use crate::repository::entry::{Entry, Scope};
use crate::repository::{credential, http};
use crate::terminal::{printable, quoted};
use crate::url::Url;

use super::Check;

const NAME: &str = "network";

/// Checks the proxy, the certificates and the settings that only git follows.
#[must_use]
pub fn checks(here: &Here, endpoint: &Endpoint) -> Vec<Check> {
    let Some(url) = Url::parse(endpoint.url()) else { return Vec::new() };
    let setting = |name: &str| http::closest(name, &url, &here.entries);
    let mut checks = vec![match Route::to(endpoint.url()) {
        Err(why) => Check::fail(NAME, format!("the Hub cannot be asked: {why}"), "correct it, or unset it"),
        Ok(route) => match route.used().as_slice() {
            [] => Check::ok(NAME, "the Hub is asked without a proxy, and the system judges its certificate"),
            used => Check::ok(NAME, format!("the Hub is asked {}", used.join(", "))),
        },
    }];
    checks.extend(unverified(setting("sslverify")));
    let of_repository = ["proxy", "sslcainfo", "sslcapath"].into_iter().filter_map(setting);
    checks.extend(of_repository.filter(|entry| entry.is_of_repository()).map(|entry| {
        Check::warn(
            NAME,
            format!("{} leads git alone: this program takes no way to the Hub from a repository", place(entry)),
            format!("where that way is right, `git config --global {} …` has both take it", quoted(&key(entry))),
        )
    }));
    let method = setting("proxyauthmethod").filter(|entry| !["basic", "anyauth", ""].contains(&&*entry.value));
    checks.extend(method.map(|entry| {
        Check::warn(
            NAME,
            format!("{} is for git alone: this program logs in to a proxy with Basic", place(entry)),
            "put a user and a password that the proxy takes so into its URL",
        )
    }));
    checks
}

/// A certificate that git does not look at, where it is told not to.
fn unverified(setting: Option<&Entry>) -> Option<Check> {
    const TOLD: &str =
        "git shows your token to whoever answers in the Hub's place; this program checks the certificate";
    const INSTEAD: &str = "name the file of a company's certificates in http.sslCAInfo instead";
    if is_set("GIT_SSL_NO_VERIFY") {
        return Some(Check::warn(
            NAME,
            format!("GIT_SSL_NO_VERIFY is set: {TOLD}"),
            format!("`unset GIT_SSL_NO_VERIFY`, and {INSTEAD}"),
        ));
    }
    let entry = setting.filter(|entry| !entry.value.is_empty() && !credential::is_true(&entry.value))?;
    let remedy = match entry.scope {
        Scope::Command => format!("take it out of the command line or GIT_CONFIG_COUNT, and {INSTEAD}"),
        scope => format!("`git config --{} --unset-all {}`, and {INSTEAD}", scope.name(), quoted(&key(entry))),
    };
    Some(Check::warn(NAME, format!("{} is false: {TOLD}", place(entry)), remedy))
}

fn key(entry: &Entry) -> String {
    printable(&entry.key)
}

fn place(entry: &Entry) -> String {
    let key = printable(&crate::url::without_userinfo(&entry.key));
    let file = entry.file.as_ref().map_or_else(String::new, |file| format!(", {}", notice::printable(file)));
    format!("{key} (git's {} configuration{file})", entry.scope.name())
}

#[expect(clippy::disallowed_methods, reason = "git's own way to switch the check off")]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}
