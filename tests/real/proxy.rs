//! A CONNECT proxy on loopback: names of the Hub's hosts lead to the Hub, every other name is refused and remembered.
//! The clients know no other way out, so nothing leaves the machine.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::hub::HOSTS;

/// The proxy. Its threads end with the test process.
pub struct Proxy {
    pub address: SocketAddr,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Opens a proxy whose only way leads to `hub`.
    pub fn to(hub: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("it is bound");
        let refused = Arc::new(Mutex::new(Vec::new()));
        let names = Arc::clone(&refused);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let names = Arc::clone(&names);
                thread::spawn(move || connect(client, hub, &names));
            }
        });
        Self { address, refused }
    }

    /// The targets somebody tried to reach besides the Hub.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().expect("lock").clone()
    }
}

fn connect(client: TcpStream, hub: SocketAddr, refused: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    if !first.ends_with('\n') {
        // a spare connection that was not needed after all, or somebody who was killed
        return Ok(());
    }
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut client = client;
    let target = first.trim_end().strip_suffix(" HTTP/1.1").unwrap_or(&first);
    let known = HOSTS.iter().any(|host| target == format!("CONNECT {host}:443"));
    if !known {
        refused.lock().expect("lock").push(target.to_owned());
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }
    let mut upstream = TcpStream::connect(hub)?;
    upstream.set_nodelay(true)?;
    client.set_nodelay(true)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut to_client, mut from_hub) = (client, upstream.try_clone()?);
    let back = thread::spawn(move || {
        _ = io::copy(&mut from_hub, &mut to_client);
        _ = to_client.shutdown(Shutdown::Write);
    });
    // through the reader: it may hold bytes the client sent ahead
    _ = io::copy(&mut reader, &mut upstream);
    _ = upstream.shutdown(Shutdown::Write);
    back.join().map_err(|_| io::Error::other("the way back"))
}
