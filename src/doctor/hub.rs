//! What the Hub says of the token git would use: whose it is, and what time it is there.

use crate::endpoint::Endpoint;
use crate::hub::whoami::{Identity, Kind};
use crate::hub::{Api, Failure};
use crate::protocol::Scheme;
use crate::refusals::Refusals;
use crate::source::Kind as Source;
use crate::token::{self, AccessToken};

use super::diagnosis::Who;
use super::tokens::renewal;
use super::{Check, short};

/// Hubs and proxies refuse what is from another time, and a token is refreshed too late.
const FAR_OFF: i64 = 5 * 60;

const NAME: &str = "account";

/// Whose the token is. The Hub limits strictly how often that is asked: once here.
#[must_use]
pub fn account(
    api: &Api,
    endpoint: &Endpoint,
    (kind, token): &(Source, AccessToken),
    refusals: &Refusals,
) -> (Check, Who) {
    match api.whoami(&token.secret) {
        Ok(identity) => {
            // it is alive, so git may be given it again
            for scheme in [Scheme::Basic, Scheme::Bearer] {
                refusals.forget(endpoint, scheme, &token.secret);
            }
            (Check::ok(NAME, format!("the Hub knows {}", whose(&identity))), Who::Account(identity))
        }
        Err(Failure::Unknown(why) | Failure::Refused(why)) => {
            let link = format!("{}/settings/tokens", endpoint.url());
            (Check::fail(NAME, why.clone(), format!("{}: {link}", renewal(Some(*kind)))), Who::Refused(why))
        }
        Err(Failure::Passing(why)) if token::is_of_publisher(&token.secret) => (Check::ok(NAME, why), Who::Publisher),
        Err(Failure::Passing(why)) => {
            (Check::warn(NAME, why, "see the network, above, or try again later"), Who::Untold)
        }
    }
}

/// Why nobody is asked.
#[must_use]
pub fn is_not_asked(why: &Failure) -> Check {
    Check::warn(NAME, format!("the Hub was not asked: {why}"), "unset it to have the Hub asked too")
}

/// Why nothing is known of the repository.
#[must_use]
pub fn is_silent(why: &Failure) -> Check {
    Check::warn("repository", format!("the Hub told nothing of it: {why}"), "try again with the network")
}

/// This machine's clock, where the Hub has answered.
#[must_use]
pub fn clock(api: &Api) -> Option<Check> {
    const NAME: &str = "clock";
    let ahead = api.clock_is_ahead_by()?;
    Some(if ahead.abs() < FAR_OFF {
        Check::ok(NAME, "as the Hub's")
    } else {
        let (minutes, way) = (ahead.abs() / 60, if ahead > 0 { "ahead of" } else { "behind" });
        Check::warn(
            NAME,
            format!("this machine's clock is {minutes} minutes {way} the Hub's: tokens end too early or too late"),
            "set it, such as with timedatectl set-ntp true",
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
