//! A private Secret Service, gnome-keyring's own on a bus of our own, and its bad days.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rig::{World, finish};

/// No `<servicedir>`: the bus would start a second, locked daemon by itself.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// How the keychain is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Unlocked,
    Locked,
    /// Its daemon was started anew and given no password, as after an automatic login: nobody has opened what it keeps.
    NeverOpened,
    /// Its default collection has no password, as where people are logged in without one: a text file.
    WithoutPassword,
    /// A daemon that was never given a password: it has no collection that lasts.
    NoCollection,
    /// A bus, and nobody on it who keeps secrets.
    NoService,
    /// No bus, and an address that stands for none.
    NoBus,
    /// An address where a bus is no more.
    GoneBus,
    /// A daemon that owns the name and does not answer.
    SilentService,
    /// A socket that accepts and never speaks.
    SilentBus,
}

/// An address that names no socket.
const NO_BUS: &str = "unix:path=";

/// A session bus with or without a keychain; both end when dropped.
pub struct Keyring {
    world: World,
    daemon: Option<Running>,
    bus: Option<Running>,
    /// One that is there, or was.
    has_bus: bool,
    _socket: Option<UnixListener>,
}

/// A background process that ends when dropped, stopped or not.
struct Running(Child);

impl Running {
    fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.0.id().try_into().expect("process ids fit"));
        kill(process, signal).expect("it runs");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The days on which nothing can be stored, and whether there is a keychain to speak of.
pub const BAD_DAYS: [(Day, bool); 8] = [
    (Day::NoService, false),
    (Day::NoBus, false),
    (Day::GoneBus, true),
    (Day::NoCollection, false),
    (Day::Locked, true),
    (Day::NeverOpened, true),
    (Day::SilentService, true),
    (Day::SilentBus, true),
];

impl Keyring {
    /// A keychain on such a day.
    pub fn on(day: Day) -> Self {
        let world = World::new();
        let run = world.root().join("run");
        fs::DirBuilder::new().mode(0o700).create(&run).expect("a runtime directory");
        let socket = run.join("bus");
        let world = world
            .env("XDG_RUNTIME_DIR", &run)
            .env("XDG_DATA_HOME", run.join("data"))
            .env("DBUS_SESSION_BUS_ADDRESS", if day == Day::NoBus { NO_BUS.to_owned() } else { address(&socket) });
        if day == Day::WithoutPassword {
            let keyrings = run.join("data/keyrings");
            world.write(keyrings.join("Plain.keyring"), "[keyring]\ndisplay-name=Plain\n");
            world.write(keyrings.join("default"), "Plain");
        }
        // what nobody has opened was made before
        let first = if day == Day::NeverOpened { Day::Unlocked } else { day };
        let nobodys = (day == Day::SilentBus).then(|| UnixListener::bind(&socket).expect("a socket"));
        let bus = (!matches!(day, Day::NoBus | Day::GoneBus | Day::SilentBus)).then(|| start_bus(&world, &socket));
        let daemon = (!matches!(day, Day::NoService | Day::NoBus | Day::GoneBus | Day::SilentBus))
            .then(|| start_daemon(&world, &run, first));
        let mut keyring = Self { world, daemon, bus, has_bus: day != Day::NoBus, _socket: nobodys };
        match day {
            Day::Locked => keyring.lock(),
            Day::NeverOpened => keyring.restart(day),
            Day::SilentService => keyring.fall_silent(),
            _ => {}
        }
        keyring
    }

    /// The bus a program must be told of to use this keychain.
    pub fn address(&self) -> String {
        if self.has_bus { address(&self.socket()) } else { NO_BUS.to_owned() }
    }

    /// Locks every collection a person has.
    pub fn lock(&self) {
        let mut lock = self.world.command("gdbus");
        lock.args(["call", "--session", "--timeout", "10"])
            .args(["--dest", "org.freedesktop.secrets"])
            .args(["--object-path", "/org/freedesktop/secrets"])
            .args(["--method", "org.freedesktop.Secret.Service.Lock"])
            .arg("[objectpath '/org/freedesktop/secrets/collection/login']");
        let said = finish(lock, b"");
        assert!(said.succeeded().out().contains("collection/login"), "not locked: {said:?}");
    }

    /// Opens what was locked, as a login to the desktop does: through `pam_gnome_keyring`'s socket.
    pub fn unlock(&self) {
        const UNLOCK: u32 = 1;
        let password = b"password\n";
        let size = u32::try_from(password.len()).expect("short");
        let mut control = UnixStream::connect(self.world.root().join("run/control/control")).expect("its socket");
        // a byte that carries the sender's credentials, then the length of all that follows
        let lengths = [12 + size, UNLOCK, size].map(u32::to_be_bytes).concat();
        control.write_all(&[&[0], &*lengths, password].concat()).expect("it listens");
        let mut answer = [0; 8];
        control.read_exact(&mut answer).expect("its answer");
        assert_eq!(answer, [0, 0, 0, 8, 0, 0, 0, 0], "not unlocked");
    }

    /// From now on the daemon answers nobody.
    pub fn fall_silent(&self) {
        self.daemon.as_ref().expect("a daemon").signal(Signal::SIGSTOP);
    }

    /// It answers again.
    pub fn wake(&self) {
        self.daemon.as_ref().expect("a daemon").signal(Signal::SIGCONT);
    }

    /// It is started anew, as with the next login.
    pub fn restart(&mut self, day: Day) {
        self.daemon = None;
        self.daemon = Some(start_daemon(&self.world, &self.world.root().join("run"), day));
    }

    /// So is the whole session, its bus too.
    pub fn restart_session(&mut self, day: Day) {
        (self.daemon, self.bus) = (None, None);
        self.bus = Some(start_bus(&self.world, &self.socket()));
        self.restart(day);
    }

    /// Where its bus listens.
    pub fn socket(&self) -> PathBuf {
        self.world.root().join("run/bus")
    }

    /// An item such as another program might make, with the attributes ours has but its schema.
    pub fn put_by_another_program(&self, username: &str, secret: &str) {
        let mut put = self.world.command("secret-tool");
        put.args(["store", "--label=another program's"]).args([
            "service",
            "https://huggingface.co",
            "username",
            username,
        ]);
        finish(put, secret.as_bytes()).succeeded();
    }

    /// Everything kept for the Hub, as libsecret's own tool shows it: attributes and secrets.
    pub fn contents(&self) -> String {
        let mut search = self.world.command("secret-tool");
        search.args(["search", "--all", "service", "https://huggingface.co"]);
        let said = finish(search, b"");
        said.succeeded();
        // it prints secrets on one stream and attributes on the other
        said.out() + &said.err()
    }
}

fn start_bus(world: &World, socket: &Path) -> Running {
    let config = world.root().join("bus.conf");
    let text = BUS.replace("SOCKET", socket.to_str().expect("UTF-8"));
    world.write(&config, text);
    let mut bus = world.command("dbus-daemon");
    bus.arg("--nofork").arg("--config-file").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let bus = Running(bus.spawn().expect("dbus-daemon (Debian: dbus)"));
    let started = Instant::now();
    // the socket is there a moment before anybody listens
    while UnixStream::connect(socket).is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "no bus");
        thread::sleep(Duration::from_millis(5));
    }
    bus
}

fn start_daemon(world: &World, run: &Path, day: Day) -> Running {
    let mut daemon = world.command("gnome-keyring-daemon");
    daemon
        .args(["--foreground", "--components=secrets"])
        // given a password, it makes the collection a person's login would
        .args((!matches!(day, Day::NeverOpened | Day::NoCollection | Day::WithoutPassword)).then_some("--unlock"))
        .arg(format!("--control-directory={}", run.join("control").display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut daemon = daemon.spawn().expect("gnome-keyring-daemon (Debian: gnome-keyring)");
    let mut stdin = daemon.stdin.take().expect("piped");
    stdin.write_all(b"password\n").expect("its password");
    drop(stdin);
    let daemon = Running(daemon);
    let mut wait = world.command("gdbus");
    wait.args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"]);
    finish(wait, b"").succeeded();
    daemon
}

fn address(socket: &Path) -> String {
    format!("unix:path={}", socket.display())
}
