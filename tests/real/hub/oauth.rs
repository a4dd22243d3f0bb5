//! `oauth/token` with refresh tokens that rotate and CI identities, and the id tokens of something like GitHub Actions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::access::{Account, Role};
use super::http::{Request, Response};
use super::login::{self, Logins, Step};

/// Where jobs ask for their id token, and what they show there.
pub const ACTIONS_HOST: &str = "actions.example";
pub const JOB_TOKEN: &str = "token-of-the-job";

/// How `oauth/token` answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Mood {
    #[default]
    Prompt,
    /// As it should, but late.
    Slow(Duration),
    /// Not within any test's patience.
    Hangs,
    /// With 500 and a page instead of JSON.
    Fails,
    /// With `invalid_grant`.
    Denies,
    /// With a redirect to somebody else's machine.
    Redirects,
    /// With more than any answer holds.
    Floods,
}

/// One request for a token: its fields, form or JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub content_type: String,
    pub path: String,
    /// What its sender calls itself.
    pub agent: String,
    pub fields: HashMap<String, String>,
}

#[derive(Default)]
pub(super) struct Oauth(Mutex<Book>);

struct Book {
    mood: Mood,
    /// How long what is issued lives, in seconds; none: it is not said.
    lives: Option<i64>,
    rotates: bool,
    /// By refresh token: the access token it goes with, and whose they are.
    sessions: HashMap<String, (String, String)>,
    /// By id token: the resource it is trusted for, and whose.
    publishers: HashMap<String, (String, String)>,
    asked: Vec<Asked>,
    issued: usize,
    logins: Logins,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            mood: Mood::Prompt,
            lives: Some(30 * 24 * 3600),
            rotates: true,
            sessions: HashMap::new(),
            publishers: HashMap::new(),
            asked: Vec::new(),
            issued: 0,
            logins: Logins::default(),
        }
    }
}

/// What an answer changes among the tokens that are good.
#[derive(Default)]
pub(super) struct Change {
    pub granted: Option<(String, Account)>,
    pub dead: Option<String>,
}

impl Oauth {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("lock")
    }

    pub(super) fn set_mood(&self, mood: Mood) {
        self.book().mood = mood;
    }

    pub(super) fn set_life(&self, seconds: Option<i64>) {
        self.book().lives = seconds;
    }

    pub(super) fn stop_rotating(&self) {
        self.book().rotates = false;
    }

    pub(super) fn open_session(&self, refresh_token: &str, access_token: &str, account: &str) {
        self.book().sessions.insert(refresh_token.to_owned(), (access_token.to_owned(), account.to_owned()));
    }

    pub(super) fn trust(&self, id_token: &str, resource: &str, account: &str) {
        self.book().publishers.insert(id_token.to_owned(), (resource.to_owned(), account.to_owned()));
    }

    /// A login in the browser takes these steps, and then is that account's.
    pub(super) fn expect_login(&self, account: &str, steps: &[Step]) {
        self.book().logins.expect(account, steps);
    }

    /// The answer to a request for a code.
    pub(super) fn begin_login(&self, request: &Request) -> Response {
        self.book().logins.begin(&fields(request))
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    /// The answer to a request for a token. Nothing is held while it takes its time.
    pub(super) fn serve(&self, request: &Request) -> (Response, Change) {
        let asked = Asked {
            content_type: request.header("content-type").unwrap_or_default().to_owned(),
            path: request.path.clone(),
            agent: request.header("user-agent").unwrap_or_default().to_owned(),
            fields: fields(request),
        };
        let mood = {
            let mut book = self.book();
            book.asked.push(asked.clone());
            book.mood
        };
        if let Some(answer) = self.step(&asked.fields) {
            return (answer, Change::default());
        }
        let answer = match mood {
            Mood::Prompt => None,
            Mood::Slow(late) => {
                thread::sleep(late);
                None
            }
            Mood::Hangs => {
                thread::sleep(Duration::from_secs(15));
                Some(Response::text(504, ""))
            }
            Mood::Fails => Some(Response::text(500, "<html>Internal Server Error hf_Secret</html>")),
            Mood::Denies => Some(denied("invalid_grant")),
            Mood::Redirects => Some(Response::redirect("https://evil.example/oauth/token")),
            Mood::Floods => Some(Response::text(200, &"x".repeat(1 << 20))),
        };
        answer.map_or_else(|| self.book().grant(&asked.fields), |answer| (answer, Change::default()))
    }
}

impl Oauth {
    /// What a login that is not confirmed yet is answered.
    fn step(&self, asked: &HashMap<String, String>) -> Option<Response> {
        let step = self.book().logins.step(asked)?;
        // nothing is held while it takes its time
        Some(step.answer())
    }
}

impl Book {
    fn grant(&mut self, asked: &HashMap<String, String>) -> (Response, Change) {
        let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        self.issued += 1;
        let number = self.issued;
        match field("grant_type") {
            "refresh_token" => {
                let Some((dead, name)) = self.sessions.remove(field("refresh_token")) else {
                    return (denied("invalid_grant"), Change::default());
                };
                let token = format!("hf_oauth_{name}{number}");
                let refresh_token =
                    if self.rotates { format!("rt_{name}{number}") } else { field("refresh_token").to_owned() };
                self.sessions.insert(refresh_token.clone(), (token.clone(), name.clone()));
                let mut answer = json!({"access_token": token, "token_type": "bearer", "expires_in": self.lives});
                if self.rotates {
                    answer["refresh_token"] = refresh_token.into();
                }
                (self.said(answer), Change { granted: Some((token, writer(name))), dead: Some(dead) })
            }
            login::GRANT_TYPE => {
                let Some(name) = self.logins.confirmed(field("device_code")) else {
                    return (denied("invalid_grant"), Change::default());
                };
                let (token, refresh_token) = (format!("hf_oauth_{name}{number}"), format!("rt_{name}{number}"));
                self.sessions.insert(refresh_token.clone(), (token.clone(), name.clone()));
                let answer = json!({
                    "access_token": token, "refresh_token": refresh_token, "token_type": "bearer", "expires_in": self.lives,
                });
                (self.said(answer), Change { granted: Some((token, writer(name))), dead: None })
            }
            "urn:ietf:params:oauth:grant-type:token-exchange" => {
                let publisher = self.publishers.get(field("subject_token"));
                let is_id_token = field("subject_token_type") == "urn:ietf:params:oauth:token-type:id_token";
                match publisher.filter(|(resource, _)| *resource == field("resource") && is_id_token) {
                    Some((_, name)) => {
                        let (token, account) = (format!("hf_jwt_{name}{number}"), writer(name.clone()));
                        let answer = json!({"access_token": token, "token_type": "bearer", "expires_in": self.lives});
                        (self.said(answer), Change { granted: Some((token, account)), dead: None })
                    }
                    None => (denied("invalid_grant"), Change::default()),
                }
            }
            _ => (denied("invalid_request"), Change::default()),
        }
    }

    fn said(&self, mut answer: Value) -> Response {
        if self.lives.is_none() {
            answer.as_object_mut().expect("an object").remove("expires_in");
        }
        Response::json(200, &answer)
    }
}

/// The id token of a job that shows its own token, for the audience it names.
pub(super) fn id_token(request: &Request) -> Response {
    let audience = request.query.split('&').find_map(|pair| pair.strip_prefix("audience=")).map(decoded);
    let is_the_job = request.header("authorization") == Some(&format!("Bearer {JOB_TOKEN}"));
    match audience.filter(|_| is_the_job && request.method == "GET") {
        Some(audience) => Response::json(200, &json!({"count": 1, "value": format!("id-token-for-{audience}")})),
        None => Response::text(401, "not a job"),
    }
}

pub(super) fn denied(error: &str) -> Response {
    Response::json(400, &json!({"error": error, "error_description": "no hf_Secret for you"}))
}

fn writer(name: String) -> Account {
    Account { name, role: Role::Write }
}

fn fields(request: &Request) -> HashMap<String, String> {
    if let Ok(Value::Object(fields)) = serde_json::from_slice(&request.body) {
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        return fields.into_iter().map(|(key, value)| (key, text(value))).collect();
    }
    let body = String::from_utf8_lossy(&request.body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().expect("two digits"), rest.next().expect("two digits")];
                u8::from_str_radix(std::str::from_utf8(&digits).expect("ASCII"), 16).expect("hex")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}
