//! What a person sees and is asked: aligned, coloured where colour shows, and nothing in it that moves the cursor.

mod cancel;
mod escape;
mod menu;
mod progress;
mod table;
mod waiting;
mod wrap;

use std::io::{self, BufRead as _, ErrorKind, IsTerminal, Write as _};

use anyhow::{Context as _, Result, anyhow, bail};
use unicode_width::UnicodeWidthStr as _;
use zeroize::Zeroizing;

pub use self::cancel::Cancel;
pub use self::escape::{json_line, printable, quoted};
pub use self::menu::choose;
pub use self::progress::Progress;
pub use self::table::table;
pub use self::waiting::{Dots, Waiting};
use self::wrap::wrapped;

/// A line on stdout; one who stopped reading has read enough.
///
/// # Errors
///
/// When it cannot be written.
pub fn say(line: &str) -> Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}

/// Writes a line to stderr, for what comes beside the result; wrapped to a terminal.
pub fn note(line: &str) {
    let mut err = io::stderr();
    let broken = |width| line.split('\n').flat_map(|line| wrapped(line, width)).collect::<Vec<_>>().join("\n");
    let wrapped = width_of(&err).map(broken);
    // a closed stderr is no reason to stop
    _ = writeln!(err, "{}", wrapped.as_deref().unwrap_or(line));
}

/// What a person should know although the work goes on.
pub fn warn(line: &str) {
    note(&format!("warning: {line}"));
}

/// What a text is, told by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// It is well.
    Good,
    /// It may be trouble.
    Doubtful,
    /// It is trouble.
    Bad,
    /// It is beside the point.
    Faint,
    /// It is the point.
    Strong,
}

/// The text in the colour of its tone, where stdout shows colour.
#[must_use]
pub fn painted(text: &str, tone: Tone) -> String {
    let code = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Good => "32",
        Tone::Doubtful => "33",
        Tone::Bad => "31",
        Tone::Faint => "2",
        Tone::Strong => "1",
    };
    if !text.is_empty() && shows_colour() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// <https://no-color.org>: any value that is not empty.
#[expect(clippy::disallowed_methods, reason = "how the terminal shows things is the user's choice")]
fn shows_colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !refused && !is_dumb && io::stdout().is_terminal()
}

/// Returns how many columns of the terminal a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Returns how many characters a line of this stream holds; `None` where it is no terminal, so that nothing is cut or broken
/// for a program.
#[expect(clippy::disallowed_methods, reason = "COLUMNS is how a person says it (environ(7))")]
fn width_of(stream: &impl IsTerminal) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0))
}

/// Whether what is said beside the result is shown at a terminal.
#[must_use]
pub fn is_shown() -> bool {
    io::stderr().is_terminal()
}

/// Whether there is a person to ask: both what they read and what they type is a terminal.
#[must_use]
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What the person answers, without the blanks around it.
///
/// # Errors
///
/// When nobody is there to ask, or they end the input.
pub fn ask(question: &str) -> Result<String> {
    if !is_interactive() {
        bail!("there is no terminal to ask at");
    }
    let mut err = io::stderr().lock();
    // where the question cannot be shown, the answer is asked for all the same
    _ = write!(err, "{question} ");
    _ = err.flush();
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).context("cannot read the answer")? == 0 {
        bail!("there was no answer, so nothing was done");
    }
    Ok(line.trim().to_owned())
}

/// What the person types or pastes, which is shown nowhere.
///
/// # Errors
///
/// When there is no terminal, or they end the input.
pub fn ask_hidden(question: &str) -> Result<Zeroizing<String>> {
    let typed = uninterrupted(|| rpassword::prompt_password(format!("{question} ")));
    typed.map(Zeroizing::new).map_err(|_| anyhow!("there was no answer at the terminal, so nothing was done"))
}

/// rpassword raises the signal of Ctrl-C before it has the terminal show again what is typed: here it is pending until then.
#[cfg(unix)]
fn uninterrupted<T>(act: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, Signal};

    let interrupt = SigSet::from(Signal::SIGINT);
    _ = interrupt.thread_block();
    let done = act();
    _ = interrupt.thread_unblock();
    done
}

#[cfg(not(unix))]
fn uninterrupted<T>(act: impl FnOnce() -> T) -> T {
    act()
}

/// Whether the person says yes; anything but a yes is a no.
///
/// # Errors
///
/// As for [`ask`].
pub fn confirm(question: &str) -> Result<bool> {
    let answer = ask(&format!("{question} [y/N]"))?;
    Ok(["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)))
}

/// How long from now, in the one unit that tells most.
#[must_use]
pub fn until(end: i64, now: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let seconds = (end - now).unsigned_abs();
    let unit = UNITS.iter().find(|(length, _)| seconds >= length.unsigned_abs());
    let (count, name) = unit.map_or((seconds, "second"), |(length, name)| (seconds / length.unsigned_abs(), *name));
    let plural = if count == 1 { "" } else { "s" };
    if end > now { format!("in {count} {name}{plural}") } else { format!("{count} {name}{plural} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        for (end, told) in [
            (3 * 86_400 + 7, "in 3 days"),
            (3600, "in 1 hour"),
            (119, "in 1 minute"),
            (59, "in 59 seconds"),
            (0, "0 seconds ago"),
            (-86_400, "1 day ago"),
        ] {
            assert_eq!(until(end, 0), told);
        }
    }
}
