//! A Hub of our own on loopback, over TLS, one thread a connection: git's smart HTTP through `git http-backend`, the LFS
//! API, whoami-v2. It knows tokens and repositories, and it remembers who showed which token where.

mod access;
mod api;
mod certificates;
mod delays;
mod http;
mod lfs;
mod login;
mod oauth;
mod repository;
mod revocation;
mod routes;
mod smart_http;
mod visits;
mod whoami;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

pub use access::{Account, Role};
use access::{Shown, Tokens};
pub use api::Sign;
use api::Signs;
use certificates::Certificates;
use delays::Delays;
use http::{Request, Response};
pub use login::Step;
use oauth::Oauth;
pub use oauth::{ACTIONS_HOST, Asked, JOB_TOKEN, Mood};
use repository::Repositories;
pub use repository::{File, Repository};
use revocation::Revocations;
pub use visits::Visit;
use whoami::Whoami;
pub use whoami::WhoamiMood;

/// The names the Hub's certificate is good for. `evil.example` is somebody else's machine that asks for a password,
/// `cdn-lfs.hf.co` takes signed URLs and no tokens, `hub.example` is a private Hub for `HF_ENDPOINT`, `actions.example`
/// issues the id tokens of CI jobs, `localhost` is for those who look up names by themselves.
pub const HOSTS: [&str; 7] =
    ["huggingface.co", "hf.co", "cdn-lfs.hf.co", "hub.example", "evil.example", oauth::ACTIONS_HOST, "localhost"];

/// The Hub. Its threads end with the test process.
pub struct Hub {
    pub address: SocketAddr,
    state: Arc<State>,
    /// Gone when dropped, whatever its threads still do.
    _directory: TempDir,
}

/// What all connections share.
struct State {
    directory: PathBuf,
    certificates: Certificates,
    tokens: RwLock<Tokens>,
    repositories: RwLock<Repositories>,
    visits: Mutex<Vec<Visit>>,
    oauth: Oauth,
    signs: Signs,
    whoami: Whoami,
    revocations: Revocations,
    delays: Delays,
    /// The signed URLs have run out.
    signatures_expired: AtomicBool,
}

impl Hub {
    /// Opens an empty Hub.
    pub fn open() -> Self {
        let directory = tempfile::Builder::new().prefix("hf-hub-").tempdir().expect("a temporary directory");
        let certificates = Certificates::new(&HOSTS);
        fs::write(directory.path().join("ca.pem"), certificates.authority()).expect("the authority's certificate");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            directory: directory.path().to_owned(),
            certificates,
            tokens: RwLock::default(),
            repositories: RwLock::default(),
            visits: Mutex::default(),
            oauth: Oauth::default(),
            signs: Signs::default(),
            whoami: Whoami::default(),
            revocations: Revocations::default(),
            delays: Delays::default(),
            signatures_expired: AtomicBool::default(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let config = shared.certificates.server();
            for stream in listener.incoming().flatten() {
                let (shared, config) = (Arc::clone(&shared), Arc::clone(&config));
                thread::spawn(move || shared.converse(stream, config));
            }
        });
        Self { address, state, _directory: directory }
    }

    /// The certificate every client is told to trust.
    pub fn authority(&self) -> PathBuf {
        self.state.directory.join("ca.pem")
    }

    /// Makes `token` that account's.
    pub fn grant(&self, token: &str, account: &str, role: Role) {
        let account = Account { name: account.to_owned(), role };
        self.state.tokens.write().expect("lock").insert(token.to_owned(), account);
    }

    /// From now on tokens are good over this scheme alone.
    pub fn take_only(&self, scheme: &'static str) {
        self.state.tokens.write().expect("lock").take_only(scheme);
    }

    /// From now on `token` is answered with 401.
    pub fn revoke(&self, token: &str) {
        self.state.tokens.write().expect("lock").remove(token);
    }

    /// From now on the storage behind the signed URLs wants a password, as a cache in front of it may.
    pub fn expire_signatures(&self) {
        self.state.signatures_expired.store(true, Ordering::Relaxed);
    }

    /// How the Hub answers this token from now on, whoever's it is.
    pub fn says(&self, token: &str, sign: Sign) {
        self.state.signs.put(token, sign);
    }

    /// From now on the Hub's answers are dated by a clock that is so many seconds ahead.
    pub fn set_clock(&self, ahead: i64) {
        self.state.signs.set_clock(ahead);
    }

    /// Adds a repository with one commit of `files` on main.
    pub fn publish(&self, repository: Repository, files: &[File]) {
        repository::seed(&self.state.directory, &repository, files);
        self.state.repositories.write().expect("lock").insert(repository.name.clone(), repository);
    }

    /// Lets an account into a repository, as its authors do.
    pub fn admit(&self, name: &str, account: &str) {
        self.state.repositories.write().expect("lock").admit(name, account);
    }

    /// Whether there is a repository of that name.
    pub fn has(&self, name: &str) -> bool {
        self.state.repositories.read().expect("lock").has(name)
    }

    /// The commit main of a repository is at.
    pub fn head(&self, name: &str) -> String {
        repository::head(&self.state.directory, name)
    }

    /// What `path` holds on main of a repository now.
    pub fn read(&self, name: &str, path: &str) -> Option<Vec<u8>> {
        repository::read(&self.state.directory, name, path)
    }

    /// Whether the store holds the LFS object of exactly these bytes.
    pub fn holds_object(&self, bytes: &[u8]) -> bool {
        lfs::object(&self.state.directory, &lfs::oid(bytes)).is_file()
    }

    /// How `oauth/token` answers from now on.
    pub fn is(&self, mood: Mood) {
        self.state.oauth.set_mood(mood);
    }

    /// How long what `oauth/token` issues from now on lives.
    pub fn issues_for(&self, seconds: Option<i64>) {
        self.state.oauth.set_life(seconds);
    }

    /// From now on a refresh token stays what it is.
    pub fn stop_rotating(&self) {
        self.state.oauth.stop_rotating();
    }

    /// Makes an access token and its refresh token that account's, as a login in a browser does.
    pub fn sign_in(&self, account: &str, access_token: &str, refresh_token: &str) {
        self.grant(access_token, account, Role::Write);
        self.state.oauth.open_session(refresh_token, access_token, account);
    }

    /// Makes jobs that show this id token publishers of a resource.
    pub fn trust(&self, id_token: &str, resource: &str, account: &str) {
        self.state.oauth.trust(id_token, resource, account);
    }

    /// Every request for a token so far.
    pub fn asked_for_tokens(&self) -> Vec<Asked> {
        self.state.oauth.asked()
    }

    /// Every request so far.
    pub fn visits(&self) -> Vec<Visit> {
        self.state.visits().clone()
    }

    /// Forgets the requests so far, so that the next claim is about what follows.
    pub fn forget_visits(&self) {
        self.state.visits().clear();
    }
}

impl State {
    fn directory(&self) -> &Path {
        &self.directory
    }

    fn visits(&self) -> MutexGuard<'_, Vec<Visit>> {
        self.visits.lock().expect("lock")
    }

    /// Serves one connection until the client leaves.
    fn converse(&self, stream: TcpStream, config: Arc<ServerConfig>) {
        // a client that was killed must not hold a thread for ever
        _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        _ = stream.set_nodelay(true);
        let Ok(session) = ServerConnection::new(config) else {
            return;
        };
        let mut stream = StreamOwned::new(session, stream);
        while let Ok(Some(request)) = Request::read(&mut stream) {
            let response = self.answer(&request);
            if response.write(&mut stream).is_err() {
                return;
            }
        }
        stream.conn.send_close_notify();
        _ = stream.conn.complete_io(&mut stream.sock);
    }

    fn answer(&self, request: &Request) -> Response {
        let shown = Shown::by(request);
        let response = self.signs.dated(self.route(request, &shown));
        self.visits().push(Visit {
            host: request.host.clone(),
            method: request.method.clone(),
            path: request.path.clone(),
            shown: shown.secret(),
            status: response.status,
        });
        // what the answer says is done already
        self.delays.wait(&request.path);
        response
    }
}
