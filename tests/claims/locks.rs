//! The lock beside `stored_tokens` is its owner's: whoever may open it may hold it, and keep git waiting.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::rig::World;

const BOB: &str = "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

#[test]
fn a_lock_that_others_may_open_is_tightened_and_one_in_a_home_that_a_group_shares_is_left() {
    for (directory, before, after) in [
        (0o755, 0o644, 0o600),
        (0o755, 0o604, 0o600),
        // as hf makes it under any umask
        (0o755, 0o664, 0o600),
        (0o755, 0o666, 0o600),
        (0o775, 0o664, 0o664),
        (0o777, 0o666, 0o666),
    ] {
        let world = World::new();
        let lock = world.hf_home().join("stored_tokens.lock");
        world.write(&lock, "");
        fs::set_permissions(world.hf_home(), Permissions::from_mode(directory)).expect("as a group shares it");
        fs::set_permissions(&lock, Permissions::from_mode(before)).expect("as hf makes it");
        world.helper(&["store"], BOB).is_silent();
        assert_eq!(mode(&lock), after, "{before:o} in {directory:o}");
    }
}

#[test]
fn a_lock_that_is_ours_alone_is_so_whatever_the_umask() {
    let world = World::new();
    world.helper(&["store"], BOB).is_silent();
    assert_eq!(mode(&world.hf_home().join("stored_tokens.lock")), 0o600);
}

#[test]
fn what_is_a_lock_by_another_name_only_keeps_its_mode() {
    let world = World::new();
    let (file, lock) = (world.home().join("notes"), world.hf_home().join("stored_tokens.lock"));
    world.write(&file, "mine\n");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("for all to read");
    fs::create_dir_all(world.hf_home()).expect("the HF home");
    fs::hard_link(&file, &lock).expect("another name");
    world.helper(&["store"], BOB).is_silent();
    assert_eq!(mode(&file), 0o644);
}
