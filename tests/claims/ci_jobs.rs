//! The token of a CI job is found by the job that got it, and by no other of the same account of a machine.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::rig::{Reply, World};

const TOKEN: &str = "hf_jwt_OfTheFirstJobOfTheFirstJobOfTheFir";

/// A Hub that grants a token to one id token, and to no other.
fn hub() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut request, mut part) = (String::new(), [0; 4096]);
            while !request.contains("subject_token\":") {
                let Ok(length @ 1..) = stream.read(&mut part) else { break };
                request.push_str(&String::from_utf8_lossy(&part[..length]));
            }
            let (status, body) = if request.contains("\"id-token-1\"") {
                (200, format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":3600}}"))
            } else {
                (400, "{\"error\":\"invalid_grant\"}".to_owned())
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

#[test]
fn a_job_is_never_answered_with_the_token_of_another() {
    let hub = hub();
    let mut world = World::new().env("HF_ENDPOINT", format!("http://{hub}")).env("HF_OIDC_RESOURCE", "spaces/acme/app");
    let get = |world: &World| -> Reply { world.helper(&["get"], format!("protocol=http\nhost={hub}\n")) };
    world.set_env("HF_OIDC_ID_TOKEN", "id-token-1");
    for _ in 0..2 {
        get(&world).answers("hf_user", TOKEN);
    }
    for other in ["id-token-2", ""] {
        world.set_env("HF_OIDC_ID_TOKEN", other);
        get(&world).hides(TOKEN).failed();
        let listed = world.helper(&["list", "--json"], b"");
        listed.hides(&TOKEN[TOKEN.len() - 4..]);
    }
    world.set_env("HF_OIDC_ID_TOKEN", "id-token-1");
    get(&world).answers("hf_user", TOKEN);
}
