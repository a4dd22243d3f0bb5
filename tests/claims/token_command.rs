//! A command of the user's as a source: when it is run, what counts of what it prints, and what never happens to it.

use std::time::Duration;

use crate::rig::{Git, Reply, World};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn with(world: &World, command: &str, operation: &str, rest: &str) -> Reply {
    world.helper(&["--token-command", command, operation], format!("{ASK}{rest}"))
}

/// A command that leaves a trace where it was run.
fn traced(world: &World) -> String {
    format!("touch {}/ran; echo {B}", world.home().display())
}

fn was_run(world: &World) -> bool {
    world.home().join("ran").exists()
}

#[test]
fn its_first_line_is_the_token_of_any_name() {
    let world = World::new().token(A);
    world.write("secret file", format!("{B}\nuser: bob\n"));
    for command in [
        format!("echo {B}"),
        format!("printf ' {B}\\r\\nnotes\\n'"),
        format!("printf '\\t{B}\\v \\n'"),
        format!("printf {B}"),
        "cat 'secret file'".to_owned(),
        "cat \"$HOME/secret file\"".to_owned(),
        format!("cat; echo {B}"),
    ] {
        with(&world, &command, "get", "").answers("hf_user", B);
        with(&world, &command, "get", "username=bob\n").answers("bob", B);
        with(&world, &command, "get", "capability[]=authtype\n").answers_ephemerally("hf_user", B);
    }
    let state = with(&world, "echo test1", "get", "capability[]=state\n");
    assert_eq!(state.attribute("state[]").as_deref(), Some("hf:command"));
    with(&world, "", "get", "").answers("hf_user", A);
}

#[test]
fn hf_token_goes_before_it_and_it_goes_before_what_git_stored() {
    let mut world = World::new().token(A);
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    let command = traced(&world);
    with(&world, &command, "get", "username=bob\n").answers("bob", B);
    assert!(was_run(&world));
    std::fs::remove_file(world.home().join("ran")).unwrap();
    world.set_env("HF_TOKEN", "hf_env");
    with(&world, &command, "get", "").answers("hf_user", "hf_env");
    assert!(!was_run(&world), "it is not needed");
}

#[test]
fn nobody_elses_host_makes_it_run() {
    let world = World::new();
    let command = traced(&world);
    for host in ["evil.example", "x.huggingface.co", "huggingface.co:8443", ""] {
        for operation in ["get", "store", "erase"] {
            let request = format!("protocol=https\nhost={host}\nusername=bob\npassword=test1\n");
            world.helper(&["--token-command", &command, operation], request).is_silent();
        }
    }
    world.helper(&["--token-command", &command, "get"], "protocol=http\nhost=huggingface.co\n").is_silent();
    with(&world, &command, "surprise", "").is_silent();
    assert!(!was_run(&world));
}

#[test]
fn its_failure_is_one_line_and_the_next_source_is_asked() {
    let world = World::new().token(A);
    for command in [
        "exit 1",
        "true",
        "echo; echo hf_second_line",
        "echo '  '",
        "echo hf_printed; exit 3",
        "kill -9 $$",
        "printf 'hf_\\377\\n'",
        "head -c 100000 /dev/zero",
        "printf '\\033[1mhf_printed\\033[0m\\n'",
        "printf 'hf_printed\\0\\n'",
        "printf 'hf_printed\\tx\\n'",
        "this-is-no-command-at-all 2>/dev/null",
    ] {
        let reply = with(&world, command, "get", "");
        assert_eq!(reply.attribute("password").as_deref(), Some(A), "{command}: {reply:?}");
        reply.succeeded().says_one_line().says("token command").hides("hf_printed");
        let nobody = with(&World::new(), command, "get", "");
        nobody.succeeded().prints_nothing().says_one_line().says("token command");
    }
}

#[test]
fn what_it_says_on_stderr_is_the_persons() {
    let reply = with(&World::new(), &format!("echo touch your key >&2; echo {B}"), "get", "");
    assert_eq!(reply.attribute("password").as_deref(), Some(B));
    reply.succeeded().says_one_line().says("touch your key");
}

#[test]
fn it_is_waited_for_ten_seconds_and_ended_with_all_it_started() {
    let world = World::new().token(A);
    let late = world.home().join("late").display().to_string();
    let reply = with(&world, &format!("(sleep 12; touch {late}) & wait"), "get", "");
    assert_eq!(reply.attribute("password").as_deref(), Some(A));
    reply.succeeded().says_one_line().says("longer than 10 s");
    assert!((Duration::from_secs(10)..Duration::from_secs(15)).contains(&reply.took), "{reply:?}");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!world.home().join("late").exists());
}

#[test]
fn store_and_erase_never_run_it_and_store_keeps_nothing_beside_it() {
    let world = World::new();
    let command = traced(&world);
    with(&world, &command, "store", &format!("username=hf_user\npassword={B}\n")).is_silent();
    with(&world, &command, "store", "username=bob\npassword=test1\n").is_silent();
    assert_eq!(world.read_stored_tokens(), "");
    with(&world, &command, "erase", &format!("username=hf_user\npassword={A}\n")).is_heard();
    with(&world, &command, "erase", "").is_heard();
    assert!(!was_run(&world));
    world.helper(&["get"], ASK).answers_nobody();
}

#[test]
fn what_git_stored_before_is_still_erased() {
    let world = World::new();
    for (username, password) in [("bob", "test1"), ("alice", "test2")] {
        world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
    }
    with(&world, "exit 1", "erase", "username=bob\npassword=test3\n").is_heard();
    world.helper(&["get"], format!("{ASK}username=bob\n")).answers("bob", "test1");
    with(&world, "exit 1", "erase", "username=bob\npassword=test1\n").is_heard();
    world.helper(&["get"], format!("{ASK}username=bob\n")).refused().says("login --name bob");
    world.helper(&["get"], ASK).answers("alice", "test2");
}

#[test]
fn its_refused_token_never_becomes_another_person() {
    let world = World::new().token(A);
    let command = format!("echo {B}");
    let erased = with(&world, &command, "erase", &format!("username=hf_user\npassword={B}\n"));
    erased.is_heard().says_one_line().says("the token command's token was rejected by the Hub: ");
    for rest in ["", "username=bob\n"] {
        with(&world, &command, "get", rest).gives_up().says("token command").hides(B);
    }
    // the store has a new one
    with(&world, "echo hf_new", "get", "").answers("hf_user", "hf_new");
    // accepted after all
    with(&world, &command, "store", &format!("username=hf_user\npassword={B}\n")).is_silent();
    with(&world, &command, "get", "").answers("hf_user", B);
}

#[test]
fn a_refusal_without_a_secret_is_nobodys() {
    let world = World::new();
    let command = format!("echo {B}");
    with(&world, &command, "erase", "username=hf_user\n").is_heard();
    with(&world, &command, "erase", "").is_heard();
    with(&world, &command, "get", "").answers("hf_user", B);
}

#[test]
fn git_runs_it_from_the_helpers_line() {
    for git in Git::all() {
        let world = World::new().using(&git);
        world.write(".gitconfig", format!("[credential]\n\thelper = hf --token-command 'echo {B}'\n"));
        let mut fill = world.command("git");
        fill.args(["credential", "fill"]);
        let reply = crate::rig::finish(fill, ASK.as_bytes());
        assert_eq!(
            (reply.attribute("username"), reply.attribute("password")),
            (Some("hf_user".into()), Some(B.into()))
        );
    }
}

#[test]
fn a_command_without_an_operation_is_a_usage_error() {
    let reply = World::new().helper(&["--token-command", "echo hf_x"], ASK);
    assert_eq!(reply.status, Some(2), "{reply:?}");
    reply.prints_nothing();
}

#[test]
fn before_setup_it_is_refused_rather_than_passed_over() {
    let world = World::new();
    world.helper(&["--token-command", "echo hf_x", "setup"], b"").refused().says("behind setup");
    assert!(!world.home().join(".gitconfig").exists());
}
