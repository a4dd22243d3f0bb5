//! What `status` says is what `get` then does, and it says so without asking anybody.

use serde_json::Value;

use crate::clients::ways;
use crate::rig::{Reply, World, finish};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
pub(crate) const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
pub(crate) const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
pub(crate) const HELPER: &str = "[credential \"https://huggingface.co\"]\n\thelper =\n\thelper = hf\n";

pub(crate) fn run_in(world: &World, directory: &str, args: &[&str]) -> Reply {
    let mut command = world.command("git-credential-hf");
    command.current_dir(world.home().join(directory)).arg("status").args(args);
    let reply = finish(command, b"");
    reply.hides(A).hides(B).hides("test1");
    reply
}

pub(crate) fn status_in(world: &World, directory: &str) -> Value {
    serde_json::from_str(&run_in(world, directory, &["--json"]).out()).expect("one JSON object")
}

pub(crate) fn status(world: &World) -> Value {
    status_in(world, "")
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

pub(crate) fn all<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name} in {value:#}"))
}

/// The word of the source that answers, as `status` has it.
fn winner(status: &Value) -> Option<&str> {
    let host = &status["hosts"][0];
    let winner = all(host, "sources").iter().find(|source| source["answers"] != false);
    assert_eq!(
        winner.map(|source| &source["masked"]),
        host.get("answer").filter(|it| !it.is_null()).map(|it| &it["masked"])
    );
    Some(text(winner?, "source"))
}

pub(crate) fn clients(status: &Value, remote: usize) -> &[Value] {
    all(&status["hosts"][0]["remotes"][remote], "clients")
}

pub(crate) fn repository(world: &World, name: &str, remotes: &[(&str, &str)]) {
    world.git(&["init", "--quiet", name]).succeeded();
    for (remote, url) in remotes {
        world.git_in(name, &["remote", "add", remote, url]).succeeded();
    }
}

pub(crate) fn warnings(status: &Value) -> String {
    let told: Vec<_> = all(status, "warnings")
        .iter()
        .map(|warning| format!("{}: {}", text(warning, "message"), text(warning, "remedy")))
        .collect();
    told.join("\n")
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
    let mut world = World::new().with_clients().global_config(HELPER);
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
            "for work" => world.write(".gitconfig", format!("{HELPER}\tusername = work\n")),
            "for bob" => world.write(".gitconfig", format!("{HELPER}\tusername = bob\n")),
            "for a" => world.write(".gitconfig", format!("{HELPER}\tusername = a\n")),
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
        let name = said["hosts"][0]["requested"].as_str().map_or_else(String::new, |name| format!("username={name}\n"));
        let asked = format!("capability[]=authtype\ncapability[]=state\n{ASK}{name}");
        let reply = world.helper(&["get"], asked);
        let answered = reply.attribute("state[]").map(|word| word.trim_start_matches("hf:").to_owned());
        let answered = answered.filter(|word| word != "asked");
        assert_eq!(winner(&said), answered.as_deref(), "{state:?}\n{said:#}\n{reply:?}");
        assert_eq!(said["usable"], answered.is_some(), "{state:?}");
        let exit = run_in(&world, "", &[]).status;
        assert_eq!(exit, Some(i32::from(answered.is_none())), "{state:?}");
    }
}

#[test]
fn what_is_asked_for_a_token_is_not_asked_by_status() {
    let helper =
        "[credential \"https://huggingface.co\"]\n\thelper = \"hf --token-command 'touch asked; echo hf_x'\"\n";
    let world = World::new().global_config(helper).token(A);
    let said = status(&world);
    assert_eq!((winner(&said), &said["usable"]), (Some("command"), &Value::Bool(true)));
    assert!(!world.home().join("asked").exists());
}

#[test]
fn the_verdict_names_what_ended_the_search() {
    let world = World::new().with_clients().global_config(HELPER).token(A).env("HF_TOKEN", B);
    refuse(&world, B);
    let said = status(&world);
    assert!(text(&said["hosts"][0], "lack").contains("HF_TOKEN was rejected by the Hub"), "{said:#}");
    assert_eq!((&said["usable"], ways(&said)), (&Value::Bool(false), ("helper helper HF_TOKEN".to_owned(), false)));
    let shown = run_in(&world, "", &[]);
    let first = shown.out().lines().next().unwrap().to_owned();
    assert!(
        first.contains("HF_TOKEN was rejected") && first.ends_with("set a valid token, or unset HF_TOKEN"),
        "{first}"
    );
    assert!(!shown.out().contains("login"), "{shown:?}");
    for (state, told) in [
        (&[][..], "nobody is logged in (git-credential-hf login)"),
        (&["two sections"], "none of those that are kept is chosen (git-credential-hf switch NAME)"),
        (&["two sections", "for work"], "no token named work is stored here"),
        (&["token", "refused A"], "the active token was rejected by the Hub: run `git-credential-hf login`"),
        (&["broken"], "cannot read "),
        (&["expired", "for a"], "the token of the requested name has expired"),
    ] {
        let shown = run_in(&super::status::world(state), "", &[]).out();
        let first = shown.lines().next().unwrap();
        assert!(first.starts_with(&format!("huggingface.co: git has no token: {told}")), "{state:?}: {shown}");
    }
    let shown = run_in(&super::status::world(&["broken"]), "", &[]).out();
    assert_eq!(shown.matches("cannot read").count(), 2, "once in the verdict, once in its row: {shown}");
}

#[test]
fn without_git_that_is_said() {
    let world = World::new().token(A);
    let built = world.command("git-credential-hf").get_program().to_owned();
    let run = |args: &[&str]| {
        let mut command = world.command(&built);
        command.arg("status").args(args).env("PATH", world.home());
        finish(command, b"")
    };
    let shown = run(&[]);
    assert!(shown.succeeded().out().starts_with("cannot run git (install it, or put it on PATH)"), "{shown:?}");
    assert!(shown.out().contains("this helper would answer with the active token (hf_****AAAA)"), "{shown:?}");
    let said: Value = serde_json::from_str(&run(&["--json"]).out()).unwrap();
    assert_eq!((&said["git"], &said["usable"]), (&Value::Bool(false), &Value::Bool(true)));
    assert!(all(&said["hosts"][0], "remotes").is_empty());
}

#[test]
fn each_hub_has_its_own_verdict() {
    let world = World::new().global_config(HELPER).token(A).env("HF_ENDPOINT", "https://hub.example");
    let said = status(&world);
    let hosts = all(&said, "hosts").iter();
    let told: Vec<_> = hosts.map(|host| (text(host, "url"), host["set_up"] == true, host["usable"] == true)).collect();
    assert_eq!(told, [("https://hub.example", false, false), ("https://huggingface.co", true, true)]);
    assert_eq!(said["usable"], false, "HF_ENDPOINT is the one that is meant");
    let shown = run_in(&world, "", &[]);
    let out = shown.failed().out();
    assert!(out.contains("hub.example: git has no token") && out.contains("huggingface.co: git uses"), "{out}");
    repository(&world, "m", &[("origin", "https://huggingface.co/acme/m")]);
    let shown = run_in(&world, "m", &[]);
    assert!(!shown.succeeded().out().contains("hub.example: "), "{shown:?}");
}

#[test]
fn a_name_that_moves_the_cursor_does_not() {
    let world = World::new().global_config(HELPER).token(A).stored_tokens(&format!("[a\u{9b}2J]\nhf_token = {A}\n\n"));
    world.helper(&["status"], "").succeeded().hides("\u{9b}").says_nothing();
}
