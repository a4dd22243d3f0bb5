//! What the Hub says of tokens: `list --check` asks it sparingly, and it is remembered as `whoami` remembers it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::rig::{Terminal, World};

const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";
const GONE: &str = "hf_GoneGoneGoneGoneGoneGoneGoneGoneGo";

/// A Hub on loopback that knows alice's and bob's tokens, and the pages it was asked for.
struct Hub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    /// Opens it; `limit` is how many questions it answers before it wants to be asked less often.
    fn open(limit: usize, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || {
                    let (mut request, mut bytes) = (String::new(), [0; 4096]);
                    while !request.contains("\r\n\r\n") {
                        match stream.read(&mut bytes) {
                            Ok(read @ 1..) => request.push_str(&String::from_utf8_lossy(&bytes[..read])),
                            _ => return,
                        }
                    }
                    let count = {
                        let mut seen = seen.lock().expect("lock");
                        seen.push(request.clone());
                        seen.len()
                    };
                    thread::sleep(delay);
                    let (status, body) = match () {
                        () if count > limit => ("429 Slow", "{}".to_owned()),
                        () if request.contains(ALICE) => ("200 OK", whoami("alice")),
                        () if request.contains(BOB) => ("200 OK", whoami("bob")),
                        () => ("401 No", r#"{"error":"User Access Token \"old-laptop\" is expired"}"#.to_owned()),
                    };
                    let length = body.len();
                    _ = write!(
                        stream,
                        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nRetry-After: 77\r\n\r\n{body}"
                    );
                });
            }
        });
        Self { url, asked }
    }

    fn count(&self) -> usize {
        self.asked.lock().expect("lock").len()
    }
}

fn whoami(name: &str) -> String {
    serde_json::json!({"type": "user", "name": name, "auth": {"accessToken": {"role": "read", "displayName": "x"}}})
        .to_string()
}

/// alice's token by two names, bob's, one that the Hub does not know, and one whose time is over.
fn world(hub: &Hub) -> World {
    let sections = format!(
        "[work]\nhf_token = {ALICE}\n\n[again]\nhf_token = {ALICE}\n\n[bobs]\nhf_token = {BOB}\n\n[old]\nhf_token = \
         {GONE}\n\n[over]\nhf_token = hf_over\nexpires_at = 1\n\n"
    );
    World::new().token(ALICE).stored_tokens(&sections).env("HF_ENDPOINT", &hub.url)
}

fn rows(world: &World, args: &[&str]) -> Vec<(String, String, String, String)> {
    let reply = world.helper(args, "");
    reply.hides(ALICE).hides(BOB).hides(GONE);
    let list: Value = serde_json::from_slice(&reply.stdout).expect("one JSON object");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = list["tokens"].as_array().expect("an array").iter();
    rows.map(|row| (text(&row["name"]), text(&row["account"]), text(&row["state"]), text(&row["check"]["result"])))
        .collect()
}

fn row(name: &str, account: &str, state: &str, check: &str) -> (String, String, String, String) {
    (name.to_owned(), account.to_owned(), state.to_owned(), check.to_owned())
}

#[test]
fn the_hub_is_asked_once_about_each_token_and_the_answers_are_remembered() {
    let hub = Hub::open(100, Duration::ZERO);
    let world = world(&hub);
    let unknown = rows(&world, &["list", "--json"]);
    assert!(unknown.iter().all(|(_, account, _, check)| account == "-" && check == "-"), "{unknown:?}");
    assert_eq!(hub.count(), 0, "nothing is asked without --check");
    let wanted = |check: fn(&'static str) -> &'static str| {
        vec![
            row("work", "alice", "usable", check("works")),
            row("again", "alice", "usable", check("works")),
            row("bobs", "bob", "usable", check("works")),
            row("old", "-", "rejected", check("rejected")),
            row("over", "-", "expired", "-"),
        ]
    };
    assert_eq!(rows(&world, &["list", "--check", "--json"]), wanted(|word| word));
    assert_eq!(hub.count(), 3, "each distinct token once, and none that has ended");
    assert_eq!(rows(&world, &["list", "--json"]), wanted(|_| "-"), "it is known from then on");
    let told = world.helper(&["list", "--check"], "").out();
    for (name, state) in
        [("bobs", "works"), ("old", "the Hub refuses this token (User Access Token \"old-laptop\" is expired)")]
    {
        assert!(told.lines().any(|line| line.contains(name) && line.ends_with(state)), "{name}: {told}");
    }
    // git is not given what was rejected
    world.helper(&["switch", "old"], "").succeeded();
    let host = hub.url.trim_start_matches("http://");
    let ask = format!("protocol=http\nhost={host}\n");
    world.helper(&["get"], &ask).refused().says("rejected by the Hub").hides(GONE);
}

#[test]
fn a_rejection_is_lifted_by_an_answer_that_the_token_works() {
    let hub = Hub::open(100, Duration::ZERO);
    let world = world(&hub);
    let host = hub.url.trim_start_matches("http://");
    let rejected = format!("protocol=http\nhost={host}\nusername=hf_user\npassword={ALICE}\n");
    world.helper(&["erase"], rejected).is_heard();
    assert_eq!(rows(&world, &["list", "--json"])[0].2, "rejected");
    assert_eq!(rows(&world, &["list", "--check", "--json"])[0], row("work", "alice", "usable", "works"));
    world.helper(&["get"], format!("protocol=http\nhost={host}\n")).answers("hf_user", ALICE);
}

#[test]
fn who_asks_too_often_stops_and_says_so() {
    let hub = Hub::open(0, Duration::ZERO);
    let sections: Vec<_> = (0..20).map(|number| format!("[t{number}]\nhf_token = {ALICE}{number}\n\n")).collect();
    let world = World::new().stored_tokens(&sections.concat()).env("HF_ENDPOINT", &hub.url);
    let reply = world.helper(&["list", "--check"], "");
    reply.failed().says("20 of the tokens not checked: rate limited by the Hub; try again in 77 s").hides(ALICE);
    assert!(reply.out().contains("not checked"), "{reply:?}");
    assert!(hub.count() <= 4, "{} questions", hub.count());
}

#[test]
fn whose_a_token_is_is_shown_and_its_name_is_not() {
    let hub = Hub::open(100, Duration::ZERO);
    let world = World::new().env("HF_ENDPOINT", &hub.url);
    let host = hub.url.trim_start_matches("http://");
    world.helper(&["store"], format!("protocol=http\nhost={host}\nusername=work\npassword={BOB}\n")).is_silent();
    assert_eq!(rows(&world, &["list", "--json"])[0].1, "-", "a name is no account");
    world.helper(&["whoami"], "").succeeded();
    assert_eq!(rows(&world, &["list", "--json"])[0].1, "bob");
    let told = world.helper(&["logout"], "");
    told.refused().says("work (bob's token hf_****BobB");
    let told = world.helper(&["logout", "work"], "");
    assert!(told.succeeded().out().contains("Logged out of work (bob's token hf_****BobB"), "{told:?}");
}

#[test]
fn whoami_names_what_git_sends_instead() {
    let hub = Hub::open(100, Duration::ZERO);
    let world = world(&hub);
    world.git(&["init", "--quiet", "."]).succeeded();
    let (scheme, host) = hub.url.split_once("://").expect("a URL");
    world.git(&["remote", "add", "origin", &format!("{scheme}://x:{BOB}@{host}/acme/m")]).succeeded();
    let reply = world.helper(&["whoami"], "");
    reply.succeeded().says("the URL of remote 'origin' holds a token").hides(BOB);
    assert!(reply.out().contains("asked about") && !reply.out().contains("git uses"), "{reply:?}");
    let told: Value = serde_json::from_slice(&world.helper(&["whoami", "--json"], "").stdout).expect("JSON");
    assert_eq!(told["used_by_git"], false);
}

#[test]
fn a_rejected_token_is_told_in_words_and_with_a_way_out() {
    let hub = Hub::open(100, Duration::ZERO);
    let world = World::new().stored_tokens(&format!("[old]\nhf_token = {GONE}\n\n")).env("HF_ENDPOINT", &hub.url);
    let reply = world.helper(&["whoami"], "");
    reply
        .refused()
        .says_one_line()
        .says("(User Access Token \"old-laptop\" is expired)")
        .says("`git-credential-hf logout old`");
    assert!(!reply.err().contains('\\'), "{reply:?}");
}

#[test]
fn a_slow_hub_is_shown_to_be_waited_for_and_the_line_goes_again() {
    let hub = Hub::open(100, Duration::from_secs(3));
    let world = world(&hub).env("NO_COLOR", "1");
    let line = format!("asking {} ...", hub.url.trim_start_matches("http://"));
    let mut terminal = Terminal::helper(&world, &["whoami"]);
    terminal.shows(&line).shows(&format!("\r{:1$}\r", "", line.len())).shows("account");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    let reply = world.helper(&["whoami"], "");
    assert!(reply.succeeded().err().is_empty(), "without a terminal nothing is shown: {reply:?}");
}

#[test]
fn ctrl_c_in_a_browser_login_says_that_nothing_was_changed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut bytes) = (String::new(), [0; 4096]);
            while !request.contains("\r\n\r\n") {
                match stream.read(&mut bytes) {
                    Ok(read @ 1..) => request.push_str(&String::from_utf8_lossy(&bytes[..read])),
                    _ => break,
                }
            }
            let body = if request.contains("/oauth/device") {
                r#"{"device_code":"d","user_code":"52AT-FLYZ","verification_uri":"https://hub.example/device","expires_in":900}"#
            } else {
                r#"{"error":"authorization_pending"}"#
            };
            _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let world = World::new().env("HF_ENDPOINT", &url);
    let mut terminal = Terminal::helper(&world, &["login", "--browser"]);
    terminal.shows("52AT-FLYZ").shows("Waiting for confirmation").types("\x03").shows("cancelled; nothing was changed");
    // as everywhere: the shell shows 130
    assert_eq!(terminal.ends(), -2, "{}", terminal.shown());
    assert!(!world.hf_home().join("stored_tokens").exists());
}
