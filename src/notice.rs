//! A line to the person at the terminal, where git shows our stderr as it is.

use std::io::Write as _;

/// Says what a person should know although the work goes on. Never holds input or a secret.
pub fn say(line: &str) {
    // a closed stderr is no reason to fail
    _ = writeln!(std::io::stderr(), "git-credential-hf: {line}");
}
