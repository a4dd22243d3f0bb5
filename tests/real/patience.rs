//! People who take ten seconds before each answer, and a Hub that takes eight: neither is counted against anybody.

use std::thread;
use std::time::Duration;

use crate::hub::{Role, Step};
use crate::keyring::{Day, Keyring};
use crate::rig::{Git, Terminal};
use crate::scene::{ALICE, BOB, Scene};

/// A newer token of alice's.
const NEWER: &str = "hf_NewerNewerNewerNewerNewerNewerNewer";

/// Longer than any program is waited for.
const THINKING: Duration = Duration::from_secs(10);

/// Within what a person and `hf` wait for the Hub.
const LATE: Duration = Duration::from_secs(8);

const WHOAMI: &str = "/api/whoami-v2";
const REVOKE: &str = "/api/credentials/revoke";

/// Somebody at a terminal.
type Story = (&'static str, fn(&mut Scene));

const STORIES: [Story; 15] = [
    ("the menu of login", |scene| {
        let mut terminal = Terminal::helper(&scene.world, &["login"]);
        terminal.shows("Choice [1]:");
        thread::sleep(THINKING);
        terminal.types("2\n");
        paste(&mut terminal, ALICE);
        ends_well(&mut terminal);
        is_used(scene, ALICE);
    }),
    ("a paste", |scene| {
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token"]);
        terminal.shows("hidden):").hides_typing();
        thread::sleep(THINKING);
        terminal.types(&format!("{ALICE}\n"));
        ends_well(&mut terminal);
        is_used(scene, ALICE);
        let where_it_is = if scene.keyring.is_some() { "in the keychain as alice" } else { "in the HF home as " };
        assert!(terminal.shown().contains(where_it_is), "{}", terminal.shown());
    }),
    ("a rotation", |scene| {
        rotate(scene, "1");
        assert!(scene.hub.revoked() == [ALICE] && !stored(scene).contains(ALICE));
    }),
    ("a replacement", |scene| {
        rotate(scene, "2");
        assert!(scene.hub.revoked().is_empty() && !stored(scene).contains(ALICE));
    }),
    ("both are kept", |scene| {
        rotate(scene, "3");
        assert!(scene.hub.revoked().is_empty() && stored(scene).contains(ALICE));
    }),
    ("somebody else's name", |scene| {
        log_in(scene, BOB, "bobs");
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "bobs"]);
        paste(&mut terminal, ALICE);
        terminal.shows("bobs is bob's token").shows("Choice [2]:");
        thread::sleep(THINKING);
        terminal.types("1\n").shows("Replaced bob's token");
        ends_well(&mut terminal);
        is_used(scene, ALICE);
    }),
    ("logout --all", |scene| {
        log_in(scene, ALICE, "mine");
        scene.store("bob", BOB);
        scene.world.write_token("hf_third");
        let mut terminal = Terminal::helper(&scene.world, &["logout", "--all"]);
        terminal.shows("Remove these tokens? [y/N]");
        thread::sleep(THINKING);
        terminal.types("y\n");
        ends_well(&mut terminal);
        assert!(!stored(scene).contains("hf_"), "{}", stored(scene));
        assert!(!scene.world.hf_home().join("token").exists() && scene.fill("").is_empty());
    }),
    ("logout NAME --revoke", |scene| {
        log_in(scene, ALICE, "mine");
        let mut terminal = Terminal::helper(&scene.world, &["logout", "mine", "--revoke"]);
        terminal.shows("revoke it on the Hub? [y/N]");
        thread::sleep(THINKING);
        terminal.types("y\n").shows("Logged out of mine").shows("and revoked on the Hub.");
        ends_well(&mut terminal);
        assert!(scene.hub.revoked() == [ALICE] && !stored(scene).contains(ALICE));
    }),
    ("import", |scene| {
        scene.world.write(".git-credentials", format!("https://x:{ALICE}@huggingface.co\n"));
        let mut terminal = Terminal::helper(&scene.world, &["import"]);
        terminal.shows("[y/N]");
        thread::sleep(THINKING);
        terminal.types("y\n");
        ends_well(&mut terminal);
        let left = std::fs::read_to_string(scene.world.home().join(".git-credentials")).unwrap_or_default();
        assert!(!left.contains(ALICE) && stored(scene).contains(ALICE), "{}", terminal.shown());
    }),
    ("a code that is confirmed in the browser", |scene| {
        scene.hub.expect_login("alice", &[Step::Pending; 10]);
        let mut terminal = Terminal::helper(&scene.world, &["login"]);
        terminal.shows("Choice [1]:").types("\n").shows("52AT-FLYZ");
        ends_well(&mut terminal);
        is_used(scene, "hf_oauth_alice");
    }),
    ("a Hub that says late whose a token is", |scene| {
        scene.hub.delay(WHOAMI, LATE);
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token"]);
        paste(&mut terminal, ALICE);
        terminal.shows("asking huggingface.co ...").shows("Logged in as alice.");
        ends_well(&mut terminal);
        is_used(scene, ALICE);
    }),
    ("a Hub that says late whose both tokens are", |scene| {
        log_in(scene, ALICE, "mine");
        scene.hub.grant(NEWER, "alice", Role::Write);
        scene.hub.delay(WHOAMI, LATE);
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "mine"]);
        paste(&mut terminal, NEWER);
        terminal.shows("of the same account").shows("Choice [3]:").types("2\n");
        ends_well(&mut terminal);
        is_used(scene, NEWER);
    }),
    ("a Hub that revokes late in a rotation", |scene| {
        scene.hub.delay(REVOKE, LATE);
        log_in(scene, ALICE, "mine");
        scene.hub.grant(NEWER, "alice", Role::Write);
        let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "mine"]);
        paste(&mut terminal, NEWER);
        terminal.shows("Choice [3]:").types("1\n").shows("asking huggingface.co ...").shows("Replaced and revoked");
        ends_well(&mut terminal);
        assert!(scene.hub.revoked() == [ALICE] && !stored(scene).contains(ALICE));
        is_used(scene, NEWER);
    }),
    ("a Hub that revokes late at a logout", |scene| {
        scene.hub.delay(REVOKE, LATE);
        log_in(scene, ALICE, "mine");
        let mut terminal = Terminal::helper(&scene.world, &["logout", "mine", "--revoke", "--yes"]);
        terminal.shows("asking huggingface.co ...").shows("Logged out of mine");
        ends_well(&mut terminal);
        assert!(!stored(scene).contains(ALICE));
    }),
    ("a Hub that grants a login late", |scene| {
        scene.hub.delay("/oauth/token", LATE);
        scene.hub.expect_login("alice", &[]);
        let mut terminal = Terminal::helper(&scene.world, &["login", "--browser"]);
        ends_well(&mut terminal);
        is_used(scene, "hf_oauth_alice");
    }),
];

fn paste(terminal: &mut Terminal, token: &str) {
    terminal.shows("hidden):").hides_typing().types(&format!("{token}\n"));
}

#[track_caller]
fn ends_well(terminal: &mut Terminal) {
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
}

fn log_in(scene: &Scene, token: &str, name: &str) {
    scene.world.helper(&["login", "--with-token", "--name", name], token).succeeded();
}

/// A newer token meets the one that is stored, and the person thinks about it.
fn rotate(scene: &Scene, choice: &str) {
    log_in(scene, ALICE, "mine");
    scene.hub.grant(NEWER, "alice", Role::Write);
    let mut terminal = Terminal::helper(&scene.world, &["login", "--with-token", "--name", "mine"]);
    paste(&mut terminal, NEWER);
    terminal.shows("Choice [3]:");
    thread::sleep(THINKING);
    terminal.types(&format!("{choice}\n"));
    ends_well(&mut terminal);
    is_used(scene, NEWER);
}

#[track_caller]
fn is_used(scene: &Scene, token: &str) {
    let fill = scene.fill("");
    assert!(fill.contains(&format!("password={token}")), "{fill}");
}

fn stored(scene: &Scene) -> String {
    scene.world.read_stored_tokens() + &scene.keyring.as_ref().map(Keyring::contents).unwrap_or_default()
}

/// All of them at the same time, since they wait more than they work.
fn play_all(day: Option<Day>) {
    let git = &Git::first();
    thread::scope(|threads| {
        let played = STORIES.map(|(name, story)| (name, threads.spawn(move || Scene::play(git, day, story))));
        let failed = played.into_iter().filter_map(|(name, played)| played.join().is_err().then_some(name));
        let failed: Vec<_> = failed.collect();
        assert!(failed.is_empty(), "{failed:?}");
    });
}

#[test]
#[ignore = "plays at terminals; needs the Hub of the tests"]
fn nobodys_time_counts() {
    play_all(None);
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn nobodys_time_counts_for_a_keychain() {
    play_all(Some(Day::Unlocked));
}
