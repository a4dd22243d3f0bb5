//! What `setup` is going to write, compared with what stands there: nothing here prints.

use anyhow::Result;

use super::own_section::Section;
use super::post_buffer::{self, Buffer};
use super::{executable, registration, rivals};
use crate::endpoint::Hub;
use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// The lines that make git ask this helper, and push what is large with what it says, in one configuration.
pub struct Plan {
    /// One for each section.
    pub steps: Vec<Step>,
    /// One for each host whose large pushes need a buffer, or needed one.
    pub buffers: Vec<Buffer>,
    scope: Scope,
    /// Every helper that stands there now.
    before: Vec<(Section, String)>,
}

/// One helper's line.
pub struct Step {
    /// Where it goes.
    pub section: Section,
    /// Its value.
    pub helper: String,
    /// Our value that stands there now.
    pub known: Option<String>,
}

impl Plan {
    /// The lines for these sections; `options` stand behind the program, in place of those that stand there.
    ///
    /// # Errors
    ///
    /// When git is missing or its configuration cannot be read.
    pub fn of(scope: Scope, sections: &[Section], options: Option<&str>) -> Result<Self> {
        let entries = repository::entries_of(scope)?;
        let program = executable::as_helper(sections.contains(&Section::plain()))?;
        let before = registration::helpers(&entries);
        let ours = registration::sections(&entries);
        let steps = sections.iter().cloned().map(|section| {
            let present = before.iter().rfind(|(place, value)| *place == section && executable::is_ours(value));
            // options behind the program are the user's choice, but for those that a repository may have brought along
            let standing = || match present {
                Some((_, value)) if scope != Scope::Local => executable::options(value),
                _ => "",
            };
            let options = options.unwrap_or_else(standing);
            let known = present.filter(|_| ours.contains(&section)).map(|(_, value)| value.clone());
            Step { helper: format!("{program}{options}"), known, section }
        });
        let steps = steps.collect();
        // also where the helper's line is for every host
        let buffers = post_buffer::of(scope, &entries, &Hub::from_env().urls())?;
        Ok(Self { steps, buffers, scope, before })
    }

    /// Whether our helper's lines stand as they would be written, after every other helper of that configuration.
    ///
    /// # Errors
    ///
    /// When git's configuration cannot be read.
    pub fn is_settled(&self, urls: &[String]) -> Result<bool> {
        let wanted: Vec<_> =
            self.steps.iter().flat_map(|step| registration::lines(&step.section, &step.helper)).collect();
        if !self.before.ends_with(&wanted) {
            return Ok(false);
        }
        // an included file may follow
        let mut entries: Vec<Entry> = repository::effective_entries()?;
        entries.retain(|entry| entry.scope == self.scope);
        let followed = urls.iter().any(|url| rivals::another_follows(url, &entries));
        Ok(!followed)
    }

    /// Writes the lines; the sections in which an empty line was left that may be the user's.
    ///
    /// # Errors
    ///
    /// When git's configuration cannot be written.
    pub fn write(&self) -> Result<Vec<&Section>> {
        // first: `login` takes a git that has the helper's lines for one that is set up
        self.write_buffers()?;
        let mut in_doubt = Vec::new();
        for Step { section, .. } in &self.steps {
            if registration::take_out(self.scope, section)? {
                in_doubt.push(section);
            }
        }
        for Step { section, helper, .. } in &self.steps {
            registration::put(self.scope, section, helper)?;
        }
        Ok(in_doubt)
    }

    /// Writes the buffers alone.
    ///
    /// # Errors
    ///
    /// When git's configuration cannot be written.
    pub fn write_buffers(&self) -> Result<()> {
        self.buffers.iter().try_for_each(|buffer| buffer.write(self.scope))
    }
}
