//! What a process may have is little: threads, the size of its files, room on stdout, the length of a path. What cannot be
//! done is said in one line.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::rig::{Reply, World, finish};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const STORED: &str =
    "[git:bob@huggingface.co]\nhf_token = test1\nusername = bob\nhost = huggingface.co\ngit_stored_at = 1\n";

/// The helper, started by a shell behind this line.
fn after(line: &str, world: &World, args: &[&str], input: &str) -> Reply {
    let mut shell = world.command("sh");
    shell.args(["-c", &format!("{line} \"$@\""), "sh", "git-credential-hf"]).args(args);
    finish(shell, input.as_bytes())
}

/// The names in a directory.
fn names(world: &World, directory: &str) -> Vec<String> {
    let names = fs::read_dir(world.home().join(directory)).unwrap().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn where_no_thread_is_to_be_had_the_next_source_answers_and_what_needs_one_says_so() {
    // a stack that no memory has room for
    let world = World::new().token("test1").stored_tokens("[a]\nhf_token = test1\n\n[b]\nhf_token = test2\n");
    let world = world.env("RUST_MIN_STACK", (1_u64 << 50).to_string());
    let reply = world.helper(&["--token-command", "echo test3; touch late", "get"], ASK);
    reply.succeeded().says_one_line().says("the token command gave no token: resource temporarily unavailable");
    assert_eq!(reply.attribute("password").as_deref(), Some("test1"));
    world.git(&["init", "--quiet"]).succeeded();
    world.helper(&["get"], ASK).answers("hf_user", "test1");
    for command in [&["setup"][..], &["bind", "acme", "a"], &["switch", "a"], &["whoami"], &["list"], &["status"]] {
        let reply = world.helper(command, "");
        let panicked = reply.status == Some(101) || reply.err().contains("panicked");
        assert!(!panicked && reply.err().lines().count() <= 1, "{command:?}: {reply:?} {}", reply.err());
    }
    world.helper(&["setup"], "").refused().says("cannot run git: resource temporarily unavailable (try again");
    world.helper(&["whoami"], "").refused().says("the Hub cannot be reached: ");
}

#[test]
fn a_file_that_may_not_grow_is_told_of_and_nothing_is_left_beside_it() {
    let world = World::new().stored_tokens(&format!("{STORED}\n[a]\nhf_token = test3\n"));
    world.write(".git-credentials", "https://bob:test1@huggingface.co\n");
    world.write(world.hf_home().join("stored_tokens.lock"), "");
    let files = || {
        let credentials = fs::read_to_string(world.home().join(".git-credentials")).unwrap();
        (names(&world, ""), names(&world, ".cache/huggingface"), credentials, world.read_stored_tokens())
    };
    let before = files();
    let store = format!("{ASK}username=bob\npassword=test2\n");
    let erase = format!("{ASK}username=bob\npassword=test1\n");
    let too_large = "file too large (see ulimit -f)";
    for (args, input, said) in [
        (&["store"][..], &*store, too_large),
        (&["login", "--with-token", "--no-verify", "--hf"], "test4", too_large),
        (&["import", "--delete-source"], "", too_large),
        (&["setup"], "", "git's global configuration"),
        (&["erase"], &*erase, too_large),
    ] {
        after("ulimit -f 0;", &world, args, input).failed().says(said);
        // what was refused is noted in a file without a byte
        _ = fs::remove_dir_all(world.home().join(".local"));
        assert_eq!(files(), before, "{args:?}");
    }
}

/// As a container has it: the file is another disk's, and that one is full.
#[test]
#[expect(clippy::print_stderr, reason = "nothing is left out in silence")]
fn a_mounted_file_that_may_not_grow_is_what_it_was() {
    let padding = "x".repeat(3500);
    let world = World::new().stored_tokens(&format!("{STORED}\n[a]\nhf_token = test3\nnote = {padding}\n"));
    let mut may_mount = world.command("unshare");
    may_mount.args(["--mount", "true"]);
    if finish(may_mount, b"").status != Some(0) {
        eprintln!("nothing can be mounted here: on a machine where it can, this is tried");
        return;
    }
    let script = "cd \"$1\" && cp stored_tokens whole && mkdir disk && mount -t tmpfs -o size=16k tmpfs disk && \
                  cp whole disk && { cat /dev/zero >disk/rest; mount -o bind disk/whole stored_tokens; } 2>&- && \
                  git-credential-hf store; echo $?; cmp stored_tokens whole && ls -A";
    let mut command = world.command("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(world.hf_home());
    let token = "y".repeat(600);
    let reply = finish(command, format!("{ASK}username=bob\npassword={token}\n").as_bytes());
    reply.says_one_line().says("stored_tokens: no storage space (make room there)");
    assert_eq!(reply.out(), "1\ndisk\nstored_tokens\nstored_tokens.lock\nwhole\n");
}

#[test]
fn what_cannot_be_read_is_not_forgotten_in_silence_and_not_answered_again_at_once() {
    let world = World::new().stored_tokens(STORED);
    let unreadable = [STORED.as_bytes(), b"\xff"].concat();
    world.write(world.hf_home().join("stored_tokens"), unreadable);
    let refused = format!("{ASK}username=bob\npassword=test1\n");
    world.helper(&["erase"], &refused).refused().says("stored_tokens: it is not UTF-8 (move it away)");
    world.write(world.hf_home().join("stored_tokens"), STORED);
    world.helper(&["get"], format!("{ASK}username=bob\n")).prints_nothing();
    world.helper(&["erase"], &refused).succeeded();
    assert!(!world.read_stored_tokens().contains("test1"));
}

#[test]
fn a_home_whose_path_is_too_long_is_told_of() {
    let home = format!("/{}", "a/".repeat(50_000));
    let world = World::new().env("HOME", &home).env("HF_HUB_OFFLINE", "1");
    let store = format!("{ASK}username=bob\npassword=test1\n");
    for (args, input) in [(&["store"][..], &*store), (&["login", "--with-token", "--no-verify"], "test1")] {
        world.helper(args, input).refused().says("invalid filename");
    }
    let refused = format!("{ASK}password=test1\n");
    world.env("HF_TOKEN", "test1").helper(&["erase"], refused).succeeded();
}

#[test]
fn help_that_cannot_be_shown_is_a_failure() {
    for args in [&["--help"][..], &["login", "--help"], &["--version"]] {
        let reply = after("exec >/dev/full;", &World::new(), args, "");
        reply.refused().says("cannot write to stdout: no storage space");
    }
}

#[test]
fn a_git_that_cannot_be_run_is_told_from_one_that_is_missing() {
    let world = World::new();
    world.write("bin/git", "no program\n");
    let mut helper = world.command("git-credential-hf");
    helper.arg("setup").env("PATH", world.home().join("bin"));
    finish(helper, b"").refused().says("cannot run git: permission denied (see who owns it, and its mode)");
}

#[test]
fn a_git_that_prints_or_lasts_without_end_is_given_up() {
    let world = World::new().token("test1").stored_tokens("[a]\nhf_token = test1\n\n[b]\nhf_token = test2\n");
    world.git(&["init", "--quiet"]).succeeded();
    let path = format!("{}:/usr/bin:/bin", world.home().join("bin").display());
    let run = |args: &[&str], input| {
        let line = format!("PATH={path}:$PATH; ulimit -v 400000;");
        after(&line, &world, args, input)
    };
    for prints in ["exec yes", "exec yes >&2", "exec head -c 15000000 /dev/zero"] {
        world.write("bin/git", format!("#!/bin/sh\n{prints}\n"));
        fs::set_permissions(world.home().join("bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
        run(&["get"], ASK).answers("hf_user", "test1");
        run(&["setup"], "").refused().says("(see git config --list)");
    }
    world.write("bin/git", "#!/bin/sh\nexec sleep 60\n");
    let reply = run(&["setup"], "");
    reply.refused().says("git is not done after 5 s (see whether git config --list ends)");
    assert!(reply.took < Duration::from_secs(20), "{:?}", reply.took);
}
