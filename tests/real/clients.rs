//! `status --json` foretells what git, git-lfs and git-xet's question show the Hub, remote by remote.

use std::fs;

use serde_json::Value;

use crate::hub::{File, Repository, Role};
use crate::rig::finish;
use crate::scene::{ALICE, BOB, Scene};

/// Bytes that git-lfs keeps.
const WEIGHTS: &[u8] = b"some weights";

/// What git-xet asks git.
const XET: &[u8] = b"url=https://huggingface.co\n\n";

const STORED: &str = "hf_StoredStoredStoredStoredStoredStor";

const HELPER: &str = "helper";

/// Two accounts, `home` the active one, and a clone `m` of what both may see.
fn set(scene: &Scene) {
    scene.world.have(&["git-xet"]);
    let sections = format!("[home]\nhf_token = {ALICE}\n\n[work]\nhf_token = {BOB}\n\n");
    scene.world.write(scene.world.hf_home().join("stored_tokens"), sections);
    scene.world.write_token(ALICE);
    for name in ["acme/m", "mine/m"] {
        let repository = Repository::private(name, &["alice", "bob"]);
        scene.hub.publish(repository, &[File::Large("one.bin", WEIGHTS.to_vec())]);
    }
    scene.clone("https://huggingface.co/acme/m", "m").succeeded();
    assert_eq!(fs::read(scene.world.home().join("m/one.bin")).expect("cloned"), WEIGHTS);
}

fn configure(scene: &Scene, key: &str, value: &str) {
    // at the end, as a person's editor would
    let file = scene.world.home().join(".gitconfig");
    let (section, variable) = key.rsplit_once('.').expect("a key");
    let (section, place) = section.split_once('.').map_or((section, ""), |(section, place)| (section, place));
    let head = if place.is_empty() { format!("[{section}]") } else { format!("[{section} \"{place}\"]") };
    let text = fs::read_to_string(&file).expect("written") + &format!("{head}\n\t{variable} = {value}\n");
    fs::write(file, text).expect("written");
}

fn status(scene: &Scene) -> Value {
    let mut command = scene.world.command("git-credential-hf");
    command.args(["status", "--json"]).current_dir(scene.world.home().join("m"));
    let reply = finish(command, b"");
    reply.hides(ALICE).hides(BOB).says_nothing();
    serde_json::from_slice(&reply.stdout).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

/// The one secret the Hub is shown meanwhile, if it is shown any.
#[track_caller]
fn shown(scene: &Scene, arguments: &[&str]) -> Option<String> {
    scene.hub.forget_visits();
    scene.world.git_in("m", arguments);
    let secrets = scene.secrets_on("huggingface.co");
    assert!(secrets.len() < 2, "{arguments:?} showed {secrets:?}");
    secrets.into_iter().next()
}

/// At `remote` each client goes the way that `status` says, and shows what it says, which is `tokens`.
#[track_caller]
fn all_send(scene: &Scene, remote: &str, ways: [&str; 3], tokens: [&str; 3]) {
    let said = status(scene);
    let remotes = said["hosts"][0]["remotes"].as_array().expect("remotes");
    let told = remotes.iter().find(|told| told["name"] == remote).expect("the remote");
    let objects = scene.world.git_in("m", &["lfs", "ls-files", "--long"]).out();
    let oid = objects.split_whitespace().next().expect("an object");
    let seen = [
        shown(scene, &["ls-remote", remote]),
        shown(scene, &["lfs", "push", "--object-id", remote, oid]),
        xet(scene, ways[2], tokens[2]),
    ];
    for (client, told) in told["clients"].as_array().expect("clients").iter().enumerate() {
        assert_eq!(told["sends"], ways[client], "{told:#}");
        assert_eq!(seen[client].as_deref(), Some(tokens[client]).filter(|token| !token.is_empty()), "{told:#}");
        let masked = seen[client].as_ref().map(|seen| format!("hf_****{}", &seen[seen.len() - 4..]));
        let answer = told["answer"]["masked"].as_str();
        let is_unseen = told["sends"] == "another" || told["sends"] == "first_another";
        assert!(is_unseen || answer == masked.as_deref(), "{masked:?} {told:#}");
    }
    let is_one = ways[0] == ways[2] || ways[2] != "another";
    assert_eq!(told["agree"], is_one && tokens[0] == tokens[1] && tokens[0] == tokens[2], "{told:#}");
}

/// git-xet reads `HF_TOKEN`, netrc and the URL itself (`git_xet/src/auth.rs`), and asks git in the repository's `.git`.
fn xet(scene: &Scene, way: &str, token: &str) -> Option<String> {
    if way != HELPER {
        return Some(token.to_owned()).filter(|token| !token.is_empty());
    }
    let mut command = scene.world.command("git");
    command.args(["credential", "fill"]).current_dir(scene.world.home().join("m/.git"));
    finish(command, XET).attribute("password")
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn the_active_token_is_sent_by_all_and_nothing_is_amiss_after_a_clone_and_a_push() {
    Scene::each(|scene| {
        set(scene);
        scene.push("m", "two.bin", "more weights").succeeded();
        let noted = scene.world.git_in("m", &["config", "--get-regexp", "lfs.*access"]);
        assert!(noted.out().contains("basic"), "git-lfs notes it: {noted:?}");
        all_send(scene, "origin", [HELPER; 3], [ALICE; 3]);
        assert_eq!(status(scene)["warnings"].as_array().map(Vec::len), Some(0), "{:#}", status(scene));
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn what_git_stored_is_sent_by_all() {
    Scene::each(|scene| {
        set(scene);
        // of one that the HF home holds, git would store nothing
        scene.hub.grant(STORED, "bob", Role::Write);
        scene.store("bob", STORED);
        all_send(scene, "origin", [HELPER; 3], [STORED; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn hf_token_is_sent_by_all() {
    Scene::each(|scene| {
        set(scene);
        scene.world.set_env("HF_TOKEN", BOB);
        all_send(scene, "origin", [HELPER, HELPER, "HF_TOKEN"], [BOB; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn netrc_goes_before_the_helper_for_all() {
    Scene::each(|scene| {
        set(scene);
        scene.world.write(".netrc", format!("machine huggingface.co login bob password {BOB}\n"));
        all_send(scene, "origin", ["first_another", "first_another", "another"], [BOB; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_header_of_gits_configuration_is_sent_by_git_and_git_lfs() {
    Scene::each(|scene| {
        set(scene);
        configure(scene, "http.https://huggingface.co.extraHeader", &format!("Authorization: Bearer {BOB}"));
        all_send(scene, "origin", ["another", "another", HELPER], [BOB, BOB, ALICE]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_token_in_a_url_is_sent_to_that_remote_alone() {
    Scene::each(|scene| {
        set(scene);
        let url = format!("https://bob:{BOB}@huggingface.co/mine/m");
        scene.world.git_in("m", &["remote", "add", "mine", &url]).succeeded();
        all_send(scene, "mine", ["url"; 3], [BOB; 3]);
        all_send(scene, "origin", [HELPER; 3], [ALICE; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_binding_is_heeded_by_all_until_a_name_for_the_whole_host_comes_after_it() {
    Scene::each(|scene| {
        set(scene);
        scene.world.helper(&["bind", "acme", "work"], b"").succeeded();
        all_send(scene, "origin", [HELPER; 3], [BOB; 3]);
        configure(scene, "credential.https://huggingface.co.username", "home");
        all_send(scene, "origin", [HELPER; 3], [ALICE, ALICE, BOB]);
        // its own remedy
        scene.world.helper(&["bind", "acme", "work"], b"").succeeded();
        all_send(scene, "origin", [HELPER; 3], [BOB; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_line_by_hand_without_the_path_is_heeded_by_the_helper_in_gits_place() {
    Scene::each(|scene| {
        set(scene);
        configure(scene, "credential.https://huggingface.co/acme.username", "work");
        all_send(scene, "origin", [HELPER; 3], [BOB; 3]);
        configure(scene, "credential.username", "home");
        all_send(scene, "origin", [HELPER; 3], [BOB; 3]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn of_two_remotes_each_gets_its_own_but_by_git_xet() {
    Scene::each(|scene| {
        set(scene);
        scene.world.git_in("m", &["remote", "add", "mine", "https://huggingface.co/mine/m"]).succeeded();
        scene.world.helper(&["bind", "acme", "work"], b"").succeeded();
        scene.world.helper(&["bind", "mine", "home"], b"").succeeded();
        all_send(scene, "origin", [HELPER; 3], [BOB, BOB, ALICE]);
        all_send(scene, "mine", [HELPER; 3], [ALICE; 3]);
        // git-lfs is told no path, and there is no one account to go by
        for place in ["acme", "mine"] {
            configure(scene, &format!("credential.https://huggingface.co/{place}.useHttpPath"), "false");
        }
        all_send(scene, "origin", [HELPER; 3], [BOB, ALICE, ALICE]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_note_that_the_server_wants_no_login_stops_git_xet_alone() {
    Scene::each(|scene| {
        set(scene);
        let key = "lfs.https://huggingface.co/acme/m.git/info/lfs.access";
        scene.world.git_in("m", &["config", key, "none"]).succeeded();
        all_send(scene, "origin", [HELPER, HELPER, "nothing"], [ALICE, ALICE, ""]);
    });
}
