//! `api/credentials/revoke`: whoever has a token may end it, and is not told which was known.

use std::sync::Mutex;

use serde_json::Value;

use super::http::{Request, Response};
use super::{Hub, State};

#[derive(Default)]
pub(super) struct Revocations {
    refused: Mutex<bool>,
    ended: Mutex<Vec<String>>,
}

impl Hub {
    /// From now on no token is ended by who holds it.
    pub fn refuse_to_revoke(&self) {
        *self.state.revocations.refused.lock().expect("lock") = true;
    }

    /// The tokens that were ended by who held them.
    pub fn revoked(&self) -> Vec<String> {
        self.state.revocations.ended.lock().expect("lock").clone()
    }
}

impl State {
    pub(super) fn end(&self, request: &Request) -> Response {
        if *self.revocations.refused.lock().expect("lock") {
            return Response::text(503, "try later");
        }
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        for token in asked["credentials"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.tokens.write().expect("lock").remove(token);
            self.revocations.ended.lock().expect("lock").push(token.to_owned());
        }
        Response::text(202, "")
    }
}
