//! Logins in a browser: `oauth/device`, and the steps `oauth/token` takes until one is confirmed.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::Hub;
use super::http::Response;
use super::oauth::denied;

pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

const DEVICE_CODE: &str = "device-code-of-a-login";

/// What is answered until a login is confirmed, once each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    Pending,
    SlowDown,
    Denied,
    Expired,
    /// An error no client knows.
    Strange,
    /// 500 and a page.
    Fails,
    /// JSON that is no OAuth.
    NoAnswer,
    Late(Duration),
    /// Its code is good for one second.
    Short,
}

impl Hub {
    /// The next login in the browser takes these steps, and then is that account's.
    pub fn expect_login(&self, account: &str, steps: &[Step]) {
        self.state.oauth.expect_login(account, steps);
    }
}

#[derive(Default)]
pub(super) struct Logins {
    account: Option<String>,
    steps: Vec<Step>,
    is_short: bool,
}

impl Logins {
    pub(super) fn expect(&mut self, account: &str, steps: &[Step]) {
        self.account = Some(account.to_owned());
        self.is_short = steps.contains(&Step::Short);
        self.steps = steps.iter().rev().filter(|step| **step != Step::Short).copied().collect();
    }

    pub(super) fn begin(&self, asked: &HashMap<String, String>) -> Response {
        if self.account.is_none() || asked.get("client_id").is_none_or(String::is_empty) {
            return denied("invalid_client");
        }
        let answer = json!({
            "device_code": DEVICE_CODE, "user_code": "52AT-FLYZ", "verification_uri": "https://hf.co/oauth/device",
            "interval": 1, "expires_in": if self.is_short { 1 } else { 300 },
        });
        Response::json(200, &answer)
    }

    /// The next step of this login, if this is one and there is a step left.
    pub(super) fn step(&mut self, asked: &HashMap<String, String>) -> Option<Step> {
        asked.get("grant_type").filter(|grant| *grant == GRANT_TYPE)?;
        self.steps.pop()
    }

    /// Whose a login with that code is now.
    pub(super) fn confirmed(&self, device_code: &str) -> Option<String> {
        self.account.clone().filter(|_| device_code == DEVICE_CODE)
    }
}

impl Step {
    pub(super) fn answer(self) -> Response {
        match self {
            Self::Pending | Self::Short => denied("authorization_pending"),
            Self::SlowDown => denied("slow_down"),
            Self::Denied => denied("access_denied"),
            Self::Expired => denied("expired_token"),
            Self::Strange => denied("unauthorized_client"),
            Self::Fails => Response::text(500, "<html>Internal Server Error</html>"),
            Self::NoAnswer => Response::json(200, &json!({"message": "hello"})),
            Self::Late(late) => {
                thread::sleep(late);
                denied("authorization_pending")
            }
        }
    }
}
