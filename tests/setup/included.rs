//! Claims on the file that git's configuration includes: whole or not there, found where it is missing, shared with the user.

use crate::home::{BINARY, ended, with_every_git};

const HUB: &str = "credential.https://huggingface.co.helper";

#[test]
fn killed_between_its_two_writes_git_works_and_the_next_run_ends_it() {
    with_every_git(|home| {
        let before = "[user]\n\tname = x\n# mine\n";
        for command in ["setup", "bind acme work"] {
            let undo = if command == "setup" { "unsetup" } else { "unbind acme" };
            home.start_anew(before);
            home.hf(command).ok();
            let (after, ours) = (home.config(), home.ours());
            // setup writes our file first, unsetup removes it last
            home.write(".gitconfig", before);
            home.git(&["config", "user.name"]).ok();
            home.hf(command).ok();
            assert_eq!((home.config(), home.ours()), (after, ours));
            home.write(".gitconfig", before);
            home.hf(undo).ok();
            assert_eq!(home.config(), before);
            assert!(!home.exists(".config"), "{command}");
        }
    });
}

#[test]
fn a_copied_configuration_that_includes_what_is_not_there_is_found_and_mended() {
    with_every_git(|home| {
        let gone = home.path("another/.config/git-credential-hf/gitconfig");
        let copied = format!("[user]\n\tname = x\n[include]\n\tpath = {}\n", gone.display());
        for remedy in ["setup --global", "uninstall"] {
            home.start_anew(&copied);
            for word in ["status", "doctor"] {
                let told = home.hf(word).said();
                assert!(told.contains(&gone.display().to_string()), "{word}: {told}");
                assert!(told.contains("git-credential-hf setup --global"), "{word}: {told}");
            }
            home.hf(remedy).ok();
            assert!(!home.hf("status").said().contains("another/.config"), "{remedy}");
            assert_eq!(home.values(HUB).is_empty(), remedy == "uninstall");
            home.hf("unsetup").ok();
            assert_eq!(home.config(), "[user]\n\tname = x\n");
        }
    });
}

#[test]
fn the_users_lines_in_our_file_stay_until_they_are_gone() {
    with_every_git(|home| {
        home.hf("setup").ok();
        let theirs =
            "[credential \"https://huggingface.co\"]\n\tx = y\n[http \"https://huggingface.co\"]\n\tproxy = p\n";
        home.write(".config/git-credential-hf/gitconfig", &(home.ours() + theirs));
        home.hf("bind acme work").ok();
        home.hf("setup").ok();
        let told = home.hf("uninstall").ok().stdout;
        assert!(told.contains("what is left there is yours"), "{told}");
        assert_eq!(home.values("credential.https://huggingface.co.x"), "y\n");
        assert_eq!(home.ours().lines().filter(|line| theirs.contains(line)).count(), 4, "{}", home.ours());
        assert!(!home.ours().contains("acme") && !home.ours().contains("helper"), "{}", home.ours());
    });
}

#[test]
fn git_finds_its_file_where_it_chooses() {
    with_every_git(|home| {
        home.write(".config/git/config", "[user]\n\tname = x\n");
        home.hf("setup").ok();
        assert!(home.read(".config/git/config").contains("git-credential-hf/gitconfig") && !home.exists(".gitconfig"));
        home.hf("unsetup").ok();
        assert_eq!(home.read(".config/git/config"), "[user]\n\tname = x\n");
        let run = |word: &str| {
            let mut command = home.command(BINARY);
            command.arg(word).env("GIT_CONFIG_GLOBAL", home.path("global")).env("XDG_CONFIG_HOME", home.path("xdg"));
            ended(&mut command, "").ok()
        };
        run("setup");
        assert!(home.read("global").contains(&home.path("xdg/git-credential-hf/gitconfig").display().to_string()));
        run("unsetup");
        assert!(!home.exists("global") && !home.exists("xdg") && !home.exists(".gitconfig"));
    });
}

#[test]
fn a_repository_that_was_moved_keeps_its_lines() {
    with_every_git(|home| {
        home.git(&["init", "-q", "work"]).ok();
        let run =
            |at: &str, line: &str| ended(home.command(BINARY).args(line.split(' ')).current_dir(home.path(at)), "");
        run("work", "bind --local acme work").ok();
        std::fs::rename(home.path("work"), home.path("moved")).unwrap();
        let key = "credential.https://huggingface.co/acme.username";
        let at = home.path("moved").display().to_string();
        assert_eq!(home.git(&["-C", &at, "config", key]).stdout, "work\n");
        run("moved", "unbind --local acme").ok();
        assert_eq!(home.git(&["-C", &at, "config", key]).stdout, "");
        assert!(!home.exists("moved/.git/git-credential-hf"));
    });
}

#[test]
fn what_is_written_at_once_is_all_there() {
    with_every_git(|home| {
        home.hf("setup").ok();
        let bind = |name: &str| {
            home.command(BINARY)
                .args(["bind", name, "work"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
        };
        let names = ["one", "two", "three", "four"];
        let children: Vec<_> = names.iter().map(|name| bind(name).unwrap()).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        for name in names {
            assert_eq!(home.values(&format!("credential.https://hf.co/{name}.username")), "work\n");
        }
        assert_eq!(home.config().matches("path = ").count(), 1);
    });
}
