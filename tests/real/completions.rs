//! What the shells complete, in the shells themselves.

use crate::rig::{Terminal, World, finish};

/// Two tokens, one that a shell would run, a repository of acme's and a binding of beta's.
fn world() -> World {
    let tokens = "[work]\nhf_token = test1\n\n[alice]\nhf_token = test2\n\n[wo$(touch ran)]\nhf_token = test3\n";
    let world = World::new().stored_tokens(tokens);
    world.write(".gitconfig", "[credential \"https://huggingface.co/beta\"]\n\tusername = work\n");
    world.git(&["init", "--quiet"]).succeeded();
    world.git(&["remote", "add", "origin", "https://huggingface.co/datasets/acme/rows"]).succeeded();
    world
}

/// A line up to where TAB is pressed, and all it is completed to.
const LINES: [(&str, &[&str]); 9] = [
    ("git-credential-hf stat", &["status"]),
    ("git-credential-hf doctor --", &["--help", "--json", "--push", "--quiet"]),
    ("git-credential-hf setup --sy", &["--system"]),
    ("git-credential-hf completions b", &["bash"]),
    ("git-credential-hf logout w", &["work"]),
    ("git-credential-hf switch a", &["alice"]),
    ("git-credential-hf exec --as w", &["work"]),
    ("git-credential-hf bind a", &["acme"]),
    ("git-credential-hf bind acme a", &["alice"]),
];

/// The same as git's subcommand.
const OF_GIT: [(&str, &[&str]); 2] =
    [("git credential-hf stat", &["status"]), ("git credential-hf unbind b", &["beta"])];

#[test]
#[ignore = "needs bash; tests/run.sh installs it"]
fn bash_completes_commands_options_tokens_and_organizations() {
    let world = world();
    for (function, lines) in [("_clap_complete_git_credential_hf", &LINES[..]), ("_git_credential_hf", &OF_GIT)] {
        for (line, wanted) in lines {
            let script = format!(
                "eval \"$(git-credential-hf completions bash)\"; COMP_WORDS=({line}); COMP_TYPE=9\n\
                 COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); {function} x \"${{COMP_WORDS[COMP_CWORD]}}\"\n\
                 printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort"
            );
            let mut bash = world.command("bash");
            bash.args(["-c", &script]);
            let found = finish(bash, b"").succeeded().out();
            assert_eq!(found.lines().collect::<Vec<_>>(), *wanted, "{line}");
        }
    }
}

#[test]
#[ignore = "needs fish; tests/run.sh installs it"]
fn fish_completes_commands_options_tokens_and_organizations() {
    let world = world();
    for (line, wanted) in LINES.iter().chain(&OF_GIT) {
        let script = format!("git-credential-hf completions fish | source; complete --do-complete '{line}' | sort");
        let mut fish = world.command("fish");
        fish.args(["--no-config", "-c", &script]);
        let found = finish(fish, b"").succeeded().out();
        let words: Vec<_> = found.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, *wanted, "{line}");
    }
}

#[test]
#[ignore = "needs zsh; tests/run.sh installs it"]
fn zsh_completes_commands_options_tokens_and_organizations() {
    let world = world();
    world.write("functions/_git-credential-hf", world.helper(&["completions", "zsh"], "").succeeded().out());
    // as a file that zsh finds, where it is read at the first TAB, and as a line of ~/.zshrc
    for start in [
        "fpath=(~/functions $fpath); autoload -Uz compinit; compinit -u -D",
        "autoload -Uz compinit; compinit -u -D; eval \"$(git-credential-hf completions zsh)\"",
    ] {
        for (line, wanted) in LINES.iter().filter(|(_, wanted)| wanted.len() == 1).chain(&OF_GIT) {
            world.write(".zshrc", format!("{start}\nPS1='ready> '\n"));
            let mut zsh = Terminal::line(&world, ".", "exec zsh -d -i");
            zsh.shows("ready> ").types(&format!("{line}\t"));
            // what was typed, and then what is completed
            zsh.shows(line).shows(&wanted[0][line.rsplit(' ').next().unwrap_or_default().len()..]);
            assert!(!world.home().join("ran").exists());
        }
    }
}

#[test]
#[ignore = "needs bash; tests/run.sh installs it"]
fn a_name_that_a_shell_would_run_is_not_offered() {
    let world = world();
    let mut bash = world.command("bash");
    let script = "eval \"$(git-credential-hf completions bash)\"; COMP_WORDS=(git-credential-hf token wo); COMP_CWORD=2\n\
                  _clap_complete_git_credential_hf x wo; printf '%s\\n' \"${COMPREPLY[@]}\"";
    bash.args(["-c", script]);
    assert_eq!(finish(bash, b"").succeeded().out(), "work\n");
}
