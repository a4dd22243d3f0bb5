//! Whom the repository belongs to, where git cannot say it: git-xet's request, and git-lfs's without a path.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::rig::{Git, Reply, World, finish};

pub(super) const ASK: &str = "url=https://huggingface.co\n\n";
pub(super) const HOME: &str = "hf_HomeHomeHomeHomeHomeHomeHomeHomeHo";
const WORK: &str = "hf_WorkWorkWorkWorkWorkWorkWorkWorkWo";

/// Two accounts, the active one `home`; `acme` is bound to `work`, `mine` to `home`.
pub(super) fn two_accounts() -> World {
    World::new()
        .token(HOME)
        .stored_tokens(&format!("[home]\nhf_token = {HOME}\n\n[work]\nhf_token = {WORK}\n\n"))
        .global_config(
            "[credential \"https://huggingface.co/acme\"]\n\tusername = work\n\
             [credential \"https://huggingface.co/datasets/acme\"]\n\tusername = work\n\
             [credential \"https://huggingface.co/mine\"]\n\tusername = home\n",
        )
}

pub(super) fn repository(world: &World, name: &str, remotes: &[&str]) {
    world.git(&["init", "--quiet", name]).succeeded();
    for (number, url) in remotes.iter().enumerate() {
        let remote = format!("r{number}");
        world.git_in(name, &["remote", "add", &remote, url]).succeeded();
    }
}

fn ask_in(world: &World, directory: &str, request: &str) -> Reply {
    let mut command = world.command("git-credential-hf");
    command.current_dir(world.home().join(directory)).arg("get");
    finish(command, request.as_bytes())
}

#[test]
fn the_repositorys_account_answers_a_request_without_a_path() {
    for git in Git::all() {
        let world = two_accounts().using(&git);
        for (name, url) in [
            ("model", "https://huggingface.co/acme/model"),
            ("rows", "https://huggingface.co/datasets/acme/rows"),
            ("port", "https://HuggingFace.co:443/acme/model.git"),
            ("user", "https://work@huggingface.co/other/model"),
        ] {
            repository(&world, name, &[url]);
            ask_in(&world, name, ASK).answers("work", WORK);
            world.write(format!("{name}/deep/er/file"), "");
            ask_in(&world, &format!("{name}/deep/er"), ASK).answers("work", WORK);
            // where git-xet is started
            ask_in(&world, &format!("{name}/.git"), ASK).answers("work", WORK);
            let mut elsewhere = world.command("git-credential-hf");
            elsewhere.arg("get").env("GIT_DIR", world.home().join(name).join(".git")).current_dir("/");
            finish(elsewhere, ASK.as_bytes()).answers("work", WORK);
            let mut fill = world.command("git");
            fill.args(["-c", "credential.helper=hf", "credential", "fill"]).current_dir(world.home().join(name));
            assert_eq!(finish(fill, ASK.as_bytes()).attribute("password").as_deref(), Some(WORK), "{url}");
        }
        repository(&world, "mine", &["https://huggingface.co/mine/model"]);
        ask_in(&world, "mine", ASK).answers("home", HOME);
        ask_in(&world, "", ASK).answers("hf_user", HOME);
    }
}

#[test]
fn a_repository_of_nobody_or_of_two_names_nobody() {
    let world = two_accounts();
    for (name, remotes) in [
        ("none", &[][..]),
        ("unbound", &["https://huggingface.co/other/model"]),
        ("elsewhere", &["https://github.com/acme/model", "git@hf.co:acme/model", "https://hub.example/acme/model"]),
        ("both", &["https://huggingface.co/acme/model", "https://huggingface.co/mine/model"]),
        ("half", &["https://huggingface.co/acme/model", "https://huggingface.co/other/model"]),
        ("prefix", &["https://huggingface.co/acmes/model", "https://huggingface.co/ACME/model"]),
    ] {
        repository(&world, name, remotes);
        ask_in(&world, name, ASK).answers("hf_user", HOME);
    }
    let remotes = ["https://huggingface.co/acme/model", "https://github.com/mine/x", "https://huggingface.co/acme/two"];
    repository(&world, "agreed", &remotes);
    ask_in(&world, "agreed", ASK).answers("work", WORK);
}

#[test]
fn a_push_url_and_a_rewritten_one_are_looked_at() {
    let world = two_accounts();
    repository(&world, "short", &["hub:acme/model"]);
    world.git(&["config", "--global", "url.https://huggingface.co/.insteadOf", "hub:"]).succeeded();
    ask_in(&world, "short", ASK).answers("work", WORK);
    repository(&world, "fork", &["https://huggingface.co/acme/model"]);
    let push = ["config", "remote.r0.pushurl", "https://huggingface.co/mine/model"];
    world.git_in("fork", &push).succeeded();
    ask_in(&world, "fork", ASK).answers("hf_user", HOME);
}

#[test]
fn a_name_is_beaten_only_where_it_is_the_whole_hosts() {
    let world = two_accounts();
    repository(&world, "model", &["https://huggingface.co/acme/model"]);
    repository(&world, "both", &["https://huggingface.co/acme/model", "https://huggingface.co/mine/model"]);
    let named = |name: &str| format!("protocol=https\nhost=huggingface.co\nusername={name}\n");
    ask_in(&world, "model", &named("home")).answers("home", HOME);
    for line in ["credential.https://huggingface.co.username", "credential.username"] {
        world.git(&["config", "--global", line, "home"]).succeeded();
        ask_in(&world, "model", &named("home")).answers("work", WORK);
        ask_in(&world, "model", ASK).answers("work", WORK);
        ask_in(&world, "model", &named("work")).answers("work", WORK);
        ask_in(&world, "model", &named("somebody")).answers("somebody", HOME);
        ask_in(&world, "", &named("home")).answers("home", HOME);
        // where the repository names nobody, the whole host's name stays
        ask_in(&world, "both", &named("home")).answers("home", HOME);
        // with a path git has chosen by it
        ask_in(&world, "model", &(named("home") + "path=mine/model\n")).answers("home", HOME);
        world.git(&["config", "--global", "--unset-all", line]).succeeded();
    }
}

#[test]
fn what_git_stored_is_chosen_among_too() {
    let world =
        World::new().token(HOME).global_config("[credential \"https://huggingface.co/acme\"]\n\tusername = bob\n");
    repository(&world, "model", &["https://huggingface.co/acme/model"]);
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n").is_silent();
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=alice\npassword=test2\n").is_silent();
    ask_in(&world, "", ASK).answers("alice", "test2");
    ask_in(&world, "model", ASK).answers("bob", "test1");
}

#[test]
fn a_silent_keychain_is_not_waited_for_to_count_tokens() {
    let world = World::new().token(HOME);
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n").is_silent();
    repository(&world, "model", &["https://huggingface.co/acme/model"]);
    // it accepts and never speaks
    let socket = world.root().join("bus");
    let _bus = UnixListener::bind(&socket).unwrap();
    let world = world.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    let bob = "protocol=https\nhost=huggingface.co\nusername=bob\n";
    for directory in ["", "model"] {
        let reply = ask_in(&world, directory, bob);
        assert!(reply.took < Duration::from_secs(1), "{directory}: {reply:?}");
        reply.answers("bob", "test1");
    }
    std::fs::remove_file(world.hf_home().join("token")).unwrap();
    let reply = ask_in(&world, "", bob);
    assert!(reply.took < Duration::from_secs(1), "{reply:?}");
}

#[test]
fn without_git_the_active_token_answers() {
    let world = two_accounts();
    repository(&world, "model", &["https://huggingface.co/acme/model"]);
    let world = world.env("PATH", "/nonexistent");
    let mut command = world.command(env!("CARGO_BIN_EXE_git-credential-hf"));
    command.current_dir(world.home().join("model")).arg("get");
    finish(command, ASK.as_bytes()).answers("hf_user", HOME);
}

#[test]
fn a_hostile_repository_runs_nothing_and_names_no_host_command_or_file() {
    for git in Git::all() {
        let world = two_accounts().using(&git);
        repository(&world, "model", &["https://huggingface.co/mine/model"]);
        let ran = world.root().join("ran");
        let run = format!("touch {}", ran.display());
        let secret = world.home().join("secret");
        world.write(&secret, "[credential]\n\tusername = secret\n");
        for (key, value) in [
            ("core.fsmonitor", run.as_str()),
            ("core.hooksPath", "."),
            ("core.pager", &run),
            ("core.editor", &run),
            ("core.sshCommand", &run),
            ("core.askPass", &run),
            ("pager.config", &run),
            ("alias.config", &format!("!{run}")),
            ("credential.helper", &format!("!{run}")),
            ("credential.https://huggingface.co.helper", &format!("!{run}")),
            ("diff.external", &run),
            ("trace2.eventTarget", &ran.display().to_string()),
            ("uploadpack.packObjectsHook", &run),
            ("credential.https://evil.example/mine.username", "work"),
        ] {
            world.git_in("model", &["-c", "core.fsmonitor=", "config", key, value]).succeeded();
        }
        ask_in(&world, "model", ASK).answers("home", HOME);
        assert!(!ran.exists(), "something was run");
        // among the user's own accounts of this host it may choose
        let line = ["config", "credential.https://huggingface.co/mine.username", "work"];
        world.git_in("model", &line).succeeded();
        ask_in(&world, "model", ASK).answers("work", WORK);
        let evil = "protocol=https\nhost=evil.example\n";
        ask_in(&world, "model", evil).is_silent();
        assert!(!ran.exists(), "something was run");
    }
}

#[test]
fn a_repository_that_cannot_be_read_names_nobody_and_costs_no_time() {
    for git in Git::all() {
        let world = two_accounts().using(&git);
        for name in ["broken", "endless", "pipe", "nowhere", "newer"] {
            repository(&world, name, &["https://huggingface.co/acme/model"]);
        }
        let config = |name: &str, text: &str| {
            let file = format!("{name}/.git/config");
            let kept = std::fs::read_to_string(world.home().join(&file)).unwrap();
            world.write(file, kept + text);
        };
        config("broken", "[nonsense\n");
        config("endless", "[include]\n\tpath = /dev/zero\n");
        let pipe = world.home().join("fifo");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        config("pipe", &format!("[include]\n\tpath = {}\n", pipe.display()));
        config("newer", "[core]\n\trepositoryformatversion = 99\n");
        std::fs::remove_dir_all(world.home().join("nowhere/.git")).unwrap();
        world.write("nowhere/.git", "gitdir: /nonexistent\n");
        for name in ["broken", "endless", "pipe", "nowhere", "newer"] {
            let reply = ask_in(&world, name, ASK);
            assert!(reply.took < Duration::from_secs(5), "{name}: {reply:?}");
            reply.answers("hf_user", HOME);
        }
    }
}

#[test]
fn somebody_elses_directory_is_no_repository_of_ours() {
    for git in Git::all() {
        let world = two_accounts().using(&git);
        repository(&world, "model", &["https://huggingface.co/acme/model"]);
        // what git's own tests make it believe
        let world = world.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
        ask_in(&world, "model", ASK).answers("hf_user", HOME);
        world.git(&["config", "--global", "safe.directory", "*"]).succeeded();
        ask_in(&world, "model", ASK).answers("work", WORK);
    }
}

#[test]
fn a_worktree_and_a_submodule_are_found_as_git_finds_them() {
    let world = two_accounts();
    repository(&world, "model", &["https://huggingface.co/acme/model"]);
    world.git_in("model", &["commit", "--quiet", "--allow-empty", "-m", "one"]).succeeded();
    world.git_in("model", &["worktree", "add", "--quiet", "../tree"]).succeeded();
    ask_in(&world, "tree", ASK).answers("work", WORK);
    symlink(world.home().join("model"), world.home().join("link")).unwrap();
    ask_in(&world, "link", ASK).answers("work", WORK);
    world.git(&["init", "--quiet", "--bare", "bare"]).succeeded();
    world.git_in("bare", &["remote", "add", "o", "https://huggingface.co/datasets/acme/x"]).succeeded();
    ask_in(&world, "bare", ASK).answers("work", WORK);
}
