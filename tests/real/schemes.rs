//! A Hub that takes tokens over one scheme alone: git comes back within the same command.

use crate::hub::{File, Repository, Role};
use crate::rig::Git;
use crate::scene::Scene;

const OAUTH: &str = "hf_oauth_eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln";

fn clone_and_push(scene: &Scene, files: &[File]) {
    scene.hub.grant(OAUTH, "alice", Role::Write);
    scene.hub.publish(Repository::private("acme/secret", &["alice"]), files);
    scene.world.write_token(OAUTH);
    scene.clone("https://huggingface.co/acme/secret", "secret").succeeded();
    scene.push("secret", "text.txt", "pushed").succeeded();
    assert_eq!(scene.hub.read("acme/secret", "text.txt").as_deref(), Some(&b"pushed"[..]));
    // nothing was refused for good, so nothing is remembered
    let refusals = scene.world.home().join(".local/state/git-credential-hf");
    assert!(!refusals.exists());
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn an_oauth_token_works_where_only_bearer_is_taken() {
    for git in Git::all().iter().filter(|git| git.knows_ephemeral_credentials()) {
        Scene::play(git, None, |scene| {
            scene.hub.take_only("Bearer");
            clone_and_push(scene, &[File::Plain("a.txt", "a".to_owned())]);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn an_oauth_token_works_where_only_basic_is_taken() {
    for git in Git::all() {
        Scene::play(&git, None, |scene| {
            scene.hub.take_only("Basic");
            clone_and_push(scene, &[File::Large("one.bin", vec![1; 1000])]);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_revoked_oauth_token_fails_once_over_each_scheme_and_is_not_offered_again() {
    for git in Git::all() {
        Scene::play(&git, None, |scene| {
            scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[File::Plain("a.txt", "a".to_owned())]);
            scene.world.write_token(OAUTH);
            for _ in 0..3 {
                scene.clone("https://huggingface.co/acme/secret", "secret").failed();
            }
            // a git that can come back shows it as Bearer and as Basic, and then as the Bearer that was never refused
            let most = if git.knows_ephemeral_credentials() { 3 } else { 1 };
            let shown = scene.times_shown(OAUTH);
            assert!((1..=most).contains(&shown), "shown {shown} times");
        });
    }
}
