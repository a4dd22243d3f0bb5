//! The status for programs, as docs/json.md documents it.

use serde_json::{Value, json};

use super::{By, Elsewhere, Host, How, Order, Remote, Request, Row, Sends, Status};
use crate::findings::Finding;
use crate::findings::clients::Client;
use crate::findings::remedy::{Command, Remedy};
use crate::token::{self, AccessToken};

/// One object; no token is in it.
#[must_use]
pub fn json(status: &Status) -> Value {
    let remotes = || status.hosts.iter().flat_map(|host| &host.remotes);
    json!({
        "usable": status.is_usable(),
        "agree": remotes().all(Remote::agrees),
        "git": status.unread.is_none(),
        "hosts": status.hosts.iter().map(of_host).collect::<Vec<_>>(),
        "elsewhere": status.elsewhere.iter().map(of_elsewhere).collect::<Vec<_>>(),
        "more_remotes": status.more,
        "warnings": status.findings.iter().map(of_finding).collect::<Vec<_>>(),
    })
}

fn of_host(host: &Host) -> Value {
    json!({
        "url": host.endpoint.url(),
        "set_up": host.is_set_up,
        "usable": host.is_usable(),
        "requested": host.requested.as_deref().map(token::masked_name),
        "answer": host.order.winner().map(of_answer),
        "lack": lack(&host.order, host.requested.as_deref()),
        "sources": host.order.rows.iter().map(|row| of_source(row, host)).collect::<Vec<_>>(),
        "remotes": host.remotes.iter().map(of_remote).collect::<Vec<_>>(),
    })
}

fn of_source(row: &Row, host: &Host) -> Value {
    let reason = row.reason();
    json!({
        "source": row.kind.word(),
        "state": row.state(),
        "answers": host.is_sent(row),
        "name": row.name(),
        "masked": row.token().map(AccessToken::masked),
        "expires_at": row.token().and_then(|token| token.expires_at),
        "refreshable": row.holding().is_some_and(|held| held.is_refreshable),
        "held": row.held.len(),
        "reason": Some(reason).filter(|reason| !reason.is_empty()),
        "unreadable": row.unread,
    })
}

fn of_answer(row: &Row) -> Value {
    json!({
        "source": row.kind.word(),
        "name": row.name(),
        "masked": row.token().map(AccessToken::masked),
        "expires_at": row.token().and_then(|token| token.expires_at),
    })
}

fn of_remote(remote: &Remote) -> Value {
    json!({
        "name": remote.name,
        "push": remote.is_push,
        "url": remote.url,
        "agree": remote.agrees(),
        "clients": remote.sends.iter().map(of_sends).collect::<Vec<_>>(),
    })
}

fn of_sends(sends: &Sends) -> Value {
    let (word, masked, finding) = match &sends.how {
        How::Helper(_) => ("helper", None, None),
        How::After(finding, _) => ("first_another", None, Some(finding)),
        How::Url(secret) => ("url", Some(secret), None),
        How::Variable(secret) => ("HF_TOKEN", Some(secret), None),
        How::Another(finding) => ("another", None, Some(finding)),
        How::Nothing(finding) => ("nothing", None, Some(finding)),
        How::Ssh(_) => ("ssh", None, None),
        How::OtherHost(_) => ("other_host", None, None),
    };
    let answer = match (sends.request(), masked) {
        (Some(Request { order, .. }), _) => order.winner().map(of_answer),
        (None, Some(secret)) => {
            Some(json!({ "source": null, "name": null, "masked": token::masked(secret), "expires_at": null }))
        }
        (None, None) => None,
    };
    let lack = sends.request().and_then(|Request { name, order, .. }| lack(order, name.as_deref()));
    json!({
        "client": sends.client.name(),
        "installed": sends.client == Client::Git || sends.client.is_installed(),
        "sends": word,
        "requested": sends.request().and_then(|request| request.name.as_deref()).map(token::masked_name),
        "requested_by": sends.request().and_then(|request| request.named_by.as_ref()).map(By::to_string),
        "answer": answer,
        "reason": finding.map(|finding| finding.message.clone()).or(lack),
    })
}

fn lack(order: &Order, requested: Option<&str>) -> Option<String> {
    order.winner().is_none().then(|| order.lack(requested))
}

fn of_elsewhere(remote: &Elsewhere) -> Value {
    json!({ "name": remote.name, "push": remote.is_push, "by": remote.word(), "host": remote.host })
}

/// A finding, as `doctor --json` has it too.
#[must_use]
pub fn of_finding(finding: &Finding) -> Value {
    let remedy = finding.remedy.as_ref();
    let commands: Vec<_> = remedy.into_iter().flat_map(Remedy::commands).filter_map(Command::arguments).collect();
    json!({
        "code": finding.check.code(),
        "name": finding.check.name(),
        "outcome": finding.severity.word(),
        "location": finding.location,
        "message": finding.message,
        "remedy": finding.remedy(),
        "commands": commands,
    })
}
