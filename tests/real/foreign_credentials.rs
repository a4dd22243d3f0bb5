//! A credential that a repository of a stranger's brings along changes neither what is kept nor whom git is; what a person
//! types does.

use crate::hub::{File, Repository, Role};
use crate::keyring::{Day, Keyring};
use crate::rig::{Git, Reply};
use crate::scene::{ALICE, BOB, Scene};

const MALLORY: &str = "hf_MalloryMalloryMalloryMalloryMallor";

/// Repositories of mallory's: parts that everybody may read or nobody else, one that leads to a part by a redirect, and a
/// whole that has them all as submodules.
fn publish_lures(scene: &Scene) {
    scene.hub.grant(MALLORY, "mallory", Role::Write);
    let file = || [File::Plain("a.txt", "a".to_owned())];
    scene.hub.publish(Repository::public("mallory/part"), &file());
    scene.hub.publish(Repository::private("mallory/own", &["mallory"]), &file());
    let to = |user: &str, name: &str| format!("https://{user}:{MALLORY}@huggingface.co/mallory/{name}");
    scene.hub.publish(Repository::moved("mallory/moved", &to("x", "part")), &[]);
    scene.hub.publish(Repository::moved("mallory/moved-as-alice", &to("alice", "part")), &[]);
    let lures = [("x", "part", "whole-x"), ("alice", "part", "whole-alice"), ("x", "own", "whole-own")];
    for (user, name, whole) in lures {
        let head = scene.hub.head(&format!("mallory/{name}"));
        let files = [File::Submodule("part", to(user, name), head)];
        scene.hub.publish(Repository::public(&format!("mallory/{whole}")), &files);
    }
}

/// A whole whose parts have a name that looks like this helper's, the first of them for a name that gets no answer.
fn publish_namesakes(scene: &Scene) {
    let file = || [File::Plain("a.txt", "a".to_owned())];
    scene.hub.publish(Repository::private("mallory/git-credential-hf", &["mallory"]), &file());
    scene.hub.publish(Repository::private("mallory/credential-hf-get", &["mallory"]), &file());
    for (name, url) in [
        ("first", "https://evil@huggingface.co/mallory/git-credential-hf".to_owned()),
        ("second", format!("https://evil:{MALLORY}@huggingface.co/mallory/credential-hf-get")),
    ] {
        let head = scene.hub.head("mallory/git-credential-hf");
        let files = [File::Submodule("part", url, head)];
        scene.hub.publish(Repository::public(&format!("mallory/whole-{name}")), &files);
    }
}

#[test]
#[ignore = "needs gits of each generation; tests/run.sh installs them"]
fn a_url_that_looks_like_this_helper_changes_nothing_either() {
    for git in Git::of_each_generation() {
        Scene::play(&git, None, |scene| {
            publish_lures(scene);
            publish_namesakes(scene);
            let before = as_it_is(scene);
            // what the first is not answered must not be taken for a prompt of the second's, all within one command
            let both = "git clone --recurse-submodules https://huggingface.co/mallory/whole-first a; \
                        git clone --recurse-submodules https://huggingface.co/mallory/whole-second b";
            let mut shell = scene.world.command("sh");
            shell.args(["-c", both]);
            crate::rig::finish(shell, b"");
            let url = format!("https://x:{MALLORY}@huggingface.co/mallory/credential-hf-get");
            scene.world.git(&["ls-remote", &url]).succeeded();
            assert_eq!(as_it_is(scene), before);
        });
    }
}

/// What is kept, wherever, and whom git is.
fn as_it_is(scene: &Scene) -> [String; 4] {
    let kept = scene.keyring.as_ref().map(Keyring::contents).unwrap_or_default();
    [scene.fill(""), scene.fill("username=alice\n"), scene.world.read_stored_tokens(), kept]
}

fn clone_all_lures(scene: &Scene, round: &str) {
    for name in ["whole-x", "whole-alice", "whole-own"] {
        let url = format!("https://huggingface.co/mallory/{name}");
        let into = format!("{round}-{name}");
        scene.world.git(&["clone", "--quiet", "--recurse-submodules", &url, &into]).succeeded().hides(MALLORY);
        scene.world.git_in(&into, &["submodule", "foreach", "--quiet", "git", "fetch", "--quiet"]).succeeded();
    }
    for name in ["moved", "moved-as-alice"] {
        // newer gits follow no redirect to a URL with a credential
        _ = scene.clone(&format!("https://huggingface.co/mallory/{name}"), &format!("{round}-{name}"));
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_strangers_credential_changes_nothing() {
    let same = |scene: &Scene, about: &str| {
        let before = as_it_is(scene);
        clone_all_lures(scene, about);
        assert_eq!(as_it_is(scene), before, "{about}");
        assert!(!before.concat().contains(MALLORY), "{about}");
    };
    for git in Git::all() {
        Scene::play(&git, None, |scene| {
            publish_lures(scene);
            same(scene, "nobody");
            scene.world.write_token(BOB);
            same(scene, "active");
            let rejected = format!("protocol=https\nhost=huggingface.co\nusername=hf_user\npassword={BOB}\n");
            scene.world.credential("reject", rejected);
            same(scene, "rejected");
        });
        Scene::play(&git, Some(Day::Unlocked), |scene| {
            publish_lures(scene);
            scene.world.write_token(BOB);
            scene.store("alice", ALICE);
            same(scene, "stored");
        });
    }
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn a_strangers_credential_changes_nothing_while_the_keyring_is_locked() {
    for git in Git::all() {
        Scene::play(&git, Some(Day::Unlocked), |scene| {
            publish_lures(scene);
            scene.store("alice", ALICE);
            scene.world.write_token(BOB);
            let keyring = scene.keyring.as_ref().expect("it has one");
            keyring.lock();
            clone_all_lures(scene, "locked");
            assert_eq!(scene.world.read_stored_tokens(), "");
            keyring.unlock();
            assert!(scene.fill("username=alice\n").contains(ALICE));
            assert!(!keyring.contents().contains(MALLORY));
        });
    }
}

/// Runs git where a program answers its prompts as a person would.
fn typing(scene: &Scene, directory: &str, args: &[&str], password: &str) -> Reply {
    let script = format!("#!/bin/sh\ncase $1 in Username*) echo alice ;; *) echo {password} ;; esac\n");
    scene.world.write("askpass", script);
    let askpass = scene.world.home().join("askpass");
    std::fs::set_permissions(&askpass, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let mut git = scene.world.command("git");
    git.args(args).current_dir(scene.world.home().join(directory)).env("GIT_ASKPASS", askpass);
    crate::rig::finish(git, b"")
}

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn what_a_person_types_is_kept_wherever_git_is_called() {
    Scene::each(|scene| {
        let file = || [File::Plain("a.txt", "a".to_owned())];
        scene.hub.publish(Repository::private("acme/part", &["alice"]), &file());
        let head = scene.hub.head("acme/part");
        let files = [File::Submodule("part", "https://huggingface.co/acme/part".to_owned(), head)];
        scene.hub.publish(Repository::private("acme/whole", &["alice"]), &files);
        let url = "https://huggingface.co/acme/whole";
        let is_kept = |scene: &Scene| scene.fill("").contains(ALICE) && scene.fill("username=alice\n").contains(ALICE);
        let forget = |scene: &Scene, rest: &str| {
            scene.world.credential("reject", format!("protocol=https\nhost=huggingface.co\n{rest}")).succeeded();
            assert!(!is_kept(scene), "not forgotten");
        };
        // a clone
        typing(scene, "", &["clone", "--quiet", url, "whole"], ALICE).succeeded();
        assert!(is_kept(scene), "a clone");
        // for a name whose token was rejected, in a submodule
        forget(scene, &format!("username=alice\npassword={ALICE}\n"));
        typing(scene, "whole", &["submodule", "update", "--quiet", "--init"], ALICE).succeeded();
        assert!(is_kept(scene), "a submodule");
        forget(scene, &format!("username=alice\npassword={ALICE}\n"));
        typing(scene, "whole/part", &["-c", "credential.username=alice", "fetch", "--quiet"], ALICE).succeeded();
        assert!(is_kept(scene), "a name that was known");
        // in a linked worktree
        forget(scene, "");
        scene.world.git_in("whole", &["worktree", "add", "--quiet", "../linked"]).succeeded();
        typing(scene, "linked", &["fetch", "--quiet"], ALICE).succeeded();
        assert!(is_kept(scene), "a linked worktree");
        // what the Hub rejects is kept nowhere
        forget(scene, "");
        typing(scene, "linked", &["fetch", "--quiet"], MALLORY).failed();
        assert!(!scene.fill("").contains(MALLORY));
    });
}
