//! Runs other programs, with a limit on the time they take and on what they print.

use std::io::{self, ErrorKind, Read, Write as _};
use std::mem;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use zeroize::Zeroizing;

use crate::notice::reason;

/// Returns what a program prints on stdout, if it ends with success in time; its stderr is dropped.
///
/// # Errors
///
/// When the program cannot be started.
pub fn stdout(command: &mut Command, input: &[u8], timeout: Duration) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let until = Instant::now() + timeout;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (sender, failure) = mpsc::channel::<Printed>();
    let is_fed = child.stdin.take().is_some_and(|mut stdin| {
        let input = Zeroizing::new(input.to_vec());
        // beside the reading, since it may print before it has read all; and one that does not read has its reasons
        let feed = move || match stdin.write_all(&input) {
            // before it meets the end of a part, and takes it for the whole
            Err(error) if error.kind() != ErrorKind::BrokenPipe => _ = sender.send(Err(error)),
            _ => {}
        };
        beside(feed).is_ok()
    });
    let printed = child.stdout.take().and_then(|stdout| read_until(stdout, until)().ok());
    let printed = printed.filter(|_| is_fed && failure.try_recv().is_err());
    Ok(printed.filter(|_| ended_by(&mut child, until).is_some_and(|status| status.success())).or_else(|| {
        _ = child.kill();
        _ = child.wait();
        None
    }))
}

/// Returns all that a program without input prints, and its exit status.
///
/// # Errors
///
/// When it cannot be started or read, or with [`ErrorKind::TimedOut`] is not done in time, or with
/// [`ErrorKind::FileTooLarge`] prints without end.
pub fn output(command: &mut Command, timeout: Duration) -> io::Result<Output> {
    let until = Instant::now() + timeout;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().map(|stdout| read_until(stdout, until));
    let stderr = child.stderr.take().map(|stderr| read_until(stderr, until));
    let printed = |read: Option<_>| read.map_or(Ok(Zeroizing::default()), |read: ReadUntil| read());
    let output = printed(stdout).and_then(|mut stdout| {
        let mut stderr = printed(stderr)?;
        let status = ended_by(&mut child, until).ok_or(ErrorKind::TimedOut)?;
        Ok(Output { status, stdout: mem::take(&mut *stdout), stderr: mem::take(&mut *stderr) })
    });
    if output.is_err() {
        _ = child.kill();
        _ = child.wait();
    }
    output
}

/// What a program has printed.
type Printed = io::Result<Zeroizing<Vec<u8>>>;

/// Waits for all that a stream holds.
type ReadUntil = Box<dyn FnOnce() -> Printed>;

/// Whoever prints as much is out to fill our memory.
const MOST: u64 = 16 << 20;

/// Has it done on a thread of its own; `std::thread::spawn` panics where the system gives none.
fn beside(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().spawn(work).map(drop)
}

/// Begins to read a stream to its end; [`ErrorKind::FileTooLarge`] where that is too far.
fn read_until(stream: impl Read + Send + 'static, until: Instant) -> ReadUntil {
    let (sender, receiver) = mpsc::channel();
    let begun = beside(move || {
        let mut printed = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let read = match stream.take(MOST).read_to_end(&mut printed) {
            Ok(length) if length as u64 == MOST => Err(ErrorKind::FileTooLarge.into()),
            read => read.map(|_| printed),
        };
        _ = sender.send(read);
    });
    Box::new(move || {
        begun?;
        let remaining = until.saturating_duration_since(Instant::now());
        receiver.recv_timeout(remaining).unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    })
}

/// Longer than any token; what a program prints is held in memory.
const LONGEST_LINE: usize = 64 * 1024;

/// Returns the first line a program prints, without its line end, if it ends with success in time. Its stdin is closed,
/// and its stderr is shown to the person at the terminal.
///
/// It is given a process group of its own: one that is given up ends with all it started, but for what has left the group
/// (setsid(2)), which is not waited for. So it cannot ask at the terminal by itself, which an agent that was started
/// before can.
///
/// # Errors
///
/// When it cannot be started, ends with a failure, prints no end to its first line, or takes longer than `timeout`. They
/// do not quote it.
pub fn first_line(command: &mut Command, timeout: Duration) -> Result<Zeroizing<Vec<u8>>> {
    let until = Instant::now() + timeout;
    let told = |error: io::Error| anyhow!(reason(&error));
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().map_err(told)?;
    let stdout = child.stdout.take().context("it has no stdout")?;
    let (sender, receiver) = mpsc::channel();
    let begun = beside(move || read_first_line(stdout, |line| _ = sender.send(line)));
    begun.inspect_err(|_| kill_group(&mut child)).map_err(told)?;
    let line = receiver.recv_timeout(timeout);
    // a program of one's own that stays behind may hold the pipe open, so its end is not waited for
    match line.is_ok().then(|| ended_by(&mut child, until)).flatten() {
        Some(status) if status.success() => line?.context("its first line is too long"),
        Some(status) => bail!("it ended with {status}"),
        None => {
            kill_group(&mut child);
            bail!("it took longer than {} s", timeout.as_secs())
        }
    }
}

/// Hands on the first line, and reads on: a program that nobody reads any more fails.
fn read_first_line(mut stdout: impl Read, hand_on: impl FnOnce(Printed)) {
    let mut line = Zeroizing::new(vec![0; LONGEST_LINE]);
    let mut filled = 0;
    let end = loop {
        match stdout.read(&mut line[filled..]) {
            Ok(0) => break (filled < LONGEST_LINE).then_some(filled),
            Ok(read) => {
                let fresh = filled..filled + read;
                filled = fresh.end;
                if let Some(length) = line[fresh.clone()].iter().position(|byte| *byte == b'\n') {
                    break Some(fresh.start + length);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break None,
        }
    };
    hand_on(end.ok_or_else(|| ErrorKind::InvalidData.into()).map(|end| {
        line.truncate(end);
        line
    }));
    let mut rest = Zeroizing::new([0; 4096]);
    loop {
        match stdout.read(&mut *rest) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Ends a program that is not yet waited for, so that its number is nobody else's, with all of its group.
fn kill_group(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = child.id().try_into() {
        _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL);
    }
    _ = child.kill();
    _ = child.wait();
}

fn ended_by(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    // what has closed its output is most often gone at once
    let mut pause = Duration::from_micros(50);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(pause),
            _ => return None,
        }
        pause = Duration::from_millis(2).min(2 * pause);
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "programs of the test's own")]
mod tests {
    use super::*;

    fn shell(line: &str, timeout: Duration) -> Option<Vec<u8>> {
        let mut command = Command::new("sh");
        stdout(command.arg("-c").arg(line), b"in", timeout).unwrap().map(|printed| printed.to_vec())
    }

    #[test]
    fn what_is_printed_in_time_counts() {
        let long = Duration::from_secs(50);
        assert_eq!(shell("cat; echo out", long), Some(b"inout\n".to_vec()));
        assert_eq!(shell("echo out; exit 1", long), None);
        let much = vec![b'x'; 1 << 20];
        let echoed = stdout(&mut Command::new("cat"), &much, long).unwrap();
        assert!(echoed.is_some_and(|echoed| *echoed == much));
        assert_eq!(shell("yes", long), None);
        for line in ["yes", "yes >&2"] {
            let error = output(Command::new("sh").arg("-c").arg(line), long).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let start = Instant::now();
        assert_eq!(shell("echo out; exec sleep 60", Duration::from_millis(200)), None);
        assert_eq!(shell("exec >&-; exec sleep 60", Duration::from_millis(200)), None);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    fn first(line: &str, timeout: Duration) -> Result<String> {
        let mut command = Command::new("sh");
        let first = first_line(command.arg("-c").arg(line), timeout)?;
        Ok(String::from_utf8(first.to_vec()).unwrap())
    }

    #[test]
    fn the_first_line_counts_and_all_is_read() {
        let long = Duration::from_secs(50);
        for (line, said) in [
            ("echo one; echo two", "one"),
            ("printf one", "one"),
            ("printf 'one\\r\\ntwo'", "one\r"),
            ("echo; echo two", ""),
            ("true", ""),
            ("cat; echo one", "one"),
            ("echo one; head -c 1000000 /dev/zero", "one"),
            // something it started keeps the pipe
            ("echo one; sleep 20 &", "one"),
        ] {
            let start = Instant::now();
            assert_eq!(first(line, long).unwrap(), said, "{line}");
            assert!(start.elapsed() < Duration::from_secs(15), "{line}");
        }
        for line in ["echo one; exit 3", "head -c 1000000 /dev/zero", "kill -9 $$"] {
            assert!(first(line, long).is_err(), "{line}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_program_that_takes_too_long_ends_with_all_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let left = directory.path().join("left");
        for line in ["sleep 1; touch LEFT", "(sleep 1; touch LEFT) & wait", "echo one; sleep 1; touch LEFT", "exec yes"]
        {
            let line = line.replace("LEFT", left.to_str().unwrap());
            let start = Instant::now();
            let error = first(&line, Duration::from_millis(200)).unwrap_err();
            assert!(error.to_string().contains("longer than"), "{error}");
            assert!(start.elapsed() < Duration::from_secs(1), "{line}");
        }
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!left.exists());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_leaves_the_group_is_not_waited_for() {
        for (line, said) in [
            ("setsid sleep 20 & wait", None),
            ("setsid sleep 20 &", None),
            ("echo one; setsid sleep 20 &", Some("one")),
        ] {
            let start = Instant::now();
            assert_eq!(first(line, Duration::from_millis(500)).ok().as_deref(), said, "{line}");
            assert!(start.elapsed() < Duration::from_secs(2), "{line}");
        }
    }
}
