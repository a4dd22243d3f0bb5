//! Root with a user's HOME, as `sudo -E` has it: what is the user's stays the user's, and what is not is left alone. Where the
//! tests are no root's, both are one user, and links are followed.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const TEXT: &str = "[a]\nhf_token = test2\n\n[git:bob@huggingface.co]\nhf_token = test3\nusername = bob\n\
                    host = huggingface.co\ngit_stored_at = 1\n";

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The user, whose number is nobody's where the tests are root's.
fn user() -> u32 {
    if is_root() { 65534 } else { nix::unistd::geteuid().as_raw() }
}

/// Gives a tree to the user.
fn give(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        fs::read_dir(path).expect("a directory").flatten().for_each(|entry| give(&entry.path()));
    }
    lchown(path, Some(user()), Some(user())).expect("given");
}

/// Each command that writes, and what it reads.
fn commands() -> [(&'static [&'static str], String); 5] {
    [
        (&["store"], format!("{ASK}username=eve\npassword=test1\n")),
        (&["erase"], format!("{ASK}username=bob\npassword=test3\n")),
        (&["login", "--with-token", "--no-verify", "--no-setup", "--hf"], "test1".to_owned()),
        (&["switch", "a"], String::new()),
        (&["logout", "a"], String::new()),
    ]
}

/// The names in a directory.
fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).expect("a directory").flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

/// A user's home whose HF home leads, by a link of the user's, to files in a directory that is root's.
fn led_astray(link: fn(&World, &Path)) -> (World, PathBuf) {
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    let elsewhere = world.root().join("etc");
    fs::create_dir(&elsewhere).expect("root's directory");
    for name in ["token", "stored_tokens"] {
        fs::write(elsewhere.join(name), if name == "token" { "test2" } else { TEXT }).expect("root's file");
        fs::set_permissions(elsewhere.join(name), Permissions::from_mode(0o644)).expect("its mode");
    }
    link(&world, &elsewhere);
    give(&world.home());
    (world, elsewhere)
}

#[test]
fn no_link_of_a_users_leads_root_out_of_the_users_files() {
    let links: [fn(&World, &Path); 2] = [
        |world, elsewhere| {
            fs::create_dir_all(world.hf_home()).expect("the HF home");
            for name in ["token", "stored_tokens"] {
                symlink(elsewhere.join(name), world.hf_home().join(name)).expect("a link");
            }
        },
        |world, elsewhere| {
            fs::create_dir_all(world.home().join(".cache")).expect("the cache");
            symlink(elsewhere, world.hf_home()).expect("a link");
        },
    ];
    for link in links {
        for (arguments, input) in commands() {
            let (world, elsewhere) = led_astray(link);
            let reply = world.helper(arguments, &input);
            if !is_root() {
                reply.succeeded();
                continue;
            }
            reply.refused().says("root does not follow it");
            assert_eq!(names(&elsewhere), ["stored_tokens", "token"], "{arguments:?}: something is left there");
            assert!(!world.hf_home().join("stored_tokens.lock").exists(), "{arguments:?}: a lock of nothing");
            for (name, text) in [("token", "test2"), ("stored_tokens", TEXT)] {
                let about = fs::metadata(elsewhere.join(name)).expect("it is there");
                assert_eq!((about.uid(), about.mode() & 0o777), (0, 0o644), "{arguments:?} {name}");
                assert_eq!(fs::read_to_string(elsewhere.join(name)).expect("text"), text, "{arguments:?}");
            }
        }
    }
}

#[test]
fn what_root_writes_among_a_users_files_is_the_users_links_included() {
    for is_linked in [false, true] {
        for (arguments, input) in commands() {
            let world = World::new().token("test4").stored_tokens(TEXT).env("HF_HUB_OFFLINE", "1");
            if is_linked {
                let dotfiles = world.home().join("dotfiles");
                fs::rename(world.hf_home(), &dotfiles).expect("moved");
                fs::create_dir(world.hf_home()).expect("the HF home");
                for name in ["token", "stored_tokens"] {
                    symlink(dotfiles.join(name), world.hf_home().join(name)).expect("a link");
                }
            }
            give(&world.home());
            world.helper(arguments, &input).succeeded();
            let mut find = world.command("find");
            find.args([".cache", "dotfiles", "!", "-uid", &user().to_string()]);
            let found = crate::rig::finish(find, b"").out();
            assert!(found.is_empty(), "{arguments:?}: {found}");
        }
    }
}

#[test]
fn a_link_to_another_users_file_is_refused_before_a_lock_is_made_beside_it() {
    if !is_root() {
        // nobody else's file is to be had
        return;
    }
    let world = World::new();
    let elsewhere = world.root().join("theirs");
    fs::create_dir(&elsewhere).expect("a directory");
    fs::set_permissions(&elsewhere, Permissions::from_mode(0o777)).expect("for all to write");
    fs::write(elsewhere.join("stored_tokens"), TEXT).expect("theirs");
    lchown(elsewhere.join("stored_tokens"), Some(1), Some(1)).expect("given");
    fs::create_dir_all(world.hf_home()).expect("the HF home");
    symlink(elsewhere.join("stored_tokens"), world.hf_home().join("stored_tokens")).expect("a link");
    give(&world.home());
    fs::set_permissions(world.root(), Permissions::from_mode(0o755)).expect("to be entered");
    let program = world.root().join("bin/git-credential-hf");
    fs::copy(env!("CARGO_BIN_EXE_git-credential-hf"), &program).expect("a copy that the user may run");
    let mut store = world.command(&program);
    std::os::unix::process::CommandExt::uid(&mut store, user());
    store.arg("store").current_dir("/");
    let input = format!("{ASK}username=eve\npassword=test1\n");
    crate::rig::finish(store, input.as_bytes()).refused().says("permission denied");
    assert_eq!(names(&elsewhere), ["stored_tokens"]);
}

/// A line of a file of `git credential-store`.
const LINE: &str = "https://bob:hf_BobBobBobBobBobB@huggingface.co\n";

#[test]
fn root_writes_no_file_of_a_users_and_follows_none_of_the_users_links() {
    if !is_root() {
        // nobody else's file is to be had
        return;
    }
    let import = |world: &World| world.helper(&["import", "--delete-source"], "");
    // the user's own file
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    world.write(".git-credentials", LINE);
    give(&world.home());
    import(&world).failed().says("it is another user's file (run this as that user)");
    assert_eq!(fs::read_to_string(world.home().join(".git-credentials")).expect("there"), LINE);
    // a link of the user's to a file of root's
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    let elsewhere = world.root().join("etc");
    fs::create_dir(&elsewhere).expect("root's directory");
    fs::write(elsewhere.join("file"), LINE).expect("root's file");
    symlink(elsewhere.join("file"), world.home().join(".git-credentials")).expect("a link");
    give(&world.home());
    import(&world).failed().says("root does not follow it");
    assert_eq!(fs::read_to_string(elsewhere.join("file")).expect("there"), LINE);
    assert_eq!(names(&elsewhere), ["file"], "a lock, or a file of ours");
    // root's own
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    world.write(".git-credentials", LINE);
    import(&world).succeeded();
    assert_eq!(fs::read_to_string(world.home().join(".git-credentials")).expect("there"), "");
}

#[test]
fn gits_configuration_stays_the_users_where_root_writes_it() {
    for is_there in [false, true] {
        let world = World::new().env("HF_HUB_OFFLINE", "1");
        if is_there {
            world.write(".gitconfig", "[user]\n\tname = x\n");
            fs::set_permissions(world.home().join(".gitconfig"), Permissions::from_mode(0o640)).expect("its mode");
        }
        give(&world.home());
        for words in [&["setup"][..], &["bind", "acme", "work"], &["unbind", "acme"]] {
            world.helper(words, "").succeeded();
            let mut find = world.command("find");
            find.args([".", "-name", ".local", "-prune", "-o", "!", "-uid", &user().to_string(), "-print"]);
            let found = crate::rig::finish(find, b"").out();
            assert!(found.is_empty(), "{words:?}: {found}");
            let mode = fs::metadata(world.home().join(".gitconfig")).expect("it is there").mode() & 0o777;
            assert_eq!(mode, if is_there { 0o640 } else { 0o644 }, "{words:?}");
        }
        world.helper(&["unsetup"], "").succeeded();
        assert_eq!(world.home().join(".gitconfig").exists(), is_there);
    }
}

#[test]
fn no_link_of_a_users_has_root_write_another_configuration() {
    const NAMES: [&str; 2] = [".gitconfig", ".config/git-credential-hf/gitconfig"];
    if !is_root() {
        // links are followed then
        return;
    }
    for name in NAMES {
        let world = World::new();
        let elsewhere = world.root().join("etc");
        fs::create_dir(&elsewhere).expect("root's directory");
        fs::write(elsewhere.join("file"), "[user]\n").expect("root's file");
        let link = world.home().join(name);
        fs::create_dir_all(link.parent().expect("a directory")).expect("made");
        symlink(elsewhere.join("file"), &link).expect("a link");
        give(&world.home());
        world.helper(&["setup"], "").refused().says("root does not follow it");
        assert_eq!(fs::read_to_string(elsewhere.join("file")).expect("there"), "[user]\n");
        assert_eq!(names(&elsewhere), ["file"]);
    }
}
