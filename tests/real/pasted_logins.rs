//! `login` with a token: verified by the Hub, kept in the keychain or where `hf` keeps it, and git's from then on.

use std::fs;

use serde_json::json;

use crate::hf::hf;
use crate::hub::{Repository, Role, Sign, WhoamiMood};
use crate::keyring::Day;
use crate::rig::{Git, Reply, Terminal, finish};
use crate::scene::{ALICE, BOB, READER, Scene};

/// A newer token of alice's.
const NEWER: &str = "hf_NewerNewerNewerNewerNewerNewerNewer";

/// One of carol's.
const OLDER: &str = "hf_OlderOlderOlderOlderOlderOlderOlder";

/// One the Hub never knew.
const UNKNOWN: &str = "hf_UnknownUnknownUnknownUnknownUnknow";

fn login(scene: &Scene, token: &str, args: &[&str]) -> Reply {
    let args = [&["login", "--with-token"], args].concat();
    let reply = scene.world.helper(&args, format!("{token}\n"));
    reply.hides(token);
    reply
}

/// Whom git shows the Hub without being told who to be.
fn shown_by_git(scene: &Scene) -> Vec<String> {
    if !scene.hub.has("acme/shared") {
        scene.hub.publish(Repository::private("acme/shared", &["alice", "bob", "carol"]), &[]);
    }
    scene.hub.forget_visits();
    scene.world.git(&["ls-remote", "https://huggingface.co/acme/shared"]);
    scene.secrets_on("huggingface.co")
}

fn contents(scene: &Scene) -> String {
    scene.keyring.as_ref().expect("a keychain").contents()
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_login_is_shown_kept_and_gits() {
    Scene::each(|scene| {
        scene.world.write(".gitconfig", "");
        scene.hub.describe(
            ALICE,
            json!({
                "fullname": "Alice \u{1b}[2JExample",
                "orgs": [{"name": "acme", "roleInOrg": "admin"}, {"name": "beta"}],
            }),
        );
        let reply = login(scene, ALICE, &[]);
        let said = reply.succeeded().says_nothing().out();
        assert!(said.contains(r"alice (Alice \u{1b}[2JExample)"), "{said}");
        for part in [
            "Logged in as alice.",
            "acme (admin), beta",
            "token of alice, write",
            "expires",
            "never",
            "Configured git to use git-credential-hf",
        ] {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
        assert_eq!(shown_by_git(scene), [ALICE]);
        if scene.keyring.is_some() {
            assert!(said.contains("in the keychain as alice"), "{said}");
            assert!(contents(scene).contains(ALICE) && !scene.world.hf_home().join("token").exists());
        } else {
            assert!(said.contains("in the HF home as token of alice"), "{said}");
            let listed = hf(&scene.world, &["auth", "list"]).succeeded().out();
            assert!(listed.contains("token of alice"), "{listed}");
            let whoami = hf(&scene.world, &["auth", "whoami"]).succeeded().out();
            assert!(whoami.contains("alice"), "{whoami}");
        }
        // the last login wins, whichever it is
        login(scene, BOB, &[]).succeeded();
        assert_eq!(shown_by_git(scene), [BOB]);
        let again = login(scene, ALICE, &[]);
        assert!(again.succeeded().out().contains("already as"), "{again:?}");
        assert_eq!(shown_by_git(scene), [ALICE]);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn the_last_login_wins_whichever_program_it_was_of() {
    Scene::each(|scene| {
        scene.hub.grant(NEWER, "carol", Role::Write);
        for (args, theirs) in [(&[][..], BOB), (&["--hf"], NEWER)] {
            hf(&scene.world, &["auth", "login", "--force", "--token", theirs]).succeeded();
            assert_eq!(shown_by_git(scene), [theirs]);
            login(scene, ALICE, args).succeeded();
            assert_eq!(shown_by_git(scene), [ALICE], "{args:?}");
        }
        // also where git stored another beside the very token that is active
        scene.hub.grant(OLDER, "carol", Role::Write);
        scene.store("carol", OLDER);
        assert!(scene.fill("").contains(OLDER));
        login(scene, ALICE, &["--hf"]).succeeded();
        assert_eq!(shown_by_git(scene), [ALICE]);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn what_is_kept_for_hf_is_what_hf_itself_would_write() {
    Scene::each(|scene| {
        login(scene, ALICE, &["--hf"]).succeeded();
        let ours = scene.world.read_stored_tokens();
        fs::remove_dir_all(scene.world.hf_home()).expect("there");
        hf(&scene.world, &["auth", "login", "--token", ALICE]).succeeded();
        let theirs = scene.world.read_stored_tokens();
        assert_eq!(ours.replace("username = alice\n", ""), theirs);
        // what hf wrote is known as the same
        let again = login(scene, ALICE, &[]);
        assert!(again.succeeded().out().contains("in the HF home already as token of alice"), "{again:?}");
        if scene.keyring.is_some() {
            assert!(!contents(scene).contains(ALICE), "it was copied");
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_the_hub_does_not_know_is_not_kept() {
    Scene::each(|scene| {
        let is_empty = |scene: &Scene| {
            assert!(!scene.world.hf_home().exists());
            assert!(scene.keyring.as_ref().is_none_or(|keyring| !keyring.contents().contains("hf_")));
        };
        login(scene, UNKNOWN, &[]).refused().says("the Hub refuses this token").says("settings/tokens");
        is_empty(scene);
        scene.hub.whoami_is(WhoamiMood::Limited(77));
        login(scene, ALICE, &[]).refused().says("77 s").says("nothing was stored").says("--no-verify");
        scene.hub.whoami_is(WhoamiMood::Fails);
        login(scene, ALICE, &[]).refused().says("502").says("--no-verify");
        is_empty(scene);
        scene.hub.whoami_is(WhoamiMood::Prompt);
        scene.hub.grant("hf_jwt_abc.def.ghi", "alice", Role::Write);
        let reply = login(scene, "hf_jwt_abc.def.ghi", &[]);
        reply.refused().says("does not make it invalid").says("--no-verify");
        is_empty(scene);
        scene.hub.describe(ALICE, json!({"type": "org"}));
        login(scene, ALICE, &[]).refused().says("organization");
        is_empty(scene);
        scene.hub.forget_visits();
        login(scene, UNKNOWN, &["--no-verify"]).succeeded();
        assert!(scene.hub.visits().is_empty(), "the Hub was asked");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_login_ends_the_refusals_of_its_token() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.hub.revoke(ALICE);
        shown_by_git(scene);
        scene.hub.grant(ALICE, "alice", Role::Write);
        assert_eq!(shown_by_git(scene), Vec::<String>::new(), "it is refused for now");
        login(scene, ALICE, &[]).succeeded();
        assert_eq!(shown_by_git(scene), [ALICE]);
    });
}

/// At a terminal, a newer token of alice's meets the one that is stored.
fn meet(scene: &Scene, choice: &str) -> (i32, String) {
    let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token"]);
    terminal.shows("hidden):").hides_typing().types(NEWER).types("\n");
    let place = if scene.keyring.is_some() { "the keychain" } else { "the HF home" };
    terminal.shows(&format!("(hf_****Alic in {place}); this one is alice's.")).shows("Choice [3]:");
    terminal.types(choice).types("\n");
    let status = terminal.ends();
    let shown = terminal.shown();
    assert!(!shown.contains(NEWER) && !shown.contains(ALICE), "{shown}");
    (status, shown)
}

/// The secrets that are stored anywhere.
fn stored(scene: &Scene) -> String {
    let keychain = scene.keyring.as_ref().map(crate::keyring::Keyring::contents);
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

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_that_does_not_answer_is_said_and_hf_is_the_way_round() {
    let git = Git::first();
    for day in [Day::Locked, Day::SilentService, Day::SilentBus] {
        Scene::play(&git, Some(day), |scene| {
            login(scene, ALICE, &[]).refused().says("keychain").says("--hf");
            assert!(!scene.world.hf_home().exists(), "it was kept all the same");
            login(scene, ALICE, &["--hf"]).succeeded();
            assert!(scene.world.read_stored_tokens().contains(ALICE));
        });
    }
    for day in [Day::NoService, Day::NoBus, Day::NoCollection] {
        Scene::play(&git, Some(day), |scene| {
            let said = login(scene, ALICE, &[]).succeeded().out();
            assert!(said.contains("there is no keychain here"), "{said}");
            assert_eq!(shown_by_git(scene), [ALICE]);
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring and strace; tests/run.sh installs them"]
fn no_token_is_ever_in_the_arguments_of_a_program() {
    Scene::each(|scene| {
        let trace = scene.world.root().join("trace");
        scene.world.write(".gitconfig", "");
        for args in [&["login", "--with-token"][..], &["whoami"], &["logout", "--revoke", "--yes"]] {
            let mut command = scene.world.command("strace");
            command.args(["-f", "-qq", "-s", "9999", "-e", "trace=execve", "-o"]).arg(&trace);
            command.arg("git-credential-hf").args(args);
            finish(command, READER.as_bytes()).succeeded().hides(READER);
            let seen = fs::read_to_string(&trace).expect("traced");
            assert!(seen.contains("execve(") && !seen.contains(READER), "{args:?}");
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_login_is_for_the_hub_of_hf_endpoint_and_goes_to_no_other() {
    Scene::each(|scene| {
        scene.world.set_env("HF_ENDPOINT", "https://hub.example");
        let said = login(scene, ALICE, &[]).succeeded().out();
        assert_eq!(scene.secrets_on("huggingface.co"), Vec::<String>::new());
        assert_eq!(scene.secrets_on("hub.example"), [ALICE]);
        let fill = scene.world.helper(&["get"], "protocol=https\nhost=hub.example\n");
        assert_eq!(fill.attribute("password").as_deref(), Some(ALICE), "{said}");
        let elsewhere = scene.world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
        // the HF home's are any Hub's, as hf has it
        assert_eq!(elsewhere.attribute("password").is_none(), scene.keyring.is_some());
        scene.world.set_env("HF_ENDPOINT", "http://hub.example");
        login(scene, BOB, &[]).refused().says("HF_ENDPOINT");
    });
}
