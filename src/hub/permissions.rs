//! What a token may do, in the words of a person: from the Hub's, which stand in its settings of fine-grained tokens.

use super::whoami::{FineGrained, Kind, Scope};

/// Permissions besides those to a repository's contents. One the Hub added since is shown by its own word.
const WORDS: [(&str, &str); 18] = [
    ("repo.access.read", "see requests for access"),
    ("discussion.write", "discussions"),
    ("post.write", "posts"),
    ("collection.read", "read collections"),
    ("collection.write", "write collections"),
    ("inference.serverless.write", "call Inference Providers"),
    ("inference.endpoints.infer.write", "call Inference Endpoints"),
    ("inference.endpoints.write", "manage Inference Endpoints"),
    ("job.read", "see jobs"),
    ("job.write", "run jobs"),
    ("user.webhooks.read", "see webhooks"),
    ("user.webhooks.write", "manage webhooks"),
    ("user.billing.read", "see billing"),
    ("user.mcp.read", "see MCP settings"),
    ("org.read", "see the organisation's settings"),
    ("org.write", "change the organisation's settings"),
    ("org.members.read", "see its members"),
    ("resourceGroup.write", "manage resource groups"),
];

impl Kind {
    /// The kind in a word or two.
    #[must_use]
    pub fn in_words(&self) -> &str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::FineGrained(_) => "fine-grained",
            Self::OAuth => "OAuth",
            Self::Other(word) => word,
        }
    }
}

impl FineGrained {
    /// What it may do, a line for each thing it may do that to.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.scopes.iter().map(Scope::in_words).collect();
        if !self.everywhere.is_empty() {
            lines.push(format!("{}, everywhere", list(&self.everywhere)));
        }
        if self.reads_gated {
            lines.push("read gated repositories whose terms were accepted".to_owned());
        }
        lines
    }
}

impl Scope {
    /// What it may do to what.
    #[must_use]
    pub fn in_words(&self) -> String {
        let has = |wanted: &str| self.permissions.iter().any(|permission| permission == wanted);
        let contents = match (has("repo.content.read"), has("repo.write")) {
            (true, true) => Some("read and write"),
            (true, false) => Some("read"),
            (false, true) => Some("write"),
            (false, false) => None,
        };
        let is_other = |permission: &&String| !["repo.content.read", "repo.write"].contains(&permission.as_str());
        let others: Vec<String> = self.permissions.iter().filter(is_other).cloned().collect();
        let target = self.target();
        match (contents, others.is_empty()) {
            (Some(contents), true) => format!("{contents} {target}"),
            (Some(contents), false) => format!("{contents} {target}, {}", list(&others)),
            (None, true) => format!("nothing in {target}"),
            (None, false) => format!("{} in {target}", list(&others)),
        }
    }

    /// What it is about: a namespace with all that is below it, a repository by its path, another thing by its kind.
    fn target(&self) -> String {
        match (self.entity.as_str(), &self.name) {
            ("org" | "user", Some(name)) => format!("all of {name}"),
            ("model", Some(name)) => name.clone(),
            ("dataset" | "space" | "bucket" | "kernel", Some(name)) => format!("{}s/{name}", self.entity),
            (entity, Some(name)) => format!("the {entity} {name}"),
            (entity, None) => format!("one {entity}"),
        }
    }
}

fn list(permissions: &[String]) -> String {
    let word = |permission: &String| {
        let known = WORDS.iter().find(|(word, _)| word == permission);
        known.map_or_else(|| permission.clone(), |(_, words)| (*words).to_owned())
    };
    permissions.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_told_in_words() {
        for (entity, name, permissions, told) in [
            ("model", Some("acme/model"), &["repo.content.read", "repo.write"][..], "read and write acme/model"),
            ("dataset", Some("acme/rows"), &["repo.write"], "write datasets/acme/rows"),
            ("org", Some("acme"), &["repo.content.read"], "read all of acme"),
            ("user", Some("bob"), &["discussion.write", "repo.content.read"], "read all of bob, discussions"),
            ("org", Some("acme"), &["discussion.write", "new.thing"], "discussions, new.thing in all of acme"),
            ("collection", Some("c"), &["collection.read"], "read collections in the collection c"),
            ("resource-group", None, &[], "nothing in one resource-group"),
        ] {
            let permissions = permissions.iter().map(|permission| (*permission).to_owned()).collect();
            let scope = Scope { entity: entity.to_owned(), name: name.map(str::to_owned), permissions };
            assert_eq!(scope.in_words(), told);
        }
    }

    #[test]
    fn what_is_for_everything_stands_last() {
        let scope = Scope {
            entity: "org".to_owned(),
            name: Some("acme".to_owned()),
            permissions: vec!["repo.write".to_owned()],
        };
        let fine = FineGrained { reads_gated: true, everywhere: vec!["post.write".to_owned()], scopes: vec![scope] };
        let told = ["write all of acme", "posts, everywhere", "read gated repositories whose terms were accepted"];
        assert_eq!(fine.in_words(), told);
    }
}
