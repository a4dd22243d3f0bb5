//! Once the helper has answered, its memory holds nothing of the token, and while it works nobody may look into it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;

use crate::keyring::{Day, Keyring};
use crate::rig::{World, finish};

const HUB: &str = "protocol=https\nhost=huggingface.co\n";

/// No part of it is in any other.
const TOKEN: &str = "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";

/// A world in which the helper leaves all its memory in a file when its main has returned.
fn watched(world: World) -> (World, PathBuf) {
    let library = world.root().join("memory.so");
    let mut cc = world.command("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/memory.c"));
    finish(cc, b"").succeeded();
    let dump = world.root().join("memory");
    (world.env("LD_PRELOAD", library).env("MEMORY_DUMP", &dump), dump)
}

/// Whether the helper is left with a part of the token, or of what it becomes in an answer.
fn is_left(world: &World, dump: &PathBuf, arguments: &[&str], request: &str) -> bool {
    assert_eq!(world.helper(arguments, request).signal, None);
    let memory = fs::read(dump).expect("what it left");
    fs::remove_file(dump).expect("read");
    let credential = BASE64_STANDARD.encode(format!("hf_user:{TOKEN}"));
    let parts = [TOKEN, &credential["aGZfdXNlcjpo".len()..]].map(|form| form.as_bytes().windows(10));
    parts.into_iter().flatten().any(|part| memmem::find(&memory, part).is_some())
}

#[test]
#[ignore = "needs a C compiler; tests/run.sh installs one"]
fn nothing_of_the_token_is_left_but_what_the_environment_brought() {
    let (world, dump) = watched(World::new());
    let asked = |rest: &str| format!("{HUB}{rest}");
    let clean = |world: &World, arguments: &[&str], rest: &str| {
        assert!(!is_left(world, &dump, arguments, &asked(rest)), "{arguments:?} {rest}");
    };
    let with_password = format!("username=alice\npassword={TOKEN}\n");

    clean(&world, &["store"], &with_password);
    clean(&world, &["get"], "");
    clean(&world, &["erase"], &with_password);
    clean(&world, &["--token-command", "cat ~/.secret", "get"], "");

    let world = world.token(TOKEN).stored_tokens(&format!("[work]\nhf_token = {TOKEN}\n[other]\nhf_token = test1\n"));
    world.write(".secret", TOKEN);
    for rest in ["", "capability[]=authtype\n", "capability[]=authtype\ncapability[]=state\nusername=work\n"] {
        clean(&world, &["get"], rest);
    }
    clean(&world, &["--token-command", "cat ~/.secret", "get"], "capability[]=authtype\n");
    clean(&world, &["erase"], &with_password);
    // now there is a refusal to compare it with
    clean(&world, &["get"], "");

    fs::remove_dir_all(world.home().join(".local")).expect("the refusal");
    let world = world.env("HF_TOKEN", TOKEN);
    assert!(is_left(&world, &dump, &["get"], HUB), "nothing is ever found");
}

#[test]
#[ignore = "needs a C compiler and gnome-keyring; tests/run.sh installs them"]
fn nothing_of_the_keychains_token_is_left() {
    let keyring = Keyring::on(Day::Unlocked);
    let (world, dump) = watched(World::new().env("DBUS_SESSION_BUS_ADDRESS", keyring.address()));
    let with_password = format!("{HUB}username=alice\npassword={TOKEN}\n");
    for (operation, request) in [
        ("store", &*with_password),
        ("get", HUB),
        ("get", &format!("{HUB}username=alice\n")),
        ("erase", &with_password),
    ] {
        assert_eq!(keyring.contents().contains(TOKEN), operation != "store", "it did not go through the keychain");
        assert!(!is_left(&world, &dump, &[operation], request), "{operation}");
    }
}

#[test]
#[ignore = "needs procfs, as the other tests here"]
fn nobody_but_root_may_look_into_a_helper_at_work() {
    let world = World::new();
    // root's processes belong to root anyway, so it is played by another user, who can reach it
    let program = world.root().join("helper");
    fs::copy(env!("CARGO_BIN_EXE_git-credential-hf"), &program).expect("a copy");
    fs::set_permissions(world.root(), fs::Permissions::from_mode(0o755)).expect("its owner's");
    let mut helper = world.command(&program);
    helper.arg("get").current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    if nix::unistd::geteuid().is_root() {
        helper.uid(65534);
    }
    let mut helper = helper.spawn().expect("it starts");
    let started = Instant::now();
    let memory = format!("/proc/{}/mem", helper.id());
    // it waits for its request; what may be dumped or looked into belongs to its user
    while fs::metadata(&memory).expect("procfs").uid() != 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "it is its user's to look into");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(helper.stdin.take());
    assert!(helper.wait().expect("its end").success());
}
