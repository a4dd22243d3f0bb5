//! `setup`: makes git ask this helper for the Hub's hosts, and says what git answers then.

use anyhow::Result;

use super::{scope_of, take_out, title};
use crate::cli::Setup;
use crate::endpoint::Hub;
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::terminal::{say, warn};
use crate::wiring::own_section::Section;
use crate::wiring::registration;
use crate::wiring::verdict::{self, Verdict};
use crate::wiring::{bypasses, executable, rivals};

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
    let before = repository::entries_of(scope)?;
    let program = executable::as_helper(options.all_hosts)?;
    let chosen = options.token_command.as_deref().map(executable::with_token_command).transpose()?;
    let plan = Plan::new(&sections, &before, &program, chosen.as_deref());
    let settled = plan.is_settled(&urls, scope)?;
    if !options.dry_run && !settled {
        for step in &plan.steps {
            take_out(scope, &step.section)?;
        }
        for step in &plan.steps {
            registration::put(scope, &step.section, &step.helper)?;
        }
    }
    say(&title(scope, &repository::entries_of(scope)?))?;
    plan.tell(settled, options.dry_run)?;
    tell_rivals(&urls, scope, !options.dry_run || settled)?;
    if options.dry_run {
        say("nothing was changed")?;
    }
    tell_verdicts(&urls, scope)
}

struct Step {
    section: Section,
    helper: String,
    /// Our value that stands there now.
    known: Option<String>,
}

struct Plan {
    steps: Vec<Step>,
    before: Vec<(Section, String)>,
}

impl Plan {
    fn new(sections: &[Section], entries: &[Entry], program: &str, chosen: Option<&str>) -> Self {
        let before = registration::helpers(entries);
        let ours = registration::sections(entries);
        let steps = sections.iter().cloned().map(|section| {
            let present = before.iter().rfind(|(place, value)| *place == section && executable::is_ours(value));
            // options behind the program are the user's choice
            let standing = || present.map_or("", |(_, value)| executable::options(value));
            let options = chosen.unwrap_or_else(standing);
            let known = present.filter(|_| ours.contains(&section)).map(|(_, value)| value.clone());
            Step { helper: format!("{program}{options}"), known, section }
        });
        Self { steps: steps.collect(), before }
    }

    /// Whether our lines stand as we would write them, after every other helper of that configuration.
    fn is_settled(&self, urls: &[String], scope: Scope) -> Result<bool> {
        let wanted: Vec<_> =
            self.steps.iter().flat_map(|step| registration::lines(&step.section, &step.helper)).collect();
        if !self.before.ends_with(&wanted) {
            return Ok(false);
        }
        // an included file may follow
        let mut entries = repository::effective_entries()?;
        entries.retain(|entry| entry.scope == scope);
        let followed = urls.iter().any(|url| rivals::another_follows(url, &entries));
        Ok(!followed)
    }

    fn tell(&self, settled: bool, dry_run: bool) -> Result<()> {
        let keys: Vec<_> = self.steps.iter().map(|step| step.section.key("helper")).collect();
        let width = keys.iter().map(String::len).max().unwrap_or_default();
        for (key, step) in keys.iter().zip(&self.steps) {
            let change = match step.known.as_ref().map(|known| *known == step.helper) {
                _ if settled => "already there",
                Some(true) => "moved to the end",
                Some(false) => "replaced",
                None => "added",
            };
            let change = if dry_run && !settled { format!("would be {change}") } else { change.to_owned() };
            say(&format!("  {key:width$}  {} ({change})", step.helper))?;
        }
        Ok(())
    }
}

fn tell_rivals(urls: &[String], scope: Scope, written: bool) -> Result<()> {
    let entries = repository::effective_entries()?;
    let mut warnings = Vec::new();
    for url in urls {
        warnings.extend(rivals::helpers_beside(url, &entries, scope, written));
    }
    warnings.extend(bypasses::warnings(urls, &entries));
    let mut told = Vec::new();
    for warning in warnings {
        if !told.contains(&warning) {
            warn(&warning);
            told.push(warning);
        }
    }
    Ok(())
}

/// hf.co is huggingface.co by another name, and has the same answer.
fn tell_verdicts(urls: &[String], scope: Scope) -> Result<()> {
    for url in urls.iter().filter(|url| *url != "https://hf.co") {
        let verdict = verdict::of(url, scope == Scope::Local)?;
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
