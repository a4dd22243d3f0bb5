//! Claims on the token command in the helper's line: git's shell hands it on as it was typed.

use crate::home::{BINARY, Ended, Home, ended, with_every_git};

const HUB: &str = "credential.https://huggingface.co.helper";

fn setup(home: &Home, options: &[&str]) -> Ended {
    ended(home.command(BINARY).arg("setup").args(options), "")
}

#[test]
fn any_line_reaches_the_command_unchanged() {
    with_every_git(|home| {
        home.script("bin/show", "printf 'hf_%s\\n' \"$#$1\"");
        for (command, token) in [
            ("show plain", "hf_1plain"),
            ("show 'two words'", "hf_1two words"),
            ("show \"it's\"", "hf_1it's"),
            ("show '$HOME'", "hf_1$HOME"),
            ("VAR=1; show \"$VAR\"", "hf_11"),
            (r"show 'a\b'", r"hf_1a\b"),
            (r#"show a\\b "c;d#e" f"#, r"hf_3a\b"),
            ("show '# ; = \"'", "hf_1# ; = \""),
            ("show é && true", "hf_1é"),
            ("show \ttab", "hf_1tab"),
        ] {
            setup(home, &["--token-command", command]).ok();
            let filled = home.fill("huggingface.co").ok();
            assert!(filled.stdout.contains(&format!("\npassword={token}\n")), "{command}: {}", filled.said());
        }
    });
}

#[test]
fn it_survives_setup_is_replaced_and_is_taken_away() {
    with_every_git(|home| {
        let told = setup(home, &["--token-command", "echo one"]).ok();
        assert!(told.stdout.contains("(added)"), "{}", told.stdout);
        let one = format!("\n{BINARY} --token-command 'echo one'\n");
        assert_eq!(home.values(HUB), one);
        let again = home.hf("setup").ok();
        assert!(again.stdout.contains("already there"), "{}", again.stdout);
        assert_eq!(home.values(HUB), one);
        assert!(setup(home, &["--token-command", "echo one"]).ok().stdout.contains("already there"));
        let dry = setup(home, &["--token-command", "echo two", "--dry-run"]).ok();
        assert!(dry.stdout.contains("would be replaced"), "{}", dry.stdout);
        assert_eq!(home.values(HUB), one);
        let replaced = setup(home, &["--token-command", "echo two"]).ok();
        assert!(replaced.stdout.contains("(replaced)"), "{}", replaced.stdout);
        assert_eq!(home.values(HUB), format!("\n{BINARY} --token-command 'echo two'\n"));
        setup(home, &["--token-command", ""]).ok();
        assert_eq!(home.values(HUB), format!("\n{BINARY}\n"));
        setup(home, &["--token-command", "echo three", "--all-hosts"]).ok();
        home.hf("unsetup").ok();
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn what_is_not_one_line_is_refused_and_nothing_is_written() {
    with_every_git(|home| {
        let refused = setup(home, &["--token-command", "echo a\necho b"]);
        assert!(!refused.success);
        assert!(refused.stderr.contains("not one line") && refused.stderr.lines().count() == 1, "{}", refused.stderr);
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn setup_ends_with_its_answer() {
    with_every_git(|home| {
        let told = setup(home, &["--token-command", "echo hf_secret"]).ok();
        assert!(told.stdout.contains("git now "), "{}", told.stdout);
        assert!(!told.stdout.contains("no token"), "{}", told.stdout);
    });
}
