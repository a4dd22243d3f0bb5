//! The calls that a run makes, and what can befall it there.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// Calls that are the loader's, the runtime's or a terminal's.
const NOT_OF_FILES: [&str; 8] = ["prctl", "execve", "mmap", "poll", "ppoll", "ioctl", "dup2", "chdir"];

/// A call that the helper makes.
#[derive(Clone)]
pub struct Step {
    pub name: String,
    /// The how manieth of that name it is, the loader's counted.
    pub count: usize,
    /// As strace tells it, without what it returned.
    pub call: String,
    /// A refresh: it comes after the first byte was written of what the Hub granted.
    pub is_after_grant: bool,
}

impl Step {
    /// Whether anybody but the process itself can see that it was made.
    pub fn is_seen(&self) -> bool {
        const UNSEEN: [&str; 15] = [
            "fcntl",
            "getcwd",
            "getdents64",
            "getpeername",
            "getsockname",
            "getsockopt",
            "lseek",
            "newfstatat",
            "pipe2",
            "read",
            "readlink",
            "recvfrom",
            "setsockopt",
            "socket",
            "statx",
        ];
        match &*self.name {
            "openat" => self.call.contains("O_CREAT"),
            // the end of a lock, or of what another program reads or writes
            "close" => !self.call.contains("</") || self.call.contains(".lock>"),
            name => !UNSEEN.contains(&name),
        }
    }
}

/// What befalls a run.
pub struct Case {
    /// Where.
    pub step: Step,
    /// What the call returns; nothing where the run is killed before it.
    pub error: Option<&'static str>,
}

impl Case {
    /// As strace takes it.
    pub fn injection(&self) -> String {
        let Step { name, count, .. } = &self.step;
        let what = self.error.map_or("signal=KILL".to_owned(), |error| format!("error={error}"));
        format!("inject={name}:{what}:when={count}")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { name, count, call, .. } = &self.step;
        write!(f, "{} {name} {count}, {call}", self.error.unwrap_or("killed at"))
    }
}

/// The calls after the loader's: those of the thread that runs `main`, and those that only other threads make, since strace
/// counts for each thread by itself.
pub fn steps(calls: &str) -> Vec<Step> {
    let lines =
        || calls.lines().filter_map(|line| line.split_once(' ')).map(|(thread, call)| (thread, call.trim_start()));
    let main = lines().next().expect("it made calls").0;
    let name_of = |call: &str| {
        let (name, _) = call.split_once('(')?;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| name.to_owned())
    };
    let of_main: BTreeSet<_> =
        lines().filter(|(thread, _)| *thread == main).filter_map(|(_, call)| name_of(call)).collect();
    let mut counts = HashMap::new();
    let mut is_begun = false;
    let mut steps = Vec::new();
    for (thread, call) in lines() {
        let Some(name) = name_of(call) else { continue };
        let count = counts.entry((thread, name.clone())).or_insert(0);
        *count += 1;
        // what `main` begins with
        is_begun |= call.starts_with("prctl(PR_SET_DUMPABLE");
        let is_told_apart = thread == main || !of_main.contains(&name);
        // what the standard library asks before each close, where it is not optimised
        let is_assertion = call.contains("F_GETFD");
        if is_begun && is_told_apart && !is_assertion && !NOT_OF_FILES.contains(&&*name) {
            let call = call.rsplit_once(" = ").map_or(call, |(call, _)| call.trim_end()).to_owned();
            steps.push(Step { name, count: *count, call, is_after_grant: false });
        }
    }
    if let Some(answer) = steps.iter().rposition(|step| step.name == "recvfrom")
        && let Some(write) = steps[answer..].iter().position(|step| step.name == "write")
    {
        steps[answer + write + 1..].iter_mut().for_each(|step| step.is_after_grant = true);
    }
    steps
}
