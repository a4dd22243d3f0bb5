//! More of what hurts, as in `pains`: several tokens and programs, of which the wrong one wins; and what helpers do that
//! they should not.

use std::fs;
use std::time::Duration;

use crate::hf::hf;
use crate::hub::{File, Repository, Role, Sign};
use crate::remedies::{Told, URL, git_fails, git_shows, ours, ours_in, paste, publish};
use crate::rig::finish;
use crate::scene::{ALICE, BOB, LFS, Scene};

/// A token no Hub knows any more.
const STALE: &str = "hf_StaleStaleStaleStaleStaleStaleStal";

/// Alice is logged in, and git should be her.
fn alice(scenario: impl Fn(&mut Scene)) {
    Scene::each(|scene| {
        publish(scene);
        scene.world.write_token(ALICE);
        scenario(scene);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn an_old_netrc_goes_before_every_login_until_import_takes_it_out() {
    alice(|scene| {
        let netrc = |token: &str| {
            scene.world.write(".netrc", format!("machine huggingface.co\nlogin me\npassword {token}\n"));
        };
        netrc(BOB);
        git_shows(scene, BOB);
        ours(scene, "status").says(".netrc has an entry for huggingface.co: git sends it first");
        let import = ours(scene, "doctor").offers(".netrc has an entry", "git-credential-hf import --delete-source");
        paste(scene, ".", import);
        git_shows(scene, ALICE);

        netrc(STALE);
        scene.world.git(&["ls-remote", URL]);
        assert!(scene.secrets_on("huggingface.co").contains(&STALE.to_owned()));
        let told = paste(scene, ".", ours(scene, "doctor").offers(".netrc has an entry", import));
        assert!(told.contains("is not stored: the Hub refuses this token"), "{told}");
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_stale_hf_token_wins_until_it_is_unset() {
    alice(|scene| {
        scene.world.set_env("HF_TOKEN", STALE);
        let git = git_fails(scene);
        Told::by(&git).offers("HF_TOKEN was rejected by the Hub", "git-credential-hf doctor");
        let told = ours(scene, "doctor");
        told.says("it goes before those you stored or logged in with");
        let unset = told.offers("the Hub refuses this token", "unset HF_TOKEN");
        ours(scene, "status").says("HF_TOKEN was rejected by the Hub");
        scene.hub.forget_visits();
        paste(scene, ".", &format!("{unset}\ngit ls-remote {URL}"));
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn another_helper_with_a_stale_token_wins_until_setup() {
    alice(|scene| {
        scene.world.write(".gitconfig", format!("[credential]\n\thelper = store\n\thelper = hf\n{LFS}"));
        scene.world.write(".git-credentials", format!("https://me:{STALE}@huggingface.co\n"));
        let git = scene.world.git(&["ls-remote", URL]);
        git.failed();
        // git has it forget that one; another may come from anywhere
        scene.world.write(".git-credentials", format!("https://me:{STALE}@huggingface.co\n"));
        ours(scene, "status").says("is asked before this helper");
        let setup = ours(scene, "doctor").offers("is asked before this helper", "git-credential-hf setup");
        paste(scene, ".", setup);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn of_several_accounts_the_one_that_opens_is_named_and_bound() {
    alice(|scene| {
        scene.world.write(".cache/huggingface/stored_tokens", format!("[at work]\nhf_token = {BOB}\n"));
        scene.hub.publish(Repository::private("corp/model", &["bob"]), &[]);
        let url = "https://huggingface.co/corp/model";
        scene.world.git(&["ls-remote", url]).failed().says("not found");
        let bind = ours(scene, "doctor corp/model")
            .offers("the token at work of the HF home opens it", "git-credential-hf bind corp 'at work'");
        paste(scene, ".", bind);
        scene.hub.forget_visits();
        scene.world.git(&["ls-remote", url]).succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [BOB]);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_remote_that_names_an_account_without_a_token_is_given_one_that_opens_it() {
    Scene::each(|scene| {
        publish(scene);
        scene.store("alice", ALICE);
        scene.clone(URL, "model").succeeded();
        let url = "https://carol@huggingface.co/acme/model";
        scene.world.git_in("model", &["remote", "set-url", "origin", url]).succeeded();
        let git = scene.world.git_in("model", &["fetch"]);
        git.failed().says("could not read Password for 'https://carol@huggingface.co'");
        let told = ours_in(scene, "model", "doctor");
        told.says("git has no token for huggingface.co as carol, for whom it asks here");
        let bind = format!("git remote set-url origin {URL} && git-credential-hf bind acme alice");
        paste(scene, "model", told.offers("the token alice of ", &bind));
        scene.hub.forget_visits();
        scene.world.git_in("model", &["fetch", "--quiet"]).succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_token_in_a_remotes_url_is_moved_to_where_it_is_asked_for() {
    Scene::each(|scene| {
        publish(scene);
        scene.clone(&format!("https://bob:{BOB}@huggingface.co/acme/model"), "model").succeeded();
        let import = ours_in(scene, "model", "doctor")
            .offers("the URL of remote 'origin' holds a token", "git-credential-hf import --delete-source");
        ours_in(scene, "model", "status").says("the URL of remote 'origin' holds a token");
        paste(scene, "model", import);
        let origin = scene.world.git_in("model", &["remote", "get-url", "origin"]).out();
        assert_eq!(origin, "https://bob@huggingface.co/acme/model\n");
        scene.hub.forget_visits();
        scene.world.git_in("model", &["fetch", "--quiet"]).succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [BOB]);
        ours_in(scene, "model", "doctor").says("no token in a remote's URL");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_header_with_a_token_is_taken_out_by_the_line_that_is_named() {
    alice(|scene| {
        let header = format!("Authorization: Bearer {STALE}");
        scene.world.git(&["config", "--global", "http.https://huggingface.co/.extraHeader", &header]).succeeded();
        git_fails(scene);
        let unset = ours(scene, "doctor").offers(
            "sends a token of its own",
            "git config --global --unset-all http.https://huggingface.co/.extraheader '^[Aa]uthorization:'",
        );
        paste(scene, ".", unset);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn the_plaintext_file_that_hf_advises_is_emptied_into_the_keychain() {
    Scene::each(|scene| {
        publish(scene);
        scene.world.write(".gitconfig", format!("[credential]\n\thelper = store\n{LFS}"));
        hf(&scene.world, &["auth", "login", "--token", BOB, "--add-to-git-credential"]).succeeded();
        scene.world.write_token(ALICE);
        let plain = || fs::read_to_string(scene.world.home().join(".git-credentials")).unwrap_or_default();
        assert!(plain().contains(BOB), "the pain is gone: {}", plain());
        let told = ours(scene, "doctor");
        let import = told.offers(
            ".git-credentials holds a token of the Hub in plain text",
            "git-credential-hf import --delete-source",
        );
        let setup = told.offers("git does not ask this helper", "git-credential-hf setup");
        paste(scene, ".", setup);
        paste(scene, ".", import);
        assert_eq!(plain(), "");
        git_shows(scene, ALICE);
        ours(scene, "doctor").says("no token of the Hub in plain text");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn what_fails_for_another_reason_erases_nothing_and_is_told_apart() {
    Scene::each(|scene| {
        publish(scene);
        scene.world.helper(&["login", "--with-token"], ALICE).succeeded();
        let kept = scene.fill("");
        for (sign, sentence) in [
            (Sign::Fails, "which says nothing about the token"),
            (Sign::Limited(42), "try again in 42 s"),
            (Sign::Forbidden("Forbidden: something new"), "something new"),
        ] {
            scene.hub.says(ALICE, sign);
            git_fails(scene);
            assert_eq!(scene.fill(""), kept);
            ours(scene, "doctor acme/model").says(sentence);
        }
        scene.hub.says(ALICE, Sign::MayNotUpload(""));
        let proxy = ("http.proxy", "http://127.0.0.1:1");
        scene.world.git(&["-c", &format!("{}={}", proxy.0, proxy.1), "ls-remote", URL]).failed();
        assert_eq!(scene.fill(""), kept);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn git_lfs_that_was_told_to_log_in_as_nobody_acts_as_git_does_again() {
    alice(|scene| {
        scene.store("bob", BOB);
        scene.hub.publish(Repository::private("corp/data", &["bob"]), &[File::Large("one.bin", vec![1; 1000])]);
        scene.world.git(&["config", "--global", "credential.https://huggingface.co/corp.username", "bob"]).succeeded();
        scene.world.set_env("GIT_LFS_SKIP_SMUDGE", "1");
        scene.clone("https://huggingface.co/corp/data", "data").succeeded();
        let access = "lfs.https://huggingface.co/corp/data.git/info/lfs.access";
        scene.world.git_in("data", &["config", access, "none"]).succeeded();
        ours_in(scene, "data", "status").says(".access");
        let unset = format!("git config --local --unset-all {access}");
        ours_in(scene, "data", "doctor").offers("makes git-lfs and git-xet show no token", &unset);
        paste(scene, "data", &unset);
        scene.hub.forget_visits();
        scene.world.git_in("data", &["lfs", "pull"]).succeeded();
        scene.world.git_in("data", &["fetch", "--quiet"]).succeeded();
        assert_eq!(fs::read(scene.world.home().join("data/one.bin")).expect("pulled"), [1; 1000]);
        assert_eq!(scene.secrets_on("huggingface.co"), [BOB]);
    });
}

#[test]
#[ignore = "needs strace and gnome-keyring; tests/run.sh installs them"]
fn an_answer_starts_no_program_and_asks_nobody_on_the_network() {
    alice(|scene| {
        let calls = scene.world.root().join("calls");
        let mut strace = scene.world.command("strace");
        strace.args(["-f", "-e", "trace=execve,connect", "-o"]).arg(&calls).args(["git-credential-hf", "get"]);
        let reply = finish(strace, b"protocol=https\nhost=huggingface.co\n");
        reply.answers("hf_user", ALICE);
        let calls = fs::read_to_string(calls).expect("strace wrote it");
        assert!(calls.lines().filter(|line| line.contains("execve(")).count() == 1, "{calls}");
        assert!(!calls.contains("AF_INET"), "{calls}");
        let reply = scene.world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
        assert!(reply.took < Duration::from_secs(1), "{reply:?}");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_helper_that_git_does_not_find_is_set_up_by_its_whole_path() {
    alice(|scene| {
        let program = scene.world.root().join("my programs/git-credential-hf");
        fs::create_dir(program.parent().expect("a directory")).expect("directory");
        fs::copy(env!("CARGO_BIN_EXE_git-credential-hf"), &program).expect("copied");
        let path = format!("{}:/usr/bin:/bin", scene.world.root().join("bin").display());
        scene.world.set_env("PATH", path);
        git_fails(scene).says("credential-hf' is not a git command");
        let mut doctor = scene.world.command(&program);
        doctor.arg("doctor");
        let setup = format!("'{}' setup", program.display());
        Told::by(&finish(doctor, b"")).offers("git does not find git-credential-hf", &setup);
        paste(scene, ".", &setup);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn the_warning_of_hf_that_no_helper_is_defined_is_false_and_doctor_says_so() {
    Scene::each(|scene| {
        publish(scene);
        scene.hub.grant(STALE, "alice", Role::Read);
        let login = hf(&scene.world, &["auth", "login", "--token", ALICE, "--add-to-git-credential"]);
        let said = login.succeeded().out() + &login.err();
        assert!(said.contains("no helper is defined") || said.contains("no credential helper"), "{said}");
        ours(scene, "doctor").says("so that is false: do not set the one it advises");
        git_shows(scene, ALICE);
    });
}
