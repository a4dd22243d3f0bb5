//! A SOCKS proxy on loopback, of versions 4, 4a, 5 and 5 with names (RFC 1928, RFC 1929): all it lets through leads to the
//! Hub.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How somebody came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// 4 or 5.
    pub version: u8,
    /// The host they named, or the address.
    pub host: String,
    /// Who they said they are.
    pub login: Option<(String, String)>,
}

/// The proxy. Its threads end with the test process.
pub struct Socks {
    pub address: SocketAddr,
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Socks {
    /// Opens a proxy whose only way leads to `hub`; of version 5, it wants a login where it is asked to.
    pub fn to(hub: SocketAddr, wants_login: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("it is bound");
        let visits = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&visits);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                thread::spawn(move || serve(client, hub, wants_login, &noted));
            }
        });
        Self { address, visits }
    }

    /// Who came by since the last time.
    pub fn visits(&self) -> Vec<Visit> {
        std::mem::take(&mut *self.visits.lock().expect("lock"))
    }
}

fn serve(mut client: TcpStream, hub: SocketAddr, wants_login: bool, visits: &Mutex<Vec<Visit>>) -> io::Result<()> {
    let visit = match byte(&mut client)? {
        4 => version_4(&mut client)?,
        5 => version_5(&mut client, wants_login)?,
        _ => return Ok(()),
    };
    let granted: &[u8] = match visit.version {
        4 => &[0, 90, 0, 0, 0, 0, 0, 0],
        _ => &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    };
    visits.lock().expect("lock").push(visit);
    let mut upstream = TcpStream::connect(hub)?;
    client.write_all(granted)?;
    let (mut to_client, mut from_hub) = (client.try_clone()?, upstream.try_clone()?);
    let back = thread::spawn(move || {
        _ = io::copy(&mut from_hub, &mut to_client);
        _ = to_client.shutdown(Shutdown::Write);
    });
    _ = io::copy(&mut client, &mut upstream);
    _ = upstream.shutdown(Shutdown::Write);
    back.join().map_err(|_| io::Error::other("the way back"))
}

fn version_4(client: &mut TcpStream) -> io::Result<Visit> {
    let mut request = [0; 7];
    client.read_exact(&mut request)?;
    _ = until_nul(client)?;
    let address = &request[3..];
    let host = match address {
        [0, 0, 0, _] => until_nul(client)?,
        _ => dotted(address),
    };
    Ok(Visit { version: 4, host, login: None })
}

fn version_5(client: &mut TcpStream, wants_login: bool) -> io::Result<Visit> {
    let methods = counted(client)?;
    let method = if wants_login { 2 } else { 0 };
    if !methods.as_bytes().contains(&method) {
        client.write_all(&[5, 0xff])?;
        return Err(io::Error::other("no method"));
    }
    client.write_all(&[5, method])?;
    let mut login = None;
    if wants_login {
        byte(client)?;
        login = Some((counted(client)?, counted(client)?));
        client.write_all(&[1, 0])?;
    }
    let mut request = [0; 4];
    client.read_exact(&mut request)?;
    let host = match request[3] {
        3 => counted(client)?,
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address)?;
            dotted(&address)
        }
        _ => {
            client.read_exact(&mut [0; 16])?;
            "IPv6".to_owned()
        }
    };
    client.read_exact(&mut [0; 2])?;
    Ok(Visit { version: 5, host, login })
}

fn dotted(address: &[u8]) -> String {
    address.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

fn byte(client: &mut TcpStream) -> io::Result<u8> {
    let mut one = [0];
    client.read_exact(&mut one)?;
    Ok(one[0])
}

fn counted(client: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; byte(client)?.into()];
    client.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn until_nul(client: &mut TcpStream) -> io::Result<String> {
    let mut text = String::new();
    loop {
        match byte(client)? {
            0 => return Ok(text),
            byte => text.push(char::from(byte)),
        }
    }
}
