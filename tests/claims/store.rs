//! What git may have us keep, where there is no keychain: sections of ours beside those of `hf`.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn theirs() -> String {
    format!("# mine\n[a]\n; yes\nHF_Token: {A}\nnote = kept % $x\n\n[b]\nhf_token = {B}\n\n")
}

#[test]
fn what_others_own_is_never_copied() {
    let world = World::new()
        .token(A)
        .stored_tokens(&theirs())
        .env("HF_TOKEN", "hf_env")
        .env("HUGGING_FACE_HUB_TOKEN", "hf_old");
    for token in [A, B, "hf_env", "hf_old"] {
        world.helper(&["store"], format!("{ASK}username=bob\npassword={token}\n")).is_silent();
    }
    assert_eq!(world.read_stored_tokens(), theirs());
}

#[test]
fn what_is_not_to_be_kept_is_not_kept() {
    for rest in [
        "username=bob\n",
        "password=test1\n",
        "username=\npassword=test1\n",
        "username=bob\npassword=\n",
        "username=bob\npassword=test1\nephemeral=1\n",
        "username=bob\npassword=test1\nephemeral=true\n",
        "username=bob\npassword=test1\ncapability[]=state\nstate[]=hf:environment\n",
        "authtype=Bearer\ncredential=test1\n",
        "username=bob\nauthtype=Basic\ncredential=Ym9iOnRlc3Qx\nephemeral=1\n",
        "",
    ] {
        let world = World::new();
        world.helper(&["store"], format!("{ASK}{rest}")).is_silent();
        assert!(!world.hf_home().exists(), "{rest}");
    }
    let world = World::new();
    world.helper(&["store"], "protocol=https\nhost=evil.example\nusername=bob\npassword=test1\n").is_silent();
    assert!(!world.hf_home().exists());
    // another helper's state is none of ours
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\nstate[]=osxkeychain:seen=1\n")).is_silent();
    world.helper(&["get"], ASK).answers("bob", "test1");
}

#[test]
fn everything_else_in_the_file_stays_byte_for_byte() {
    let world = World::new().stored_tokens(&theirs());
    for (username, password) in [("bob", "test1"), ("alice", "test2"), ("bob", "test3")] {
        world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
        assert!(world.read_stored_tokens().starts_with(&theirs()));
    }
    world.helper(&["get"], format!("{ASK}username=bob\n")).answers("bob", "test3");
    world.helper(&["erase"], ASK).is_silent();
    assert_eq!(world.read_stored_tokens(), theirs());
}

#[test]
fn keys_and_comments_others_put_into_our_section_stay() {
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    let text =
        world.read_stored_tokens().replace("username = bob\n", "username = bob\n# why\nnote = kept\n  and this\n");
    let world = world.stored_tokens(&text);
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test2\n")).is_silent();
    assert!(world.read_stored_tokens().contains("# why\nnote = kept\n  and this\n"), "{}", world.read_stored_tokens());
    world.helper(&["get"], ASK).answers("bob", "test2");
    world.helper(&["erase"], ASK).is_silent();
    assert_eq!(world.read_stored_tokens(), "# why\n");
}

#[test]
fn an_entry_that_is_already_so_is_not_written() {
    let world = World::new();
    let request = format!("{ASK}username=bob\npassword=test1\npassword_expiry_utc=9999999999\noauth_refresh_token=r\n");
    world.helper(&["store"], &request).is_silent();
    let file = world.hf_home().join("stored_tokens");
    let inode = |path| std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap());
    let before = (inode(&file), world.read_stored_tokens());
    world.helper(&["store"], &request).is_silent();
    assert_eq!((inode(&file), world.read_stored_tokens()), before);
    world.helper(&["store"], request.replace("9999999999", "9999999998")).is_silent();
    assert_ne!(world.read_stored_tokens(), before.1);
}

#[test]
fn no_username_or_password_is_refused_and_no_two_become_one() {
    let usernames = [
        "bob",
        "Bob",
        "bob@example.com",
        "a b",
        " a",
        "a ",
        "é",
        "a]b",
        "[x]",
        "%41",
        "A",
        "a%",
        "a\tb",
        "\u{a0}",
        "a=b:c",
        "#",
        "DEFAULT",
        "\u{2028}x",
        "\u{85}",
    ];
    let passwords = ["test1", " test1", "test1 ", "#x", "a=b", "%25", "%", "x\ty", "é", "\u{85}p", "[s]"];
    let world = World::new().stored_tokens(&theirs());
    for (position, username) in usernames.iter().enumerate() {
        let password = format!("{position}{}", passwords[position % passwords.len()]);
        world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
    }
    for (position, username) in usernames.iter().enumerate() {
        let password = format!("{position}{}", passwords[position % passwords.len()]);
        world.helper(&["get"], format!("{ASK}username={username}\n")).answers(username, &password);
    }
    for password in passwords {
        world.helper(&["store"], format!("{ASK}username=bob\npassword={password}\n")).is_silent();
        world.helper(&["get"], format!("{ASK}username=bob\n")).answers("bob", password);
    }
    for username in usernames {
        world.helper(&["erase"], format!("{ASK}username={username}\n")).is_silent();
    }
    assert_eq!(world.read_stored_tokens(), theirs());
}

#[test]
fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    let mode = |name: &str| std::fs::metadata(world.hf_home().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("stored_tokens"), mode(".")), (0o600, 0o700));
    let left: Vec<_> = std::fs::read_dir(world.hf_home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn no_umask_opens_or_locks_them() {
    use std::os::unix::fs::PermissionsExt as _;
    for umask in ["000", "777"] {
        let world = World::new();
        let store = format!("umask {umask}; printf '{ASK}username=bob\npassword=test1\n' | git-credential-hf store");
        let mut command = world.command("sh");
        command.args(["-c", &store]);
        crate::rig::finish(command, b"").is_silent();
        let mode = |path: &str| std::fs::metadata(world.home().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(".cache"), mode(".cache/huggingface")), (0o700, 0o700), "{umask}");
        assert_eq!(mode(".cache/huggingface/stored_tokens"), 0o600, "{umask}");
        assert_eq!(mode(".cache/huggingface/stored_tokens.lock") & 0o700, 0o600, "{umask}");
    }
}

#[test]
fn what_a_killed_process_left_behind_is_swept_out() {
    let world = World::new().stored_tokens(&theirs());
    let (old, new) =
        (world.hf_home().join(".git-credential-hf.oldold"), world.hf_home().join(".git-credential-hf.newnew"));
    for left in [&old, &new] {
        std::fs::write(left, "[a]").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    let alive = std::fs::File::options().write(true).open(&new).unwrap();
    alive.lock().unwrap();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    assert!(!old.exists() && new.exists());
}

#[test]
fn a_link_stays_a_link() {
    let world = World::new();
    world.write("elsewhere/tokens", theirs());
    std::fs::create_dir_all(world.hf_home()).unwrap();
    let link = world.hf_home().join("stored_tokens");
    std::os::unix::fs::symlink("../../elsewhere/tokens", &link).unwrap();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    assert!(link.is_symlink());
    assert!(
        std::fs::read_to_string(world.home().join("elsewhere/tokens")).unwrap().contains("[git:bob@huggingface.co]")
    );
    std::fs::remove_file(world.home().join("elsewhere/tokens")).unwrap();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test2\n")).refused();
}

#[test]
fn a_file_that_stands_in_the_way_of_the_hf_home_gets_one_line() {
    let world = World::new();
    world.write(".cache", "not a directory");
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).refused().hides("test1");
    world.helper(&["get"], ASK).answers_nobody();
    world.helper(&["erase"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
}

#[test]
fn what_killed_processes_left_goes_with_the_next_write_and_where_a_refresh_is_due() {
    let due = format!("[a]\nhf_token = {A}\nrefresh_token = r\nexpires_at = 9\n\n");
    let label = "0".repeat(64);
    for (args, input) in [("store", format!("{ASK}username=bob\npassword=test1\n")), ("get", ASK.to_owned())] {
        let world = World::new().token(A).stored_tokens(&due).env("HF_HUB_OFFLINE", "1");
        let names =
            [".git-credential-hf.abc", &format!(".git-credential-hf.{label}.abc"), ".git-credential-hfx", "abc"];
        let home = world.hf_home();
        for name in names {
            world.write(home.join(name), "x");
            let file = File::options().write(true).open(home.join(name)).expect("ours");
            file.set_modified(SystemTime::now() - Duration::from_secs(90)).expect("dated");
        }
        world.write(home.join(".git-credential-hf.new"), "x");
        let alive = File::options().write(true).open(home.join(".git-credential-hf.new")).expect("ours");
        alive.lock().expect("as a process holds it that is at work");
        world.helper(&[args], input);
        let left = |name: &str| home.join(name).exists();
        assert_eq!(names.map(left), [false, false, true, true], "{args}");
        assert!(left(".git-credential-hf.new"), "somebody may be writing it");
    }
}

#[test]
fn a_hard_link_ends_and_each_home_has_all_that_was_stored_through_it() {
    let world = World::new().stored_tokens(&theirs());
    let second = world.home().join("second");
    std::fs::create_dir(&second).unwrap();
    std::fs::hard_link(world.hf_home().join("stored_tokens"), second.join("stored_tokens")).unwrap();
    for user in 0..4 {
        let mut store = world.command("git-credential-hf");
        store.arg("store").env("HF_HOME", if user % 2 == 0 { world.hf_home() } else { second.clone() });
        crate::rig::finish(store, format!("{ASK}username=u{user}\npassword=p\n").as_bytes()).is_silent();
    }
    let there = std::fs::read_to_string(second.join("stored_tokens")).unwrap();
    for (kept, users) in [(world.read_stored_tokens(), [0, 2]), (there, [1, 3])] {
        assert!(kept.starts_with(&theirs()), "{kept}");
        assert!(users.iter().all(|user| kept.contains(&format!("[git:u{user}@huggingface.co]"))), "{kept}");
        assert_eq!(kept.matches("[git:").count(), 2, "{kept}");
    }
}
