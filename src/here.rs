//! Where a person stands: which Hub, whose repository, and the helper line that git would run there.

use std::ffi::OsString;

use crate::endpoint::{Endpoint, Hub};
use crate::repository::entry::Entry;
use crate::repository::{self, owner};
use crate::source::{self, Source, Wanted};
use crate::token;
use crate::wiring::rivals;

/// Where a person stands. Outside any repository, and without git, it is the Hub of `HF_ENDPOINT`, else huggingface.co.
pub struct Here {
    /// The hosts that are served.
    pub hub: Hub,
    /// The Hub that the repository's remotes are at.
    pub endpoint: Endpoint,
    /// Whom git asks for: by the repository's URLs or by its configuration.
    pub requested: Option<String>,
    /// Why git's configuration is not known, where it is not: git is missing, or cannot read it.
    pub unread: Option<String>,
    /// git's configuration as it is seen here; empty without git.
    pub entries: Vec<Entry>,
    /// The token command of the helper's line, where that is the person's own.
    pub token_command: Option<OsString>,
}

impl Here {
    /// The working directory's.
    #[must_use]
    pub fn from_cwd() -> Self {
        let hub = Hub::from_env();
        let entries = repository::effective_entries();
        let unread = entries.as_ref().err().map(|error| format!("{error:#}"));
        let entries = entries.unwrap_or_default();
        let endpoint = owner::endpoint(&entries, &hub).unwrap_or_else(|| hub.default_endpoint());
        let requested = owner::requested(&entries, &hub, &endpoint);
        let token_command = rivals::token_command(endpoint.url(), &entries);
        Self { hub, endpoint, requested, unread, entries, token_command }
    }

    /// Returns what git would ask for. A token in a name's place is the repository's, which brings none.
    #[must_use]
    pub fn wanted(&self) -> Wanted<'_> {
        let username = self.requested.as_deref().filter(|name| !token::is_token(name));
        Wanted { endpoint: &self.endpoint, username }
    }

    /// The sources git would have asked; nothing is done yet.
    #[must_use]
    pub fn sources(&self) -> Vec<Box<dyn Source>> {
        source::in_order(self.token_command.as_deref())
    }

    /// The same for looking only.
    #[must_use]
    pub fn sources_offline(&self) -> Vec<Box<dyn Source>> {
        source::in_order_offline(self.token_command.as_deref())
    }
}
