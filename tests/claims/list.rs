//! Claims on `list`: every token of every source, masked, and the one marked that `get` answers with.

use serde_json::Value;

use crate::rig::{Terminal, World};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const C: &str = "hf_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";
const D: &str = "hf_DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";

/// What happened, and the world it left.
type Story = (&'static str, fn() -> World);

fn two_tokens() -> World {
    World::new().stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n"))
}

fn store(world: &World, username: &str, password: &str) {
    world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
}

fn listed(world: &World) -> Value {
    let reply = world.helper(&["list", "--json"], b"");
    reply.succeeded().says_nothing();
    for secret in [A, B, C, D] {
        reply.hides(secret);
    }
    serde_json::from_slice(&reply.stdout).expect("one JSON object")
}

/// The tokens by their sources, names and masks, and whether they are used.
fn rows(list: &Value) -> Vec<(String, String, String, bool)> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = list["tokens"].as_array().expect("an array").iter();
    rows.map(|row| (word(&row["source"]), word(&row["name"]), word(&row["masked"]), row["used"] == true)).collect()
}

#[test]
fn all_sources_are_in_one_table_in_the_order_they_are_asked() {
    let world = two_tokens().token(B);
    store(&world, "carol", C);
    let world = world.env("HF_TOKEN", D);
    let reply = world.helper(&["list"], b"");
    reply.succeeded().says_nothing();
    assert_eq!(
        reply.out(),
        "   name   account  token        where                         state\n\
         *                  hf_****DDDD  HF_TOKEN\n   \
            carol           hf_****CCCC  HF home, where git stored it\n   \
            a               hf_****AAAA  HF home\n   \
            b               hf_****BBBB  HF home                       active in hf\n"
    );
    assert_eq!(world.helper(&["ls"], b"").out(), reply.out());
}

#[test]
fn the_marked_one_is_what_get_answers_with() {
    let stories: [Story; 12] = [
        ("nothing", World::new),
        ("an active token", || two_tokens().token(A)),
        ("another active token", || two_tokens().token(B)),
        ("none chosen of two", two_tokens),
        ("a token that is in no section", || two_tokens().token(C)),
        ("the only section", || World::new().stored_tokens(&format!("[a]\nhf_token = {A}\n\n"))),
        ("a bare token", || World::new().stored_tokens(A)),
        ("the environment", || two_tokens().token(A).env("HF_TOKEN", D)),
        ("the older variable", || two_tokens().token(A).env("HUGGING_FACE_HUB_TOKEN", D)),
        ("stored by git", || {
            let world = two_tokens().token(A);
            store(&world, "carol", C);
            world
        }),
        ("chosen since", || {
            let world = two_tokens().token(A);
            store(&world, "carol", C);
            world.token(B)
        }),
        ("refused", || {
            let world = two_tokens().token(A);
            world.helper(&["erase"], format!("{ASK}username=hf_user\npassword={A}\n")).is_heard();
            world
        }),
    ];
    for (story, world) in stories {
        let world = world();
        let answer = world.helper(&["get"], ASK).attribute("password");
        let used: Vec<_> = rows(&listed(&world)).into_iter().filter(|(.., is_used)| *is_used).collect();
        let masked = answer.map(|secret| format!("hf_****{}", &secret[secret.len() - 4..]));
        assert_eq!(
            used.iter().map(|(_, _, masked, _)| masked.clone()).collect::<Vec<_>>(),
            Vec::from_iter(masked),
            "{story}"
        );
    }
}

#[test]
fn of_two_names_for_one_secret_the_one_git_means_is_marked() {
    let world = World::new().token(A).stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {A}\n\n"));
    let used =
        |world: &World| rows(&listed(world)).into_iter().filter(|row| row.3).map(|row| row.1).collect::<Vec<_>>();
    assert_eq!(used(&world), ["a"]);
    let world = world.global_config("[credential \"https://huggingface.co\"]\n\tusername = b\n");
    assert_eq!(used(&world), ["b"]);
    assert_eq!(listed(&world)["requested"], "b");
}

#[test]
fn json_says_all_that_is_known() {
    let sections = format!(
        "[o]\nhf_token = {A}\nrefresh_token = rt\nexpires_at = 9999999999\nusername = alice\n\n[p]\nhf_token = {B}\n\n"
    );
    let world = World::new().token(A).stored_tokens(&sections).env("HF_ENDPOINT", "https://hub.example");
    let wanted = serde_json::json!({
        "endpoint": "https://hub.example",
        "requested": null,
        "tokens": [
            {"used": true, "name": "o", "account": "alice", "masked": "hf_****AAAA", "source": "stored_tokens", "variable": null,
             "endpoint": null, "expires_at": 9_999_999_999_i64, "active": true, "refreshable": true, "state": "usable", "check": null},
            {"used": false, "name": "p", "account": null, "masked": "hf_****BBBB", "source": "stored_tokens", "variable": null,
             "endpoint": null, "expires_at": null, "active": false, "refreshable": false, "state": "usable", "check": null},
        ],
        "unreadable": [],
    });
    assert_eq!(listed(&world), wanted);
    store(&world, "carol", C);
    let list = listed(&world);
    assert_eq!(list["tokens"][2]["endpoint"], "https://huggingface.co", "kept for another Hub: {list}");
    let told = world.helper(&["list"], b"").out();
    assert!(told.contains("HF home, where git stored it, for huggingface.co"), "{told}");
}

#[test]
fn an_end_is_told_in_words() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let section =
        |name: &str, end: u64, more: &str| format!("[{name}]\nhf_token = {A}{name}\nexpires_at = {end}\n{more}\n");
    let sections = [
        section("soon", now + 3 * 86_400 + 60, ""),
        section("over", now - 7200 - 60, ""),
        section("oauth", now + 86_400 * 2, "refresh_token = rt\n"),
        section("late", now - 86_400 * 2, "refresh_token = rt\n"),
    ];
    let told = World::new().stored_tokens(&sections.concat()).helper(&["list"], b"").out();
    for (name, end) in [
        ("soon", "expires in 3 days"),
        ("over", "expired 2 hours ago"),
        ("oauth", "renews automatically"),
        ("late", "renews automatically"),
    ] {
        assert!(told.lines().any(|line| line.contains(name) && line.ends_with(end)), "{name}: {told}");
    }
}

#[test]
fn what_git_gets_nothing_from_is_not_shown_as_good() {
    let over =
        |more: &str| format!("[oauth-alice]\nhf_token = {A}\nexpires_at = 1000\n{more}\n[work]\nhf_token = {B}\n\n");
    let state = |world: &World, at: usize| listed(world)["tokens"][at]["state"].as_str().unwrap_or_default().to_owned();
    let world = World::new().token(A).stored_tokens(&over("refresh_token = rt\n")).env("HF_HUB_OFFLINE", "1");
    let told = world.helper(&["list"], b"").out();
    assert!(told.contains("expired and could not be renewed: HF_HUB_OFFLINE"), "{told}");
    assert_eq!((state(&world, 0), state(&world, 1)), ("expired".to_owned(), "usable".to_owned()));
    // the other commands say the same
    world.helper(&["whoami"], "").refused().says("could not be renewed: HF_HUB_OFFLINE");
    assert!(world.helper(&["status"], "").out().contains("could not be renewed: HF_HUB_OFFLINE"));
    let doctor = world.helper(&["doctor"], "").out();
    assert!(doctor.contains("'oauth-alice' expired and could not be renewed"), "{doctor}");

    let world = two_tokens().token(A);
    world.helper(&["erase"], format!("{ASK}username=hf_user\npassword={A}\n")).is_heard();
    assert_eq!((state(&world, 0), state(&world, 1)), ("rejected".to_owned(), "usable".to_owned()));
    assert!(world.helper(&["list"], b"").out().contains("active in hf; rejected by the Hub"));
}

#[test]
fn a_token_in_a_names_place_is_masked() {
    let world = World::new().stored_tokens(&format!("[{D}]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n"));
    world.git(&["init", "--quiet", "."]).succeeded();
    world.git(&["remote", "add", "origin", &format!("https://{D}@huggingface.co/acme/x")]).succeeded();
    assert_eq!(listed(&world)["requested"], "hf_****DDDD");
    world.helper(&["list"], b"").succeeded().hides(D);
}

#[test]
fn what_is_not_asked_for_yet_is_shown_without_a_token_and_not_run() {
    let world = two_tokens().token(A);
    world.helper(&["setup", "--token-command", "touch ~/ran; echo hf_cmd"], b"").succeeded();
    std::fs::remove_file(world.home().join("ran")).expect("setup asks git once");
    assert_eq!(rows(&listed(&world))[0], ("command".to_owned(), "-".to_owned(), "-".to_owned(), true));
    assert!(!world.home().join("ran").exists(), "it was run");
    let world = two_tokens().token(A).env("HF_OIDC_RESOURCE", "acme/model").env("HF_OIDC_ID_TOKEN", "eyJ.x.y");
    assert_eq!(rows(&listed(&world))[0], ("ci".to_owned(), "-".to_owned(), "-".to_owned(), true));
}

#[test]
fn what_cannot_be_read_is_told_below() {
    let world = World::new().token(A).stored_tokens("[a]\nnonsense\n");
    let reply = world.helper(&["list"], b"");
    reply.succeeded().says_one_line().says("stored_tokens").hides("nonsense");
    assert!(reply.out().contains("hf_****AAAA"));
    let list = listed(&world);
    assert!(list["unreadable"][0].as_str().is_some_and(|why| why.contains("stored_tokens")), "{list}");
}

#[test]
fn with_none_it_says_what_to_do() {
    let told = World::new().helper(&["list"], b"");
    assert!(told.succeeded().says_nothing().out().contains("git-credential-hf login"), "{told:?}");
    assert!(two_tokens().helper(&["list"], b"").out().contains("git-credential-hf switch"));
    let expired = World::new().token(B).stored_tokens(&format!("[a]\nhf_token = {A}\nexpires_at = 1\n\n"));
    let bound = expired.global_config("[credential \"https://huggingface.co\"]\n\tusername = a\n");
    let told = bound.helper(&["list"], b"").out();
    assert!(told.contains("git has no token here: "), "{told}");
}

#[test]
fn names_cannot_move_the_cursor_and_nothing_is_cut_for_a_program() {
    let name = "long".repeat(50) + "\x1b[2J";
    let world = World::new().stored_tokens(&format!("[{name}]\nhf_token = {A}\n\n")).env("COLUMNS", "40");
    let told = world.helper(&["list"], b"").out();
    assert!(told.contains(&("long".repeat(50) + "\\u{1b}[2J")), "{told}");
    assert!(!told.contains('\x1b'));
}

#[test]
fn at_a_terminal_each_line_fits() {
    let name = "long".repeat(20);
    let sections = format!("[{name}]\nhf_token = {A}\n\n[b]\nhf_token = {B}\nexpires_at = 1\n\n");
    let world = World::new().token(A).stored_tokens(&sections).env("COLUMNS", "60").env("NO_COLOR", "1");
    let mut terminal = Terminal::helper(&world, &["list"]);
    assert_eq!(terminal.ends(), 0);
    let shown = terminal.shown();
    assert!(shown.contains("longlo") && shown.contains('…') && shown.contains("hf_****AAAA"), "{shown}");
    for line in shown.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn it_works_without_git() {
    let world = two_tokens().token(B);
    std::fs::remove_file(world.root().join("bin/git")).unwrap();
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_git-credential-hf")).parent().unwrap();
    let world = world.env("PATH", path);
    assert_eq!(rows(&listed(&world))[1].1, "b");
    assert!(rows(&listed(&world))[1].3);
}
