//! `doctor REPO`: each sign by which the Hub says no comes out as its own verdict.

use serde_json::{Value, json};

use crate::hub::{Repository, Role, Sign};
use crate::rig::{Git, Reply};
use crate::scene::{ALICE, BOB, READER, Scene};

/// Alice's token is git's, and there are repositories of every kind.
fn play(scenario: impl Fn(&mut Scene)) {
    Scene::play(&Git::first(), None, |scene| {
        scene.world.write_token(ALICE);
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        scene.hub.publish(Repository::private("datasets/acme/rows", &["alice"]), &[]);
        scene.hub.publish(Repository::private("bob/own", &["bob"]), &[]);
        scene.hub.publish(Repository::public("acme/public"), &[]);
        scene.hub.publish(Repository::gated("acme/gated", &["bob"]), &[]);
        scenario(scene);
    });
}

/// What doctor says of a repository, as JSON.
fn seen(scene: &Scene, line: &str) -> (Reply, Value) {
    let mut args = vec!["doctor", "--json"];
    args.extend(line.split_whitespace());
    let reply = scene.world.helper(&args, b"");
    let told: Value = serde_json::from_slice(&reply.stdout).unwrap_or_else(|error| panic!("{error}: {reply:?}"));
    for secret in [ALICE, BOB, READER, "secret-of-the-storage"] {
        reply.hides(secret);
    }
    (reply, told)
}

#[track_caller]
fn comes_to(scene: &Scene, line: &str, code: &str, words: &str) {
    let (reply, told) = seen(scene, line);
    let repository = &told["repository"];
    assert_eq!(repository["verdict"], code, "{line}: {reply:?}");
    let message = format!("{} {}", repository["message"], repository["remedy"]);
    assert!(message.contains(words), "{words:?} is not in {message}");
    let is_link = repository["link"].as_str().is_some_and(|link| link.starts_with("https://"));
    assert!(is_link, "{repository}");
    assert_eq!(reply.status == Some(1), repository["outcome"] == "fail", "{reply:?}");
}

/// A set of helper lines that is whole, so that nothing but the repository fails.
fn outcome_of(told: &Value, name: &str) -> String {
    let checks = told["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {told}"));
    check["outcome"].as_str().expect("a word").to_owned()
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn what_opens_is_fine_and_the_trouble_is_elsewhere() {
    play(|scene| {
        comes_to(scene, "acme/secret", "open", "opens to");
        comes_to(scene, "datasets/acme/rows", "open", "alice");
        comes_to(scene, "https://huggingface.co/datasets/acme/rows/tree/main", "open", "opens to");
        comes_to(scene, "hf.co/acme/secret.git", "open", "opens to");
        std::fs::remove_file(scene.world.hf_home().join("token")).expect("logged out");
        comes_to(scene, "acme/public", "open", "everybody");
        comes_to(scene, "acme/secret", "no_token", "git-credential-hf login");
        comes_to(scene, "acme/gated", "no_token", "login");
        comes_to(scene, "--push acme/public", "no_token", "nobody may push");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_token_that_ended_is_told_from_one_that_is_unknown_and_from_one_of_an_organisations_policy() {
    for (sign, code, words) in [
        (Sign::Expired, "token_expired", "has expired"),
        // git's server tells it from no other, the API does
        (Sign::ExpiredUntold, "token_expired", "has expired"),
        (Sign::AwaitsApproval, "token_pending", "acme has not approved"),
        (Sign::RevokedByOrganisation, "token_revoked", "an administrator of acme"),
        (Sign::WantsFineGrained, "fine_grained_wanted", "fine-grained tokens alone"),
        (Sign::Disabled, "repository_disabled", "disabled"),
        (Sign::Forbidden("Forbidden: something new"), "refused", "something new"),
        (Sign::Unwanted, "refused", "though it is valid"),
        (Sign::Limited(42), "rate_limited", "in 42 s"),
        (Sign::Fails, "hub_failing", "500"),
    ] {
        play(|scene| {
            scene.hub.says(ALICE, sign.clone());
            comes_to(scene, "acme/secret", code, words);
        });
    }
    play(|scene| {
        scene.hub.revoke(ALICE);
        comes_to(scene, "acme/secret", "token_invalid", "does not know this token");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn gated_repositories_say_what_is_missing() {
    play(|scene| {
        comes_to(scene, "acme/gated", "terms_not_accepted", "has not accepted its terms");
        for (sign, code) in [
            (Sign::Awaited, "terms_awaiting_review"),
            (Sign::Rejected, "terms_rejected"),
            (Sign::NotForThisToken, "scope_missing"),
        ] {
            scene.hub.says(ALICE, sign);
            comes_to(scene, "acme/gated", code, "");
        }
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn what_is_not_there_is_told_by_how_the_account_stands_to_its_owner() {
    play(|scene| {
        comes_to(scene, "bob/own", "not_found", "no member of bob");
        comes_to(scene, "alice/none", "not_found", "alice has no alice/none");
        scene.hub.describe(ALICE, json!({ "orgs": [{ "name": "bob", "roleInOrg": "read" }] }));
        comes_to(scene, "bob/own", "not_found", "resource group");
        let fine = json!({ "auth": { "accessToken": { "role": "fineGrained", "fineGrained": { "scoped": [
            { "entity": { "type": "org", "name": "acme" }, "permissions": ["repo.content.read"] }] } } } });
        scene.hub.describe(ALICE, fine);
        comes_to(scene, "bob/own", "scope_missing", "repo.content.read");
        scene.hub.says(ALICE, Sign::MayNotUpload("Forbidden: you don't have the required permissions"));
        comes_to(scene, "--push acme/secret", "scope_missing", "repo.write");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn whether_it_may_be_pushed_to_is_told_although_git_itself_is_let_in() {
    play(|scene| {
        comes_to(scene, "--push alice/own", "not_found", "");
        scene.hub.publish(Repository::private("alice/own", &["alice"]), &[]);
        comes_to(scene, "--push alice/own", "open", "may push");
        comes_to(scene, "--push acme/secret", "open", "may push");
        let member = |role: &str| json!({ "orgs": [{ "name": "acme", "roleInOrg": role }] });
        scene.hub.says(ALICE, Sign::MayNotUpload("pass `create_pr=1` as a query parameter to create a Pull Request"));
        comes_to(scene, "--push acme/secret", "not_a_member", "no member of acme");
        for role in ["contributor", "read"] {
            scene.hub.describe(ALICE, member(role));
            comes_to(scene, "--push acme/secret", "role_too_low", role);
        }
        scene.hub.describe(ALICE, member("write"));
        comes_to(scene, "--push acme/secret", "role_too_low", "too low");
        scene.world.write_token(READER);
        comes_to(scene, "acme/secret", "open", "opens to");
        comes_to(scene, "--push acme/secret", "token_read_only", "write token");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_publisher_is_not_called_invalid_and_a_hub_that_wants_a_pause_is_not_asked_in_vain() {
    const PUBLISHER: &str = "hf_jwt_eyJhbGciOiJub25lIn0.e30.signature";
    play(|scene| {
        scene.hub.grant(PUBLISHER, "alice", Role::Write);
        scene.hub.says(PUBLISHER, Sign::Unnamed);
        scene.world.write_token(PUBLISHER);
        comes_to(scene, "acme/secret", "open", "publisher");
        let (reply, told) = seen(scene, "acme/secret");
        assert_eq!(outcome_of(&told, "account"), "ok", "{reply:?}");
        scene.hub.says(PUBLISHER, Sign::Unwanted);
        scene.hub.revoke(PUBLISHER);
        comes_to(scene, "acme/secret", "not_for_this_publisher", "one repository");

        scene.world.write_token(ALICE);
        scene.hub.says(ALICE, Sign::LimitedWhoami(77));
        let (reply, told) = seen(scene, "acme/secret");
        assert_eq!(outcome_of(&told, "account"), "warn", "{reply:?}");
        assert!(told.to_string().contains("77 s"), "{reply:?}");
        assert_eq!(told["repository"]["verdict"], "open", "{reply:?}");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_repository_that_moved_is_named_and_nobody_is_followed() {
    play(|scene| {
        scene.hub.publish(Repository::moved("acme/old", "https://huggingface.co/acme/secret"), &[]);
        scene.hub.publish(Repository::moved("acme/lost", "https://evil.example/acme/secret"), &[]);
        let (reply, told) = seen(scene, "acme/old");
        assert_eq!(told["repository"]["verdict"], "moved", "{reply:?}");
        assert_eq!(told["repository"]["outcome"], "warn", "{reply:?}");
        assert_eq!(told["repository"]["link"], "https://huggingface.co/acme/secret", "{reply:?}");
        let (reply, told) = seen(scene, "acme/lost");
        assert_eq!(told["repository"]["verdict"], "moved", "{reply:?}");
        assert_eq!(reply.status, Some(1), "{reply:?}");
        let followed = scene.hub.visits().iter().any(|visit| visit.host != "huggingface.co");
        assert!(!followed, "{:?}", scene.hub.visits());
    });
}
