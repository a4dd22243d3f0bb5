//! A home that others share, or that is another user's: nobody is told to take it. Where the tests are no root's, there is
//! only one user, and nothing to see.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::findings::codes;
use crate::rig::{Reply, World, finish};
use crate::status::{A, B, HELPER, all, text};

/// Nobody's number.
const SECOND: u32 = 65534;

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A home of the second user, and one that the first shares with a group: `shared`.
fn world() -> (World, PathBuf) {
    let world = World::new().global_config(HELPER).env("HF_HUB_OFFLINE", "1");
    let shared = world.root().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("token"), A).unwrap();
    fs::write(shared.join("stored_tokens"), format!("[laptop]\nhf_token = {A}\n")).unwrap();
    for (path, mode) in [
        (world.root().to_owned(), 0o755),
        (shared.clone(), 0o2775),
        (shared.join("token"), 0o600),
        (shared.join("stored_tokens"), 0o600),
    ] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    for path in [world.home(), world.home().join(".gitconfig")] {
        lchown(path, Some(SECOND), Some(SECOND)).unwrap();
    }
    let world = world.env("HF_HOME", &shared);
    (world, shared)
}

fn as_second(world: &World, script: &str) -> Reply {
    let mut command = world.command("bash");
    command.arg("-c").arg(script).uid(SECOND).gid(SECOND);
    let reply = finish(command, b"");
    reply.hides(A).hides(B);
    reply
}

fn json_of(reply: &Reply) -> Value {
    let out = reply.out();
    let line = out.lines().rfind(|line| line.starts_with('{'));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{reply:?}"))).expect("JSON")
}

#[test]
fn the_second_user_of_a_shared_home_is_told_of_a_place_of_their_own() {
    if !is_root() {
        return;
    }
    let (world, shared) = world();
    let said = json_of(&as_second(&world, "git-credential-hf doctor --json"));
    let found: Vec<_> = all(&said, "checks").iter().filter(|found| text(found, "name") == "HF home").collect();
    let codes_of: Vec<_> = found.iter().map(|found| text(found, "code")).collect();
    assert_eq!(codes_of, ["hf_home_others"; 2], "{said:#}");
    assert!(!said.to_string().contains("chown") && !said.to_string().contains("chmod"), "{said:#}");
    // the remedy, with a token where a person would paste it
    let remedy = text(found[0], "remedy");
    let export = remedy.strip_suffix(" && git-credential-hf login").unwrap_or_else(|| panic!("{remedy}"));
    assert!(export.starts_with("export HF_TOKEN_PATH=/"), "{remedy}");
    let login = "printf hf_BBBBBBBBBBBBBBBBBBBB | git-credential-hf login --with-token --no-verify --no-setup --hf >&2";
    let both = as_second(&world, &format!("{export} && {login} && git-credential-hf doctor --json"));
    let left = json_of(&both);
    assert!(!codes(&left, "checks").contains(&"hf_home_others"), "{left:#}");
    assert!(codes(&left, "checks").iter().all(|code| !code.starts_with("token_")), "{left:#}");
    assert_eq!(fs::read_to_string(shared.join("token")).unwrap(), A);
}

#[test]
fn a_home_that_is_shared_with_a_group_is_left_as_it_is() {
    let (world, _) = world_of_owner();
    let said: Value = serde_json::from_str(&world.helper(&["doctor", "--json"], "").out()).unwrap();
    let about: Vec<_> = all(&said, "checks").iter().filter(|found| text(found, "name") == "HF home").collect();
    assert_eq!((about.len(), text(about[0], "code")), (1, "hf_home_private"), "{said:#}");
}

fn world_of_owner() -> (World, PathBuf) {
    let world = World::new().global_config(HELPER).env("HF_HUB_OFFLINE", "1").token(A);
    let home = world.hf_home();
    fs::set_permissions(home.join("token"), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(0o2775)).unwrap();
    (world, home)
}

#[test]
fn an_empty_token_file_holds_no_tokens() {
    let (world, home) = world_of_owner();
    fs::write(home.join("token"), "").unwrap();
    fs::set_permissions(home.join("token"), Permissions::from_mode(0o644)).unwrap();
    let said = world.helper(&["doctor"], "").out();
    assert!(!said.contains("holds tokens"), "{said}");
}

#[test]
fn a_home_of_another_user_is_what_is_said_before_all_that_follows_from_it() {
    if !is_root() {
        return;
    }
    let (world, shared) = world();
    fs::set_permissions(&shared, Permissions::from_mode(0o700)).unwrap();
    let world = world.env("HOME", &shared).without("HF_HOME");
    let said = json_of(&as_second(&world, "cd /; git-credential-hf doctor --json"));
    let about: Vec<_> = all(&said, "checks").iter().filter(|found| text(found, "name") == "HF home").collect();
    assert_eq!((about.len(), text(about[0], "code")), (1, "home_of_another"), "{said:#}");
    assert!(text(about[0], "message").contains("HOME is another user's"), "{said:#}");
}
