//! `login` with a token: verified by the Hub, kept in the keychain or where `hf` keeps it, and git's from then on.

use std::fs;

use serde_json::json;

use crate::hf::hf;
use crate::hub::{Repository, Role, WhoamiMood};
use crate::keyring::Day;
use crate::rig::{Git, Reply, finish};
use crate::scene::{ALICE, BOB, READER, Scene};

/// A newer token of alice's.
pub const NEWER: &str = "hf_NewerNewerNewerNewerNewerNewerNewer";

/// One of carol's.
const OLDER: &str = "hf_OlderOlderOlderOlderOlderOlderOlder";

/// One the Hub never knew.
const UNKNOWN: &str = "hf_UnknownUnknownUnknownUnknownUnknow";

pub fn login(scene: &Scene, token: &str, args: &[&str]) -> Reply {
    let args = [&["login", "--with-token"], args].concat();
    let reply = scene.world.helper(&args, format!("{token}\n"));
    reply.hides(token);
    reply
}

/// Whom git shows the Hub without being told who to be.
pub fn shown_by_git(scene: &Scene) -> Vec<String> {
    if !scene.hub.has("acme/shared") {
        scene.hub.publish(Repository::private("acme/shared", &["alice", "bob", "carol"]), &[]);
    }
    scene.hub.forget_visits();
    scene.world.git(&["ls-remote", "https://huggingface.co/acme/shared"]);
    scene.secrets_on("huggingface.co")
}

pub fn contents(scene: &Scene) -> String {
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
