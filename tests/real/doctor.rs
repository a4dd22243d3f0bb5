//! `doctor`: to whom a token is shown, which other one opens a repository, and what is told of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::hub::{Repository, Sign};
use crate::keyring::Day;
use crate::rig::{Git, Reply};
use crate::scene::{ALICE, BOB, READER, Scene};

const LOGINS: &str = "[at home]\nhf_token = hf_BobBobBobBobBobBobBobBobBobBobBobB\n";

fn alone(scenario: impl Fn(&mut Scene)) {
    Scene::play(&Git::first(), None, |scene| {
        scene.world.write_token(ALICE);
        scenario(scene);
    });
}

fn doctor(scene: &Scene, args: &[&str]) -> Reply {
    let reply = scene.world.helper(&[&["doctor"], args].concat(), b"");
    for secret in [ALICE, BOB, READER] {
        reply.hides(secret);
    }
    reply
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.stdout).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_token_is_shown_to_the_hub_alone_whatever_url_is_given() {
    alone(|scene| {
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        for url in [
            "https://evil.example/huggingface.co/acme",
            "https://huggingface.co@evil.example/acme/secret",
            "https://huggingface.co:pw@evil.example/acme/secret",
            "https://huggingface.co.evil.example/acme/secret",
            "https://evil.example\\@huggingface.co/acme/secret",
            "https://evil.example#@huggingface.co/acme/secret",
            "https://cdn-lfs.hf.co/acme/secret",
            "https://huggingface.co:8443/acme/secret",
            "http://huggingface.co/acme/secret",
            "http://hf.co/acme/secret",
            "evil.example/acme/secret",
            "evil@evil.example:acme/secret",
            "ftp://huggingface.co/acme/secret",
            "//evil.example/acme",
            "acme/../../secret",
            "acme/secret?x=https://evil.example",
            "--",
        ] {
            let reply = doctor(scene, &[url]);
            let shown: Vec<_> = scene.hub.visits().into_iter().filter(|visit| visit.shown.is_some()).collect();
            let is_hub = |host: &str| host == "huggingface.co";
            assert!(shown.iter().all(|visit| is_hub(&visit.host)), "{url}: {shown:?}");
            let asked = shown.iter().any(|visit| visit.path != "/api/whoami-v2");
            assert!(!asked, "{url}: {shown:?}");
            assert!(!scene.hub.visits().iter().any(|visit| visit.host == "evil.example"), "{url}");
            if url != "--" {
                assert_eq!(reply.status, Some(1), "{url}: {reply:?}");
            }
        }
        doctor(scene, &["https://me:hf_nobody@huggingface.co/acme/secret"]).succeeded().hides("hf_nobody");
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_remote_over_http_or_ssh_is_told_and_shown_nothing() {
    alone(|scene| {
        scene.world.git(&["init", "--quiet", "work"]).succeeded();
        let set = |url: &str| {
            scene.world.git_in("work", &["config", "remote.origin.url", url]).succeeded();
            let mut command = scene.world.command("git-credential-hf");
            command.arg("doctor").current_dir(scene.world.home().join("work"));
            crate::rig::finish(command, b"")
        };
        let reply = set("http://huggingface.co/acme/secret");
        assert!(
            reply.failed().out().contains("-> git remote set-url origin https://huggingface.co/acme/secret"),
            "{reply:?}"
        );
        let reply = set("git@hf.co:datasets/acme/rows");
        assert!(reply.succeeded().out().contains("https://huggingface.co/datasets/acme/rows"), "{reply:?}");
        assert!(reply.out().contains("SSH"), "{reply:?}");
        assert!(scene.hub.visits().iter().all(|visit| visit.path == "/api/whoami-v2"), "{:?}", scene.hub.visits());

        scene.hub.publish(Repository::private("datasets/acme/rows", &["alice"]), &[]);
        let reply = set("https://alice:hf_inTheUrlInTheUrlInTheUrl@huggingface.co/datasets/acme/rows");
        // that is what git sends, whatever this helper has
        reply.failed().hides("hf_inTheUrl");
        assert!(
            reply.out().contains("fail  account           the Hub refuses this token: the URL of remote"),
            "{reply:?}"
        );
        assert!(reply.out().contains("`git-credential-hf import --delete-source`"), "{reply:?}");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn the_token_that_opens_a_repository_is_named_with_its_bind_line() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.world.write(".cache/huggingface/stored_tokens", LOGINS);
        scene.store("reader", READER);
        // what git stored would go first
        scene.world.write_token(ALICE);
        scene.hub.publish(Repository::private("acme/bobs", &["bob"]), &[]);
        scene.hub.forget_visits();
        let reply = doctor(scene, &["--json", "acme/bobs"]);
        let told = json_of(&reply);
        assert_eq!(told["repository"]["verdict"], "another_token", "{reply:?}");
        assert!(!told.to_string().contains("there is no acme/bobs"), "no two of its lines disagree: {told}");
        let opener = &told["repository"]["opened_by"];
        assert_eq!(opener["name"], "at home", "{reply:?}");
        assert_eq!(opener["remedy"], "git-credential-hf bind acme 'at home'", "{reply:?}");
        assert_eq!(scene.times_shown(BOB), 1, "each other token is tried once");
        scene.world.helper(&["bind", "acme", "at home"], b"").succeeded();
        let told = json_of(&doctor(scene, &["--json", "acme/bobs"]));
        assert_eq!(told["repository"]["verdict"], "open", "{told}");
        scene.clone("https://huggingface.co/acme/bobs", "bobs").succeeded();
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_token_of_two_names_is_tried_once_and_one_that_ended_is_not() {
    alone(|scene| {
        let again = LOGINS.replace("at home", "at work") + "[old]\nhf_token = hf_old\nexpires_at = 1000000000\n";
        scene.world.write(".cache/huggingface/stored_tokens", format!("{LOGINS}\n{again}"));
        scene.hub.publish(Repository::private("acme/carols", &["carol"]), &[]);
        let told = json_of(&doctor(scene, &["--json", "acme/carols"]));
        assert!(told["repository"]["opened_by"].is_null(), "{told}");
        // once for the model, and once for each other kind that it may be
        assert_eq!((scene.times_shown(BOB), scene.times_shown("hf_old")), (4, 0), "{:?}", scene.hub.visits());
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_token_in_the_way_of_the_one_that_opens_is_named() {
    alone(|scene| {
        scene.world.write(".cache/huggingface/stored_tokens", LOGINS);
        scene.hub.publish(Repository::private("acme/bobs", &["bob"]), &[]);
        scene.world.set_env("HF_TOKEN", READER);
        let told = json_of(&doctor(scene, &["--json", "--push", "acme/bobs"]));
        let remedy = told["repository"]["opened_by"]["remedy"].as_str().unwrap_or_default();
        assert_eq!(remedy, "unset HF_TOKEN HUGGING_FACE_HUB_TOKEN && git-credential-hf bind acme 'at home'", "{told}");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_token_git_has_just_been_refused_is_looked_into_and_offered_again_once_it_is_alive() {
    alone(|scene| {
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        scene.hub.says(ALICE, Sign::Expired);
        let url = "https://huggingface.co/acme/secret";
        scene.world.git(&["ls-remote", url]).failed();
        scene.world.git(&["ls-remote", url]).failed();
        let reply = doctor(scene, &["acme/secret"]);
        assert!(reply.failed().out().contains("this token has expired"), "{reply:?}");
        assert!(reply.out().contains("within the last 15 minutes"), "{reply:?}");
        scene.hub.says(ALICE, Sign::MayNotUpload(""));
        doctor(scene, &["acme/secret"]).succeeded();
        scene.world.git(&["ls-remote", url]).succeeded();
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_clock_that_is_wrong_is_told_by_the_hubs() {
    alone(|scene| {
        scene.hub.set_clock(0);
        assert!(!doctor(scene, &[]).out().contains("minutes"));
        scene.hub.set_clock(3600);
        let reply = doctor(scene, &[]);
        assert!(reply.out().contains("60 minutes behind") || reply.out().contains("59 minutes behind"), "{reply:?}");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_private_hub_is_asked_where_it_is_and_huggingface_is_not() {
    alone(|scene| {
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        scene.world.set_env("HF_ENDPOINT", "https://hub.example/");
        for text in ["acme/secret", "https://hub.example/acme/secret"] {
            scene.hub.forget_visits();
            let told = json_of(&doctor(scene, &["--json", text]));
            assert_eq!(told["repository"]["url"], "https://hub.example/acme/secret", "{told}");
            assert_eq!(told["repository"]["verdict"], "open", "{told}");
            assert!(scene.hub.visits().iter().all(|visit| visit.host == "hub.example"), "{:?}", scene.hub.visits());
        }
        scene.hub.forget_visits();
        let told = json_of(&doctor(scene, &["--json", "https://huggingface.co/acme/secret"]));
        assert_eq!(told["repository"]["verdict"], "open", "{told}");
        assert!(scene.hub.visits().iter().all(|visit| visit.host == "huggingface.co"), "{:?}", scene.hub.visits());
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn each_day_of_the_keychain_is_told_by_its_name() {
    for (day, start, words) in [
        (Day::Unlocked, "ok ", "found, open, with 1 entry"),
        (Day::NoService, "ok ", "none on the session bus"),
        (Day::NoBus, "ok ", "no session bus"),
        (Day::GoneBus, "warn", "DBUS_SESSION_BUS_ADDRESS"),
        (Day::NoCollection, "warn ", "no default collection"),
        (Day::Locked, "warn ", "locked"),
        (Day::SilentService, "warn ", "silent"),
        (Day::SilentBus, "warn ", "silent"),
    ] {
        Scene::play(&Git::first(), Some(day), |scene| {
            if day == Day::Unlocked {
                scene.store("alice", ALICE);
            }
            scene.world.write_token(BOB);
            let reply = doctor(scene, &[]);
            let out = reply.out();
            let line = out.lines().find(|line| line.contains("  keychain "));
            let is_so = line.is_some_and(|line| line.starts_with(start) && line.contains(words));
            assert!(is_so, "{day:?}: {reply:?}");
            assert!(reply.took < Duration::from_secs(15), "{reply:?}");
        });
    }
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn names_from_the_hub_neither_move_the_cursor_nor_fill_the_screen() {
    alone(|scene| {
        scene.hub.publish(Repository::public("acme/public"), &[]);
        let name = format!("\u{1b}[2J\u{202e}{}", "x".repeat(5000));
        let token =
            json!({ "accessToken": { "displayName": name, "role": "\u{7}odd" }, "expiresAt": "\u{1b}]0;x\u{7}" });
        scene
            .hub
            .describe(ALICE, json!({ "name": name, "orgs": [{ "name": name, "roleInOrg": name }], "auth": token }));
        let reply = doctor(scene, &["--push", "acme/public"]);
        let out = reply.out();
        assert!(!out.contains(|c: char| c.is_control() && c != '\n') && !out.contains('\u{202e}'), "{reply:?}");
        assert!(out.lines().all(|line| line.chars().count() < 600), "{reply:?}");
        assert!(out.contains(r"\u{1b}"), "{reply:?}");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn without_the_network_what_is_here_is_told_all_the_same() {
    alone(|scene| {
        fs::set_permissions(scene.world.hf_home().join("token"), fs::Permissions::from_mode(0o600)).expect("mode");
        scene.world.set_env("HF_HUB_OFFLINE", "1");
        let told = json_of(doctor(scene, &["--json", "acme/secret"]).succeeded());
        assert!(told["repository"].is_null(), "{told}");
        assert!(told.to_string().contains("HF_HUB_OFFLINE"), "{told}");
        assert!(scene.hub.visits().is_empty());
    });
}
