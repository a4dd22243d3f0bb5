//! What becomes of a token that was found: never one in place of another.

use secrecy::SecretString;

use crate::hub::whoami::Identity;
use crate::protocol::Answer;
use crate::token::{AccessToken, same};

/// What becomes of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is to be kept under a name.
    Kept {
        /// The name.
        name: String,
        /// The account, where its name is another token's.
        since_taken: Option<String>,
    },
    /// It is kept under that name already.
    KeptAlready(String),
    /// The HF home has it, by a name or as the active one.
    InHfHome(Option<String>),
    /// It is good for nothing any more: it is kept nowhere, and taken out of where it is.
    Dead(String),
    /// It stays where it is.
    Left(String),
}

/// What is kept for an endpoint already, and will be: names and their tokens.
#[derive(Debug, Default)]
pub struct Kept(pub Vec<(String, SecretString)>, pub Taken);

/// The names of other places, each with its token: to store another token by one of these would change whom git is.
pub type Taken = Vec<(String, SecretString)>;

impl Kept {
    /// Decides, and takes it in.
    pub fn decide(&mut self, token: &AccessToken, identity: Option<&Identity>) -> Fate {
        if let Some((name, _)) = self.0.iter().find(|(_, kept)| same(kept, &token.secret)) {
            return Fate::KeptAlready(name.clone());
        }
        let account = identity.map(|identity| &identity.name).or(token.username.as_ref());
        let account = account.map_or(Answer::ANYBODY, String::as_str);
        let own_name = identity.and_then(|identity| identity.token_name.as_deref());
        let is_free = |name: &str| {
            !self.0.iter().any(|(kept, _)| kept == name)
                && !self.1.iter().any(|(taken, of)| taken == name && !same(of, &token.secret))
        };
        let fits = |name: &&str| !name.is_empty() && !name.contains(char::is_control) && is_free(name);
        let Some(name) = [Some(account), own_name].into_iter().flatten().find(fits) else {
            let why = match own_name {
                Some(own_name) => format!("{account} and {own_name} are other tokens here: log out of one"),
                None => format!("{account} has another token here, and what this one is called only the Hub knows"),
            };
            return Fate::Left(why);
        };
        self.0.push((name.to_owned(), token.secret.clone()));
        Fate::Kept { name: name.to_owned(), since_taken: (name != account).then(|| account.to_owned()) }
    }
}

impl Fate {
    /// What the token is known by from then on, if by anything, where it is taken out at all.
    #[must_use]
    pub fn name(&self) -> Option<Option<&str>> {
        match self {
            Self::Kept { name, .. } | Self::KeptAlready(name) => Some(Some(name)),
            Self::InHfHome(name) => Some(name.as_deref()),
            Self::Dead(_) => Some(None),
            Self::Left(_) => None,
        }
    }

    /// In words; `keychain` says where they are kept.
    #[must_use]
    pub fn told(&self, keychain: &str) -> String {
        match self {
            Self::Kept { name, since_taken: None } => format!("goes to {keychain} as {name}"),
            Self::Kept { name, since_taken: Some(account) } => {
                format!("goes to {keychain} as {name} ({account} has another token)")
            }
            Self::KeptAlready(name) => format!("is in {keychain} already, as {name}"),
            Self::InHfHome(Some(name)) => format!("is in the HF home already, as {name}"),
            Self::InHfHome(None) => "is in the HF home already".to_owned(),
            Self::Dead(why) => format!("is not stored: {why}"),
            Self::Left(why) => format!("stays where it is: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(secret: &str, username: Option<&str>) -> AccessToken {
        AccessToken { username: username.map(str::to_owned), ..AccessToken::new(secret.into()) }
    }

    fn identity(name: &str, own_name: &str) -> Identity {
        let auth = json!({"accessToken": {"role": "read", "displayName": own_name}});
        Identity::read(&json!({"name": name, "auth": auth})).unwrap()
    }

    #[test]
    fn no_token_takes_the_place_of_another() {
        let mut kept = Kept(vec![("bob".to_owned(), "hf_0".into())], vec![("work".to_owned(), "hf_9".into())]);
        let mut told = |secret: &str, username: Option<&str>, identity: Option<&Identity>| {
            kept.decide(&token(secret, username), identity).told("K")
        };
        let laptop = identity("bob", "laptop");
        assert_eq!(told("hf_0", None, None), "is in K already, as bob");
        assert_eq!(told("hf_1", Some("x"), Some(&laptop)), "goes to K as laptop (bob has another token)");
        assert_eq!(told("hf_1", Some("x"), Some(&laptop)), "is in K already, as laptop");
        assert_eq!(
            told("hf_2", None, Some(&laptop)),
            "stays where it is: bob and laptop are other tokens here: log out of one"
        );
        assert!(told("hf_3", Some("bob"), None).starts_with("stays where it is: bob has another token here"));
        assert_eq!(told("hf_3", None, None), "goes to K as hf_user");
        assert_eq!(told("hf_4", Some("carol"), None), "goes to K as carol");
        assert_eq!(told("hf_5", Some("x"), Some(&identity("dave", ""))), "goes to K as dave");
        assert!(told("hf_6", None, Some(&identity("dave", "\x1b[2J"))).starts_with("stays where it is: "));
        assert!(told("hf_7", Some("work"), None).starts_with("stays where it is: work has another token"));
        assert_eq!(told("hf_9", Some("work"), None), "goes to K as work");
    }
}
