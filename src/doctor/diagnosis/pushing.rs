//! Why a repository that opens may not be pushed to.

use crate::hub::access::Access;
use crate::hub::whoami::Kind;

use super::{Case, Severity, Verdict, WRITING, Who, is_fine, short};

impl Case<'_> {
    /// What the Hub answered to the wish to write, and where that says nothing, what whoami tells.
    pub(super) fn writes(&self, access: &Access) -> Verdict {
        if let Who::Nobody = self.who {
            return self.has_no_token(format!("nobody may push to {} without a token", self.path()));
        }
        let may = || is_fine(&format!("{} may push to {}", self.asker(), self.path()));
        let said = match access {
            Access::Open => return may(),
            Access::Forbidden(said) => said.as_deref(),
            Access::NotFound | Access::Failing(_) | Access::Unknown => None,
            _ => return self.is_kept_out(access),
        };
        if let Some(verdict) = self.may_not_write(said) {
            return verdict;
        }
        match (access, self.who) {
            (Access::Forbidden(_), _) | (Access::Unknown, Who::Account(_)) => self.is_refused("push to", said),
            (Access::Unknown, _) => self.is_unknown(),
            // an older Hub has no such page; what whoami tells is as good
            (_, Who::Account(_)) => may(),
            _ => {
                let told = format!("the Hub does not say whether {} may push to {}", self.asker(), self.path());
                Verdict { code: "unknown", outcome: Severity::Warn, told, ..is_fine("") }
            }
        }
    }

    /// What whoami tells against pushing, or the Hub's words do.
    fn may_not_write(&self, said: Option<&str>) -> Option<Verdict> {
        let says = |words: &str| said.is_some_and(|said| said.contains(words));
        let read_only = || {
            let told = format!("{} may only read: pushing to {} wants a write token", self.token(), self.path());
            Verdict::fail(
                "token_read_only",
                told,
                self.renewal.clone().and(" (its role must be write)"),
                format!("{}/new?tokenType=write", self.tokens_page()),
            )
        };
        let Who::Account(identity) = self.who else {
            return says("write token").then(read_only);
        };
        let namespace = self.repository.namespace()?;
        match &identity.token {
            Kind::Read => return Some(read_only()),
            Kind::FineGrained(scopes) if !self.grants(scopes, identity, &[WRITING.0]) => {
                return Some(self.lacks(WRITING.0, WRITING.1));
            }
            _ => {}
        }
        if identity.name.eq_ignore_ascii_case(namespace) {
            return says("write token").then(read_only);
        }
        let organisation = identity.organisations.iter().find(|known| known.name.eq_ignore_ascii_case(namespace));
        let role = organisation.map(|organisation| organisation.role.as_deref());
        let (told, remedy) = match role {
            Some(Some(role @ ("read" | "contributor"))) => (
                format!(
                    "the role of {} in {namespace} is {}, which may not push to {}",
                    short(&identity.name),
                    role,
                    self.path()
                ),
                format!("ask an administrator of {namespace} for the role write, or push to a pull request's branch"),
            ),
            None if identity.kind == "user" => (
                format!("{} is no member of {namespace}, so may not push to {}", short(&identity.name), self.path()),
                format!("ask {namespace} to let you in, or use the token of an account that is a member"),
            ),
            // it asks for a pull request where the account is there and its role is too low
            _ if says("create_pr") => (
                format!("the role of {} in {namespace} is too low to push to {}", short(&identity.name), self.path()),
                format!("ask an administrator of {namespace} for the role write"),
            ),
            _ => return says("write token").then(read_only),
        };
        let link = format!("{}/organizations/{namespace}/settings/members", self.hub);
        Some(Verdict::fail(if role.is_some() { "role_too_low" } else { "not_a_member" }, told, remedy, link))
    }
}
