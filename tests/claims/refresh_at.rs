//! Which Hub is shown a refresh token: the one that the request is for.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::rig::World;

const OLD: &str = "hf_oauth_OldOldOldOldOldOldOldOldOldOldOl";

/// A server that tells what it was sent first, and grants nothing.
fn listening() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut request, mut piece) = (Vec::new(), [0; 4096]);
            // it may come in pieces
            while !request.contains(&b'\n') {
                match stream.read(&mut piece) {
                    Ok(length @ 1..) => request.extend_from_slice(&piece[..length]),
                    _ => break,
                }
            }
            let first = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
            heard.lock().expect("nobody panics").push(first);
            _ = stream.write_all(b"HTTP/1.1 503 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (address, told)
}

#[test]
fn a_refresh_token_is_shown_to_the_hub_that_the_request_is_for_and_to_no_other() {
    let end = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() + 3600;
    let due = format!("[a]\nhf_token = {OLD}\nrefresh_token = r\nexpires_at = {end}\n\n");
    // by way of a proxy, the Hub itself is out of reach
    let ((other, told_other), (proxy, told_proxy)) = (listening(), listening());
    let world = World::new()
        .token(OLD)
        .stored_tokens(&due)
        .env("HF_ENDPOINT", format!("http://{other}"))
        .env("HTTPS_PROXY", format!("http://{proxy}"));
    let taken = |told: &Mutex<Vec<String>>| std::mem::take(&mut *told.lock().expect("nobody panics"));

    for _ in 0..2 {
        world.helper(&["get"], "protocol=https\nhost=huggingface.co\n").answers("hf_user", OLD);
    }
    assert!(taken(&told_other).is_empty(), "shown to HF_ENDPOINT");
    let asked = taken(&told_proxy);
    assert!(asked.len() == 1 && asked[0].starts_with("CONNECT huggingface.co:443 "), "{asked:?}");

    // what failed at one is no reason not to ask the other
    world.helper(&["get"], format!("protocol=http\nhost={other}\n")).answers("hf_user", OLD);
    assert_eq!(taken(&told_other), ["POST /oauth/token HTTP/1.1"]);
    assert!(taken(&told_proxy).is_empty());
}
