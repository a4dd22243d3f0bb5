//! Claims on `token`: one secret alone on stdout, and whose it is.

use crate::rig::World;

const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn two_tokens() -> World {
    World::new().stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\nusername = bea\n\n"))
}

#[track_caller]
fn prints(world: &World, args: &[&str], token: &str) {
    let reply = world.helper(&[&["token"], args].concat(), b"");
    reply.succeeded().says_nothing();
    assert_eq!(reply.out(), format!("{token}\n"));
}

#[test]
fn the_token_git_would_use_is_printed_alone() {
    let mut world = two_tokens().token(A);
    prints(&world, &[], A);
    let stored = "protocol=https\nhost=huggingface.co\nusername=carol\npassword=test1\n";
    world.helper(&["store"], stored).is_silent();
    prints(&world, &[], "test1");
    world.set_env("HF_TOKEN", "hf_env");
    prints(&world, &[], "hf_env");
}

#[test]
fn a_named_token_is_printed_whatever_is_in_force() {
    let world = two_tokens().token(A).env("HF_TOKEN", "hf_env");
    let stored = "protocol=https\nhost=huggingface.co\nusername=carol\npassword=test1\n";
    world.helper(&["store"], stored).is_silent();
    let world = world.without("HF_TOKEN");
    world.helper(&["store"], stored).is_silent();
    let world = world.env("HF_TOKEN", "hf_env");
    for (name, token) in [("a", A), ("b", B), ("bea", B), ("carol", "test1")] {
        prints(&world, &[name], token);
    }
}

#[test]
fn the_repositorys_account_is_whose_it_is_there() {
    let world = two_tokens().token(A);
    world.git(&["init", "--quiet", "."]).succeeded();
    world.git(&["remote", "add", "origin", "https://huggingface.co/acme/model"]).succeeded();
    prints(&world, &[], A);
    world.git(&["config", "credential.https://huggingface.co/acme.username", "b"]).succeeded();
    prints(&world, &[], B);
}

#[test]
fn without_one_there_is_nothing_on_stdout_and_one_line() {
    for (world, args) in [
        (World::new(), &["token"][..]),
        (two_tokens(), &["token"]),
        (two_tokens().token(A), &["token", "c"]),
        (two_tokens().token(A), &["token", ""]),
        (two_tokens().token(A).env("HF_TOKEN", "hf_env"), &["token", "HF_TOKEN"]),
    ] {
        let reply = world.helper(args, b"");
        reply.refused().hides(A).hides(B);
        assert_eq!(reply.status, Some(1));
    }
    let expired = World::new().token(A).stored_tokens(&format!("[a]\nhf_token = {A}\nexpires_at = 1\n\n"));
    expired.helper(&["token"], b"").refused().says("expired");
    expired.helper(&["token", "a"], b"").refused().says("expired");
}

#[test]
fn one_who_reads_no_further_is_no_failure() {
    let world = World::new().token(A);
    let mut shell = world.command("sh");
    shell.args(["-c", "(git-credential-hf token; echo $? >&2) | true"]);
    assert_eq!(crate::rig::finish(shell, b"").succeeded().err(), "0\n");
}
