//! A Hub that takes tokens over one scheme alone: git, and a git-lfs of 3.6 or later, come back within the same command.

use std::path::{Path, PathBuf};

use crate::hub::{File, Repository, Role};
use crate::rig::Git;
use crate::scene::Scene;

pub const OAUTH: &str = "hf_oauth_eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln";

/// The git-lfs that knows `authtype`: where tests/run.sh unpacks it; `GIT_LFS` names another place.
#[expect(clippy::disallowed_methods, reason = "which installation to judge with is said outside")]
pub fn lfs_with_authtype() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/git-lfs/usr/bin/git-lfs");
    std::env::var_os("GIT_LFS").map_or(default, PathBuf::from)
}

/// Clones, and pushes a text and what git-lfs keeps, where it can.
fn clone_and_push(scene: &Scene, with_lfs: bool) {
    scene.hub.grant(OAUTH, "alice", Role::Write);
    let file = if with_lfs { File::Large("one.bin", vec![1; 1000]) } else { File::Plain("a.txt", "a".to_owned()) };
    scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[file]);
    scene.world.write_token(OAUTH);
    scene.clone("https://huggingface.co/acme/secret", "secret").succeeded();
    scene.push("secret", "text.txt", "pushed").succeeded();
    assert_eq!(scene.hub.read("acme/secret", "text.txt").as_deref(), Some(&b"pushed"[..]));
    if with_lfs {
        assert_eq!(std::fs::read(scene.world.home().join("secret/one.bin")).expect("smudged"), [1; 1000]);
        scene.world.git_in("secret", &["lfs", "install", "--local"]).succeeded();
        scene.push("secret", "two.bin", [2; 1000]).succeeded();
        let pushed = scene.hub.read("acme/secret", "two.bin").expect("pushed");
        assert!(pushed.starts_with(b"version https://git-lfs"), "not a pointer");
        let batches = scene.hub.visits().into_iter().filter(|visit| visit.path.ends_with("/objects/batch"));
        assert!(batches.filter(|visit| visit.status == 200).count() >= 2, "down and up");
    }
    // nothing was rejected for good, so nothing is remembered as rejected
    let refusals = scene.world.home().join(".local/state/git-credential-hf/refused");
    assert!(!refusals.exists());
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn an_oauth_token_works_where_only_bearer_is_taken() {
    for git in Git::all().iter().filter(|git| git.knows_ephemeral_credentials()) {
        for with_lfs in [false, true] {
            Scene::play(git, None, |scene| {
                scene.world.use_lfs(&lfs_with_authtype());
                scene.hub.take_only("Bearer");
                clone_and_push(scene, with_lfs);
            });
        }
    }
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn an_oauth_token_works_where_only_basic_is_taken() {
    for git in Git::all() {
        for lfs in [None, Some(lfs_with_authtype())] {
            Scene::play(&git, None, |scene| {
                if let Some(lfs) = &lfs {
                    scene.world.use_lfs(lfs);
                }
                scene.hub.take_only("Basic");
                clone_and_push(scene, true);
            });
        }
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

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn no_git_lfs_loops_on_a_revoked_oauth_token() {
    for git in Git::all() {
        for lfs in [None, Some(lfs_with_authtype())] {
            Scene::play(&git, None, |scene| {
                if let Some(lfs) = &lfs {
                    scene.world.use_lfs(lfs);
                }
                scene.hub.grant(OAUTH, "alice", Role::Write);
                let file = File::Large("one.bin", vec![1; 1000]);
                scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[file]);
                scene.world.write_token(OAUTH);
                scene.world.set_env("GIT_LFS_SKIP_SMUDGE", "1");
                scene.clone("https://huggingface.co/acme/secret", "secret").succeeded();
                scene.hub.revoke(OAUTH);
                scene.hub.forget_visits();
                let pull = scene.world.git_in("secret", &["lfs", "pull"]);
                pull.failed().hides(OAUTH);
                let shown = scene.times_shown(OAUTH);
                assert!((1..=4).contains(&shown), "shown {shown} times");
            });
        }
    }
}
