//! `setup`: makes git ask this helper for the Hub's hosts, and says what git answers then.

use anyhow::Result;

use super::{scope_of, tell_doubt, tell_findings, title, winner};
use crate::cli::Setup;
use crate::endpoint::Hub;
use crate::helper::Standing;
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository;
use crate::repository::entry::Scope;
use crate::terminal::{say, warn};
use crate::wiring::executable;
use crate::wiring::own_section::Section;
use crate::wiring::plan::Plan;
use crate::wiring::post_buffer::{self, Change};
use crate::wiring::verdict::{self, Verdict};

/// Writes the helper's lines into git's configuration and checks the result.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(options: &Setup) -> Result<()> {
    let scope = scope_of(&options.scope);
    let hub = Hub::from_env();
    if hub.ignores_endpoint() {
        warn("HF_ENDPOINT is no https URL of a host (nor http on this machine), so no token goes there: set it to one");
    }
    let urls = hub.urls();
    let sections =
        if options.all_hosts { vec![Section::plain()] } else { urls.iter().cloned().map(Section::of).collect() };
    let chosen = options.token_command.as_deref().map(executable::with_token_command).transpose()?;
    let plan = Plan::of(scope, &sections, chosen.as_deref())?;
    let settled = plan.is_settled(&urls)?;
    if !options.dry_run {
        let written = if settled { plan.write_buffers().map(|()| Vec::new()) } else { plan.write() };
        written?.into_iter().for_each(|section| tell_doubt(scope, section));
    }
    say(&title(scope, &repository::entries_of(scope)?))?;
    tell(&plan, settled, options.dry_run)?;
    tell_findings(&hub, scope, !options.dry_run || settled)?;
    if options.dry_run && !settled {
        return tell_prospect();
    }
    tell_verdicts(&urls, scope)
}

fn tell(plan: &Plan, settled: bool, dry_run: bool) -> Result<()> {
    let lines = plan.steps.iter().map(|step| {
        let change = match step.known.as_ref().map(|known| *known == step.helper) {
            _ if settled => None,
            Some(true) => Some("moved to the end"),
            Some(false) => Some("replaced"),
            None => Some("added"),
        };
        (step.section.key("helper"), step.helper.as_str(), change)
    });
    let buffers = plan.buffers.iter().map(|buffer| {
        let change = match buffer.change {
            Change::Kept => None,
            Change::Added => Some("added"),
            Change::Removed => Some("removed, no longer needed"),
        };
        (buffer.key(), post_buffer::VALUE, change)
    });
    let lines: Vec<_> = lines.chain(buffers).collect();
    let width = lines.iter().map(|(key, ..)| key.len()).max().unwrap_or_default();
    for (key, value, change) in lines {
        let would_be = if dry_run && change.is_some() { "would be " } else { "" };
        say(&format!("  {key:width$}  {value} ({would_be}{})", change.unwrap_or("already there")))?;
    }
    Ok(())
}

/// What git would be answered with these lines.
fn tell_prospect() -> Result<()> {
    let here = Here::from_cwd();
    let host = here.endpoint.host();
    say(&match winner(&here, &Refusals::from_env()) {
        Some((kind, Standing::Has(_) | Standing::IsAsked)) => {
            let told = Verdict::Ours(kind.word().to_owned()).told(here.endpoint.url());
            format!("nothing was changed; with these lines, {}", told.replacen("git now answers", "git answers", 1))
        }
        _ => format!("nothing was changed; with these lines, git asks this helper for {host}, which has no token yet"),
    })
}

/// hf.co is huggingface.co by another name, and has the same answer.
fn tell_verdicts(urls: &[String], scope: Scope) -> Result<()> {
    for url in urls.iter().filter(|url| *url != "https://hf.co") {
        let verdict = match scope {
            Scope::Local => verdict::here(url, &repository::effective_entries()?)?,
            _ => verdict::of(url)?,
        };
        if verdict == Verdict::Another {
            warn(
                "this helper does not have the answer: git config --show-origin --get-regexp '^credential.*helper$' \
                 shows which helpers git asks, in its order",
            );
        }
        say(&verdict.told(url))?;
    }
    Ok(())
}
