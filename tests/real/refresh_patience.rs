//! Refreshes that a Hub answers late, badly or never: what it grants is kept, and nobody waits for what does not come.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::hub::Mood;
use crate::refresh::{
    AT_MOST, HOST, HOUR, NEW, OLD, OLD_REFRESH, get, is_as_it_was, litter, logged_in, play, token_file,
};

/// How late a Hub may be that is waited for.
const LATE: Duration = Duration::from_secs(8);

/// What a get may take at most where the Hub was asked for a token, as `hf` waits for it.
const AT_MOST_WITH_THE_HUB: Duration = Duration::from_millis(11_500);

/// Plays each at the same time: they wait more than they work.
fn together<T: Copy + Send>(cases: impl IntoIterator<Item = T>, play: impl Fn(T) + Sync) {
    thread::scope(|threads| {
        let play = &play;
        for case in cases {
            threads.spawn(move || play(case));
        }
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_bad_day_of_the_hub_is_waited_for_once_in_five_minutes() {
    together([Mood::Hangs, Mood::Fails, Mood::Denies, Mood::Redirects, Mood::Floods], |mood| {
        play(|scene| {
            eprintln!("... {mood:?}");
            let end = logged_in(scene, HOUR);
            scene.hub.is(mood);
            let first = get(scene);
            first.answers("hf_user", OLD).hides(OLD_REFRESH);
            assert!(first.took < AT_MOST, "{first:?}");
            assert_eq!(first.attribute("password_expiry_utc"), Some(end.to_string()));
            let second = get(scene);
            second.answers("hf_user", OLD);
            assert!(second.took < Duration::from_secs(1), "{second:?}");
            assert_eq!(scene.hub.asked_for_tokens().len(), 1);
            is_as_it_was(scene, end);
            assert_eq!(litter(&scene.world), [""; 0]);
            assert!(scene.hub.visits().iter().all(|visit| visit.host == "huggingface.co"), "it followed");
            if mood != Mood::Denies {
                // the five minutes are over
                scene.hub.is(Mood::Prompt);
                let paused = scene.world.home().join(".local/state/git-credential-hf/refresh-paused");
                for file in fs::read_dir(paused).expect("noted").flatten() {
                    let file = fs::File::options().write(true).open(file.path()).expect("ours");
                    file.set_modified(SystemTime::now() - Duration::from_secs(301)).expect("dated");
                }
                get(scene).answers("hf_user", NEW);
            }
        });
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn what_the_hub_grants_late_is_kept_for_it_has_used_up_the_refresh_token() {
    play(|scene| {
        logged_in(scene, -HOUR);
        scene.hub.delay("/oauth/token", LATE);
        let first = get(scene);
        first.answers("hf_user", NEW);
        assert!(first.took > LATE, "{first:?}");
        get(scene).answers("hf_user", NEW);
        assert_eq!(scene.hub.asked_for_tokens().len(), 1);
        assert_eq!(token_file(&scene.world), NEW);
        assert_eq!(litter(&scene.world), [""; 0]);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_network_that_is_not_there_is_not_waited_for_while_the_token_is_good() {
    play(|scene| {
        logged_in(scene, HOUR);
        // it accepts, and connects nobody
        let proxy = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = proxy.local_addr().expect("it is bound");
        scene.world.set_env("HTTPS_PROXY", format!("http://{address}"));
        let said = get(scene);
        said.answers("hf_user", OLD);
        assert!(said.took < AT_MOST, "{said:?}");
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn no_signal_that_ends_a_session_loses_what_the_hub_grants() {
    together([Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM], |signal| {
        play(|scene| {
            logged_in(scene, -HOUR);
            scene.hub.delay("/oauth/token", LATE);
            let mut command = scene.world.command("env");
            // the tests themselves may run where Ctrl-C is ignored
            command.args(["--default-signal", "git-credential-hf", "get"]).stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = command.spawn().expect("started");
            child.stdin.take().expect("piped").write_all(HOST.as_bytes()).expect("said");
            while scene.hub.asked_for_tokens().is_empty() {
                thread::sleep(Duration::from_millis(5));
            }
            kill(Pid::from_raw(child.id().try_into().expect("process ids fit")), signal).expect("it runs");
            // it ends by the signal all the same, once there is nothing to lose
            assert_eq!(child.wait().expect("ended").signal(), Some(signal as i32));
            assert_eq!(token_file(&scene.world), NEW, "{signal}");
            get(scene).answers("hf_user", NEW);
            assert_eq!(scene.hub.asked_for_tokens().len(), 1, "{signal}");
            assert_eq!(litter(&scene.world), [""; 0]);
        });
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn an_expired_token_is_offered_to_nobody_and_one_line_says_what_to_do() {
    let cases = [Mood::Hangs, Mood::Fails, Mood::Denies].map(|mood| [(mood, ""), (mood, "username=oauth-alice\n")]);
    together(cases.into_iter().flatten(), |(mood, username)| {
        play(|scene| {
            eprintln!("... {mood:?} {username}");
            logged_in(scene, -HOUR);
            scene.hub.is(mood);
            let wanted = format!("{HOST}{username}");
            let said = scene.world.helper(&["get"], &wanted);
            said.refused().says("has expired and ").hides("hf_o").hides("rt_");
            assert!(said.took < AT_MOST_WITH_THE_HUB, "{said:?}");
            if mood == Mood::Denies {
                said.says("cannot be renewed (the Hub answered invalid_grant): run `git-credential-hf login`");
                let again = scene.world.helper(&["get"], &wanted);
                again.refused().says("(the Hub has rejected its refresh token): run `git-credential-hf login`");
                assert_eq!(scene.hub.asked_for_tokens().len(), 1, "it will say the same");
            } else {
                let why = if mood == Mood::Hangs { "the Hub did not answer in time" } else { "the Hub answered 500" };
                said.says("could not be renewed: ").says(why).says("; try again");
                assert!(!said.err().contains("login"), "a retry may do: {said:?}");
                // the network is back: nobody waits for five minutes without a token
                scene.hub.is(Mood::Prompt);
                assert_eq!(scene.world.helper(&["get"], wanted).attribute("password").as_deref(), Some(NEW));
            }
        });
    });
}
