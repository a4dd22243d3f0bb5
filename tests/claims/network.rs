//! The way to the Hub is git's: its proxy and its certificates, and what a failure says of them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;

use crate::rig::World;

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A proxy that leads nowhere, and what it was asked.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn open(reply: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (mut request, mut piece) = (Vec::new(), [0; 4096]);
                // it may come in pieces
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(length @ 1..) => request.extend_from_slice(&piece[..length]),
                        _ => break,
                    }
                }
                heard.lock().expect("nobody panics").push(String::from_utf8_lossy(&request).into_owned());
                _ = stream.write_all(format!("HTTP/1.1 {reply}\r\ncontent-length: 0\r\n\r\n").as_bytes());
            }
        });
        Self { address, asked }
    }

    fn refusing() -> Self {
        Self::open("403 Forbidden")
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("nobody panics"))
    }

    fn was_asked(&self) -> bool {
        self.asked().iter().any(|request| request.starts_with("CONNECT huggingface.co:443 "))
    }
}

/// A world in which a token is to be asked about; without a proxy, the Hub itself is out of reach.
fn world() -> World {
    World::new().env("HF_TOKEN", TOKEN)
}

#[test]
fn the_proxy_of_gits_own_configuration_is_taken() {
    let proxy = Proxy::refusing();
    let url = format!("http://{}", proxy.address);
    for key in ["http.proxy", "http.https://huggingface.co.proxy", "http.https://huggingface.co/.proxy"] {
        let world = world();
        world.git(&["config", "--global", key, &url]).succeeded();
        world.helper(&["whoami"], "").refused().says(&format!("the proxy {url} of {key} in ")).says("/.gitconfig");
        assert!(proxy.was_asked(), "{key}");
    }
    let system = world().system_config(&format!("[http]\n\tproxy = {url}\n"));
    system.helper(&["whoami"], "").refused().says("of http.proxy in ");
    assert!(proxy.was_asked());
    let command =
        world().env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "http.proxy").env("GIT_CONFIG_VALUE_0", &url);
    command.helper(&["whoami"], "").refused().says("of http.proxy in the command line");
    assert!(proxy.was_asked());
}

#[test]
fn a_repositorys_proxy_is_not_taken() {
    let (own, theirs) = (Proxy::refusing(), Proxy::refusing());
    let world = world().global_config(&format!("[http]\n\tproxy = http://{}\n", own.address));
    world.git(&["init", "--quiet"]).succeeded();
    world.git(&["config", "--local", "http.https://huggingface.co.proxy", &theirs.address.to_string()]).succeeded();
    world.helper(&["whoami"], "").refused().says(&format!("http://{}", own.address));
    assert!(own.was_asked() && theirs.asked().is_empty());
    let reply = world.helper(&["doctor"], "");
    reply.hides(&theirs.address.to_string());
    assert!(reply.out().contains("leads git alone"), "{reply:?}");
}

#[test]
fn the_variables_of_a_proxy_are_read_in_every_spelling_and_the_others_are_not() {
    let proxy = Proxy::refusing();
    let url = format!("http://{}", proxy.address);
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        let world =
            world().env(name, &url).env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
        world.helper(&["whoami"], "").refused().says(&format!("the proxy {url} of {name}"));
        assert!(proxy.was_asked(), "{name}");
    }
}

#[test]
fn a_proxys_password_is_shown_to_the_proxy_alone() {
    let proxy = Proxy::open("407 Proxy Authentication Required");
    let world = world().global_config(&format!("[http]\n\tproxy = http://me:p%40ss@{}\n", proxy.address));
    let reply = world.helper(&["whoami"], "");
    reply.refused().says("asks for a user and a password").says(&format!("http://{}", proxy.address));
    assert!(!format!("{}{}", reply.out(), reply.err()).contains("p%40ss"), "{reply:?}");
    let login = base64::engine::general_purpose::STANDARD.encode("me:p@ss");
    let asked = proxy.asked();
    assert!(
        asked.iter().any(|request| request.contains(&format!("Proxy-Authorization: Basic {login}\r\n"))),
        "{asked:?}"
    );
}

#[test]
fn what_is_excluded_goes_past_the_proxy() {
    let (proxy, hub) = (Proxy::refusing(), Proxy::refusing());
    for name in ["no_proxy", "NO_PROXY"] {
        let world = world()
            .env("HF_ENDPOINT", format!("https://{}", hub.address))
            .env("ALL_PROXY", format!("http://{}", proxy.address));
        let world = world.env(name, "example.com, 127.0.0.0/8");
        let reply = world.helper(&["whoami"], "");
        reply.refused();
        assert!(!reply.err().contains("ALL_PROXY"), "{reply:?}");
        assert!(proxy.asked().is_empty(), "{name}");
    }
}

#[test]
fn a_proxy_that_is_none_is_named_and_nobody_is_asked_without_it() {
    let world = world().global_config("[http]\n\tproxy = http://me:secret@\n");
    world.helper(&["whoami"], "").refused().says("http.proxy in ").says("no address").hides("secret");
}

#[test]
fn a_failure_names_the_certificates_and_where_they_are_named() {
    let proxy = Proxy::refusing();
    let world = || world().env("ALL_PROXY", format!("http://{}", proxy.address));
    world()
        .env("REQUESTS_CA_BUNDLE", "/gone.pem")
        .helper(&["whoami"], "")
        .refused()
        .says("the certificates of REQUESTS_CA_BUNDLE (/gone.pem, which cannot be read)");
    let of_git = world().global_config("[http]\n\tsslCAInfo = ~/ca.pem\n");
    of_git.write("ca.pem", "");
    let file = of_git.home().join("ca.pem");
    of_git.helper(&["whoami"], "").refused().says("http.sslCAInfo in ").says(&format!("({})", file.display()));
    let of_variable = of_git.env("GIT_SSL_CAINFO", "/other.pem");
    of_variable.helper(&["whoami"], "").refused().says("the certificates of GIT_SSL_CAINFO (/other.pem");
}

#[test]
fn doctor_says_that_a_certificate_is_looked_at_all_the_same() {
    let proxy = Proxy::refusing();
    let world = || world().env("ALL_PROXY", format!("http://{}", proxy.address));
    let off = world().global_config("[http \"https://huggingface.co\"]\n\tsslVerify = off\n");
    let told = off.helper(&["doctor"], "").out();
    assert!(told.contains("http.https://huggingface.co.sslverify (git's global configuration"), "{told}");
    off.git(&["config", "--global", "--unset-all", "http.https://huggingface.co.sslverify"]).succeeded();
    let told = off.helper(&["doctor"], "").out();
    assert!(
        !told.contains("sslverify") && told.contains("the Hub is asked through the proxy http://127.0.0.1"),
        "{told}"
    );
    let told = world().env("GIT_SSL_NO_VERIFY", "1").helper(&["doctor"], "").out();
    assert!(told.contains("does not verify") && told.contains("unset GIT_SSL_NO_VERIFY"), "{told}");
    let told = world().global_config("[http]\n\tsslVerify\n").helper(&["doctor"], "").out();
    assert!(!told.contains("sslverify"), "{told}");
}
