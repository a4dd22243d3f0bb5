//! `switch`, `list`, `token` and `exec` before git, git-lfs, git-xet's question, `hf` and a real keychain.

use std::fs;

use crate::accounts::xet;
use crate::hf::{hf, program, python};
use crate::hub::{File, Repository};
use crate::keyring::{BAD_DAYS, Day};
use crate::rig::{Git, finish};
use crate::scene::{ALICE, BOB, READER, Scene};

/// `home` and `work` in the HF home, `bob` where git stored it.
fn three_tokens(scene: &Scene) {
    let sections = format!("[home]\nhf_token = {ALICE}\n\n[work]\nhf_token = {READER}\n\n");
    scene.world.write(scene.world.hf_home().join("stored_tokens"), sections);
    scene.world.write_token(ALICE);
    scene.store("bob", BOB);
}

fn switch(scene: &Scene, name: &str) {
    let reply = scene.world.helper(&["switch", name], b"");
    reply.succeeded().says_nothing().hides(ALICE).hides(BOB).hides(READER);
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn git_git_lfs_and_git_xet_follow_alike() {
    Scene::each(|scene| {
        three_tokens(scene);
        let first = File::Large("one.bin", vec![1; 5000]);
        scene.hub.publish(Repository::private("acme/secret", &["alice", "bob"]), &[first]);
        let config = fs::read(scene.world.home().join(".gitconfig")).expect("it was written");
        for (round, name, token) in [(2, "home", ALICE), (3, "bob", BOB), (4, "home", ALICE)] {
            switch(scene, name);
            scene.hub.forget_visits();
            let (tree, bytes) = (format!("tree{round}"), vec![round; 5000]);
            scene.clone("https://huggingface.co/acme/secret", &tree).succeeded();
            let cloned = fs::read(scene.world.home().join(&tree).join("one.bin")).expect("cloned");
            assert!(cloned == [1; 5000], "a pointer was left in place of the file");
            scene.world.git_in(&tree, &["lfs", "install", "--local"]).succeeded();
            scene.push(&tree, &format!("{round}.bin"), &bytes).succeeded();
            assert!(scene.hub.holds_object(&bytes), "not uploaded");
            assert_eq!(scene.secrets_on("huggingface.co"), [token], "after a switch to {name}");
            assert_eq!(xet(scene, &tree), vec![Some(token.to_owned()); 4], "after a switch to {name}");
            assert_eq!(xet(scene, ""), vec![Some(token.to_owned()); 2], "after a switch to {name}");
        }
        assert!(fs::read(scene.world.home().join(".gitconfig")).expect("there") == config, "a line was left behind");
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_binding_goes_before_every_switch() {
    Scene::each(|scene| {
        three_tokens(scene);
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[File::Large("one.bin", vec![1; 5000])]);
        scene.world.helper(&["bind", "acme", "home"], b"").succeeded();
        switch(scene, "bob");
        scene.clone("https://huggingface.co/acme/secret", "tree").succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
        assert_eq!(xet(scene, "tree"), vec![Some(ALICE.to_owned()); 4]);
        assert_eq!(xet(scene, ""), vec![Some(BOB.to_owned()); 2]);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn hf_and_its_python_follow_a_switch_and_git_follows_theirs() {
    Scene::each(|scene| {
        three_tokens(scene);
        let token_of_python =
            || python(&scene.world, "from huggingface_hub import get_token; print(get_token())").out();
        for (name, token) in [("work", READER), ("home", ALICE)] {
            switch(scene, name);
            assert_eq!(token_of_python(), format!("{token}\n"));
            assert!(scene.fill("\n").contains(token), "after a switch to {name}");
        }
        switch(scene, "bob");
        assert_eq!(token_of_python(), format!("{ALICE}\n"), "the keychain is git's alone");
        assert!(scene.fill("\n").contains(BOB));
        switch(scene, "home");
        hf(&scene.world, &["auth", "switch", "--token-name", "work"]).succeeded();
        assert!(scene.fill("\n").contains(READER));
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn python_in_exec_has_that_token_whatever_else_is_set() {
    Scene::each(|scene| {
        three_tokens(scene);
        scene.world.set_env("HF_OIDC_RESOURCE", "acme/model");
        scene.world.set_env("HUGGING_FACE_HUB_TOKEN", READER);
        for (name, token) in [("bob", BOB), ("work", READER), ("home", ALICE)] {
            let mut exec = scene.world.command("git-credential-hf");
            exec.args(["exec", "--as", name, "--"]).arg(program("python"));
            exec.args(["-c", "from huggingface_hub import get_token; print(get_token())"]);
            assert_eq!(finish(exec, b"").succeeded().out(), format!("{token}\n"), "as {name}");
            assert_eq!(scene.world.helper(&["token", name], b"").succeeded().out(), format!("{token}\n"));
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_is_listed_by_its_name() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        three_tokens(scene);
        let told = scene.world.helper(&["list"], b"").succeeded().says_nothing().hides(BOB).out();
        let line = told.lines().find(|line| line.contains("bob")).expect("it is listed");
        assert!(line.starts_with("*  bob ") && line.ends_with(" hf_****BobB  keychain"), "{told}");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn on_a_bad_day_the_rest_is_listed_and_chosen() {
    for (day, is_told) in BAD_DAYS {
        Scene::play(&Git::first(), Some(day), |scene| {
            scene.world.write(scene.world.hf_home().join("stored_tokens"), format!("[home]\nhf_token = {ALICE}\n\n"));
            let list = scene.world.helper(&["list"], b"");
            assert!(list.succeeded().out().contains("*  home "), "{list:?}");
            if is_told {
                list.says_one_line().says("warning: ").says("keychain");
            } else {
                list.says_nothing();
            }
            let why = if is_told { "keychain" } else { "no token of that name" };
            scene.world.helper(&["switch", "bob"], b"").refused().says(why);
            scene.world.helper(&["switch", "home"], b"").succeeded();
            assert!(scene.fill("\n").contains(ALICE));
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_is_locked_is_told_and_not_chosen() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        three_tokens(scene);
        scene.keyring.as_ref().expect("a keychain").lock();
        let list = scene.world.helper(&["list"], b"");
        assert!(list.succeeded().says_one_line().says("locked").out().contains("*  home "), "{list:?}");
        scene.world.helper(&["switch", "bob"], b"").refused().says("locked");
        scene.world.helper(&["token", "bob"], b"").refused().says("locked");
        scene.world.helper(&["switch", "work"], b"").succeeded().says_one_line().says("locked");
        assert!(scene.fill("\n").contains(READER));
    });
}
