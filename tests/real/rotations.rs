//! `login` where the name has a token already: whose that is, who decides, and when it is revoked.

use std::fs;

use serde_json::json;

use crate::hub::{Role, Sign};
use crate::keyring::{Day, Keyring};
use crate::pasted_logins::{NEWER, contents, login, shown_by_git};
use crate::rig::{Git, Terminal};
use crate::scene::{ALICE, BOB, Scene};

/// At a terminal, a newer token of alice's meets the one that is stored.
fn meet(scene: &Scene, choice: &str) -> (i32, String) {
    let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token"]);
    terminal.shows("hidden):").hides_typing().types(NEWER).types("\n");
    let place = if scene.keyring.is_some() { "the keychain" } else { "the HF home" };
    terminal.shows(&format!("(hf_****Alic in {place});")).shows("this one is alice's.").shows("Choice [3]:");
    terminal.types(choice).types("\n");
    let status = terminal.ends();
    let shown = terminal.shown();
    assert!(!shown.contains(NEWER) && !shown.contains(ALICE), "{shown}");
    (status, shown)
}

/// The secrets that are stored anywhere.
fn stored(scene: &Scene) -> String {
    let keychain = scene.keyring.as_ref().map(Keyring::contents);
    scene.world.read_stored_tokens() + &keychain.unwrap_or_default()
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_is_rotated_or_replaced_or_kept_beside() {
    for day in [Some(Day::Unlocked), None] {
        for (choice, is_revoked, is_left, told) in [
            ("1", true, false, "Replaced and revoked alice's old token hf_****Alic."),
            ("2", false, false, "Replaced alice's old token hf_****Alic; it may still be valid on the Hub."),
            ("3", false, true, "as laptop"),
            ("", false, true, "as laptop"),
        ] {
            Scene::play(&Git::first(), day, |scene| {
                scene.hub.grant(NEWER, "alice", Role::Write);
                let laptop = json!({"auth": {"accessToken": {"displayName": "laptop"}}});
                scene.hub.describe(NEWER, laptop);
                login(scene, ALICE, &["--name", "mine"]).succeeded();
                let reply = login(scene, NEWER, &["--name", "mine"]);
                reply.refused().says("mine already names a token of the same account").hides(ALICE);
                reply.says("choose another --name, or run `git-credential-hf logout mine` first");

                let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "mine"]);
                terminal.shows("hidden):").hides_typing().types(NEWER).types("\n").shows("Choice [3]:");
                terminal.types("yes\n").shows("Please answer with a number from 1 to 3.").shows("Choice [3]:");
                terminal.types(choice).types("\n").shows(told);
                assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
                assert_eq!(scene.hub.revoked(), if is_revoked { vec![ALICE] } else { vec![] });
                assert_eq!(shown_by_git(scene), [NEWER]);
                assert_eq!(stored(scene).contains(ALICE), is_left, "{}", stored(scene));
            });
        }
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn the_old_token_is_revoked_last_and_a_hub_that_does_not_is_told_of() {
    for git in Git::all() {
        Scene::play(&git, Some(Day::Unlocked), |scene| {
            scene.hub.grant(NEWER, "alice", Role::Write);
            login(scene, ALICE, &[]).succeeded();
            scene.world.write(".gitconfig", "");
            scene.hub.refuse_to_revoke();
            let (status, shown) = meet(scene, "1");
            assert_eq!(status, 1, "{shown}");
            let said = shown.replace("\r\n", " ");
            for part in [
                "the new token is stored as alice and used by git",
                "alice's old token hf_****Alic was not revoked (the Hub answered 503 to the revocation)",
                "revoke it at https://huggingface.co/settings/tokens",
                // all else went on
                "Logged in as alice.",
                "Configured git to use git-credential-hf",
            ] {
                assert!(said.contains(part), "{part} is not in\n{said}");
            }
            assert_eq!(shown_by_git(scene), [NEWER]);
            assert!(!contents(scene).contains(ALICE) && scene.hub.revoked().is_empty());
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_cannot_be_stored_revokes_nothing() {
    // the keychain is locked while the person thinks
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        scene.hub.grant(NEWER, "alice", Role::Write);
        login(scene, ALICE, &[]).succeeded();
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token"]);
        terminal.shows("hidden):").hides_typing().types(NEWER).types("\n").shows("Choice [3]:");
        let keyring = scene.keyring.as_ref().expect("a keychain");
        keyring.lock();
        terminal.types("1\n").shows("cannot use the system keychain");
        assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
        assert!(scene.hub.revoked().is_empty(), "{}", terminal.shown());
        keyring.unlock();
        assert_eq!(shown_by_git(scene), [ALICE]);
    });
    // and so is the file
    Scene::play(&Git::first(), None, |scene| {
        scene.hub.grant(NEWER, "alice", Role::Write);
        login(scene, ALICE, &["--name", "alice"]).succeeded();
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "alice"]);
        terminal.shows("hidden):").hides_typing().types(NEWER).types("\n").shows("Choice [3]:");
        let stored_tokens = scene.world.hf_home().join("stored_tokens");
        let before = fs::read(&stored_tokens).expect("there");
        scene.world.write(&stored_tokens, "[broken\n");
        terminal.types("1\n").shows("stored_tokens");
        assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
        assert!(scene.hub.revoked().is_empty(), "{}", terminal.shown());
        scene.world.write(&stored_tokens, before);
        assert_eq!(shown_by_git(scene), [ALICE]);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn only_a_token_of_the_same_account_is_offered_to_be_revoked() {
    let git = Git::first();
    for day in [Some(Day::Unlocked), None] {
        // bob's token has the name, or nobody knows whose it is
        for is_known in [true, false] {
            for (choice, left) in [("", true), ("1", false)] {
                Scene::play(&git, day, |scene| {
                    login(scene, BOB, &["--name", "bobs"]).succeeded();
                    let reply = login(scene, ALICE, &["--name", "bobs"]);
                    reply.refused().says("bobs is bob's token (hf_****BobB in the ").says("; this one is alice's");
                    reply.says("choose another --name, or run `git-credential-hf logout bobs` first").hides(BOB);
                    if !is_known {
                        scene.hub.says(BOB, Sign::LimitedWhoami(77));
                    }
                    let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "bobs"]);
                    terminal.shows("hidden):").hides_typing().types(ALICE).types("\n");
                    if is_known {
                        terminal.shows("bobs is bob's token (hf_****BobB in the ");
                    } else {
                        terminal
                            .shows("bobs already names a token of an unknown account (hf_****BobB in the ")
                            .shows("77 s");
                    }
                    terminal.shows("this one is alice's").shows("Choice [2]:").types(choice).types("\n");
                    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
                    let shown = terminal.shown();
                    assert!(!shown.contains("revoke it") && !shown.contains("rotate"), "{shown}");
                    if !left {
                        let whose = if is_known { "bob's token" } else { "the old token" };
                        let told = format!("Replaced {whose} hf_****BobB; it may still be valid on the Hub.");
                        assert!(shown.contains(&told), "{shown}");
                    }
                    assert!(scene.hub.revoked().is_empty());
                    assert_eq!(stored(scene).contains(BOB), left);
                    assert_eq!(shown_by_git(scene), [ALICE]);
                });
            }
        }
        // one that the Hub knows no more is no loss
        Scene::play(&git, day, |scene| {
            login(scene, BOB, &["--name", "bobs"]).succeeded();
            scene.hub.revoke(BOB);
            let said = login(scene, ALICE, &["--name", "bobs"]).succeeded().out();
            assert!(said.contains("Replaced the old token hf_****BobB, which the Hub had rejected."), "{said}");
            assert!(!stored(scene).contains(BOB) && scene.hub.revoked().is_empty());
        });
    }
}
