//! `api/whoami-v2`: whose a token is, and what it may do. The endpoint is strictly limited: it is asked when a person asks.

use secrecy::SecretString;
use serde_json::Value;

use super::{Api, Failure};
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
    /// [`Failure::Refused`] where the Hub does not know it; otherwise when the Hub does not say.
    pub fn whoami(&self, secret: &SecretString) -> Result<Identity, Failure> {
        let reply = self.ask("/api/whoami-v2", Some(secret))?;
        match reply.status {
            200 => Identity::read(&reply.json())
                .ok_or_else(|| Failure::Passing("the Hub's answer to whoami is not understood".to_owned())),
            401 if token::is_of_publisher(secret) => Err(Failure::Passing(
                "the Hub does not say whose a trusted publisher's token is; that does not make it invalid".to_owned(),
            )),
            401 | 403 => Err(Failure::Refused(match reply.message() {
                Some(said) => format!("the Hub refuses this token ({})", said.escape_debug()),
                None => "the Hub refuses this token".to_owned(),
            })),
            429 => Err(Failure::Passing(match reply.pause() {
                Some(seconds) => {
                    format!("the Hub wants to be asked less often who a token is: try again in {seconds} s")
                }
                None => "the Hub wants to be asked less often who a token is: try again in a few minutes".to_owned(),
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
    fn what_names_nobody_is_no_identity() {
        for answer in [json!(null), json!([]), json!({"name": 7}), json!({"name": ""}), json!({"auth": {}})] {
            assert_eq!(Identity::read(&answer), None, "{answer}");
        }
        let odd = json!({"name": "bob", "orgs": [1, {"name": "acme", "roleInOrg": 7}, {}], "auth": {"accessToken": {"role": {}}}});
        assert_eq!(Identity::read(&odd).unwrap().organisations.len(), 1);
    }
}
