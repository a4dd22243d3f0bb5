//! `api/whoami-v2`: each kind of token, and its bad days.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::Hub;
use super::access::{Account, Role};
use super::http::Response;

/// How whoami answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum WhoamiMood {
    #[default]
    Prompt,
    /// It was asked too often; for so many seconds.
    Limited(u64),
    Fails,
}

impl Hub {
    /// What whoami says of `token` besides what it says of every token of that account.
    pub fn describe(&self, token: &str, description: Value) {
        self.state.whoami.describe(token, description);
    }

    /// How whoami answers from now on.
    pub fn whoami_is(&self, mood: WhoamiMood) {
        self.state.whoami.set_mood(mood);
    }
}

#[derive(Default)]
pub(super) struct Whoami(Mutex<(WhoamiMood, HashMap<String, Value>)>);

impl Whoami {
    pub(super) fn set_mood(&self, mood: WhoamiMood) {
        self.0.lock().expect("lock").0 = mood;
    }

    pub(super) fn describe(&self, token: &str, description: Value) {
        self.0.lock().expect("lock").1.insert(token.to_owned(), description);
    }

    /// What it says of a token of that account.
    pub(super) fn of(&self, account: &Account, token: Option<&str>) -> Response {
        let (mood, descriptions) = &*self.0.lock().expect("lock");
        match mood {
            WhoamiMood::Prompt => {}
            WhoamiMood::Limited(seconds) => {
                return Response::text(429, "too often").with("RateLimit", &format!("\"api\";r=0;t={seconds}"));
            }
            WhoamiMood::Fails => return Response::text(502, "<html>Bad Gateway</html>"),
        }
        let token = token.unwrap_or_default();
        // the route does not know these
        if token.starts_with("hf_jwt_") {
            return Response::json(401, &json!({"error": "Invalid credentials in Authorization header"}));
        }
        let role = match account.role {
            Role::Read => "read",
            Role::Write => "write",
        };
        let auth = if token.starts_with("hf_oauth_") {
            json!({ "type": "app_token_as_user", "expiresAt": "2100-01-01T00:00:00.000Z" })
        } else {
            json!({ "type": "access_token", "accessToken": {
                "displayName": format!("token of {}", account.name), "role": role, "createdAt": "2026-01-01T00:00:00.000Z",
            } })
        };
        let mut body = json!({
            "type": "user", "id": "000000000000000000000000", "name": account.name, "fullname": account.name,
            "canPay": false, "isPro": false, "avatarUrl": "/avatar.svg", "periodEnd": null, "orgs": [], "auth": auth,
        });
        if let Some(description) = descriptions.get(token) {
            merge(&mut body, description.clone());
        }
        Response::json(200, &body)
    }
}

fn merge(body: &mut Value, other: Value) {
    match (body, other) {
        (Value::Object(body), Value::Object(other)) => {
            for (key, value) in other {
                merge(body.entry(key).or_insert(Value::Null), value);
            }
        }
        (body, other) => *body = other,
    }
}
