//! File systems that know no locks or no modes (Lustre, NFS without lockd, CIFS), on which `hf` logs in all the same; what
//! killed processes leave; and names that are another file's by the time they are used.

use std::fs;
use std::os::unix::fs::lchown;

use nix::libc::{EBUSY, ENOLCK, ENOSYS, EOPNOTSUPP, EPERM};

use crate::refresh::{HOST, HOUR, NEW, get, litter, logged_in, play, token_file};
use crate::rig::{Reply, World, finish};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const LOGIN: [&str; 7] = ["login", "--with-token", "--no-verify", "--no-setup", "--hf", "--name", "a"];

/// Has each call of these programs fail that a variable names, with its number.
fn on_such_a_file_system(world: &mut World, calls: &[(&str, i32)]) {
    let library = world.root().join("file_system.so");
    let mut cc = world.command("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&library);
    cc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/file_system.c"));
    finish(cc, b"").succeeded();
    world.set_env("LD_PRELOAD", library);
    for (name, error) in calls {
        world.set_env(name, error.to_string());
    }
}

#[track_caller]
fn done_and_told_once(reply: &Reply, told: &str) {
    reply.succeeded().says(told);
    assert_eq!(reply.err().matches(told).count(), 1, "once is enough: {}", reply.err());
}

#[test]
#[ignore = "needs a C compiler; tests/run.sh installs one"]
fn where_nothing_can_be_locked_everything_is_written_as_hf_writes_it() {
    for error in [ENOSYS, ENOLCK, EOPNOTSUPP] {
        let mut world = World::new().env("HF_HUB_OFFLINE", "1");
        on_such_a_file_system(&mut world, &[("FLOCK_FAILS", error)]);
        let told = "going on without a lock";
        let store = world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n"));
        done_and_told_once(store.says_one_line(), told);
        world.helper(&["get"], ASK).answers("bob", "test1");
        done_and_told_once(
            world.helper(&["erase"], format!("{ASK}username=bob\npassword=test1\n")).says_one_line(),
            told,
        );
        assert!(!world.read_stored_tokens().contains("test1"));
        done_and_told_once(&world.helper(&LOGIN, "test2"), told);
        world.helper(&["get"], ASK).answers("hf_user", "test2");
        done_and_told_once(&world.helper(&["logout", "a"], ""), told);
        assert!(!world.read_stored_tokens().contains("test2") && !world.hf_home().join("token").exists());
        assert_eq!(litter(&world), [""; 0]);
    }
}

#[test]
#[ignore = "needs a C compiler; tests/run.sh installs one"]
fn where_nothing_can_be_locked_a_token_is_refreshed() {
    play(|scene| {
        logged_in(scene, HOUR);
        on_such_a_file_system(&mut scene.world, &[("FLOCK_FAILS", ENOSYS)]);
        let reply = scene.world.helper(&["get"], HOST);
        done_and_told_once(reply.says_one_line(), "going on without a lock");
        assert_eq!(reply.attribute("password").as_deref(), Some(NEW));
        assert_eq!(token_file(&scene.world), NEW);
        assert_eq!(litter(&scene.world), [""; 0]);
        get(scene).answers("hf_user", NEW);
    });
}

#[test]
#[ignore = "needs a C compiler; tests/run.sh installs one"]
fn where_no_mode_can_be_set_a_file_keeps_the_one_it_has() {
    for error in [EPERM, ENOSYS, EOPNOTSUPP] {
        let mut world = World::new().env("HF_HUB_OFFLINE", "1");
        on_such_a_file_system(&mut world, &[("CHMOD_FAILS", error)]);
        // what is made has another mode than it should
        let with_umask = |line: &str, input: &str| {
            let mut shell = world.command("sh");
            shell.args(["-c", &format!("umask 0066; umask 0277; git-credential-hf {line}")]);
            finish(shell, input.as_bytes())
        };
        fs::create_dir_all(world.hf_home()).expect("the HF home");
        let told = "it keeps the one it has";
        let store = with_umask("store", &format!("{ASK}username=bob\npassword=test1\n"));
        done_and_told_once(store.says_one_line(), told);
        world.helper(&["get"], ASK).answers("bob", "test1");
        done_and_told_once(&with_umask(&LOGIN.join(" "), "test2"), told);
        done_and_told_once(&with_umask("logout a", ""), told);
        done_and_told_once(&with_umask("erase", &format!("{ASK}username=bob\npassword=test1\n")), told);
        assert!(!world.read_stored_tokens().contains("test1"));
    }
}

#[test]
#[ignore = "needs a C compiler; tests/run.sh installs one"]
fn a_token_file_that_is_busy_is_emptied() {
    let mut world = World::new().token("test1").stored_tokens("[a]\nhf_token = test1\n\n").env("HF_HUB_OFFLINE", "1");
    on_such_a_file_system(&mut world, &[("UNLINK_FAILS", EBUSY)]);
    let reply = world.helper(&["logout", "a"], "");
    reply.succeeded().says_nothing();
    assert!(reply.out().ends_with("git has no token here now\n"), "{reply:?}");
    assert_eq!(token_file(&world), "");
    assert!(!world.read_stored_tokens().contains("test1"));
}

#[test]
#[ignore = "needs strace; tests/run.sh installs it"]
fn as_often_as_it_is_killed_one_file_is_left_at_most() {
    let world = World::new().stored_tokens("[a]\nhf_token = test1\n\n");
    for round in 0..200 {
        let mut killed = world.command("strace");
        killed.args(["-qq", "-o", "/dev/null", "-e", "inject=rename,renameat,renameat2:signal=KILL"]);
        killed.args(["git-credential-hf", "store"]);
        let killed = finish(killed, format!("{ASK}username=bob\npassword=p{round}\n").as_bytes());
        assert_ne!(killed.status, Some(0), "it lived");
        let left = litter(&world);
        assert!(left.len() <= 1, "{round}: {left:?}");
    }
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test2\n")).is_silent();
    assert_eq!(litter(&world), [""; 0]);
}

/// Between a name and its use, a user puts another file's there.
#[test]
#[ignore = "needs strace; tests/run.sh installs it"]
fn root_sets_modes_and_owners_of_what_is_open_and_of_no_name() {
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    let is_root = nix::unistd::geteuid().is_root();
    if is_root {
        lchown(world.home(), Some(65534), Some(65534)).expect("a user's");
    }
    let trace = world.root().join("trace");
    for (umask, line) in
        [("000", "store"), ("777", "erase"), ("777", "login --with-token --no-verify --no-setup --hf --name a")]
    {
        let mut shell = world.command("sh");
        let script = format!(
            "umask {umask}; exec strace -f -qq -e trace=%file,fchmod,fchown -o \"$1\" git-credential-hf {line}"
        );
        shell.args(["-c", &script, "sh"]).arg(&trace);
        let input =
            if line.starts_with("login") { "test1".to_owned() } else { format!("{ASK}username=b\npassword=p\n") };
        finish(shell, input.as_bytes()).succeeded();
        let text = fs::read_to_string(&trace).expect("what it did");
        fs::remove_file(&trace).expect("read");
        let calls = text.lines().filter_map(|line| line.split('(').next()?.split_whitespace().last());
        let calls: Vec<_> = calls.filter(|call| call.contains("chmod") || call.contains("chown")).collect();
        assert!(!is_root || calls.iter().all(|call| ["fchmod", "fchown"].contains(call)), "{line}: {calls:?}");
        // under the other umask all is made with its mode
        assert!(umask == "000" || line == "erase" || calls.contains(&"fchmod"), "{line}: it set none: {text}");
    }
}
