//! `doctor`: checks everything between git and the Hub, and finds out why a repository does not open.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::Doctor;
use crate::doctor::target::Target;
use crate::doctor::visit::{Opener, Visit};
use crate::doctor::{self, Check, Examination, Outcome};
use crate::here::Here;
use crate::terminal::{Tone, printable, say, table};

/// Tells what was found, a line each, and a remedy under what is not well.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(options: &Doctor) -> Result<ExitCode> {
    let here = Here::from_cwd();
    let target = match &options.repository {
        Some(text) => Some(Target::named(text, &here)),
        None => Target::here(&here),
    };
    let Examination { checks, visit } = doctor::examine(&here, target, options.push);
    let mut lines = checks;
    lines.extend(visit.iter().flat_map(checks_of));
    if options.json {
        let checks: Vec<_> = lines.iter().map(json_of).collect();
        let repository = visit.as_ref().map(|visit| json_of_visit(visit, options.push));
        say(&json!({ "checks": checks, "repository": repository }).to_string())?;
    } else {
        tell(&lines)?;
    }
    let fails = lines.iter().any(|check| check.outcome == Outcome::Fail);
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A visit in the form of all else.
fn checks_of(Visit { target: _, verdict, opener }: &Visit) -> Vec<Check> {
    let remedy = format!("{}: {}", verdict.remedy, verdict.link);
    let verdict =
        Check { name: "repository", outcome: verdict.outcome, told: verdict.told.clone(), remedy: Some(remedy) };
    [verdict].into_iter().chain(opener.as_ref().map(Opener::check)).collect()
}

fn tell(checks: &[Check]) -> Result<()> {
    let rows = checks.iter().map(|Check { name, outcome, told, remedy: _ }| {
        let tone = match outcome {
            Outcome::Ok => Tone::Good,
            Outcome::Warn => Tone::Doubtful,
            Outcome::Fail => Tone::Bad,
        };
        let plain = |text: &str| (text.to_owned(), Tone::Plain);
        vec![(outcome.word().to_owned(), tone), plain(name), plain(told)]
    });
    for (line, check) in table(&rows.collect::<Vec<_>>()).iter().zip(checks) {
        say(line)?;
        if let Some(remedy) = &check.remedy {
            // whole, since it is for pasting
            say(&format!("      -> {}", printable(remedy)))?;
        }
    }
    Ok(())
}

fn json_of(Check { name, outcome, told, remedy }: &Check) -> Value {
    json!({ "name": name, "outcome": outcome.word(), "message": told, "remedy": remedy })
}

fn json_of_visit(Visit { target, verdict, opener }: &Visit, writes: bool) -> Value {
    let opened_by =
        opener.as_ref().map(|opener| json!({ "name": opener.name, "place": opener.place, "remedy": opener.command }));
    json!({
        "name": target.repository.name,
        "kind": target.repository.kind.word(),
        "url": target.url(),
        "action": if writes { "push" } else { "fetch" },
        "verdict": verdict.code,
        "outcome": verdict.outcome.word(),
        "message": verdict.told,
        "remedy": verdict.remedy,
        "link": verdict.link,
        "opened_by": opened_by,
    })
}
