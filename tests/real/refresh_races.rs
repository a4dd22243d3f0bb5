//! Refreshes at the same moment as something else: another refresh, hf's, a login, a switch, a kill, a full directory.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::hf::python;
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
                for hf in hfs {
                    let said = hf.join().expect("ran");
                    // one that read between our two renames goes on with the token it had for a while
                    assert!([OLD, NEW].contains(&said.succeeded().out().trim()), "{said:?}");
                }
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
#[ignore = "needs hf; tests/run.sh installs it"]
fn a_crash_between_the_two_files_logs_nobody_out() {
    play(|scene| {
        logged_in(scene, HOUR);
        publish(scene);
        let mut killed = scene.world.command("strace");
        killed.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=rename,renameat,renameat2:signal=KILL:when=2"]);
        killed.args(["git-credential-hf", "get"]);
        let killed = finish(killed, HOST.as_bytes());
        assert!(killed.status != Some(0) && killed.stdout.is_empty(), "{killed:?}");
        assert_eq!(token_file(&scene.world), OLD, "the second was to be prevented");
        assert!(scene.world.read_stored_tokens().contains(NEW));

        scene.world.git(&["ls-remote", URL]).succeeded().says_nothing();
        assert_eq!(token_file(&scene.world), NEW, "what was left to do is done");
        assert_eq!(python(&scene.world, GET_TOKEN).succeeded().out().trim(), NEW);
        assert_eq!(scene.hub.asked_for_tokens().len(), 1);
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
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn where_nothing_can_be_written_nothing_is_asked() {
    // root obeys modes without these capabilities
    let as_anybody = ["--bounding-set=-dac_override,-dac_read_search", "git-credential-hf", "get"];
    for lock_is_there in [false, true] {
        play(|scene| {
            let end = logged_in(scene, HOUR);
            if lock_is_there {
                scene.world.write(scene.world.hf_home().join("stored_tokens.lock"), "");
            }
            let allow = |mode| {
                fs::set_permissions(scene.world.hf_home(), fs::Permissions::from_mode(mode))
                    .expect("the directory's mode");
            };
            allow(0o500);
            let mut command = if nix::unistd::Uid::effective().is_root() {
                let mut command = scene.world.command("setpriv");
                command.args(as_anybody);
                command
            } else {
                let mut command = scene.world.command("git-credential-hf");
                command.arg("get");
                command
            };
            command.current_dir("/");
            let said = finish(command, HOST.as_bytes());
            allow(0o700);
            said.answers("hf_user", OLD);
            assert!(scene.hub.visits().is_empty(), "the Hub was asked");
            is_as_it_was(scene, end);
        });
    }
}

#[test]
#[ignore = "needs hf; tests/run.sh installs it"]
fn a_lock_held_for_long_is_not_waited_for() {
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
fn links_stay_links_and_files_their_owners() {
    play(|scene| {
        logged_in(scene, HOUR);
        let (home, dotfiles) = (scene.world.hf_home(), scene.world.home().join("dotfiles"));
        fs::create_dir(&dotfiles).expect("dotfiles");
        for name in ["token", "stored_tokens"] {
            fs::rename(home.join(name), dotfiles.join(name)).expect("moved");
            symlink(dotfiles.join(name), home.join(name)).expect("linked");
        }
        get(scene).answers("hf_user", NEW);
        for name in ["token", "stored_tokens"] {
            assert!(home.join(name).is_symlink(), "{name}");
            let about = fs::metadata(dotfiles.join(name)).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
            assert!(fs::read_to_string(dotfiles.join(name)).expect("text").contains(NEW), "{name}");
        }
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

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn on_a_full_disk_nothing_is_asked() {
    play(|scene| {
        let mut may_mount = scene.world.command("unshare");
        may_mount.args(["--mount", "true"]);
        if finish(may_mount, b"").status != Some(0) {
            eprintln!("no disk of our own here; where_nothing_can_be_written_nothing_is_asked makes the same claim");
            return;
        }
        let end = logged_in(scene, HOUR);
        let script = "mount -t tmpfs -o size=16k,mode=700 tmpfs \"$1\" && cp -p kept/* \"$1\" && git-credential-hf get; \
                      echo; cat \"$1/token\" \"$1/stored_tokens\"";
        let home = scene.world.hf_home();
        fs::create_dir(scene.world.home().join("kept")).expect("kept");
        for name in ["token", "stored_tokens"] {
            fs::copy(home.join(name), scene.world.home().join("kept").join(name)).expect("copied");
        }
        let mut command = scene.world.command("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(&home);
        let said = finish(command, HOST.as_bytes());
        let wanted = format!("password={OLD}\npassword_expiry_utc={end}\n\n{OLD}");
        assert!(said.out().contains(&wanted), "{said:?}");
        assert!(scene.hub.visits().is_empty(), "the Hub was asked");
    });
}
