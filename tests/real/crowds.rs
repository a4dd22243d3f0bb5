//! Many at once: clones during a loop of `hf auth switch`, stores of many users, and of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::hf::hf;
use crate::hub::{File, Repository};
use crate::keyring::Day;
use crate::rig::{Git, Reply};
use crate::scene::{ALICE, BOB, Scene};

#[test]
#[ignore = "needs hf and gnome-keyring; tests/run.sh installs them"]
fn twenty_clones_at_once_survive_a_loop_of_hf_auth_switch() {
    Scene::each(|scene| {
        let repository = Repository::private("acme/shared", &["alice", "bob"]);
        let readme = File::Plain("README.md", "for everybody".to_owned());
        scene.hub.publish(repository, &[readme]);
        for token in [ALICE, BOB] {
            hf(&scene.world, &["auth", "login", "--force", "--token", token]).succeeded();
        }
        let scene = &*scene;
        let done = AtomicBool::new(false);
        let (switches, clones): (usize, Vec<Reply>) = thread::scope(|threads| {
            let switching = threads.spawn(|| {
                let mut count = 0;
                while !done.load(Ordering::Relaxed) {
                    for name in ["token of alice", "token of bob"] {
                        let switch = ["auth", "switch", "--token-name", name];
                        hf(&scene.world, &switch).succeeded();
                        count += 1;
                    }
                }
                count
            });
            let clones: Vec<_> = (0..20)
                .map(|number| {
                    let into = format!("clone-{number}");
                    threads.spawn(move || scene.clone("https://huggingface.co/acme/shared", &into))
                })
                .collect();
            let clones = clones.into_iter().map(|clone| clone.join().expect("ran"));
            let clones = clones.collect();
            done.store(true, Ordering::Relaxed);
            (switching.join().expect("ran"), clones)
        });
        for clone in clones {
            clone.succeeded().says_nothing();
        }
        assert!(switches >= 2, "the loop did not run beside them");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn of_64_parallel_stores_none_is_lost() {
    Scene::each(|scene| {
        let name = |user: u32| format!("user-{user}");
        let token = |user: u32| format!("hf_{user:0>34}");
        let others = format!("# mine\n[work]\nhf_token = {ALICE}\nnote = kept\n\n");
        let stored = scene.world.hf_home().join("stored_tokens");
        scene.world.write(stored, others);
        let world = &scene.world;
        thread::scope(|threads| {
            for user in 0..64 {
                threads.spawn(move || {
                    let (name, token) = (name(user), token(user));
                    let known = format!("protocol=https\nhost=huggingface.co\nusername={name}\npassword={token}\n");
                    world.helper(&["store"], known).is_silent();
                });
            }
        });
        for user in 0..64 {
            let name = name(user);
            let wanted = format!("protocol=https\nhost=huggingface.co\nusername={name}\n");
            world.helper(&["get"], wanted).answers(&name, &token(user));
        }
        let kept = world.read_stored_tokens();
        let mine = format!("# mine\n[work]\nhf_token = {ALICE}\nnote = kept\n");
        assert!(kept.starts_with(&mine), "{kept}");
    });
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn parallel_stores_and_erases_of_one_account_are_silent_and_stay_in_the_keychain() {
    Scene::play(&Git::first(), Some(Day::Unlocked), |scene| {
        let world = &scene.world;
        let bob = |password: &str| format!("protocol=https\nhost=huggingface.co\nusername=bob\npassword={password}\n");
        thread::scope(|threads| {
            for turn in 0..32 {
                threads.spawn(move || {
                    let operation = if turn % 4 == 3 { "erase" } else { "store" };
                    world.helper(&[operation], bob(if turn % 2 == 0 { "one" } else { "two" })).is_silent();
                    let reply = world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
                    assert!(reply.succeeded().err().lines().count() <= 1, "{reply:?}");
                });
            }
        });
        assert_eq!(world.read_stored_tokens(), "");
        world.helper(&["store"], bob("three")).is_silent();
        world.helper(&["get"], "protocol=https\nhost=huggingface.co\n").answers("bob", "three");
    });
}
