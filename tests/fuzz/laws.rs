//! What must hold of any bytes from outside: one law for each fuzz target. `cargo test` holds them against all that
//! fuzzing found (tests/claims/fuzzed.rs).

use std::io::Read;
use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use git_credential_hf::endpoint::Hub;
use git_credential_hf::hub::oauth::Grant;
use git_credential_hf::hub::whoami::Identity;
use git_credential_hf::protocol::{Answer, ComesBack, Form, Proof, Request, Scheme};
use git_credential_hf::source::hf_home::stored_tokens::{Section, StoredTokens};
use git_credential_hf::token::{self, AccessToken};
use secrecy::{ExposeSecret as _, SecretString};
use ureq::http::Uri;

/// A request is read alike in one piece and byte by byte, whatever follows it, and once more as it was understood; what is
/// refused is not quoted; an answer with its credential reads as that credential.
pub fn request(bytes: &[u8]) {
    let hub = Hub::new(Some("http://127.0.0.1:8080"), false);
    let read = |input: &mut dyn Read| Request::read(&mut { input }, &hub).map(|request| request.map(understood));
    let first = match Request::read(&mut &*bytes, &hub) {
        Ok(first) => first,
        Err(error) => {
            let said = error.to_string();
            let why = said.strip_prefix("malformed request: ").expect("it says what it is about");
            assert!(why.is_ascii() && why.len() < 60, "{why}");
            return;
        }
    };
    let forms = first.as_ref().and_then(|first| Some((first.username.clone()?, first.proof.secret()?.1.clone())));
    let first = first.map(understood);
    assert_eq!(read(&mut Drip(bytes)).unwrap(), first);
    if !bytes.ends_with(b"\r") {
        let line_end: &[u8] = if bytes.split_inclusive(|byte| *byte == b'\n').any(|line| line.ends_with(b"\r\n")) {
            b"\r\n"
        } else {
            b"\n"
        };
        assert_eq!(
            read(&mut bytes.chain(line_end).chain(&b"\nprotocol=https\nhost=evil.example\n"[..])).unwrap(),
            first
        );
    }
    if let Some(first) = first {
        assert_eq!(read(&mut &first[..]).unwrap().as_ref(), Some(&first));
    }
    if let Some((username, secret)) = forms {
        answer(&username, &secret);
    }
}

/// One byte at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

/// A request in the words of git.
#[expect(clippy::disallowed_methods, reason = "the secrets are fuzz")]
fn understood(request: Request) -> Vec<u8> {
    let Request {
        endpoint,
        path,
        username,
        proof,
        password_expiry_utc,
        oauth_refresh_token,
        ephemeral,
        capabilities,
        comes_back,
        challenged,
    } = request;
    let (protocol, host) = endpoint.url().split_once("://").unwrap();
    let (password, authtype, credential) = match &proof {
        Proof::Absent => (None, None, None),
        Proof::Unknown => (Some(""), None, None),
        Proof::Password(secret) => (Some(secret.expose_secret()), None, None),
        Proof::Credential(Scheme::Bearer, secret) => (None, Some("Bearer"), Some(secret.expose_secret().to_owned())),
        Proof::Credential(Scheme::Basic, secret) => {
            (None, Some("Basic"), Some(BASE64_STANDARD.encode(format!(":{}", secret.expose_secret()))))
        }
    };
    let expiry = password_expiry_utc.map(|end| end.to_string());
    let lines = [
        ("protocol", Some(protocol)),
        ("host", Some(host)),
        ("username", username.as_deref()),
        ("password", password),
        ("authtype", authtype),
        ("credential", credential.as_deref()),
        ("password_expiry_utc", expiry.as_deref()),
        ("oauth_refresh_token", oauth_refresh_token.as_ref().map(SecretString::expose_secret)),
        ("ephemeral", ephemeral.then_some("1")),
        ("capability[]", capabilities.authtype.then_some("authtype")),
        ("capability[]", capabilities.state.then_some("state")),
        ("state[]", comes_back.map(|what| if what == ComesBack::Prompt { "hf:asked" } else { "hf:fuzz" })),
        ("wwwauth[]", challenged.then_some("Basic")),
    ];
    let path = path.map(|path| [b"path=", &*path, b"\n"].concat());
    let lines = lines.iter().filter_map(|(key, value)| Some(format!("{key}={}\n", (*value)?).into_bytes()));
    lines.chain(path).collect::<Vec<_>>().concat()
}

/// An answer is whole lines that say who and with which secret, or is not given.
#[expect(clippy::disallowed_methods, reason = "the secrets are fuzz")]
fn answer(username: &str, secret: &SecretString) {
    for form in
        [Form::Password { ephemeral: false }, Form::Password { ephemeral: true }, Form::Bearer { ephemeral: true }]
    {
        let token = AccessToken::new(secret.clone());
        let answer = Answer { username: username.to_owned(), token, form, state: Some("fuzz") };
        let mut written = b"protocol=https\nhost=hf.co\n".to_vec();
        if answer.write(&mut written).is_err() {
            assert!(secret.expose_secret().contains(['\r', '\n', '\0']), "it could have been said");
            continue;
        }
        let request = Request::read(&mut &*written, &Hub::default()).expect("we write what we read").expect("ours");
        assert_eq!(request.username.as_deref(), Some(username));
        let (_, said) = request.proof.secret().expect("it has a secret");
        assert!(token::same(said, secret) && request.comes_back == Some(ComesBack::Answer));
    }
}

/// A file that can be read is kept as it is, and every section of it is found by its name and at its place.
pub fn stored_tokens(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Some(file) = parsed(text) else { return };
    for section in file.sections() {
        assert_eq!(file.section(section.name()).unwrap().text(), section.text());
        assert!(section.text().contains(&format!("[{}]", section.name())));
        if let Some(secret) = section.get("hf_token") {
            assert_eq!(&*secret, secret.trim_end_matches(token::is_space));
            _ = token::clean(&secret);
        }
        _ = section.expires_at();
    }
    assert_eq!(*file.into_text(), text);
}

/// An edit (of `name NUL value NUL file`) reads back as it was meant and changes nothing outside its section, and no
/// comment in it; it is made wherever nothing is indented and both fit on a line.
pub fn edit(bytes: &[u8]) {
    let parts: Vec<_> = str::from_utf8(bytes).into_iter().flat_map(|text| text.splitn(3, '\0')).collect();
    let [name, value, text] = parts[..] else { return };
    let Some(file) = parsed(text) else { return };
    let fields = [("hf_token", Some(value)), ("host", None)];
    let fits = |text: &str| !text.contains(char::is_control) && text.trim_matches(token::is_space) == text;
    let is_plain = !lines(text).any(|line| line.starts_with(token::is_space)) && fits(value);
    let (last, section_of_it) = match file.sections().last() {
        Some(last) => (last.name(), [name, last.name()]),
        None => ("DEFAULT", [name, name]),
    };
    for name in section_of_it {
        let Ok(with) = file.with(name, &fields) else {
            assert!(!is_plain || name.is_empty() || name == "DEFAULT" || !fits(name), "it could have been written");
            continue;
        };
        let edited = parsed(&with).expect("we write what we read");
        let section = edited.section(name).expect("it was written");
        assert_eq!(section.get("hf_token").as_deref(), Some(value));
        let (head, written, tail) = around(&with, name);
        if let Some(before) = file.section(name) {
            let (head_before, _, tail_before) = around(text, name);
            assert_eq!((&*head, &*tail), (&*head_before, &*tail_before));
            assert_eq!(comments(&written), comments(before.text()));
            for key in ["refresh_token", "expires_at", "username", "note", "k"] {
                assert_eq!(section.get(key).as_deref(), before.get(key).as_deref());
            }
        } else {
            assert_eq!(head.strip_prefix(text).map(|end| end == "\n" || end.is_empty()), Some(true));
            assert!(tail.is_empty());
        }
        if let Ok(without) = edited.without(|section| section.name() == name) {
            let middle = without.strip_prefix(&head).and_then(|rest| rest.strip_suffix(&tail)).expect("both are kept");
            assert_eq!(comments(middle), comments(&written));
            assert!(lines(middle).all(|line| is_comment(line) || line.trim_matches(token::is_space).is_empty()));
            assert!(file.section(name).is_some() || *without == head, "what was added is removed whole");
        } else {
            assert!(!is_plain, "it could have been removed");
        }
    }
    if let Ok(emptied) = file.without(|section: Section<'_>| section.name() != last) {
        assert_eq!(comments(&emptied), comments(text));
        let left = parsed(&emptied).expect("we write what we read");
        assert!(left.sections().all(|section| section.name() == last));
    }
}

fn parsed(text: &str) -> Option<StoredTokens> {
    StoredTokens::parse(text.to_owned().into()).ok()
}

/// What stands before a section, its text, and what follows it.
fn around(text: &str, name: &str) -> (String, String, String) {
    let file = parsed(text).unwrap();
    let section = file.section(name).unwrap().text();
    let (start, length) = (section.as_ptr().addr(), section.len());
    let text = file.into_text();
    let start = start - text.as_ptr().addr();
    (text[..start].to_owned(), text[start..start + length].to_owned(), text[start + length..].to_owned())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

fn is_comment(line: &str) -> bool {
    line.trim_matches(token::is_space).starts_with(['#', ';'])
}

fn comments(text: &str) -> Vec<&str> {
    lines(text).filter(|line| is_comment(line)).collect()
}

/// Of `HF_ENDPOINT LF protocol LF host`: only huggingface.co and the one host of `HF_ENDPOINT` are served, over http on
/// the machine itself only; and the host of the API is the one an HTTP client would speak to.
pub fn endpoint(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let (Some(hf_endpoint), Some(protocol), Some(host)) = (parts.next(), parts.next(), parts.next()) else { return };
    let Ok(hf_endpoint) = str::from_utf8(hf_endpoint) else { return };
    let hub = Hub::new(Some(hf_endpoint), false);
    if let Some(endpoint) = hub.endpoint(protocol, host) {
        let (protocol, host) = (str::from_utf8(protocol).unwrap(), str::from_utf8(host).unwrap().to_ascii_lowercase());
        let host = host.strip_suffix(if protocol == "https" { ":443" } else { ":80" }).unwrap_or(&host);
        let is_hugging_face = protocol == "https" && ["huggingface.co", "hf.co"].contains(&host);
        let wanted = if is_hugging_face { "huggingface.co" } else { host };
        assert_eq!(endpoint.url(), format!("{protocol}://{wanted}"));
        assert!(is_hugging_face || hf_endpoint.to_ascii_lowercase().starts_with(&format!("{protocol}://{host}")));
        assert!(hub.endpoints().any(|served| served == endpoint));
    }
    for served in hub.endpoints() {
        let (protocol, host) = served.url().split_once("://").unwrap();
        assert_eq!(hub.endpoint(protocol.as_bytes(), host.as_bytes()).as_ref(), Some(&served));
        assert!(!host.contains(|c: char| c.is_control() || c.is_whitespace() || "/?#@\\%".contains(c)), "{host}");
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap(),
            None => host.split(':').next().unwrap(),
        };
        let is_local = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        assert!(protocol == "https" || is_local, "{host}");
    }
    assert!(hub.endpoints().count() <= 2);
    let Some(api) = hub.api() else { return };
    assert!(!api.ends_with('/') && hf_endpoint.starts_with(api));
    // a path may hold what no client sends
    let Ok(called) = format!("{api}/api/whoami-v2").parse::<Uri>() else { return };
    let authority = called.authority().expect("it has a host").as_str().to_ascii_lowercase();
    let (protocol, host) = (called.scheme_str().unwrap(), authority.as_str());
    assert_eq!(hub.endpoint(protocol.as_bytes(), host.as_bytes()), hub.api_endpoint());
    assert!(hub.api_endpoint().is_some() && called.path().ends_with("/api/whoami-v2") && called.query().is_none());
}

/// Whatever the Hub says to whoami, who is named has a name, and nothing is made up.
pub fn whoami(bytes: &[u8]) {
    let Ok(answer) = serde_json::from_slice(bytes) else { return };
    let Some(identity) = Identity::read(&answer) else { return };
    assert_eq!(Some(identity.name.as_str()), answer["name"].as_str());
    assert!(!identity.name.is_empty());
    assert!(identity.organisations.len() <= answer["orgs"].as_array().map_or(0, Vec::len));
}

/// Whatever the Hub grants, a token stands on one line, and is taken out of the answer.
#[expect(clippy::disallowed_methods, reason = "the secrets are fuzz")]
pub fn grant(bytes: &[u8]) {
    let Ok(mut answer) = serde_json::from_slice(bytes) else { return };
    let Some(grant) = Grant::taken_from(&mut answer) else { return };
    for (key, secret) in [("access_token", Some(&grant.access_token)), ("refresh_token", grant.refresh_token.as_ref())]
    {
        let Some(secret) = secret.map(SecretString::expose_secret) else { continue };
        assert!(!secret.is_empty() && !secret.contains(|c: char| c.is_control() || c.is_whitespace()));
        assert_eq!(answer[key], "", "it is still in the answer");
    }
}
