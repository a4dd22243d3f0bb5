//! `import` with a Hub that says whose each token is, a keychain to keep them in, and a death at any step.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::hub::{Repository, Role};
use crate::keyring::{Day, Keyring};
use crate::rig::{Git, World, finish};
use crate::scene::{ALICE, BOB, READER, Scene};

const CAROL: &str = "hf_CarolCarolCarolCarolCarolCarolCaro";
const REFUSED: &str = "hf_RefusedRefusedRefusedRefusedRefuse";

fn get(world: &World, username: &str) -> Option<String> {
    world.helper(&["get"], format!("protocol=https\nhost=huggingface.co\nusername={username}\n")).attribute("password")
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn each_token_is_kept_under_its_account_and_git_goes_on_with_it() {
    Scene::each(|scene| {
        let Scene { world, hub, keyring, .. } = scene;
        hub.publish(Repository::private("acme/model", &["bob"]), &[]);
        let url = format!("https://hf_user:{BOB}@huggingface.co/acme/model");
        world.git(&["init", "--quiet", "model"]).succeeded();
        world.git_in("model", &["remote", "add", "origin", &url]).succeeded();
        world.write(".git-credentials", format!("https://x:{ALICE}@hf.co\nhttps://y:{READER}@huggingface.co\n"));
        world.write(
            ".netrc",
            format!("machine huggingface.co login z password {REFUSED}\nmachine hf.co password {ALICE}\n"),
        );
        hub.forget_visits();

        let dry = world.helper(&["import", "--tree", ".", "--dry-run"], "");
        assert!(dry.succeeded().out().contains("bob (token of bob)"), "{dry:?}");
        assert_eq!((get(world, "bob"), world.read_stored_tokens()), (None, String::new()));
        hub.forget_visits();

        let said = world.helper(&["import", "--tree", ".", "--delete-source"], "");
        let out = said.succeeded().out();
        for token in [ALICE, BOB, READER, REFUSED] {
            said.hides(token);
        }
        let place = if keyring.is_some() { "the keychain" } else { "the HF home" };
        for (token, fate) in [
            ("hf_****fuse", "is not stored: the Hub refuses this token".to_owned()),
            ("hf_****Alic", format!("alice (token of alice)  goes to {place} as alice")),
            ("hf_****Read", format!("goes to {place} as token of alice (alice has another token)")),
            ("hf_****BobB", format!("bob (token of bob)      goes to {place} as bob")),
        ] {
            assert!(out.lines().any(|line| line.contains(token) && line.contains(&fate)), "{token} {fate}: {said:?}");
        }
        assert_eq!(hub.visits().len(), 4, "each token is asked about once: {:?}", hub.visits());
        assert!(hub.visits().iter().all(|visit| visit.path == "/api/whoami-v2"));
        let kept = [("alice", ALICE), ("token of alice", READER), ("bob", BOB)];
        for (name, token) in kept {
            assert_eq!(get(world, name).as_deref(), Some(token), "{name}");
        }
        if let Some(keyring) = keyring {
            assert_eq!(world.read_stored_tokens(), "", "a second copy");
            assert!(kept.iter().all(|(_, token)| keyring.contents().matches(token).count() == 1));
        }
        assert_eq!(fs::read_to_string(world.home().join(".netrc")).unwrap(), "", "what is dead is in nobody's way");
        assert_eq!(fs::read_to_string(world.home().join(".git-credentials")).unwrap(), "");
        let origin = world.git_in("model", &["remote", "get-url", "origin"]).out();
        assert_eq!(origin, "https://bob@huggingface.co/acme/model\n");
        world.git_in("model", &["fetch", "--quiet"]).succeeded().says_nothing();
        hub.forget_visits();
        world.helper(&["import", "--tree", "."], "").succeeded().says_nothing();
        assert!(hub.visits().is_empty(), "nothing is asked about nothing");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn the_hf_home_is_emptied_on_demand_but_for_what_is_refreshed() {
    let oauth = "[browser]\nhf_token = hf_oauth_x\nrefresh_token = y\nexpires_at = 9999999999\n\n";
    let stored = format!("{oauth}[work]\nhf_token = {BOB}\n\n[home]\nhf_token = {ALICE}\n\n");
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        let world = &scene.world;
        world.write(world.hf_home().join("stored_tokens"), &stored);
        world.write_token(ALICE);
        let none = world.helper(&["import"], "");
        assert!(none.succeeded().out().starts_with("no token of the Hub was found"), "{none:?}");
        world.helper(&["import", "--from", "hf", "--delete-source"], "").succeeded();
        assert_eq!(world.read_stored_tokens(), oauth);
        assert!(!world.hf_home().join("token").exists());
        assert_eq!((get(world, "bob").as_deref(), get(world, "alice").as_deref()), (Some(BOB), Some(ALICE)));
    });
    Scene::play(&Git::first(), None, |scene| {
        let world = &scene.world;
        world.write(world.hf_home().join("stored_tokens"), &stored);
        world.helper(&["import", "--from", "hf", "--delete-source"], "").refused();
        assert_eq!(world.read_stored_tokens(), stored);
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn nothing_is_moved_while_the_keychain_cannot_be_looked_into() {
    for day in [Day::Locked, Day::SilentService, Day::SilentBus] {
        Scene::play(&Git::first(), Some(day), |scene| {
            let line = format!("https://x:{ALICE}@hf.co\n");
            scene.world.write(".git-credentials", &line);
            scene.world.helper(&["import", "--delete-source"], "").failed().says("cannot use the system keychain");
            assert_eq!(fs::read_to_string(scene.world.home().join(".git-credentials")).unwrap(), line);
            assert_eq!(scene.world.read_stored_tokens(), "");
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_token_is_shown_to_its_own_hub_alone() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        scene.hub.grant(CAROL, "carol", Role::Write);
        scene.world.set_env("HF_ENDPOINT", "https://hub.example");
        let lines = format!("https://x:{ALICE}@hf.co\nhttps://x:{CAROL}@hub.example\nhttps://x:{BOB}@evil.example\n");
        scene.world.write(".git-credentials", lines);
        scene.world.helper(&["import"], "").succeeded();
        assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
        assert_eq!(scene.secrets_on("hub.example"), [CAROL]);
        assert!(scene.secrets_on("evil.example").is_empty());
    });
}

/// Where each token lies, what else stands there, and what is left of it.
fn sources() -> [(&'static str, &'static str, String, String); 3] {
    let config = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://";
    [
        (
            BOB,
            ".git-credentials",
            format!("https://x:y@a\nhttps://bob:{BOB}@huggingface.co\n"),
            "https://x:y@a\n".to_owned(),
        ),
        (
            ALICE,
            ".netrc",
            format!("machine a password b\nmachine hf.co login alice password {ALICE}\n"),
            "machine a password b\n".to_owned(),
        ),
        (
            CAROL,
            "model/.git/config",
            format!("{config}carol:{CAROL}@huggingface.co/a/b\n"),
            format!("{config}carol@huggingface.co/a/b\n"),
        ),
    ]
}

/// Every file below, with its mode.
fn files(directory: &Path) -> Vec<(std::path::PathBuf, u32)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let about = entry.metadata().expect("it is there");
        if about.is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push((entry.path(), about.permissions().mode() & 0o777));
        }
    }
    files
}

#[test]
#[ignore = "needs strace and gnome-keyring; tests/run.sh installs them"]
fn killed_while_it_fills_the_keychain_it_loses_no_token_and_the_next_run_finishes() {
    // what touches files is in `killed`
    let calls = ["rename,renameat,renameat2", "unlink,unlinkat", "sendto,sendmsg", "recvfrom,recvmsg"];
    let keyring = Keyring::on(Day::Unlocked);
    let world = World::new().env("HF_HUB_OFFLINE", "1").global_config("[credential]\n\thelper = hf\n");
    let world = world.env("DBUS_SESSION_BUS_ADDRESS", keyring.address());
    world.git(&["init", "--quiet", "model"]).succeeded();
    let mut deaths = 0;
    for call in calls {
        for when in 1.. {
            if !dies(&world, call, when) {
                break;
            }
            deaths += 1;
            whole(&world, &format!("{call} {when}"));
        }
    }
    eprintln!("... {deaths} deaths");
    assert!(deaths > 10, "{deaths}");
}

/// Imports anew, until that call.
fn dies(world: &World, call: &str, when: usize) -> bool {
    world.helper(&["erase"], "protocol=https\nhost=huggingface.co\n").succeeded();
    // what is missing or empty just now might be in the middle of being written, and is waited for
    world.write_token("x");
    world.write(world.hf_home().join("stored_tokens"), "[other]\nnote = x\n\n");
    for (_, path, old, _) in sources() {
        world.write(path, old);
    }
    let seen = world.root().join("seen");
    let mut strace = world.command("strace");
    strace.current_dir(world.home().join("model")).args(["-f", "-qq", "-o"]).arg(&seen).arg("-e");
    strace.arg(format!("trace={call}")).arg("-e").arg(format!("inject={call}:signal=KILL:when={when}"));
    strace.args(["git-credential-hf", "import", "--delete-source"]);
    finish(strace, b"");
    fs::read_to_string(seen).expect("strace wrote it").contains("killed by SIGKILL")
}

fn whole(world: &World, step: &str) {
    let names = [(BOB, "bob"), (ALICE, "alice"), (CAROL, "carol")];
    let kept = |token| names.iter().any(|(of, name)| *of == token && get(world, name).as_deref() == Some(token));
    for (token, path, old, new) in sources() {
        let held = fs::read_to_string(world.home().join(path)).unwrap();
        assert!(held == old || held == new, "{step}: {path} is torn: {held}");
        assert!(held == old || kept(token), "{step}: {token} is lost");
    }
    for (file, mode) in files(&world.home()) {
        let is_source = sources().iter().any(|(_, path, ..)| world.home().join(path) == file);
        let holds = fs::read(&file).is_ok_and(|text| String::from_utf8_lossy(&text).contains("hf_"));
        assert!(is_source || !holds || mode == 0o600, "{step}: {} is left with mode {mode:o}", file.display());
    }
    let mut again = world.command("git-credential-hf");
    again.current_dir(world.home().join("model")).args(["import", "--delete-source"]);
    finish(again, b"").succeeded();
    for (token, path, _, new) in sources() {
        assert_eq!(fs::read_to_string(world.home().join(path)).unwrap(), new, "{step}");
        assert!(kept(token), "{step}: {token} is lost by the next run");
    }
    let litter: Vec<_> =
        files(&world.home()).into_iter().map(|(file, _)| file).filter(|file| is_litter(file)).collect();
    assert!(litter.is_empty(), "{step}: {litter:?}");
}

/// What rewriting leaves behind; what is beside the HF home's files goes with time.
fn is_litter(file: &Path) -> bool {
    let is_lock = file.extension().is_some_and(|extension| extension == "lock");
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.contains(".hf-") || is_lock && !name.starts_with("stored_tokens")
}
