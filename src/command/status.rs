//! `status`: who would win here and why, offline.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Shown;
use crate::here::Here;
use crate::status::{Host, How, Remote, Request, Row, Sends, Status, json};
use crate::terminal::{Tone, painted, printable, say, table};
use crate::token::{self, AccessToken};
use crate::wiring::Finding;

/// Shows how each source stands, what each client sends, and what is in the way.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(options: &Shown) -> Result<ExitCode> {
    let status = Status::of(&Here::from_cwd());
    if options.json {
        say(&json(&status).to_string())?;
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
        tell_host(host)?;
    }
    for Finding { about: _, told, remedy } in &status.doubts {
        say(&format!("{} {}", painted("!", Tone::Doubtful), printable(told)))?;
        say(&format!("  -> {}", printable(remedy)))?;
    }
    Ok(())
}

fn tell_host(host: &Host) -> Result<()> {
    let verdict = painted(&printable(&verdict(host)), Tone::Strong);
    say(&format!("{}: {verdict}", host.endpoint.host()))?;
    if let Some(request) = host.remotes.first().filter(|_| host.is_alike()).and_then(|remote| remote.of_git().request())
        && let (Some(name), Some(by)) = (&request.name, &request.named_by)
    {
        say(&printable(&format!("git asks for {}, whom {by} names", token::masked_name(name))))?;
    }
    say("")?;
    let rows: Vec<_> = host.order.rows.iter().map(|row| cells(row, host)).collect();
    table(&rows).iter().try_for_each(|line| say(line))?;
    if !host.remotes.is_empty() {
        say("")?;
    }
    if let [remote] = &host.remotes[..]
        && remote.agrees()
        && matches!(&remote.of_git().how, How::Helper(request) if request.order.winner().is_some())
    {
        return say("git, git-lfs and git-xet all send it");
    }
    let rows: Vec<_> = host.remotes.iter().flat_map(sendings).collect();
    table(&rows).iter().try_for_each(|line| say(line))
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
        How::After(..) => "git asks another helper before this one".to_owned(),
        How::Url(secret) => format!("git uses the token in the remote's URL ({})", token::masked(secret)),
        How::Variable(_) => "git uses HF_TOKEN".to_owned(),
        How::Another(_) => "git uses another token, without asking this helper".to_owned(),
        How::Nothing(Finding { told, remedy, .. }) => format!("git has no token: {told} ({remedy})"),
    }
}

/// A source's row.
fn cells(row: &Row, host: &Host) -> Vec<(String, Tone)> {
    let is_winner = host.order.is_won_by(row);
    let others = row.held.len().saturating_sub(1);
    let others = (others > 0).then(|| format!("and {others} more (git-credential-hf list)"));
    let parts = [row.expiry(), Some(row.reason()), others, Some(row.unread.join("; "))];
    let told: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let told = match (&told[..], row.token()) {
        ([], None) if row.held.is_empty() => "nothing".to_owned(),
        ([], None) => "nothing for this request".to_owned(),
        _ => told.join("; "),
    };
    let tone = if is_winner { Tone::Good } else { Tone::Plain };
    let mark = if is_winner { "*" } else { "" };
    let masked = row.token().map(AccessToken::masked).unwrap_or_default();
    [mark, row.source(), row.name().unwrap_or_default(), &masked, &told].map(|cell| (cell.to_owned(), tone)).to_vec()
}

/// What is sent to a remote: a row for each token, with the clients that send it.
fn sendings(remote: &Remote) -> Vec<Vec<(String, Tone)>> {
    let mut groups: Vec<Vec<&Sends>> = Vec::new();
    for sends in &remote.sends {
        match groups.iter_mut().find(|group| group[0].is_as(sends)) {
            Some(group) => group.push(sends),
            None => groups.push(vec![sends]),
        }
    }
    let tone = if groups.len() > 1 { Tone::Doubtful } else { Tone::Plain };
    let name = match (&remote.name, remote.is_push) {
        (Some(name), true) => format!("{name} (push)"),
        (Some(name), false) => name.clone(),
        (None, _) => String::new(),
    };
    let rows = groups.iter().map(|group| {
        let names: Vec<_> = group.iter().map(|sends| sends.client.name()).collect();
        let clients = match &names[..] {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            names => names.concat(),
        };
        let cells = [(name.clone(), Tone::Plain), (clients, tone), (what(group[0]), tone)];
        cells.into_iter().filter(|(text, _)| !text.is_empty()).collect()
    });
    rows.collect()
}

/// What a client sends, in words.
fn what(sends: &Sends) -> String {
    let answer = |Request { name, order, .. }: &Request| match order.winner() {
        Some(row) => row.told(),
        None => format!("no token: {}", order.lack(name.as_deref())),
    };
    match &sends.how {
        How::Helper(request) => answer(request),
        How::After(finding, request) => format!("{}; where that has none: {}", finding.told, answer(request)),
        How::Url(secret) => format!("the token in the URL ({})", token::masked(secret)),
        How::Variable(secret) => format!("HF_TOKEN ({}), which it reads itself", token::masked(secret)),
        How::Another(finding) => finding.told.clone(),
        How::Nothing(finding) => format!("nothing: {}", finding.told),
    }
}
