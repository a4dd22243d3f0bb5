//! Why a repository stays shut.

use crate::hub::access::{Access, Terms};
use crate::hub::repository::Repository;

use super::{Case, READING, Severity, Verdict, Who, docs, short};
use crate::findings::remedy::{Command, Remedy};

impl Case<'_> {
    /// Why it stays shut.
    pub(super) fn is_kept_out(&self, access: &Access) -> Verdict {
        let (path, owner) = (self.path(), self.owner());
        if let (Who::Refused(said), Access::Unknown | Access::NotFound | Access::Forbidden(_) | Access::Gated(_)) =
            (self.who, access)
        {
            return match Access::in_words(said) {
                Some(sign @ (Access::Expired | Access::RevokedByOrganisation | Access::AwaitsApproval)) => {
                    self.is_kept_out(&sign)
                }
                _ => self.is_unknown(),
            };
        }
        match access {
            Access::Unknown => match self.who {
                Who::Nobody => self.has_no_token(format!("there is no {path} that opens without a token")),
                Who::Account(_) if self.lists_nothing() => self.lacks(READING.0, READING.1),
                Who::Account(_) => self.is_refused("into", None),
                Who::Publisher => Verdict::fail(
                    "not_for_this_publisher",
                    format!(
                        "this trusted publisher's token does not open {path}: it is for one repository, and for an hour"
                    ),
                    "see whether HF_OIDC_RESOURCE names that repository, and the repository this publisher",
                    docs("trusted-publishers"),
                ),
                Who::Refused(_) | Who::Untold => self.is_unknown(),
            },
            Access::NotFound => self.is_not_found(),
            Access::Gated(terms) => self.is_gated(*terms),
            Access::Expired => self.is_expired(),
            Access::NoToken => Verdict::fail(
                "token_invalid",
                format!("what git shows for {path} is a password, and the Hub takes tokens alone"),
                self.renewal.clone(),
                "https://huggingface.co/blog/password-git-deprecation".to_owned(),
            ),
            Access::AwaitsApproval => Verdict::fail(
                "token_pending",
                format!("{owner} has not approved {}, so it does not open {path}", self.token()),
                format!("ask an administrator of {owner} to approve it"),
                docs("enterprise-tokens-management"),
            ),
            Access::RevokedByOrganisation => Verdict::fail(
                "token_revoked",
                format!("an administrator of {owner} has revoked {}, so it does not open {path}", self.token()),
                self.renewal.clone().and(", or ask them"),
                self.tokens_page(),
            ),
            Access::WantsFineGrained => Verdict::fail(
                "fine_grained_wanted",
                format!("{owner} takes fine-grained tokens alone, and {} is none", self.token()),
                self.renewal.clone().and(format!(" (made for {owner})")),
                format!("{}/new?tokenType=fineGrained", self.tokens_page()),
            ),
            Access::Disabled => Verdict::fail(
                "repository_disabled",
                format!("the Hub has disabled {path}, for everybody"),
                "see its page for the reason",
                self.page(),
            ),
            Access::Forbidden(_) if self.lists_nothing() => self.lacks(READING.0, READING.1),
            Access::Forbidden(said) => self.is_refused("into", said.as_deref()),
            Access::Limited(seconds) => {
                let when = seconds.map_or_else(|| "in a few minutes".to_owned(), |seconds| format!("in {seconds} s"));
                Verdict::fail(
                    "rate_limited",
                    "the Hub wants to be asked less often, by this token or from this address".to_owned(),
                    format!("try again {when}"),
                    docs("rate-limits"),
                )
            }
            Access::Failing(status) => Verdict::fail(
                "hub_failing",
                format!("the Hub answered {status} about {path}, which says nothing about the token"),
                "try again later",
                "https://status.huggingface.co".to_owned(),
            ),
            Access::Moved(to) => self.has_moved(to),
            Access::Open => self.opens(),
        }
    }

    fn is_not_found(&self) -> Verdict {
        let (path, owner) = (self.path(), self.owner());
        let Who::Account(identity) = self.who else {
            let told = format!("there is no {path}, or it is private and {} may not see it", self.asker());
            return Verdict::fail("not_found", told, "see whether it is spelled so, and whose it is", self.page());
        };
        if self.lists_nothing() {
            let why = format!("it is fine-grained and has no {} for {owner}", READING.0);
            let told = format!("there is no {path}, or {} may not see it: {why}", self.token());
            return Verdict { told, ..self.lacks(READING.0, READING.1) };
        }
        let is_member = identity.organisations.iter().any(|known| known.name.eq_ignore_ascii_case(&owner));
        let (told, remedy, link) = if is_member {
            (
                format!(
                    "there is no {path}, or it is in a resource group of {owner} that {} is not in",
                    short(&identity.name)
                ),
                format!("see whether it is spelled so, or ask an administrator of {owner}"),
                docs("security-resource-groups"),
            )
        } else if identity.name.eq_ignore_ascii_case(&owner) {
            (format!("{} has no {path}", short(&identity.name)), "see whether it is spelled so".to_owned(), self.page())
        } else {
            (
                format!("there is no {path}, or it is private: {} is no member of {owner}", self.asker()),
                format!("see whether it is spelled so, or ask {owner} to let you in"),
                self.page(),
            )
        };
        Verdict::fail("not_found", told, remedy, link)
    }

    fn is_gated(&self, terms: Terms) -> Verdict {
        let (path, asker) = (self.path(), self.asker());
        let (code, told, remedy) = match (terms, self.who) {
            (_, Who::Nobody) => {
                return self.has_no_token(format!("{path} is gated: it opens to accounts that accepted its terms"));
            }
            (Terms::OfNobody, Who::Account(_) | Who::Publisher) | (Terms::NotAccepted, _) => (
                "terms_not_accepted",
                format!("{path} is gated, and {asker} has not accepted its terms"),
                "accept them on its page, with that account",
            ),
            (Terms::OfNobody, Who::Refused(_) | Who::Untold) => return self.is_unknown(),
            (Terms::Awaited, _) => (
                "terms_awaiting_review",
                format!("{path} is gated, and its authors have not answered the request of {asker} yet"),
                "wait for their answer",
            ),
            (Terms::Rejected, _) => (
                "terms_rejected",
                format!("{path} is gated, and its authors rejected the request of {asker}"),
                "ask them on its page, or use another account",
            ),
            (Terms::NotForThisToken, _) => {
                let told =
                    format!("{path} is gated, and {} is fine-grained and not for gated repositories", self.token());
                let remedy =
                    "edit the token: tick \"Read access to contents of all public gated repos you can access\"";
                return Verdict::fail("scope_missing", told, remedy, self.tokens_page());
            }
        };
        Verdict::fail(code, told, remedy, self.page())
    }

    /// It was not followed: a token is for one host, and the new place may be anybody's.
    fn has_moved(&self, to: &str) -> Verdict {
        let path = self.path();
        let below = to.strip_prefix(self.hub).filter(|rest| rest.starts_with('/')).unwrap_or(to);
        let is_here = below.starts_with('/') && !below.starts_with("//") && !below.contains('\\');
        let below = below.trim_start_matches('/');
        let below = below.strip_prefix("api/").unwrap_or(below);
        match Repository::at(below.split(['?', '#']).next().unwrap_or_default()).filter(|_| is_here) {
            Some((new, _)) if new != *self.repository => Verdict {
                code: "moved",
                outcome: Severity::Warn,
                told: format!("{path} has moved to {}, which was not followed", new.path()),
                remedy: Remedy::run(Command::of("git remote set-url origin").with(format!(
                    "{}/{}",
                    self.hub,
                    new.path()
                )))
                .and(", then ")
                .then(Command::of("git-credential-hf doctor").with(new.path())),
                link: format!("{}/{}", self.hub, new.path()),
            },
            _ => {
                let told = format!("the Hub sends {path} on to another place, where no token was sent");
                Verdict::fail("moved", told, "see its page for where it is now", self.page())
            }
        }
    }
}
