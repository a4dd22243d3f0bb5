//! The arguments of the commands that look, explain and clean up.

use std::path::PathBuf;

use clap::Args;

pub(super) const STATUS: &str = "Exit status: 0 where git has a token to use here, 1 where it has none.

Examples:
  git-credential-hf status
  git-credential-hf status --json";

pub(super) const WHOAMI: &str = "Examples:
  git-credential-hf whoami
  git-credential-hf whoami --json";

pub(super) const DOCTOR: &str = "Exit status: 1 where anything fails.

Examples:
  git-credential-hf doctor                       everything on this machine
  git-credential-hf doctor acme/model            why it does not open
  git-credential-hf doctor --push datasets/acme/rows";

pub(super) const IMPORT: &str = "Looks into netrc, the files of `git credential-store`, other helpers of your own \
configuration, and the URLs in git's configuration: yours, and that of the current repository and its submodules. A token \
is kept under its account's name, else under its own, and never in place of another. It also stays where it was, unless \
you say otherwise.

Examples:
  git-credential-hf import --dry-run             what there is, masked
  git-credential-hf import --tree ~/src          also below that directory
  git-credential-hf import --delete-source       and clean up where it was
  git-credential-hf import --from hf             the tokens of the HF home too";

/// The options of a command that shows something.
#[derive(Debug, Args)]
pub struct Shown {
    /// For programs: JSON, as docs/json.md documents it
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// acme/model, datasets/acme/rows, spaces/acme/app, kernels/acme/attention, or a URL; without one, the repository you stand in
    #[arg(value_name = "REPO", value_parser = super::name)]
    pub repository: Option<String>,
    /// Ask whether you may push, not only read
    #[arg(long)]
    pub push: bool,
    /// For programs: JSON, as docs/json.md documents it
    #[arg(long)]
    pub json: bool,
}

/// The options of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Show what would be moved; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Look into every repository below that directory, instead of the one you stand in
    #[arg(long, value_name = "DIR")]
    pub tree: Option<PathBuf>,
    /// Take the tokens of the HF home too
    #[arg(long, value_name = "SOURCE", value_parser = ["hf"])]
    pub from: Option<String>,
    /// Take the tokens out of where they were found, without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub delete_source: bool,
    /// Leave git's configuration as it is, but for the tokens that are taken out of it
    #[arg(long)]
    pub no_setup: bool,
}
