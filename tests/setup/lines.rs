//! Claims on the lines in git's configuration.

use crate::home::{BINARY, ended, with_every_git};

const HUB: &str = "credential.https://huggingface.co.helper";
const SHORT: &str = "credential.https://hf.co.helper";

/// Configurations people have, each to be found again to the byte.
const SHAPES: [&str; 20] = [
    "",
    "\n\n",
    "; only a comment\r\n",
    "[user] # mine\n\tname = x\n",
    "# only a comment\n",
    "[user]\n\tname = x\n",
    "[user]\n\tname = x\n\n\n# the end\n\n",
    "[credential]\n\thelper = store\n",
    "[credential]\n\thelper = cache --timeout=60 ; short\n[user]\n\tname = x\n",
    "[credential \"https://huggingface.co\"]\n",
    "[credential \"https://huggingface.co\"]\n\t# mine\n\tusername = me\n\thelper = store\n\n# the end\n",
    "[credential \"https://huggingface.co\"]\n\tusername = me\n\tuseHttpPath = true\n[user]\n\tname = x\n",
    "[credential \"https://huggingface.co\"]\n\thelper =\n\thelper = store\n",
    "[credential \"https://huggingface.co\"]\n\thelper = \n\thelper = /usr/bin/pass-git-helper\n[credential \"https://hf.co\"]\n",
    "[credential \"https://huggingface.co\"] helper = store\n",
    "[Credential \"https://hf.co\"]\n\tHelper = store\n",
    "[CREDENTIAL]\n    helper=osxkeychain\n  ; odd\n",
    "[user]\r\n\tname = x\r\n",
    "[include]\n\tpath = other\n[includeIf \"gitdir:~/w/\"]\n\tpath = other\n",
    "[credential \"https://github.com\"]\n\thelper = \n\thelper = !gh auth git-credential\n\n[alias]\n\tx = \"!f() { echo \\\"a\\\"; }; f\"\n",
];

#[test]
fn each_host_gets_an_empty_line_and_then_the_program() {
    with_every_git(|home| {
        home.hf("setup").ok();
        for key in [HUB, SHORT] {
            assert_eq!(home.values(key), format!("\n{BINARY}\n"), "{key}");
        }
        assert_eq!(home.values("credential.helper"), "");
    });
}

#[test]
fn the_endpoint_of_the_environment_gets_its_lines_and_loses_them_later() {
    with_every_git(|home| {
        let mut setup = home.command(BINARY);
        ended(setup.arg("setup").env("HF_ENDPOINT", "https://hub.example:8443/x/"), "").ok();
        let key = "credential.https://hub.example:8443.helper";
        assert_eq!(home.values(key), format!("\n{BINARY}\n"));
        home.hf("unsetup").ok();
        assert_eq!(home.values(key), "");
    });
}

#[test]
fn all_hosts_writes_the_plain_line_and_leaves_others() {
    with_every_git(|home| {
        home.write(".gitconfig", "[credential]\n\thelper = store\n");
        home.hf("setup --all-hosts").ok();
        assert_eq!(home.values("credential.helper"), format!("store\n{BINARY}\n"));
        home.hf("unsetup").ok();
        assert_eq!(home.values("credential.helper"), "store\n");
    });
}

#[test]
fn unsetup_leaves_every_file_as_it_was_to_the_byte() {
    with_every_git(|home| {
        home.write("other", "[credential]\n\thelper = other\n");
        for shape in SHAPES {
            for steps in [
                &["setup"] as &[_],
                &["setup", "setup"],
                &["setup --all-hosts"],
                &["setup", "setup --all-hosts", "setup"],
            ] {
                home.write(".gitconfig", shape);
                for step in steps {
                    home.hf(step).ok();
                }
                let include =
                    format!("[include]\n\tpath = {}\n", home.path(".config/git-credential-hf/gitconfig").display());
                assert_eq!(home.read(".gitconfig"), format!("{shape}{include}"));
                assert_ne!(home.read(".gitconfig"), shape, "{shape:?}");
                home.hf("unsetup").ok();
                assert_eq!(home.read(".gitconfig"), shape, "after {steps:?}");
                assert!(!home.exists(".config"), "{shape:?}");
            }
        }
        assert_eq!(home.read("other"), "[credential]\n\thelper = other\n");
    });
}

#[test]
fn a_linked_configuration_stays_a_link() {
    with_every_git(|home| {
        let real = home.write("dotfiles/gitconfig", "[user]\n\tname = x\n");
        std::os::unix::fs::symlink(&real, home.path(".gitconfig")).unwrap();
        home.hf("setup").ok();
        assert!(home.read("dotfiles/gitconfig").contains("git-credential-hf/gitconfig"));
        home.hf("unsetup").ok();
        assert_eq!(home.read("dotfiles/gitconfig"), "[user]\n\tname = x\n");
        assert!(home.path(".gitconfig").is_symlink());
    });
}

#[test]
fn every_scope_is_left_as_it_was_also_from_a_subdirectory() {
    with_every_git(|home| {
        home.write("system", "[user]\n\tname = x\n# end\n");
        home.git(&["init", "-q", "work"]).ok();
        home.write("work/deep/er/file", "");
        let config = home.read("work/.git/config") + "# end\n\n";
        home.write("work/.git/config", &config);
        let deep = home.path("work/deep/er");
        for scope in ["--local", "--system"] {
            let run = |word: &str| ended(home.command(BINARY).args([word, scope]).current_dir(&deep), "").ok();
            run("setup");
            let file = if scope == "--local" { "work/.git/config" } else { "system" };
            assert!(home.read(file).contains("git-credential-hf/gitconfig"), "{file}");
            assert!(home.ours_below(if scope == "--local" { "work/.git" } else { "" }).contains("huggingface.co"));
            run("setup");
            run("unsetup");
        }
        assert_eq!(home.read("work/.git/config"), config);
        assert_eq!(home.read("system"), "[user]\n\tname = x\n# end\n");
        assert!(!home.exists(".gitconfig") && !home.exists(".config") && !home.exists("git-credential-hf"));
        assert!(!home.exists("work/.git/git-credential-hf"));
    });
}

#[test]
fn again_changes_nothing() {
    with_every_git(|home| {
        home.hf("setup").ok();
        let text = (home.read(".gitconfig"), home.ours());
        // a configuration that is right needs no lock
        home.write(".gitconfig.lock", "");
        home.write(".config/git-credential-hf/gitconfig.lock", "");
        let again = home.hf("setup").ok();
        assert!(again.stdout.contains("already there"), "{}", again.stdout);
        assert_eq!((home.read(".gitconfig"), home.ours()), text);
    });
}

#[test]
fn again_moves_the_lines_behind_a_helper_added_later() {
    with_every_git(|home| {
        home.hf("setup").ok();
        home.git(&["config", "--global", "--add", HUB, "store"]).ok();
        home.git(&["config", "--global", "--add", "credential.helper", "cache"]).ok();
        let again = home.hf("setup").ok();
        assert!(again.stdout.contains("moved to the end"), "{}", again.stdout);
        assert!(!again.stderr.contains("comes after"), "{}", again.stderr);
        assert_eq!(home.values(HUB), format!("store\n\n{BINARY}\n"));
        let all = home.git(&["config", "--get-regexp", "helper"]).stdout;
        assert!(all.trim_end().ends_with(&format!("{SHORT} {BINARY}")), "{all}");
        home.hf("unsetup").ok();
        assert_eq!(home.values(HUB), "store\n");
        assert_eq!(home.values("credential.helper"), "cache\n");
    });
}

#[test]
fn an_included_file_behind_the_lines_makes_them_move() {
    with_every_git(|home| {
        home.hf("setup").ok();
        home.write("other", "[credential]\n\thelper = store\n");
        home.git(&["config", "--global", "--add", "include.path", "other"]).ok();
        assert!(home.hf("setup").ok().stdout.contains("moved to the end"));
        assert!(home.hf("setup").ok().stdout.contains("already there"));
    });
}

#[test]
fn what_the_user_added_to_our_section_stays() {
    with_every_git(|home| {
        home.hf("setup").ok();
        home.git(&["config", "--global", "credential.https://huggingface.co.username", "me"]).ok();
        let text = home.read(".gitconfig") + "# a comment of the user\n";
        home.write(".gitconfig", &text);
        home.hf("setup").ok();
        home.hf("unsetup").ok();
        assert_eq!(home.values("credential.https://huggingface.co.username"), "me\n");
        assert_eq!(home.values(HUB), "");
        assert!(home.read(".gitconfig").contains("# a comment of the user\n"));
    });
}

#[test]
fn lines_written_by_hand_stay_and_are_named() {
    let by_hand = "[credential]\n\thelper = store\n\thelper = hf\n[credential \"https://huggingface.co\"]\n\tusername = \
                   me\n\thelper = \n\thelper = hf --account bob\n[credential \"https://hf.co\"]\n\thelper = hfx\n";
    with_every_git(|home| {
        home.write(".gitconfig", by_hand);
        for words in [&["unsetup"][..], &["setup", "unsetup"], &["setup --all-hosts", "setup", "unsetup"]] {
            let mut told = words.iter().map(|word| home.hf(word).ok()).collect::<Vec<_>>();
            let told = told.pop().unwrap();
            assert_eq!(home.read(".gitconfig"), by_hand);
            assert!(told.stdout.contains("credential.helper"), "{}", told.stdout);
            assert!(told.stdout.contains("left, since setup did not write it"), "{}", told.stdout);
            assert!(!told.stdout.contains("account"), "{}", told.stdout);
        }
    });
}

#[test]
fn of_two_empty_lines_the_one_before_the_helper_goes() {
    with_every_git(|home| {
        let ours = "[Credential \"https://huggingface.co\"]\n\thelper = \n\thelper = store\n";
        home.write(".gitconfig", &format!("{ours}\thelper = \n\thelper = hf\n"));
        home.hf("unsetup").ok();
        assert_eq!(home.read(".gitconfig"), ours);
    });
}

#[test]
fn options_behind_the_program_survive_a_move() {
    with_every_git(|home| {
        home.hf("setup").ok();
        let with_options = home.ours().replace(BINARY, &format!("{BINARY} --x 'y z'"));
        home.write(".config/git-credential-hf/gitconfig", &with_options);
        home.git(&["config", "--global", "--add", "credential.helper", "store"]).ok();
        home.hf("setup").ok();
        assert_eq!(home.values(HUB), format!("\n{BINARY} --x 'y z'\n"));
    });
}

#[test]
fn what_an_interruption_left_is_cleared() {
    with_every_git(|home| {
        let half = "[git-credential-hf \"https://huggingface.co\"]\n\thelper = \n";
        for word in ["setup", "unsetup"] {
            home.write(".gitconfig", half);
            home.hf(word).ok();
            assert!(!home.read(".gitconfig").contains("[git-credential-hf"), "{word}");
        }
        home.write(".gitconfig", &format!("{half}\thelper = hf\n\tusername = me\n"));
        home.hf("setup").ok();
        assert_eq!(home.values("credential.https://huggingface.co.username"), "me\n");
    });
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_would() {
    with_every_git(|home| {
        let before = home.files();
        let dry = home.hf("setup --dry-run").ok();
        assert!(dry.stdout.contains(&format!("{HUB}  {BINARY} (would be added)")), "{}", dry.stdout);
        assert_eq!(home.files(), before);
        home.write(".gitconfig", "[credential]\n\thelper = hf\n");
        home.write(".gitconfig.lock", "");
        home.hf("setup --dry-run --all-hosts").ok();
        assert_eq!(home.read(".gitconfig"), "[credential]\n\thelper = hf\n");
    });
}

#[test]
fn a_section_of_the_users_that_is_spelled_like_ours_stays() {
    with_every_git(|home| {
        let theirs = "[Credential \"https://huggingface.co\"]\n\thelper = \n\thelper = store\n";
        home.write(".gitconfig", &format!("{theirs}[credential \"https://huggingface.co\"]\n\thelper = hf\n"));
        let before = home.read(".gitconfig");
        home.hf("unsetup").ok();
        assert_eq!(home.read(".gitconfig"), before);
    });
}

#[test]
fn a_last_line_without_its_end_keeps_none() {
    with_every_git(|home| {
        home.write(".gitconfig", "[user]\n\tname = x");
        home.hf("setup").ok();
        assert_eq!(home.values(HUB), format!("\n{BINARY}\n"));
        home.hf("unsetup").ok();
        assert_eq!(home.read(".gitconfig"), "[user]\n\tname = x");
    });
}
