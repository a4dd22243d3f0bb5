//! What version 0.1 wrote into git's configuration itself: sections of its own, known by their capital, or by a name of
//! their own where it was interrupted.

use super::executable;
use super::managed::{Line, unquoted};
use crate::repository::entry::Scope;

/// Takes these sections out of a text: what is left of it, and their lines. What the user added to one stays.
pub(super) fn taken_out(text: &[u8], scope: Scope) -> (Vec<u8>, Vec<Line>) {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (mut left, mut found) = (Vec::new(), Vec::new());
    let mut rest = &lines[..];
    while let Some((first, behind)) = rest.split_first() {
        let end = behind.iter().position(|line| line.starts_with(b"[")).unwrap_or(behind.len());
        let (body, next) = behind.split_at(end);
        rest = next;
        let Some(section) = Section::begun_by(first) else {
            left.extend_from_slice(&lines_of(first, body));
            continue;
        };
        let (from, to) = section.ours(body, scope);
        if from == to && section.is_whole {
            left.extend_from_slice(&lines_of(first, body));
            continue;
        }
        if section.is_whole {
            found.extend(body[from..to].iter().filter_map(|line| section.line(line)));
        }
        let stays = [&body[..from], &body[to..]].concat();
        if !stays.is_empty() {
            let header = if section.is_whole { first.to_vec() } else { section.header() };
            left.extend_from_slice(&lines_of(&header, &stays));
        }
    }
    (left, found)
}

fn lines_of(first: &[u8], body: &[&[u8]]) -> Vec<u8> {
    [first, &body.concat()].concat()
}

struct Section<'a> {
    /// `credential` or `http`.
    name: &'static str,
    url: Option<&'a str>,
    /// It was not interrupted.
    is_whole: bool,
}

impl<'a> Section<'a> {
    fn begun_by(line: &'a [u8]) -> Option<Self> {
        let inside = std::str::from_utf8(line).ok()?.strip_prefix('[')?.strip_suffix("]\n")?;
        let (name, url) = match inside.split_once(" \"") {
            Some((name, url)) => (name, Some(url.strip_suffix('"')?)),
            None => (inside, None),
        };
        let (name, is_whole) = match name {
            "Credential" => ("credential", true),
            "Http" => ("http", true),
            "git-credential-hf" => ("credential", false),
            "git-credential-hf-http" => ("http", false),
            _ => return None,
        };
        Some(Self { name, url, is_whole })
    }

    fn header(&self) -> Vec<u8> {
        match self.url {
            Some(url) => format!("[{} \"{url}\"]\n", self.name),
            None => format!("[{}]\n", self.name),
        }
        .into_bytes()
    }

    /// The lines of a section that were written: where they begin, and where they end.
    fn ours(&self, body: &[&[u8]], scope: Scope) -> (usize, usize) {
        let values: Vec<_> = body.iter().map_while(|line| parts(line)).collect();
        let is = |at: usize, variable: &str, wanted: fn(&str) -> bool| {
            values.get(at).is_some_and(|(name, value)| *name == variable && wanted(value))
        };
        let any: fn(&str) -> bool = |_| true;
        let run = |wanted: &[&str]| wanted.iter().enumerate().take_while(|(at, name)| is(*at, name, any)).count();
        if self.name == "http" {
            return (0, usize::from(is(0, "postBuffer", |value| value == "67108864")));
        }
        if !self.is_whole && is(0, "username", any) {
            return (0, run(&["username", "useHttpPath"]));
        }
        let has_path = self.url.and_then(|url| url.split_once("://")).is_some_and(|(_, rest)| rest.contains('/'));
        if has_path {
            return if run(&["username", "useHttpPath"]) == 2 { (0, 2) } else { (0, 0) };
        }
        if scope == Scope::Global && self.url.is_some() && is(0, "username", any) {
            return (0, 1);
        }
        let Some(helper) = (0..values.len()).find(|at| is(*at, "helper", executable::is_ours)) else {
            return (0, usize::from(!self.is_whole && is(0, "helper", str::is_empty)));
        };
        match self.url {
            Some(_) if helper > 0 && is(helper - 1, "helper", str::is_empty) => (helper - 1, helper + 1),
            Some(_) => (0, 0),
            None => (helper, helper + 1),
        }
    }

    fn line(&self, line: &[u8]) -> Option<Line> {
        let (variable, value) = parts(line)?;
        let url = self.url.map_or_else(String::new, |url| format!(".{}", unquoted(url)));
        Some(Line { key: format!("{}{url}.{variable}", self.name), value })
    }
}

/// The variable and the value of a line as `git config` writes it.
fn parts(line: &[u8]) -> Option<(&str, String)> {
    let (name, value) = std::str::from_utf8(line).ok()?.strip_prefix('\t')?.strip_suffix('\n')?.split_once(" = ")?;
    Some((name, unquoted(value)))
}
