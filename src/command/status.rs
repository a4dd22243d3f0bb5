//! `status`: who would win here and why, offline.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Shown;
use crate::findings::clients::Client;
use crate::findings::remotes::short;
use crate::findings::{Check, Finding};
use crate::helper::Standing;
use crate::here::Here;
use crate::status::{Host, How, Remote, Request, Row, Sends, Sent, Status, json};
use crate::terminal::{Tone, json_line, painted, printable, say, table};
use crate::token::{self, AccessToken};

/// Shows how each source stands, what each client sends, and what is in the way.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(options: &Shown) -> Result<ExitCode> {
    let status = Status::of(&Here::from_cwd());
    if options.json {
        say(&json_line(&json(&status)))?;
    } else {
        tell(&status)?;
    }
    Ok(if status.is_usable() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(status: &Status) -> Result<()> {
    if let Some(why) = &status.unread {
        say(&painted(&printable(why), Tone::Bad))?;
    }
    for (number, host) in status.here().enumerate() {
        if number > 0 {
            say("")?;
        }
        tell_host(host, status)?;
    }
    let rows: Vec<_> =
        status.elsewhere.iter().map(|remote| row_of(&remote.name, remote.is_push, &remote.in_words())).collect();
    table(&rows).iter().try_for_each(|line| say(line))?;
    if status.more > 0 {
        say(&format!("{} more remotes were not looked at", status.more))?;
    }
    // a relative home is said where its tokens would stand
    for finding in status.findings.iter().filter(|found| found.check != Check::HfHomeRelative) {
        say(&format!("{} {}", painted("!", Tone::Doubtful), printable(&finding.message)))?;
        if let Some(remedy) = finding.remedy() {
            // whole, since it is for pasting
            say(&format!("  -> {remedy}"))?;
        }
    }
    Ok(())
}

fn row_of(name: &str, is_push: bool, told: &str) -> Vec<(String, Tone)> {
    let name = if is_push { format!("{name} (push)") } else { name.to_owned() };
    vec![(name, Tone::Plain), (told.to_owned(), Tone::Plain)]
}

fn tell_host(host: &Host, status: &Status) -> Result<()> {
    let verdict = painted(&printable(&verdict(host)), Tone::Strong);
    let works =
        host.remotes.first().is_some_and(|remote| matches!(remote.of_git().how, How::Helper(_) | How::After(..)));
    let is_no_remotes = works && !status.is_in_repository() && !status.elsewhere.is_empty();
    let but = if is_no_remotes { ", but no remote of this repository is there" } else { "" };
    say(&format!("{}: {verdict}{but}", host.endpoint.host()))?;
    if let Some(request) = host.remotes.first().filter(|_| host.is_alike()).and_then(|remote| remote.of_git().request())
        && let (Some(name), Some(by)) = (&request.name, &request.named_by)
    {
        say(&printable(&format!("git asks for {}, by {by}", token::masked_name(name))))?;
    }
    let (full, empty): (Vec<_>, Vec<_>) = host.order.rows.iter().partition(|row| has_something(row));
    if !full.is_empty() {
        say("")?;
        let rows: Vec<_> = full.iter().map(|row| cells(row, host)).collect();
        table(&rows).iter().try_for_each(|line| say(line))?;
        let empty: Vec<_> = empty.iter().map(|row| row.source()).collect();
        let indent = if rows.iter().any(|row| !row[0].0.is_empty()) { "   " } else { "  " };
        say(&format!("{indent}nothing in: {}", empty.join(", ")))?;
    }
    if !host.remotes.is_empty() {
        say("")?;
    }
    let missing: Vec<_> = Client::ALL[1..].iter().filter(|client| !client.is_installed()).collect();
    if let [remote] = &host.remotes[..]
        && remote.agrees()
    {
        let alike = match (&remote.of_git().how, remote.of_git().sent()) {
            (How::After(..) | How::Another(_), _) => "do so",
            (_, Sent::Nothing) => "send none",
            _ => "send it",
        };
        let installed: Vec<_> = remote.installed().collect();
        if let Sent::Elsewhere(_) = remote.of_git().sent() {
            return Ok(());
        }
        let alike = match alike {
            alike if installed.len() > 1 => alike,
            "do so" => "does so",
            "send none" => "sends none",
            _ => "sends it",
        };
        let all = if missing.is_empty() { " all" } else { "" };
        let missing = missing_in_words(&missing);
        return say(&format!("{}{all} {alike}{missing}", names(&installed)));
    }
    let rows: Vec<_> = host.remotes.iter().flat_map(sendings).collect();
    table(&rows).iter().try_for_each(|line| say(line))?;
    let missing = missing_in_words(&missing);
    if missing.is_empty() { Ok(()) } else { say(missing.trim_start_matches("; ")) }
}

fn missing_in_words(missing: &[&Client]) -> String {
    let names: Vec<_> = missing.iter().map(|client| client.name()).collect();
    match &names[..] {
        [] => String::new(),
        [name] => format!("; {name} is not installed"),
        names => format!("; {} are not installed", names.join(" and ")),
    }
}

/// Who git is at a Hub, in a line.
fn verdict(host: &Host) -> String {
    let lack = || format!("no token: {}", host.order.lack(host.requested.as_deref()));
    let Some(remote) = host.remotes.first() else {
        return host.order.winner().map_or_else(lack, |row| format!("this helper would answer with {}", row.told()));
    };
    if !host.is_alike() {
        return "git does not use the same token for all remotes".to_owned();
    }
    match &remote.of_git().how {
        How::Helper(Request { name, order, .. }) => match order.winner() {
            Some(row) => format!("git uses {}", row.told()),
            None => format!("git has no token: {}", order.lack(name.as_deref())),
        },
        How::After(first, Request { name, order, .. }) => match order.winner() {
            Some(row) => format!("git {}it uses {}", goes_first(first), row.told()),
            None => {
                format!("git {}this helper has no token: {}", goes_first(first), order.lack(name.as_deref()))
            }
        },
        How::Url(secret) => format!("git uses the token in the remote's URL ({})", token::masked(secret)),
        How::Variable(secret) => format!("git uses HF_TOKEN ({})", token::masked(secret)),
        How::Another(finding) => format!("git uses another token: {}", finding.message),
        How::Nothing(finding) => format!("git has no token: {}", finding.message),
        How::Ssh(host) => format!("git goes by SSH to {}, with a key and no token", short(host)),
        How::OtherHost(host) => format!("git goes to {}", short(host)),
    }
}

/// What git tries before this helper.
fn goes_first(first: &Finding) -> &'static str {
    if first.check == Check::NetrcEntry {
        "sends the entry in netrc first, and where the Hub rejects that "
    } else {
        "asks another helper first, and where that has none "
    }
}

fn has_something(row: &Row) -> bool {
    row.token().is_some() || !row.reason().is_empty() || !row.unread.is_empty() || !row.held.is_empty()
}

/// A source's row.
fn cells(row: &Row, host: &Host) -> Vec<(String, Tone)> {
    let others = match (row.token(), row.held.len()) {
        (Some(_), count) if count > 1 => Some(format!("and {} more (git-credential-hf list)", count - 1)),
        (None, count) if count > 0 && matches!(row.standing, Standing::HasNone) => {
            Some(format!("none of {count} for this request (git-credential-hf list)"))
        }
        _ => None,
    };
    let reason = row.reason();
    // what cannot be read may be the reason itself
    let unread: Vec<_> = row.unread.iter().filter(|why| !reason.contains(*why)).map(String::as_str).collect();
    let parts = [row.expiry(), Some(reason), others, Some(unread.join("; "))];
    let told: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    // the star is at what git sends, and at nothing that it may send
    let (mark, tone) = match host.is_sent(row) {
        Some(true) => ("*", Tone::Good),
        None => ("?", Tone::Plain),
        Some(false) => ("", Tone::Plain),
    };
    let masked = row.token().map(AccessToken::masked).unwrap_or_default();
    let cells = [mark, row.source(), &row.name().unwrap_or_default(), &masked, &told.join("; ")];
    cells.map(|cell| (cell.to_owned(), tone)).to_vec()
}

/// What is sent to a remote: a row for each token, with the clients that send it.
fn sendings(remote: &Remote) -> Vec<Vec<(String, Tone)>> {
    let mut groups: Vec<Vec<&Sends>> = Vec::new();
    for sends in remote.installed() {
        match groups.iter_mut().find(|group| group[0].is_as(sends)) {
            Some(group) => group.push(sends),
            None => groups.push(vec![sends]),
        }
    }
    let tone = if groups.len() > 1 { Tone::Doubtful } else { Tone::Plain };
    let mut name = match (&remote.name, remote.is_push) {
        (Some(name), true) => Some(format!("{name} (push)")),
        (name, _) => name.clone(),
    };
    let rows = groups.iter().map(|group| {
        // once is enough
        let first = name.as_mut().map(|name| (std::mem::take(name), Tone::Plain));
        first.into_iter().chain([(names(group), tone), (what(group[0]), tone)]).collect()
    });
    rows.collect()
}

fn names(clients: &[&Sends]) -> String {
    let names: Vec<_> = clients.iter().map(|sends| sends.client.name()).collect();
    match &names[..] {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        names => names.concat(),
    }
}

/// What a client sends, in words.
fn what(sends: &Sends) -> String {
    let answer = |Request { name, order, .. }: &Request| match order.winner() {
        Some(row) => row.told(),
        None => format!("no token: {}", order.lack(name.as_deref())),
    };
    match &sends.how {
        How::Helper(request) => answer(request),
        How::After(first, request) => format!("{}it is {}", goes_first(first), answer(request)),
        How::Url(secret) => format!("the token in the URL ({})", token::masked(secret)),
        How::Variable(secret) => format!("HF_TOKEN ({}), which it reads itself", token::masked(secret)),
        How::Another(finding) => finding.message.clone(),
        How::Nothing(finding) => format!("nothing: {}", finding.message),
        How::Ssh(host) => format!("goes by SSH to {}, with a key and no token", short(host)),
        How::OtherHost(host) => format!("goes to {}, which is no Hub of yours", short(host)),
    }
}
