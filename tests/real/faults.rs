//! Any call of a file may fail: the helper does without it, or says in one line what failed and keeps what there was.
//!
//! 60 of each play; with `CASES` that many, and which by `SEED`. `PLAY` names one play.

use anyhow::{Context as _, Result, ensure};

use crate::disturbed::{Case, Course, Stage, disturb, told};
use crate::refresh::OLD;
use crate::rig::Reply;

#[test]
#[ignore = "needs strace, hf and gnome-keyring; tests/run.sh installs them"]
fn whichever_call_fails_it_does_without_it_or_says_so_and_loses_nothing() {
    disturb(60, faults_of, is_coped_with);
}

fn faults_of(course: &Course) -> Vec<Case> {
    let may_fail = |call: &str| match call.strip_prefix("close(").and_then(|call| call.strip_suffix(')')) {
        // what fails to close is closed on Linux (close(2)), but not by strace, and others would wait for it
        Some(closed) => closed.contains("</") && !closed.ends_with(".lock>"),
        None => true,
    };
    let steps = course.steps.iter().filter(|step| may_fail(&step.call));
    let errors = ["ENOSPC", "EIO", "EACCES", "EINTR", "EROFS", "EMFILE", "ESTALE", "EAGAIN"];
    steps.flat_map(|step| errors.map(|error| Case { step: step.clone(), error: Some(error) })).collect()
}

fn is_coped_with(stage: &Stage, course: &Course, case: &Case) -> Result<()> {
    let Case { step, error } = case;
    stage.set();
    let reply = stage.traced(&["-e", &case.injection()]);
    let is_made = stage.calls().contains("(INJECTED)") || stage.play.talks();
    ensure!(is_made, "it was not made: {}", told(&reply));
    let panicked = reply.signal.is_some() || reply.status == Some(101) || reply.err().contains("panicked");
    ensure!(!panicked, "it panicked: {}", told(&reply));
    stage.ensure_whole(course, &stage.files()).with_context(|| told(&reply))?;
    if reply.status == Some(0) {
        does_without(stage, course, case, &reply).with_context(|| format!("it succeeded: {}", told(&reply)))?;
    } else {
        let comes_again = *error == Some("EINTR") && !NEVER_INTERRUPTED.contains(&&*step.name);
        ensure!(!comes_again, "it did not try again: {}", told(&reply));
        ensure!(step.call.starts_with("write(2<") || says_why(&reply), "it does not say why: {}", told(&reply));
    }
    stage.ensure_ended(course, step)
}

/// These wait for nothing, and no file system is asked.
const NEVER_INTERRUPTED: [&str; 3] = ["pipe2", "socket", "setsockopt"];

fn does_without(stage: &Stage, course: &Course, Case { step, error }: &Case, reply: &Reply) -> Result<()> {
    let is_told = !step.call.starts_with("write(1<") || *error == Some("EINTR");
    ensure!(is_told, "nobody has seen it");
    match stage.play.name {
        // what is still good is answered, and the next one refreshes it
        "refresh" => {
            let answer = reply.attribute("password").unwrap_or_default();
            ensure!(answer == OLD || answer.starts_with("hf_oauth_alice"), "another answer");
            Ok(())
        }
        // the login is kept and of use to others, and what is missing is said
        "login" if reply.err().contains("warning: git does not ask this helper yet: ") => Ok(()),
        // a bus that is closed to us is another user's
        "erase in the keychain" if ["socket", "connect"].contains(&&*step.name) => Ok(()),
        // the next run sees that nobody holds that lock
        _ if step.name == "unlink" => Ok(()),
        _ => stage.ensure_done(course, &stage.files()),
    }
}

/// The last line is the reason; before it there may be warnings.
fn says_why(reply: &Reply) -> bool {
    let said = reply.err();
    let mut lines = said.lines().rev();
    let why = lines.next().and_then(|line| line.strip_prefix("git-credential-hf: ")).unwrap_or_default();
    let is_clear = why.starts_with(|c: char| c.is_lowercase()) && !why.contains("uncategorized");
    is_clear && lines.all(|line| line.starts_with("warning: "))
}
