//! 64 processes that store, erase and read at once, with logins, switches and refreshes in between, on every kind of way to
//! one `stored_tokens`.
//!
//! 6 seconds in all, or as many as `SECONDS` says, from the seed `SEED`. Where nobody but us writes, the claim is strict:
//! what was acknowledged is there, and nothing else. `hf` reads, changes and writes without a lock: what it takes away
//! between its read and its write is its own loss, and only counted; but the file stays readable and each answer whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::beside::{Beside, HF, READER};
use crate::hf::python;
use crate::refresh::play;
use crate::rig::{Random, Reply, finish, seeds};
use crate::scene::{ALICE, BOB, Scene};

/// Who takes part beside the one that switches and the one whose login is refreshed.
const WRITERS: usize = 62;

/// One in so many logs in and out with our own commands.
const LOGS_IN: usize = 20;

/// Names of each writer.
const NAMES: usize = 3;

/// The ways to one file: the homes that writers take in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Plain,
    /// `stored_tokens` is a link to another directory.
    LinkedFile,
    /// One of two homes is a link to the other.
    LinkedHome,
    /// Of two homes one links to the file of the other.
    HomesOfOneFile,
}

impl Way {
    fn homes(self, scene: &Scene) -> Vec<PathBuf> {
        let home = scene.world.hf_home();
        let file = home.join("stored_tokens");
        let begin = format!("# mine\n[pinned]\nhf_token = {ALICE}\nnote = kept\n\n[other]\nhf_token = {BOB}\n\n");
        scene.world.write(&file, begin);
        let second = scene.world.home().join("second");
        match self {
            Self::Plain => vec![home],
            Self::LinkedFile => {
                scene.world.write("dotfiles/tokens", fs::read(&file).expect("written"));
                fs::remove_file(&file).expect("written");
                symlink(scene.world.home().join("dotfiles/tokens"), &file).expect("linked");
                vec![home]
            }
            Self::LinkedHome => {
                symlink(&home, &second).expect("linked");
                vec![home, second]
            }
            Self::HomesOfOneFile => {
                fs::create_dir(&second).expect("another home");
                symlink(&file, second.join("stored_tokens")).expect("linked");
                vec![home, second]
            }
        }
    }
}

/// What its writer knows of a name: the token that was acknowledged last, and every one that ever was.
#[derive(Default)]
struct Known {
    now: Option<String>,
    ever: Vec<String>,
}

/// One writer's part: its names are nobody else's.
struct Writer<'a> {
    scene: &'a Scene,
    home: &'a PathBuf,
    number: usize,
    is_alone: bool,
    calls: &'a AtomicUsize,
}

impl Writer<'_> {
    /// Calls the helper, and again where it says that it had to wait for the lock for too long: on a disk that is slow, 64
    /// may.
    fn helper(&self, args: &[&str], input: &str) -> Reply {
        loop {
            let mut command = self.scene.world.command("git-credential-hf");
            command.args(args).env("HF_HOME", self.home);
            self.calls.fetch_add(1, Ordering::Relaxed);
            // the browser's next login, where this is one
            self.scene.hub.expect_login("alice", &[]);
            let reply = finish(command, input.as_bytes());
            if !reply.err().contains("cannot lock") {
                return reply;
            }
            reply.failed().prints_nothing();
        }
    }

    /// Until the time is over; what must be there then, by the name of its section.
    fn write_until(&self, end: Instant, seed: u64) -> BTreeMap<String, Known> {
        let mut random = Random::of(seed);
        let mut all = BTreeMap::new();
        let mut count = 0;
        while Instant::now() < end {
            count += 1;
            let name = format!("w{}n{}", self.number, random.below(NAMES));
            let token = format!("hf_w{}c{count:0>30}", self.number);
            if self.number.is_multiple_of(LOGS_IN) {
                let known: &mut Known = all.entry(name.clone()).or_default();
                self.log_in_or_out(&name, known, token);
            } else {
                let known = all.entry(format!("git:{name}@huggingface.co")).or_default();
                self.store_erase_or_get(&name, known, token, random.below(10));
            }
        }
        all
    }

    fn store_erase_or_get(&self, name: &str, known: &mut Known, token: String, what: usize) {
        let host = format!("protocol=https\nhost=huggingface.co\nusername={name}\n");
        match (what, &known.now) {
            (0..=4, _) => {
                self.helper(&["store"], &format!("{host}password={token}\n")).is_silent();
                known.ever.push(token.clone());
                known.now = Some(token);
            }
            (5..=6, Some(old)) => {
                self.helper(&["erase"], &format!("{host}password={old}\n")).is_silent();
                known.now = None;
            }
            _ => {
                let reply = self.helper(&["get"], &host);
                // a name that had one is told that it is gone
                let is_gone = reply.err().contains("git-credential-hf login --name");
                assert!(is_gone || reply.succeeded().err().is_empty(), "{reply:?}");
                let answer = reply.attribute("password");
                // the active token is there for a name nobody has
                let is_well = match (&known.now, &answer) {
                    (Some(now), Some(answer)) if self.is_alone => now == answer,
                    (_, Some(answer)) => is_active(answer) || !self.is_alone && known.ever.contains(answer),
                    (now, None) => !self.is_alone || now.is_none(),
                };
                assert!(is_well, "{:?} was acknowledged: {reply:?}", known.now);
            }
        }
    }

    fn log_in_or_out(&self, name: &str, known: &mut Known, token: String) {
        if known.now.is_none() {
            let login = ["login", "--with-token", "--no-verify", "--no-setup", "--hf", "--name", name];
            let reply = self.helper(&login, &token);
            // what hf wrote back from before is another token of that name
            if self.is_alone || reply.status == Some(0) {
                reply.succeeded();
                known.ever.push(token.clone());
                known.now = Some(token);
            }
        } else {
            let reply = self.helper(&["logout", name], "");
            assert!(!self.is_alone || reply.status == Some(0), "{reply:?}");
            known.now = None;
        }
    }
}

/// What may be the active token while somebody else switches and logs in.
fn is_active(token: &str) -> bool {
    token == ALICE || token == BOB || ["hf_w", "hf_hf-", "hf_oauth_alice"].iter().any(|start| token.starts_with(start))
}

/// Plays one way for a while.
fn race(scene: &Scene, way: Way, time: Duration, seed: u64, with_hf: bool) {
    let homes = way.homes(scene);
    let (file, token) = (homes[0].join("stored_tokens"), homes[0].join("token"));
    scene.world.write(&token, ALICE);
    scene.hub.issues_for(Some(3600));
    let reader = Beside::start(scene, READER, "");
    let hf = with_hf.then(|| Beside::start(scene, HF, &seed.to_string()));
    let (end, calls, refreshes) = (Instant::now() + time, AtomicUsize::new(0), AtomicUsize::new(0));
    let writer =
        |number: usize| Writer { scene, home: &homes[number % homes.len()], number, is_alone: !with_hf, calls: &calls };
    let known: BTreeMap<String, Known> = thread::scope(|threads| {
        let writers: Vec<_> = (1..=WRITERS)
            .map(|number| (writer(number), seed * 1000 + number as u64))
            .map(|(writer, seed)| threads.spawn(move || writer.write_until(end, seed)))
            .collect();
        threads.spawn(|| refresh_until(&writer(0), end, &refreshes));
        writers.into_iter().flat_map(|writer| writer.join().expect("it ran")).collect()
    });
    let hf = hf.map(Beside::end);
    let read = reader.end();
    let [reads, missing, worst, is_readable] = &read[..] else { panic!("{read:?}") };
    assert_eq!(is_readable, "True", "{way:?}: the file is unreadable");
    if with_hf {
        // as long as hf itself is about it, on a busy machine
        assert!(worst.parse::<u32>().expect("a number") < 1000, "{way:?}: unreadable for {worst} ms");
    } else {
        assert_eq!(missing, "0", "{way:?}: of {reads} looks at the file, so many found it torn");
    }

    let said = python(
        &scene.world,
        "import json, huggingface_hub.utils._auth as auth; print(json.dumps(auth._read_stored_tokens_full()))",
    );
    let said: Value = serde_json::from_str(&said.succeeded().out()).expect("JSON");
    let there = |name: &str| said[name]["hf_token"].as_str();
    assert_eq!(there("pinned"), Some(ALICE), "{way:?}");
    let lost: Vec<_> = known.iter().filter(|(name, known)| there(name) != known.now.as_deref()).collect();
    for (name, known) in &known {
        let is_whole = there(name).is_none_or(|token| known.ever.iter().any(|one| one == token));
        assert!(is_whole, "{way:?}: {name} has a token that is not its own");
    }
    if !with_hf {
        let names: Vec<_> = lost.iter().map(|(name, _)| name).collect();
        assert!(names.is_empty(), "{way:?}: acknowledged, and not so: {names:?}");
        let granted = format!("hf_oauth_alice{}", scene.hub.asked_for_tokens().len());
        assert_eq!(there("oauth-alice"), Some(&*granted), "{way:?}: alice is logged out");
        assert!(fs::read_to_string(&file).expect("there").starts_with("# mine\n[pinned]\n"), "{way:?}");
    }
    assert_eq!(file.is_symlink(), way == Way::LinkedFile);
    let inode = |home: &PathBuf| fs::metadata(home.join("stored_tokens")).expect("there").ino();
    assert!(homes.iter().all(|home| inode(home) == inode(&homes[0])), "{way:?}: two files");
    eprintln!(
        "{way:?}{}: {} calls, {} refreshes, {reads} looks, {missing} at an unfinished file ({worst} ms at most); of {} names \
         {} are not as acknowledged; hf logged in, and lost: {hf:?}",
        if with_hf { " with hf" } else { "" },
        calls.into_inner(),
        refreshes.into_inner(),
        known.len(),
        lost.len(),
    );
}

/// Logs in in a browser, and has git refresh that, in turn; whoever meets the active token may, too.
fn refresh_until(writer: &Writer, end: Instant, refreshes: &AtomicUsize) {
    while Instant::now() < end {
        let login = writer.helper(&["login", "--browser", "--no-setup"], "");
        let reply = writer.helper(&["get"], "protocol=https\nhost=huggingface.co\nusername=oauth-alice\n");
        if writer.is_alone {
            login.succeeded();
            // where the lock is not to be had in time, the token of the login is good for an hour
            let answer = reply.succeeded().says_nothing().attribute("password").unwrap_or_default();
            assert!(answer.starts_with("hf_oauth_alice"), "{reply:?}");
        }
        refreshes.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
#[ignore = "needs hf; tests/run.sh installs it"]
fn of_64_at_once_nothing_acknowledged_is_lost_and_the_file_is_always_whole() {
    let seed = seeds(1).start;
    let each = Duration::from_secs_f64(seconds() / 5.0);
    for way in [Way::Plain, Way::LinkedFile, Way::LinkedHome, Way::HomesOfOneFile] {
        play(|scene| race(scene, way, each, seed, false));
    }
    play(|scene| race(scene, Way::Plain, each, seed, true));
}

#[expect(clippy::disallowed_methods, reason = "for how long is said outside")]
fn seconds() -> f64 {
    std::env::var("SECONDS").map_or(6.0, |seconds| seconds.parse().expect("a number"))
}
