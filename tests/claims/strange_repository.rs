//! A repository of a stranger's: its configuration is read, and nothing that it names is run or opened by our commands.

use std::path::PathBuf;

use crate::rig::{Git, Reply, World, finish};

const MINE: &str = "hf_MineMineMineMineMineMineMineMineMi";
const THEIRS: &str = "hf_TheirsTheirsTheirsTheirsTheirsThei";
const HELPER: &str = "credential.https://huggingface.co.helper";

/// A person who is set up and logged in, and who stands in a repository with these lines in its configuration.
fn standing_in(git: &Git, lines: &[(&str, &str)]) -> World {
    let world = World::new().using(git).token(MINE).env("HF_HUB_OFFLINE", "1").env("GIT_CREDENTIAL_HF_KEYCHAIN", "off");
    world.helper(&["setup"], b"").succeeded();
    world.git(&["init", "-q", "r"]).succeeded();
    for (key, value) in lines {
        world.git_in("r", &["config", "--add", key, value]).succeeded();
    }
    world
}

fn here(world: &World, args: &[&str]) -> Reply {
    let mut command = world.command(env!("CARGO_BIN_EXE_git-credential-hf"));
    command.current_dir(world.home().join("r")).args(args);
    finish(command, b"")
}

fn trace(world: &World) -> PathBuf {
    world.root().join("ran")
}

/// Every command that looks at where a person stands.
const COMMANDS: [&[&str]; 12] = [
    &["token"],
    &["exec", "true"],
    &["whoami"],
    &["doctor"],
    &["doctor", "acme/model"],
    &["status"],
    &["list"],
    &["switch"],
    &["import", "--dry-run"],
    &["setup", "--dry-run"],
    &["setup", "--local", "--dry-run"],
    &["setup", "--local"],
];

fn nothing_is_run(lines: impl Fn(&str) -> Vec<(&'static str, String)>) {
    let world = standing_in(&Git::first(), &[]);
    for (key, value) in lines(&trace(&world).display().to_string()) {
        world.git_in("r", &["config", "--add", key, &value]).succeeded();
    }
    for command in COMMANDS {
        let reply = here(&world, command);
        reply.hides(THEIRS);
        assert!(!trace(&world).exists(), "{command:?}: {reply:?}");
    }
}

#[test]
fn its_token_command_is_never_run_and_its_token_never_handed_out() {
    nothing_is_run(|ran| vec![(HELPER, format!("hf --token-command 'echo >{ran}; echo {THEIRS}'"))]);
    for git in Git::all() {
        let theirs = format!("hf --token-command 'echo {THEIRS}'");
        let world = standing_in(&git, &[(HELPER, ""), (HELPER, &theirs)]);
        let reply = here(&world, &["token"]);
        assert_eq!(reply.succeeded().out(), format!("{MINE}\n"), "{reply:?}");
    }
}

#[test]
fn its_helpers_are_never_asked() {
    nothing_is_run(|ran| {
        vec![(HELPER, String::new()), (HELPER, format!("!echo >{ran}; :")), (HELPER, "hf".to_owned())]
    });
    nothing_is_run(|ran| vec![("credential.helper", format!("!echo >{ran}; :"))]);
    // the shell runs what is behind a program of ours
    nothing_is_run(|ran| {
        let program = env!("CARGO_BIN_EXE_git-credential-hf");
        vec![
            (HELPER, String::new()),
            (HELPER, format!("{program}$(echo >{ran})")),
            (HELPER, format!("hf; echo >{ran}")),
        ]
    });
}

#[test]
fn its_aliases_are_never_run() {
    let world = standing_in(&Git::first(), &[]);
    let alias = format!("!echo >{}", trace(&world).display());
    for key in ["alias.lfs", "alias.credential", "alias.version"] {
        world.git_in("r", &["config", key, &alias]).succeeded();
    }
    let built = PathBuf::from(env!("CARGO_BIN_EXE_git-credential-hf"));
    let path = format!("{}:{}", built.parent().expect("a directory").display(), world.root().join("bin").display());
    // a PATH without git-lfs
    let world = world.env("PATH", path);
    let reply = here(&world, &["doctor"]);
    assert!(!trace(&world).exists(), "{reply:?}");
}

#[test]
fn no_file_that_it_names_is_opened() {
    let world = standing_in(&Git::first(), &[]);
    world.write("theirs", format!("https://bob:{THEIRS}@huggingface.co\n"));
    let theirs = world.home().join("theirs").display().to_string();
    for value in
        [format!("store --file {theirs}"), format!("store --file={theirs}"), "store --file ../theirs".to_owned()]
    {
        world.git_in("r", &["config", "credential.helper", &value]).succeeded();
        let reply = here(&world, &["doctor"]);
        assert!(reply.out().contains("no token of the Hub in plain text"), "{value}: {reply:?}");
    }
    // one's own is
    world.git(&["config", "--global", "credential.helper", &format!("store --file={theirs}")]).succeeded();
    let reply = here(&world, &["doctor"]);
    assert!(reply.hides(THEIRS).out().contains("holds a token of the Hub in plain text"), "{reply:?}");
}

#[test]
fn what_git_answers_there_is_told_where_it_is_known_without_obeying_and_else_not_claimed() {
    for git in Git::all() {
        let world = standing_in(&git, &[]);
        let set_up = here(&world, &["setup", "--local"]);
        assert!(set_up.succeeded().out().contains("git now "), "{set_up:?}");
        let reply = here(&world, &["doctor"]);
        assert!(reply.out().lines().any(|line| line.starts_with("ok    setup")), "{reply:?}");

        let theirs = format!("hf --token-command 'echo {THEIRS}'");
        world.git_in("r", &["config", "--add", HELPER, &theirs]).succeeded();
        let reply = here(&world, &["doctor"]);
        assert!(!reply.out().contains("git now answers"), "{reply:?}");
        assert!(reply.out().contains("git was not asked"), "{reply:?}");
    }
}

#[test]
fn setup_takes_over_no_option_that_stands_there() {
    let theirs = format!("hf --token-command 'echo {THEIRS}'");
    let world = standing_in(&Git::first(), &[(HELPER, ""), (HELPER, &theirs)]);
    here(&world, &["setup", "--local"]).succeeded();
    let lines = world.git_in("r", &["config", "--local", "--includes", "--get-all", HELPER]).out();
    assert!(lines.lines().last().is_some_and(|line| !line.contains("--token-command")), "{lines}");
    let filled = world.git_in("r", &["credential", "fill"]);
    assert!(!filled.out().contains(THEIRS), "{filled:?}");
}

#[test]
fn a_token_in_a_repositorys_urls_is_handed_to_nobody() {
    for line in ["remote.origin.url", "credential.username", "credential.https://huggingface.co.username"] {
        let world = World::new().token(MINE).env("HF_HUB_OFFLINE", "1");
        world.git(&["init", "--quiet", "theirs"]).succeeded();
        let value = if line.ends_with("url") { &format!("https://{THEIRS}@huggingface.co/x/y") } else { THEIRS };
        world.git_in("theirs", &["config", line, value]).succeeded();
        for args in [&["token"][..], &["exec", "--", "printenv", "HF_TOKEN"]] {
            let mut command = world.command("git-credential-hf");
            command.args(args).current_dir(world.home().join("theirs"));
            let said = finish(command, b"");
            assert_eq!(said.hides(THEIRS).out().trim(), MINE, "{line}: {said:?}");
        }
        let mut list = world.command("git-credential-hf");
        list.args(["list", "--json"]).current_dir(world.home().join("theirs"));
        finish(list, b"").succeeded().hides(THEIRS);
    }
}
