//! The way to the Hub: what this program takes of git's settings, and what it leaves to git.

use crate::endpoint::Endpoint;
use crate::findings::remedy::Remedy;
use crate::findings::{Check, Finding};
use crate::here::Here;
use crate::hub::route::Route;
use crate::notice;
use crate::repository::entry::Entry;
use crate::repository::http;
use crate::terminal::printable;
use crate::url::Url;

/// Checks the proxy, the certificates and the settings that only git follows.
#[must_use]
pub fn checks(here: &Here, endpoint: &Endpoint) -> Vec<Finding> {
    let Some(url) = Url::parse(endpoint.url()) else { return Vec::new() };
    let setting = |name: &str| http::closest(name, &url, &here.entries);
    let mut checks = vec![match Route::to(endpoint.url()) {
        Err(why) => Finding::fail(
            Check::HubRouteBroken,
            format!("the Hub cannot be asked: {why}"),
            "correct it, or unset it".into(),
        ),
        Ok(route) => match route.used().as_slice() {
            [] => {
                Finding::ok(Check::HubRoute, "the Hub is asked without a proxy, and the system judges its certificate")
            }
            used => Finding::ok(Check::HubRoute, format!("the Hub is asked {}", used.join(", "))),
        },
    }];
    let of_repository = ["proxy", "sslcainfo", "sslcapath"].into_iter().filter_map(setting);
    checks.extend(of_repository.filter(|entry| entry.is_of_repository()).map(|entry| {
        Finding::warn(
            Check::RouteOfGitAlone,
            format!("{} leads git alone: this program takes no way to the Hub from a repository", place(entry)),
            Remedy::say(format!(
                "where that way is right, set {} with git config --global, and both take it",
                key(entry)
            )),
        )
    }));
    let method = setting("proxyauthmethod").filter(|entry| !["basic", "anyauth", ""].contains(&&*entry.value));
    checks.extend(method.map(|entry| {
        Finding::warn(
            Check::RouteOfGitAlone,
            format!("{} is for git alone: this program logs in to a proxy with Basic", place(entry)),
            "put a user and a password that the proxy takes so into its URL".into(),
        )
    }));
    checks
}

fn key(entry: &Entry) -> String {
    printable(&entry.key)
}

fn place(entry: &Entry) -> String {
    let key = printable(&crate::url::without_userinfo(&entry.key));
    let file = entry.file.as_ref().map_or_else(String::new, |file| format!(", {}", notice::printable(file)));
    format!("{key} (git's {} configuration{file})", entry.scope.name())
}
