//! What the keychain is waited for, and what a person is: once a command, and each in its own time.

use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{HUB, on, store};
use crate::keyring::{Day, Keyring};
use crate::rig::{Git, Terminal, World};
use crate::scene::{ALICE, BOB, READER, Scene};

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_a_person_takes_at_a_prompt_is_not_the_keychains_time() {
    let (world, keyring) = on(Day::Unlocked);
    let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-verify"]);
    terminal.shows("Paste").hides_typing();
    std::thread::sleep(Duration::from_secs(10));
    terminal.types(ALICE).types("\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(keyring.contents().contains(ALICE), "not kept: {}", terminal.shown());
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_that_is_started_anew_while_a_person_is_at_a_prompt_is_asked_again() {
    for restart in [Keyring::restart, Keyring::restart_session] {
        let (world, mut keyring) = on(Day::Unlocked);
        let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-verify"]);
        terminal.shows("Paste").hides_typing();
        restart(&mut keyring, Day::Unlocked);
        terminal.types(ALICE).types("\n");
        assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
        assert!(keyring.contents().contains(ALICE), "not kept: {}", terminal.shown());
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_keychain_that_is_silent_is_waited_for_once_a_command() {
    let (world, _keyring) = on(Day::SilentService);
    for (arguments, input) in [
        (&["get"][..], HUB.to_owned()),
        (&["store"], format!("{HUB}username=alice\npassword={ALICE}\n")),
        (&["erase"], format!("{HUB}username=alice\npassword={ALICE}\n")),
        (&["list"], String::new()),
        (&["status"], String::new()),
        (&["logout", "alice"], String::new()),
        (&["login", "--with-token", "--no-verify", "--hf"], format!("{READER}\n")),
    ] {
        let reply = world.helper(arguments, input);
        assert!(reply.took < Duration::from_secs(5), "{reply:?}");
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_command_asks_over_one_connection() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        let bus = scene.keyring.as_ref().expect("a keychain").socket();
        let (counted, connections) = counting(&scene.world, &bus);
        scene.world.set_env("DBUS_SESSION_BUS_ADDRESS", counted);
        scene.world.write(".git-credentials", format!("https://x:{BOB}@huggingface.co\n"));
        for (arguments, input) in [
            (&["login", "--with-token"][..], format!("{ALICE}\n")),
            (&["import", "--delete-source"], String::new()),
            (&["list"], String::new()),
            (&["status"], String::new()),
            (&["doctor"], String::new()),
            (&["switch", "bob"], String::new()),
            (&["logout", "alice"], String::new()),
            (&["get"], HUB.to_owned()),
        ] {
            let reply = scene.world.helper(arguments, input);
            // doctor has git ask the helper as well
            let commands = 1 + usize::from(arguments == ["doctor"]);
            assert_eq!(connections.swap(0, Ordering::Relaxed), commands, "{reply:?}");
        }
    });
}

/// The address of a socket before the bus's, and how many came there.
fn counting(world: &World, bus: &Path) -> (String, Arc<AtomicUsize>) {
    let path = world.root().join("counted");
    let listener = UnixListener::bind(&path).expect("a socket");
    let (count, bus) = (Arc::new(AtomicUsize::new(0)), bus.to_owned());
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for ours in listener.incoming() {
            let (ours, theirs) = (ours.expect("it came"), UnixStream::connect(&bus).expect("a bus"));
            counted.fetch_add(1, Ordering::Relaxed);
            for (mut from, mut to) in
                [(ours.try_clone().expect("another end"), theirs.try_clone().expect("another end")), (theirs, ours)]
            {
                std::thread::spawn(move || {
                    _ = std::io::copy(&mut from, &mut to);
                    _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (format!("unix:path={}", path.display()), count)
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_person_is_asked_to_unlock_it_once_a_command() {
    let (world, mut keyring) = on(Day::Unlocked);
    store(&world, "alice", ALICE).is_silent();
    // nobody shows the dialog: the service takes it for a no
    let world = world.env("DISPLAY", ":none").without("GIT_TERMINAL_PROMPT");
    for day in [Day::Locked, Day::NeverOpened] {
        match day {
            Day::Locked => keyring.lock(),
            _ => keyring.restart(day),
        }
        for arguments in
            [&["login", "--with-token"][..], &["logout", "alice"], &["list"], &["status"], &["token", "alice"]]
        {
            let mut terminal = Terminal::helper(&world, arguments);
            terminal.ends();
            let shown = terminal.shown();
            assert_eq!(shown.matches("waiting up to").count(), 1, "{arguments:?}\n{shown}");
        }
    }
}
