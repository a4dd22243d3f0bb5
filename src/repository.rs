//! The repository we are called in and git's configuration: the only place that runs git.

#[expect(clippy::disallowed_methods, reason = "git's own ways to say that nobody is to be asked")]
/// Whether git itself would ask a person now (`GIT_TERMINAL_PROMPT` in git(1), `credential.interactive` in git-config(1)).
#[must_use]
pub fn git_may_ask() -> bool {
    let is_no =
        |value: &str| ["0", "false", "no", "off", "never", ""].contains(&value.trim().to_ascii_lowercase().as_str());
    if std::env::var("GIT_TERMINAL_PROMPT").is_ok_and(|value| is_no(&value)) {
        return false;
    }
    let asked = std::process::Command::new("git")
        .args(["--no-pager", "config", "--get", "credential.interactive"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output();
    asked.is_ok_and(|answer| !answer.status.success() || !is_no(&String::from_utf8_lossy(&answer.stdout)))
}
