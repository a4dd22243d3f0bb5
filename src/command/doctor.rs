//! `doctor`: checks everything between git and the Hub, and finds out why a repository does not open.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::Doctor;
use crate::doctor::target::Target;
use crate::doctor::visit::Visit;
use crate::doctor::{self, Examination};
use crate::findings::{Finding, Severity};
use crate::here::Here;
use crate::status::of_finding;
use crate::terminal::{Tone, json_line, say, table};

/// Tells what was found, the worst first, a line each, and a remedy under what is not well.
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
    let Examination { findings, visit } = doctor::examine(&here, target, options.push);
    if options.json {
        let checks: Vec<_> = findings.iter().map(of_finding).collect();
        let repository = visit.as_ref().map(|visit| json_of_visit(visit, options.push));
        say(&json_line(&json!({ "checks": checks, "repository": repository })))?;
    } else {
        let shown: Vec<_> = findings.iter().filter(|found| !options.quiet || found.severity != Severity::Ok).collect();
        tell(&shown)?;
        if !options.quiet || !shown.is_empty() {
            say(&summary(&findings))?;
        }
    }
    let fails = findings.iter().any(|found| found.severity == Severity::Fail);
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(findings: &[&Finding]) -> Result<()> {
    let rows = findings.iter().map(|found| {
        let tone = match found.severity {
            Severity::Ok => Tone::Good,
            Severity::Warn => Tone::Doubtful,
            Severity::Fail => Tone::Bad,
        };
        let plain = |text: &str| (text.to_owned(), Tone::Plain);
        vec![(found.severity.word().to_owned(), tone), plain(found.check.name()), plain(&found.message)]
    });
    for (line, found) in table(&rows.collect::<Vec<_>>()).iter().zip(findings) {
        say(line)?;
        if let Some(remedy) = found.remedy() {
            // whole, since it is for pasting
            say(&format!("      -> {remedy}"))?;
        }
    }
    Ok(())
}

/// How many of each there are, in a line.
fn summary(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|found| found.severity == severity).count();
    let counted = |count, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let failed = counted(count(Severity::Fail), "failure", "failures");
    let warned = counted(count(Severity::Warn), "warning", "warnings");
    let ok = format!("{} ok", count(Severity::Ok));
    let parts: Vec<_> = failed.into_iter().chain(warned).chain([ok]).collect();
    parts.join(", ")
}

fn json_of_visit(Visit { target, verdict, opener }: &Visit, writes: bool) -> Value {
    let opened_by = opener
        .as_ref()
        .map(|opener| json!({ "name": opener.name, "place": opener.place, "remedy": opener.remedy.to_string() }));
    json!({
        "name": target.repository.name,
        "kind": target.repository.kind.word(),
        "url": target.url(),
        "action": if writes { "push" } else { "fetch" },
        "verdict": verdict.code,
        "outcome": verdict.outcome.word(),
        "message": verdict.told,
        "remedy": verdict.remedy.to_string(),
        "link": verdict.link,
        "opened_by": opened_by,
    })
}
