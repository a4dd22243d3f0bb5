//! A Hub that means ill, or whoever answers in its place: it keeps nobody waiting for long, fills no memory, moves no cursor,
//! writes no line of its own into a file, and sends no token elsewhere.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::rig::{Reply, World, finish_within};

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const OLD: &str = "hf_oauth_old";

/// What a person waits for one answer at most is 10 s; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(16);

/// What git waits for a refresh at most, while its token is valid, is 2.5 s; the same.
const PATIENCE_OF_GIT: Duration = Duration::from_secs(5);

/// Answers one request for a page; where it is told of another server, that must never be asked.
type Trick = fn(&mut TcpStream, SocketAddr) -> io::Result<()>;

const TRICKS: [(&str, Trick); 16] = [
    ("says nothing", |_, _| {
        thread::sleep(Duration::from_secs(30));
        Ok(())
    }),
    ("hangs up", |_, _| Ok(())),
    ("does not speak HTTP", |stream, _| stream.write_all(&[0xff; 100_000])),
    ("has a status line without an end", |stream, _| for_ever(stream, b"HTTP/1.1 200 ", b"OK")),
    ("has headers without an end", |stream, _| for_ever(stream, b"HTTP/1.1 200 OK\r\n", b"x-more: and more of it\r\n")),
    ("has a header without an end", |stream, _| for_ever(stream, b"HTTP/1.1 200 OK\r\nx-more: ", b"aaaaaaaa")),
    ("has a body without an end", |stream, _| for_ever(stream, b"HTTP/1.1 200 OK\r\n\r\n{\"name\":\"", b"aaaaaaaa")),
    ("says it is 1 TB", |stream, _| {
        for_ever(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n", b"[1,2,3],")
    }),
    ("has chunks without an end", |stream, _| {
        for_ever(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\n        \r\n")
    }),
    ("has a chunk larger than any memory", |stream, _| {
        for_ever(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n", b"aaaaaaaa")
    }),
    ("is deep", |stream, _| stream.write_all(&answer(200, "", &"[".repeat(60_000)))),
    ("gives a byte now and then", |stream, _| {
        for byte in answer(200, "", &json!({"name": "alice", "access_token": "hf_oauth_new"}).to_string()) {
            stream.write_all(&[byte])?;
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }),
    ("sends on for good", |stream, other| redirect(stream, 308, other)),
    ("sends on for now", |stream, other| redirect(stream, 307, other)),
    ("sends on with GET", |stream, other| redirect(stream, 303, other)),
    ("writes to the terminal", |stream, _| {
        let headers = "X-Error-Message: \x1b[2J\x1b]0;evil\x07\u{9b}31m\r\nX-Error-Code: \x1b[2J\r\n";
        stream.write_all(&answer(401, headers, "{\"error\":\"\\u001b[2J\\u009b31m\\nevil\"}"))
    }),
];

fn for_ever(stream: &mut TcpStream, beginning: &[u8], more: &[u8]) -> io::Result<()> {
    stream.write_all(beginning)?;
    let more = more.repeat(1000);
    loop {
        stream.write_all(&more)?;
    }
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Hub\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn redirect(stream: &mut TcpStream, status: u16, other: SocketAddr) -> io::Result<()> {
    stream.write_all(&answer(status, &format!("Location: http://{other}/\r\n"), "{}"))
}

/// Serves each request as `serve` says, which is told the page, until the test ends; and counts them.
fn served(
    serve: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, asked, serve) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)), Arc::new(serve));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (count, serve) = (Arc::clone(&count), Arc::clone(&serve));
            thread::spawn(move || {
                count.fetch_add(1, Ordering::Relaxed);
                let mut request = Vec::new();
                let mut bytes = [0; 4096];
                while !request.windows(4).any(|four| four == b"\r\n\r\n") {
                    match stream.read(&mut bytes) {
                        Ok(read @ 1..) => request.extend_from_slice(&bytes[..read]),
                        _ => return,
                    }
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let page = text.split(' ').nth(1).unwrap_or_default();
                _ = serve(page, &mut stream);
            });
        }
    });
    (address, asked)
}

fn world(hub: SocketAddr) -> World {
    World::new().env("HF_ENDPOINT", format!("http://{hub}"))
}

/// The helper, with 64 MB for all it has beside its code and its files.
fn helper(world: &World, patience: Duration, args: &[&str], input: &str) -> Reply {
    let mut command = world.command("prlimit");
    command.args(["--data=67108864", "--core=0", "git-credential-hf"]).args(args);
    finish_within(patience, command, input.as_bytes())
}

/// It ended by itself, and nothing it said moves a cursor.
#[track_caller]
fn ends_well(reply: &Reply, about: &str) {
    assert_eq!(reply.signal, None, "{about}: {reply:?}");
    assert!(reply.status.is_some_and(|status| status < 3), "{about}: {reply:?}");
    assert!(!reply.err().contains("panicked"), "{about}: {reply:?}");
    let is_odd = |c: char| c.is_control() && c != '\n';
    assert!(!reply.out().contains(is_odd) && !reply.err().contains(is_odd), "{about}: {reply:?}");
}

fn soon() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 3600
}

#[test]
fn no_answer_keeps_a_person_or_git_waiting_or_takes_the_token_elsewhere() {
    thread::scope(|threads| {
        for (about, trick) in TRICKS {
            threads.spawn(move || {
                let (other, elsewhere) = served(|_, _| Ok(()));
                let (hub, asked) = served(move |_, stream| trick(stream, other));
                let commands: [(&[&str], &str); 3] = [
                    (&["whoami"], ""),
                    (&["login", "--with-token", "--no-setup", "--hf"], TOKEN),
                    (&["login", "--browser", "--no-setup"], ""),
                ];
                thread::scope(|threads| {
                    for (args, input) in commands {
                        threads.spawn(move || {
                            let world = world(hub).token(OLD);
                            let reply = helper(&world, PATIENCE, args, input);
                            let about = format!("{args:?} where the Hub {about}");
                            ends_well(&reply, &about);
                            // a whole answer that is late, but in time, may be good
                            if reply.status != Some(0) {
                                assert_eq!(reply.refused().err().lines().count(), 1, "{about}: {reply:?}");
                                assert!(!world.hf_home().join("stored_tokens").exists(), "{about}: something was kept");
                            }
                            reply.hides(TOKEN).hides(OLD);
                        });
                    }
                    threads.spawn(move || {
                        let due = format!("[a]\nhf_token = {OLD}\nrefresh_token = r\nexpires_at = {}\n\n", soon());
                        let world = world(hub).token(OLD).stored_tokens(&due);
                        let request = format!("protocol=http\nhost={hub}\n");
                        let reply = helper(&world, PATIENCE_OF_GIT, &["get"], &request);
                        let about = format!("a refresh where the Hub {about}");
                        ends_well(&reply, &about);
                        reply.answers("hf_user", OLD);
                        assert_eq!(world.read_stored_tokens(), due, "{about}");
                    });
                });
                assert!(asked.load(Ordering::Relaxed) >= 4, "{about}: nobody asked");
                assert_eq!(elsewhere.load(Ordering::Relaxed), 0, "{about}: another host was asked");
            });
        }
    });
}

/// Names that are none of an account.
const NAMES: [&str; 14] = [
    "a\nhf_token = evil",
    "a]\n[evil]\nhf_token = evil\n#",
    "a\r[evil]",
    "a\u{0}b",
    "\u{1b}[2Jalice",
    "\u{9b}31m",
    "a]b",
    "DEFAULT",
    " ",
    " a",
    "a\u{2028}[evil]",
    "\u{85}[evil]",
    "git:bob@huggingface.co",
    "../../evil",
];

#[test]
fn no_name_the_hub_gives_writes_more_than_its_section() {
    thread::scope(|threads| {
        for name in NAMES {
            for is_account in [true, false] {
                threads.spawn(move || writes_one_section(name, is_account));
            }
        }
    });
}

/// The account is called so, or all else is.
fn writes_one_section(name: &'static str, is_account: bool) {
    let mut identity = json!({"type": "user", "name": "alice", "fullname": name, "orgs": [], "auth": {
        "type": "access_token", "accessToken": {"displayName": "laptop", "role": "write"},
    }});
    if is_account {
        identity["name"] = json!(name);
    } else {
        identity["auth"]["accessToken"]["displayName"] = json!(name);
        identity["orgs"] = json!([{"name": name, "roleInOrg": name, "securityRestrictions": [name]}]);
    }
    let device = json!({
        "device_code": "d", "user_code": name, "verification_uri": name, "interval": 1, "expires_in": 60,
    });
    let grant = json!({"access_token": "hf_oauth_new", "refresh_token": "r", "expires_in": 1e300});
    let (hub, _) = served(move |page, stream| {
        let said: &Value = match page {
            "/oauth/device" => &device,
            "/oauth/token" => &grant,
            _ => &identity,
        };
        stream.write_all(&answer(200, "", &said.to_string()))
    });
    for (args, input) in
        [(&["login", "--with-token", "--no-setup", "--hf"][..], TOKEN), (&["login", "--browser", "--no-setup"], "")]
    {
        let about = format!("{args:?}, {name:?}, {is_account}");
        let world = world(hub);
        let reply = helper(&world, PATIENCE, args, input);
        ends_well(&reply, &about);
        reply.succeeded();
        let kept = world.read_stored_tokens();
        let is_odd = |c: char| c.is_control() && c != '\n';
        assert!(!kept.contains(is_odd), "{about}: {kept:?}");
        assert_eq!(kept.lines().filter(|line| line.starts_with('[')).count(), 1, "{about}: {kept:?}");
        assert!(!kept.contains("\nhf_token = evil") && !kept.contains("[DEFAULT]"), "{about}: {kept:?}");
        let secret = if input.is_empty() { "hf_oauth_new" } else { TOKEN };
        let request = format!("protocol=http\nhost={hub}\n");
        assert_eq!(world.helper(&["get"], request).attribute("password").as_deref(), Some(secret), "{about}");
        let shown = if input.is_empty() { "whoami" } else { "list" };
        ends_well(&helper(&world, PATIENCE, &[shown], ""), &about);
    }
}

#[test]
fn no_grant_writes_more_than_a_token() {
    for (number, grant) in [
        json!({"access_token": "hf_new\nhf_token = evil", "expires_in": 3600}),
        json!({"access_token": "hf_new\r\nhost=evil.example", "expires_in": 3600}),
        json!({"access_token": "hf_new\u{0}", "expires_in": 3600}),
        json!({"access_token": "hf_new evil"}),
        json!({"access_token": ["hf_new"]}),
        json!({"access_token": ""}),
        json!({"access_token": "hf_new".repeat(20_000)}),
        json!(["hf_new"]),
        json!({"error": "\u{1b}[2Jevil\nevil"}),
    ]
    .into_iter()
    .enumerate()
    {
        let (hub, _) = served(move |_, stream| stream.write_all(&answer(200, "", &grant.to_string())));
        let due = format!("[a]\nhf_token = {OLD}\nrefresh_token = r\nexpires_at = {}\n\n", soon());
        let world = world(hub).token(OLD).stored_tokens(&due);
        let reply = helper(&world, PATIENCE_OF_GIT, &["get"], &format!("protocol=http\nhost={hub}\n"));
        ends_well(&reply, &format!("grant {number}"));
        reply.answers("hf_user", OLD);
        assert_eq!(world.read_stored_tokens(), due, "grant {number}");
        assert_eq!(fs::read_to_string(world.hf_home().join("token")).unwrap(), OLD, "grant {number}");
    }
    // what stands beside a good token is left out, or is a number
    for (refresh_token, expires_in) in [
        (json!("r\nhf_token = evil"), json!(-1)),
        (json!({}), json!("9999999999999999999999")),
        (json!(""), json!(1e300)),
    ] {
        let grant = json!({"access_token": "hf_oauth_new", "refresh_token": refresh_token, "expires_in": expires_in});
        let (hub, _) = served(move |_, stream| stream.write_all(&answer(200, "", &grant.to_string())));
        let due = format!("[a]\nhf_token = {OLD}\nrefresh_token = r\nexpires_at = {}\n\n", soon());
        let world = world(hub).token(OLD).stored_tokens(&due);
        let reply = helper(&world, PATIENCE_OF_GIT, &["get"], &format!("protocol=http\nhost={hub}\n"));
        ends_well(&reply, "a good token with odd company");
        reply.answers("hf_user", "hf_oauth_new");
        let kept = world.read_stored_tokens();
        assert!(kept.starts_with("[a]\nhf_token = hf_oauth_new\nrefresh_token = r\n"), "{kept:?}");
        assert!(!kept.contains("evil"), "{kept:?}");
    }
}
