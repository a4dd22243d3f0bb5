//! A world with a Hub in it: every scenario is played with each git of the machine, with a keychain and without.

use std::collections::BTreeSet;

use crate::hub::{Hub, Role};
use crate::keyring::{Day, Keyring};
use crate::proxy::Proxy;
use crate::rig::{Git, Reply, World};

/// What `git-credential-hf setup` writes for the Hub's hosts.
pub const HELPER: &str = "
[credential \"https://huggingface.co\"]
	helper =
	helper = hf
[credential \"https://hf.co\"]
	helper =
	helper = hf
";

/// What `git lfs install` writes.
pub const LFS: &str = "
[filter \"lfs\"]
	clean = git-lfs clean -- %f
	smudge = git-lfs smudge -- %f
	process = git-lfs filter-process
	required = true
";

/// Tokens of two accounts that may write and of one that may read. Dummies, in the shape of tokens.
pub const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
pub const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";
pub const READER: &str = "hf_ReaderReaderReaderReaderReaderRead";

/// A git, a keychain or none, a Hub and the one way to it.
pub struct Scene {
    pub world: World,
    pub hub: Hub,
    pub keyring: Option<Keyring>,
    pub git: Git,
    proxy: Proxy,
}

impl Scene {
    /// Plays `scenario` with every git, with a keychain and without.
    pub fn each(scenario: impl Fn(&mut Self)) {
        for git in Git::all() {
            for day in [Some(Day::Unlocked), None] {
                Self::play(&git, day, &scenario);
            }
        }
    }

    /// Plays `scenario` once; whatever it did, nothing may have tried to leave the machine.
    pub fn play(git: &Git, day: Option<Day>, scenario: impl Fn(&mut Self)) {
        eprintln!("--- {} with keychain {day:?}", git.program.display());
        let mut scene = Self::set(git, day);
        scenario(&mut scene);
        let refused = scene.proxy.refused();
        assert!(refused.is_empty(), "tried to leave the machine: {refused:?}");
    }

    fn set(git: &Git, day: Option<Day>) -> Self {
        let hub = Hub::open();
        let proxy = Proxy::to(hub.address);
        let authority = hub.authority();
        let mut world = World::new()
            .using(git)
            .global_config(&format!("{HELPER}{LFS}"))
            // each client reads its own of these
            .env("HTTPS_PROXY", format!("http://{}", proxy.address))
            .env("HTTP_PROXY", format!("http://{}", proxy.address))
            .env("SSL_CERT_FILE", &authority)
            .env("GIT_SSL_CAINFO", &authority);
        let keyring = day.map(Keyring::on);
        if let Some(keyring) = &keyring {
            world.set_env("DBUS_SESSION_BUS_ADDRESS", keyring.address());
        }
        hub.grant(ALICE, "alice", Role::Write);
        hub.grant(BOB, "bob", Role::Write);
        hub.grant(READER, "alice", Role::Read);
        Self { world, hub, keyring, git: git.clone(), proxy }
    }

    /// Clones from the Hub into HOME.
    pub fn clone(&self, url: &str, into: &str) -> Reply {
        self.world.git(&["clone", "--quiet", url, into])
    }

    /// Commits one file and pushes it.
    pub fn push(&self, tree: &str, path: &str, bytes: impl AsRef<[u8]>) -> Reply {
        self.world.write(format!("{tree}/{path}"), bytes);
        self.world.git_in(tree, &["add", path]).succeeded();
        self.world.git_in(tree, &["commit", "--quiet", "-m", path]).succeeded();
        self.world.git_in(tree, &["push", "--quiet", "origin", "HEAD:main"])
    }

    /// The widest configuration: nothing but `credential.helper hf`.
    pub fn ask_for_every_host(&self) {
        let plain = format!("[credential]\n\thelper = hf\n{LFS}");
        self.world.write(".gitconfig", plain);
    }

    /// Has git tell the helper of a credential that worked.
    pub fn store(&self, username: &str, token: &str) {
        let known = format!("protocol=https\nhost=huggingface.co\nusername={username}\npassword={token}\n");
        self.world.credential("approve", known).is_silent();
    }

    /// What git would send now, with these attributes in the request besides the host; empty when it has nothing.
    pub fn fill(&self, attributes: &str) -> String {
        let wanted = format!("protocol=https\nhost=huggingface.co\n{attributes}");
        self.world.credential("fill", wanted).out()
    }

    /// The secrets one host was shown so far, each once.
    pub fn secrets_on(&self, host: &str) -> Vec<String> {
        let shown = self.hub.visits().into_iter();
        let here: BTreeSet<String> = shown.filter(|visit| visit.host == host).filter_map(|visit| visit.shown).collect();
        here.into_iter().collect()
    }

    /// In how many requests the Hub saw this token.
    pub fn times_shown(&self, token: &str) -> usize {
        let visits = self.hub.visits();
        visits.iter().filter(|visit| visit.shown.as_deref() == Some(token)).count()
    }
}
