//! What `status` says is what `get` then does, and it says so without asking anybody.

use serde_json::Value;

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const HELPER: &str = "[credential \"https://huggingface.co\"]\n\thelper =\n\thelper = hf";

fn status(world: &World) -> Value {
    let reply = world.helper(&["status", "--json"], "");
    reply.hides(A).hides(B).hides("test1");
    serde_json::from_str(&reply.out()).expect("one JSON object")
}

/// The word of the source that answers, as `status` has it.
fn winner(status: &Value) -> Option<String> {
    let sources = status["sources"].as_array().unwrap();
    let winner = sources.iter().find(|source| source["answers"] == true)?;
    Some(winner["source"].as_str().unwrap().to_owned())
}

fn store(world: &World) {
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
}

fn refuse(world: &World, secret: &str) {
    world.helper(&["erase"], format!("{ASK}username=x\npassword={secret}\n")).is_heard();
}

/// A home in one state, by what was done to it one after the other.
fn world(state: &[&str]) -> World {
    let soon = "[login]\nhf_token = hf_old\nrefresh_token = r\nexpires_at = ";
    let mut world = World::new().global_config(HELPER);
    for word in state {
        match *word {
            "token" => world.write_token(A),
            "another token" => world.write_token(B),
            "section" => world = world.stored_tokens(&format!("[work]\nhf_token = {A}\n\n")),
            "two sections" => world = world.stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n")),
            "broken" => world = world.stored_tokens("[a\n"),
            "expired" => world = world.token(A).stored_tokens(&format!("[a]\nhf_token = {A}\nexpires_at = 1\n\n")),
            "due" => world = world.token("hf_old").stored_tokens(&format!("{soon}4102444800\n\n")),
            "ended" => world = world.token("hf_old").stored_tokens(&format!("{soon}1\n\n")),
            "offline" => world.set_env("HF_HUB_OFFLINE", "1"),
            "HF_TOKEN" => world.set_env("HF_TOKEN", B),
            "placeholder" => world.set_env("HF_TOKEN", "$HF_TOKEN"),
            "old variable" => world.set_env("HUGGING_FACE_HUB_TOKEN", B),
            "stored" => store(&world),
            "refused A" => refuse(&world, A),
            "refused B" => refuse(&world, B),
            "refused stored" => refuse(&world, "test1"),
            "for work" => world.write(".gitconfig", format!("{HELPER}\n\tusername = work\n")),
            "for bob" => world.write(".gitconfig", format!("{HELPER}\n\tusername = bob\n")),
            other => panic!("{other}"),
        }
    }
    world
}

#[test]
fn what_status_says_is_what_get_does() {
    let states: [&[&str]; 24] = [
        &[],
        &["token"],
        &["section"],
        &["two sections"],
        &["two sections", "token"],
        &["broken"],
        &["broken", "token"],
        &["expired"],
        &["due", "offline"],
        &["ended", "offline"],
        &["stored"],
        &["token", "stored"],
        &["stored", "token"],
        &["token", "stored", "another token"],
        &["HF_TOKEN", "token"],
        &["old variable", "stored"],
        &["placeholder", "token"],
        &["token", "refused A"],
        &["HF_TOKEN", "token", "refused B"],
        &["section", "for work"],
        &["section", "refused A", "for work"],
        &["token", "for bob"],
        &["token", "stored", "for bob"],
        &["stored", "another token", "for bob"],
    ];
    for state in states {
        let world = world(state);
        let said = status(&world);
        let name = said["requested"].as_str().map_or_else(String::new, |name| format!("username={name}\n"));
        let asked = format!("capability[]=authtype\ncapability[]=state\n{ASK}{name}");
        let reply = world.helper(&["get"], asked);
        let answered = reply.attribute("state[]").map(|word| word.trim_start_matches("hf:").to_owned());
        assert_eq!(winner(&said), answered, "{state:?}\n{said:#}\n{reply:?}");
        assert_eq!(said["usable"], answered.is_some(), "{state:?}");
        let exit = world.helper(&["status"], "").status;
        assert_eq!(exit, Some(i32::from(answered.is_none())), "{state:?}");
    }
}

#[test]
fn what_is_asked_for_a_token_is_not_asked_by_status() {
    let helper =
        "[credential \"https://huggingface.co\"]\n\thelper = \"hf --token-command 'touch asked; echo hf_x'\"\n";
    let world = World::new().global_config(helper).token(A);
    let said = status(&world);
    assert_eq!((winner(&said).as_deref(), &said["usable"]), (Some("command"), &Value::Bool(true)));
    assert!(!world.home().join("asked").exists());
}

#[test]
fn each_client_that_goes_past_the_helper_is_named() {
    let sends = |world: &World| {
        let said = status(world);
        let clients = said["clients"].as_array().unwrap().iter();
        let sends: Vec<_> = clients.map(|client| client["sends"].as_str().unwrap().to_owned()).collect();
        (sends.join(" "), said["agree"].as_bool().unwrap(), said)
    };
    let (all, agree, _) = sends(&World::new().global_config(HELPER).token(A));
    assert_eq!((&*all, agree), ("helper helper helper", true));
    let (all, agree, _) = sends(&World::new().global_config(HELPER).token(A).env("HF_TOKEN", B));
    assert_eq!((&*all, agree), ("helper helper HF_TOKEN", true));
    let (all, agree, _) = sends(&World::new().global_config(HELPER).token(A).env("HF_TOKEN", ""));
    assert_eq!((&*all, agree), ("helper helper nothing", false));
    let (all, _, said) = sends(&World::new().token(A));
    assert_eq!(all, "nothing nothing nothing");
    assert!(said["warnings"].to_string().contains("git-credential-hf setup"), "{said}");
    let world = World::new().global_config(HELPER).token(A);
    world.write(".netrc", format!("machine huggingface.co login x password {B}\n"));
    let (all, agree, said) = sends(&world);
    assert_eq!((&*all, agree), ("other other other", true));
    assert!(said["warnings"].to_string().contains(".netrc"), "{said}");
    let before = "[credential]\n\thelper = store\n\thelper = hf\n";
    let (all, ..) = sends(&World::new().global_config(before).token(A));
    assert_eq!(all, "other other other");
    let access = format!("{HELPER}\n[lfs \"https://huggingface.co/acme/m.git/info/lfs\"]\n\taccess = none\n");
    let (all, agree, _) = sends(&World::new().global_config(&access).token(A));
    assert_eq!((&*all, agree), ("helper helper nothing", false));
    let stale = access.replace("= none", "= basic");
    let (.., said) = sends(&World::new().global_config(&stale).token(A));
    assert!(said["warnings"].to_string().contains("--unset lfs.https://huggingface.co/acme"), "{said}");
}

#[test]
fn a_name_that_moves_the_cursor_does_not() {
    let world = World::new().global_config(HELPER).token(A).stored_tokens(&format!("[a\u{9b}2J]\nhf_token = {A}\n\n"));
    world.helper(&["status"], "").succeeded().hides("\u{9b}").says_nothing();
}
