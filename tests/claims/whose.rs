//! Whose token answers: the order of the sources, the requested name, and what `hf` chose last.

use std::time::{Duration, SystemTime};

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn two_tokens() -> World {
    World::new().stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n"))
}

fn ask(world: &World, username: &str) -> crate::rig::Reply {
    world.helper(&["get"], format!("{ASK}username={username}\n"))
}

fn store(world: &World, username: &str, password: &str) {
    let request = format!("{ASK}username={username}\npassword={password}\n");
    world.helper(&["store"], request).is_silent();
}

#[test]
fn hf_token_goes_before_everything_and_answers_any_name() {
    let mut world = two_tokens().token(A);
    store(&world, "bob", "test1");
    world.set_env("HF_TOKEN", "hf_env");
    world.helper(&["get"], ASK).answers("hf_user", "hf_env");
    ask(&world, "bob").answers("bob", "hf_env");
    ask(&world, "a").answers("a", "hf_env");
    ask(&world, "").answers("hf_user", "hf_env");
}

#[test]
fn the_older_variable_answers_where_hf_token_is_not_set() {
    let world = World::new().token(A).env("HUGGING_FACE_HUB_TOKEN", "hf_old");
    world.helper(&["get"], ASK).answers("hf_user", "hf_old");
    let world = world.env("HF_TOKEN", "");
    world.helper(&["get"], ASK).answers("hf_user", "hf_old");
    let world = world.env("HF_TOKEN", "hf_new\r\n");
    world.helper(&["get"], ASK).answers("hf_user", "hf_new");
    // blank is set, hides the older one and is no token: as in huggingface_hub
    let world = world.env("HF_TOKEN", "  ");
    world.helper(&["get"], ASK).answers("hf_user", A);
}

#[test]
fn the_name_of_the_variable_is_no_token_and_said_to_be_none() {
    let world = World::new().token(A).env("HF_TOKEN", "$HF_TOKEN");
    let reply = world.helper(&["get"], ASK);
    assert_eq!(reply.attribute("password").as_deref(), Some(A));
    reply.succeeded().says_one_line().says("HF_TOKEN");
    let nobody = World::new().env("HF_TOKEN", "$HF_TOKEN").helper(&["get"], ASK);
    nobody.succeeded().prints_nothing().says_one_line();
}

#[test]
fn a_variable_that_is_no_text_is_passed_over_and_said_to_be() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new().token(A).env("HF_TOKEN", std::ffi::OsStr::from_bytes(b"hf_\xff"));
    let reply = world.helper(&["get"], ASK);
    assert_eq!(reply.attribute("password").as_deref(), Some(A));
    reply.succeeded().says_one_line().says("HF_TOKEN");
}

#[test]
fn the_active_token_answers_any_name_that_is_nobody_elses() {
    let world = two_tokens().token(B);
    world.helper(&["get"], ASK).answers("hf_user", B);
    ask(&world, "").answers("hf_user", B);
    ask(&world, "hf_user").answers("hf_user", B);
    ask(&world, "somebody").answers("somebody", B);
}

#[test]
fn a_requested_name_gets_the_section_of_that_name() {
    let world = two_tokens().token(B);
    ask(&world, "a").answers("a", A);
    ask(&world, "b").answers("b", B);
    ask(&world, "A").answers("A", B);
}

#[test]
fn a_section_of_hf_may_be_called_like_one_that_git_stored_or_hold_its_keys() {
    let named = format!("[git:bob@huggingface.co]\nhf_token = {A}\n\n");
    let filled = format!("[b]\nhf_token = {B}\nusername = bob\nhost = huggingface.co\ngit_stored_at = 7\n\n");
    let world = World::new().stored_tokens(&(named + &filled));
    let before = world.read_stored_tokens();
    ask(&world, "git:bob@huggingface.co").answers("git:bob@huggingface.co", A);
    ask(&world, "b").answers("b", B);
    world.helper(&["erase"], format!("{ASK}username=bob\npassword={B}\n")).is_heard();
    assert_eq!(world.read_stored_tokens(), before);
}

#[test]
fn a_requested_name_gets_the_section_that_belongs_to_it() {
    let sections = format!("[work]\nhf_token = {A}\nusername = alice\n\n[alice-old]\nhf_token = hf_old\n\n");
    let world = World::new().token(B).stored_tokens(&sections);
    ask(&world, "alice").answers("alice", A);
    // the section of the very name goes first
    let world = world.stored_tokens(&format!("{sections}[alice]\nhf_token = hf_hers\n\n"));
    ask(&world, "alice").answers("alice", "hf_hers");
}

#[test]
fn a_lone_section_answers_where_nothing_was_ever_chosen() {
    let lone = World::new().stored_tokens(&format!("[a]\nhf_token = {A}\n\n"));
    lone.helper(&["get"], ASK).answers("hf_user", A);
    ask(&lone, "somebody").answers("somebody", A);
    // two are a choice nobody made, and an empty token file is one that was taken back
    two_tokens().helper(&["get"], ASK).answers_nobody().says("switch");
    lone.token("").helper(&["get"], ASK).refused().says("token is empty");
    let nobodys = World::new().stored_tokens(&format!("[a]\nhf_token = {A}\nusername =\n\n"));
    nobodys.helper(&["get"], ASK).answers("hf_user", A);
    ask(&nobodys, "bob").answers("bob", A);
    let hers = World::new().stored_tokens(&format!("[a]\nhf_token = {A}\nusername = alice\n\n"));
    hers.helper(&["get"], ASK).answers("alice", A);
    ask(&hers, "bob").answers_nobody().says("login --name bob");
}

#[test]
fn a_file_that_is_one_bare_token_is_that_token() {
    for text in [A.to_owned(), format!("{A}\n"), format!("\n  {A}\r\n\n")] {
        let world = World::new().stored_tokens(&text);
        world.helper(&["get"], ASK).answers("hf_user", A);
        ask(&world, "bob").answers("bob", A);
        // never written over, never copied
        world.helper(&["store"], format!("{ASK}username=hf_user\npassword={A}\n")).is_silent();
        world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).refused();
        assert_eq!(world.read_stored_tokens(), text);
        world.token(B).helper(&["get"], ASK).answers("hf_user", B);
    }
    for text in [format!("{A}\n{B}\n"), format!("{{\"{A}\"}}"), format!("token {A}"), "garbage".to_owned()] {
        World::new().stored_tokens(&text).helper(&["get"], ASK).refused().hides("AAA");
    }
}

#[test]
fn what_git_stored_answers_its_own_name_only() {
    let world = World::new();
    store(&world, "bob", "test1");
    world.helper(&["get"], ASK).answers("bob", "test1");
    ask(&world, "bob").answers("bob", "test1");
    ask(&world, "alice").answers_nobody();
    world.write_token(A);
    ask(&world, "alice").answers("alice", A);
}

#[test]
fn nobody_requested_gets_what_git_stored_last() {
    let world = World::new();
    for (username, password) in [("bob", "test1"), ("alice", "test2"), ("carol", "test3"), ("alice", "test4")] {
        store(&world, username, password);
        world.helper(&["get"], ASK).answers(username, password);
    }
    ask(&world, "bob").answers("bob", "test1");
}

#[test]
fn what_git_stored_goes_before_the_hf_home_until_hf_chooses_anew() {
    let world = two_tokens().token(A);
    store(&world, "bob", "test1");
    world.helper(&["get"], ASK).answers("bob", "test1");
    // hf auth switch
    world.write_token(B);
    world.helper(&["get"], ASK).answers("hf_user", B);
    ask(&world, "bob").answers("bob", "test1");
    world.write_token(A);
    world.helper(&["get"], ASK).answers("bob", "test1");
    // hf auth logout: nothing is chosen
    std::fs::remove_file(world.hf_home().join("token")).unwrap();
    world.helper(&["get"], ASK).answers("bob", "test1");
}

#[test]
fn a_login_after_git_stored_wins_and_a_refresh_is_no_new_choice() {
    let world = World::new();
    store(&world, "bob", "test1");
    let oauth =
        |token: &str| format!("\n[oauth-bob]\nhf_token = {token}\nrefresh_token = r\nexpires_at = 99999999999\n\n");
    let ours = world.read_stored_tokens();
    let world = world.stored_tokens(&(ours.clone() + &oauth("hf_oauth_1"))).token("hf_oauth_1");
    let reply = world.helper(&["get"], ASK);
    reply.answers("hf_user", "hf_oauth_1");
    assert_eq!(reply.attribute("password_expiry_utc").as_deref(), Some("99999999999"));
    store(&world, "bob", "test2");
    world.helper(&["get"], ASK).answers("bob", "test2");
    let refreshed = world.read_stored_tokens().replace("hf_oauth_1", "hf_oauth_2");
    let world = world.stored_tokens(&refreshed).token("hf_oauth_2");
    world.helper(&["get"], ASK).answers("bob", "test2");
}

#[test]
fn what_has_expired_is_not_answered() {
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=old\npassword_expiry_utc=1000\n")).is_silent();
    world.helper(&["get"], ASK).answers_nobody();
    store(&world, "alice", "test1");
    world.helper(&["get"], ASK).answers("alice", "test1");
    let world = World::new()
        .token(A)
        .stored_tokens(&format!("[a]\nhf_token = {A}\nexpires_at = 1_000\n\n[b]\nhf_token = {B}\n\n"));
    world.helper(&["get"], ASK).refused().says("expired").says("git-credential-hf login");
    // the name it was asked for must not become somebody else
    ask(&world.token(B), "a").refused().says("expired");
}

#[test]
fn an_endpoint_of_its_own_has_entries_of_its_own() {
    let world = World::new().env("HF_ENDPOINT", "https://hub.example:8443/");
    let other = "protocol=https\nhost=hub.example:8443\n";
    store(&world, "bob", "test1");
    world.helper(&["get"], other).answers_nobody();
    world.helper(&["store"], format!("{other}username=bob\npassword=test2\n")).is_silent();
    world.helper(&["get"], other).answers("bob", "test2");
    world.helper(&["get"], ASK).answers("bob", "test1");
    world.helper(&["get"], "protocol=https\nhost=HF.co:443\n").answers("bob", "test1");
    world.helper(&["erase"], format!("{other}username=bob\n")).is_silent();
    world.helper(&["get"], ASK).answers("bob", "test1");
    world.without("HF_ENDPOINT").helper(&["get"], other).is_silent();
    let local = World::new().token(A).env("HF_ENDPOINT", "http://127.0.0.1:5564");
    local.helper(&["get"], "protocol=http\nhost=127.0.0.1:5564\n").answers("hf_user", A);
    store(&local, "bob", "test1");
    local.helper(&["store"], "protocol=http\nhost=127.0.0.1:5564\nusername=bob\npassword=test2\n").is_silent();
    local.helper(&["get"], "protocol=http\nhost=127.0.0.1:5564\n").answers("bob", "test2");
    local.helper(&["get"], ASK).answers("bob", "test1");
}

#[test]
fn where_python_gives_the_file_up_the_token_file_still_answers() {
    let broken = format!("[a]\nhf_token = {A}\nnonsense\n");
    let world = World::new().stored_tokens(&broken);
    world.helper(&["get"], ASK).refused().says("stored_tokens").hides("nonsense");
    ask(&world, "a").refused();
    let world = world.token(B);
    world.helper(&["get"], ASK).answers("hf_user", B);
    ask(&world, "a").answers("a", B);
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).refused();
    assert_eq!(world.read_stored_tokens(), broken);
}

#[test]
fn a_file_in_the_middle_of_being_rewritten_is_waited_for() {
    let world = two_tokens().token("");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(15));
            world.write_token(B);
        });
        world.helper(&["get"], ASK).answers("hf_user", B);
    });
    // one that has been empty for long stays so
    let settled = two_tokens().token("");
    let file = std::fs::File::options().write(true).open(settled.hf_home().join("token")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    settled.helper(&["get"], ASK).answers_nobody();
}

#[test]
fn a_value_of_very_many_lines_is_read_in_no_time() {
    let lines = "  x\n".repeat(100_000);
    let world = World::new().token(A).stored_tokens(&format!("[a]\nhf_token = x\n{lines}\n\n[b]\nhf_token = {B}\n"));
    let reply = ask(&world, "b");
    reply.answers("b", B);
    assert!(reply.took < Duration::from_secs(20), "{:?}", reply.took);
}

#[test]
fn what_is_no_file_gets_one_line() {
    for make in [
        |path: &std::path::Path| std::fs::create_dir(path).unwrap(),
        |path: &std::path::Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        |path: &std::path::Path| std::os::unix::fs::symlink(path, path).unwrap(),
        |path: &std::path::Path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
        |path: &std::path::Path| std::fs::File::create(path).unwrap().set_len(1 << 30).unwrap(),
    ] {
        for file in ["token", "stored_tokens"] {
            let world = World::new();
            std::fs::create_dir_all(world.hf_home()).unwrap();
            make(&world.hf_home().join(file));
            world.helper(&["get"], ASK).refused().says(file);
        }
    }
    let world = World::new().token(A);
    std::fs::create_dir(world.hf_home().join("stored_tokens")).unwrap();
    world.helper(&["get"], ASK).answers("hf_user", A);
}
