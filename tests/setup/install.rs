//! Claims on install.sh; a cargo of the test's own stands in for the real one where nothing need be built.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::home::{Ended, Home, ended, with_every_git};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");

/// What stands beside the program.
const PAGES: [&str; 5] = [
    "man/man1/git-credential-hf.1",
    "man/man1/git-credential-hf-doctor.1",
    "bash-completion/completions/git-credential-hf",
    "zsh/site-functions/_git-credential-hf",
    "fish/vendor_completions.d/git-credential-hf.fish",
];

/// A cargo that has always built already.
fn with_cargo(home: &Home, version: &str) {
    home.write("built/release/git-credential-hf", "");
    home.copy_program("built/release/git-credential-hf");
    let built = home.path("built").display().to_string();
    home.script(
        "bin/cargo",
        &format!(
            "case $1 in\n--version) echo 'cargo {version} (0 2026-01-01)' ;;\n\
         metadata) echo '{{\"x\":1,\"target_directory\":\"{built}\",\"y\":2}}' ;;\nesac"
        ),
    );
}

/// A PATH that holds nothing but what is put there.
fn bare(home: &Home) -> Command {
    for tool in ["sh", "cat", "sed", "sort", "head", "dirname", "mkdir", "cp", "mv", "rm", "chmod"] {
        let found = ["/usr/bin", "/bin"].map(|place| std::path::Path::new(place).join(tool));
        _ = symlink(found.iter().find(|path| path.exists()).unwrap(), home.path("bin").join(tool));
    }
    let mut command = home.command("/bin/sh");
    command.arg(SCRIPT).env("PATH", home.path("bin"));
    command
}

fn install(home: &Home, options: &[&str]) -> Ended {
    ended(home.command("/bin/sh").arg(SCRIPT).args(options), "")
}

fn fails(ended: &Ended, reason: &str) {
    assert!(!ended.success, "{}", ended.stdout);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains(reason), "{}", ended.stderr);
}

#[test]
fn it_installs_sets_up_and_undoes_both() {
    with_every_git(|home| {
        with_cargo(home, "1.95.0");
        for prefix in [".local", "a b"] {
            let options = if prefix == ".local" { vec![] } else { vec!["--prefix", prefix] };
            for _ in 0..2 {
                let told = install(home, &options).ok();
                assert!(told.stdout.contains("bin is not on your PATH"), "{}", told.stdout);
                let last = told.stdout.lines().last().unwrap();
                assert!(
                    last.starts_with("git has no token for huggingface.co yet: run `git-credential-hf login`"),
                    "{last}"
                );
            }
            let program = format!("{prefix}/bin/git-credential-hf");
            assert_eq!(std::fs::read_dir(home.path(prefix).join("bin")).unwrap().count(), 1);
            for page in PAGES {
                let text = home.read(&format!("{prefix}/share/{page}"));
                assert!(text.contains("doctor") || text.contains("git-credential-hf"), "{page}");
            }
            let helper = home.values("credential.https://huggingface.co.helper");
            assert_eq!(helper.replace('\\', ""), format!("\n{}\n", home.path(&program).display()));
            let undo = [&options[..], &["--uninstall"]].concat();
            install(home, &undo).ok();
            assert!(!home.exists(&program));
            for page in PAGES {
                assert!(!home.exists(&format!("{prefix}/share/{page}")), "{page}");
            }
            assert!(!home.exists(".gitconfig") && !home.exists(".config") && !home.exists(prefix));
            let told = install(home, &undo).ok();
            assert!(told.stdout.contains("is not installed"), "{}", told.stdout);
        }
    });
}

#[test]
fn what_was_installed_elsewhere_is_not_said_to_be_gone() {
    with_every_git(|home| {
        with_cargo(home, "1.95.0");
        // the shell leaves the tilde where it is
        install(home, &["--prefix=~/x"]).ok();
        assert!(home.exists("x/bin/git-credential-hf"));
        let undo = install(home, &["--uninstall"]);
        fails(&undo, &home.path("x/bin/git-credential-hf").display().to_string());
        assert!(home.exists("x/bin/git-credential-hf"));
        install(home, &["--prefix=~/x", "--uninstall"]).ok();
        assert!(!home.exists("x/bin/git-credential-hf"));
    });
}

#[test]
fn a_directory_on_the_path_needs_no_advice_and_the_path_is_written_all_the_same() {
    with_every_git(|home| {
        with_cargo(home, "1.89.0");
        home.write(".profile", "PATH=\"$HOME/bin:$PATH\"\n");
        let here = home.path("").display().to_string();
        let told = install(home, &["--prefix", here.trim_end_matches('/')]).ok();
        assert!(!told.stdout.contains("not on your PATH"), "{}", told.stdout);
        let helper = home.values("credential.https://huggingface.co.helper");
        assert_eq!(helper, format!("\n{}\n", home.path("bin/git-credential-hf").display()));
    });
}

#[test]
fn what_is_missing_is_one_line_with_a_way_out() {
    with_every_git(|home| {
        fails(&ended(&mut bare(home), ""), "cargo is missing (install Rust");
        with_cargo(home, "1.88.9");
        fails(&ended(&mut bare(home), ""), "cargo 1.88.9 is too old, 1.89 is needed");
        with_cargo(home, "1.100.0");
        fails(&ended(&mut bare(home), ""), "a C compiler is missing");
        home.script("bin/cc", "");
        home.write("file", "");
        fails(&ended(bare(home).args(["--prefix", "file"]), ""), "cannot create");
        fails(&ended(bare(home).env_remove("HOME"), ""), "HOME is not set");
        fails(&ended(bare(home).arg("--frobnicate"), ""), "unknown option --frobnicate");
        fails(&ended(bare(home).arg("--prefix"), ""), "--prefix needs a directory");
        std::fs::remove_file(home.path("bin/git")).unwrap();
        fails(&ended(&mut bare(home), ""), "git is missing");
        assert!(!home.exists(".local"));
    });
}

#[test]
fn the_program_stays_while_its_lines_cannot_be_taken_back() {
    with_every_git(|home| {
        with_cargo(home, "1.95.0");
        install(home, &[]).ok();
        home.write(".gitconfig.lock", "");
        assert!(!install(home, &["--uninstall"]).success);
        assert!(home.exists(".local/bin/git-credential-hf"));
    });
}

#[test]
#[ignore = "builds the release, which takes minutes"]
fn the_real_cargo_builds_what_is_installed() {
    with_every_git(|home| {
        let mut command = Command::new("/bin/sh");
        command.arg(SCRIPT).env("HOME", home.path("")).current_dir(home.path(""));
        let user = std::env::home_dir().unwrap();
        for (name, place) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if std::env::var_os(name).is_none() {
                command.env(name, user.join(place));
            }
        }
        let told = ended(&mut command, "").ok();
        assert!(told.stdout.contains("git has no token for huggingface.co yet"), "{}", told.said());
        assert!(home.exists(".local/bin/git-credential-hf"));
    });
}

#[test]
fn a_copy_that_fails_leaves_nothing_beside() {
    with_every_git(|home| {
        with_cargo(home, "1.95.0");
        home.script("bin/cp", "echo half > \"$2\"; exit 1");
        fails(&install(home, &[]), "cannot write to");
        assert_eq!(std::fs::read_dir(home.path(".local/bin")).unwrap().count(), 0);
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn nobody_else_may_write_what_is_installed_whatever_the_umask() {
    with_every_git(|home| {
        with_cargo(home, "1.95.0");
        let mut command = home.command("/bin/sh");
        command.args(["-c", &format!("umask 0; exec /bin/sh '{SCRIPT}'")]);
        ended(&mut command, "").ok();
        let mut pending = vec![home.path(".local"), home.path(".gitconfig")];
        while let Some(path) = pending.pop() {
            let about = std::fs::symlink_metadata(&path).unwrap();
            assert_eq!(about.permissions().mode() & 0o022, 0, "{}", path.display());
            if about.is_dir() {
                pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
    });
}
