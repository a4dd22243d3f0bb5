//! What git may have us forget.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::rig::World;

pub(super) const ASK: &str = "protocol=https\nhost=huggingface.co\n";
pub(super) const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
pub(super) const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

pub(super) fn erase(world: &World, rest: &str) {
    world.helper(&["erase"], format!("{ASK}{rest}")).is_heard();
}

pub(super) fn basic(username: &str, password: &str) -> String {
    format!("authtype=Basic\ncredential={}\n", BASE64_STANDARD.encode(format!("{username}:{password}")))
}

/// Whom git stored that is still there after this erase.
fn left_after(rest: &str) -> Vec<&'static str> {
    let world = World::new();
    for (username, password) in [("bob", "test1"), ("alice", "test2"), ("carol", "test1")] {
        world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
    }
    erase(&world, rest);
    let sections = world.read_stored_tokens();
    ["bob", "alice", "carol"].into_iter().filter(|name| sections.contains(&format!("[git:{name}@"))).collect()
}

#[test]
fn every_shape_of_request_erases_what_it_means() {
    let all = ["bob", "alice", "carol"];
    for (rest, left) in [
        // the whole host, one name, one secret
        (String::new(), &[][..]),
        ("username=bob\n".to_owned(), &["alice", "carol"]),
        ("username=bob\npassword=test1\n".to_owned(), &["alice", "carol"]),
        ("password=test1\n".to_owned(), &["alice"]),
        ("username=bob\npassword=test2\n".to_owned(), &all),
        ("username=dave\n".to_owned(), &all),
        // present but empty
        ("username=\n".to_owned(), &all),
        ("password=\n".to_owned(), &all),
        ("username=bob\npassword=\n".to_owned(), &all),
        // a credential
        (format!("username=bob\n{}", basic("bob", "test1")), &["alice", "carol"]),
        (format!("username=bob\n{}", basic("other", "test1")), &["alice", "carol"]),
        (basic("bob", "test2"), &["bob", "carol"]),
        (basic("bob", "a:b"), &all),
        ("authtype=Bearer\ncredential=test2\n".to_owned(), &["bob", "carol"]),
        ("authtype=bearer\ncredential=test2\n".to_owned(), &["bob", "carol"]),
        ("username=bob\nauthtype=Bearer\ncredential=test2\n".to_owned(), &all),
        ("username=bob\nauthtype=Bearer\ncredential=\n".to_owned(), &all),
        ("username=bob\nauthtype=Basic\ncredential=%%%\n".to_owned(), &all),
        ("username=bob\nauthtype=Basic\ncredential=Ym9i\n".to_owned(), &all),
        ("username=bob\nauthtype=Digest\ncredential=test1\n".to_owned(), &all),
        ("authtype=Digest\ncredential=test1\n".to_owned(), &all),
        (basic("bob", "test1").replace("Basic", "Digest"), &all),
        ("credential=test1\n".to_owned(), &all),
        ("authtype=Basic\n".to_owned(), &all),
    ] {
        assert_eq!(left_after(&rest), left, "{rest}");
    }
}

#[test]
fn one_line_names_whose_token_was_refused_and_the_command_that_explains_it() {
    let refused = |world: &World, secret: &str, whose: &str| {
        let asked = format!("{ASK}username=x\npassword={secret}\nwwwauth[]=Basic realm=\"x\"\n");
        let reply = world.helper(&["erase"], asked);
        reply
            .is_heard()
            .says_one_line()
            .says(&format!("{whose} was rejected by the Hub: run `git-credential-hf doctor`"))
            .hides(secret);
    };
    let world = World::new().token(A).stored_tokens(&format!("[work]\nhf_token = {B}\n\n")).env("HF_TOKEN", "test7");
    world.helper(&["store"], format!("{ASK}username=bob\x1b\npassword=test1\n")).is_silent();
    refused(&world, "test7", "HF_TOKEN");
    let asked = format!("{ASK}username=x\npassword=test1\nwwwauth[]=Basic realm=\"x\"\n");
    let stored = world.helper(&["erase"], asked);
    stored.is_heard().says_one_line().hides("test1");
    stored.says(
        r"the token stored for bob\u{1b} was rejected by the Hub (revoked or expired) and removed: run `git-cred",
    );
    refused(&world, A, "the active token");
    refused(&world, B, "the token work");
    refused(&World::new().stored_tokens(A), A, "the active token");
    world.helper(&["erase"], format!("{ASK}username=bob\npassword=typed\nwwwauth[]=Basic\n")).is_silent();
    // forgotten at a person's wish
    world.helper(&["erase"], format!("{ASK}username=bob\x1b\npassword=test1\n")).is_silent();
    world.helper(&["erase"], format!("{ASK}username=bob\n")).is_silent();
}

#[test]
fn another_hosts_erase_touches_nothing() {
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    for host in ["evil.example", "x.huggingface.co", ""] {
        world.helper(&["erase"], format!("protocol=https\nhost={host}\nusername=bob\npassword=test1\n")).is_silent();
    }
    world.helper(&["get"], ASK).answers("bob", "test1");
}

#[test]
fn what_others_own_is_never_deleted() {
    let sections = format!("[a]\nhf_token = {A}\n\n[git:bob@huggingface.co]\nhf_token = {B}\n\n");
    let world = World::new().token(A).stored_tokens(&sections);
    for rest in
        ["", "username=hf_user\n", "username=a\n", &format!("password={A}\n"), &format!("username=bob\npassword={B}\n")]
    {
        erase(&world, rest);
    }
    assert_eq!(world.read_stored_tokens(), sections);
    assert_eq!(std::fs::read_to_string(world.hf_home().join("token")).unwrap(), A);
}
