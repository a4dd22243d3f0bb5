//! `doctor` without the network: each named check, and that no secret is in what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::rig::{Git, Reply, Terminal, World};

const TOKEN: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const SECRET: &str = "hf_SecretSecretSecretSecretSecretSecr";

/// A machine on which all is well: what `setup` writes, git-lfs in git's configuration, a login, no network.
fn well() -> World {
    let world = World::new().token(TOKEN).env("HF_HUB_OFFLINE", "1");
    let lfs = "[filter \"lfs\"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n";
    let world = world.global_config(lfs);
    world.helper(&["setup"], b"").succeeded();
    let mode = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
    mode(world.hf_home().join("token"), 0o600);
    mode(world.hf_home(), 0o700);
    world
}

fn doctor(world: &World) -> Reply {
    let reply = world.helper(&["doctor"], b"");
    reply.hides(TOKEN).hides(SECRET);
    reply
}

fn failed(reply: &Reply) -> &Reply {
    assert_eq!(reply.status, Some(1), "{reply:?}");
    reply
}

/// What stands in the line of a check, and in the one of its remedy.
fn line_of(reply: &Reply, start: &str) -> String {
    let out = reply.out();
    let mut lines = out.lines().skip_while(|line| !line.starts_with(start));
    let (first, second) = (lines.next(), lines.next().unwrap_or_default());
    let first = first.unwrap_or_else(|| panic!("no line begins with {start:?}: {reply:?}"));
    format!("{first}\n{}", if second.starts_with(' ') { second } else { "" })
}

#[test]
fn on_a_machine_where_all_is_well_nothing_fails_and_no_remedy_is_given_but_for_the_network() {
    for git in Git::all() {
        let world = well().using(&git);
        let reply = doctor(&world);
        reply.succeeded().says_nothing();
        let trouble: Vec<_> = reply.out().lines().filter(|line| !line.starts_with("ok ")).map(str::to_owned).collect();
        // whether git-lfs is installed is the machine's affair
        let is_known = |line: &String| ["account", "unset it", "git-lfs"].iter().any(|words| line.contains(words));
        assert!(trouble.iter().all(is_known), "{reply:?}");
    }
}

#[test]
fn json_has_the_same_checks_and_no_colour() {
    let world = well();
    let reply = world.helper(&["doctor", "--json"], b"");
    let told: Value = serde_json::from_slice(&reply.succeeded().stdout).expect("JSON");
    assert!(told["repository"].is_null());
    let checks = told["checks"].as_array().expect("a list");
    assert_eq!(checks.len(), doctor(&world).out().lines().filter(|line| !line.starts_with(' ')).count());
    for check in checks {
        let keys: Vec<_> = check.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(keys, ["message", "name", "outcome", "remedy"]);
        assert_eq!(check["outcome"] == "ok", check["remedy"].is_null(), "{check}");
    }
}

#[test]
fn a_git_that_does_not_ask_is_set_up_and_one_that_finds_no_helper_is_told() {
    let world = World::new().token(TOKEN).env("HF_HUB_OFFLINE", "1");
    let reply = doctor(&world);
    assert!(line_of(failed(&reply), "fail  setup").contains("git-credential-hf setup"));
    let world = well();
    world.git(&[
        "config",
        "--global",
        "--replace-all",
        "credential.https://huggingface.co.helper",
        "/gone/git-credential-hf",
    ]);
    assert!(line_of(failed(&doctor(&world)), "fail  helper").contains("PATH"));
}

#[test]
fn without_git_that_is_what_is_told() {
    let world = well().env("PATH", "/nonexistent");
    let mut command = world.command(env!("CARGO_BIN_EXE_git-credential-hf"));
    command.arg("doctor");
    let reply = crate::rig::finish(command, b"");
    assert!(line_of(failed(&reply), "fail  git ").contains("install git"));
    assert!(reply.out().contains("git would use hf_****Alic"), "{reply:?}");
}

#[test]
fn helpers_of_others_are_told_by_their_place() {
    let world = well();
    world.git(&[
        "config",
        "--global",
        "--add",
        "credential.https://huggingface.co.helper",
        &format!("!echo password={SECRET}"),
    ]);
    let reply = doctor(&world);
    assert!(line_of(&reply, "warn  other helpers").contains("is told every token too"));
}

#[test]
fn tokens_that_go_past_every_helper_are_found_and_never_shown() {
    let world = well();
    world.write(".netrc", format!("machine huggingface.co login me password {SECRET}\n"));
    world.write(".git-credentials", format!("https://github.com\nhttps://me:{SECRET}@huggingface.co\n"));
    world.git(&[
        "config",
        "--global",
        "http.https://huggingface.co/.extraheader",
        &format!("Authorization: Bearer {SECRET}"),
    ]);
    world.git(&["config", "--global", &format!("url.https://me:{SECRET}@huggingface.co/.insteadOf"), "hub:"]);
    world.git(&["init", "--quiet", "."]);
    world.git(&["remote", "add", "origin", &format!("https://me:{SECRET}@huggingface.co/acme/model")]);
    let reply = doctor(&world);
    for (check, words) in [
        ("warn  netrc", "git-credential-hf import --delete-source"),
        ("warn  credential files", "git-credential-hf import --delete-source"),
        ("warn  extraHeader", "-> git config --global --unset-all http.https://huggingface.co/.extraheader"),
        ("warn  insteadOf", "url.https://huggingface.co/.insteadOf"),
        ("warn  remote URLs", "git remote set-url origin https://huggingface.co/acme/model"),
    ] {
        assert!(line_of(&reply, check).contains(words), "{check}: {reply:?}");
    }
}

#[test]
fn every_file_that_gits_store_may_use_is_looked_into() {
    for (file, helper) in [
        (".git-credentials", None),
        (".config/git/credentials", None),
        ("elsewhere/kept", Some("store --file ~/elsewhere/kept")),
        ("elsewhere/kept", Some("store --file=~/elsewhere/kept")),
    ] {
        let world = well();
        world.write(file, format!("https://me:{SECRET}@hf.co\n"));
        if let Some(helper) = helper {
            world.git(&["config", "--global", "credential.https://other.example.helper", helper]);
        }
        let reply = doctor(&world);
        assert!(line_of(&reply, "warn  credential files").contains(file), "{reply:?}");
    }
}

#[test]
fn files_others_can_read_are_told_with_the_line_that_closes_them() {
    let world = well();
    let token = world.hf_home().join("token");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).expect("mode");
    fs::set_permissions(world.hf_home(), fs::Permissions::from_mode(0o777)).expect("mode");
    let reply = doctor(&world);
    let line = format!("chmod 600 '{}'", token.display());
    assert!(line_of(&reply, "warn  HF home").contains(&line), "{reply:?}");
    assert!(reply.out().contains("chmod 700"), "{reply:?}");
}

#[test]
fn a_file_that_cannot_be_read_fails() {
    let world = well().stored_tokens("[a]\nhf_token = x\n[a]\nhf_token = y\n");
    fs::set_permissions(world.hf_home().join("stored_tokens"), fs::Permissions::from_mode(0o600)).expect("mode");
    assert!(line_of(failed(&doctor(&world)), "fail  HF home").contains("stored_tokens"));
}

#[test]
fn what_is_odd_about_hf_token_is_told() {
    for (value, words) in [
        ("$HF_TOKEN", "the name of a variable"),
        ("\"hf_abc\"", "quotes"),
        ("hf_a hf_b", "a blank at place 5"),
        ("api_org_abc", "ended in 2023"),
        ("hf_xxxxxxxx", "placeholder"),
        ("  ", "blank"),
        ("ghp_abc", "does not begin with hf_"),
    ] {
        let world = well().env("HF_TOKEN", value);
        let reply = doctor(&world);
        assert!(line_of(&reply, "warn  HF_TOKEN").contains(words), "{value}: {reply:?}");
    }
    let world = well().env("HUGGINGFACE_TOKEN", SECRET);
    assert!(line_of(&doctor(&world), "warn  HF_TOKEN").contains("the name is HF_TOKEN"));
    let world = well().env("HF_TOKEN", SECRET);
    assert!(line_of(&doctor(&world), "warn  HF_TOKEN").contains("goes before"));
}

#[test]
fn an_endpoint_that_is_elsewhere_or_ignored_is_told() {
    let world = well().env("HF_ENDPOINT", "https://hub.example");
    assert!(line_of(&doctor(&world), "warn  HF_ENDPOINT").contains("hub.example"));
    let world = well().env("HF_ENDPOINT", "http://hub.example");
    assert!(line_of(failed(&doctor(&world)), "fail  HF_ENDPOINT").contains("no token goes there"));
}

#[test]
fn the_end_of_a_token_is_told() {
    let world = well().stored_tokens("[old]\nhf_token = hf_old\nexpires_at = 1000000000\n");
    assert!(line_of(&doctor(&world), "warn  expiry").contains("'old' expired"));
}

#[test]
fn a_machine_without_a_token_fails() {
    let world = well();
    fs::remove_file(world.hf_home().join("token")).expect("logged out");
    assert!(line_of(failed(&doctor(&world)), "fail  token").contains("git-credential-hf login"));
}

#[test]
fn hfs_false_warning_is_explained_where_it_comes() {
    let world = well();
    assert!(line_of(&doctor(&world), "ok    hf ").contains("false"));
    world.helper(&["setup", "--all-hosts"], b"").succeeded();
    assert!(line_of(&doctor(&world), "ok    hf ").contains("finds a credential helper"));
}

#[test]
fn what_git_lfs_noted_long_ago_is_told() {
    let world = well();
    world.git(&["init", "--quiet", "."]);
    world.git(&["remote", "add", "origin", "https://huggingface.co/acme/model"]);
    let set = |url: &str, value: &str| world.git(&["config", &format!("lfs.{url}.access"), value]);
    set("https://huggingface.co/acme/model.git/info/lfs", "basic");
    assert!(line_of(&doctor(&world), "ok    lfs access").contains("nothing"));
    set("https://huggingface.co/acme/model.git/info/lfs", "none");
    assert!(line_of(&doctor(&world), "warn  lfs access").contains("git config --local --unset"));
    set("https://huggingface.co/acme/model.git/info/lfs", "basic");
    set("https://cdn-lfs.hf.co/x", "basic");
    assert!(line_of(&doctor(&world), "warn  lfs access").contains("cdn-lfs.hf.co"));
}

#[test]
fn a_repository_that_is_none_fails_and_is_not_repeated() {
    let world = well();
    for text in ["acme/model/x", "https://hf_secret/x", "https://evil.example/acme/model"] {
        let reply = world.helper(&["doctor", text], b"");
        reply.failed().hides("hf_secret");
        assert!(line_of(&reply, "fail  repository").contains("name "), "{reply:?}");
    }
}

#[test]
fn at_a_terminal_no_line_but_a_command_is_wider_and_colour_is_a_choice() {
    for (no_colour, is_painted) in [("", true), ("1", false)] {
        let world = well().env("TERM", "xterm").env("NO_COLOR", no_colour).env("HF_HUB_OFFLINE", "1");
        let mut terminal = Terminal::line(&world, ".", "git-credential-hf doctor; git-credential-hf list");
        terminal.ends();
        let shown = terminal.shown();
        assert_eq!(shown.contains("\x1b["), is_painted, "{shown}");
        let plain =
            ["2", "31", "32", "33", "0"].iter().fold(shown, |text, code| text.replace(&format!("\x1b[{code}m"), ""));
        for line in plain.lines().filter(|line| !line.trim_start().starts_with("-> ")) {
            let is_one_word = line.trim().split(' ').count() == 1;
            assert!(line.trim_end().chars().count() <= 80 || is_one_word, "{line}");
        }
    }
    assert!(!doctor(&well()).out().contains('\x1b'));
}
