//! `hf auth login`, `switch`, `list` and `logout`: git follows each step at once.

use crate::hf::{hf, python};
use crate::hub::Repository;
use crate::scene::{ALICE, BOB, Scene};

/// The names `hf` gives these tokens: what the Hub says they are called.
const ALICES: &str = "token of alice";
const BOBS: &str = "token of bob";

/// An older token of alice's, good as well.
const OLDER: &str = "hf_OlderOlderOlderOlderOlderOlderOlder";

/// A repository alice and bob may read.
fn shared(scene: &Scene) {
    let repository = Repository::private("acme/shared", &["alice", "bob"]);
    scene.hub.publish(repository, &[]);
}

/// The one secret git shows the Hub now; none when it has nothing to show and fails.
fn shown_by_git(scene: &Scene) -> Option<String> {
    scene.hub.forget_visits();
    let url = "https://huggingface.co/acme/shared";
    let said = scene.world.git(&["ls-remote", url]);
    let mut shown = scene.secrets_on("huggingface.co");
    assert!(shown.len() <= 1, "several people: {shown:?}");
    let shown = shown.pop();
    assert_eq!(said.status == Some(0), shown.is_some(), "{said:?}");
    shown
}

/// The whole story, from the first login to the last logout.
fn follow(scene: &Scene, flag: Option<&str>) {
    shared(scene);
    let run = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(flag.filter(|_| matches!(args[1], "login" | "switch")));
        let said = hf(&scene.world, &args);
        said.succeeded();
        said
    };
    assert_eq!(shown_by_git(scene), None, "nobody is logged in yet");

    run(&["auth", "login", "--token", ALICE]);
    assert_eq!(shown_by_git(scene).as_deref(), Some(ALICE), "after login");
    run(&["auth", "login", "--force", "--token", BOB]);
    assert_eq!(shown_by_git(scene).as_deref(), Some(BOB), "after a second");
    run(&["auth", "switch", "--token-name", ALICES]);
    assert_eq!(shown_by_git(scene).as_deref(), Some(ALICE), "after switch");
    run(&["auth", "switch", "--token-name", BOBS]);
    assert_eq!(shown_by_git(scene).as_deref(), Some(BOB), "and back");

    let listed = run(&["auth", "list"]).out();
    assert!(listed.contains(ALICES) && listed.contains(BOBS), "{listed}");

    run(&["auth", "logout", "--token-name", ALICES]);
    assert_eq!(shown_by_git(scene).as_deref(), Some(BOB), "another's logout");
    run(&["auth", "logout"]);
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn git_follows_each_step_of_hf() {
    for flag in [None, Some("--add-to-git-credential")] {
        eprintln!("... {flag:?}");
        Scene::each(|scene| {
            follow(scene, flag);
            assert_eq!(shown_by_git(scene), None, "after logout of all");
        });
    }
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn git_follows_each_step_of_hf_where_hf_finds_the_helper() {
    for flag in [None, Some("--add-to-git-credential")] {
        eprintln!("... {flag:?}");
        Scene::each(|scene| {
            // `hf` looks for this line and for no other
            scene.ask_for_every_host();
            follow(scene, flag);
            assert_eq!(shown_by_git(scene), None, "after logout of all");
        });
    }
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn an_older_token_git_stored_does_not_hide_a_later_choice_of_hf() {
    for flag in [None, Some("--add-to-git-credential")] {
        eprintln!("... {flag:?}");
        Scene::each(|scene| {
            scene.ask_for_every_host();
            scene.hub.grant(OLDER, "alice", crate::hub::Role::Write);
            shared(scene);
            scene.store("alice", OLDER);
            assert_eq!(shown_by_git(scene).as_deref(), Some(OLDER));
            let run = |args: &[&str]| {
                let mut args = args.to_vec();
                args.extend(flag);
                hf(&scene.world, &args).succeeded();
            };
            run(&["auth", "login", "--token", BOB]);
            assert_eq!(shown_by_git(scene).as_deref(), Some(BOB), "after login");
            run(&["auth", "login", "--force", "--token", ALICE]);
            assert_eq!(shown_by_git(scene).as_deref(), Some(ALICE), "a second");
            run(&["auth", "switch", "--token-name", BOBS]);
            assert_eq!(shown_by_git(scene).as_deref(), Some(BOB), "after switch");
            hf(&scene.world, &["auth", "logout"]).succeeded();
            // of hf's tokens git has none; what git stored is git's, unless it was in the file hf has just removed
            let left = scene.keyring.is_some().then_some(OLDER);
            assert_eq!(shown_by_git(scene).as_deref(), left, "after logout");
        });
    }
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn hf_lists_everything_still_after_a_store_without_a_keychain() {
    for git in crate::rig::Git::all() {
        Scene::play(&git, None, |scene| {
            let run = |args: &[&str]| hf(&scene.world, args).succeeded().out();
            run(&["auth", "login", "--token", ALICE]);
            run(&["auth", "login", "--force", "--token", BOB]);
            scene.store("team", OLDER);
            let listed = run(&["auth", "list"]);
            for name in [ALICES, BOBS, "git:team@huggingface.co"] {
                assert!(listed.contains(name), "{name} is not in\n{listed}");
            }
            // and hf's own rewriting keeps what we wrote
            run(&["auth", "switch", "--token-name", ALICES]);
            run(&["auth", "logout", "--token-name", BOBS]);
            let kept = scene.fill("username=team\n");
            assert!(kept.contains(OLDER), "{kept}");
        });
    }
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn a_logout_takes_the_entry_an_older_hf_had_git_store() {
    Scene::each(|scene| {
        scene.ask_for_every_host();
        scene.hub.grant(OLDER, "alice", crate::hub::Role::Write);
        shared(scene);
        // the name `hf` always gave git
        scene.store("hf_user", OLDER);
        hf(&scene.world, &["auth", "login", "--token", BOB, "--add-to-git-credential"]).succeeded();
        assert_eq!(shown_by_git(scene).as_deref(), Some(BOB));
        hf(&scene.world, &["auth", "logout"]).succeeded();
        assert_eq!(shown_by_git(scene), None);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn what_huggingface_hub_sets_for_a_user_git_fills_until_it_is_unset() {
    Scene::each(|scene| {
        let call = |function: &str, arguments: &str| {
            let program = format!("from huggingface_hub.utils import {function}; {function}({arguments})");
            python(&scene.world, &program).succeeded();
        };
        scene.ask_for_every_host();
        call("set_git_credential", "'hf_test_token', 'hf_test_user_1'");
        let kept = scene.fill("username=hf_test_user_1\n");
        assert!(kept.contains("password=hf_test_token\n"), "{kept}");
        call("unset_git_credential", "'hf_test_user_1'");
        assert_eq!(scene.fill("username=hf_test_user_1\n"), "");
    });
}
