//! An account that git asks for by its name is that account or nobody, in every state of its token; and each git command
//! says why it gets none.

use crate::hub::{File, Repository};
use crate::keyring::{Day, Keyring};
use crate::rig::Git;
use crate::scene::{ALICE, BOB, HELPER, Scene};

const URL: &str = "https://huggingface.co/acme/secret";

/// A repository that both alice and bob may read: whoever asks gets in.
fn publish(scene: &Scene) {
    let file = File::Plain("a.txt", "a".to_owned());
    scene.hub.publish(Repository::private("acme/secret", &["alice", "bob"]), &[file]);
}

/// Binds acme to alice, whose token git stored, beside bob's active one.
fn alice_bound_beside_bob(scene: &Scene) {
    publish(scene);
    scene.world.write_token(BOB);
    scene.store("alice", ALICE);
    scene.world.helper(&["bind", "acme", "alice"], b"").succeeded();
    scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
    assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
}

/// How often bob asked for a repository. Whose his token is, the Hub may be asked.
fn times_bob_came(scene: &Scene) -> usize {
    let visits = scene.hub.visits();
    let came = visits.iter().filter(|visit| visit.shown.as_deref() == Some(BOB) && !visit.path.starts_with("/api/"));
    came.count()
}

/// Three commands, each of which fails and says this, while the Hub never sees bob.
#[track_caller]
fn fails_each_time_and_says(scene: &Scene, told: &[&str]) {
    for _ in 0..3 {
        let said = scene.world.git(&["ls-remote", URL]);
        for text in told {
            said.failed().says(text).hides(ALICE).hides(BOB);
        }
        assert_eq!(times_bob_came(scene), 0, "somebody else took over");
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_bound_account_whose_token_was_revoked_is_nobody_until_it_logs_in_again() {
    Scene::each(|scene| {
        alice_bound_beside_bob(scene);
        scene.hub.revoke(ALICE);
        // the first is rejected by the Hub, which git tells the helper
        scene.world.git(&["ls-remote", URL]).failed().says("rejected by the Hub");
        fails_each_time_and_says(scene, &["no token named alice is stored here", "login --name alice", "unbind acme"]);
        let status = scene.world.helper(&["list"], b"");
        status.succeeded();
        let new = "hf_AliceNewAliceNewAliceNewAliceNewAli";
        scene.hub.grant(new, "alice", crate::hub::Role::Write);
        let login = ["login", "--name", "alice", "--with-token"];
        scene.world.helper(&login, new).succeeded();
        scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
        assert_eq!(times_bob_came(scene), 0);
        scene.world.helper(&["logout", "alice"], b"").succeeded();
        // without a keychain hers was the active one
        scene.world.write_token(BOB);
        fails_each_time_and_says(scene, &["unbind acme"]);
        scene.world.helper(&["unbind", "acme"], b"").succeeded();
        scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
        assert!(times_bob_came(scene) > 0, "bob is right again");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_bound_account_behind_a_closed_keyring_is_nobody_until_it_is_opened() {
    type Close = fn(&mut Keyring);
    let states: [(&str, Close, &str); 3] = [
        ("locked", |keyring| keyring.lock(), "locked"),
        ("never opened", |keyring| keyring.restart(Day::NeverOpened), "locked"),
        ("silent", |keyring| keyring.fall_silent(), "does not answer"),
    ];
    for git in Git::all() {
        for (about, close, told) in states {
            Scene::play(&git, Some(Day::Unlocked), |scene| {
                eprintln!("... {about}");
                alice_bound_beside_bob(scene);
                close(scene.keyring.as_mut().expect("it has one"));
                fails_each_time_and_says(scene, &[told, "told us to quit"]);
                for command in ["list", "status"] {
                    let said = scene.world.helper(&[command], b"");
                    assert!((said.out() + &said.err()).contains(told), "{command}: {said:?}");
                }
                scene.world.helper(&["token", "alice"], b"").refused().says(told);
                scene.world.helper(&["exec", "--as", "alice", "--", "true"], b"").refused().says(told);
                if about != "silent" {
                    scene.keyring.as_ref().expect("it has one").unlock();
                    scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
                }
            });
        }
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn whoever_is_right_is_not_locked_out_and_the_hub_is_asked_once() {
    Scene::each(|scene| {
        alice_bound_beside_bob(scene);
        let reject = format!("protocol=https\nhost=huggingface.co\nusername=alice\npassword={ALICE}\n");
        scene.world.credential("reject", reject).succeeded();
        scene.hub.forget_visits();
        let whoami = |scene: &Scene| scene.hub.visits().iter().filter(|visit| visit.path == "/api/whoami-v2").count();
        // the active token is bob's
        scene.world.git(&["ls-remote", URL]).failed().says("login --name alice");
        scene.world.git(&["ls-remote", URL]).failed();
        assert_eq!(whoami(scene), 1, "asked again");
        // a new home, and a new login of hers
        std::fs::remove_dir_all(scene.world.hf_home()).expect("the old home");
        scene.world.write_token(ALICE);
        scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
        scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
        assert_eq!(whoami(scene), 2, "asked again");
        let token = scene.world.helper(&["token", "alice"], b"");
        assert_eq!(token.succeeded().out().trim(), ALICE);
        let status = scene.world.helper(&["status"], b"");
        assert!(status.succeeded().out().contains("hf_****"), "{status:?}");
        // without the network what was learned still holds
        scene.world.set_env("HF_HUB_OFFLINE", "1");
        scene.world.git(&["ls-remote", URL]).succeeded();
        scene.world.write_token(BOB);
        scene.world.git(&["ls-remote", URL]).failed().says("login --name alice");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_in_the_users_place_of_a_url_is_the_one_that_is_sent() {
    Scene::each(|scene| {
        publish(scene);
        scene.world.write_token(BOB);
        let url = format!("https://{ALICE}@huggingface.co/acme/secret");
        scene.clone(&url, "secret").succeeded();
        scene.push("secret", "new.txt", "pushed").succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
        assert_eq!(scene.world.read_stored_tokens(), "");
        assert!(scene.keyring.as_ref().is_none_or(|keyring| keyring.contents().is_empty()), "kept under a name");
        scene.hub.revoke(ALICE);
        // git itself shows what stands in the user's place, where it asks for a password: it must not come to that
        for _ in 0..2 {
            let said = scene.world.git_in("secret", &["fetch"]);
            said.failed().hides(BOB);
            assert!(!said.err().contains("Password for"), "{said:?}");
        }
        assert_eq!(times_bob_came(scene), 0);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn each_git_command_says_why_it_gets_no_token() {
    const REVOKED: &str = "hf_RevokedRevokedRevokedRevokedRevoke";
    type Prepare = fn(&mut Scene);
    let states: [(Prepare, &str, Option<&str>); 4] = [
        (|_| {}, "not logged in to huggingface.co: run `git-credential-hf login`", None),
        (|scene| scene.world.write_token(REVOKED), "active token was rejected by the Hub", None),
        (|scene| scene.world.set_env("HF_TOKEN", REVOKED), "HF_TOKEN was rejected by the Hub", Some("told us to quit")),
        (
            |scene| {
                scene.world.write("secret", REVOKED);
                let line = "helper = hf --token-command 'cat ~/secret'\n";
                scene.world.write(".gitconfig", HELPER.replace("helper = hf\n", line));
            },
            "the token command's token was rejected by the Hub",
            Some("told us to quit"),
        ),
    ];
    for git in Git::all() {
        for (prepare, told, quits) in states {
            Scene::play(&git, None, |scene| {
                publish(scene);
                prepare(scene);
                for number in 0..3 {
                    let said = scene.world.git(&["ls-remote", URL]);
                    said.failed().says(told).hides(REVOKED);
                    let lines = said.err().lines().filter(|line| line.starts_with("git-credential-hf:")).count();
                    assert_eq!(lines, 1, "{said:?}");
                    if let Some(quits) = quits.filter(|_| number > 0) {
                        said.says(quits);
                    }
                }
            });
        }
    }
}

#[test]
#[ignore = "needs gits of each generation; tests/run.sh installs them"]
fn the_name_in_a_url_is_heard_whatever_git_says_of_it() {
    // git says no name with libcurl 8.23 or later, as the newest one here has it
    for git in Git::of_each_generation() {
        Scene::play(&git, None, |scene| {
            publish(scene);
            scene.world.write_token(BOB);
            scene.store("alice", ALICE);
            let url = "https://alice@huggingface.co/acme/secret";
            scene.world.git(&["ls-remote", url]).succeeded();
            scene.clone(url, "secret").succeeded();
            scene.push("secret", "new.txt", "pushed").succeeded();
            assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
            let reject = format!("protocol=https\nhost=huggingface.co\nusername=alice\npassword={ALICE}\n");
            scene.world.credential("reject", reject).succeeded();
            for directory in ["", "secret"] {
                let said = scene.world.git_in(directory, &["ls-remote", url]);
                said.failed().says("login --name alice").hides(ALICE).hides(BOB);
            }
            assert_eq!(times_bob_came(scene), 0);
        });
    }
}
