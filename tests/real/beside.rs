//! What works beside a race in Python, with `huggingface_hub`'s own functions: a reader, and `hf`.

use std::io::Read as _;
use std::process::{Child, Stdio};

use crate::hf::python_command;
use crate::scene::Scene;

/// Polls the file as `hf` reads it, until a line comes on stdin: how often, for how long in milliseconds it could not be
/// read at most, and how often what nobody touches was not in it.
pub const READER: &str = "
import select, sys, time
import huggingface_hub.utils._auth as auth
import configparser
from huggingface_hub import constants
reads = missing = worst = 0
unreadable = None
print('ready', flush=True)
while not select.select([sys.stdin], [], [], 0.001)[0]:
    config = configparser.ConfigParser(interpolation=None)
    try:
        text = open(constants.HF_STORED_TOKENS_PATH).read()
        config.read_string(text)
        whole = config.has_section('pinned')
    except (configparser.Error, FileNotFoundError):
        whole = False
    reads += 1
    now = time.monotonic()
    if whole:
        if unreadable is not None:
            worst = max(worst, now - unreadable)
        unreadable = None
    else:
        missing += 1
        unreadable = unreadable or now
print(reads, missing, int(1000 * worst), unreadable is None)
";

/// Logs in, switches and logs out as `hf auth` does until a line comes on stdin: how often, and how many of its logins were
/// gone when it looked.
pub const HF: &str = "
import random, select, sys
import huggingface_hub._login as login
import huggingface_hub.utils._auth as auth
chance = random.Random(int(sys.argv[1]))
done = lost = 0
print('ready', flush=True)
while not select.select([sys.stdin], [], [], chance.random() / 20)[0]:
    name = 'hf-%d' % chance.randrange(3)
    auth._save_token('hf_' + name, name)
    done += 1
    try:
        login._set_active_token(name, False)
    except ValueError:
        lost += 1
    if chance.randrange(3) == 0:
        login._logout_from_token(name)
print(done, lost)
";

/// A program in Python that works beside until it is ended, and what it says of it in numbers.
pub struct Beside(Child);

impl Beside {
    /// Starts it, and waits until it works.
    pub fn start(scene: &Scene, program: &str, seed: &str) -> Self {
        let mut command = python_command(&scene.world, program, &[seed]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python");
        let mut ready = [0; 6];
        child.stdout.as_mut().expect("piped").read_exact(&mut ready).expect("it works");
        Self(child)
    }

    /// Ends it.
    pub fn end(mut self) -> Vec<String> {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().expect("its end");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
    }
}
