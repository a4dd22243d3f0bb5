//! The whole program against a Secret Service with the manners of each that people run: `KWallet`, `KeePassXC`, oo7,
//! pass-secret-service. gnome-keyring itself is in tests/real.

#![expect(clippy::print_stderr, reason = "which service it was, where a claim fails")]

mod bus;
mod manners;
mod service;

use std::time::Duration;

use self::manners::{Attributes, Collection, Manners, PLAIN, Prompt, Reading};
use self::service::Service;
use crate::rig::{Reply, Terminal, World};

const HUB: &str = "protocol=https\nhost=huggingface.co\n";
const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const NEWER: &str = "hf_NewerNewerNewerNewerNewerNewerNewe";
const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";

/// Far more than the helper allows itself, far less than a hang.
const BOUND: Duration = Duration::from_secs(20);

/// Those that are open, each with what it does in its own way.
const OPEN: [(&str, Manners); 3] = [
    ("KWallet", PLAIN),
    ("KeePassXC", Manners { change: Some(Prompt::EndsItself), ..PLAIN }),
    ("oo7, were its digests shown", Manners { attributes: Attributes::Hashed, ..PLAIN }),
];

const LOCKED: [(&str, Manners); 4] = [
    ("KWallet", Manners { collection: Collection::LockedInSight, ..PLAIN }),
    (
        "KWallet, its dialog closed",
        Manners { collection: Collection::LockedInSight, unlock: Prompt::IsDismissed, ..PLAIN },
    ),
    ("oo7", Manners { collection: Collection::LockedOutOfSight, ..PLAIN }),
    ("KeePassXC", Manners { collection: Collection::LockedBehindSearch, change: Some(Prompt::EndsItself), ..PLAIN }),
];

/// A world with such a keychain.
fn with(manners: Manners) -> (World, Service) {
    let world = World::new();
    let service = Service::at(&world.root().join("tmp/bus"), manners);
    (world.env("DBUS_SESSION_BUS_ADDRESS", service.address()), service)
}

fn request(username: &str, more: &str) -> String {
    format!("{HUB}username={username}\n{more}")
}

#[track_caller]
fn run(world: &World, arguments: &[&str], input: &str) -> Reply {
    let reply = world.helper(arguments, input);
    assert!(reply.took < BOUND, "{reply:?}");
    reply
}

#[track_caller]
fn store(world: &World, username: &str, token: &str) -> Reply {
    run(world, &["store"], &request(username, &format!("password={token}\n")))
}

#[track_caller]
fn get(world: &World, username: &str) -> Reply {
    run(world, &["get"], &request(username, ""))
}

#[track_caller]
fn erase(world: &World, username: &str, token: &str) -> Reply {
    run(world, &["erase"], &request(username, &format!("password={token}\n")))
}

#[track_caller]
fn log_in(world: &World, name: &str, token: &str) -> Reply {
    run(world, &["login", "--with-token", "--no-verify", "--name", name], token)
}

#[test]
fn each_that_is_open_keeps_replaces_and_erases() {
    for (name, manners) in OPEN {
        eprintln!("--- {name}");
        let (world, service) = with(manners);
        store(&world, "alice", ALICE).is_silent();
        get(&world, "alice").answers("alice", ALICE);
        run(&world, &["get"], HUB).answers("alice", ALICE);
        store(&world, "alice", NEWER).is_silent();
        get(&world, "alice").answers("alice", NEWER);
        assert_eq!(service.items().len(), 1, "{:?}", service.items());
        log_in(&world, "bob", BOB).succeeded();
        let list = run(&world, &["list"], "");
        assert!(list.out().contains("alice") && list.out().contains("bob"), "{list:?}");
        run(&world, &["logout", "bob"], "").succeeded();
        get(&world, "bob").hides(NEWER);

        erase(&world, "alice", ALICE).is_silent();
        get(&world, "alice").answers("alice", NEWER);
        erase(&world, "alice", NEWER).is_silent();
        assert!(service.items().is_empty(), "{:?}", service.items());
        get(&world, "alice").refused().says("login --name alice");
        assert_eq!(world.read_stored_tokens(), "", "kept elsewhere");
    }
}

#[test]
fn each_that_is_locked_is_said_to_be_and_nobody_answers_in_anothers_name() {
    for (name, manners) in LOCKED {
        eprintln!("--- {name}");
        let (world, service) = with(PLAIN);
        let world = world.token(BOB);
        store(&world, "alice", ALICE).is_silent();
        service.behave(manners);
        get(&world, "alice").gives_up().says("locked").hides(ALICE).hides(BOB);
        run(&world, &["get"], HUB).answers("hf_user", BOB);
        erase(&world, "alice", NEWER).refused().says("locked");
        log_in(&world, "carol", NEWER).failed().says("locked").says("--hf");
        run(&world, &["logout", "alice"], "").failed().says("locked");
        store(&world, "carol", NEWER).succeeded().prints_nothing().says_one_line().says("locked");
        assert!(world.read_stored_tokens().contains("[git:carol@huggingface.co]"), "kept nowhere");
        service.behave(PLAIN);
        get(&world, "alice").answers("alice", ALICE);
        assert_eq!(service.items().len(), 1, "{:?}", service.items());
    }
}

#[test]
fn a_wallet_that_is_open_since_the_login_is_used_without_a_person() {
    let closed = Manners { collection: Collection::LockedUntilCalled, ..PLAIN };
    let (world, service) = with(closed);
    let world = world.token(BOB);
    store(&world, "alice", ALICE).is_silent();
    service.behave(closed);
    get(&world, "alice").answers("alice", ALICE);
    service.behave(closed);
    store(&world, "alice", NEWER).is_silent();
    service.behave(closed);
    erase(&world, "alice", NEWER).is_silent();
    assert!(service.items().is_empty() && !world.read_stored_tokens().contains(NEWER));
    service.behave(closed);
    log_in(&world, "carol", NEWER).succeeded();
    assert_eq!(service.items().len(), 1);
}

#[test]
fn a_person_who_unlocks_one_is_waited_for() {
    for collection in [Collection::LockedInSight, Collection::LockedOutOfSight] {
        eprintln!("--- {collection:?}");
        let (world, service) = with(PLAIN);
        let world = world.token(BOB).env("DISPLAY", ":0").without("GIT_TERMINAL_PROMPT");
        store(&world, "alice", ALICE).is_silent();
        service.behave(Manners { collection, unlock: Prompt::IsConfirmed, ..PLAIN });
        let mut terminal = Terminal::helper(&world, &["get"]);
        terminal.types(&request("alice", "\n"));
        terminal.shows("waiting up to 60 s for you to").shows(&format!("password={ALICE}"));
        assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    }
}

#[test]
fn a_change_that_nobody_confirms_is_not_made_and_its_dialog_is_taken_back() {
    for prompt in [Prompt::Waits, Prompt::IsDismissed] {
        eprintln!("--- {prompt:?}");
        let (world, service) = with(PLAIN);
        store(&world, "alice", ALICE).is_silent();
        service.behave(Manners { change: Some(prompt), ..PLAIN });
        store(&world, "carol", NEWER).succeeded().prints_nothing().says_one_line().says("locked");
        get(&world, "carol").answers("carol", NEWER);
        assert!(world.read_stored_tokens().contains(NEWER), "kept nowhere");
        log_in(&world, "dora", BOB).failed().says("locked");
        assert!(!world.read_stored_tokens().contains(BOB), "kept all the same");
        erase(&world, "alice", ALICE).refused().says("locked");
        assert_eq!(service.items().len(), 1, "{:?}", service.items());
        // it is there still, and not offered again
        get(&world, "alice").refused().says("rejected");
        let dismissed = service.calls("Dismiss");
        assert_eq!(dismissed, if prompt == Prompt::Waits { service.calls("Prompt") } else { 0 });
    }
}

#[test]
fn one_without_a_collection_is_none() {
    let (world, service) = with(Manners { collection: Collection::Missing, ..PLAIN });
    store(&world, "alice", ALICE).is_silent();
    get(&world, "alice").answers("alice", ALICE);
    assert!(world.read_stored_tokens().contains("[git:alice@huggingface.co]"));
    erase(&world, "alice", ALICE).is_silent();
    get(&world, "alice").hides(ALICE);
    log_in(&world, "bob", BOB).succeeded();
    run(&world, &["get"], HUB).succeeded().says_nothing();
    run(&world, &["logout", "bob"], "").succeeded();
    assert!(!world.read_stored_tokens().contains(BOB), "still there");
    assert!(service.items().is_empty() && service.calls("CreateItem") == 0);
}

#[test]
fn an_item_that_cannot_be_read_is_not_taken_for_none() {
    for reading in [Reading::Fails, Reading::Waits] {
        eprintln!("--- {reading:?}");
        let (world, service) = with(PLAIN);
        let world = world.token(BOB);
        store(&world, "alice", ALICE).is_silent();
        service.behave(Manners { reading, ..PLAIN });
        get(&world, "alice").gives_up().says("cannot use the system keychain").hides(BOB);
        run(&world, &["get"], HUB).answers("hf_user", BOB);
        erase(&world, "alice", NEWER).refused().says("cannot use the system keychain");
        log_in(&world, "alice", NEWER).failed().says("cannot use the system keychain");
        assert_eq!(service.items().len(), 1);
        service.behave(PLAIN);
        get(&world, "alice").answers("alice", ALICE);
    }
}
