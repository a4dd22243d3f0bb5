//! The table: who asks for what, what the Hub answers, and what that comes to.

use serde_json::{Value, json};

use super::*;
use crate::hub::access::Terms;

fn account(token: &Value, orgs: &Value) -> Who {
    let answer = json!({ "type": "user", "name": "bob", "orgs": orgs,
                         "auth": { "type": "access_token", "accessToken": token } });
    Who::Account(Identity::read(&answer).unwrap())
}

fn role(role: &str) -> Value {
    json!({ "role": role, "displayName": "laptop" })
}

fn scoped(kind: &str, name: Option<&str>, permissions: &[&str]) -> Value {
    let scope = json!({ "entity": { "type": kind, "name": name }, "permissions": permissions });
    json!({ "role": "fineGrained", "fineGrained": { "scoped": [scope] } })
}

fn code(path: &str, who: &Who, reading: &Access, writing: Option<&Access>) -> &'static str {
    let (repository, _) = Repository::at(path).unwrap();
    let renewal = "renew".into();
    let case =
        Case { repository: &repository, hub: "https://huggingface.co", who, reading, writing, renewal: &renewal };
    let verdict = of(&case);
    assert!(verdict.link.starts_with("https://huggingface.co") || verdict.link.starts_with("https://status."));
    assert!(
        !verdict.told.ends_with('.') && !verdict.told.is_empty() && !verdict.remedy.to_string().is_empty(),
        "{verdict:?}"
    );
    verdict.code
}

fn members(role: &str) -> Value {
    json!([{ "name": "acme", "roleInOrg": role, "securityRestrictions": ["sso"] }])
}

#[test]
fn reading() {
    let forbidden = Access::Forbidden(None);
    let none = json!([]);
    for (who, access, wanted) in [
        (Who::Nobody, Access::Open, "open"),
        (Who::Untold, Access::Open, "open"),
        (Who::Nobody, Access::Unknown, "no_token"),
        (Who::Nobody, Access::Gated(Terms::OfNobody), "no_token"),
        (Who::Nobody, Access::NotFound, "not_found"),
        (Who::Untold, Access::Unknown, "token_invalid"),
        (Who::Untold, Access::Gated(Terms::OfNobody), "token_invalid"),
        (Who::Refused("the Hub refuses this token".to_owned()), Access::Unknown, "token_invalid"),
        (Who::Refused("the Hub refuses this token".to_owned()), Access::NotFound, "token_invalid"),
        (Who::Refused("(User Access Token \"x\" is expired)".to_owned()), Access::Unknown, "token_expired"),
        (
            Who::Refused("(User Access Token \"x\" is expired)".to_owned()),
            Access::Gated(Terms::OfNobody),
            "token_expired",
        ),
        (Who::Refused("…revoked by the organization…".to_owned()), Access::Unknown, "token_revoked"),
        (Who::Publisher, Access::Unknown, "not_for_this_publisher"),
        (Who::Publisher, Access::NotFound, "not_found"),
        (account(&role("read"), &none), Access::Unknown, "refused"),
        (account(&role("read"), &none), Access::NotFound, "not_found"),
        (account(&role("read"), &members("read")), Access::NotFound, "not_found"),
        (account(&role("read"), &members("read")), forbidden.clone(), "refused"),
        (account(&role("read"), &none), Access::NoToken, "token_invalid"),
        (account(&role("read"), &none), Access::Gated(Terms::NotAccepted), "terms_not_accepted"),
        (account(&scoped("org", Some("other"), &["repo.content.read"]), &none), Access::NotFound, "scope_missing"),
        (account(&scoped("org", Some("other"), &["repo.content.read"]), &none), forbidden.clone(), "scope_missing"),
        (account(&scoped("org", Some("ACME"), &["repo.content.read"]), &none), Access::NotFound, "not_found"),
        (account(&scoped("model", Some("acme/m"), &["repo.write"]), &none), Access::NotFound, "not_found"),
        (account(&scoped("dataset", Some("acme/m"), &["repo.write"]), &none), Access::NotFound, "scope_missing"),
        (account(&scoped("resource-group", None, &["repo.write"]), &none), Access::NotFound, "not_found"),
        (account(&scoped("user", None, &["repo.write"]), &none), Access::NotFound, "scope_missing"),
    ] {
        assert_eq!(code("acme/m", &who, &access, None), wanted, "{who:?} {access:?}");
    }
}

#[test]
fn pushing() {
    let none = json!([]);
    let says = |said: &str| Access::Forbidden(Some(said.to_owned()));
    let create_pr = says("pass `create_pr=1` as a query parameter to create a Pull Request");
    for (path, who, access, wanted) in [
        ("acme/m", Who::Nobody, Access::Unknown, "no_token"),
        ("acme/m", Who::Untold, Access::Open, "open"),
        ("acme/m", Who::Untold, says("Forbidden: you must use a write token"), "token_read_only"),
        ("acme/m", Who::Untold, Access::NotFound, "unknown"),
        ("acme/m", Who::Publisher, Access::NotFound, "unknown"),
        ("acme/m", account(&role("read"), &members("admin")), Access::NotFound, "token_read_only"),
        ("acme/m", account(&role("write"), &members("admin")), Access::NotFound, "open"),
        ("acme/m", account(&role("write"), &members("admin")), Access::Forbidden(None), "refused"),
        ("acme/m", account(&role("write"), &members("contributor")), Access::NotFound, "role_too_low"),
        // a contributor may push to what is theirs
        ("acme/m", account(&role("write"), &members("contributor")), Access::Open, "open"),
        ("acme/m", account(&role("write"), &members("write")), create_pr.clone(), "role_too_low"),
        ("acme/m", account(&role("write"), &none), create_pr, "not_a_member"),
        ("bob/m", account(&role("write"), &none), Access::NotFound, "open"),
        ("bob/m", account(&scoped("user", None, &["repo.write"]), &none), Access::NotFound, "open"),
        ("bob/m", account(&scoped("user", None, &["repo.content.read"]), &none), Access::NotFound, "scope_missing"),
        ("bob/m", account(&role("write"), &none), Access::Expired, "token_expired"),
        ("bob/m", account(&role("write"), &none), Access::AwaitsApproval, "token_pending"),
        ("bob/m", account(&role("write"), &none), Access::Unknown, "refused"),
        ("bob/m", Who::Untold, Access::Unknown, "token_invalid"),
    ] {
        assert_eq!(code(path, &who, &Access::Open, Some(&access)), wanted, "{path} {who:?} {access:?}");
    }
}

#[test]
fn a_redirect_is_told_as_what_it_is() {
    let (repository, _) = Repository::at("acme/old").unwrap();
    for (to, outcome) in [
        ("/acme/new/info/refs?service=git-upload-pack", Severity::Warn),
        ("https://huggingface.co/acme/new", Severity::Warn),
        ("/api/models/acme/new", Severity::Warn),
        ("/acme/old", Severity::Fail),
        ("https://evil.example/acme/new", Severity::Fail),
        ("//evil.example/acme/new", Severity::Fail),
        ("https://huggingface.co.evil.example/acme/new", Severity::Fail),
        ("https://huggingface.co@evil.example/acme/new", Severity::Fail),
        ("/\\evil.example/acme", Severity::Fail),
        ("", Severity::Fail),
    ] {
        let moved = Access::Moved(to.to_owned());
        let case = Case {
            repository: &repository,
            hub: "https://huggingface.co",
            who: &Who::Untold,
            reading: &moved,
            writing: None,
            renewal: &"renew".into(),
        };
        let verdict = of(&case);
        assert_eq!((verdict.code, verdict.outcome), ("moved", outcome), "{to}");
        assert!(!verdict.told.contains("evil"), "{verdict:?}");
    }
}
