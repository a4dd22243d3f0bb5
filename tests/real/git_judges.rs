//! What git's own tests (t/lib-credential.sh, t0303) expect of any external helper, its hosts rewritten to the Hub's.
//! Left out: an empty username (an empty token is of no use and would hide the prompt), timeouts, and authtype.

use crate::rig::Git;
use crate::scene::Scene;

/// git's own harness: what is asked of `git credential`, what it must print, and silence on stderr.
struct Judge<'a>(&'a Scene);

impl Judge<'_> {
    #[track_caller]
    fn check(&self, operation: &str, input: &str, expected: &str) {
        let said = self.0.world.credential(operation, lines(input));
        said.succeeded().says_nothing();
        assert_eq!(said.out(), lines(expected), "{operation} {input}");
    }

    #[track_caller]
    fn approve(&self, input: &str) {
        self.check("approve", input, "");
    }

    #[track_caller]
    fn reject(&self, input: &str) {
        self.check("reject", input, "");
    }

    /// The helper answers with this username and password.
    #[track_caller]
    fn knows(&self, username: &str, password: &str) {
        let input = format!("{HUB} username={username}");
        self.check("fill", &input, &format!("{input} password={password}"));
    }

    /// Nobody answers, so git asks: for the password alone where the request has a username.
    #[track_caller]
    fn must_ask(&self, input: &str) {
        let named = input.contains("username=");
        let asked = if named { "" } else { " username=askpass-username" };
        let expected = format!("{input}{asked} password=askpass-password");
        self.check("fill", input, &expected);
    }
}

const HUB: &str = "protocol=https host=huggingface.co";

fn lines(words: &str) -> String {
    words.split_whitespace().flat_map(|word| [word, "\n"]).collect()
}

/// Plays git's test on every stage, in a world whose only other answer is askpass.
fn judge(test: impl Fn(&Judge<'_>)) {
    Scene::each(|scene| {
        answer_from_askpass(scene);
        test(&Judge(scene));
    });
}

/// The same, with the gits that know of expiry and refresh tokens.
fn judge_with_newer_gits(test: impl Fn(&Judge<'_>)) {
    let gits = Git::all();
    assert!(gits.iter().any(Git::knows_refresh_tokens), "no git since 2.41");
    Scene::each(|scene| {
        if scene.git.knows_refresh_tokens() {
            answer_from_askpass(scene);
            test(&Judge(scene));
        }
    });
}

fn answer_from_askpass(scene: &mut Scene) {
    use std::os::unix::fs::PermissionsExt as _;
    let askpass = scene.world.home().join("askpass");
    let script = "#!/bin/sh
case $1 in
Username*) echo askpass-username ;;
*) echo askpass-password ;;
esac
";
    scene.world.write(&askpass, script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&askpass, executable).expect("askpass");
    scene.world.set_env("GIT_ASKPASS", askpass);
    // `-c credential.helper=hf` is all git's tests configure
    scene.world.write(".gitconfig", "");
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_stores_and_retrieves_a_password() {
    judge(|git| {
        git.must_ask(HUB);
        git.approve(&format!("{HUB} username=store-user password=store-pass"));
        let expected = format!("{HUB} username=store-user password=store-pass");
        git.check("fill", HUB, &expected);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_requires_matching_protocol_host_username_and_path() {
    judge(|git| {
        git.approve(&format!("{HUB} username=store-user password=store-pass"));
        git.must_ask("protocol=http host=huggingface.co");
        git.must_ask("protocol=https host=other.tld");
        git.must_ask(&format!("{HUB} username=other"));
        let path = |name: &str| format!("protocol=http host=path.tld path={name}");
        git.0.world.write(".gitconfig", "[credential]\n\tuseHttpPath = true\n");
        git.approve(&format!("{} username=user password=pass", path("foo.git")));
        git.must_ask(&path("bar.git"));
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_overwrites_on_store() {
    judge(|git| {
        let user = format!("{HUB} username=user-overwrite");
        git.approve(&format!("{user} password=pass1"));
        git.approve(&format!("{user} password=pass2"));
        git.knows("user-overwrite", "pass2");
        git.reject(&format!("{user} password=pass2"));
        git.must_ask(&user);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_forgets_a_host() {
    judge(|git| {
        git.approve(&format!("{HUB} username=store-user password=store-pass"));
        git.reject(HUB);
        git.must_ask(HUB);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_stores_several_users_and_forgets_one() {
    judge(|git| {
        for (user, password) in [("user1", "pass1"), ("user2", "pass2")] {
            git.approve(&format!("{HUB} username={user} password={password}"));
        }
        git.knows("user1", "pass1");
        git.knows("user2", "pass2");
        git.reject(&format!("{HUB} username=user1"));
        git.must_ask(&format!("{HUB} username=user1"));
        git.knows("user2", "pass2");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_does_not_erase_a_password_distinct_from_input() {
    judge(|git| {
        let user = format!("{HUB} username=user-distinct-pass");
        git.approve(&format!("{user} password=pass1"));
        git.approve(&format!("{user} password=pass2"));
        git.reject(&format!("{user} password=pass1"));
        git.knows("user-distinct-pass", "pass2");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_erases_all_matching_credentials() {
    judge(|git| {
        for user in ["user-ea1", "user-ea2"] {
            git.approve(&format!("{HUB} username={user} password={user}-pass"));
        }
        git.reject(HUB);
        for user in ["user-ea1", "user-ea2"] {
            git.must_ask(&format!("{HUB} username={user}"));
        }
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_is_not_confused_by_a_long_header() {
    judge(|git| {
        git.approve(&format!("{HUB} username=user password=to-be-stolen"));
        let badguy = "protocol=https host=badguy.huggingface.co";
        let header = format!("wwwauth[]={}host=huggingface.co", "a".repeat(1001));
        let said = git.0.world.credential("fill", lines(&format!("{badguy} {header}")));
        said.succeeded().says_nothing().hides("to-be-stolen");
        assert_eq!(said.attribute("host").as_deref(), Some("badguy.huggingface.co"));
        assert_eq!(said.attribute("password").as_deref(), Some("askpass-password"));
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_keeps_when_a_password_expires() {
    judge_with_newer_gits(|git| {
        let user = format!("{HUB} username=user-expiry");
        let first = format!("{user} password=pass1 password_expiry_utc=9999999998");
        git.approve(&first);
        git.check("fill", &user, &first);
        let second = format!("{user} password=pass2 password_expiry_utc=9999999999");
        git.approve(&second);
        git.check("fill", &user, &second);
        git.reject(&format!("{user} password=pass2"));
        git.must_ask(&user);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn it_keeps_a_refresh_token() {
    judge_with_newer_gits(|git| {
        let user = format!("{HUB} username=user-refresh");
        let known = format!("{user} password=pass oauth_refresh_token=refresh");
        git.approve(&known);
        git.check("fill", &user, &known);
    });
}
