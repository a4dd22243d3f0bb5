//! Killed at any call, the helper leaves each file as it was or as it should be, and its next run ends what it began.
//!
//! Played at every call that others can see; with `CASES` at that many of all calls, and which by `SEED`. `PLAY` names one
//! play.

use anyhow::{Result, ensure};

use crate::disturbed::{Case, Course, Stage, disturb, told};
use crate::rig::cases_wanted;

#[test]
#[ignore = "needs strace, hf and gnome-keyring; tests/run.sh installs them"]
fn killed_at_any_call_it_loses_nothing_and_the_next_run_ends_it() {
    disturb(100_000, kills_of, is_survived);
}

/// To be killed between two calls that others see is to be killed at the second of them.
fn kills_of(course: &Course) -> Vec<Case> {
    let steps = course.steps.iter().filter(|step| cases_wanted().is_some() || step.is_seen());
    steps.map(|step| Case { step: step.clone(), error: None }).collect()
}

fn is_survived(stage: &Stage, course: &Course, case: &Case) -> Result<()> {
    stage.set();
    let killed = stage.traced(&["-e", &case.injection()]);
    let is_done = killed.status == Some(0) && stage.play.talks();
    ensure!(killed.signal == Some(9) || is_done, "it lived: {}", told(&killed));
    stage.ensure_whole(course, &stage.files())?;
    stage.ensure_ended(course, &case.step)
}
