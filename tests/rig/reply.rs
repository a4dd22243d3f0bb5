//! What a program said and how it ended, with the claims most tests make about it.

use std::fmt;
use std::time::Duration;

/// What a program said and how it ended. The claims return `&Self`, so that they chain.
pub struct Reply {
    pub status: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub took: Duration,
    /// The command as it was run, for failures.
    pub command: String,
}

impl Reply {
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The last value of one of git's attributes in the answer.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes(name).pop()
    }

    /// All values of one of git's attributes in the answer, for those that may repeat.
    pub fn attributes(&self, name: &str) -> Vec<String> {
        self.out().lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned).collect()
    }

    /// Exit 0, whatever was printed.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.status, Some(0), "should have succeeded: {self:?}");
        self
    }

    /// Ended by itself with anything but 0.
    #[track_caller]
    pub fn failed(&self) -> &Self {
        assert!(self.status.is_some_and(|code| code != 0), "should have failed: {self:?}");
        self
    }

    /// A credential as username and password: exit 0, nothing on stderr, and no attribute that would change whom git
    /// talks to.
    #[track_caller]
    pub fn answers(&self, username: &str, password: &str) -> &Self {
        self.succeeded().says_nothing().names_no_peer();
        let found = (self.attributes("username"), self.attributes("password"));
        let wanted = (vec![username.to_owned()], vec![password.to_owned()]);
        assert_eq!(found, wanted, "another answer: {self:?}");
        self
    }

    /// A credential git passes on but no other helper keeps: username and password, with `ephemeral` beside them.
    #[track_caller]
    pub fn answers_ephemerally(&self, username: &str, password: &str) -> &Self {
        self.answers(username, password);
        assert!(
            self.attributes("capability[]").contains(&"authtype".to_owned()),
            "git ignores it without the capability: {self:?}"
        );
        assert_eq!(self.attributes("ephemeral"), ["1"], "kept: {self:?}");
        for left_out in ["authtype", "credential"] {
            assert!(self.attribute(left_out).is_none(), "lost before a large push: {self:?}");
        }
        self
    }

    /// Nobody answers: exit 0, nothing that git would send, and one line that names the way in.
    #[track_caller]
    pub fn answers_nobody(&self) -> &Self {
        self.succeeded().prints_nothing().says_one_line().says("git-credential-hf ")
    }

    /// Nobody answers, and git is told to ask nobody else: not zero, `quit`, exactly one line on stderr.
    #[track_caller]
    pub fn gives_up(&self) -> &Self {
        assert_eq!(self.out(), "quit=1\n", "git would ask on: {self:?}");
        self.failed().says_one_line()
    }

    /// Exit 0 and not a byte on either stream.
    #[track_caller]
    pub fn is_silent(&self) -> &Self {
        self.succeeded().prints_nothing().says_nothing()
    }

    /// Exit 0, nothing on stdout, and a line on stderr where a token that is kept was refused.
    #[track_caller]
    pub fn is_heard(&self) -> &Self {
        self.succeeded().prints_nothing()
    }

    /// Not zero, nothing on stdout, exactly one line on stderr.
    #[track_caller]
    pub fn refused(&self) -> &Self {
        self.failed().prints_nothing().says_one_line()
    }

    /// Nothing on stdout.
    #[track_caller]
    pub fn prints_nothing(&self) -> &Self {
        assert!(self.stdout.is_empty(), "stdout should be empty: {}", self.err());
        self
    }

    /// Nothing on stderr.
    #[track_caller]
    pub fn says_nothing(&self) -> &Self {
        assert!(self.stderr.is_empty(), "stderr should be empty: {}", self.err());
        self
    }

    /// Exactly one line on stderr, whole.
    #[track_caller]
    pub fn says_one_line(&self) -> &Self {
        let said = self.err();
        assert!(
            said.ends_with('\n') && said.lines().count() == 1 && said.trim().len() > 1,
            "one line should be on stderr: {said:?}"
        );
        self
    }

    /// `text` is on stderr.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.err().contains(text), "{text:?} should be on stderr: {:?}", self.err());
        self
    }

    /// `secret` is on neither stream.
    #[track_caller]
    pub fn hides(&self, secret: &str) -> &Self {
        assert!(!self.out().contains(secret), "a secret is on stdout");
        assert!(!self.err().contains(secret), "a secret is on stderr");
        self
    }

    #[track_caller]
    fn names_no_peer(&self) -> &Self {
        for name in ["protocol", "host", "path", "url"] {
            assert!(self.attribute(name).is_none(), "{name} redirects git: {self:?}");
        }
        self
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, signal, took, command, .. } = self;
        writeln!(f, "\n$ {command}\nexit {status:?} signal {signal:?} in {took:?}")?;
        write!(f, "--- stdout\n{}--- stderr\n{}---", self.out(), self.err())
    }
}
