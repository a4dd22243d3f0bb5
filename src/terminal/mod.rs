//! What a person sees and is asked: aligned, coloured where colour shows, and nothing in it that moves the cursor.

mod cancel;
mod menu;
mod table;
mod waiting;
mod wrap;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, ErrorKind, IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use unicode_width::UnicodeWidthStr as _;
use zeroize::Zeroizing;

pub use self::cancel::Cancel;
pub use self::menu::choose;
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

/// Whether the last line of the terminal shows what is going on.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// What is going on, on one line that is there after a second and gone at the end; on a terminal only.
pub struct Progress {
    started: Instant,
    told: Option<Instant>,
    /// How many characters are to be wiped out.
    length: usize,
}

impl Default for Progress {
    fn default() -> Self {
        Self { started: Instant::now(), told: None, length: 0 }
    }
}

impl Progress {
    /// What takes a moment, told at once.
    #[must_use]
    pub fn of(line: &str) -> Self {
        let mut progress = Self::default();
        progress.show(line);
        progress
    }

    /// The same, unless something else is shown to be going on.
    #[must_use]
    pub fn unless_another(line: &str) -> Option<Self> {
        (!IS_TAKEN.load(Ordering::Relaxed)).then(|| Self::of(line))
    }

    /// How far it is now; short, since it must stay on its line.
    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        let is_due = self.told.map_or(self.started.elapsed() > Duration::from_secs(1), |told| {
            told.elapsed() > Duration::from_millis(100)
        });
        if is_due {
            self.show(&line());
        }
    }

    fn show(&mut self, line: &str) {
        if io::stderr().is_terminal() {
            self.wipe();
            IS_TAKEN.store(true, Ordering::Relaxed);
            self.told = Some(Instant::now());
            self.length = columns(line);
            // a closed stderr is no reason to stop
            _ = write!(io::stderr().lock(), "{line}");
        }
    }

    /// With blanks, which every terminal knows.
    fn wipe(&mut self) {
        if self.length > 0 {
            _ = write!(io::stderr().lock(), "\r{}\r", " ".repeat(self.length));
            IS_TAKEN.store(false, Ordering::Relaxed);
            self.length = 0;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.wipe();
    }
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

/// A text from outside as a terminal may show it: control characters, and those that turn the writing direction, are
/// escaped.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if moves(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// A JSON text as a terminal may show it: what moves the cursor is escaped also where JSON need not.
#[must_use]
pub fn json_line(value: &serde_json::Value) -> String {
    value.to_string().chars().fold(String::new(), |mut line, c| {
        if moves(c) {
            _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
        line
    })
}

/// Quotes a word for a shell, so that a command can be pasted. What a terminal may not show is written as an escape of bash,
/// ksh and zsh (`$'\x1b'`); a NUL, which no word can hold, is left out.
#[must_use]
pub fn quoted(word: &str) -> String {
    let word = word.replace('\0', "");
    let is_plain = |c: char| c.is_alphanumeric() || "-_./@:=".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_plain) {
        return word;
    }
    if word.chars().any(moves) {
        return format!("$'{}'", word.chars().map(escaped).collect::<String>());
    }
    shlex::try_quote(&word).map(Cow::into_owned).unwrap_or_default()
}

/// Inside of `$'…'`.
fn escaped(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        c if moves(c) => c.encode_utf8(&mut [0; 4]).bytes().fold(String::new(), |mut bytes, byte| {
            _ = write!(bytes, "\\x{byte:02x}");
            bytes
        }),
        c => c.to_string(),
    }
}

/// Whether a character moves the cursor, or turns the writing direction.
fn moves(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn what_moves_the_cursor_is_escaped_and_the_rest_is_shown() {
        assert_eq!(printable("a\x1b[2Jb\r\n\u{9b}é\u{202e}x"), r"a\u{1b}[2Jb\r\n\u{9b}é\u{202e}x");
        assert_eq!(printable("Zoë Müller 猫"), "Zoë Müller 猫");
    }

    #[test]
    fn a_quoted_word_is_one_word_to_a_shell() {
        for word in
            ["laptop", "a b", "it's", "$(x)", "a\"b`c\\", "!x", "^a", "é 猫", "-", "", "~", "*", "a;b", "{a,b}", "#a"]
        {
            assert_eq!(shlex::split(&quoted(word)), Some(vec![word.to_owned()]), "{word}");
        }
        assert_eq!(quoted("https://hf.co/acme/x"), "https://hf.co/acme/x");
        assert_eq!(quoted("~"), "'~'");
    }

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
