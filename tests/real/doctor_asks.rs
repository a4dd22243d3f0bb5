//! `doctor` asks the Hub what git would ask: with the token that git sends, for what git would clone.

use serde_json::Value;

use crate::hub::Repository;
use crate::rig::{Git, Reply, finish};
use crate::scene::{ALICE, BOB, Scene};

const LOGINS: &str = "[work]\nhf_token = hf_BobBobBobBobBobBobBobBobBobBobBobB\n";

fn play(plot: impl Fn(&Scene)) {
    Scene::play(&Git::first(), None, |scene| {
        scene.world.git(&["init", "--quiet", "r"]).succeeded();
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        plot(scene);
    });
}

fn doctor(scene: &Scene, arguments: &[&str]) -> Reply {
    let mut command = scene.world.command("git-credential-hf");
    command.arg("doctor").args(arguments).current_dir(scene.world.home().join("r"));
    let reply = finish(command, b"");
    reply.hides(ALICE).hides(BOB);
    reply
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.stdout).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

fn verdict(told: &Value) -> &str {
    told["repository"]["verdict"].as_str().unwrap_or_default()
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn the_token_that_git_sends_is_asked_with_whoever_holds_it() {
    play(|scene| {
        // a token in the URL, and no other
        let url = format!("https://x:{ALICE}@huggingface.co/acme/secret");
        scene.world.git_in("r", &["remote", "add", "origin", &url]).succeeded();
        scene.world.git_in("r", &["ls-remote", "origin"]).succeeded();
        for arguments in [&["--json"][..], &["--json", "acme/secret"]] {
            let told = json_of(&doctor(scene, arguments));
            assert_eq!(verdict(&told), "open", "{told:#}");
        }
        // an entry in netrc goes before bob's login, who may not see it
        scene.world.git_in("r", &["remote", "set-url", "origin", "https://huggingface.co/acme/secret"]).succeeded();
        scene.world.write_token(BOB);
        assert_eq!(verdict(&json_of(&doctor(scene, &["--json"]))), "not_found");
        scene.world.write(".netrc", format!("machine huggingface.co login x password {ALICE}\n"));
        let told = json_of(&doctor(scene, &["--json"]));
        assert_eq!(verdict(&told), "open", "{told:#}");
        assert!(told.to_string().contains("goes_first"), "{told:#}");
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_header_that_the_hub_refuses_is_blamed_and_not_the_good_token() {
    play(|scene| {
        scene.world.write_token(ALICE);
        scene.world.git_in("r", &["remote", "add", "origin", "https://huggingface.co/acme/secret"]).succeeded();
        let key = "http.https://huggingface.co/.extraHeader";
        let dead = "Authorization: Bearer hf_DeadDeadDeadDeadDeadDeadDeadDead";
        scene.world.git_in("r", &["config", key, dead]).succeeded();
        scene.world.git_in("r", &["ls-remote", "origin"]).failed();
        let told = json_of(&doctor(scene, &["--json"]));
        let checks = told["checks"].as_array().unwrap();
        let account =
            checks.iter().find(|check| check["code"] == "account_unknown").unwrap_or_else(|| panic!("{told:#}"));
        let remedy = account["remedy"].as_str().unwrap();
        assert!(remedy.contains("--unset-all") && remedy.contains("extraheader"), "{account:#}");
        assert!(!checks.iter().any(|check| check["code"] == "rejected"), "{told:#}");
        // the remedy, as it is pasted, is all that it takes
        let mut command = scene.world.command("sh");
        command.arg("-c").arg(remedy).current_dir(scene.world.home().join("r"));
        finish(command, b"").succeeded();
        assert_eq!(verdict(&json_of(&doctor(scene, &["--json"]))), "open");
        scene.world.git_in("r", &["ls-remote", "origin"]).succeeded();
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn a_dataset_that_is_named_as_a_model_is_found_with_the_url_to_clone() {
    play(|scene| {
        scene.world.write_token(ALICE);
        scene.hub.publish(Repository::private("datasets/acme/rows", &["alice"]), &[]);
        scene.hub.publish(Repository::private("spaces/acme/app", &["bob"]), &[]);
        for (name, path) in [("acme/rows", "datasets/acme/rows"), ("spaces/acme/rows", "datasets/acme/rows")] {
            let told = json_of(&doctor(scene, &["--json", name]));
            let clone = format!("git clone https://huggingface.co/{path}");
            assert_eq!(
                (verdict(&told), &told["repository"]["remedy"]),
                ("other_kind", &clone.as_str().into()),
                "{told:#}"
            );
        }
        scene.world.write(".cache/huggingface/stored_tokens", LOGINS);
        let told = json_of(&doctor(scene, &["--json", "acme/app"]));
        assert_eq!(
            (verdict(&told), &told["repository"]["link"]),
            ("other_kind", &"https://huggingface.co/spaces/acme/app".into())
        );
        // a remote is mended, not cloned anew
        scene.world.git_in("r", &["remote", "add", "up", "https://huggingface.co/acme/rows"]).succeeded();
        let told = json_of(&doctor(scene, &["--json"]));
        assert_eq!(
            told["repository"]["remedy"], "git remote set-url up https://huggingface.co/datasets/acme/rows",
            "{told:#}"
        );
    });
}

#[test]
#[ignore = "needs the real git; tests/run.sh runs it"]
fn what_git_cannot_clone_is_said_before_all() {
    play(|scene| {
        scene.world.write_token(ALICE);
        for text in
            ["https://huggingface.co/acme/secret/tree/main", "https://huggingface.co/acme/secret/blob/main/README.md"]
        {
            let told = json_of(&doctor(scene, &["--json", text]));
            assert_eq!((&told["checks"][0]["code"], verdict(&told)), (&"not_cloneable".into(), "open"), "{told:#}");
            assert_eq!(told["checks"][0]["remedy"], "git clone https://huggingface.co/acme/secret");
        }
        scene
            .world
            .git_in("r", &["remote", "add", "origin", "https://huggingface.co/acme/secret/tree/main"])
            .succeeded();
        scene.world.git_in("r", &["ls-remote", "origin"]).failed();
        let told = json_of(&doctor(scene, &["--json"]));
        assert_eq!(told["checks"][0]["code"], "url_not_a_repository", "{told:#}");
    });
}
