//! Claims on the buffer that git 2.46 to 2.53 get, so that a large push keeps a token that goes as Bearer.

use crate::home::{BINARY, Ended, Home, ended, with_every_git};

const HUB: &str = "http.https://huggingface.co.postBuffer";
const SHORT: &str = "http.https://hf.co.postBuffer";
const OURS: &str = "67108864\n";

/// What setup and unsetup find, and unsetup leaves.
const SHAPES: [&str; 7] = [
    "",
    "[http]\n\tpostBuffer = 1m ; mine\n# the end\n",
    "[http \"https://huggingface.co\"]\n\tsslVerify = true\n\n",
    "[http \"https://huggingface.co\"]\n\tpostBuffer = 1m\n[user]\n\tname = x\n",
    "[Http \"https://huggingface.co\"]\n\tpostBuffer = 2m\n",
    "[Http \"https://hf.co\"]\n\t# mine\n\tproxy = http://localhost:1\n",
    "[http \"https://huggingface.co/acme\"]\n\tpostBuffer = 1m\n[http \"https://*.co\"]\n\tpostBuffer = 1m\n",
];

/// What git makes of all its lines.
fn effective(home: &Home, url: &str) -> String {
    home.git(&["config", "--type=int", "--get-urlmatch", "http.postBuffer", url]).stdout
}

fn has_buffers(home: &Home) -> bool {
    let both = [home.values(HUB), home.values(SHORT)];
    assert!(both == ["", ""] || both == [OURS, OURS], "{both:?}");
    both[0] == OURS
}

#[test]
fn every_git_that_needs_it_gets_it_for_each_host() {
    with_every_git(|home| {
        for (version, needs) in [
            ("2.39.5", false),
            ("2.45.9", false),
            ("2.46.0", true),
            ("2.47.1.windows.1", true),
            ("2.50.1 '(Apple Git-155)'", true),
            ("2.53.0", true),
            ("2.54.0-rc1", false),
            ("2.55.0", false),
            ("3.0.0", false),
        ] {
            home.start_anew("");
            home.git_says(version);
            let told = home.hf("setup").ok();
            assert_eq!(has_buffers(home), needs, "{version}");
            assert_eq!(told.stdout.contains(&format!("  {HUB}  ")), needs, "{}", told.stdout);
            assert_eq!(effective(home, "https://huggingface.co/acme/model"), if needs { OURS } else { "" });
        }
    });
}

#[test]
fn a_value_as_large_is_left_alone_and_a_smaller_one_is_outdone() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        let hub = "[http \"https://huggingface.co\"]\n\tpostBuffer =";
        for (lines, large) in [
            ("[http]\n\tpostBuffer = 64m\n".to_owned(), true),
            ("[HTTP]\n\tpostbuffer = 524288000\n".to_owned(), true),
            (format!("{hub} 67108864\n"), true),
            (format!("{hub} 1g\n[http]\n\tpostBuffer = 1m\n"), true),
            ("[http]\n\tpostBuffer = 67108863\n".to_owned(), false),
            (format!("{hub} 1m\n[http]\n\tpostBuffer = 1g\n"), false),
            ("[http \"https://github.com\"]\n\tpostBuffer = 1g\n".to_owned(), false),
        ] {
            home.start_anew(&lines);
            home.hf("setup").ok();
            let text = home.ours();
            assert_eq!(!text.contains("[http \"https://huggingface.co\"]"), large, "{text}");
            let bytes: u64 = effective(home, "https://huggingface.co/acme/model").trim().parse().unwrap();
            assert!(bytes >= 64 << 20, "{bytes} in {text}");
            home.hf("unsetup").ok();
            assert_eq!(home.read(".gitconfig"), lines);
        }
    });
}

#[test]
fn a_larger_value_of_another_scope_is_left_alone() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        home.write("system", "[http]\n\tpostBuffer = 1g\n");
        home.hf("setup").ok();
        assert!(!has_buffers(home));
        home.write("system", "[http]\n\tpostBuffer = 1m\n");
        home.hf("setup").ok();
        assert!(has_buffers(home));
        // the user's own came to be larger
        home.git(&["config", "--global", "http.postBuffer", "500m"]).ok();
        let told = home.hf("setup").ok();
        assert!(told.stdout.contains(&format!("{HUB}    removed")), "{}", told.stdout);
        assert!(!has_buffers(home));
    });
}

#[test]
fn unsetup_leaves_every_file_as_it_was_to_the_byte() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        for shape in SHAPES {
            for steps in [&["setup"] as &[_], &["setup", "setup --all-hosts", "setup"]] {
                home.write(".gitconfig", shape);
                for step in steps {
                    home.hf(step).ok();
                }
                let text = home.ours();
                assert!(text.contains("[http \"https://huggingface.co\"]\n"), "{text}");
                let told = home.hf("unsetup").ok();
                assert_eq!(home.read(".gitconfig"), shape, "after {steps:?}");
                assert!(told.stdout.contains(&format!("{HUB}    removed\n")), "{}", told.stdout);
            }
        }
    });
}

#[test]
fn again_changes_nothing() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        assert!(home.hf("setup").ok().stdout.contains(&format!("{HUB}    67108864 (added)\n")));
        let text = home.ours();
        // a configuration that is right needs no lock
        home.write(".gitconfig.lock", "");
        let again = home.hf("setup").ok();
        assert_eq!(again.stdout.matches("already there").count(), 4, "{}", again.stdout);
        assert_eq!(home.ours(), text);
    });
}

#[test]
fn a_dry_run_shows_it_and_changes_nothing() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        let before = home.files();
        let dry = home.hf("setup --dry-run").ok();
        assert!(dry.stdout.contains(&format!("{HUB}    67108864 (would be added)\n")), "{}", dry.stdout);
        assert_eq!(home.files(), before);
        home.hf("setup").ok();
        let text = home.ours();
        home.git_says("2.55.0");
        let dry = home.hf("setup --dry-run").ok();
        assert!(dry.stdout.contains(&format!("{SHORT}             would be removed")), "{}", dry.stdout);
        assert_eq!(home.ours(), text);
    });
}

#[test]
fn a_later_git_has_it_taken_out_and_the_helpers_lines_stay() {
    with_every_git(|home| {
        for version in ["2.54.0", "2.45.0"] {
            home.write(".gitconfig", "[user]\n\tname = x\n");
            home.git_says(version);
            home.hf("setup").ok();
            let wanted = home.ours();
            home.hf("unsetup").ok();
            home.git_says("2.53.0");
            home.hf("setup").ok();
            assert!(has_buffers(home));
            home.git_says(version);
            let told = home.hf("setup").ok();
            assert!(told.stdout.contains("(already there)"), "{}", told.stdout);
            assert_eq!(home.ours(), wanted);
        }
    });
}

#[test]
fn an_earlier_git_gets_it_beside_lines_that_stand() {
    with_every_git(|home| {
        home.git_says("2.45.0");
        home.hf("setup").ok();
        let before = home.config();
        home.git_says("2.46.0");
        let told = home.hf("setup").ok();
        assert!(!told.stdout.contains("moved") && told.stdout.contains("(added)"), "{}", told.stdout);
        assert!(has_buffers(home) && home.config() == before);
    });
}

#[test]
fn it_is_for_each_host_in_the_scope_that_was_named() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        home.git(&["init", "-q", "work"]).ok();
        let with = |words: &[&str], endpoint: &str| -> Ended {
            let mut command = home.command(BINARY);
            command.args(words).current_dir(home.path("work")).env("HF_ENDPOINT", endpoint);
            ended(&mut command, "").ok()
        };
        let hub = "[http \"https://hub.example:8443\"]";
        for (options, file, directory) in [
            (&["--system"] as &[_], "system", ""),
            (&["--local"], "work/.git/config", "work/.git"),
            (&[], ".gitconfig", ".config"),
            (&["--all-hosts"], ".gitconfig", ".config"),
        ] {
            let before = std::fs::read(home.path(file)).ok();
            with(&[&["setup"], options].concat(), "https://hub.example:8443/x");
            let text = home.ours_below(directory);
            assert_eq!(text.matches("[http ").count(), 3, "{text}");
            assert!(text.contains(hub), "{text}");
            let scope: Vec<_> = options.iter().copied().filter(|option| *option != "--all-hosts").collect();
            // the endpoint is another by then
            with(&[&["unsetup"], &scope[..]].concat(), "http://localhost:8080");
            assert_eq!(std::fs::read(home.path(file)).ok(), before);
        }
        with(&["setup"], "http://localhost:8080");
        let text = home.ours();
        assert!(text.contains("http://localhost:8080") && text.matches("[http ").count() == 3, "{text}");
    });
}

#[test]
fn what_an_interruption_left_is_cleared() {
    with_every_git(|home| {
        let mine = "[user]\n\tname = x\n# mine\n";
        let half = format!("{mine}[git-credential-hf-http \"https://huggingface.co\"]\n\tpostBuffer = 67108864\n");
        for (version, word) in [("2.50.0", "setup"), ("2.55.0", "setup"), ("2.50.0", "unsetup"), ("2.55.0", "unsetup")]
        {
            home.git_says(version);
            home.start_anew(&half);
            home.hf(word).ok();
            assert!(!home.read(".gitconfig").contains("[git-credential-hf"), "{version} {word}");
            assert_eq!(home.values(HUB), if (version, word) == ("2.50.0", "setup") { OURS } else { "" });
            home.hf("unsetup").ok();
            assert_eq!(home.read(".gitconfig"), mine);
            // with what the user added
            for more in [
                format!("{half}\tproxy = http://localhost:1\n"),
                half.replace("postBuffer = 67108864", "proxy = http://localhost:1"),
            ] {
                home.write(".gitconfig", &more);
                home.hf(word).ok();
                assert!(!home.read(".gitconfig").contains("[git-credential-hf"), "{version} {word}");
                assert_eq!(home.values("http.https://huggingface.co.proxy"), "http://localhost:1\n");
            }
        }
    });
}

#[test]
fn what_the_user_added_or_changed_stays() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        for value in ["500m", "1m"] {
            home.start_anew("");
            home.hf("setup").ok();
            home.git(&["config", "--global", "http.https://huggingface.co.proxy", "http://localhost:1"]).ok();
            home.git(&["config", "--global", HUB, value]).ok();
            home.hf("setup").ok();
            let theirs = format!("{value}\n");
            let outdone = format!("{theirs}{OURS}");
            assert_eq!(home.values(HUB), if value == "1m" { &outdone } else { &theirs }.as_str());
            home.hf("unsetup").ok();
            assert_eq!(home.values(HUB), theirs);
            assert_eq!(home.values("http.https://huggingface.co.proxy"), "http://localhost:1\n");
            assert_eq!(home.values(SHORT), "");
        }
    });
}

#[test]
fn login_writes_it_where_it_sets_git_up() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        let login = ["login", "--with-token", "--no-verify"];
        let token = "hf_AliceAliceAliceAliceAliceAliceAlic";
        ended(home.command(BINARY).args(login), token).ok();
        assert!(has_buffers(home));
        home.hf("unsetup").ok();
        assert!(!home.exists(".gitconfig"));
    });
}
