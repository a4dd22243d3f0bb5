//! The Hub's API of repositories, and the signs by which it tells one refusal from another: in its API and in git's answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::access::{Account, Role, Shown};
use super::http::{Request, Response};

/// How the Hub answers one token, wherever it is shown but where it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Sign {
    /// The API says so; git's server says what it says of any.
    Expired,
    /// The same, while whoami wants a pause.
    ExpiredUntold,
    /// The organisation's policies: whoami is as ever.
    AwaitsApproval,
    RevokedByOrganisation,
    WantsFineGrained,
    /// The terms of a gated repository.
    Awaited,
    Rejected,
    NotForThisToken,
    /// Repositories that are closed.
    Disabled,
    /// 403 with these words, by git's server and by the API.
    Forbidden(&'static str),
    /// 403 with these words to the wish to upload.
    MayNotUpload(&'static str),
    /// 401 for repositories, while whoami is as ever.
    Unwanted,
    /// 401 by whoami alone, as for the token of a trusted publisher.
    Unnamed,
    /// 429 everywhere, for that many seconds.
    Limited(u64),
    /// 429 by whoami alone.
    LimitedWhoami(u64),
    /// 500 for repositories.
    Fails,
}

/// What tests told the Hub about tokens and the time.
#[derive(Default)]
pub(super) struct Signs(Mutex<Book>);

#[derive(Default)]
struct Book {
    signs: HashMap<String, Sign>,
    /// How far the Hub's clock is ahead of this machine's, in seconds.
    ahead: Option<i64>,
}

impl Signs {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("lock")
    }

    pub(super) fn put(&self, token: &str, sign: Sign) {
        self.book().signs.insert(token.to_owned(), sign);
    }

    pub(super) fn set_clock(&self, ahead: i64) {
        self.book().ahead = Some(ahead);
    }

    /// The sign for that token, if this request shows it.
    pub(super) fn answer(&self, request: &Request, shown: &Shown) -> Option<Response> {
        let sign = self.book().signs.get(&shown.secret()?).cloned()?;
        let is_whoami = request.path == "/api/whoami-v2";
        let is_api = request.path.starts_with("/api/");
        let is_upload = request.path.ends_with("/xet-write-token/main");
        let policy = |said: &str| (!is_whoami).then(|| refusal(403, is_api, None, said));
        // anybody may see that a gated repository is there
        let gated = |said: &str| (!is_whoami && !is_api).then(|| refusal(403, is_api, Some("GatedRepo"), said));
        match sign {
            Sign::ExpiredUntold if is_whoami => Some(pause(60)),
            Sign::Expired | Sign::ExpiredUntold if is_api => {
                Some(refusal(401, true, None, "User Access Token \"laptop\" is expired"))
            }
            Sign::Expired | Sign::ExpiredUntold => Some(Response::unauthorized()),
            Sign::AwaitsApproval => policy(
                "Due to the organization token policy, your token needs to be approved by the organization before you \
                 can access this resource.",
            ),
            Sign::RevokedByOrganisation => policy(
                "Your token has been revoked by the organization administrator, you can no longer access organization \
                 resources. Please contact them for more information.",
            ),
            Sign::WantsFineGrained => policy("The organization only allows fine-grained tokens."),
            Sign::Awaited => gated("Your request to access model acme/m is awaiting a review from the repo authors."),
            Sign::Rejected => gated("Your request to access model acme/m has been rejected by the repo's authors."),
            Sign::NotForThisToken => gated(
                "Please enable access to public gated repositories in your fine-grained token settings to view this \
                 repository.",
            ),
            Sign::Disabled => policy("Access to this resource is disabled."),
            Sign::Forbidden(said) => policy(said),
            Sign::MayNotUpload(said) => is_upload.then(|| refusal(403, true, None, said)),
            Sign::Unwanted => (!is_whoami).then(Response::unauthorized),
            Sign::Unnamed | Sign::LimitedWhoami(_) if !is_whoami => None,
            Sign::Unnamed => Some(refusal(401, true, None, "Invalid credentials in Authorization header")),
            Sign::Limited(seconds) | Sign::LimitedWhoami(seconds) => Some(pause(seconds)),
            Sign::Fails => (!is_whoami).then(|| Response::text(500, "Internal Server Error")),
        }
    }

    pub(super) fn dated(&self, response: Response) -> Response {
        let Some(ahead) = self.book().ahead else { return response };
        let by = Duration::from_secs(ahead.unsigned_abs());
        let now = SystemTime::now();
        let date = if ahead < 0 { now - by } else { now + by };
        response.with("Date", &httpdate::fmt_http_date(date))
    }
}

fn pause(seconds: u64) -> Response {
    Response::text(429, "Too many requests")
        .with("RateLimit", &format!("\"api\";r=0;t={seconds}"))
        .with("RateLimit-Policy", "\"fixed window\";\"api\";q=1000;w=300")
}

/// The API has it in JSON and in a header, git's server in plain text.
fn refusal(status: u16, is_api: bool, code: Option<&str>, said: &str) -> Response {
    let response = if is_api {
        Response::json(status, &json!({ "error": said })).with("X-Error-Message", said)
    } else {
        Response::text(status, said)
    };
    match code {
        Some(code) => response.with("X-Error-Code", code),
        None => response,
    }
}

/// A path of the API: the repository's name, and what is wanted of it.
pub(super) fn split(path: &str) -> Option<(String, &str)> {
    let (kind, rest) = path.strip_prefix("/api/")?.split_once('/')?;
    let (name, wish) = match rest.strip_suffix("/xet-write-token/main") {
        Some(name) => (name, "upload"),
        None => (rest, "look"),
    };
    let prefix = match kind {
        "models" => "",
        "datasets" => "datasets/",
        "spaces" => "spaces/",
        _ => return None,
    };
    Some((format!("{prefix}{name}"), wish))
}

/// The answer to somebody who was let in.
pub(super) fn serve(wish: &str, account: Option<&Account>) -> Response {
    match (wish, account) {
        ("upload", Some(account)) if account.role == Role::Write => {
            Response::json(200, &json!({ "accessToken": "secret-of-the-storage", "casUrl": "https://cas.example" }))
        }
        ("upload", _) => refusal(403, true, None, "Forbidden: you must use a write token to upload to a repository."),
        _ => Response::json(200, &json!({ "id": "an id", "private": true })),
    }
}
