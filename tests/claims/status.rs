//! What `status` says is what `get` then does, and it says so without asking anybody.

use serde_json::Value;

use crate::rig::{Git, Reply, World, finish};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const HELPER: &str = "[credential \"https://huggingface.co\"]\n\thelper =\n\thelper = hf\n";

fn run_in(world: &World, directory: &str, args: &[&str]) -> Reply {
    let mut command = world.command("git-credential-hf");
    command.current_dir(world.home().join(directory)).arg("status").args(args);
    let reply = finish(command, b"");
    reply.hides(A).hides(B).hides("test1");
    reply
}

fn status_in(world: &World, directory: &str) -> Value {
    serde_json::from_str(&run_in(world, directory, &["--json"]).out()).expect("one JSON object")
}

fn status(world: &World) -> Value {
    status_in(world, "")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn all<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name} in {value:#}"))
}

/// The word of the source that answers, as `status` has it.
fn winner(status: &Value) -> Option<&str> {
    let host = &status["hosts"][0];
    let winner = all(host, "sources").iter().find(|source| source["answers"] == true);
    assert_eq!(
        winner.map(|source| &source["masked"]),
        host.get("answer").filter(|it| !it.is_null()).map(|it| &it["masked"])
    );
    Some(text(winner?, "source"))
}

/// By which way each client's token comes to the first remote, and whether they agree.
fn ways(status: &Value) -> (String, bool) {
    let words: Vec<_> = clients(status, 0).iter().map(|client| text(client, "sends")).collect();
    (words.join(" "), status["agree"].as_bool().unwrap())
}

fn clients(status: &Value, remote: usize) -> &[Value] {
    all(&status["hosts"][0]["remotes"][remote], "clients")
}

fn warnings(status: &Value) -> String {
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
            "for work" => world.write(".gitconfig", format!("{HELPER}\tusername = work\n")),
            "for bob" => world.write(".gitconfig", format!("{HELPER}\tusername = bob\n")),
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
fn each_client_that_goes_past_the_helper_is_named() {
    let ours = || World::new().global_config(HELPER).token(A);
    assert_eq!(ways(&status(&ours())), ("helper helper helper".to_owned(), true));
    assert_eq!(ways(&status(&ours().env("HF_TOKEN", B))), ("helper helper HF_TOKEN".to_owned(), true));
    assert_eq!(ways(&status(&ours().env("HF_TOKEN", ""))), ("helper helper nothing".to_owned(), false));
    let world = ours().env("HF_TOKEN", "").env("HUGGING_FACE_HUB_TOKEN", B);
    assert_eq!(ways(&status(&world)), ("helper helper nothing".to_owned(), false));
    let said = status(&World::new().token(A));
    assert_eq!((ways(&said), &said["usable"]), (("nothing nothing nothing".to_owned(), true), &Value::Bool(false)));
    assert!(warnings(&said).contains("git-credential-hf setup"), "{said}");
    let world = ours();
    world.write(".netrc", format!("machine huggingface.co login x password {B}\n"));
    let said = status(&world);
    assert_eq!((ways(&said), &said["usable"]), (("another another another".to_owned(), true), &Value::Bool(true)));
    assert!(warnings(&said).contains(".netrc"), "{said}");
    let header = format!("{HELPER}[http \"https://huggingface.co/acme\"]\n\textraHeader = Authorization: Bearer {B}\n");
    let world = ours().global_config(&header);
    for (name, way) in [("acme", "another another helper"), ("acmes", "helper helper helper")] {
        repository(&world, name, &[("origin", &format!("https://huggingface.co/{name}/m"))]);
        assert_eq!(ways(&status_in(&world, name)).0, way);
    }
}

#[test]
fn of_a_helper_that_is_asked_before_it_is_said_no_more_than_that() {
    let before = "[credential]\n\thelper = store\n\thelper = hf\n";
    let world = World::new().global_config(before).token(A);
    let said = status(&world);
    assert_eq!(ways(&said), ("first_another first_another first_another".to_owned(), true));
    assert!(warnings(&said).contains("credential.helper (git's global configuration"), "{said}");
    let shown = run_in(&world, "", &[]);
    assert!(shown.out().contains("git asks another helper first, and where that has none it uses"), "{shown:?}");
    let said = status(&world.global_config("[credential]\n\thelper = store\n"));
    assert_eq!((ways(&said).0.as_str(), &said["usable"]), ("another another another", &Value::Bool(true)));
}

#[test]
fn what_git_lfs_noted_counts_for_its_own_repository_and_only_where_it_is_in_the_way() {
    let note = |server: &str, value: &str| format!("{HELPER}[lfs \"{server}/info/lfs\"]\n\taccess = {value}\n");
    let sends = |server: &str, value: &str, has_token: bool| {
        let world = World::new().global_config(&note(server, value));
        if has_token {
            world.write_token(A);
        }
        repository(&world, "m", &[("origin", "https://huggingface.co/acme/m")]);
        let said = status_in(&world, "m");
        (text(&clients(&said, 0)[2], "sends").to_owned(), warnings(&said).contains(".access"))
    };
    let own = "https://huggingface.co/acme/m.git";
    assert_eq!(sends(own, "none", true), ("nothing".to_owned(), true));
    assert_eq!(sends("https://alice@HuggingFace.co:443/acme/m.git", "none", true), ("nothing".to_owned(), true));
    for other in [
        "https://github.com/acme/m.git",
        "https://huggingface.co/acme/n.git",
        "https://huggingface.company.example/acme/m.git",
    ] {
        assert_eq!(sends(other, "none", true), ("helper".to_owned(), false), "{other}");
        assert!(!sends(other, "basic", true).1, "{other}");
    }
    // git-lfs itself writes it at the first private repository
    assert_eq!(sends(own, "basic", true), ("helper".to_owned(), false));
    assert_eq!(sends(own, "basic", false), ("helper".to_owned(), true));
    assert!(!sends("https://huggingface.company.example/acme/m.git", "basic", false).1);
}

fn repository(world: &World, name: &str, remotes: &[(&str, &str)]) {
    world.git(&["init", "--quiet", name]).succeeded();
    for (remote, url) in remotes {
        world.git_in(name, &["remote", "add", remote, url]).succeeded();
    }
}

/// What `git credential fill` ends with for a URL, as `status` masks it.
fn filled(world: &World, directory: &str, url: &str) -> Option<String> {
    let mut command = world.command("git");
    command.args(["credential", "fill"]).current_dir(world.home().join(directory)).env("GIT_ASKPASS", "");
    let password = finish(command, format!("url={url}\n\n").as_bytes()).attribute("password")?;
    Some(format!("hf_****{}", &password[password.len() - 4..]))
}

/// What git and git-xet get at each remote is what git's own `credential fill` says, whatever names whom in which order.
#[test]
fn what_each_remote_gets_is_what_git_says() {
    let home_later = "[credential \"https://huggingface.co\"]\n\tusername = home\n";
    let bound = |path: bool| {
        format!("[credential \"https://huggingface.co/acme\"]\n\tusername = work\n\tuseHttpPath = {path}\n")
    };
    let one = &[("origin", "https://huggingface.co/acme/m")][..];
    let two = &[("origin", "https://huggingface.co/acme/m"), ("mine", "https://huggingface.co/mine/m")][..];
    let named = &[("origin", "https://work@huggingface.co/other/m"), ("up", "https://huggingface.co/acme/m")][..];
    let unbound = &[("origin", "https://huggingface.co/other/m")][..];
    for git in Git::all() {
        for (number, config) in [
            String::new(),
            bound(true),
            bound(false),
            home_later.to_owned() + &bound(true),
            bound(true) + home_later,
            bound(false) + home_later,
            bound(false) + "[credential]\n\tusername = home\n",
            bound(true) + "[credential \"huggingface.co\"]\n\tusername = home\n",
        ]
        .into_iter()
        .enumerate()
        {
            let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
            let world = World::new().using(&git).stored_tokens(&sections).token(A);
            let world = world.global_config(&format!("{HELPER}{config}"));
            for (directory, remotes) in [("one", one), ("two", two), ("named", named), ("unbound", unbound)] {
                repository(&world, directory, remotes);
                let said = status_in(&world, directory);
                for (position, (name, url)) in remotes.iter().enumerate() {
                    let masked = |client: usize| clients(&said, position)[client]["answer"]["masked"].as_str();
                    let case = format!("{name} of {directory} with {number}: {said:#}");
                    assert_eq!(masked(0), filled(&world, directory, url).as_deref(), "git at {case}");
                    assert_eq!(
                        masked(2),
                        filled(&world, directory, "https://huggingface.co").as_deref(),
                        "git-xet at {case}"
                    );
                    let agrees = said["hosts"][0]["remotes"][position]["agree"] == true;
                    assert_eq!(agrees, masked(0) == masked(1) && masked(0) == masked(2), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_name_for_the_whole_host_behind_a_binding_is_told_with_its_cure() {
    let bound = "[credential \"https://huggingface.co/acme\"]\n\tusername = work\n\tuseHttpPath = true\n";
    let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
    let later = format!("{HELPER}{bound}[credential \"https://huggingface.co\"]\n\tusername = home\n");
    let world = World::new().stored_tokens(&sections).token(A).global_config(&later);
    repository(&world, "m", &[("origin", "https://huggingface.co/acme/m")]);
    let said = status_in(&world, "m");
    let asked: Vec<_> = clients(&said, 0).iter().map(|client| text(client, "requested")).collect();
    assert_eq!((asked, &said["agree"]), (vec!["home", "home", "work"], &Value::Bool(false)));
    assert!(warnings(&said).contains("bind again"), "{said:#}");
    let shown = run_in(&world, "m", &[]).out();
    assert!(
        shown.contains("git asks for home, by credential.https://huggingface.co.username (git's global"),
        "{shown}"
    );
    assert!(shown.contains("git and git-lfs  home (hf_****AAAA)"), "{shown}");
    assert!(shown.contains("git-xet          work (hf_****BBBB)"), "{shown}");
}

#[test]
fn a_token_in_one_remotes_url_counts_for_that_remote() {
    let world = World::new().global_config(HELPER).token(A);
    let held = format!("https://x:{B}@huggingface.co/acme/m");
    let named = format!("https://{B}@huggingface.co/acme/n");
    repository(&world, "m", &[("origin", "https://huggingface.co/acme/m"), ("held", &held), ("named", &named)]);
    world.git_in("m", &["config", "remote.origin.pushurl", &held]).succeeded();
    let said = status_in(&world, "m");
    let remotes = all(&said["hosts"][0], "remotes").iter().enumerate();
    let told: Vec<_> = remotes
        .map(|(position, remote)| {
            let sends: Vec<_> = clients(&said, position).iter().map(|client| text(client, "sends")).collect();
            format!("{} {}: {}", text(remote, "name"), remote["push"], sends.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "origin false: helper helper helper",
            "origin true: url url helper",
            "held false: url url url",
            "named false: helper helper helper"
        ],
        "{said:#}"
    );
    run_in(&world, "m", &[]).succeeded();
}

#[test]
fn the_verdict_names_what_ended_the_search() {
    let world = World::new().global_config(HELPER).token(A).env("HF_TOKEN", B);
    refuse(&world, B);
    let said = status(&world);
    assert!(text(&said["hosts"][0], "lack").contains("the Hub refused the environment's token"), "{said:#}");
    assert_eq!((&said["usable"], ways(&said)), (&Value::Bool(false), ("helper helper HF_TOKEN".to_owned(), false)));
    let shown = run_in(&world, "", &[]);
    let first = shown.out().lines().next().unwrap().to_owned();
    assert!(first.contains("the environment's token") && first.ends_with("set a valid one, or unset it"), "{first}");
    assert!(!shown.out().contains("login"), "{shown:?}");
    for (state, told) in [
        (&[][..], "git-credential-hf login"),
        (&["two sections"], "git-credential-hf switch"),
        (&["two sections", "for work"], "none is kept for work"),
        (&["token", "refused A"], "doctor"),
        (&["broken"], "stored_tokens"),
    ] {
        let shown = run_in(&super::status::world(state), "", &[]).out();
        let first = shown.lines().next().unwrap();
        assert!(first.starts_with("huggingface.co: git has no token: ") && first.contains(told), "{state:?}: {shown}");
    }
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
