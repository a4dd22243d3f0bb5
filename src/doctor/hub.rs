//! What the Hub says of the token git would use: whose it is, and what time it is there.

use crate::endpoint::Endpoint;
use crate::findings::remedy::{Command, Remedy};
use crate::findings::remotes::short;
use crate::findings::{Check, Finding};
use crate::hub::whoami::{Identity, Kind};
use crate::hub::{self, Api, Failure};
use crate::protocol::Scheme;
use crate::refusals::Refusals;
use crate::token;

use super::diagnosis::Who;
use super::tokens::{By, Sent};

/// Hubs and proxies refuse what is from another time, and a token is refreshed too late.
const FAR_OFF: i64 = 5 * 60;

/// Whose the token is. The Hub limits strictly how often that is asked: once here.
#[must_use]
pub fn account(api: &Api, endpoint: &Endpoint, sent: &Sent, refusals: &Refusals) -> (Finding, Who) {
    let Sent { token, by } = sent;
    match api.whoami(&token.secret) {
        Ok(identity) => {
            // it is alive, so git may be given it again
            for scheme in [Scheme::Basic, Scheme::Bearer] {
                refusals.forget(endpoint, scheme, &token.secret);
            }
            (Finding::ok(Check::AccountKnown, format!("the Hub knows {}", whose(&identity))), Who::Account(identity))
        }
        Err(Failure::Unknown(why) | Failure::Refused(why)) => {
            let link = format!(": {}/settings/tokens", endpoint.url());
            let (message, remedy) = match by {
                By::Source(_) => (why.clone(), sent.renewal().and(link)),
                By::Override(first) => (format!("{why}: {}", first.message), sent.renewal()),
            };
            (Finding::fail(Check::AccountUnknown, message, remedy), Who::Refused(why))
        }
        Err(Failure::Passing(why)) if token::is_of_publisher(&token.secret) => {
            (Finding::ok(Check::AccountNotTold, why), Who::Publisher)
        }
        Err(Failure::Passing(why)) => {
            (Finding::warn(Check::AccountNotTold, why, "try again later".into()), Who::Untold)
        }
    }
}

/// Why nobody is asked.
#[must_use]
pub fn is_not_asked(why: &Failure) -> Finding {
    let remedy = if hub::is_offline() {
        Remedy::of("unset HF_HUB_OFFLINE TRANSFORMERS_OFFLINE").and(" to have the Hub asked too")
    } else {
        Remedy::of("unset HF_ENDPOINT").and(", or set it to the URL of a Hub")
    };
    Finding::warn(Check::HubNotAsked, format!("the Hub was not asked: {why}"), remedy)
}

/// Why nothing is known of the repository.
#[must_use]
pub fn is_silent(why: &Failure) -> Finding {
    let remedy = "try again with the network".into();
    Finding::warn(Check::RepositoryNotAsked, format!("the Hub told nothing of it: {why}"), remedy)
}

/// This machine's clock, where the Hub has answered.
#[must_use]
pub fn clock(api: &Api) -> Option<Finding> {
    let ahead = api.clock_is_ahead_by()?;
    Some(if ahead.abs() < FAR_OFF {
        Finding::ok(Check::ClockRight, "as the Hub's")
    } else {
        let (minutes, way) = (ahead.abs() / 60, if ahead > 0 { "ahead of" } else { "behind" });
        Finding::warn(
            Check::ClockWrong,
            format!("this machine's clock is {minutes} minutes {way} the Hub's: tokens end too early or too late"),
            Remedy::say("set it, such as with ").then(Command::of("timedatectl set-ntp true")),
        )
    })
}

/// An account and its token, in words.
fn whose(identity: &Identity) -> String {
    let kind = match &identity.token {
        Kind::Read => "a read token",
        Kind::Write => "a write token",
        Kind::FineGrained(_) => "a fine-grained token",
        Kind::OAuth => "a login in the browser",
        Kind::Other(_) => "a token",
    };
    let name = identity.token_name.as_ref().map_or_else(String::new, |name| format!(" '{}'", short(name)));
    let end = identity.expires_at.as_ref().map_or_else(String::new, |end| format!(", until {}", short(end)));
    format!("{} ({kind}{name}{end})", short(&identity.name))
}
