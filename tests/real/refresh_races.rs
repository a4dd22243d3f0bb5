//! Refreshes at the same moment as something else: another refresh, hf's, a login, a switch, a kill.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::hf::{python, python_with};
use crate::hub::{Mood, Repository};
use crate::refresh::{
    AT_MOST, HOST, HOUR, NEW, NEW_REFRESH, OLD, get, is_as_it_was, litter, logged_in, play, token_file,
};
use crate::rig::{Git, finish};
use crate::scene::{BOB, Scene};

const URL: &str = "https://huggingface.co/acme/secret";
const GET_TOKEN: &str = "import huggingface_hub as h; print(h.get_token())";

fn publish(scene: &Scene) {
    scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
}

/// Waits until the Hub was asked for a token.
fn is_asked(scene: &Scene) {
    let patience = Instant::now() + Duration::from_secs(10);
    while scene.hub.asked_for_tokens().is_empty() {
        assert!(Instant::now() < patience, "it never asked");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn forty_parallel_fetches_make_one_refresh() {
    for git in Git::all() {
        Scene::play(&git, None, |scene| {
            logged_in(scene, HOUR);
            publish(scene);
            scene.hub.is(Mood::Slow(Duration::from_millis(300)));
            scene.clone(URL, "secret").succeeded();
            logged_in(scene, HOUR);
            scene.hub.forget_visits();
            thread::scope(|threads| {
                let fetch = || scene.world.git_in("secret", &["fetch", "--quiet", "--no-auto-gc"]);
                let fetches: Vec<_> = (0..40).map(|_| threads.spawn(fetch)).collect();
                for fetch in fetches {
                    fetch.join().expect("ran").succeeded();
                }
            });
            // the clone's, and one for all
            assert_eq!(scene.hub.asked_for_tokens().len(), 2);
            assert_eq!(scene.secrets_on("huggingface.co"), ["hf_oauth_alice2"]);
            assert!(!scene.world.read_stored_tokens().contains("git:"), "git stored a copy");
        });
    }
}

#[test]
#[ignore = "needs hf; tests/run.sh installs it"]
fn hf_and_git_at_the_same_moment_never_log_each_other_out() {
    for round in 0..6 {
        play(|scene| {
            logged_in(scene, HOUR);
            publish(scene);
            scene.hub.is(Mood::Slow(Duration::from_millis(200)));
            thread::scope(|threads| {
                let hfs: Vec<_> = (0..3).map(|_| threads.spawn(|| python(&scene.world, GET_TOKEN))).collect();
                // Python takes a while to start
                thread::sleep(Duration::from_millis(150 * round));
                let gits: Vec<_> = (0..8).map(|_| threads.spawn(|| scene.world.git(&["ls-remote", URL]))).collect();
                let said = hfs.into_iter().map(|hf| hf.join().expect("ran").succeeded().out());
                let said: Vec<_> = said.map(|said| said.trim().to_owned()).collect();
                // in the middle of its own refresh, which is not ours to mend, another hf goes on with what it had
                let is_ours = scene.hub.asked_for_tokens()[0].agent.starts_with("git-credential-hf/");
                let most = if is_ours { 0 } else { 2 };
                assert!(said.iter().filter(|said| **said != NEW).count() <= most, "{said:?}");
                assert!(said.iter().all(|said| [OLD, NEW].contains(&&**said)), "{said:?}");
                for git in gits {
                    git.join().expect("ran").succeeded().says_nothing();
                }
            });
            assert_eq!(python(&scene.world, GET_TOKEN).succeeded().out().trim(), NEW, "hf was logged out");
            assert_eq!(scene.hub.asked_for_tokens().len(), 1);
            assert_eq!(token_file(&scene.world), NEW);
            let held = scene.world.read_stored_tokens();
            assert!(held.contains(&format!("hf_token = {NEW}\nrefresh_token = {NEW_REFRESH}\n")), "{held}");
        });
    }
}

#[test]
#[ignore = "needs hf and strace; tests/run.sh installs them"]
fn whenever_hf_reads_while_we_write_it_has_the_new_token() {
    // one child each 40 ms: every other one stops to think between the two files
    let readers = r"
import os, sys, time
import huggingface_hub.utils._auth as auth
read = auth._read_stored_tokens_full
def late():
    time.sleep(0.25)
    return read()
children = []
for number in range(50):
    child = os.fork()
    if child == 0:
        auth._read_stored_tokens_full = late if number % 2 else read
        os._exit(0 if auth.get_token() == sys.argv[1] else 1)
    children.append(child)
    time.sleep(0.04)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
";
    play(|scene| {
        logged_in(scene, HOUR);
        scene.hub.is(Mood::Slow(Duration::from_millis(1200)));
        thread::scope(|threads| {
            let mut slowly = scene.world.command("strace");
            slowly.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=rename,renameat,renameat2:delay_enter=500000"]);
            slowly.args(["git-credential-hf", "get"]);
            let getting = threads.spawn(|| finish(slowly, HOST.as_bytes()));
            // from now on the lock is ours
            is_asked(scene);
            let readers = python_with(&scene.world, readers, &[NEW]);
            assert_eq!(readers.status, Some(0), "so many of 50 went on with the old one; {readers:?}");
            getting.join().expect("ran").answers("hf_user", NEW);
        });
        assert_eq!(scene.hub.asked_for_tokens().len(), 1);
        assert_eq!(litter(&scene.world), [""; 0]);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn killed_while_the_hub_hangs_it_leaves_both_files_whole() {
    play(|scene| {
        let end = logged_in(scene, HOUR);
        scene.hub.is(Mood::Hangs);
        let mut command = scene.world.command("git-credential-hf");
        let mut child = command.arg("get").stdin(Stdio::piped()).spawn().expect("started");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), HOST.as_bytes()).expect("said");
        is_asked(scene);
        child.kill().expect("killed");
        child.wait().expect("gone");
        is_as_it_was(scene, end);
        let left = litter(&scene.world);
        assert!(!left.is_empty(), "the new files were there before it asked");
        for name in left {
            let file = fs::File::options().write(true).open(scene.world.hf_home().join(name)).expect("ours");
            file.set_modified(SystemTime::now() - Duration::from_secs(90)).expect("dated");
        }
        scene.hub.is(Mood::Prompt);
        get(scene).answers("hf_user", NEW);
        assert_eq!(litter(&scene.world), [""; 0], "and the next one tidies up");
    });
}

#[test]
#[ignore = "needs hf; tests/run.sh installs it"]
fn a_lock_held_for_long_is_not_waited_for_while_the_token_is_good() {
    play(|scene| {
        let end = logged_in(scene, HOUR);
        let lock = scene.world.hf_home().join("stored_tokens.lock");
        fs::write(&lock, "").expect("the lock");
        let lock = fs::File::open(&lock).expect("the lock");
        lock.lock().expect("held");
        let said = get(scene);
        said.answers("hf_user", OLD);
        assert!(said.took < AT_MOST, "{said:?}");
        is_as_it_was(scene, end);
        assert!(scene.hub.visits().is_empty());
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn without_a_good_token_a_refresh_of_another_process_is_waited_for() {
    play(|scene| {
        logged_in(scene, -HOUR);
        scene.hub.delay("/oauth/token", Duration::from_secs(6));
        thread::scope(|threads| {
            let first = threads.spawn(|| get(scene));
            is_asked(scene);
            // it waits for the lock, and never for the Hub
            let second = get(scene);
            second.answers("hf_user", NEW);
            assert!(second.took > Duration::from_secs(4), "{second:?}");
            first.join().expect("ran").answers("hf_user", NEW);
        });
        assert_eq!(scene.hub.asked_for_tokens().len(), 1);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn what_hf_writes_while_the_hub_thinks_stays() {
    play(|scene| {
        logged_in(scene, HOUR);
        scene.hub.is(Mood::Slow(Duration::from_millis(800)));
        thread::scope(|threads| {
            let getting = threads.spawn(|| get(scene));
            is_asked(scene);
            // a login of bob's: in place, and without the lock
            let held = scene.world.read_stored_tokens();
            let stored = scene.world.hf_home().join("stored_tokens");
            scene.world.write(stored, format!("{held}[token of bob]\nhf_token = {BOB}\n\n"));
            scene.world.write_token(BOB);
            getting.join().expect("ran").answers("hf_user", BOB);
        });
        let held = scene.world.read_stored_tokens();
        assert!(held.contains(BOB) && held.contains(NEW) && !held.contains(OLD), "{held}");
        assert_eq!(token_file(&scene.world), BOB);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_logout_while_the_hub_thinks_is_not_undone() {
    play(|scene| {
        logged_in(scene, HOUR);
        scene.hub.is(Mood::Slow(Duration::from_millis(800)));
        thread::scope(|threads| {
            let getting = threads.spawn(|| get(scene));
            is_asked(scene);
            fs::remove_file(scene.world.hf_home().join("stored_tokens")).expect("logout");
            fs::remove_file(scene.world.hf_home().join("token")).expect("logout");
            getting.join().expect("ran");
        });
        assert_eq!(scene.world.read_stored_tokens(), "");
        assert!(!scene.world.hf_home().join("token").exists());
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_token_from_before_a_refresh_is_nothing_to_keep() {
    play(|scene| {
        logged_in(scene, HOUR);
        get(scene).answers("hf_user", NEW);
        // git before 2.46 tells no more than this of where it has it from
        scene.store("hf_user", OLD);
        assert!(!scene.world.read_stored_tokens().contains(OLD));
        get(scene).answers("hf_user", NEW);
    });
}
