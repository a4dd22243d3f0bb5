//! The man pages, from the commands and their help.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use clap_mangen::roff::{Roff, roman};

use super::help;
use crate::notice::cannot;

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The directory to write the pages into
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Man {
    /// Writes a page for the program and one for each command.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written.
    pub fn write(&self) -> Result<()> {
        let directory: &Path = &self.directory;
        let write = || -> io::Result<()> {
            fs::metadata(directory)?;
            let mut program = help::command().disable_help_subcommand(true);
            program.build();
            for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
                write_page(command, directory)?;
            }
            write_page(&program, directory)
        };
        write().map_err(|error| cannot("write the man pages to", directory, &error))
    }
}

fn write_page(command: &clap::Command, directory: &Path) -> io::Result<()> {
    let has_commands = command.get_subcommands().any(|command| !command.is_hide_set());
    let page = clap_mangen::Man::new(command.clone().override_usage(synopsis(command)));
    let mut file = File::create(directory.join(page.get_filename()))?;
    page.render_title(&mut file)?;
    page.render_name_section(&mut file)?;
    page.render_synopsis_section(&mut file)?;
    page.render_description_section(&mut file)?;
    page.render_options_section(&mut file)?;
    if has_commands {
        page.render_subcommands_section(&mut file)?;
    }
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let mut sections = Roff::new();
    for paragraph in help.map(ToString::to_string).unwrap_or_default().split("\n\n") {
        add_section(&mut sections, paragraph);
    }
    sections.to_writer(&mut file)?;
    file.flush()
}

/// Returns the command line with the values of its options, which [`clap_mangen`] leaves out.
fn synopsis(command: &clap::Command) -> String {
    let mut words = vec![command.get_bin_name().unwrap_or("git-credential-hf").to_owned()];
    for option in command.get_arguments().filter(|option| !option.is_hide_set()) {
        let Some(name) = option.get_long().filter(|name| *name != "help") else { continue };
        let values = option.get_action().takes_values().then(|| option.get_value_names()).flatten();
        words.push(values.map_or_else(|| format!("[--{name}]"), |values| format!("[--{name} {}]", values.join(" "))));
    }
    for argument in command.get_positionals().filter(|argument| !argument.is_hide_set()) {
        let name = argument.get_value_names().unwrap_or_default().join(" ");
        words.push(if argument.is_required_set() { name } else { format!("[{name}]") });
    }
    if command.get_subcommands().next().is_some() {
        words.push("COMMAND".to_owned());
    }
    words.join(" ")
}

/// Adds a paragraph of the help: what is indented below `Examples:` is a section of its own, and unfilled.
fn add_section(roff: &mut Roff, paragraph: &str) {
    if let Some((title, lines)) = paragraph.split_once(":\n") {
        roff.control("SH", [title.to_uppercase().as_str()]).control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    } else if let Some(text) = paragraph.strip_prefix("Exit status: ") {
        roff.control("SH", ["EXIT STATUS"]).text([roman(text)]);
    } else {
        roff.control("PP", []).text([roman(paragraph)]);
    }
}
