//! `whoami` and `logout --revoke`: what the Hub says of the token git would use, and how it is ended there.

use serde_json::{Value, json};

use crate::hub::{Role, WhoamiMood};
use crate::keyring::Day;
use crate::rig::{Git, Reply, Terminal};
use crate::scene::{ALICE, BOB, Scene};

/// A token the Hub never knew.
const UNKNOWN: &str = "hf_UnknownUnknownUnknownUnknownUnknow";

fn whoami(scene: &Scene) -> Reply {
    let reply = scene.world.helper(&["whoami"], "");
    reply.hides(ALICE).hides(BOB).hides(UNKNOWN);
    reply
}

fn json_of(scene: &Scene) -> Value {
    let reply = scene.world.helper(&["whoami", "--json"], "");
    reply.succeeded().says_nothing().hides(ALICE).hides(BOB);
    assert_eq!(reply.out().lines().count(), 1, "{reply:?}");
    serde_json::from_slice(&reply.stdout).expect("JSON")
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn each_kind_of_token_is_told() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.hub.describe(
            ALICE,
            json!({
                "fullname": "Alice Example",
                "orgs": [{"name": "acme", "roleInOrg": "contributor", "securityRestrictions": ["mfa"]}],
                "auth": {"type": "access_token", "expiresAt": "2100-01-01T00:00:00.000Z", "accessToken": {
                    "displayName": "ci", "role": "fineGrained", "fineGrained": {
                        "canReadGatedRepos": true, "global": ["discussion.write"],
                        "scoped": [
                            {"entity": {"type": "model", "name": "acme/model"}, "permissions": ["repo.content.read", "repo.write"]},
                            {"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read"]},
                        ]}}},
            }),
        );
        let said = whoami(scene).succeeded().out();
        for part in [
            "alice (Alice Example)",
            "acme (contributor, asks for mfa)",
            "ci, fine-grained",
            "(2100-01-01)",
            "hf_****Alic from the HF home's token file",
            "read and write acme/model",
            "read all of acme",
            "discussions, everywhere",
            "read gated repositories",
        ] {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
        let told = json_of(scene);
        assert_eq!(told["account"], "alice");
        assert_eq!(told["endpoint"], "https://huggingface.co");
        assert_eq!(told["organisations"], json!([{"name": "acme", "role": "contributor", "restrictions": ["mfa"]}]));
        let token = &told["token"];
        assert_eq!(
            (
                &token["kind"],
                &token["name"],
                &token["masked"],
                &token["source"],
                &token["expires_at"],
                &token["kept_as"]
            ),
            (
                &json!("fine-grained"),
                &json!("ci"),
                &json!("hf_****Alic"),
                &json!("token_file"),
                &json!(4_102_444_800_i64),
                &json!(null)
            )
        );
        assert_eq!(token["fine_grained"]["scopes"][1]["permissions"], json!(["repo.content.read"]));

        scene.store("bob", BOB);
        let told = json_of(scene);
        let place = if scene.keyring.is_some() { "keychain" } else { "section" };
        let token = &told["token"];
        assert_eq!(
            (&told["account"], &token["source"], &token["kept_as"]),
            (&json!("bob"), &json!(place), &json!("bob"))
        );
        assert_eq!((&token["kind"], &token["expires_at"]), (&json!("write"), &json!(null)));

        scene.hub.grant("hf_oauth_x.y.z", "alice", Role::Write);
        scene.world.set_env("HF_TOKEN", "hf_oauth_x.y.z");
        let told = json_of(scene);
        assert_eq!((&told["token"]["kind"], &told["token"]["source"]), (&json!("oauth"), &json!("environment")));
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_is_who_git_would_be_in_this_repository() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.store("bob", BOB);
        scene.world.git(&["init", "--quiet", "work"]).succeeded();
        scene.world.git_in("work", &["remote", "add", "origin", "https://huggingface.co/acme/model"]).succeeded();
        scene.world.write_token(ALICE);
        scene.world.git(&["config", "--global", "credential.https://huggingface.co/acme.username", "bob"]).succeeded();
        let mut command = scene.world.command("git-credential-hf");
        command.args(["whoami", "--json"]).current_dir(scene.world.home().join("work"));
        let reply = crate::rig::finish(command, b"");
        let told: Value = serde_json::from_slice(&reply.succeeded().stdout).expect("JSON");
        assert_eq!(told["account"], "bob");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_the_hub_refuses_is_told_with_its_source_and_the_way_out() {
    Scene::each(|scene| {
        scene.world.write_token(UNKNOWN);
        whoami(scene)
            .refused()
            .says("refuses this token")
            .says("hf_****know from the HF home")
            .says("run `git-credential-hf login`");
        scene.store("carol", UNKNOWN);
        scene.world.set_env("HF_TOKEN", UNKNOWN);
        whoami(scene).refused().says("from HF_TOKEN").says("set HF_TOKEN to a valid token, or `unset HF_TOKEN`");
        scene.world.set_env("HF_TOKEN", "hf_jwt_abc.def.ghi");
        let reply = whoami(scene);
        reply.refused().says("does not make it invalid");
        scene.world.set_env("HF_TOKEN", ALICE);
        scene.hub.whoami_is(WhoamiMood::Limited(90));
        whoami(scene).refused().says("try again in 90 s");
        scene.hub.whoami_is(WhoamiMood::Fails);
        whoami(scene).refused().says("502");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn one_that_is_alive_again_is_no_longer_refused() {
    Scene::each(|scene| {
        for source in ["token", "HF_TOKEN"] {
            if source == "token" {
                scene.world.write_token(ALICE);
            } else {
                scene.world.set_env(source, ALICE);
            }
            let refused = format!("protocol=https\nhost=huggingface.co\nusername=hf_user\npassword={ALICE}\n");
            scene.world.credential("reject", refused).succeeded();
            assert!(scene.fill("").is_empty(), "{source}");
            whoami(scene).succeeded();
            assert!(!scene.fill("").is_empty(), "{source}");
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn logout_takes_it_from_where_it_is() {
    Scene::each(|scene| {
        scene.world.helper(&["login", "--with-token"], ALICE).succeeded();
        scene.world.helper(&["login", "--with-token", "--hf"], BOB).succeeded();
        let reply = scene.world.helper(&["logout", "alice"], "");
        assert!(reply.succeeded().out().contains("git now uses hf_****BobB, from the HF home"), "{reply:?}");
        let place = if scene.keyring.is_some() { "the keychain" } else { "the HF home" };
        assert!(reply.out().contains(&format!("hf_****Alic, from {place}")), "{reply:?}");
        assert!(scene.keyring.as_ref().is_none_or(|keyring| !keyring.contents().contains(ALICE)));
        let reply = scene.world.helper(&["logout", "--yes"], "");
        assert!(reply.succeeded().out().contains("git has no token here now"), "{reply:?}");
        assert!(!scene.world.read_stored_tokens().contains("hf_"));
        assert!(!scene.world.hf_home().join("token").exists());
        assert!(scene.hub.revoked().is_empty());
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_is_ended_at_the_hub_only_after_a_yes() {
    Scene::each(|scene| {
        scene.world.helper(&["login", "--with-token"], ALICE).succeeded();
        scene.world.helper(&["logout", "--revoke"], "").refused().says("--yes");
        let mut terminal = Terminal::helper(&scene.world, &["logout", "--revoke"]);
        terminal.shows("hf_****Alic").shows("revoke it on the Hub").types("no\n");
        assert_eq!(terminal.ends(), 1);
        assert!(scene.hub.revoked().is_empty());
        scene.hub.refuse_to_revoke();
        let reply = scene.world.helper(&["logout", "--revoke", "--yes"], "");
        reply.refused().says("was not revoked, and is still stored").says("503").hides(ALICE);
        assert!(scene.fill("").contains(ALICE), "it is there for another try");
    });
    Scene::each(|scene| {
        scene.world.helper(&["login", "--with-token"], ALICE).succeeded();
        scene.world.helper(&["login", "--with-token", "--hf"], BOB).succeeded();
        let reply = scene.world.helper(&["logout", "--all", "--revoke", "--yes"], "");
        assert!(reply.succeeded().hides(ALICE).hides(BOB).out().contains("and revoked on the Hub"), "{reply:?}");
        let mut revoked = scene.hub.revoked();
        revoked.sort();
        assert_eq!(revoked, [ALICE, BOB]);
        assert!(scene.fill("").is_empty());
        scene.world.helper(&["whoami"], "").refused().says("not logged in to huggingface.co");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_that_is_revoked_and_cannot_be_removed_is_gone_by_half_and_that_is_said() {
    let git = Git::first();
    let asked = |scene: &Scene| {
        scene.world.helper(&["login", "--with-token", "--name", "mine"], ALICE).succeeded();
        let mut terminal = Terminal::helper(&scene.world, &["logout", "mine", "--revoke"]);
        terminal.shows("revoke it on the Hub? [y/N]");
        terminal
    };
    let is_half_gone = |scene: &Scene, terminal: &mut Terminal, place: &str| {
        assert_eq!(terminal.types("y\n").ends(), 1, "{}", terminal.shown());
        let said = terminal.shown().replace("\r\n", " ");
        let half = format!("mine (hf_****Alic) was revoked on the Hub, but is still stored in {place}");
        assert!(said.contains(&half) && said.contains("run `git-credential-hf logout mine`"), "{said}");
        assert!(!said.contains("git now uses"), "{said}");
        assert_eq!(scene.hub.revoked(), [ALICE]);
    };
    Scene::play(&git, Some(Day::Unlocked), |scene| {
        let mut terminal = asked(scene);
        let keyring = scene.keyring.as_ref().expect("a keychain");
        keyring.lock();
        is_half_gone(scene, &mut terminal, "the keychain");
        keyring.unlock();
        scene.world.helper(&["logout", "mine"], "").succeeded();
        assert!(!keyring.contents().contains(ALICE));
    });
    Scene::play(&git, None, |scene| {
        let mut terminal = asked(scene);
        let stored_tokens = scene.world.hf_home().join("stored_tokens");
        let before = std::fs::read(&stored_tokens).expect("there");
        scene.world.write(&stored_tokens, "[broken\n");
        is_half_gone(scene, &mut terminal, "the HF home");
        scene.world.write(&stored_tokens, before);
        scene.world.helper(&["logout", "mine"], "").succeeded();
        assert!(!scene.world.read_stored_tokens().contains(ALICE));
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_that_cannot_be_read_is_no_logout() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        scene.store("alice", ALICE);
        scene.keyring.as_ref().expect("a keychain").lock();
        scene.world.helper(&["logout", "alice"], "").refused().says("locked");
        scene.world.write_token(BOB);
        let reply = scene.world.helper(&["logout", "--all", "--yes"], "");
        reply.failed().says("locked");
        assert!(!scene.world.hf_home().join("token").exists(), "what can be forgotten is");
    });
}
