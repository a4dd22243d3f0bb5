//! Runs another program that may not keep us waiting.

use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// What the program printed, if it ended well in time; its stderr is nobody's business.
///
/// # Errors
///
/// When the program cannot be started.
pub fn output(command: &mut Command, input: &[u8], patience: Duration) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let until = Instant::now() + patience;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // a program that does not read its input has its reasons
        _ = stdin.write_all(input);
    }
    let Some(mut stdout) = child.stdout.take() else {
        return Ok(None);
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut printed = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let whole = stdout.read_to_end(&mut printed).is_ok();
        _ = sender.send(whole.then_some(printed));
    });
    let printed = receiver.recv_timeout(patience).ok().flatten();
    Ok(printed.filter(|_| ends_well(&mut child, until)).or_else(|| {
        _ = child.kill();
        _ = child.wait();
        None
    }))
}

fn ends_well(child: &mut Child, until: Instant) -> bool {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            _ => return false,
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "programs of the test's own")]
mod tests {
    use super::*;

    fn shell(line: &str, patience: Duration) -> Option<Vec<u8>> {
        let mut command = Command::new("sh");
        output(command.arg("-c").arg(line), b"in", patience).unwrap().map(|printed| printed.to_vec())
    }

    #[test]
    fn what_is_printed_in_time_counts() {
        let long = Duration::from_secs(50);
        assert_eq!(shell("cat; echo out", long), Some(b"inout\n".to_vec()));
        assert_eq!(shell("echo out; exit 1", long), None);
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let start = Instant::now();
        assert_eq!(shell("echo out; exec sleep 60", Duration::from_millis(200)), None);
        assert_eq!(shell("exec >&-; exec sleep 60", Duration::from_millis(200)), None);
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
