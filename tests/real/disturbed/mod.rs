//! One run of the helper that something befalls at one of its calls: what there was before it, and what is there afterwards.
//! What befalls it, and what is right then, is said in `killed` and `faults`.

mod files;
mod plays;
mod steps;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, anyhow, ensure};

use self::files::{File, Files, gather, secrets_in, sections, timeless};
use self::plays::{Play, STORED_TOKENS, TOKEN, plays};
use self::steps::steps;
pub use self::steps::{Case, Step};
use crate::differential::Python;
use crate::refresh::{OLD, OLD_REFRESH};
use crate::rig::{Git, Random, Reply, World, finish, finish_within, seeds};
use crate::scene::{BOB, Scene};

/// As many at once as make the machine's cores busy.
const WORKERS: usize = 3;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an undisturbed run does.
pub struct Course {
    pub steps: Vec<Step>,
    pub old: Files,
    pub new: Files,
}

/// A world in which a play is given again and again.
pub struct Stage<'a> {
    pub play: &'a Play,
    pub scene: &'a Scene,
    read: &'a Mutex<BTreeSet<Vec<u8>>>,
    /// How often the Hub had been asked for a token before.
    asked: Cell<usize>,
}

impl Stage<'_> {
    /// Everything is as it was before.
    pub fn set(&self) {
        let world = &self.scene.world;
        fs::remove_dir_all(world.home()).expect("the last one's");
        fs::create_dir(world.home()).expect("HOME");
        // what could not be remembered in HOME may be there
        fs::remove_dir_all(world.root().join("tmp")).expect("the last one's");
        fs::create_dir(world.root().join("tmp")).expect("TMPDIR");
        for (path, text) in &self.play.files {
            let mut path = world.home().join(path);
            fs::create_dir_all(path.parent().expect("below HOME")).expect("directories");
            if self.play.is_linked && path.starts_with(world.hf_home()) {
                let name = path.file_name().expect("a file's");
                let target = world.home().join("dotfiles").join(name).join(name);
                fs::create_dir_all(target.parent().expect("below HOME")).expect("directories");
                symlink(&target, &path).expect("a link");
                path = target;
            }
            let mut options = fs::File::options();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&path).expect("a file of its owner's");
            std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
        }
        if let Some((operation, request)) = &self.play.before {
            world.helper(&[operation], request).succeeded();
        }
        for path in [TOKEN, STORED_TOKENS, ".cache/huggingface"] {
            date_back(&world.home().join(path));
        }
        self.scene.hub.sign_in("alice", OLD, OLD_REFRESH);
        self.asked.set(self.times_asked());
    }

    /// The helper, under strace with these arguments.
    pub fn traced(&self, arguments: &[&str]) -> Reply {
        let log = self.scene.world.root().join("calls");
        let mut strace = self.scene.world.command("strace");
        strace.current_dir(self.scene.world.home().join(self.play.directory));
        // git, which it starts, has its own ways
        strace.args(["-f", "-b", "execve", "-y", "-qq", "-o"]).arg(log).args(arguments);
        strace
            .arg("git-credential-hf")
            .args(self.play.arguments)
            .env("HF_HUB_OFFLINE", u8::from(self.play.is_offline).to_string());
        let reply = finish_within(PATIENCE, strace, self.play.input.as_bytes());
        self.wait_for_orphans();
        reply
    }

    /// What strace saw.
    pub fn calls(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.scene.world.root().join("calls")).expect("strace's")).into_owned()
    }

    /// The same once more, with nothing in its way, and some minutes later: what was left behind is old, and what the Hub
    /// seemed to refuse is tried again.
    fn again(&self, is_offline: bool) -> Reply {
        let world = &self.scene.world;
        _ = fs::remove_dir_all(world.home().join(".local/state/git-credential-hf/refresh-paused"));
        for path in self.files().keys().filter(|path| path.contains("/.git-credential-hf.")) {
            date_back(&world.home().join(path));
        }
        let mut command = world.command("git-credential-hf");
        command.current_dir(world.home().join(self.play.directory)).args(self.play.arguments);
        command.env("HF_HUB_OFFLINE", u8::from(is_offline || self.play.is_offline).to_string());
        finish(command, self.play.input.as_bytes())
    }

    /// What is there now.
    pub fn files(&self) -> Files {
        let home = self.scene.world.home();
        let mut files = Files::new();
        gather(&home, &home, &mut files);
        if let Some(keyring) = &self.scene.keyring {
            files.insert("the keychain".to_owned(), File { mode: 0o600, text: timeless(&keyring.contents()) });
        }
        if let Ok(bytes) = fs::read(home.join(STORED_TOKENS)) {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(bytes);
        }
        files
    }

    /// A git that the helper started outlives it.
    fn wait_for_orphans(&self) {
        let root = self.scene.world.root().as_os_str().as_encoded_bytes();
        let is_ours = |process: fs::DirEntry| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            let is_git = fs::read(process.path().join("comm")).is_ok_and(|name| name.starts_with(b"git"));
            is_git && memchr::memmem::find(&environment, root).is_some()
        };
        let patience = Instant::now() + Duration::from_secs(10);
        while fs::read_dir("/proc").expect("procfs").flatten().any(is_ours) {
            assert!(Instant::now() < patience, "git goes on for ever");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn course(&self) -> Course {
        self.set();
        let old = self.files();
        let said = self.traced(&["-e", "trace=%file,%desc,%network,prctl"]);
        assert_eq!(said.status, Some(0), "{said:?}");
        Course { steps: steps(&self.calls()), old, new: self.files() }
    }

    /// Each file is the old one or the new one, no secret is gone, and only their owner reads them.
    pub fn ensure_whole(&self, Course { old, new, .. }: &Course, now: &Files) -> Result<()> {
        for path in old.keys().chain(new.keys()) {
            let text = |files: &Files| files.get(path).map(|file| file.text.clone());
            let (before, held, after) = (text(old), text(now), text(new));
            if self.play.by_sections.contains(&&**path) {
                let [before, held, after] = [before, held, after].map(|text| sections(&text.unwrap_or_default()));
                ensure!(held.is_subset(&(&before | &after)), "{path} has become {held:?}");
                ensure!(held.is_superset(&(&before & &after)), "{path} has become {held:?}");
            } else if self.play.instead == Some(&**path) {
                let [held, before] = [held, before].map(|text| sections(&text.unwrap_or_default()));
                ensure!(held.is_superset(&before) && held.len() <= before.len() + 1, "{path} has become {held:?}");
            } else {
                ensure!(held == before || held == after, "{path} has become {held:?}");
            }
        }
        let secrets = |files: &Files| -> BTreeSet<String> {
            let known = files.iter().filter(|(path, _)| old.contains_key(*path) || new.contains_key(*path));
            known.flat_map(|(_, file)| secrets_in(&file.text)).collect()
        };
        let lost = &(&secrets(old) & &secrets(new)) - &secrets(now);
        ensure!(lost.is_empty(), "{lost:?} is lost");
        for (path, file) in now {
            let is_shared = file.mode & 0o077 != 0;
            ensure!(!is_shared || secrets_in(&file.text).next().is_none(), "{path} has the mode {:o}", file.mode);
        }
        Ok(())
    }

    /// It came to what it should.
    pub fn ensure_done(&self, course: &Course, now: &Files) -> Result<()> {
        let is_elsewhere = self.play.instead.is_some_and(|path| now.get(path) != course.new.get(path));
        if is_elsewhere {
            let request = "protocol=https\nhost=huggingface.co\nusername=bob\n";
            let found = self.scene.world.helper(&["get"], request).attribute("password");
            ensure!(found.as_deref() == Some(BOB), "{found:?} is kept");
        } else {
            for (path, file) in &course.new {
                let in_any_order = |file: &File| sections(&file.text);
                let is_by_sections = self.play.by_sections.contains(&&**path);
                let is_it =
                    |now: &File| now.text == file.text || is_by_sections && in_any_order(now) == in_any_order(file);
                ensure!(now.get(path).is_some_and(is_it), "{path} is {:?}", now.get(path));
            }
        }
        let left: Vec<_> = now.keys().filter(|path| !course.new.contains_key(*path)).collect();
        ensure!(left.is_empty(), "{left:?} is left");
        Ok(())
    }

    /// The next run comes to it, too, and leaves nothing behind.
    pub fn ensure_ended(&self, course: &Course, step: &Step) -> Result<()> {
        // the Hub has nothing to do with it any more
        let again = self.again(step.is_after_grant);
        ensure!(again.status == Some(0), "the next run failed: {}", told(&again));
        // what was granted first was in memory alone
        if !step.is_after_grant && self.times_asked() > self.asked.get() + 1 {
            return Ok(());
        }
        self.ensure_done(course, &self.files()).context("after the next run")
    }

    /// How often the Hub was asked for a token.
    fn times_asked(&self) -> usize {
        self.scene.hub.asked_for_tokens().len()
    }
}

/// Gives each play once undisturbed, and then for each case that `cases` makes of its steps: `most` of them, or as many as
/// `CASES` says, and which by `SEED`.
pub fn disturb(
    most: u64,
    cases: impl Fn(&Course) -> Vec<Case>,
    is_right: impl Fn(&Stage, &Course, &Case) -> Result<()> + Sync,
) {
    let read = Mutex::default();
    let (mut failures, mut all) = (Vec::new(), 0);
    for play in plays() {
        let on_stage = |act: &(dyn Fn(&Stage) + Sync)| {
            Scene::play(&Git::first(), play.day, |scene| {
                act(&Stage { play: &play, scene, read: &read, asked: Cell::default() });
            });
        };
        let course = Mutex::new(None);
        on_stage(&|stage| *course.lock().expect("one") = Some(stage.course()));
        let course = course.into_inner().expect("one").expect("recorded");
        let cases = some_of(cases(&course), most);
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let go_on = |stage: &Stage| {
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let done = catch_unwind(AssertUnwindSafe(|| is_right(stage, &course, case)));
                if let Err(failure) = done.unwrap_or_else(|_| Err(anyhow!("see above"))) {
                    failed.lock().expect("unpoisoned").push(format!("{}, {case}: {failure:#}", play.name));
                }
            }
        };
        thread::scope(|threads| (0..WORKERS).for_each(|_| _ = threads.spawn(|| on_stage(&go_on))));
        eprintln!("... {} of {}", cases.len(), play.name);
        all += cases.len();
        failures.extend(failed.into_inner().expect("unpoisoned"));
    }
    assert!(failures.is_empty(), "{} of {all}:\n{}", failures.len(), failures.join("\n"));
    let read: Vec<_> = read.into_inner().expect("unpoisoned").into_iter().collect();
    let readings = Python::in_world(&World::new()).read(read.iter().map(Vec::as_slice));
    for (text, reading) in read.iter().zip(readings) {
        assert!(!reading.is_null(), "Python cannot read {:?}", String::from_utf8_lossy(text));
    }
}

fn some_of<T>(mut all: Vec<T>, most: u64) -> Vec<T> {
    let wanted = seeds(most);
    let mut random = Random::of(wanted.start);
    let most = usize::try_from(wanted.end - wanted.start).expect("it fits").min(all.len());
    for place in 0..most {
        let other = place + random.below(all.len() - place);
        all.swap(place, other);
    }
    all.truncate(most);
    all
}

fn date_back(path: &Path) {
    if let Ok(file) = fs::File::open(path) {
        file.set_modified(SystemTime::now() - Duration::from_secs(90)).expect("dated");
    }
}

/// How it ended and what it said.
pub fn told(reply: &Reply) -> String {
    let Reply { status, signal, .. } = reply;
    format!("exit {status:?}, signal {signal:?}, stdout {:?}, stderr {:?}", reply.out(), reply.err())
}
