//! Claims on `bind` and `unbind`: the lines in git's configuration, and what git makes of them.

use crate::home::{BINARY, Ended, Home, ended, with_every_git};

const HUB: &str = "https://huggingface.co";

/// Every line of a binding of `acme`, as git lists it.
fn lines_of(name: &str) -> String {
    let mut lines: Vec<_> = [HUB, "https://hf.co"]
        .iter()
        .flat_map(|url| {
            ["acme", "datasets/acme", "spaces/acme", "kernels/acme"].map(|place| format!("credential.{url}/{place}"))
        })
        .flat_map(|section| [format!("{section}.username={name}"), format!("{section}.usehttppath=true")])
        .collect();
    lines.sort();
    lines.join("\n")
}

fn listed(home: &Home) -> String {
    let all = home.git(&["config", "--global", "--includes", "--list"]).stdout;
    let mut lines: Vec<_> =
        all.lines().filter(|line| !line.starts_with("include.path=") && !line.contains("hf.created=")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The username git asks with for a URL, as its helpers see it.
fn asked_with(home: &Home, url: &str) -> String {
    let helper = home.script("asked", "[ \"$1\" = get ] && cat >\"$0.log\"; echo password=p; echo username=u");
    let mut command = home.command(home.path("bin/git"));
    command.args(["-c", "credential.helper=", "-c", &format!("credential.helper={}", helper.display())]);
    ended(command.args(["credential", "fill"]), &format!("url={url}\n\n")).ok();
    let log = home.read("asked.log");
    log.lines().find_map(|line| line.strip_prefix("username=")).unwrap_or_default().to_owned()
}

#[test]
fn models_datasets_spaces_and_kernels_are_asked_for_by_that_name() {
    with_every_git(|home| {
        let told = home.hf("bind acme work").ok();
        assert_eq!(listed(home), lines_of("work"));
        for line in lines_of("work").lines().filter(|line| line.ends_with("username=work")) {
            let key = line.trim_end_matches("=work");
            assert!(told.stdout.lines().any(|said| said.trim_start().starts_with(key)), "{key}: {}", told.stdout);
        }
        assert!(told.stdout.contains(&format!("credential.{HUB}/acme.useHttpPath ")), "{}", told.stdout);
        for url in ["acme/model", "datasets/acme/rows", "spaces/acme/app", "kernels/acme/attention", "acme/model.git"] {
            assert_eq!(asked_with(home, &format!("{HUB}/{url}")), "work", "{url}");
            assert!(home.read("asked.log").contains(&format!("path={url}\n")), "{url}");
        }
        for url in ["acmes/model", "other/model", "datasets/other/rows", ""] {
            assert_eq!(asked_with(home, &format!("{HUB}/{url}")), "", "{url}");
        }
    });
}

#[test]
fn again_replaces_and_doubles_nothing() {
    with_every_git(|home| {
        home.hf("bind acme home").ok();
        home.hf("bind acme work").ok();
        assert_eq!(listed(home), lines_of("work"));
        let again = home.hf("bind acme work").ok();
        assert_eq!(listed(home), lines_of("work"));
        assert_eq!(again.stdout.matches("(already there)").count(), 16, "{}", again.stdout);
    });
}

/// Configurations people have, each to be found again to the byte.
const SHAPES: [&str; 17] = [
    "",
    "\n\n",
    "   \n",
    "# mine\n",
    "; mine\r\n",
    "# mine\n[user]\n\tname = x\n",
    "[user] # mine\n\tname = x\n\n# the end\n\n",
    "[user]\r\n\tname = x\r\n",
    "[user]\n",
    "[credential \"https://huggingface.co\"]\n\tusername = me\n",
    "[credential \"https://huggingface.co\"]\n\tuseHttpPath = true\n[user]\n\tname = x\n",
    "[credential \"https://huggingface.co\"]\n\tuseHttpPath = false\n",
    "[credential]\n\tuseHttpPath = true\n",
    "[credential \"https://github.com/acme\"]\n\tusername = octocat\n",
    "[credential \"https://huggingface.co/acme\"] # mine\n\tusername = by-hand\n\tuseHttpPath = true\n",
    "[credential \"https://huggingface.co/acme\"]\n",
    "[Credential \"https://huggingface.co/third\"]\n\tusername = by-hand\n[Credential \"https://hf.co\"]\n\tx = y\n",
];

#[test]
fn unbind_leaves_every_file_as_it_was_to_the_byte() {
    with_every_git(|home| {
        for shape in SHAPES {
            for setup in [false, true] {
                home.write(".gitconfig", shape);
                if setup {
                    home.hf("setup").ok();
                }
                let before = home.read(".gitconfig");
                home.hf("bind acme work").ok();
                home.hf("bind other home").ok();
                home.hf("bind acme home").ok();
                let told = home.hf("unbind acme").ok();
                assert!(told.stdout.contains("removed"), "{}", told.stdout);
                assert_eq!(asked_with(home, "https://huggingface.co/other/x"), "home", "{shape}");
                home.hf("unbind other").ok();
                assert_eq!(home.read(".gitconfig"), before, "{shape:?}");
                home.hf("bind acme work").ok();
                home.hf("setup").ok();
                home.hf("unsetup").ok();
                home.hf("unbind acme").ok();
                assert_eq!(home.read(".gitconfig"), shape, "{shape:?}");
            }
        }
    });
}

#[test]
fn a_last_line_without_an_end_keeps_none() {
    with_every_git(|home| {
        for shape in ["# mine", "[user]\n\tname = x", "[user] name = x", "[user]"] {
            for words in [["setup", "unsetup"], ["bind acme work", "unbind acme"]] {
                home.write(".gitconfig", shape);
                for word in words {
                    home.hf(word).ok();
                }
                assert_eq!(home.read(".gitconfig"), shape, "{words:?}");
            }
        }
    });
}

#[test]
fn what_the_user_wrote_is_listed_and_left() {
    with_every_git(|home| {
        let by_hand = "[Credential \"https://huggingface.co/acme\"]\n\tusername = by-hand\n";
        home.write(".gitconfig", by_hand);
        assert_eq!(home.hf("bind").ok().stdout, "acme  by-hand  models  (global)\n");
        let told = home.hf("unbind acme").ok().stdout;
        assert!(told.contains("left, since bind did not write it"), "{told}");
        home.hf("unbind other").ok();
        assert_eq!(home.read(".gitconfig"), by_hand);
    });
}

#[test]
fn what_the_user_added_to_our_section_stays() {
    with_every_git(|home| {
        home.hf("bind acme work").ok();
        home.git(&["config", "--global", "credential.https://huggingface.co/acme.helper", "store"]).ok();
        let theirs = "[credential \"https://huggingface.co/acme\"]\n\tx = y\n";
        home.write(".config/git-credential-hf/gitconfig", &(home.ours() + theirs));
        let text = home.read(".gitconfig") + "# mine\n";
        home.write(".gitconfig", &text);
        home.hf("bind acme home").ok();
        assert_eq!(asked_with(home, "https://huggingface.co/acme/x"), "home");
        home.hf("unbind acme").ok();
        let left = home.read(".gitconfig");
        assert!(left.contains("helper = store\n") && left.contains("# mine\n"), "{left}");
        assert!(home.ours().starts_with(theirs) && !home.ours().contains("home\n"), "{}", home.ours());
        assert_eq!(asked_with(home, "https://huggingface.co/acme/x"), "");
    });
}

#[test]
fn what_an_interruption_left_is_ended_by_the_next() {
    with_every_git(|home| {
        for (left, command) in [
            ("[git-credential-hf \"https://huggingface.co/acme\"]\n\tusername = work\n", "bind acme work"),
            (
                "[git-credential-hf \"https://hf.co/spaces/acme\"]\n\tusername = x\n\tuseHttpPath = true\n",
                "unbind acme",
            ),
        ] {
            home.write(".gitconfig", left);
            home.hf(command).ok();
            home.hf("unbind acme").ok();
            assert_eq!(home.read(".gitconfig"), "", "{left}");
        }
    });
}

#[test]
fn bind_alone_lists_in_columns() {
    with_every_git(|home| {
        assert!(home.hf("bind").ok().stdout.contains("no organisation has an account"));
        home.hf("bind acme work").ok();
        home.hf("bind a-longer-one home").ok();
        home.git(&["config", "--global", "credential.https://huggingface.co/datasets/rows.username", "rows"]).ok();
        assert_eq!(
            home.hf("bind").ok().stdout,
            "acme          work  models, datasets, spaces, kernels  (global)\n\
             a-longer-one  home  models, datasets, spaces, kernels  (global)\n\
             rows          rows  datasets                           (global)\n"
        );
    });
}

#[test]
fn each_scope_has_its_own() {
    with_every_git(|home| {
        home.git(&["init", "-q", "tree"]).ok();
        let config = home.read("tree/.git/config");
        let run = |line: &str| {
            let mut command = home.command(BINARY);
            ended(command.args(line.split(' ')).current_dir(home.path("tree")), "")
        };
        run("bind acme local --local").ok();
        run("bind acme machine --system").ok();
        run("bind acme me").ok();
        let told = run("bind").ok().stdout;
        for scope in ["local", "system", "global"] {
            assert!(told.contains(&format!("({scope})")), "{told}");
        }
        run("unbind acme --local").ok();
        assert_eq!(home.read("tree/.git/config"), config);
        run("unbind acme --system").ok();
        assert!(!home.exists("system") && !home.exists("git-credential-hf"));
        assert_eq!(listed(home), lines_of("me"));
        let refused = home.hf("bind acme work --local");
        assert!(!refused.success && refused.stderr.contains("--local"), "{}", refused.stderr);
    });
}

#[test]
fn a_name_for_the_whole_host_goes_first_and_is_named_where_it_does_not() {
    with_every_git(|home| {
        home.git(&["config", "--global", "credential.https://huggingface.co.username", "me"]).ok();
        let told = home.hf("bind acme work").ok();
        assert!(!told.stderr.contains("stands after"), "{}", told.stderr);
        assert_eq!(asked_with(home, "https://huggingface.co/acme/x"), "work");
        assert_eq!(asked_with(home, "https://huggingface.co/other/x"), "me");
        home.git(&["config", "--global", "credential.username", "everybody"]).ok();
        assert_eq!(asked_with(home, "https://huggingface.co/acme/x"), "everybody");
        let told = home.hf("bind").ok();
        assert!(told.stderr.contains("credential.username (git's global configuration)"), "{}", told.stderr);
        let told = home.hf("bind acme work").ok();
        assert!(!told.stderr.contains("stands after"), "{}", told.stderr);
        assert_eq!(asked_with(home, "https://huggingface.co/acme/x"), "work");
    });
}

#[test]
fn a_name_that_is_none_is_one_line_and_nothing_is_written() {
    with_every_git(|home| {
        for words in [
            &["bind", "a/b", "work"][..],
            &["bind", "https://evil.example/a", "work"],
            &["bind", "datasets", "x"],
            &["bind", "acme", "a\nb"],
            &["bind", "", "x"],
        ] {
            let refused: Ended = ended(home.command(BINARY).args(words), "");
            assert!(!refused.success && refused.stderr.lines().count() == 1, "{words:?}: {}", refused.stderr);
        }
        assert!(!home.hf("bind acme").success);
        assert!(!home.hf("unbind a/b").success);
        assert!(home.hf("unbind acme").ok().stdout.contains("no line for acme"));
        assert!(!home.exists(".gitconfig"));
    });
}

#[test]
fn a_token_nobody_knows_is_warned_of_and_written_all_the_same() {
    with_every_git(|home| {
        assert!(home.hf("bind acme work").ok().stderr.contains("no token or account work is known"));
        assert_eq!(listed(home), lines_of("work"));
        let sections = "[work]\nhf_token = hf_secret\n\n[old]\nhf_token = hf_secret2\nexpires_at = 1\n\n";
        home.write(".cache/huggingface/stored_tokens", sections);
        let stored = "protocol=https\nhost=huggingface.co\nusername=carol\npassword=hf_secret3\n";
        ended(home.command(BINARY).arg("store"), stored).ok();
        for name in ["work", "old", "carol"] {
            let told = home.hf(&format!("bind acme {name}")).ok();
            assert_eq!(told.stderr, "", "{name}");
            assert!(!told.said().contains("hf_secret"));
        }
    });
}

#[test]
fn the_hub_of_the_environment_is_bound_too_and_unbound_without_it() {
    with_every_git(|home| {
        let mut bind = home.command(BINARY);
        ended(bind.args(["bind", "acme", "work"]).env("HF_ENDPOINT", "https://hub.example:8443/x"), "").ok();
        assert_eq!(asked_with(home, "https://hub.example:8443/spaces/acme/app"), "work");
        home.hf("unbind acme").ok();
        assert!(!home.exists(".gitconfig") && !home.exists(".config"));
    });
}

#[test]
fn bind_and_unbind_end_with_what_holds_now_and_not_where_another_line_outdoes_it() {
    with_every_git(|home| {
        home.git(&["init", "-q", "tree"]).ok();
        let last = |line: &str| {
            let mut command = home.command(BINARY);
            let told = ended(command.args(line.split(' ')).current_dir(home.path("tree")), "").ok().stdout;
            told.lines().last().unwrap_or_default().to_owned()
        };
        let asks = "git now asks as work for the models, datasets, Spaces and kernels of acme";
        let as_all_others = "git now asks for the repositories of acme as for all others";
        assert_eq!(last("bind acme work"), asks);
        assert_eq!(last("bind acme play --local"), asks.replace("work", "play") + ", in this repository");
        assert_ne!(last("bind acme work"), asks, "here the other goes first");
        assert_ne!(last("unbind acme"), as_all_others, "here there is another");
        assert_eq!(last("unbind acme --local"), as_all_others);
    });
}

#[test]
fn what_an_earlier_version_bound_is_completed_and_taken_back() {
    with_every_git(|home| {
        let section = |place: &str| format!("[Credential \"{HUB}/{place}\"]\n\tusername = old\n\tuseHttpPath = true\n");
        let earlier = ["acme", "datasets/acme", "spaces/acme"].map(section).concat();
        home.write(".gitconfig", &earlier);
        let told = home.hf("bind acme work").ok().stdout;
        assert!(told.contains("earlier version") && !home.config().contains("Credential"), "{told}");
        assert_eq!(listed(home), lines_of("work"));
        home.write(".gitconfig", &earlier);
        home.hf("unbind acme").ok();
        assert_eq!(home.read(".gitconfig"), "");
    });
}
