//! What hurts people, played out: the pain as git or `hf` words it, one command of ours that names its cause, and the
//! command this one names, pasted as it stands, after which git works as the right account. Here: logins that do not
//! reach git, and refusals that explain nothing.

use crate::hf::hf;
use crate::hub::{Repository, Sign};
use crate::keyring::Day;
use crate::remedies::{Told, git_fails, git_shows, log_in, ours, ours_in, paste, publish};
use crate::rig::{Git, Terminal};
use crate::scene::{ALICE, BOB, LFS, READER, Scene};

/// A machine whose git asks the helper.
fn set_up(scenario: impl Fn(&mut Scene)) {
    Scene::each(|scene| {
        publish(scene);
        scenario(scene);
    });
}

/// A machine whose git was not told of the helper yet.
fn not_set_up(scenario: impl Fn(&mut Scene)) {
    set_up(|scene| {
        scene.world.write(".gitconfig", LFS);
        scenario(scene);
    });
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn a_login_of_hf_in_the_browser_never_reaches_git() {
    not_set_up(|scene| {
        scene.hub.expect_login("alice", &[]);
        hf(&scene.world, &["auth", "login", "--add-to-git-credential"]).succeeded();
        git_fails(scene).says("could not read Username for 'https://huggingface.co'");
        let setup =
            ours(scene, "doctor").offers("git does not ask this helper for huggingface.co", "git-credential-hf setup");
        paste(scene, ".", setup);
        git_shows(scene, "hf_oauth_alice1");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_revoked_token_is_named_by_the_line_git_shows_and_explained_by_the_command_in_it() {
    set_up(|scene| {
        scene.world.write_token(BOB);
        scene.hub.revoke(BOB);
        let git = git_fails(scene);
        git.says("Authentication failed for 'https://huggingface.co/acme/model");
        Told::by(&git).offers("the active token was rejected by the Hub", "git-credential-hf doctor");
        let login =
            ours(scene, "doctor acme/model").offers("the Hub does not know this token", "git-credential-hf login");
        log_in(scene, login, ALICE);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_token_that_expired_at_the_hub_is_told_from_one_that_is_wrong() {
    set_up(|scene| {
        scene.store("bob", BOB);
        scene.hub.says(BOB, Sign::Expired);
        scene.world.write_token(BOB);
        git_fails(scene).says("Authentication failed");
        let login = ours(scene, "doctor acme/model").offers("this token has expired", "git-credential-hf login");
        log_in(scene, login, ALICE);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_token_whose_time_is_known_to_be_over_is_told_without_the_hub() {
    set_up(|scene| {
        scene
            .world
            .write(".cache/huggingface/stored_tokens", format!("[old]\nhf_token = {BOB}\nexpires_at = 1000000000\n"));
        scene.world.write_token(BOB);
        git_fails(scene);
        assert!(scene.secrets_on("huggingface.co").is_empty());
        ours(scene, "status").says("expired");
        let login = ours(scene, "doctor").offers("'old' expired", "git-credential-hf login");
        log_in(scene, login, ALICE);
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_read_token_that_may_not_push_is_told_by_doctor_push() {
    set_up(|scene| {
        scene.world.helper(&["login", "--with-token"], READER).succeeded();
        scene.clone("https://huggingface.co/acme/model", "model").succeeded();
        scene.push("model", "a.txt", "a").failed().says("You are not authorized to push to this repo.");
        let login = ours_in(scene, "model", "doctor --push").offers("may only read", "git-credential-hf login");
        let mut terminal = Terminal::line(&scene.world, "model", login);
        terminal
            .shows("Choice [1]:")
            .types("2\n")
            .shows("Paste your access token")
            .hides_typing()
            .types(&format!("{ALICE}\n"));
        // the same account: rotated or kept beside
        terminal.shows("alice already names a token of the same account").shows("Choice [3]:").types("2\n");
        assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
        scene.world.git_in("model", &["push", "--quiet", "origin", "HEAD:main"]).succeeded();
        ours_in(scene, "model", "doctor --push").says("may push to acme/model");
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn a_gated_repository_opens_once_the_terms_are_accepted_on_the_page_that_is_named() {
    set_up(|scene| {
        scene.world.write_token(ALICE);
        scene.hub.publish(Repository::gated("acme/gated", &["bob"]), &[]);
        let git = scene.clone("https://huggingface.co/acme/gated", "gated");
        git.failed().says("restricted and you are not in the authorized list");
        ours(scene, "doctor acme/gated")
            .says("acme/gated is gated, and alice (token 'token of alice') has not accepted its terms")
            .says("accept them on its page, with that account: https://huggingface.co/acme/gated");
        scene.hub.admit("acme/gated", "alice");
        scene.clone("https://huggingface.co/acme/gated", "gated").succeeded();
    });
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn each_refusal_that_git_words_alike_is_a_sentence_of_its_own() {
    for (sign, sentence) in [
        (Sign::AwaitsApproval, "acme has not approved"),
        (Sign::RevokedByOrganisation, "an administrator of acme has revoked"),
        (Sign::WantsFineGrained, "acme takes fine-grained tokens alone"),
        (Sign::Disabled, "the Hub has disabled acme/model"),
    ] {
        Scene::play(&Git::first(), None, |scene| {
            publish(scene);
            scene.world.write_token(ALICE);
            scene.hub.says(ALICE, sign.clone());
            git_fails(scene).says("403");
            ours(scene, "doctor acme/model").says(sentence).says("https://");
        });
    }
}

#[test]
#[ignore = "needs the real git and gnome-keyring; tests/run.sh installs them"]
fn without_a_terminal_git_could_not_read_a_username() {
    for variable in [false, true] {
        Scene::each(|scene| {
            publish(scene);
            scene.world.set_env("GIT_TERMINAL_PROMPT", "1");
            let mut git = scene.world.command("setsid");
            git.args(["--wait", "git", "ls-remote", "https://huggingface.co/acme/model"]);
            let said = crate::rig::finish(git, b"");
            said.failed().says("could not read Username for 'https://huggingface.co': No such device or address");
            ours(scene, "status").says("git-credential-hf login");
            ours(scene, "doctor").offers("git has no token for huggingface.co", "git-credential-hf login");
            if variable {
                ours(scene, "doctor").says("or set HF_TOKEN");
                scene.world.set_env("HF_TOKEN", ALICE);
            } else {
                // and where there is no terminal to log in at, that says how to do without
                let told = Told::by(&scene.world.helper(&["login"], ""));
                told.says("git-credential-hf login --with-token");
                scene.world.write("secret", ALICE);
                paste(scene, ".", "git-credential-hf login --with-token < secret");
            }
            git_shows(scene, ALICE);
        });
    }
}

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn git_ignores_hf_token_until_the_helper_is_set_up() {
    not_set_up(|scene| {
        scene.world.set_env("HF_TOKEN", ALICE);
        assert!(hf(&scene.world, &["auth", "whoami"]).succeeded().out().contains("alice"));
        git_fails(scene).says("could not read Username");
        let told = ours(scene, "doctor");
        told.says("HF_TOKEN is set (hf_****Alic)");
        paste(scene, ".", told.offers("git does not ask this helper", "git-credential-hf setup"));
        git_shows(scene, ALICE);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn without_a_keychain_a_login_is_kept_all_the_same_and_said_where() {
    for day in [Day::NoBus, Day::NoService, Day::NoCollection] {
        Scene::play(&Git::first(), Some(day), |scene| {
            publish(scene);
            git_fails(scene);
            let login = ours(scene, "doctor").offers("git has no token", "git-credential-hf login");
            ours(scene, "doctor").says("goes into the HF home's stored_tokens, for you alone");
            log_in(scene, login, ALICE);
            git_shows(scene, ALICE);
            assert!(hf(&scene.world, &["auth", "whoami"]).succeeded().out().contains("alice"));
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_locked_keychain_neither_hangs_git_nor_loses_a_token() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        publish(scene);
        scene.store("alice", ALICE);
        scene.world.git(&["config", "--global", "credential.https://huggingface.co.username", "alice"]).succeeded();
        scene.keyring.as_ref().expect("a keychain").lock();
        let git = git_fails(scene);
        assert!(git.took.as_secs() < 4, "{git:?}");
        let lines = git.err().lines().filter(|line| line.starts_with("git-credential-hf: ")).count();
        assert_eq!(lines, 1, "{git:?}");
        git.says("locked");
        ours(scene, "doctor").says("locked: an account that git asks for by name gets no token").says("unlock it");
        scene.keyring.as_ref().expect("a keychain").unlock();
        git_shows(scene, ALICE);
    });
}
