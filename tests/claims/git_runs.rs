//! How often the helper runs git to answer a request: where there is a choice, and a repository that may make it.

use std::os::unix::fs::PermissionsExt as _;

use super::owner::{ASK, HOME, repository, two_accounts};
use crate::rig::{Git, World, finish};

/// A git that leaves a trace, before the real one.
fn watched(world: World) -> World {
    let git = Git::first().program.display().to_string();
    let trace = world.root().join("git-ran").display().to_string();
    let script = world.root().join("watch/git");
    world.write(&script, format!("#!/bin/sh\necho \"$@\" >>{trace}\nexec {git} \"$@\"\n"));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", script.parent().unwrap().display());
    world.env("PATH", path)
}

/// How often the helper ran git to answer this, in the directory `model`.
fn times_git_ran(world: &World, request: &str, options: &[&str]) -> usize {
    times_git_ran_in(world, "model", request, options)
}

fn times_git_ran_in(world: &World, directory: &str, request: &str, options: &[&str]) -> usize {
    let trace = world.root().join("git-ran");
    _ = std::fs::remove_file(&trace);
    let mut command = world.command(env!("CARGO_BIN_EXE_git-credential-hf"));
    command.current_dir(world.home().join(directory)).args(options).arg("get");
    finish(command, request.as_bytes()).succeeded();
    std::fs::read_to_string(trace).unwrap_or_default().lines().count()
}

#[test]
fn git_is_run_only_where_it_may_find_a_repository() {
    let world = two_accounts();
    let url = "https://huggingface.co/acme/model";
    repository(&world, "model", &[url]);
    world.git_in("model", &["commit", "--quiet", "--allow-empty", "-m", "one"]).succeeded();
    world.git_in("model", &["worktree", "add", "--quiet", "../tree"]).succeeded();
    world.git(&["clone", "--quiet", "--bare", "model", "bare"]).succeeded();
    world.git(&["init", "--quiet", "--separate-git-dir", "apart", "split"]).succeeded();
    world.write("model/deep/er/file", "");
    world.write("plain/deep/er/file", "");
    let mut world = watched(world);
    for (directory, times) in [
        ("model", 1),
        ("model/deep/er", 1),
        ("model/.git/refs", 1),
        ("model/.git/worktrees/tree", 1),
        ("tree", 1),
        ("bare", 1),
        ("bare/objects", 1),
        ("split", 1),
        ("apart", 1),
        ("plain/deep/er", 0),
        ("", 0),
    ] {
        assert_eq!(times_git_ran_in(&world, directory, ASK, &[]), times, "{directory}");
    }
    world.set_env("GIT_DIR", world.home().join("model/.git"));
    assert_eq!(times_git_ran_in(&world, "plain", ASK, &[]), 1);
}

#[test]
fn git_is_run_once_and_only_where_there_is_a_choice() {
    let prepare = |world: World| {
        repository(&world, "model", &["https://huggingface.co/acme/model", "https://huggingface.co/mine/model"]);
        watched(world)
    };
    let mut world = prepare(two_accounts());
    assert_eq!(times_git_ran(&world, ASK, &[]), 1);
    assert_eq!(times_git_ran(&world, "protocol=https\nhost=huggingface.co\nusername=home\n", &[]), 1);
    assert_eq!(times_git_ran(&world, "protocol=https\nhost=huggingface.co\npath=acme/model\n", &[]), 0);
    assert_eq!(times_git_ran(&world, "url=https://huggingface.co/acme/model\n\n", &[]), 0);
    assert_eq!(times_git_ran(&world, "protocol=https\nhost=evil.example\n", &[]), 0);
    assert_eq!(times_git_ran(&world, ASK, &["--token-command", "echo hf_x"]), 0);
    world.set_env("HF_TOKEN", "hf_env");
    assert_eq!(times_git_ran(&world, ASK, &[]), 0);
    let one = format!("[home]\nhf_token = {HOME}\n\n");
    let world = prepare(World::new().token(HOME).stored_tokens(&one));
    assert_eq!(times_git_ran(&world, ASK, &[]), 0, "one token is no choice");
    let world = prepare(World::new());
    assert_eq!(times_git_ran(&world, ASK, &[]), 1, "nor is none, but whether another helper may have one");
}

#[test]
fn a_binding_takes_less_than_a_dozen_runs_of_git() {
    let world = watched(two_accounts());
    for words in [&["setup"][..], &["bind", "acme", "work"], &["bind", "acme", "home"], &["unbind", "acme"]] {
        let trace = world.root().join("git-ran");
        _ = std::fs::remove_file(&trace);
        world.helper(words, "").succeeded();
        let ran = std::fs::read_to_string(trace).unwrap_or_default();
        let most = if words[0] == "setup" { 13 } else { 7 };
        assert!((1..=most).contains(&ran.lines().count()), "{words:?}:\n{ran}");
    }
}
