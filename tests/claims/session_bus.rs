//! The session bus: which one is joined, and what is said where there is none to join. No keychain service is needed.
#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};

use crate::rig::World;

const TOKEN: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const ASK: &str = "protocol=https\nhost=huggingface.co\n";

/// Listens at a name and tells whether it is told anything; hangs up then.
const LISTENER: &str = r#"
    use Socket; $| = 1;
    my $name = $ARGV[0]; $name =~ s/^@/\0/;
    socket(S, PF_UNIX, SOCK_STREAM, 0) or die; bind(S, pack_sockaddr_un($name)) or die; listen(S, 9) or die;
    print "ready\n";
    while (accept(C, S)) { print sysread(C, my $told, 4096) ? "told\n" : "left\n"; close C }
"#;

struct Listener {
    program: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Listener {
    /// As that user, where this one may start programs for others.
    fn at(world: &World, name: &str, user: Option<u32>) -> Self {
        let mut command = world.command("perl");
        command.args(["-e", LISTENER, name]).stdin(Stdio::null()).stdout(Stdio::piped()).current_dir("/");
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut program = command.spawn().expect("perl, which git needs too");
        let said = BufReader::new(program.stdout.take().expect("piped"));
        let mut listener = Self { program, said };
        assert_eq!(listener.says(), "ready");
        listener
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        _ = self.program.kill();
        _ = self.program.wait();
    }
}

/// A world whose runtime directory everybody may listen in.
fn world() -> World {
    let world = World::new().token(TOKEN);
    std::fs::set_permissions(world.root(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    std::fs::set_permissions(world.root().join("tmp"), std::fs::Permissions::from_mode(0o777)).expect("mode");
    world
}

/// The names to listen at, each as the listener and as an address has it.
fn names(world: &World) -> [(String, String); 2] {
    let path = world.root().join("tmp/bus").display().to_string();
    let name = world.root().file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    [(path.clone(), format!("unix:path={path}")), (format!("@{name}"), format!("unix:abstract={name}"))]
}

#[test]
fn another_users_bus_is_told_nothing_and_that_is_said_once() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for user in [65534, 4711] {
        let mut world = world();
        for (name, address) in names(&world) {
            let mut listener = Listener::at(&world, &name, Some(user));
            world.set_env("DBUS_SESSION_BUS_ADDRESS", &address);
            let stored = world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n"));
            stored.succeeded().prints_nothing().says_one_line().says("another user's");
            assert_eq!(listener.says(), "left", "{address}");
            let found = world.helper(&["get"], ASK);
            assert_eq!(found.says_one_line().says("another user's").attribute("password").as_deref(), Some("test1"));
            let doctor = world.helper(&["doctor"], b"");
            assert!(doctor.out().contains("DBUS_SESSION_BUS_ADDRESS names is another user's"), "{doctor:?}");
            _ = std::fs::remove_file(&name);
            world.helper(&["erase"], format!("{ASK}username=bob\n"));
        }
    }
}

#[test]
fn ones_own_bus_is_joined() {
    let mut world = world();
    for (name, address) in names(&world) {
        let mut listener = Listener::at(&world, &name, None);
        world.set_env("DBUS_SESSION_BUS_ADDRESS", &address);
        world.helper(&["get"], ASK).answers("hf_user", TOKEN);
        assert_eq!(listener.says(), "told", "{address}");
    }
}

#[test]
fn a_bus_behind_a_network_is_not_joined_and_that_is_said() {
    let mut world = world();
    world.set_env("DBUS_SESSION_BUS_ADDRESS", "tcp:host=127.0.0.1,port=1");
    let found = world.helper(&["get"], ASK);
    found.says_one_line().says("DBUS_SESSION_BUS_ADDRESS");
    assert_eq!(found.attribute("password").as_deref(), Some(TOKEN));
}

#[test]
fn an_address_that_stands_for_no_bus_is_no_keychain_and_no_error() {
    let mut world = world();
    for address in ["", "unix:path=", "unix:abstract=", "unix:path=/dev/null", "disabled:"] {
        world.set_env("DBUS_SESSION_BUS_ADDRESS", address);
        world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
        world.helper(&["get"], format!("{ASK}username=bob\n")).answers("bob", "test1");
        let doctor = world.helper(&["doctor"], b"");
        assert!(doctor.out().contains("none, since there is no session bus here"), "{address}: {doctor:?}");
        world.helper(&["erase"], format!("{ASK}username=bob\n"));
    }
}

#[test]
fn a_bus_that_is_gone_is_not_taken_for_an_empty_keychain() {
    let mut world = world();
    let gone = format!("unix:path={}", world.root().join("gone").display());
    world.set_env("DBUS_SESSION_BUS_ADDRESS", &gone);
    // git goes on with the HF home, as before
    world.helper(&["get"], ASK).answers("hf_user", TOKEN).says_nothing();

    let told = format!("the session bus at {gone} does not answer");
    let login = world.helper(&["login", "--with-token", "--no-verify"], format!("{TOKEN}x\n"));
    login.failed().says(&told).says("nothing was stored").says("--hf");
    assert!(!world.read_stored_tokens().contains(TOKEN));
    let doctor = world.helper(&["doctor"], b"");
    let line = doctor.out().lines().find(|line| line.contains("keychain ")).map(str::to_owned).unwrap_or_default();
    assert!(
        line.starts_with("warn") && line.contains("DBUS_SESSION_BUS_ADDRESS") && line.contains(&gone),
        "{doctor:?}"
    );
    let status = world.helper(&["status"], b"");
    assert!(status.out().contains(&told), "{status:?}");

    // what git stores is kept all the same
    let stored = world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n"));
    stored.succeeded().says_one_line().says(&told);
    world.helper(&["get"], format!("{ASK}username=bob\n")).answers("bob", "test1");

    // and where nobody has a token, git may ask a person
    let world = World::new().env("DBUS_SESSION_BUS_ADDRESS", &gone);
    let nobody = world.helper(&["get"], ASK);
    nobody.prints_nothing().says_one_line().says(&told);
}

#[test]
fn the_bus_of_the_session_of_today_is_joined_where_the_named_one_is_gone() {
    let mut world = world();
    let runtime = world.root().join("run");
    std::fs::create_dir(&runtime).expect("a directory");
    world.set_env("XDG_RUNTIME_DIR", &runtime);
    let mut listener = Listener::at(&world, &runtime.join("bus").display().to_string(), None);
    world.set_env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", world.root().join("gone").display()));
    world.helper(&["get"], ASK).answers("hf_user", TOKEN);
    assert_eq!(listener.says(), "told");
    // no bus is meant
    world.set_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=");
    world.helper(&["get"], ASK).answers("hf_user", TOKEN);
    drop(listener);
}
