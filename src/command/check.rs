//! `list --check`: asks the Hub which tokens still work, once about each and about a few at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::accounts::Accounts;
use crate::endpoint::{Endpoint, Hub};
use crate::hub::whoami::Identity;
use crate::hub::{Api, Failure};
use crate::terminal::{Progress, Tone};
use crate::token;

/// How many questions the Hub is asked at once: it limits them strictly.
const AT_ONCE: usize = 4;

/// What the Hub says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It works.
    Works,
    /// The Hub does not take it, for this reason.
    Rejected(String),
    /// The Hub did not say, for this reason.
    Unknown(String),
}

impl Answer {
    fn of(said: &Result<Identity, Failure>) -> Self {
        match said {
            Ok(_) => Self::Works,
            Err(Failure::Unknown(why) | Failure::Refused(why)) => Self::Rejected(why.clone()),
            Err(Failure::Passing(why)) => Self::Unknown(why.clone()),
        }
    }

    /// Returns it for people, and the color it is shown in.
    pub(super) fn in_words(&self) -> (String, Tone) {
        match self {
            Self::Works => ("works".to_owned(), Tone::Good),
            Self::Rejected(why) => (why.clone(), Tone::Bad),
            Self::Unknown(_) => ("not checked".to_owned(), Tone::Doubtful),
        }
    }

    /// Returns it for programs.
    pub(super) fn json(&self) -> Value {
        let (result, message) = match self {
            Self::Works => ("works", None),
            Self::Rejected(why) => ("rejected", Some(why)),
            Self::Unknown(why) => ("unknown", Some(why)),
        };
        json!({ "result": result, "message": message })
    }
}

/// Asks about each of these tokens, each shown to its own Hub alone, and remembers the answers. One who asks too often is told
/// so: the rest is not asked about then.
pub(super) fn ask(hub: &Hub, tokens: &[(Endpoint, SecretString)]) -> Vec<Answer> {
    let answers = Mutex::new(vec![None; tokens.len()]);
    let questions = Mutex::new(tokens.iter().enumerate());
    let is_over = AtomicBool::new(false);
    let next = || questions.lock().ok()?.next();
    let keep = |position: usize, answer: Answer| {
        if let Ok(mut answers) = answers.lock() {
            answers[position] = Some(answer);
        }
    };
    let worker = || {
        while let Some((position, (endpoint, secret))) = next() {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            if token::is_of_publisher(secret) {
                keep(position, Answer::Unknown("the Hub does not say whose a trusted publisher's token is".to_owned()));
                continue;
            }
            let said = Api::at(hub, endpoint).and_then(|api| {
                let said = api.whoami(secret);
                is_over.fetch_or(api.is_rate_limited(), Ordering::Relaxed);
                said
            });
            Accounts::from_env().learn(endpoint, secret, said.as_ref());
            keep(position, Answer::of(&said));
        }
    };
    let hosts = tokens.first().map_or("the Hub", |(endpoint, _)| endpoint.host());
    let progress = Progress::of(&format!("asking {hosts} about {} tokens ...", tokens.len()));
    std::thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(tokens.len()) {
            // where no thread can be started, the others do its work
            _ = std::thread::Builder::new().spawn_scoped(scope, worker);
        }
        worker();
    });
    drop(progress);
    let left = || Answer::Unknown("rate limited by the Hub; try again in a few minutes".to_owned());
    let answers = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    answers.into_iter().map(|answer| answer.unwrap_or_else(left)).collect()
}
