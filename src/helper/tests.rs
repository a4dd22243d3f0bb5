//! The failure rule, over sources that are made up: who is asked after whom, and whose error is told.

use anyhow::{anyhow, bail};
use secrecy::ExposeSecret as _;

use super::*;
use crate::source::{Held, NotAnother};

/// A source, by what comes of asking it.
#[derive(Clone, Copy, Debug)]
enum Comes {
    Token(&'static str),
    Nothing,
    Error(&'static str),
    /// Nobody else may answer.
    End(&'static str),
}

impl Source for Comes {
    fn kind(&self) -> Kind {
        Kind::HfHome
    }

    fn find(&self, _: &Wanted) -> Result<Option<AccessToken>> {
        match *self {
            Self::Token(secret) => Ok(Some(AccessToken::new(secret.into()))),
            Self::Nothing => Ok(None),
            Self::Error(why) => Err(anyhow!(why)),
            Self::End(why) => bail!(NotAnother(why.to_owned())),
        }
    }

    fn holds(&self, _: &SecretString) -> Result<bool> {
        Ok(false)
    }

    fn list(&self, _: &Endpoint) -> Vec<Result<Held>> {
        vec![]
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the tokens are made up")]
fn a_source_that_fails_is_passed_over_and_told_of_where_nobody_answers_unless_it_ends_the_search() {
    use Comes::{End, Error, Nothing, Token};
    for (sources, comes) in [
        ([Nothing, Token("a"), Token("b")], "a"),
        ([Error("x"), Nothing, Token("b")], "b"),
        ([Error("x"), Token("a"), End("y")], "a"),
        ([End("x"), Token("a"), Token("b")], "error: x"),
        ([Error("x"), End("y"), Token("b")], "error: y"),
        ([Nothing, Error("x"), Error("y")], "error: x"),
        ([Nothing, Nothing, Nothing], "nothing"),
    ] {
        let told: Vec<_> = sources
            .iter()
            .map(|source| match source {
                Token(_) => "Has",
                Nothing => "HasNone",
                Error(_) => "Fails",
                End(_) => "Ends",
            })
            .collect();
        let sources = sources.map(|source| Box::new(source) as Box<dyn Source>);
        let endpoint = Hub::default().default_endpoint();
        let wanted = Wanted { endpoint: &endpoint, username: None };
        let found = match find(wanted, &sources, &Refusals::none()) {
            Ok(Some((_, token))) => token.secret.expose_secret().to_owned(),
            Ok(None) => "nothing".to_owned(),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, comes);
        for ((_, standing), told) in standings(wanted, &sources, &Refusals::none()).iter().zip(told) {
            assert!(format!("{standing:?}").starts_with(told), "{told}: {standing:?}");
        }
    }
}
