//! Runs a program to its end, or kills it and everything it started: a hang is a failure, never a wait.

use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Reply;

/// Longer than anything here takes, shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `command` with `input` on its stdin.
pub fn finish(command: Command, input: &[u8]) -> Reply {
    finish_within(PATIENCE, command, input)
}

/// Runs `command` with `input` on its stdin; panics when it is not done after `patience`.
pub fn finish_within(patience: Duration, mut command: Command, input: &[u8]) -> Reply {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // a group of its own, so that what it started ends with it
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let group = Pid::from_raw(child.id().try_into().expect("process ids fit"));

    let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_vec());
    // a program that refuses its input early closes the pipe: that is its right
    let writer = thread::spawn(move || _ = stdin.write_all(&input));
    let stdout = drain(child.stdout.take().expect("piped"));
    let stderr = drain(child.stderr.take().expect("piped"));

    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(child.wait()));
    let Ok(status) = ended.recv_timeout(patience) else {
        _ = killpg(group, Signal::SIGKILL);
        let stderr = String::from_utf8_lossy(&stderr.join().expect("reader")).into_owned();
        panic!("{command:?} was still running after {patience:?}; its stderr:\n{stderr}");
    };
    let status = status.expect("wait");
    writer.join().expect("writer");
    Reply {
        status: status.code(),
        signal: status.signal(),
        stdout: stdout.join().expect("reader"),
        stderr: stderr.join().expect("reader"),
        took: started.elapsed(),
        command: format!("{command:?}"),
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        _ = stream.read_to_end(&mut bytes);
        bytes
    })
}
