//! Claims on how git finds the program.

use std::os::unix::fs::symlink;

use crate::home::{BINARY, Home, ended, with_every_git};

const HUB: &str = "credential.https://huggingface.co.helper";

fn on_login_path(home: &Home, directory: &str) {
    home.write(".profile", &format!("echo a banner\nPATH=\"$HOME/{directory}:$PATH\"\n"));
}

#[test]
fn the_name_is_written_where_every_session_finds_this_very_program() {
    with_every_git(|home| {
        let exec_path = home.git(&["--exec-path"]).ok().stdout;
        std::fs::create_dir(home.path("exec")).unwrap();
        for entry in std::fs::read_dir(exec_path.trim_end()).unwrap().flatten() {
            symlink(entry.path(), home.path("exec").join(entry.file_name())).unwrap();
        }
        symlink(BINARY, home.path("exec/git-credential-hf")).unwrap();
        let mut setup = home.command(BINARY);
        ended(setup.arg("setup").env("GIT_EXEC_PATH", home.path("exec")), "").ok();
        assert_eq!(home.values(HUB), "\nhf\n");
    });
}

#[test]
fn the_path_is_written_where_only_a_login_or_this_terminal_finds_it_and_stays() {
    with_every_git(|home| {
        let link = home.path("bin/git-credential-hf");
        symlink(BINARY, &link).unwrap();
        for _ in 0..2 {
            home.hf("setup").ok();
            assert_eq!(home.values(HUB), format!("\n{}\n", link.display()));
            on_login_path(home, "bin");
        }
        // another path that works is left, too
        std::fs::create_dir(home.path("other")).unwrap();
        symlink(BINARY, home.path("other/git-credential-hf")).unwrap();
        let other = home.ours().replace("/bin/", "/other/");
        home.write(".config/git-credential-hf/gitconfig", &other);
        let told = home.hf("setup").ok().stdout;
        assert!(told.contains("(already there)") && home.ours() == other, "{told}");
        // as cron has it
        let mut fill = home.command(home.path("bin/git"));
        fill.args(["credential", "fill"]).env("GIT_TERMINAL_PROMPT", "0").env("PATH", "/usr/bin:/bin");
        let answer = ended(fill.env("HF_TOKEN", "hf_x"), "url=https://huggingface.co\n\n").ok().stdout;
        assert!(answer.contains("password=hf_x\n"), "{answer}");
    });
}

#[test]
fn the_path_is_written_where_another_program_has_the_name() {
    with_every_git(|home| {
        home.script("first/git-credential-hf", "exit 1");
        symlink(BINARY, home.path("bin/git-credential-hf")).unwrap();
        on_login_path(home, "first");
        home.hf("setup").ok();
        assert_ne!(home.values(HUB), "\nhf\n");
        on_login_path(home, "bin");
        std::fs::remove_file(home.path("bin/git-credential-hf")).unwrap();
        home.script("bin/git-credential-hf", "exit 1");
        std::fs::create_dir(home.path("second")).unwrap();
        symlink(BINARY, home.path("second/git-credential-hf")).unwrap();
        on_login_path(home, "second");
        home.hf("setup").ok();
        assert_eq!(home.values(HUB), format!("\n{BINARY}\n"));
    });
}

#[test]
fn git_runs_a_program_whose_path_is_full_of_the_shells_characters() {
    with_every_git(|home| {
        let name = "it's a \"$HOME\" `x` #1; *é\\ & (b)/git-credential-hf";
        home.write(name, "");
        home.copy_program(name);
        ended(home.command(home.path(name)).arg("setup"), "").ok();
        home.script(name, "[ \"$*\" = get ] && echo username=found && echo password=found");
        let answer = home.fill("huggingface.co").ok();
        assert!(answer.stdout.contains("password=found\n"), "{}", answer.said());
        ended(home.command(BINARY).arg("unsetup"), "").ok();
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn no_helper_configured_before_is_asked_or_told() {
    with_every_git(|home| {
        let other = home.script("other", &format!("echo \"$1\" >> {}", home.path("asked").display()));
        home.write(".gitconfig", &format!("[credential]\n\thelper = {}\n", other.display()));
        home.hf("setup").ok();
        // before that, setup asked whether it has an answer
        _ = std::fs::remove_file(home.path("asked"));
        home.fill("huggingface.co");
        home.fill("hf.co");
        assert!(!home.exists("asked"));
        home.fill("github.com");
        assert_eq!(home.read("asked"), "get\n");
    });
}
