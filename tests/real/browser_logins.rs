//! `login --browser`: the code, the waiting, and every way it may end.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::hf::hf;
use crate::hub::{Mood, Step, WhoamiMood};
use crate::keyring::Day;
use crate::rig::{Git, Terminal};
use crate::scene::{ALICE, Scene};

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn a_login_in_the_browser_is_kept_with_its_refresh_and_hf_knows_it() {
    Scene::each(|scene| {
        scene.hub.expect_login("alice", &[Step::Pending, Step::Fails, Step::NoAnswer]);
        let reply = scene.world.helper(&["login", "--browser"], "");
        reply.succeeded().says("https://hf.co/oauth/device").says("52AT-FLYZ");
        assert!(!reply.err().contains(".."), "dots where nobody sees them: {}", reply.err());
        let said = reply.out();
        assert!(said.contains("alice") && said.contains("OAuth") && said.contains("oauth-alice"), "{said}");
        let kept = scene.world.read_stored_tokens();
        for part in ["[oauth-alice]", "hf_token = hf_oauth_alice1", "refresh_token = rt_alice1", "expires_at = "] {
            assert!(kept.contains(part), "{part} is not in\n{kept}");
        }
        assert!(!said.contains("hf_oauth_alice1") && !reply.err().contains("hf_oauth_alice1"));
        assert!(scene.keyring.as_ref().is_none_or(|keyring| !keyring.contents().contains("hf_oauth")));
        assert!(scene.fill("").contains("hf_oauth_alice1"), "git uses it");
        let whoami = hf(&scene.world, &["auth", "whoami"]).succeeded().out();
        assert!(whoami.contains("alice"), "{whoami}");
        // and it is refreshed
        scene.hub.issues_for(Some(3600));
        scene.hub.expect_login("alice", &[]);
        let again = scene.world.helper(&["login", "--browser"], "").succeeded().out();
        assert!(again.contains("Replaced alice's old token hf_****"), "{again}");
        let refreshed = scene.fill("");
        assert!(refreshed.contains("hf_oauth_alice3"), "{refreshed}");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_wins_over_what_git_stored_beside_the_login_it_replaces() {
    Scene::each(|scene| {
        for stored in ["test1", "test2"] {
            scene.hub.expect_login("alice", &[]);
            scene.world.helper(&["login", "--browser"], "").succeeded();
            assert!(scene.fill("").contains("hf_oauth_alice"));
            scene.store("bob", stored);
            assert!(scene.fill("").contains(&format!("password={stored}\n")));
        }
    });
}

#[test]
#[ignore = "needs the Hub of the tests"]
fn it_takes_the_place_of_nothing_but_a_browser_login_of_the_same_account() {
    for other in [
        // a pasted token that somebody called so, and a browser login of another account
        format!("[oauth-alice]\nhf_token = {ALICE}\n\n"),
        format!("[oauth-alice]\nhf_token = {ALICE}\nrefresh_token = rt\nusername = bob\nexpires_at = 9999999999\n\n"),
    ] {
        Scene::play(&Git::first(), None, |scene| {
            scene.world.write(scene.world.hf_home().join("stored_tokens"), &other);
            scene.hub.expect_login("alice", &[]);
            let reply = scene.world.helper(&["login", "--browser"], "");
            assert!(reply.succeeded().out().contains("as oauth-alice-2,"), "{reply:?}");
            assert!(scene.world.read_stored_tokens().starts_with(&other), "{}", scene.world.read_stored_tokens());
            assert!(scene.fill("").contains("password=hf_oauth_alice1\n"));
        });
    }
}

#[test]
#[ignore = "needs the Hub of the tests"]
fn a_login_is_stored_although_the_hub_does_not_say_whose_it_is() {
    Scene::play(&Git::first(), None, |scene| {
        for (name, token) in [("oauth-hf_user", "hf_oauth_alice1"), ("oauth-hf_user-2", "hf_oauth_alice2")] {
            scene.hub.expect_login("alice", &[]);
            scene.hub.whoami_is(WhoamiMood::Limited(77));
            let reply = scene.world.helper(&["login", "--browser"], "");
            reply.succeeded().says("77 s").says("stored without its account's name");
            assert!(reply.out().contains(&format!("in the HF home as {name},")), "{reply:?}");
            assert!(scene.fill("").contains(&format!("password={token}\n")));
            assert!(scene.world.read_stored_tokens().contains("hf_oauth_alice1"), "another's place was taken");
        }
    });
}

#[test]
#[ignore = "plays at a terminal; needs the Hub of the tests"]
fn at_a_terminal_there_are_dots_and_each_end_has_its_sentence() {
    let git = Git::first();
    for (steps, said) in [
        (&[Step::Pending, Step::Denied][..], "the login was denied in the browser"),
        (&[Step::Pending, Step::Expired], "nobody confirmed the code in time"),
        (&[Step::Short, Step::Pending, Step::Pending, Step::Pending], "nobody confirmed the code in time"),
        (&[Step::Pending, Step::Strange], "the Hub answered 400, unauthorized_client"),
    ] {
        Scene::play(&git, None, |scene| {
            scene.hub.expect_login("alice", steps);
            let mut terminal = Terminal::helper(&scene.world, &["login"]);
            terminal
                .shows("Choice [1]:")
                .types("1\n")
                .shows("52AT-FLYZ")
                .shows("(Ctrl-C to cancel) .")
                .shows("\n")
                .shows(said);
            assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
            assert!(!scene.world.hf_home().exists(), "something was kept");
        });
    }
    Scene::play(&git, None, |scene| {
        let reply = scene.world.helper(&["login", "--browser"], "");
        reply.failed().says("the Hub answered 400 and no code");
    });
}

#[test]
#[ignore = "needs the Hub of the tests"]
fn a_hub_that_is_busy_is_asked_less_often() {
    Scene::play(&Git::first(), None, |scene| {
        scene.hub.expect_login("alice", &[Step::SlowDown, Step::Late(Duration::from_secs(12)), Step::Pending]);
        let reply = scene.world.helper(&["login", "--browser"], "");
        // 6 s after it was told to slow down, 10 s for the answer that did not come, twice 6 s more
        assert!(reply.succeeded().took > Duration::from_secs(27), "{reply:?}");
        let polls = scene.hub.asked_for_tokens().len();
        assert_eq!(polls, 4, "{reply:?}");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn ctrl_c_ends_it_and_nothing_is_half_written() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        scene.hub.expect_login("alice", &[Step::Pending; 60]);
        let mut terminal = Terminal::helper(&scene.world, &["login", "--browser"]);
        terminal.shows("(Ctrl-C to cancel) ..").types("\x03");
        assert_eq!(terminal.ends(), -2, "{}", terminal.shown());
        assert!(terminal.shows_typing() && !scene.world.hf_home().exists());
        let mut terminal = Terminal::helper(&scene.world, &["login", "--browser"]);
        terminal.shows("(Ctrl-C to cancel) .");
        kill(Pid::from_raw(terminal.id().try_into().expect("process ids fit")), Signal::SIGTERM).expect("it runs");
        assert_eq!(terminal.ends(), -15);
    });
}

#[test]
#[ignore = "needs the Hub of the tests"]
fn an_old_account_of_the_keychain_and_an_odd_hub_do_no_harm() {
    Scene::play(&Git::first(), None, |scene| {
        scene.world.write_token(ALICE);
        scene.hub.expect_login("alice", &[Step::Pending]);
        for mood in [Mood::Redirects, Mood::Floods] {
            scene.hub.is(mood);
            scene.hub.expect_login("alice", &[Step::Short]);
            scene.world.helper(&["login", "--browser"], "").failed().says("nobody confirmed").hides("evil");
            assert_eq!(std::fs::read_to_string(scene.world.hf_home().join("token")).expect("there"), ALICE);
        }
    });
}
