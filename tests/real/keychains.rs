//! The system keychain for real: what it keeps, and each of its bad days told apart and bounded.

mod waits;

use std::time::Duration;

use crate::hub::{File, Repository};
use crate::keyring::{BAD_DAYS, Day, Keyring};
use crate::rig::{Git, Reply, World};
use crate::scene::{ALICE, BOB, READER, Scene};

const HUB: &str = "protocol=https\nhost=huggingface.co\n";

/// Far more than the helper allows itself, far less than a hang.
const BOUND: Duration = Duration::from_secs(10);

/// A world with a keychain on such a day.
fn on(day: Day) -> (World, Keyring) {
    let keyring = Keyring::on(day);
    let world = World::new().env("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    (world, keyring)
}

fn store(world: &World, username: &str, token: &str) -> Reply {
    world.helper(&["store"], format!("{HUB}username={username}\npassword={token}\n"))
}

fn get(world: &World, username: &str) -> Reply {
    world.helper(&["get"], format!("{HUB}username={username}\n"))
}

#[track_caller]
fn soon(reply: &Reply) -> &Reply {
    assert!(reply.took < BOUND, "{reply:?}");
    reply
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_keeps_one_entry_for_each_host_and_username() {
    let (world, keyring) = on(Day::Unlocked);
    store(&world, "alice", ALICE).is_silent();
    store(&world, "bob", BOB).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    get(&world, "bob").answers("bob", BOB);
    get(&world, "carol").answers_nobody().says("carol");
    let kept = keyring.contents();
    assert_eq!(kept.matches(ALICE).count(), 1, "{kept}");
    assert!(kept.contains("attribute.username = alice"), "{kept}");
    assert_eq!(world.read_stored_tokens(), "", "a second copy");

    let other = "protocol=https\nhost=hub.example\n";
    let wider = world.env("HF_ENDPOINT", "https://hub.example");
    wider.helper(&["get"], other).answers_nobody();
    let known = format!("{other}username=alice\npassword={BOB}\n");
    wider.helper(&["store"], known).is_silent();
    wider.helper(&["get"], other).answers("alice", BOB);
    get(&wider, "alice").answers("alice", ALICE);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_replaces_and_erases_on_an_equal_secret_only() {
    let (world, keyring) = on(Day::Unlocked);
    store(&world, "alice", BOB).is_silent();
    store(&world, "alice", ALICE).is_silent();
    assert!(!keyring.contents().contains(BOB), "added, not replaced");
    let erase = |rest: &str| world.helper(&["erase"], format!("{HUB}{rest}"));
    erase(&format!("username=alice\npassword={BOB}\n")).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    erase(&format!("username=alice\npassword={ALICE}\n")).is_silent();
    get(&world, "alice").refused().says("login --name alice");
    assert!(!keyring.contents().contains(ALICE), "still there");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_keeps_expiry_and_refresh_token() {
    let (world, _keyring) = on(Day::Unlocked);
    let known =
        format!("{HUB}username=alice\npassword={ALICE}\npassword_expiry_utc=9999999999\noauth_refresh_token=refresh\n");
    world.helper(&["store"], known).is_silent();
    let answer = get(&world, "alice");
    answer.answers("alice", ALICE);
    let expiry = answer.attribute("password_expiry_utc");
    assert_eq!(expiry.as_deref(), Some("9999999999"));
    let refresh = answer.attribute("oauth_refresh_token");
    assert_eq!(refresh.as_deref(), Some("refresh"));

    let expired = format!("{HUB}username=bob\npassword={BOB}\npassword_expiry_utc=1000000000\n");
    world.helper(&["store"], expired).is_silent();
    get(&world, "bob").refused().says("bob has expired");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keyring_without_a_password_keeps_all_of_it_and_what_is_beside_it() {
    let day = Day::WithoutPassword;
    let (world, mut keyring) = on(day);
    keyring.put_by_another_program("alice", BOB);
    let known = "username=alice\npassword_expiry_utc=9999999999\noauth_refresh_token=refresh\n";
    world.helper(&["store"], format!("{HUB}{known}password={ALICE}\n")).is_silent();
    let before = get(&world, "alice");
    keyring.restart(day);
    for answer in [before, get(&world, "alice"), world.helper(&["get"], HUB)] {
        answer.answers("alice", ALICE);
        assert_eq!(answer.attribute("password_expiry_utc").as_deref(), Some("9999999999"));
        assert_eq!(answer.attribute("oauth_refresh_token").as_deref(), Some("refresh"));
    }
    assert!(keyring.contents().contains(BOB), "another's item is gone");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keyring_without_a_password_is_opened_by_whoever_comes_first() {
    let day = Day::WithoutPassword;
    let (world, mut keyring) = on(day);
    for (username, token) in [("alice", ALICE), ("bob", BOB)] {
        store(&world, username, token).is_silent();
        assert_eq!(world.read_stored_tokens(), "", "kept elsewhere");
        keyring.restart(day);
    }
    get(&world, "alice").answers("alice", ALICE);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn nobody_requested_is_answered_with_the_newest() {
    let (world, _keyring) = on(Day::Unlocked);
    for (username, token) in [("alice", ALICE), ("bob", BOB)] {
        store(&world, username, token).is_silent();
        // whatever the clock's grain, the later one is later
        std::thread::sleep(Duration::from_millis(1100));
    }
    world.helper(&["get"], HUB).answers("bob", BOB);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn an_item_of_another_program_is_left_alone() {
    let (world, keyring) = on(Day::Unlocked);
    keyring.put_by_another_program("alice", BOB);
    store(&world, "alice", ALICE).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    world.helper(&["erase"], HUB).is_silent();
    get(&world, "alice").answers_nobody();
    let kept = keyring.contents();
    assert!(kept.contains(BOB), "another's item is gone: {kept}");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn on_each_bad_day_get_answers_from_the_hf_home_in_time() {
    for (day, _) in BAD_DAYS {
        eprintln!("--- {day:?}");
        let (world, _keyring) = on(day);
        let world = world.token(ALICE);
        soon(&world.helper(&["get"], HUB)).answers("hf_user", ALICE);
        soon(&get(&world, "me")).answers("me", ALICE);
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn on_each_bad_day_store_falls_back_to_a_section_and_says_so_only_of_a_keychain_that_is_there() {
    for (day, is_there) in BAD_DAYS {
        eprintln!("--- {day:?}");
        let (world, _keyring) = on(day);
        let stored = store(&world, "me", ALICE);
        soon(&stored).succeeded().prints_nothing().hides(ALICE);
        assert_eq!(stored.err().lines().count(), usize::from(is_there), "{stored:?}");
        let kept = world.read_stored_tokens();
        assert!(kept.contains("[git:me@huggingface.co]"), "{kept}");
        assert!(kept.contains(ALICE), "{kept}");
        soon(&get(&world, "me")).succeeded();
        assert_eq!(get(&world, "me").attribute("password").as_deref(), Some(ALICE));
        let known = format!("{HUB}username=me\npassword={ALICE}\n");
        soon(&world.helper(&["erase"], known)).prints_nothing();
        assert!(!world.read_stored_tokens().contains(ALICE), "not erased");
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_requested_name_whose_item_is_locked_ends_the_search_with_one_line() {
    let (world, keyring) = on(Day::Unlocked);
    store(&world, "alice", ALICE).is_silent();
    keyring.lock();
    let world = world.token(BOB);
    soon(&get(&world, "alice")).gives_up().says("locked").hides(ALICE);
    soon(&world.helper(&["get"], HUB)).answers("hf_user", BOB);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn an_entry_of_an_earlier_version_is_not_passed_over_while_it_is_locked() {
    for restarts in [false, true] {
        let (world, mut keyring) = on(Day::Unlocked);
        store(&world, "alice", ALICE).is_silent();
        // which remembered no names
        std::fs::remove_dir_all(world.home().join(".local/state")).expect("names");
        if restarts {
            keyring.restart(Day::NeverOpened);
        } else {
            keyring.lock();
        }
        let world = world.token(BOB);
        soon(&get(&world, "alice")).gives_up().says("locked").hides(ALICE).hides(BOB);
        soon(&get(&world, "carol")).answers("carol", BOB);
        keyring.unlock();
        get(&world, "alice").answers("alice", ALICE);
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keyring_that_nobody_has_opened_is_locked_and_not_empty() {
    let (world, mut keyring) = on(Day::Unlocked);
    store(&world, "alice", ALICE).is_silent();
    keyring.restart(Day::NeverOpened);
    soon(&get(&world, "alice")).gives_up().says("locked").hides(ALICE);
    let erased = world.helper(&["erase"], format!("{HUB}username=alice\npassword={BOB}\n"));
    soon(&erased).refused().says("locked");
    soon(&world.helper(&["token", "alice"], "")).refused().says("locked");
    soon(&world.helper(&["logout", "alice"], "")).failed().says("locked");
    soon(&world.helper(&["list"], "")).says("locked");
    let status = world.helper(&["status"], "");
    assert!(soon(&status).out().contains("locked"), "{status:?}");

    let world = world.token(READER);
    soon(&world.helper(&["get"], HUB)).answers("hf_user", READER);
    soon(&get(&world, "alice")).gives_up().says("locked").hides(READER);
    soon(&store(&world, "bob", BOB)).succeeded().says_one_line().says("locked");
    keyring.unlock();
    get(&world, "alice").answers("alice", ALICE);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_that_comes_back_takes_over_from_the_section() {
    let (world, keyring) = on(Day::Unlocked);
    keyring.fall_silent();
    soon(&store(&world, "alice", BOB)).succeeded();
    assert!(world.read_stored_tokens().contains(BOB), "not kept");
    keyring.wake();
    get(&world, "alice").answers("alice", BOB);
    store(&world, "alice", ALICE).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    let left = world.read_stored_tokens();
    assert!(!left.contains("git:alice@"), "the section is still there: {left}");
    assert!(keyring.contents().contains(ALICE), "not in the keychain");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_turned_off_is_not_touched() {
    let (world, keyring) = on(Day::Unlocked);
    let world = world.env("GIT_CREDENTIAL_HF_KEYCHAIN", "off");
    store(&world, "alice", ALICE).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    assert!(world.read_stored_tokens().contains("[git:alice@huggingface.co]"));
    assert!(!keyring.contents().contains(ALICE), "it was written");
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn on_each_bad_day_a_clone_with_lfs_files_works_in_time_and_in_silence() {
    for git in Git::all() {
        for (day, _) in BAD_DAYS {
            Scene::play(&git, Some(day), |scene| {
                scene.world.write_token(ALICE);
                let files = [File::Large("one.bin", vec![1; 1000]), File::Large("two.bin", vec![2; 1000])];
                scene.hub.publish(Repository::private("acme/secret", &["alice"]), &files);
                let clone = scene.clone("https://huggingface.co/acme/secret", "secret");
                clone.succeeded().says_nothing();
                assert!(clone.took < 3 * BOUND, "{clone:?}");
            });
        }
    }
}
