//! `import`: tokens that lie elsewhere are moved, and nothing else is.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::Duration;

use crate::rig::{Git, Reply, World, finish_within};

pub(crate) const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
pub(crate) const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";
pub(crate) const CAROL: &str = "hf_CarolCarolCarolCarolCarolCarolCaro";

/// A world that asks no network whose a token is, and has no keychain.
pub(crate) fn world() -> World {
    World::new().env("HF_HUB_OFFLINE", "1").global_config("[credential]\n\thelper = hf\n[user]\n\tname = me\n")
}

pub(crate) fn import(world: &World, options: &[&str]) -> Reply {
    world.helper(&[&["import"], options].concat(), "")
}

pub(crate) fn read(world: &World, path: &str) -> String {
    fs::read_to_string(world.home().join(path)).unwrap_or_default()
}

/// Who answers for a name.
#[track_caller]
pub(crate) fn get(world: &World, username: &str, token: &str) {
    world
        .helper(&["get"], format!("protocol=https\nhost=huggingface.co\nusername={username}\n"))
        .answers(username, token);
}

#[test]
fn tokens_are_found_in_every_place_and_taken_out_of_it_alone() {
    for git in Git::all() {
        let world = world().using(&git);
        world.write(".netrc", format!("machine a login x password y\nmachine hf.co login alice password {ALICE}\n"));
        world.write(".git-credentials", format!("https://x:y@a\nhttps://bob:{BOB}@huggingface.co\r\n#\n"));
        world.write(".config/git/credentials", format!("https://hf_user:{BOB}@hf.co:443"));
        world.git(&["init", "--quiet", "model"]).succeeded();
        world.git_in("model", &["remote", "add", "origin", &format!("https://{CAROL}@huggingface.co/a/b")]).succeeded();
        world.git_in("model", &["remote", "set-url", "--push", "origin", "git@hf.co:a/b"]).succeeded();
        let rule = format!("url.https://carol:{CAROL}@huggingface.co/.pushInsteadOf");
        world.git(&["config", "--global", &rule, "hub:"]).succeeded();
        world.git(&["config", "--global", "--add", "credential.helper", "cache"]).succeeded();
        let other = "protocol=https\nhost=a\nusername=x\npassword=y\n";
        let known = "protocol=https\nhost=huggingface.co\nusername=dave\npassword=hf_Dave\n";
        for request in [known, other] {
            world.git_fed(&["credential-cache", "store"], request).succeeded();
        }

        let said = world.git_in("model", &["credential-hf", "import", "--delete-source"]);
        said.succeeded();
        for token in [ALICE, BOB, CAROL, "hf_Dave"] {
            said.hides(token);
        }
        for (place, token) in [
            (".netrc", "hf_****Alic"),
            (".git-credentials", "hf_****BobB"),
            ("git/credentials", "hf_****BobB"),
            ("model/.git/config (remote.origin.url)", "hf_****Caro"),
            (".gitconfig (url.https://huggingface.co/.pushinsteadof)", "hf_****Caro"),
            ("git credential-cache", "hf_****"),
        ] {
            let shown = said.out();
            let mut lines = shown.lines().skip_while(|line| !line.contains(place)).skip(1);
            let line = lines.find(|line| line.contains(token)).unwrap_or_else(|| panic!("{place}: {said:?}"));
            assert!(line.contains("goes to the HF home as"), "{line}");
        }
        for (name, token) in [("alice", ALICE), ("bob", BOB), ("carol", CAROL), ("dave", "hf_Dave")] {
            get(&world, name, token);
        }
        assert_eq!(read(&world, ".netrc"), "machine a login x password y\n");
        assert_eq!(read(&world, ".git-credentials"), "https://x:y@a\n#\n");
        assert_eq!(read(&world, ".config/git/credentials"), "");
        let remotes = world.git_in("model", &["remote", "-v"]).out();
        assert!(remotes.contains("origin\thttps://carol@huggingface.co/a/b (fetch)"), "{remotes}");
        assert!(remotes.contains("origin\tgit@hf.co:a/b (push)"), "{remotes}");
        let config = read(&world, ".gitconfig");
        assert!(config.contains("[url \"https://carol@huggingface.co/\"]"), "{config}");
        assert!(config.contains("\tname = me\n"), "{config}");
        let cached = world.git_fed(&["credential-cache", "get"], "protocol=https\nhost=huggingface.co\n");
        cached.succeeded().hides("hf_Dave");
        assert_eq!(
            world.git_fed(&["credential-cache", "get"], "protocol=https\nhost=a\n").attribute("password").unwrap(),
            "y"
        );
        world.git_fed(&["credential-cache", "exit"], "").succeeded();
        let again = import(&world, &[]);
        assert_eq!(again.succeeded().out(), "no token of the Hub was found outside of the keychain\n");
    }
}

#[test]
fn a_dry_run_changes_nothing_and_neither_does_one_that_nobody_answers() {
    let world = world();
    let line = format!("https://bob:{BOB}@huggingface.co\n");
    world.write(".git-credentials", &line);
    let dry = import(&world, &["--dry-run"]);
    assert!(dry.succeeded().hides(BOB).out().ends_with("nothing was changed\n"), "{dry:?}");
    assert_eq!((read(&world, ".git-credentials"), world.read_stored_tokens()), (line.clone(), String::new()));
    import(&world, &[]).succeeded().says("--delete-source");
    get(&world, "bob", BOB);
    assert_eq!(read(&world, ".git-credentials"), line);
}

#[test]
fn no_token_takes_the_place_of_another() {
    let world = world();
    let known = format!("protocol=https\nhost=huggingface.co\nusername=bob\npassword={ALICE}\n");
    world.helper(&["store"], known).is_silent();
    let line = format!("https://bob:{BOB}@huggingface.co\n");
    world.write(".git-credentials", &line);
    let said = import(&world, &["--delete-source"]);
    assert!(said.succeeded().out().contains("stays where it is: bob has another token here"), "{said:?}");
    get(&world, "bob", ALICE);
    assert_eq!(read(&world, ".git-credentials"), line);
}

#[test]
fn whom_git_is_does_not_change() {
    let world = world().token(ALICE);
    let credentials = format!("https://bob:{BOB}@huggingface.co\nhttps://carol:{CAROL}@huggingface.co\n");
    world.write(".git-credentials", credentials);
    import(&world, &[]).succeeded();
    let asked = "protocol=https\nhost=huggingface.co\n";
    world.helper(&["get"], asked).answers("hf_user", ALICE);
    fs::remove_file(world.hf_home().join("token")).unwrap();
    world.helper(&["get"], asked).answers("bob", BOB);
    let known = format!("{asked}username=dave\npassword=hf_Dave\n");
    world.helper(&["store"], known).is_silent();
    world.helper(&["get"], asked).answers("dave", "hf_Dave");
}

#[test]
fn a_token_of_the_hf_home_is_not_copied_and_its_remote_asks_for_it_by_name() {
    let stored = format!("[work]\nhf_token = {BOB}\n\n");
    let world = world().stored_tokens(&stored);
    world.git(&["init", "--quiet", "model"]).succeeded();
    world.git_in("model", &["remote", "add", "origin", &format!("https://x:{BOB}@hf.co/a/b")]).succeeded();
    let said = world.git_in("model", &["credential-hf", "import", "--delete-source"]);
    assert!(said.succeeded().out().contains("is in the HF home already, as work"), "{said:?}");
    assert_eq!(world.read_stored_tokens(), stored);
    assert_eq!(world.git_in("model", &["remote", "get-url", "origin"]).out(), "https://work@hf.co/a/b\n");
}

#[test]
fn a_file_keeps_its_link_its_mode_and_its_other_bytes() {
    let world = world();
    let others = b"https://x:y@a\n\xff\n";
    let line = format!("https://bob:{BOB}@huggingface.co");
    world.write("dot/credentials", [&others[..], line.as_bytes()].concat());
    fs::set_permissions(world.home().join("dot/credentials"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("dot/credentials", world.home().join(".git-credentials")).unwrap();
    import(&world, &["--delete-source"]).succeeded();
    assert_eq!(fs::read(world.home().join("dot/credentials")).unwrap(), others);
    assert_eq!(fs::metadata(world.home().join("dot/credentials")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(world.home().join(".git-credentials").is_symlink());
    assert_eq!(fs::read_dir(world.home().join("dot")).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_taken_out_is_told_and_kept_all_the_same() {
    let world = world();
    let line = format!("https://bob:{BOB}@huggingface.co\n");
    world.write(".git-credentials", &line);
    world.write(".git-credentials.lock", "");
    world.write(".netrc", format!("machine hf.co login carol password {CAROL}\n"));
    let said = import(&world, &["--delete-source"]);
    said.failed().hides(BOB).says(".git-credentials.lock is there").says("not every token could be taken out");
    assert_eq!((read(&world, ".git-credentials"), read(&world, ".netrc")), (line, String::new()));
    get(&world, "bob", BOB);
    get(&world, "carol", CAROL);
}

#[test]
fn a_repository_is_read_and_never_obeyed() {
    let world = world();
    let mark = world.root().join("obeyed");
    let run = format!("!touch {}", mark.display());
    let script = world.home().join("script");
    world.write(&script, format!("#!/bin/sh\ntouch {}\n", mark.display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    world.git(&["init", "--quiet", "src/evil"]).succeeded();
    let fifo = world.home().join("src/evil/fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (script, fifo) = (script.display(), fifo.display());
    let config = format!(
        "[core]\n\tfsmonitor = {script}\n\tpager = {script}\n\teditor = {script}\n\tsshCommand = {script}\n\
         \thooksPath = {script}\n[credential]\n\thelper = {run}\n\thelper = {script}\n\thelper = cache\n\
         [alias]\n\tconfig = {run}\n\tcredential-cache = {run}\n[include]\n\tpath = {fifo}\n\
         [remote \"\x1b[2Jx\"]\n\turl = https://bob:{BOB}@huggingface.co/a/b\n\
         [remote \"y\"]\n\turl = https://bob:hf_Other@huggingface.co.evil.example/a/b\n\turl = ext::{script}\n"
    );
    world.write("src/evil/.git/config", &config);
    for path in ["src/config-fifo/.git", "src/loop/.git"] {
        world.git(&["init", "--quiet", path.strip_suffix("/.git").unwrap()]).succeeded();
        fs::remove_file(world.home().join(path).join("config")).unwrap();
    }
    let fifo = world.home().join("src/config-fifo/.git/config");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    symlink("config", world.home().join("src/loop/.git/config")).unwrap();
    for (directory, options, status) in [("", &["--tree", "src"][..], 1), ("src/evil", &[], 0)] {
        let mut command = world.command("git-credential-hf");
        command.current_dir(world.home().join(directory)).args(["import", "--dry-run"]).args(options);
        let said = finish_within(Duration::from_secs(30), command, b"");
        assert_eq!(said.status, Some(status), "{said:?}");
        said.hides(BOB).hides("hf_Other").hides("\x1b[2J");
        assert!(said.out().contains(r"src/evil/.git/config (remote.\u{1b}[2Jx.url)"), "{said:?}");
        assert!(!said.out().contains("evil.example"), "{said:?}");
    }
    let told = import(&world, &["--tree", "src", "--delete-source"]);
    told.failed().says("config-fifo/.git/config: it is not a regular file").says("not every place could be read");
    let cleaned = config.replace(&format!("bob:{BOB}@"), "bob@");
    assert_eq!(read(&world, "src/evil/.git/config"), cleaned);
    assert!(!mark.exists(), "the repository was obeyed");
    get(&world, "bob", BOB);
}

#[test]
fn an_imported_name_is_known() {
    let world = world().token(ALICE);
    world.write(".git-credentials", format!("https://bob:{BOB}@huggingface.co\n"));
    import(&world, &["--delete-source"]).succeeded();
    assert!(world.read_stored_tokens().contains(BOB));
    // what holds it cannot be read any more
    world.write(world.hf_home().join("stored_tokens"), "");
    let bob = "protocol=https\nhost=huggingface.co\nusername=bob\n";
    world.helper(&["get"], bob).refused().says("no token named bob").hides(ALICE);
}
