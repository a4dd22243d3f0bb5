//! A terminal with a person at it: what a program shows there, what is typed, and whether typing is shown.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};

use super::World;

/// Longer than anything shown here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program at a terminal of its own; it is killed when dropped.
pub struct Terminal {
    keyboard: File,
    /// Open until the end, so that the terminal outlives the program.
    line: OwnedFd,
    shown: Arc<Mutex<String>>,
    /// How much of that was waited for already.
    read: usize,
    child: Child,
}

impl Terminal {
    /// Starts the helper there.
    pub fn helper(world: &World, args: &[&str]) -> Self {
        let mut command = of_its_own(world);
        command.arg("git-credential-hf").args(args);
        Self::start(command)
    }

    /// Starts a line as a person would paste it, in a directory below HOME.
    pub fn line(world: &World, directory: &str, line: &str) -> Self {
        let mut command = of_its_own(world);
        command.args(["--wait", "sh", "-c", line]).current_dir(world.home().join(directory));
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let ends = openpty(&size, None).expect("a pseudoterminal");
        let stream = || Stdio::from(ends.slave.try_clone().expect("another end"));
        let child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().expect("setsid (util-linux)");
        drop(command);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut screen, text) = (File::from(ends.master.try_clone().expect("another end")), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                text.lock().expect("lock").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { keyboard: File::from(ends.master), line: ends.slave, shown, read: 0, child }
    }

    /// Waits until this is shown after what was waited for before.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let started = Instant::now();
        loop {
            let shown = self.shown();
            if let Some(at) = shown[self.read..].find(text) {
                self.read += at + text.len();
                return self;
            }
            let is_over = self.child.try_wait().expect("it was started").is_some() && {
                // what it wrote last may still be on its way
                thread::sleep(Duration::from_millis(200));
                shown == self.shown()
            };
            assert!(!is_over && started.elapsed() < PATIENCE, "{text:?} is not shown:\n{shown}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types; a line ends with `\n`, and `\x03` is Ctrl-C.
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.keyboard.write_all(text.as_bytes()).expect("it is open");
        self
    }

    /// Waits until what is typed is not shown.
    #[track_caller]
    pub fn hides_typing(&mut self) -> &mut Self {
        let started = Instant::now();
        while self.shows_typing() {
            assert!(started.elapsed() < PATIENCE, "what is typed is shown");
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// Whether what is typed is shown now.
    pub fn shows_typing(&self) -> bool {
        tcgetattr(&self.line).expect("a terminal").local_flags.contains(LocalFlags::ECHO | LocalFlags::ICANON)
    }

    /// Everything shown so far.
    pub fn shown(&self) -> String {
        self.shown.lock().expect("lock").clone()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end: the exit status, or the signal as a negative number.
    #[track_caller]
    pub fn ends(&mut self) -> i32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it was started") {
                // what it wrote last is on its way, on a busy machine for a while
                let mut shown = String::new();
                for _ in 0..20 {
                    thread::sleep(Duration::from_millis(50));
                    let now = self.shown();
                    if !now.is_empty() && now == shown {
                        break;
                    }
                    shown = now;
                }
                return status.code().unwrap_or_else(|| -status.signal().unwrap_or_default());
            }
            assert!(started.elapsed() < PATIENCE, "it does not end:\n{}", self.shown());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What starts a program at a terminal: it becomes the one that /dev/tty names, and Ctrl-C ends the program, also where the
/// tests themselves run in the background and it would not.
fn of_its_own(world: &World) -> Command {
    let mut command = world.command("env");
    command.args(["--default-signal", "setsid", "--ctty"]);
    command
}

impl Drop for Terminal {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
