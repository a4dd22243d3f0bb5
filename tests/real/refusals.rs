//! A Hub that says no: nothing is deleted, nothing loops, nobody else takes over.

use std::time::Duration;

use crate::hub::{File, Repository};
use crate::scene::{ALICE, BOB, READER, Scene};

/// A token no Hub knows any more.
const REVOKED: &str = "hf_RevokedRevokedRevokedRevokedRevoke";

/// How long one refused command may take: generous, a loop is endless.
const SOON: Duration = Duration::from_secs(20);

fn secret_with_weights(scene: &Scene) {
    let files = [File::Large("one.bin", vec![1; 1000])];
    let repository = Repository::private("acme/secret", &["alice"]);
    scene.hub.publish(repository, &files);
}

/// Makes `token` the active one, or the one git stored, by turns.
fn each_way(token: &str, scenario: impl Fn(&mut Scene)) {
    Scene::each(|scene| {
        eprintln!("... as the active token");
        scene.world.write_token(token);
        scenario(scene);
    });
    Scene::each(|scene| {
        eprintln!("... as git stored it");
        scene.store("alice", token);
        scenario(scene);
    });
}

/// And as what the environment says.
fn each_way_and_in_the_environment(token: &str, scenario: impl Fn(&mut Scene)) {
    each_way(token, &scenario);
    Scene::each(|scene| {
        eprintln!("... in the environment");
        scene.world.set_env("HF_TOKEN", token);
        scenario(scene);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_read_tokens_refused_push_deletes_nothing() {
    each_way_and_in_the_environment(READER, |scene| {
        secret_with_weights(scene);
        let url = "https://huggingface.co/acme/secret";
        scene.clone(url, "secret").succeeded();
        let before = scene.fill("");
        assert!(before.contains(READER), "{before}");

        scene
            .push("secret", "text.txt", "declined by pre-receive")
            .failed()
            .says("You are not authorized to push to this repo.");
        assert_eq!(scene.fill(""), before);

        let git = |args: &[&str]| scene.world.git_in("secret", args);
        git(&["lfs", "install", "--local"]).succeeded();
        let push = scene.push("secret", "new.bin", vec![2; 1000]);
        push.failed();
        let batch = |status| {
            let visits = scene.hub.visits();
            visits.iter().any(|visit| visit.path.ends_with("/objects/batch") && visit.status == status)
        };
        assert!(batch(403), "the upload was not refused: {push:?}");
        assert_eq!(scene.fill(""), before);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_is_not_there_or_not_granted_deletes_nothing() {
    each_way_and_in_the_environment(ALICE, |scene| {
        let gated = Repository::gated("acme/gated", &["bob"]);
        scene.hub.publish(gated, &[]);
        let before = scene.fill("");
        assert!(before.contains(ALICE), "{before}");
        for (name, status) in [("acme/nothing", 404), ("acme/gated", 403)] {
            let url = format!("https://huggingface.co/{name}");
            scene.clone(&url, "x").failed();
            let last = scene.hub.visits().pop().expect("asked");
            assert_eq!((last.status, last.shown.as_deref()), (status, Some(ALICE)));
            assert_eq!(scene.fill(""), before);
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_revoked_token_fails_once_and_is_not_offered_again() {
    each_way(REVOKED, |scene| {
        secret_with_weights(scene);
        let url = "https://huggingface.co/acme/secret";
        let first = scene.world.git(&["ls-remote", url]);
        first.failed().hides(REVOKED);
        assert!(first.took < SOON, "{first:?}");
        assert_eq!(scene.times_shown(REVOKED), 1);
        let second = scene.world.git(&["ls-remote", url]);
        second.failed().hides(REVOKED);
        assert!(second.took < SOON, "{second:?}");
        assert_eq!(scene.times_shown(REVOKED), 1, "offered again");
        // a new login is asked at once
        scene.world.write_token(ALICE);
        scene.world.git(&["ls-remote", url]).succeeded();
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn git_lfs_does_not_loop_on_a_revoked_token() {
    each_way_and_in_the_environment(ALICE, |scene| {
        secret_with_weights(scene);
        let url = "https://huggingface.co/acme/secret";
        scene.world.set_env("GIT_LFS_SKIP_SMUDGE", "1");
        scene.clone(url, "secret").succeeded();
        scene.hub.revoke(ALICE);
        scene.hub.forget_visits();
        let pull = scene.world.git_in("secret", &["lfs", "pull"]);
        pull.failed().hides(ALICE);
        assert!(pull.took < SOON, "{pull:?}");
        let shown = scene.times_shown(ALICE);
        assert!((1..=2).contains(&shown), "shown {shown} times");
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_refused_hf_token_never_becomes_another_person() {
    Scene::each(|scene| {
        secret_with_weights(scene);
        // good tokens wait behind it, one in each place
        scene.store("alice", ALICE);
        scene.world.write_token(BOB);
        scene.world.set_env("HF_TOKEN", REVOKED);
        let url = "https://huggingface.co/acme/secret";
        for attempt in ["refused by the Hub", "remembered"] {
            let said = scene.world.git(&["ls-remote", url]);
            said.failed().hides(REVOKED);
            assert!(said.took < SOON, "{attempt}: {said:?}");
            if attempt == "remembered" {
                said.says("HF_TOKEN");
            }
        }
        assert_eq!(scene.secrets_on("huggingface.co"), [REVOKED]);
        assert_eq!(scene.times_shown(REVOKED), 1);
        scene.world.set_env("HF_TOKEN", ALICE);
        scene.world.git(&["ls-remote", url]).succeeded();
    });
}
