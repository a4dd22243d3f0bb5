//! `status`: who would win here and why, offline.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Shown;
use crate::helper::Standing;
use crate::here::Here;
use crate::status::{Host, How, Remote, Request, Row, Sends, Sent, Status, json};
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
        say(&printable(&format!("git asks for {}, by {by}", token::masked_name(name))))?;
    }
    say("")?;
    let rows: Vec<_> = host.order.rows.iter().map(|row| cells(row, host)).collect();
    table(&rows).iter().try_for_each(|line| say(line))?;
    if !host.remotes.is_empty() {
        say("")?;
    }
    if let [remote] = &host.remotes[..]
        && remote.agrees()
    {
        let alike = match (&remote.of_git().how, remote.of_git().sent()) {
            (How::After(..), _) => "do so",
            (_, Sent::Nothing) => "send none",
            _ => "send it",
        };
        return say(&format!("git, git-lfs and git-xet all {alike}"));
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
        How::After(_, Request { name, order, .. }) => match order.winner() {
            Some(row) => format!("git asks another helper first, and where that has none it uses {}", row.told()),
            None => {
                format!("git asks another helper first, and this one has no token: {}", order.lack(name.as_deref()))
            }
        },
        How::Url(secret) => format!("git uses the token in the remote's URL ({})", token::masked(secret)),
        How::Variable(secret) => format!("git uses HF_TOKEN ({})", token::masked(secret)),
        How::Another(finding) => format!("git uses another token: {}", finding.told),
        How::Nothing(finding) => format!("git has no token: {}", finding.told),
    }
}

/// A source's row.
fn cells(row: &Row, host: &Host) -> Vec<(String, Tone)> {
    let is_winner = host.order.is_won_by(row);
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
    let told = if told.is_empty() && row.token().is_none() { "nothing".to_owned() } else { told.join("; ") };
    let tone = if is_winner { Tone::Good } else { Tone::Plain };
    let mark = if is_winner { "*" } else { "" };
    let masked = row.token().map(AccessToken::masked).unwrap_or_default();
    [mark, row.source(), &row.name().unwrap_or_default(), &masked, &told].map(|cell| (cell.to_owned(), tone)).to_vec()
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
    let mut name = match (&remote.name, remote.is_push) {
        (Some(name), true) => Some(format!("{name} (push)")),
        (name, _) => name.clone(),
    };
    let rows = groups.iter().map(|group| {
        let names: Vec<_> = group.iter().map(|sends| sends.client.name()).collect();
        let clients = match &names[..] {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            names => names.concat(),
        };
        // once is enough
        let first = name.as_mut().map(|name| (std::mem::take(name), Tone::Plain));
        first.into_iter().chain([(clients, tone), (what(group[0]), tone)]).collect()
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
        How::After(_, request) => format!("another helper first, and where that has none: {}", answer(request)),
        How::Url(secret) => format!("the token in the URL ({})", token::masked(secret)),
        How::Variable(secret) => format!("HF_TOKEN ({}), which it reads itself", token::masked(secret)),
        How::Another(finding) => finding.told.clone(),
        How::Nothing(finding) => format!("nothing: {}", finding.told),
    }
}
