//! The token is nowhere it should not be: not in an argument, a trace, an error or another file.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::hub::{File, Repository};
use crate::rig::finish;
use crate::scene::{ALICE, Scene};

/// The token in each form it travels in.
fn forms() -> [String; 3] {
    let basic = |user: &str| BASE64_STANDARD.encode(format!("{user}:{ALICE}"));
    [ALICE.to_owned(), basic("hf_user"), basic("alice")]
}

#[track_caller]
fn is_clean(what: &str, bytes: &[u8]) {
    for form in forms() {
        let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "the token is in {what}");
    }
}

fn files_below(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let kind = entry.file_type().expect("its type");
        if kind.is_dir() {
            files_below(&entry.path(), into);
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
}

/// A clone, an LFS download, an upload and a push under strace, with every trace git has.
fn work(scene: &Scene, calls: &Path) {
    let traced = |directory: &str, args: &[&str]| {
        let mut command = scene.world.command("strace");
        command
            .current_dir(scene.world.home().join(directory))
            .args(["-f", "-A", "-s", "65536", "-e", "trace=execve", "-o"])
            .arg(calls)
            .arg("git")
            .args(args)
            .env("GIT_TRACE", "1")
            .env("GIT_CURL_VERBOSE", "1");
        let said = finish(command, b"");
        said.succeeded();
        is_clean(&format!("what git {args:?} says"), &said.stderr);
        is_clean(&format!("what git {args:?} prints"), &said.stdout);
        assert!(said.err().contains("trace: "), "nothing was traced");
    };
    let url = "https://huggingface.co/acme/secret";
    traced("", &["clone", url, "secret"]);
    traced("secret", &["lfs", "install", "--local"]);
    scene.world.write("secret/new.bin", vec![7; 5000]);
    traced("secret", &["add", "new.bin"]);
    traced("secret", &["commit", "-m", "More"]);
    traced("secret", &["push", "origin", "HEAD:main"]);
}

fn nowhere_else(scene: &Scene, ours: &[PathBuf]) {
    let repository = Repository::private("acme/secret", &["alice"]);
    let files = [File::Large("one.bin", vec![1; 5000])];
    scene.hub.publish(repository, &files);
    let calls = scene.world.root().join("calls");
    work(scene, &calls);

    let seen = fs::read_to_string(&calls).expect("strace wrote it");
    assert!(seen.contains("git-credential-hf"), "the helper was not seen");
    let mut files = Vec::new();
    files_below(scene.world.root(), &mut files);
    assert!(files.contains(&calls), "the arguments are among the files");
    for file in files.iter().filter(|file| !ours.contains(file)) {
        is_clean(&file.display().to_string(), &fs::read(file).expect("file"));
    }
    for visit in scene.hub.visits() {
        let home = visit.host == "huggingface.co";
        assert!(home || visit.shown.is_none(), "{} was shown it", visit.host);
        is_clean("the address of a request", visit.path.as_bytes());
    }
}

#[test]
#[ignore = "needs git-lfs, strace and gnome-keyring; tests/run.sh installs them"]
fn the_active_token_is_nowhere_it_should_not_be() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        nowhere_else(scene, &[scene.world.hf_home().join("token")]);
    });
}

#[test]
#[ignore = "needs git-lfs, strace and gnome-keyring; tests/run.sh installs them"]
fn hf_token_is_nowhere_it_should_not_be() {
    Scene::each(|scene| {
        scene.world.set_env("HF_TOKEN", ALICE);
        nowhere_else(scene, &[]);
        if let Some(keyring) = &scene.keyring {
            assert!(!keyring.contents().contains(ALICE), "it was copied");
        }
    });
}

#[test]
#[ignore = "needs git-lfs, strace and gnome-keyring; tests/run.sh installs them"]
fn a_token_git_stored_is_nowhere_it_should_not_be() {
    Scene::each(|scene| {
        scene.store("alice", ALICE);
        let section = scene.world.hf_home().join("stored_tokens");
        assert_eq!(section.exists(), scene.keyring.is_none(), "kept elsewhere");
        let ours = if scene.keyring.is_some() { vec![] } else { vec![section] };
        nowhere_else(scene, &ours);
    });
}
