//! Clone, fetch and push of what is private: models, datasets and Spaces, and what they are made of.

use std::fs;

use crate::hub::{File, Repository};
use crate::scene::{ALICE, BOB, Scene};

fn readme(text: &str) -> File {
    File::Plain("README.md", text.to_owned())
}

/// Bytes that git-lfs keeps, different for each seed.
fn weights(seed: u8) -> Vec<u8> {
    (0..40_000_u32).map(|at| seed.wrapping_add(at.to_le_bytes()[0])).collect()
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn private_models_datasets_and_spaces_clone_fetch_and_push() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        for name in ["acme/secret", "datasets/acme/rows", "spaces/acme/app"] {
            let repository = Repository::private(name, &["alice"]);
            scene.hub.publish(repository, &[readme(name)]);
            let url = format!("https://huggingface.co/{name}");
            let tree = name.replace('/', "-");
            scene.clone(&url, &tree).succeeded().says_nothing();
            scene.push(&tree, "new.txt", "pushed\n").succeeded();
            let pushed = scene.hub.read(name, "new.txt");
            assert_eq!(pushed.as_deref(), Some(&b"pushed\n"[..]));
            scene.world.git_in(&tree, &["fetch", "--quiet"]).succeeded().says_nothing();
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_public_repository_is_cloned_without_any_token() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.hub.publish(Repository::public("acme/open"), &[readme("open to all")]);
        scene.clone("https://huggingface.co/acme/open", "open").succeeded().says_nothing();
        assert_eq!(scene.secrets_on("huggingface.co"), [""; 0]);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_git_stored_clones_without_an_hf_home() {
    Scene::each(|scene| {
        let repository = Repository::private("acme/secret", &["alice"]);
        scene.hub.publish(repository, &[readme("by git alone")]);
        scene.store("alice", ALICE);
        scene.clone("https://huggingface.co/acme/secret", "secret").succeeded().says_nothing();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn lfs_files_clone_and_push_and_the_signed_urls_get_no_token() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        let files = [
            File::Large("one.bin", weights(1)),
            File::Large("two.bin", weights(2)),
            File::Large("three.bin", weights(3)),
        ];
        let repository = Repository::private("acme/weights", &["alice"]);
        scene.hub.publish(repository, &files);
        scene.clone("https://huggingface.co/acme/weights", "weights").succeeded();
        let cloned = fs::read(scene.world.home().join("weights/two.bin")).expect("cloned");
        assert!(cloned == weights(2), "a pointer was left in place of the file");

        let git = |args: &[&str]| scene.world.git_in("weights", args);
        git(&["lfs", "install", "--local"]).succeeded();
        for seed in [4, 5] {
            scene.world.write(format!("weights/new-{seed}.bin"), weights(seed));
        }
        git(&["add", "."]).succeeded();
        git(&["commit", "--quiet", "-m", "Two more"]).succeeded();
        git(&["push", "--quiet", "origin", "HEAD:main"]).succeeded();
        assert!(scene.hub.holds_object(&weights(4)), "not uploaded");
        assert!(scene.hub.holds_object(&weights(5)), "not uploaded");
        let pushed = scene.hub.read("acme/weights", "new-4.bin").expect("pushed");
        assert!(pushed.starts_with(b"version https://git-lfs"), "not a pointer");

        let transfers = scene.hub.visits().into_iter();
        let transfers = transfers.filter(|visit| visit.host == "cdn-lfs.hf.co");
        assert_eq!(transfers.map(|visit| (visit.status, visit.shown)).collect::<Vec<_>>(), vec![(200, None); 5]);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_submodule_of_another_organisation_comes_along() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        let part = Repository::private("datasets/other/part", &["alice"]);
        scene.hub.publish(part, &[readme("a part")]);
        let commit = scene.hub.head("datasets/other/part");
        let url = "https://huggingface.co/datasets/other/part".to_owned();
        let whole = Repository::private("acme/whole", &["alice"]);
        scene.hub.publish(whole, &[readme("the whole"), File::Submodule("part", url, commit)]);
        scene.world.git(&["clone", "--quiet", "--recurse-submodules", "https://huggingface.co/acme/whole"]).succeeded();
        let part = fs::read_to_string(scene.world.home().join("whole/part/README.md"));
        assert_eq!(part.expect("checked out"), "a part");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_username_in_the_url_chooses_that_account() {
    Scene::each(|scene| {
        scene.world.write_token(BOB);
        let stored = format!("[alice]\nhf_token = {ALICE}\n\n[bob]\nhf_token = {BOB}\n\n");
        scene.world.write(scene.world.hf_home().join("stored_tokens"), stored);
        let repository = Repository::private("acme/secret", &["alice"]);
        scene.hub.publish(repository, &[readme("alice's")]);
        scene.clone("https://alice@huggingface.co/acme/secret", "secret").succeeded().says_nothing();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_redirect_from_the_short_name_is_followed() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        let repository = Repository::private("acme/secret", &["alice"]);
        scene.hub.publish(repository, &[readme("moved")]);
        scene.clone("https://hf.co/acme/secret", "secret").succeeded();
        let redirected =
            |host: &str, status| scene.hub.visits().iter().any(|visit| visit.host == host && visit.status == status);
        assert!(redirected("hf.co", 307), "the short name was not asked");
        assert!(redirected("huggingface.co", 200), "the long name did not answer");
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_private_hub_is_served_by_the_name_hf_endpoint_gives_it() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.ask_for_every_host();
        let files = [File::Large("one.bin", weights(1))];
        let repository = Repository::private("acme/inside", &["alice"]);
        scene.hub.publish(repository, &files);
        let url = "https://hub.example/acme/inside";
        scene.clone(url, "without").failed();
        assert_eq!(scene.secrets_on("hub.example"), [""; 0]);
        scene.world.set_env("HF_ENDPOINT", "https://hub.example/");
        scene.clone(url, "inside").succeeded();
        assert_eq!(scene.secrets_on("hub.example"), [ALICE]);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn git_s_own_configuration_gives_each_organisation_its_account() {
    Scene::each(|scene| {
        let stored = format!("[home]\nhf_token = {ALICE}\n\n[work]\nhf_token = {BOB}\n\n");
        scene.world.write(scene.world.hf_home().join("stored_tokens"), stored);
        scene.hub.publish(Repository::private("mine/secret", &["alice"]), &[]);
        scene.hub.publish(Repository::private("acme/secret", &["bob"]), &[]);
        scene.ask_for_every_host();
        for (organisation, username, token) in [("mine", "home", ALICE), ("acme", "work", BOB)] {
            let url = format!("https://huggingface.co/{organisation}");
            let line = format!("credential.{url}.username");
            scene.world.git(&["config", "--global", &line, username]).succeeded();
            scene.hub.forget_visits();
            let tree = scene.clone(&format!("{url}/secret"), organisation);
            tree.succeeded().says_nothing();
            assert_eq!(scene.secrets_on("huggingface.co"), [token]);
        }
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_path_in_the_request_changes_nothing() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        let line = ["config", "--global", "credential.useHttpPath", "true"];
        scene.world.git(&line).succeeded();
        let files = [File::Large("one.bin", weights(1))];
        scene.hub.publish(Repository::private("datasets/acme/rows", &["alice"]), &files);
        scene.clone("https://huggingface.co/datasets/acme/rows", "rows").succeeded();
        let cloned = fs::read(scene.world.home().join("rows/one.bin")).expect("cloned");
        assert!(cloned == weights(1), "a pointer was left in place of the file");
    });
}
