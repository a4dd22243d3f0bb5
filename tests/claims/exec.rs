//! Claims on `exec`: the command sees the token, and is itself in every other respect.

use crate::rig::{Reply, World};

const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn world() -> World {
    World::new().token(A).stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n"))
}

fn exec(world: &World, args: &[&str]) -> Reply {
    world.helper(&[&["exec"], args].concat(), b"input")
}

#[test]
fn the_command_has_the_token_in_its_environment_and_nowhere_else() {
    let world = world();
    let seen = "printf %s \"$HF_TOKEN\"";
    assert_eq!(exec(&world, &["--", "sh", "-c", seen]).succeeded().says_nothing().out(), A);
    assert_eq!(exec(&world, &["--as", "b", "--", "sh", "-c", seen]).succeeded().says_nothing().out(), B);
    assert_eq!(exec(&world, &["sh", "-c", seen]).succeeded().out(), A, "the dashes may be left out");
    let argv = exec(&world, &["--", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline", "--as", "--flag", "a b"]);
    assert!(argv.succeeded().hides(A).out().ends_with("--as --flag a b "), "{argv:?}");
}

#[test]
fn no_other_variable_goes_before_it() {
    let world = world()
        .env("HF_TOKEN", "hf_env")
        .env("HUGGING_FACE_HUB_TOKEN", "hf_old")
        .env("HF_OIDC_RESOURCE", "acme/model")
        .env("OTHER", "kept");
    let seen = "echo ${HF_TOKEN-none} ${HUGGING_FACE_HUB_TOKEN-none} ${HF_OIDC_RESOURCE-none} $OTHER";
    assert_eq!(exec(&world, &["--as", "b", "--", "sh", "-c", seen]).out(), format!("{B} none none kept\n"));
    // the CI job's identity cannot be had here, and another's token does not stand in for it
    exec(&world, &["--", "sh", "-c", seen]).refused().says("HF_OIDC_RESOURCE");
    let world = world.without("HF_OIDC_RESOURCE");
    assert_eq!(exec(&world, &["--", "sh", "-c", seen]).out(), "hf_env none none kept\n");
}

#[test]
fn git_and_the_helper_use_that_token_inside_it() {
    let ask = "echo url=https://huggingface.co | git-credential-hf get | grep ^password=; git-credential-hf token";
    let reply = exec(&world(), &["--as", "b", "--", "sh", "-c", ask]);
    assert_eq!(reply.succeeded().out(), format!("password={B}\n{B}\n"));
}

#[test]
fn streams_exit_status_and_signals_are_the_commands_own() {
    let world = world();
    assert_eq!(exec(&world, &["--", "cat"]).succeeded().out(), "input");
    for status in [0, 1, 3, 101, 255] {
        assert_eq!(exec(&world, &["--", "sh", "-c", &format!("exit {status}")]).status, Some(status));
    }
    for (name, number) in [("TERM", 15), ("INT", 2), ("PIPE", 13), ("KILL", 9)] {
        // also where the tests themselves run in the background, and are deaf to some
        let mut command = world.command("env");
        command.args(["--default-signal", "git-credential-hf", "exec", "--", "sh", "-c"]);
        command.arg(format!("kill -{name} $$; sleep 60"));
        let reply = crate::rig::finish(command, b"");
        assert_eq!(reply.signal, Some(number), "{reply:?}");
    }
}

#[test]
fn the_process_becomes_the_command() {
    let world = world();
    let mut shell = world.command("sh");
    shell.args(["-c", "git-credential-hf exec -- sh -c 'echo $$' & echo $!; wait"]);
    let said = crate::rig::finish(shell, b"").out();
    let (one, other) = said.trim().split_once('\n').expect("two lines");
    assert_eq!(one, other);
}

#[test]
fn what_cannot_be_run_ends_as_in_a_shell() {
    let world = world();
    world.write("data", "no program");
    for (program, status, why) in
        [("no-such-program", 127, "not found"), ("./data", 126, "not executable"), ("/", 126, "not executable")]
    {
        let reply = exec(&world, &["--", program]);
        assert_eq!(reply.status, Some(status), "{reply:?}");
        reply.refused().says(program).says(why).hides(A);
    }
    exec(&world, &["--", "a\x1b[2Jb"]).refused().hides("\x1b");
}

#[test]
fn without_a_token_nothing_is_run() {
    for (world, args) in
        [(World::new(), &["--", "touch", "run"][..]), (world(), &["--as", "c", "--", "touch", "run"][..])]
    {
        exec(&world, args).refused();
        assert!(!world.home().join("run").exists());
    }
    assert_eq!(exec(&world(), &[]).failed().status, Some(2));
}
