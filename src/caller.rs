//! The process that a request comes from: git's own, behind the shell and the `git` that it starts a helper with.

/// Tells the process that asked from any other that had or will have its number. `None` where the system does not say.
#[must_use]
pub fn identity() -> Option<String> {
    let caller = Process::of_this_request()?;
    // git-lfs has `git credential` ask for it, a new one each time
    let asks_for = caller.parent().filter(|parent| caller.name == "git" && parent.name.starts_with("git-lfs"));
    Some(asks_for.unwrap_or(caller).identity)
}

/// Tells whether the process that asked was called with a URL that names this account: `git remote-https origin https://NAME@…`.
#[must_use]
pub fn has_url_of(name: &str) -> bool {
    Process::of_this_request().is_some_and(|caller| caller.arguments().contains(&format!("://{name}@")))
}

/// Tells whether the process that asked is one of git's transfers: `git-remote-https`, or `git remote-https`.
#[must_use]
pub fn is_transfer() -> bool {
    let Some(caller) = Process::of_this_request() else { return false };
    let arguments = caller.arguments();
    let mut words = arguments.split('\0').map(|word| word.rsplit('/').next().unwrap_or_default());
    words.next().is_some_and(|program| match program.strip_prefix("git") {
        Some("") => words.next().is_some_and(|command| command.starts_with("remote-")),
        Some(rest) => rest.starts_with("-remote-"),
        None => false,
    })
}

/// A process, as Linux tells of it; no other system does.
struct Process {
    number: i32,
    name: String,
    parent: i32,
    /// Its number, and when it was started.
    identity: String,
}

impl Process {
    /// Finds the one behind those that only start this helper.
    fn of_this_request() -> Option<Self> {
        /// No line of a helper is run through more programs.
        const MOST_BETWEEN: usize = 8;
        let mut process = Self::numbered(parent_id()?)?;
        for _ in 0..MOST_BETWEEN {
            if !process.starts_helper() {
                break;
            }
            process = process.parent()?;
        }
        Some(process)
    }

    /// Reads `/proc/NUMBER/stat` (`proc_pid_stat(5)`): the name is in brackets, and may hold any character.
    fn numbered(number: i32) -> Option<Self> {
        let stat = std::fs::read(format!("/proc/{number}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let mut fields = rest.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?;
        let identity = format!("{number} {started}");
        Some(Self { number, name: name.to_owned(), parent, identity })
    }

    fn parent(&self) -> Option<Self> {
        Self::numbered(self.parent)
    }

    /// Tells whether it does nothing but start this helper: `sh -c 'git credential-hf get'`, `git credential-hf get`.
    fn starts_helper(&self) -> bool {
        self.arguments().contains("credential-hf")
    }

    fn arguments(&self) -> String {
        let arguments = std::fs::read(format!("/proc/{}/cmdline", self.number)).unwrap_or_default();
        String::from_utf8_lossy(&arguments).into_owned()
    }
}

#[cfg(unix)]
fn parent_id() -> Option<i32> {
    std::os::unix::process::parent_id().try_into().ok()
}

#[cfg(not(unix))]
fn parent_id() -> Option<i32> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_number_and_its_start() {
        let this = Process::numbered(std::process::id().try_into().unwrap()).unwrap();
        assert_eq!(this.parent, nix::unistd::getppid().as_raw());
        assert!(this.identity.starts_with(&format!("{} ", std::process::id())));
        let start = this.identity.split(' ').nth(1).unwrap().parse::<u64>().unwrap();
        assert!(start > 0);
    }
}
