//! Pushes and clones of any size, with a file of git-lfs beside each.
//!
//! Before a push that is larger than http.postBuffer (1 MiB) git sends a short request, to learn whether it is let in: the
//! token must come with it, or within the same command.

use std::fs;
use std::sync::LazyLock;

use crate::hub::{File, Repository, Role};
use crate::keyring::Day;
use crate::rig::Git;
use crate::scene::{ALICE, HELPER, LFS, Scene};
use crate::schemes::{OAUTH, lfs_with_authtype};

const NAME: &str = "acme/large";
const URL: &str = "https://huggingface.co/acme/large";

const SMALL: usize = 1 << 10;
/// Over git's own buffer.
const MEDIUM: usize = 3 << 19;
const LARGE: usize = 12 << 20;
const EVERY_SIZE: [usize; 3] = [SMALL, MEDIUM, LARGE];

/// Bytes that do not compress, others for each length.
fn bytes(length: usize) -> &'static [u8] {
    static ALL: LazyLock<Vec<u8>> = LazyLock::new(|| {
        // xorshift64, eight bytes at a time
        let (mut all, mut state) = (Vec::with_capacity(2 * LARGE), 1_u64 << 40);
        while all.len() < 2 * LARGE {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            all.extend_from_slice(&state.to_le_bytes());
        }
        all
    });
    &ALL[length..2 * length]
}

/// What git-lfs keeps beside a file of so many bytes.
fn weights(length: usize) -> &'static [u8] {
    bytes(length.isqrt())
}

/// Plays it with this git, and the git-lfs of its time.
fn play(git: &Git, day: Option<Day>, scenario: impl Fn(&mut Scene)) {
    Scene::play(git, day, |scene| {
        if git.knows_ephemeral_credentials() {
            scene.world.use_lfs(&lfs_with_authtype());
        }
        scene.world.git(&["config", "--global", "core.compression", "0"]).succeeded();
        scene.hub.grant(OAUTH, "alice", Role::Write);
        let first = File::Large("first.bin", weights(1).to_vec());
        scene.hub.publish(Repository::private(NAME, &["alice", "job"]), &[first]);
        scenario(scene);
    });
}

/// Clones, pushes a file of each size with one of git-lfs beside it, and clones again: the Hub and the clone hold the same
/// bytes, and the Hub was shown nothing but this token.
fn push_each(scene: &Scene, sizes: &[usize], token: &str) {
    scene.clone(URL, "tree").succeeded();
    scene.world.git_in("tree", &["lfs", "install", "--local"]).succeeded();
    for &size in sizes {
        let path = format!("{size}.txt");
        scene.world.write(format!("tree/{size}.bin"), weights(size));
        scene.world.git_in("tree", &["add", "--all", "."]).succeeded();
        let push = scene.push("tree", &path, bytes(size));
        push.succeeded();
        eprintln!("... {size} bytes in {:?}", push.took);
        assert!(scene.hub.read(NAME, &path).is_some_and(|read| read == bytes(size)), "{size} bytes became others");
        assert!(scene.hub.holds_object(weights(size)), "what git-lfs keeps did not arrive");
    }
    scene.clone(URL, "again").succeeded();
    let is_cloned =
        |path: String, bytes| fs::read(scene.world.home().join("again").join(path)).expect("cloned") == bytes;
    for &size in sizes {
        assert!(is_cloned(format!("{size}.txt"), bytes(size)), "{size} bytes came back as others");
        assert!(is_cloned(format!("{size}.bin"), weights(size)), "a pointer was left in place of the file");
    }
    assert_eq!(scene.secrets_on("huggingface.co"), [token]);
}

/// Nothing was taken for rejected: no file says so.
fn nothing_is_rejected(scene: &Scene) {
    assert!(!scene.world.home().join(".local/state/git-credential-hf/refused").exists());
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn every_git_pushes_every_size() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            scene.world.write_token(ALICE);
            push_each(scene, &EVERY_SIZE, ALICE);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn a_token_of_the_environment_pushes_what_is_large() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            scene.world.set_env("HF_TOKEN", ALICE);
            push_each(scene, &[MEDIUM], ALICE);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn a_token_command_pushes_what_is_large() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            let helper = HELPER.replace("helper = hf\n", &format!("helper = hf --token-command 'echo {ALICE}'\n"));
            scene.world.write(".gitconfig", format!("{helper}{LFS}"));
            push_each(scene, &[MEDIUM], ALICE);
        });
    }
}

#[test]
#[ignore = "needs git-lfs, gnome-keyring and gits of each generation; tests/run.sh installs them"]
fn the_keychain_pushes_what_is_large() {
    for git in Git::of_each_generation() {
        play(&git, Some(Day::Unlocked), |scene| {
            scene.store("alice", ALICE);
            push_each(scene, &[MEDIUM], ALICE);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn a_ci_job_pushes_what_is_large() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            scene.hub.trust("id-token-of-the-job", NAME, "job");
            scene.hub.issues_for(Some(3600));
            scene.world.set_env("HF_OIDC_RESOURCE", NAME);
            scene.world.set_env("HF_OIDC_ID_TOKEN", "id-token-of-the-job");
            push_each(scene, &[MEDIUM], "hf_jwt_job1");
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn an_oauth_token_pushes_what_is_large_where_both_schemes_are_taken() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            scene.world.write_token(OAUTH);
            push_each(scene, &[MEDIUM, LARGE], OAUTH);
            nothing_is_rejected(scene);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn an_oauth_token_pushes_what_is_large_where_only_basic_is_taken() {
    for git in Git::of_each_generation() {
        play(&git, None, |scene| {
            scene.hub.take_only("Basic");
            scene.world.write_token(OAUTH);
            push_each(scene, &[MEDIUM], OAUTH);
            nothing_is_rejected(scene);
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn an_oauth_token_pushes_every_size_after_setup_where_only_bearer_is_taken() {
    for git in [Git::with_bare_probe(), Git::newest()] {
        play(&git, None, |scene| {
            scene.hub.take_only("Bearer");
            scene.world.write_token(OAUTH);
            scene.world.helper(&["setup"], "").succeeded();
            push_each(scene, &EVERY_SIZE, OAUTH);
            nothing_is_rejected(scene);
        });
    }
}

/// What the form of an answer is for, and what the Hub of these tests must do to judge it.
#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn git_2_46_to_2_53_ask_before_a_large_push_without_an_authtype() {
    for (git, fails) in [(Git::with_bare_probe(), true), (Git::newest(), false)] {
        play(&git, None, |scene| {
            let pair = format!("capability[]=authtype\\nauthtype=Bearer\\ncredential={ALICE}\\n");
            let helper = format!("helper = \"!printf '{}' #\"\n", pair.replace('\\', r"\\"));
            scene.world.write(".gitconfig", HELPER.replace("helper = hf\n", &helper));
            scene.clone(URL, "tree").succeeded();
            scene.push("tree", "small.txt", bytes(SMALL)).succeeded();
            scene.hub.forget_visits();
            let push = scene.push("tree", "medium.txt", bytes(MEDIUM));
            assert_eq!(push.status != Some(0), fails, "{push:?}");
            let visits = scene.hub.visits().into_iter().filter(|visit| visit.path.ends_with("/git-receive-pack"));
            let seen: Vec<_> = visits.map(|visit| (visit.shown.is_some(), visit.status)).collect();
            assert_eq!(seen, if fails { vec![(false, 401)] } else { vec![(true, 200); 2] });
        });
    }
}

#[test]
#[ignore = "needs git-lfs and gits of each generation; tests/run.sh installs them"]
fn a_push_that_lost_its_bearer_token_names_the_setting_and_that_cures_it() {
    play(&Git::with_bare_probe(), None, |scene| {
        scene.hub.take_only("Bearer");
        scene.world.write_token(OAUTH);
        scene.clone(URL, "tree").succeeded();
        let setting = "git config --global http.https://huggingface.co.postBuffer 1g";
        // the first time it is the Hub that rejects what is tried instead, afterwards it is known
        let push = scene.push("tree", "medium.txt", bytes(MEDIUM));
        push.failed().says("larger than http.postBuffer").says(&format!("`{setting}`")).hides(OAUTH);
        for _ in 0..2 {
            let again = scene.world.git_in("tree", &["push", "--quiet", "origin", "HEAD:main"]);
            again.failed().says("larger than http.postBuffer").says(&format!("`{setting}`")).hides(OAUTH);
        }
        let told = crate::remedies::ours_in(scene, "tree", "doctor --push");
        told.offers("as Bearer it is not rejected", setting);
        assert!(!told.is_said("make a new one"), "the token is good");
        crate::remedies::paste(scene, "tree", setting);
        scene.world.git_in("tree", &["push", "--quiet", "origin", "HEAD:main"]).succeeded();
        assert_eq!(scene.hub.read(NAME, "medium.txt").as_deref(), Some(bytes(MEDIUM)));
        // and one that was revoked after it was taken is not said to be too large
        scene.hub.revoke(OAUTH);
        let fetch = scene.world.git_in("tree", &["fetch"]);
        fetch.failed().hides(OAUTH);
        assert!(!fetch.err().contains("postBuffer"), "{fetch:?}");
    });
}
