//! What is run, and in which state of affairs.

use std::env;

use crate::keyring::Day;
use crate::refresh::{OLD, OLD_REFRESH, now};
use crate::scene::{ALICE, BOB};

const CAROL: &str = "hf_CarolCarolCarolCarolCarolCarolCaro";
const OTHER: &str = "hf_OtherOtherOtherOtherOtherOtherOthe";

pub const TOKEN: &str = ".cache/huggingface/token";
pub const STORED_TOKENS: &str = ".cache/huggingface/stored_tokens";

/// What is run, in which state of affairs.
pub struct Play {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    pub input: String,
    /// Where it is run, below HOME.
    pub directory: &'static str,
    /// What is there before.
    pub files: Vec<(&'static str, String)>,
    /// What the helper is told before, so that its keychain is as it was.
    pub before: Option<(&'static str, String)>,
    /// These it writes more than once, each time a section more.
    pub by_sections: &'static [&'static str],
    /// The files of the HF home are links to others, each elsewhere.
    pub is_linked: bool,
    /// The Hub is not asked whose a token is: what is sent there is a refresh's to show.
    pub is_offline: bool,
    /// It keeps the token as a section of this file where it cannot keep it in the keychain.
    pub instead: Option<&'static str>,
    pub day: Option<Day>,
}

impl Play {
    /// It talks to another program: in how many pieces, and who of its threads has the last word, is not always the same.
    pub fn talks(&self) -> bool {
        self.day.is_some() || !self.is_offline
    }
}

fn request(token: &str) -> String {
    format!("protocol=https\nhost=huggingface.co\nusername=bob\npassword={token}\n")
}

/// What there is to run.
#[expect(clippy::disallowed_methods, reason = "which play to give is said outside")]
pub fn plays() -> Vec<Play> {
    let asks = "[credential]\n\thelper = hf\n".to_owned();
    let others = format!("# mine\n[other]\nhf_token = {OTHER}\nnote=kept\n\n");
    let ours = format!(
        "[git:bob@huggingface.co]\nhf_token = {BOB}\nusername = bob\nhost = huggingface.co\ngit_stored_at = 1\n\
         git_stored_beside = \n\n"
    );
    let home = |stored: String| vec![(TOKEN, OTHER.to_owned()), (STORED_TOKENS, stored)];
    let play = |name, arguments, input: &str, files| Play {
        name,
        arguments,
        input: input.to_owned(),
        directory: "",
        files,
        before: None,
        by_sections: &[],
        is_linked: false,
        is_offline: true,
        instead: None,
        day: None,
    };
    let with_asking = |mut files: Vec<_>| {
        files.push((".gitconfig", asks.clone()));
        files
    };
    let end = now() + 3600;
    let login = format!("[oauth-alice]\nhf_token = {OLD}\nrefresh_token = {OLD_REFRESH}\nexpires_at = {end}\n\n");
    let plays = vec![
        play("store", &["store"], &request(BOB), home(others.clone())),
        play("store into nothing", &["store"], &request(BOB), Vec::new()),
        play("erase", &["erase"], &request(BOB), home(format!("{others}{ours}"))),
        play("erase of hf's", &["erase"], &request(OTHER), home(others.clone())),
        Play {
            by_sections: &[".gitconfig"],
            is_linked: true,
            ..play("login", &["login", "--with-token", "--no-verify"], ALICE, home(others.clone()))
        },
        play(
            "bind",
            &["bind", "acme", "work"],
            "",
            vec![(".gitconfig", {
                let earlier =
                    |url: &str| format!("[Credential \"{url}/acme\"]\n\tusername = bob\n\tuseHttpPath = true\n");
                let earlier = ["https://huggingface.co", "https://hf.co"].map(earlier).concat();
                format!("[user]\n\tname = x\n{earlier}")
            })],
        ),
        Play {
            is_linked: true,
            is_offline: false,
            ..play("refresh", &["get"], "protocol=https\nhost=huggingface.co\n", {
                with_asking(vec![(TOKEN, OLD.to_owned()), (STORED_TOKENS, format!("{others}{login}"))])
            })
        },
        Play {
            directory: "model",
            by_sections: &[STORED_TOKENS],
            ..play("import", &["import", "--delete-source"], "", {
                let mut files = with_asking(home(others.clone()));
                files.push((".git-credentials", format!("https://x:y@a\nhttps://bob:{BOB}@huggingface.co\n")));
                files.push((".netrc", format!("machine a password b\nmachine hf.co login alice password {ALICE}\n")));
                let url = format!("https://carol:{CAROL}@huggingface.co/a/b");
                files.push((
                    "model/.git/config",
                    format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n"),
                ));
                files.push(("model/.git/HEAD", "ref: refs/heads/main\n".to_owned()));
                files.push(("model/.git/objects/none", String::new()));
                files.push(("model/.git/refs/none", String::new()));
                files
            })
        },
        Play {
            before: Some(("erase", request(BOB))),
            instead: Some(STORED_TOKENS),
            day: Some(Day::Unlocked),
            ..play("store in the keychain", &["store"], &request(BOB), home(others.clone()))
        },
        Play {
            before: Some(("store", request(BOB))),
            day: Some(Day::Unlocked),
            ..play("erase in the keychain", &["erase"], &request(BOB), home(others))
        },
    ];
    let is_wanted = |play: &Play| env::var("PLAY").map_or(true, |name| name == play.name);
    plays.into_iter().filter(is_wanted).collect()
}
