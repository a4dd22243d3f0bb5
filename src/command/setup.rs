//! `setup`: makes git ask this helper for the Hub's hosts, and says what git answers then.

use anyhow::Result;

use super::lost::Answered;
use super::report::{Mode, option_of, tell};
use super::{scope_of, tell_findings, winner};
use crate::cli::Setup;
use crate::endpoint::Hub;
use crate::helper::Standing;
use crate::here::Here;
use crate::refusals::Refusals;
use crate::repository::entry::Scope;
use crate::repository::{self, device};
use crate::source::command;
use crate::terminal::{say, warn};
use crate::wiring::helper_line::{Wanted, set_up};
use crate::wiring::verdict::{self, Verdict};
use crate::wiring::{executable, rivals};

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
    // git would wait for it
    device::refuse(scope)?;
    let urls = hub.urls();
    let chosen = options.token_command.as_deref().map(executable::with_token_command).transpose()?;
    let wanted = Wanted { all_hosts: options.all_hosts, options: chosen.as_deref() };
    // hf.co is huggingface.co by another name, and has the same answer
    let asked: Vec<_> = urls.iter().filter(|url| *url != "https://hf.co").cloned().collect();
    let answered = if options.all_hosts { Answered::nobody() } else { Answered::before(&asked)? };
    let report = set_up(scope, wanted, options.dry_run)?;
    let mode = if options.dry_run { Mode::Dry } else { Mode::Done };
    tell(&report, mode, &[], &format!("unsetup{}", option_of(&options.scope)))?;
    tell_findings(&hub, scope, !options.dry_run || !report.has_changed())?;
    if options.dry_run {
        say("nothing was changed")?;
        asked.iter().try_for_each(|url| tell_before(url, &answered))
    } else {
        asked.iter().try_for_each(|url| tell_after(url, scope, &answered))
    }
}

/// What git answers now, and what it would have then; the helper itself is not run, since it remembers who asked.
fn tell_before(url: &str, answered: &Answered) -> Result<()> {
    let verdict = verdict::of(url)?;
    let prospect = match winner(&Here::from_cwd(), &Refusals::from_env()) {
        Some((kind, Standing::Has(_) | Standing::IsAsked)) => Some(Verdict::Ours(kind.word().to_owned()).told(url)),
        _ => None,
    };
    if let Some(told) = prospect.as_ref().filter(|_| verdict == Verdict::Nobody) {
        return say(&format!("with these lines, {}", told.replacen("git now answers", "git answers", 1)));
    }
    if let Some(lost) = answered.lost(url).filter(|_| prospect.is_none()) {
        warn(&format!("after that, {lost}"));
    }
    tell_verdict(url, &verdict)
}

fn tell_after(url: &str, scope: Scope, answered: &Answered) -> Result<()> {
    let entries = repository::effective_entries()?;
    let verdict = if scope == Scope::Local { verdict::here(url, &entries)? } else { verdict::of(url)? };
    let is_settled = matches!(&verdict, Verdict::Ours(source) if ["ci", "environment", "command"].contains(&&**source));
    let command = rivals::token_command(url, &entries).filter(|_| !is_settled);
    if let Some(Err(error)) = command.map(|command| command::run(&command)) {
        return say(&format!(
            "git has no token for {} from the token command: {error:#} (see what it says in a shell; git-credential-hf \
             setup --token-command '' takes it away)",
            host_of(url)
        ));
    }
    if let Some(lost) = answered.lost(url).filter(|_| verdict == Verdict::Nobody) {
        warn(&lost);
    }
    tell_verdict(url, &verdict)
}

fn tell_verdict(url: &str, verdict: &Verdict) -> Result<()> {
    if *verdict == Verdict::Another {
        warn(
            "this helper does not have the answer: git config --show-origin --get-regexp '^credential.*helper$' \
             shows which helpers git asks, in its order",
        );
    }
    say(&verdict.told(url))
}

fn host_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}
