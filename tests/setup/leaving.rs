//! Claims on what `setup` takes from another helper, and on leaving: `uninstall`, and what an earlier version wrote.

use crate::home::{BINARY, Home, ended, with_every_git};

const HUB: &str = "credential.https://huggingface.co.helper";

/// What version 0.1 wrote for setup, `bind acme work`, `switch carol` and a git that needs the buffer.
fn written_by_0_1() -> String {
    let hosts = ["https://huggingface.co", "https://hf.co"];
    let each = |section: &dyn Fn(&str) -> String| hosts.map(section).concat();
    let buffers = each(&|url| format!("[Http \"{url}\"]\n\tpostBuffer = 67108864\n"));
    let helpers = each(&|url| {
        format!("[Credential \"{url}\"]\n\thelper = \n\thelper = {BINARY} --token-command 'echo \\\"x\\\"'\n")
    });
    let chosen = each(&|url| format!("[Credential \"{url}\"]\n\tusername = carol\n"));
    let places = ["acme", "datasets/acme", "spaces/acme", "kernels/acme"];
    let bound = each(&|url| {
        places
            .map(|place| format!("[Credential \"{url}/{place}\"]\n\tusername = work\n\tuseHttpPath = true\n"))
            .concat()
    });
    [buffers, helpers, chosen, bound].concat()
}

fn effective(home: &Home) -> Vec<String> {
    let listed = home.git(&["config", "--list"]).stdout;
    let is_ours = |line: &&str| line.starts_with("credential.") || line.starts_with("http.");
    let mut lines: Vec<_> = listed.lines().filter(is_ours).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn what_an_earlier_version_wrote_means_the_same_after_each_command_and_is_taken_back() {
    with_every_git(|home| {
        home.git_says("2.50.0");
        let mine = "# mine\n[user]\n\tname = x\n";
        for commands in [&["setup"][..], &["bind acme work"], &["setup", "bind acme work", "setup"], &["unbind other"]]
        {
            home.start_anew(&format!("{mine}{}", written_by_0_1()));
            let before = effective(home);
            assert_eq!(before.len(), 24);
            for command in commands {
                home.hf(command).ok();
                assert_eq!(effective(home), before, "{command}");
            }
            assert!(!home.config().contains("Credential") && !home.config().contains("Http"), "{}", home.config());
            home.hf("unsetup").ok();
            assert_eq!(home.values(HUB), "");
            assert_eq!(
                home.values("credential.https://hf.co/acme.username"),
                "work\n",
                "unsetup leaves what bind wrote"
            );
            home.hf("unbind acme").ok();
            assert_eq!(
                effective(home),
                ["credential.https://hf.co.username=carol", "credential.https://huggingface.co.username=carol"]
            );
            home.hf("uninstall").ok();
            assert_eq!(home.config(), mine);
            assert!(!home.exists(".config"));
        }
        for command in ["uninstall", "unsetup"] {
            home.start_anew(&format!("{mine}{}", written_by_0_1()));
            home.hf(command).ok();
            assert_eq!(effective(home).len(), if command == "uninstall" { 0 } else { 18 });
        }
    });
}

#[test]
fn what_was_added_to_a_section_of_an_earlier_version_stays() {
    with_every_git(|home| {
        let earlier = written_by_0_1();
        let with = earlier.replace("carol\n", "carol\n\t# mine\n\tx = y\n") + "[user]\n\tname = x\n";
        home.write(".gitconfig", &with);
        home.hf("uninstall").ok();
        let stays = ["https://huggingface.co", "https://hf.co"]
            .map(|url| format!("[Credential \"{url}\"]\n\t# mine\n\tx = y\n"));
        assert_eq!(home.config(), stays.concat() + "[user]\n\tname = x\n");
    });
}

#[test]
fn an_answer_that_git_had_from_another_helper_is_not_lost_in_silence() {
    with_every_git(|home| {
        let answer =
            home.script("bin/git-credential-other", "[ $1 = get ] && printf 'username=u\\npassword=secret\\n'");
        home.script("bin/git-credential-libsecret", &format!("exec {} \"$@\"", answer.display()));
        home.script("bin/git-credential-silent", "exit 0");
        let shell = "\"!f() { test \\\"$1\\\" = get && echo username=u && echo password=secret; }; f\"";
        for (file, helper, name, remedy) in [
            (".gitconfig", "other", "the helper other", "git-credential-hf login"),
            (".gitconfig", "libsecret", "the helper libsecret", "git-credential-hf import"),
            ("system", "libsecret", "the helper libsecret", "git-credential-hf import"),
            (".gitconfig", shell, "the helper of", "git-credential-hf unsetup"),
        ] {
            home.start_anew("");
            home.write("system", "");
            home.write(file, &format!("[credential]\n\thelper = silent\n\thelper = {helper}\n"));
            for command in ["setup --dry-run", "setup"] {
                let told = home.hf(command).ok();
                let lost = told.stderr.lines().find(|line| line.contains("had a token")).unwrap_or_default();
                for part in [name, remedy, "huggingface.co", "credential.helper (git's", file] {
                    assert!(lost.contains(part), "{part}: {}", told.said());
                }
                assert!(!told.said().contains("secret;") && !told.said().contains("echo"), "{}", told.said());
            }
            // nothing is lost twice, nor where another token answers
            assert!(!home.hf("setup").ok().stderr.contains("had a token"));
            home.hf("unsetup").ok();
            let mut setup = home.command(BINARY);
            let told = ended(setup.arg("setup").env("HF_TOKEN", "hf_x"), "").ok();
            assert!(!told.stderr.contains("had a token"), "{}", told.stderr);
        }
    });
}

#[test]
fn a_token_command_that_fails_is_what_setup_tells() {
    with_every_git(|home| {
        let mut setup = home.command(BINARY);
        let told = ended(setup.args(["setup", "--token-command", "no-such-program show x"]), "").ok();
        let last = told.stdout.lines().last().unwrap();
        assert!(last.contains("the token command gave no token: it ended with"), "{last}");
        assert!(!last.contains("git-credential-hf login"), "{last}");
        let mut setup = home.command(BINARY);
        let told = ended(setup.args(["setup", "--token-command", "echo hf_x"]), "").ok();
        assert!(!told.said().contains("gave no token"), "{}", told.said());
    });
}

#[test]
fn uninstall_takes_all_back_and_names_what_stays() {
    with_every_git(|home| {
        home.git(&["init", "-q", "work"]).ok();
        let run = |line: &str| {
            let mut command = home.command(BINARY);
            ended(command.args(line.split(' ')).current_dir(home.path("work")), "").ok()
        };
        let told = run("uninstall");
        assert!(told.stdout.contains("no token is kept") && !told.said().contains("too:"), "{}", told.said());
        home.write(".cache/huggingface/stored_tokens", "[work]\nhf_token = hf_secret\n\n");
        let stored = "protocol=https\nhost=huggingface.co\nusername=carol\npassword=hf_secret2\n";
        ended(home.command(BINARY).arg("store"), stored).ok();
        for line in
            ["setup", "bind acme work", "switch carol", "setup --local", "bind --local acme carol", "setup --system"]
        {
            run(line);
        }
        let told = run("uninstall");
        for token in
            ["  work (the HF home)", "  carol (the HF home, where git stored it)", "git-credential-hf logout --all"]
        {
            assert!(told.stdout.contains(token), "{}", told.stdout);
        }
        for scope in ["local", "system"] {
            assert!(told.stderr.contains(&format!("git-credential-hf uninstall --{scope}")), "{}", told.stderr);
        }
        assert!(!told.said().contains("hf_secret"), "{}", told.said());
        assert!(!home.exists(".gitconfig") && !home.exists(".config") && !home.exists(".local"), "{:?}", home.files());
        run("uninstall --local");
        assert!(!run("uninstall --system").said().contains("uninstall --"));
        let listed = home.git(&["-C", &home.path("work").display().to_string(), "config", "--list"]).stdout;
        assert!(!listed.contains("credential.") && !listed.contains("include"), "{listed}");
        assert!(!home.exists("system") && !home.exists("work/.git/git-credential-hf"));
        assert!(home.read(".cache/huggingface/stored_tokens").contains("hf_secret2"), "tokens stay");
    });
}
