//! `api/whoami-v2`: whose a token is, and what it may do. The endpoint is strictly limited: it is asked when a person asks.

use std::ops::Range;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::{Api, Failure, PATIENCE};
use crate::terminal::printable;
use crate::token;

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name.
    pub name: String,
    /// `user`, `org` (a token of long ago) or `app`.
    pub kind: String,
    /// The name people call them.
    pub full_name: Option<String>,
    /// The organisations the account is a member of.
    pub organisations: Vec<Organisation>,
    /// What the token is.
    pub token: Kind,
    /// The token's own name; an OAuth token has none.
    pub token_name: Option<String>,
    /// The end of its life, as the Hub writes it (ISO 8601).
    pub expires_at: Option<String>,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// `admin`, `write`, `contributor` or `read`; unknown for some tokens.
    pub role: Option<String>,
    /// What it asks of its members' tokens: `mfa`, `sso`, `ip`, `token-policy`.
    pub restrictions: Vec<String>,
}

/// What a token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Read everything the account can.
    Read,
    /// Write everything the account can.
    Write,
    /// Exactly what it lists.
    FineGrained(FineGrained),
    /// A login in the browser.
    OAuth,
    /// One the Hub knows by another word.
    Other(String),
}

/// What a fine-grained token lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FineGrained {
    /// Whether it opens gated repositories whose terms the account accepted.
    pub reads_gated: bool,
    /// Permissions that are for everything.
    pub everywhere: Vec<String>,
    /// Permissions that are for one entity.
    pub scopes: Vec<Scope>,
}

/// What it may do to one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `model`, `dataset`, `space`, `org`, `user`, `collection` and the like.
    pub entity: String,
    /// The entity's name, where the Hub tells it.
    pub name: Option<String>,
    /// Permissions such as `repo.content.read` and `repo.write`.
    pub permissions: Vec<String>,
}

impl Api {
    /// Whose this token is.
    ///
    /// # Errors
    ///
    /// [`Failure::Unknown`] where the Hub does not know it; otherwise when the Hub does not say.
    pub fn whoami(&self, secret: &SecretString) -> Result<Identity, Failure> {
        self.whoami_within(secret, PATIENCE)
    }

    /// The same within `patience`, for where git waits.
    ///
    /// # Errors
    ///
    /// As for [`Self::whoami`].
    pub fn whoami_within(&self, secret: &SecretString, patience: Duration) -> Result<Identity, Failure> {
        let reply = self.ask_within(patience, "/api/whoami-v2", Some(secret))?;
        match reply.status {
            200 => Identity::read(&reply.json())
                .ok_or_else(|| Failure::Passing("the Hub's answer to whoami is not understood".to_owned())),
            401 if token::is_of_publisher(secret) => Err(Failure::Passing(
                "the Hub does not say whose a trusted publisher's token is; that does not make it invalid".to_owned(),
            )),
            status @ (401 | 403) => {
                let why = match reply.message() {
                    Some(said) => format!("the Hub refuses this token ({})", printable(&said)),
                    None => "the Hub refuses this token".to_owned(),
                };
                Err(if status == 401 { Failure::Unknown(why) } else { Failure::Refused(why) })
            }
            429 => Err(Failure::Passing(match reply.pause() {
                Some(seconds) => format!("rate limited by the Hub; try again in {seconds} s"),
                None => "rate limited by the Hub; try again in a few minutes".to_owned(),
            })),
            status => Err(Failure::Passing(format!("the Hub answered {status} to whoami"))),
        }
    }
}

impl Identity {
    /// The Hub's answer; `None` where it names no account.
    #[must_use]
    pub fn read(answer: &Value) -> Option<Self> {
        let auth = &answer["auth"];
        let token = &auth["accessToken"];
        let kind = match (token["role"].as_str(), auth["type"].as_str()) {
            (Some("fineGrained"), _) => Kind::FineGrained(FineGrained::read(&token["fineGrained"])),
            (Some("read"), _) => Kind::Read,
            (Some("write" | "admin"), _) => Kind::Write,
            (None, Some("app_token_as_user" | "app_token")) => Kind::OAuth,
            (role, kind) => Kind::Other(role.or(kind).unwrap_or("unknown").to_owned()),
        };
        Some(Self {
            name: text(&answer["name"]).filter(|name| !name.is_empty())?,
            kind: text(&answer["type"]).unwrap_or_else(|| "user".to_owned()),
            full_name: text(&answer["fullname"]),
            organisations: list(&answer["orgs"]).filter_map(Organisation::read).collect(),
            token: kind,
            token_name: text(&token["displayName"]),
            expires_at: text(&auth["expiresAt"]),
        })
    }

    /// The end of the token's life, in seconds since 1970, where it has one.
    #[must_use]
    pub fn ends_at(&self) -> Option<i64> {
        seconds_since_1970(self.expires_at.as_deref()?)
    }
}

/// A time as JavaScript writes it, `2026-12-01T00:00:00.000Z`: always UTC.
fn seconds_since_1970(text: &str) -> Option<i64> {
    let number = |range: Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let time = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    if !text.ends_with('Z') || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // years that begin in March end in their leap day (Howard Hinnant, "chrono-compatible low-level date algorithms")
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5;
    Some((days + day - 1 - 719_468) * 86_400 + time)
}

impl Organisation {
    fn read(answer: &Value) -> Option<Self> {
        Some(Self {
            name: text(&answer["name"])?,
            role: text(&answer["roleInOrg"]),
            restrictions: list(&answer["securityRestrictions"]).filter_map(text).collect(),
        })
    }
}

impl FineGrained {
    fn read(answer: &Value) -> Self {
        Self {
            reads_gated: answer["canReadGatedRepos"].as_bool().unwrap_or(false),
            everywhere: list(&answer["global"]).filter_map(text).collect(),
            scopes: list(&answer["scoped"])
                .map(|scope| Scope {
                    entity: text(&scope["entity"]["type"]).unwrap_or_default(),
                    name: text(&scope["entity"]["name"]),
                    permissions: list(&scope["permissions"]).filter_map(text).collect(),
                })
                .collect(),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_token_is_read() {
        let kind = |auth: Value| Identity::read(&json!({"name": "bob", "auth": auth})).unwrap().token;
        let plain =
            |role: &str| json!({"type": "access_token", "accessToken": {"role": role, "displayName": "laptop"}});
        assert_eq!(kind(plain("read")), Kind::Read);
        assert_eq!(kind(plain("write")), Kind::Write);
        assert_eq!(kind(plain("contributor")), Kind::Other("contributor".to_owned()));
        assert_eq!(kind(json!({"type": "app_token_as_user", "expiresAt": "2026-12-01T00:00:00.000Z"})), Kind::OAuth);
        assert_eq!(kind(json!(null)), Kind::Other("unknown".to_owned()));
        let mut fine = plain("fineGrained");
        fine["accessToken"]["fineGrained"] = json!({
            "canReadGatedRepos": true,
            "global": ["discussion.write"],
            "scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read", 7]}],
        });
        let Kind::FineGrained(fine) = kind(fine) else { panic!("not fine-grained") };
        assert!(fine.reads_gated && fine.everywhere == ["discussion.write"]);
        assert_eq!(
            (fine.scopes[0].name.as_deref(), &*fine.scopes[0].permissions),
            (Some("acme"), &["repo.content.read".to_owned()][..])
        );
    }

    #[test]
    fn a_time_of_the_hub_is_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00.000Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2026-12-01T00:00:00.000Z", Some(1_796_083_200)),
            ("2100-03-01T00:00:01.5Z", Some(4_107_542_401)),
            ("2026-12-01T00:00:00+01:00", None),
            ("2026-13-01T00:00:00Z", None),
            ("tomorrow", None),
            ("é026-12-01T00:00:00Z", None),
        ] {
            assert_eq!(seconds_since_1970(text), seconds, "{text}");
        }
    }

    #[test]
    fn what_names_nobody_is_no_identity() {
        for answer in [json!(null), json!([]), json!({"name": 7}), json!({"name": ""}), json!({"auth": {}})] {
            assert_eq!(Identity::read(&answer), None, "{answer}");
        }
        let odd = json!({"name": "bob", "orgs": [1, {"name": "acme", "roleInOrg": 7}, {}], "auth": {"accessToken": {"role": {}}}});
        assert_eq!(Identity::read(&odd).unwrap().organisations.len(), 1);
    }
}
