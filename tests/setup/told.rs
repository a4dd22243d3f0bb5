//! Claims on what people are told.

use std::process::Stdio;

use crate::home::{BINARY, Ended, Home, ended, with_every_git};

/// `setup` with variables of the environment.
fn setup_with(home: &Home, variables: &[(&str, &str)]) -> Ended {
    let mut command = home.command(BINARY);
    command.arg("setup").envs(variables.iter().copied());
    ended(&mut command, "")
}

/// A helper that is asked last: what the environment adds to git's configuration.
fn answered_by(home: &Home, lines: &str) -> Ended {
    let helper = home.script("stand-in", &format!("[ \"$1\" = get ] || exit\ncat >/dev/null\n{lines}"));
    setup_with(
        home,
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "credential.helper"),
            ("GIT_CONFIG_VALUE_0", &helper.display().to_string()),
        ],
    )
}

fn names_state(home: &Home) -> bool {
    let version = home.git(&["version"]).stdout;
    let mut numbers = version.split(['.', ' ']).filter_map(|word| word.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(46))
}

#[test]
fn the_source_git_answers_from_is_named_and_its_token_never() {
    with_every_git(|home| {
        for (word, name) in [
            ("environment", "with the token of HF_TOKEN"),
            ("command", "with the token of the token command"),
            ("stored", "with the token that git stored"),
            ("hf-home", "with the token of the HF home (hf auth login)"),
        ] {
            let told = answered_by(
                home,
                &format!("printf 'capability[]=state\\nstate[]=hf:{word}\\nusername=u\\npassword=secret\\n'"),
            )
            .ok();
            let name = if names_state(home) { name } else { "git now has an answer for huggingface.co" };
            assert!(told.stdout.contains(name), "{}", told.stdout);
            assert!(!told.said().contains("secret"));
        }
    });
}

#[test]
fn another_helper_that_answers_is_told_apart() {
    with_every_git(|home| {
        let told = answered_by(home, "echo username=u; echo password=secret; echo secret >&2").ok();
        let named = told.stdout.contains("from another helper");
        assert_eq!(named, names_state(home), "{}", told.stdout);
        assert!(told.stderr.contains("is told every token"), "{}", told.stderr);
        assert!(!told.said().contains("secret"));
    });
}

#[test]
fn without_a_token_the_way_to_one_is_named_and_nobody_is_asked() {
    with_every_git(|home| {
        let asked = home.path("asked").display().to_string();
        let askpass = home.script("askpass", &format!("echo x > {asked}; echo x"));
        let askpass = askpass.display().to_string();
        home.write(".gitconfig", &format!("[core]\n\taskPass = {askpass}\n"));
        let told = setup_with(home, &[("GIT_ASKPASS", &askpass), ("SSH_ASKPASS", &askpass), ("DISPLAY", ":0")]).ok();
        let last = "git has no token for huggingface.co yet: run `git-credential-hf login`\n";
        assert!(told.stdout.ends_with(last), "{}", told.stdout);
        assert!(!home.exists("asked"));
    });
}

#[test]
fn a_dry_run_tells_what_would_be() {
    with_every_git(|home| {
        let told = home.hf("setup --dry-run").ok();
        assert!(
            told.stdout.ends_with("git has no token for huggingface.co yet: run `git-credential-hf login`\n"),
            "{}",
            told.stdout
        );
        home.write(".cache/huggingface/token", "hf_AAAA");
        let told = home.hf("setup --dry-run").ok();
        let last = "with these lines, git answers for huggingface.co with the token of the HF home (hf auth login)\n";
        assert!(told.stdout.ends_with(last), "{}", told.stdout);
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn the_check_of_a_user_ignores_the_repository_it_stands_in() {
    with_every_git(|home| {
        home.git(&["init", "-q", "work"]).ok();
        let helper = home.script("helper", "echo username=u; echo password=p");
        let config = home.read("work/.git/config") + &format!("[credential]\n\thelper = {}\n", helper.display());
        home.write("work/.git/config", &config);
        let mut command = home.command(BINARY);
        let told = ended(command.arg("setup").current_dir(home.path("work")), "").ok();
        assert!(told.stdout.contains("git has no token"), "{}", told.stdout);
        assert!(told.stderr.contains("git's local configuration"), "{}", told.stderr);
        let warnings = told.stderr.matches("comes after this helper").count();
        assert_eq!(warnings, 1, "{}", told.stderr);
    });
}

#[test]
fn netrc_is_named_and_never_shown() {
    with_every_git(|home| {
        for name in [".netrc", "_netrc"] {
            home.write(name, "machine huggingface.co login me password secret\n");
            let told = home.hf("setup").ok();
            let file = home.path(name).display().to_string();
            assert!(told.stderr.contains(&format!("{file} has an entry for huggingface.co")), "{}", told.stderr);
            assert!(!told.said().contains("secret"));
            home.write(name, "machine example.com login me password secret\n");
            assert!(!home.hf("setup").ok().stderr.contains("netrc"));
        }
    });
}

#[test]
fn a_token_in_a_remote_is_named_and_never_shown() {
    with_every_git(|home| {
        home.git(&["init", "-q", "work"]).ok();
        let at = home.path("work").display().to_string();
        let url = "https://me:secret@huggingface.co/me/model";
        home.git(&["-C", &at, "remote", "add", "origin", url]).ok();
        let told = ended(home.command(BINARY).arg("setup").current_dir(&at), "").ok();
        let fix = "git remote set-url origin https://huggingface.co/me/model";
        assert!(told.stderr.contains(fix), "{}", told.stderr);
        assert!(!told.said().contains("secret"));
    });
}

#[test]
fn the_environment_is_named_and_its_tokens_never() {
    with_every_git(|home| {
        let told = setup_with(home, &[("HF_TOKEN", "secret"), ("HF_ENDPOINT", "https://hub.example")]).ok();
        assert!(told.stderr.contains("HF_TOKEN is set"), "{}", told.stderr);
        assert!(told.stderr.contains("HF_ENDPOINT sends your tokens to hub.example"), "{}", told.stderr);
        assert!(!told.said().contains("secret"));
        let told = setup_with(home, &[("HUGGING_FACE_HUB_TOKEN", "secret")]).ok();
        assert!(told.stderr.contains("HUGGING_FACE_HUB_TOKEN is set"), "{}", told.stderr);
        let told = setup_with(home, &[("HF_TOKEN", ""), ("HF_ENDPOINT", "https://huggingface.co/")]).ok();
        assert_eq!(told.stderr, "");
    });
}

#[test]
fn what_cannot_be_done_is_one_line_with_a_way_out() {
    with_every_git(|home| {
        let fails = |ended: Ended, reason: &str| {
            assert!(!ended.success && ended.stdout.is_empty(), "{}", ended.stdout);
            assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
            assert!(ended.stderr.starts_with("git-credential-hf: cannot "), "{}", ended.stderr);
            assert!(ended.stderr.contains(reason), "{}", ended.stderr);
        };
        fails(home.hf("setup --local"), "inside a git repository");
        fails(home.hf("unsetup --local"), "inside a git repository");
        fails(ended(home.command(BINARY).arg("setup").env_remove("HOME"), ""), "set HOME");
        fails(ended(home.command(BINARY).arg("setup").env("PATH", "/nowhere"), ""), "cannot run git (install it");
        fails(setup_with(home, &[("GIT_CONFIG_GLOBAL", "/nowhere/config")]), "write git's global configuration");
        let socket = home.path("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let socket = socket.display().to_string();
        fails(setup_with(home, &[("GIT_CONFIG_GLOBAL", &socket)]), "GIT_CONFIG_GLOBAL: it names no regular file");
        home.write(".gitconfig.lock", "");
        fails(home.hf("setup"), ".gitconfig.lock is there");
        assert!(!home.exists(".config"), "nothing is left of it");
        home.write(".gitconfig", "[user\n");
        fails(home.hf("setup"), "bad config line 1");
    });
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    with_every_git(|home| {
        let mut child = home.command(BINARY).arg("setup").stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert!(child.wait().unwrap().success());
        assert!(home.config().contains("git-credential-hf/gitconfig"));
    });
}
