//! What our commands tell, the remedy they name, and what comes of pasting it.

use crate::hub::Repository;
use crate::rig::{Reply, Terminal, finish};
use crate::scene::{ALICE, BOB, READER, Scene};

/// A private repository of alice's and bob's, which most pains are about.
pub const URL: &str = "https://huggingface.co/acme/model";

pub fn publish(scene: &Scene) {
    scene.hub.publish(Repository::private("acme/model", &["alice", "bob"]), &[]);
}

/// git, in vain.
#[track_caller]
pub fn git_fails(scene: &Scene) -> Reply {
    let said = scene.world.git(&["ls-remote", URL]);
    said.failed().hides(ALICE).hides(BOB);
    said
}

/// git works, and shows the Hub this token alone.
#[track_caller]
pub fn git_shows(scene: &Scene, token: &str) {
    scene.hub.forget_visits();
    scene.world.git(&["ls-remote", URL]).succeeded();
    assert_eq!(scene.secrets_on("huggingface.co"), [token]);
}

/// One of our commands, in HOME.
pub fn ours(scene: &Scene, args: &str) -> Told {
    ours_in(scene, ".", args)
}

/// One of our commands, in a directory below HOME.
pub fn ours_in(scene: &Scene, directory: &str, args: &str) -> Told {
    let mut command = scene.world.command("git-credential-hf");
    command.args(args.split(' ')).current_dir(scene.world.home().join(directory));
    Told::by(&finish(command, b""))
}

/// What was told.
pub struct Told(String);

impl Told {
    /// By whatever program.
    pub fn by(reply: &Reply) -> Self {
        for secret in [ALICE, BOB, READER] {
            reply.hides(secret);
        }
        Self(reply.out() + &reply.err())
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.0.contains(words), "{words:?} is not in\n{}", self.0);
        self
    }

    pub fn is_said(&self, words: &str) -> bool {
        self.0.contains(words)
    }

    /// The cause is named, and this very command is what to do about it: the whole remedy, or a part in backticks.
    #[track_caller]
    pub fn offers<'a>(&self, cause: &str, command: &'a str) -> &'a str {
        let mut lines = self.0.lines().skip_while(|line| !line.contains(cause));
        let line = lines.next().unwrap_or_else(|| panic!("{cause:?} is not in\n{}", self.0));
        let remedy = lines.next().and_then(|line| line.trim_start().strip_prefix("-> "));
        let quoted = format!("`{command}`");
        let is_offered = remedy.map_or(line.contains(&quoted), |remedy| remedy == command || remedy.contains(&quoted));
        assert!(is_offered, "{command:?} is not what to do about {line:?}\n{}", self.0);
        command
    }
}

/// Pastes a line at a terminal.
#[track_caller]
pub fn paste(scene: &Scene, directory: &str, line: &str) -> String {
    let mut terminal = Terminal::line(&scene.world, directory, line);
    assert_eq!(terminal.ends(), 0, "{line}:\n{}", terminal.shown());
    terminal.shown()
}

/// Pastes a line that logs in, and does so with a token.
#[track_caller]
pub fn log_in(scene: &Scene, line: &str, token: &str) {
    let mut terminal = Terminal::line(&scene.world, ".", line);
    terminal
        .shows("Choice [1]:")
        .types("2\n")
        .shows("Paste your access token")
        .hides_typing()
        .types(&format!("{token}\n"));
    assert_eq!(terminal.ends(), 0, "{line}:\n{}", terminal.shown());
    assert!(!terminal.shown().contains(token), "{}", terminal.shown());
}
