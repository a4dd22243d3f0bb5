//! What variables of the environment do to a request: a token that goes first, one that nobody reads, another Hub.

use super::remedy::{Command, Remedy};
use super::{Check, Finding};
use crate::endpoint::Hub;
use crate::source::environment;
use crate::source::hf_home::paths;
use crate::terminal::printable;

/// What renames the variable to the one that is read.
const NAME: &str = "HF_TOKEN";

/// A variable that goes before what was stored.
#[must_use]
pub fn in_force() -> Option<Finding> {
    let (name, _) = environment::in_force()?;
    let message = format!("{name} is set: while it is, its token comes before those you stored or logged in with");
    Some(Finding::warn(Check::VariableInForce, message, Remedy::run(Command::new(["unset", name]))).at(name))
}

/// Variables that hold a token, and that neither `hf` nor git reads.
#[must_use]
pub fn unread() -> Vec<Finding> {
    let found = environment::unread().into_iter().map(|name| {
        let name = printable(&name);
        let message = format!("{name} holds a token, and is read by neither hf nor git: the name is {NAME}");
        let remedy =
            Command::exporting(NAME, &name).map_or_else(|| Remedy::say(format!("set {NAME} to it")), Remedy::run);
        Finding::warn(Check::VariableUnread, message, remedy).at(name)
    });
    found.collect()
}

/// A variable that is read, and does not hold a good token.
#[must_use]
pub fn odd() -> Vec<Finding> {
    let found = environment::doubts().into_iter().map(|(name, why)| {
        let remedy = Remedy::default().then(Command::new(["unset", name])).and(", or set it to a token alone");
        Finding::warn(Check::VariableOdd, format!("{name} {why}"), remedy).at(name)
    });
    found.collect()
}

/// A variable makes the HF home relative to wherever a program runs.
#[must_use]
pub fn relative_home() -> Option<Finding> {
    let relative = paths::relative()?;
    let unset = Command::new(["unset", relative.variable()]);
    let remedy = Remedy::default().then(unset).and(", or set it to an absolute path");
    Some(Finding::fail(Check::HfHomeRelative, relative.to_string(), remedy).at(relative.variable()))
}

/// `HF_ENDPOINT` sends tokens to another host, or is not heeded.
#[must_use]
pub fn endpoint(hub: &Hub) -> Vec<Finding> {
    const VARIABLE: &str = "HF_ENDPOINT";
    let unset = || Remedy::of("unset HF_ENDPOINT");
    let mut found = Vec::new();
    if hub.ignores_endpoint() {
        let message = "HF_ENDPOINT is no https URL of a host (nor http on this machine), so no token goes there";
        found.push(
            Finding::fail(Check::EndpointIgnored, message, unset().and(", or set it to such a URL")).at(VARIABLE),
        );
    }
    found.extend(hub.endpoints().skip(1).map(|other| {
        let message = format!("HF_ENDPOINT sends your tokens to {} too", printable(other.host()));
        Finding::warn(Check::EndpointAdded, message, unset().and(", unless that is your Hub")).at(VARIABLE)
    }));
    found
}
