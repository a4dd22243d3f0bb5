//! A request as we read it, against what git understands of the same bytes: of what both take they take the same, and
//! what we refuse beside is listed.
//!
//! 5,000 requests to each git, or as many as `CASES` says, one for each number from `SEED` on.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use git_credential_hf::endpoint::Hub;
use git_credential_hf::protocol::{Proof, Request};
use secrecy::{ExposeSecret, SecretString};

use crate::rig::{Git, Random, Reply, World, finish, seeds};

type Trait = fn(&[u8]) -> bool;

/// What we refuse and git takes: our words, what such bytes have in them, and why.
const REFUSALS: [(&str, Trait, &str); 5] = [
    ("a line holds a NUL", |bytes| bytes.contains(&0), "git's strings end there: the rest of the line is dropped"),
    (
        "a value holds a carriage return",
        |bytes| holds(bytes, "\r") || holds(bytes, "%0d"),
        "git passes on what another attribute of that name, or its end, replaces before it is written",
    ),
    (
        "an attribute is repeated with another value",
        says_twice,
        "git takes the last one: two readings of one request (CVE-2020-5260)",
    ),
    ("is not UTF-8", |bytes| !bytes.is_ascii() || holds(bytes, "%"), "no name and no token of the Hub is such"),
    ("the ephemeral is no boolean", |bytes| holds(bytes, "ephemeral"), "git writes 1, and takes 1k and 0x1 too"),
];

#[rustfmt::skip]
const PIECES: [&str; 46] = [
    "protocol=https\n", "protocol=http\n", "protocol=HTTPS\n", "protocol=\n", "host=huggingface.co\n", "host=hf.co\n",
    "host=evil.example\n", "host=huggingface.co:443\n", "host=\n", "path=a/b\n", "path=\n", "path=/a//\n",
    "username=\n", "username=bob\n", "username=b:b\n", "username= b \n", "Username=bob\n", "password=hf_abc\n",
    "password=\n", "password=a=b\n", "password_expiry_utc=99999999999\n", "password_expiry_utc=1 \n",
    "password_expiry_utc=-1\n", "password_expiry_utc=+7\n", "password_expiry_utc=99999999999999999999\n",
    "oauth_refresh_token=r\n", "ephemeral=1\n", "ephemeral=\n", "ephemeral=No\n", "ephemeral=maybe\n",
    "capability[]=authtype\n", "capability[]=\n", "state[]=hf:x\n", "wwwauth[]=Basic realm=\"a\"\n", "unknown=x\n",
    "\n", "\r\n", "\r", "=", "=x\n", "x\n", "\0", "é", "%", " ", "\n\r\n",
];

/// Of these a URL is made.
const SCHEMES: [&str; 10] =
    ["https://", "https://", "https://", "https://", "https://", "https://", "http://", "%68ttps://", "://", "https:"];
const USERS: [&str; 12] = ["", "", "", "", "", "bob@", "bob:hf_x@", ":@", "b%40b:p%3aw@", "@", "a:b:c@", "%0a@"];
#[rustfmt::skip]
const HOSTS: [&str; 11] = [
    "huggingface.co", "huggingface.co", "huggingface.co", "huggingface.co", "hf.co:443", "HuggingFace.CO",
    "hugging%66ace.co", "evil.example", "", "huggingface.co%00", "huggingface.co%0d",
];
const PATHS: [&str; 12] =
    ["", "/", "//", "/a/b", "/a%2fb/", "//a///", "/%", "/%zz%4", "?q=@", "#f", "/a?b@c:d", "/caf%c3%a9%ff"];

fn random_url(random: &mut Random) -> String {
    [&SCHEMES[..], &USERS, &HOSTS, &PATHS].map(|parts| random.of_these(parts)).concat()
}

fn random_request(seed: u64) -> Vec<u8> {
    let mut random = Random::of(seed);
    let host = random.of_these(&["huggingface.co", "huggingface.co", "hf.co", "HuggingFace.co:443", "evil.example"]);
    let mut request = if random.one_in(2) {
        format!("url={}\n", random_url(&mut random))
    } else {
        format!("protocol=https\nhost={host}\n")
    };
    request +=
        random.of_these(&["username=bob\npassword=hf_abc\n", "username=bob\npassword=hf_abc\n", "username=x\n", ""]);
    if random.one_in(3) {
        request += &random.strung(&PIECES, 5);
    }
    let mut request = request.into_bytes();
    if random.one_in(8) {
        let line = format!("url={}\n", random_url(&mut random)).into_bytes();
        let to = random.below(request.len() + 1);
        request.splice(to..to, line);
    }
    if random.one_in(3) {
        request = random.mutated(request, &PIECES);
    }
    request
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// What git refuses and we need not: a carriage return in a list or a path, which it cannot pass on, as of these values we
/// look at whole words only, or at none; and what is no boolean before a `url`, which forgets it.
fn is_git_s_to_refuse(bytes: &[u8]) -> bool {
    let lists = ["wwwauth[]=", "state[]=", "path="];
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.any(|line| line.contains(&b'\r') && lists.iter().any(|key| line.starts_with(key.as_bytes())))
        || holds(bytes, "url=") && (holds(bytes, "\r") || holds(bytes, "%0d"))
        || holds(bytes, "ephemeral=") && holds(bytes, "\nurl=")
}

/// Whether a key stands twice, or beside a `url` that may stand for it.
fn says_twice(bytes: &[u8]) -> bool {
    let keys = bytes.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b'=').next());
    let mut known = BTreeSet::new();
    keys.into_iter().any(|key| key == b"url" || !known.insert(key))
}

/// What a git understood, if it went on: what it answers at once, or asks its helper with.
fn view(reply: &Reply) -> Option<BTreeMap<String, Vec<u8>>> {
    const ASKING: [&str; 2] = ["fatal: could not read Username", "fatal: could not read Password"];
    let asked = || ASKING.iter().find_map(|end| split(&reply.stderr, end));
    let lines = if reply.status == Some(0) { &reply.stdout[..] } else { asked()? };
    let attribute = |line: &[u8]| {
        let equals = line.iter().position(|byte| *byte == b'=')?;
        Some((String::from_utf8_lossy(&line[..equals]).into_owned(), line[equals + 1..].to_vec()))
    };
    Some(lines.split(|byte| *byte == b'\n').filter_map(attribute).collect())
}

/// What stands before the line that begins so.
fn split<'a>(bytes: &'a [u8], end: &str) -> Option<&'a [u8]> {
    let at = bytes.windows(end.len()).position(|window| window == end.as_bytes())?;
    (at == 0 || bytes[at - 1] == b'\n').then_some(&bytes[..at])
}

#[expect(clippy::disallowed_methods, reason = "the passwords are made up")]
fn assert_agree(bytes: &[u8], view: Option<&BTreeMap<String, Vec<u8>>>, knows_refresh_tokens: bool) -> Option<usize> {
    let case = String::from_utf8_lossy(bytes);
    let hub = Hub::default();
    let request = match Request::read(&mut &*bytes, &hub) {
        Ok(request) => request,
        Err(error) => {
            let said = format!("{error:#}");
            let listed = REFUSALS.iter().position(|(words, is_so, _)| said.ends_with(words) && is_so(bytes));
            assert!(listed.is_some() || view.is_none(), "refused ({said}), and git understands {view:?}: {case:?}");
            return listed.filter(|_| view.is_some());
        }
    };
    let Some(view) = view else {
        assert!(request.is_none() || is_git_s_to_refuse(bytes), "git refuses it: {case:?}");
        return None;
    };
    let value = |key: &str| view.get(key).map(|value| std::str::from_utf8(value).expect("read as text"));
    let parts = ["protocol", "host"].map(|key| view.get(key).map(Vec::as_slice).unwrap_or_default());
    let endpoint = hub.endpoint(parts[0], parts[1]);
    assert_eq!(request.as_ref().map(|request| &request.endpoint), endpoint.as_ref(), "{case:?}");
    let request = request?;
    assert_eq!(request.username.as_deref(), value("username"), "{case:?}");
    let path =
        view.get("path").map(|path| path.iter().rposition(|byte| *byte != b'\r').map_or(&[][..], |end| &path[..=end]));
    assert_eq!(request.path.as_deref(), path, "{case:?}");
    match &request.proof {
        Proof::Password(password) => assert_eq!(Some(password.expose_secret()), value("password"), "{case:?}"),
        Proof::Unknown => assert_eq!(value("password").unwrap_or_default(), "", "{case:?}"),
        Proof::Absent | Proof::Credential(..) => assert_eq!(value("password"), None, "{case:?}"),
    }
    if knows_refresh_tokens {
        let refresh_token = request.oauth_refresh_token.as_ref().map(SecretString::expose_secret);
        assert_eq!(refresh_token, value("oauth_refresh_token").filter(|token| !token.is_empty()), "{case:?}");
        // what is further off than our numbers go is never
        let end = value("password_expiry_utc").and_then(|end| end.parse::<i64>().ok());
        assert_eq!(request.password_expiry_utc, end, "{case:?}");
    }
    None
}

#[test]
#[ignore = "starts git thousands of times; tests/run.sh runs it"]
fn a_request_says_what_git_understands_or_is_refused_for_a_listed_reason() {
    for git in Git::all() {
        eprintln!("--- {}", git.program.display());
        // a path is kept, and who is asked tells what they were asked
        let helper = "[credential]\n\tuseHttpPath = true\n\thelper = \"!f() { cat >&2; }; f\"\n";
        let world = World::new().using(&git).global_config(helper);
        let knows_refresh_tokens = git.knows_refresh_tokens();
        let play = |part: u64| {
            let mut seen = [0; REFUSALS.len() + 1];
            for seed in seeds(5000).filter(|seed| seed % 2 == part) {
                let bytes = random_request(seed);
                let mut command = world.command("git");
                command.args(["credential", "fill"]);
                let view = view(&finish(command, &bytes));
                match assert_agree(&bytes, view.as_ref(), knows_refresh_tokens) {
                    Some(refusal) => seen[refusal] += 1,
                    None => seen[REFUSALS.len()] += u32::from(view.is_some()),
                }
            }
            seen
        };
        let [even, odd] =
            thread::scope(|threads| [0, 1].map(|part| threads.spawn(move || play(part))).map(|it| it.join().unwrap()));
        let names = REFUSALS.iter().map(|(words, ..)| *words).chain(["understood alike"]);
        for (name, times) in names.zip(even.iter().zip(odd).map(|(even, odd)| even + odd)) {
            eprintln!("{times:6} {name}");
        }
    }
}
