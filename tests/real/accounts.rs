//! An account for each organisation: git, git-lfs and git-xet's question get the same token, and the Hub sees no other.

use std::fs;

use crate::hf::hf;
use crate::hub::{File, Repository};
use crate::rig::{Reply, finish};
use crate::scene::{ALICE, BOB, Scene};

/// What git-xet asks: no path, no username, no capability.
const XET: &str = "url=https://huggingface.co\n\n";

/// The token of each organisation; `open` is bound to nobody and goes by the active token, alice's.
const TOKENS: [(&str, &str); 3] = [("mine", ALICE), ("acme", BOB), ("open", ALICE)];

/// Repositories of each organisation, which its account alone may see.
const REPOSITORIES: [(&str, &str); 5] = [
    ("mine/secret", "alice"),
    ("acme/secret", "bob"),
    ("datasets/acme/rows", "bob"),
    ("spaces/acme/app", "bob"),
    ("open/secret", "alice"),
];

/// Bytes that git-lfs keeps, different for each name.
fn weights(name: &str) -> Vec<u8> {
    name.bytes().cycle().take(5000).collect()
}

/// Two accounts on one machine, `home` the active one, and a Hub that lets each see its own organisation alone.
fn two_accounts(scene: &Scene) {
    let sections = format!("[home]\nhf_token = {ALICE}\n\n[work]\nhf_token = {BOB}\n\n");
    scene.world.write(scene.world.hf_home().join("stored_tokens"), sections);
    scene.world.write_token(ALICE);
    for (name, account) in REPOSITORIES {
        scene.hub.publish(Repository::private(name, &[account]), &[File::Large("one.bin", weights(name))]);
    }
}

fn bind(scene: &Scene, words: &[&str]) {
    scene.world.helper(&[&["bind"], words].concat(), b"").succeeded().says_nothing();
}

/// Every request that showed a token showed that of the organisation it was about.
#[track_caller]
fn each_saw_its_own(scene: &Scene) {
    for visit in scene.hub.visits() {
        let name = visit.path.trim_start_matches("/datasets").trim_start_matches("/spaces").trim_start_matches('/');
        let token = TOKENS.iter().find(|(organisation, _)| name.starts_with(&format!("{organisation}/")));
        match (visit.host.as_str(), token) {
            ("huggingface.co", Some((_, token))) => {
                assert!(visit.shown.as_deref().is_none_or(|shown| shown == *token), "another's token: {visit:?}");
                assert!(visit.status != 404, "not seen: {visit:?}");
            }
            _ => assert!(visit.shown.is_none(), "a token went elsewhere: {visit:?}"),
        }
    }
}

/// Clones with an LFS file, fetches, and pushes another.
fn work_on(scene: &Scene, name: &str) -> String {
    let tree = name.replace('/', "-");
    scene.clone(&format!("https://huggingface.co/{name}"), &tree).succeeded();
    let cloned = fs::read(scene.world.home().join(&tree).join("one.bin")).expect("cloned");
    assert!(cloned == weights(name), "a pointer was left in place of the file");
    scene.world.git_in(&tree, &["lfs", "install", "--local"]).succeeded();
    scene.world.git_in(&tree, &["fetch", "--quiet"]).succeeded();
    let more = weights(&format!("{name}, more"));
    scene.push(&tree, "two.bin", &more).succeeded();
    assert!(scene.hub.holds_object(&more), "not uploaded");
    tree
}

/// git-xet's question, to git and to the helper, from a directory and from `GIT_DIR`.
pub fn xet(scene: &Scene, tree: &str) -> Vec<Option<String>> {
    let directory = scene.world.home().join(tree);
    let git = |arguments: &[&str]| {
        let mut command = scene.world.command("git");
        command.args(arguments);
        command
    };
    let helper = || {
        let mut command = scene.world.command("git-credential-hf");
        command.arg("get");
        command
    };
    let answer = |mut command: std::process::Command| -> Reply {
        // git-lfs starts git-xet in the repository
        command.current_dir(&directory);
        finish(command, XET.as_bytes())
    };
    let mut replies = vec![answer(git(&["credential", "fill"])), answer(helper())];
    if directory.join(".git").exists() {
        for mut command in [git(&["credential", "fill"]), helper()] {
            command.env("GIT_DIR", directory.join(".git")).current_dir("/");
            replies.push(finish(command, XET.as_bytes()));
        }
    }
    replies.iter().map(|reply| reply.attribute("password")).collect()
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn each_organisation_is_cloned_fetched_and_pushed_to_with_its_token_by_all_three() {
    Scene::each(|scene| {
        two_accounts(scene);
        bind(scene, &["acme", "work"]);
        bind(scene, &["mine", "home"]);
        for (name, account) in REPOSITORIES {
            let tree = work_on(scene, name);
            let token = if account == "bob" { BOB } else { ALICE };
            assert_eq!(xet(scene, &tree), vec![Some(token.to_owned()); 4], "{name}");
        }
        assert!(scene.times_shown(ALICE) > 0 && scene.times_shown(BOB) > 0);
        each_saw_its_own(scene);
        assert_eq!(xet(scene, ""), vec![Some(ALICE.to_owned()); 2], "outside of any repository");
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn what_git_stored_is_bound_as_well() {
    Scene::each(|scene| {
        two_accounts(scene);
        fs::remove_dir_all(scene.world.hf_home()).expect("no HF home");
        scene.store("bob", BOB);
        scene.store("alice", ALICE);
        bind(scene, &["acme", "bob"]);
        for (name, account) in REPOSITORIES {
            let tree = work_on(scene, name);
            let token = if account == "bob" { BOB } else { ALICE };
            assert_eq!(xet(scene, &tree), vec![Some(token.to_owned()); 4], "{name}");
        }
        each_saw_its_own(scene);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn two_remotes_of_two_organisations_each_get_their_own() {
    Scene::each(|scene| {
        two_accounts(scene);
        bind(scene, &["acme", "work"]);
        bind(scene, &["mine", "home"]);
        scene.hub.publish(Repository::private("mine/copy", &["alice"]), &[]);
        let tree = work_on(scene, "acme/secret");
        let git = |args: &[&str]| scene.world.git_in(&tree, args);
        git(&["remote", "add", "mine", "https://huggingface.co/mine/copy"]).succeeded();
        git(&["fetch", "--quiet", "--all"]).succeeded();
        git(&["push", "--quiet", "--force", "mine", "HEAD:main"]).succeeded();
        let batches = scene.hub.visits().into_iter().filter(|visit| visit.path.ends_with("/objects/batch"));
        let shown: Vec<_> =
            batches.filter(|visit| visit.path.starts_with("/mine/")).filter_map(|visit| visit.shown).collect();
        assert!(!shown.is_empty() && shown.iter().all(|token| token == ALICE), "{shown:?}");
        each_saw_its_own(scene);
        assert_eq!(xet(scene, &tree), vec![Some(ALICE.to_owned()); 4], "of two, nobody is named");
    });
}

#[test]
#[ignore = "needs hf, git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_switch_moves_what_is_not_bound_and_nothing_else() {
    Scene::each(|scene| {
        two_accounts(scene);
        scene.hub.publish(Repository::private("free/secret", &["alice", "bob"]), &[]);
        bind(scene, &["acme", "work"]);
        bind(scene, &["mine", "home"]);
        for (active, token) in [("work", BOB), ("home", ALICE)] {
            hf(&scene.world, &["auth", "switch", "--token-name", active]).succeeded();
            for (name, shown) in [("free/secret", token), ("acme/secret", BOB), ("mine/secret", ALICE)] {
                scene.hub.forget_visits();
                scene.world.git(&["ls-remote", &format!("https://huggingface.co/{name}")]).succeeded();
                assert_eq!(scene.secrets_on("huggingface.co"), [shown], "{name} while {active} is active");
            }
        }
        scene.world.helper(&["unbind", "acme"], b"").succeeded();
        hf(&scene.world, &["auth", "switch", "--token-name", "home"]).succeeded();
        scene.world.git(&["ls-remote", "https://huggingface.co/acme/secret"]).failed();
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn lines_by_hand_without_the_path_serve_git_lfs_too() {
    Scene::each(|scene| {
        two_accounts(scene);
        for (place, name) in [("acme", "work"), ("datasets/acme", "work"), ("spaces/acme", "work")] {
            let line = format!("credential.https://huggingface.co/{place}.username");
            scene.world.git(&["config", "--global", &line, name]).succeeded();
        }
        for (name, _) in REPOSITORIES {
            work_on(scene, name);
        }
        each_saw_its_own(scene);
    });
}

#[test]
#[ignore = "needs strace and gnome-keyring; tests/run.sh installs them"]
fn one_git_config_is_started_where_there_is_a_choice_and_nothing_otherwise() {
    Scene::each(|scene| {
        two_accounts(scene);
        bind(scene, &["acme", "work"]);
        scene.clone("https://huggingface.co/acme/secret", "secret").succeeded();
        let started = |request: &str| {
            let calls = scene.world.root().join("calls");
            let mut strace = scene.world.command("strace");
            strace.current_dir(scene.world.home().join("secret"));
            strace.args(["-f", "-e", "trace=execve,connect", "-o"]).arg(&calls).args(["git-credential-hf", "get"]);
            finish(strace, request.as_bytes()).succeeded();
            let calls = fs::read_to_string(calls).expect("strace wrote it");
            assert!(!calls.contains("AF_INET"), "the network was asked: {calls}");
            calls.lines().filter(|call| call.contains("execve") && call.ends_with("= 0")).count() - 1
        };
        assert_eq!(started("protocol=https\nhost=huggingface.co\npath=acme/secret\nusername=work\n"), 0);
        assert_eq!(started("protocol=https\nhost=evil.example\n"), 0);
        assert_eq!(started(XET), 1);
        scene.world.write(scene.world.hf_home().join("stored_tokens"), format!("[home]\nhf_token = {ALICE}\n\n"));
        // a name that is bound is somebody's, also without its token
        scene.world.helper(&["unbind", "acme"], b"").succeeded();
        assert_eq!(started(XET), 0, "there is one token");
    });
}
