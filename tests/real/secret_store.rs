//! A secret store of the user's own: the real `pass` over the real gpg, as the token command of the helper's line.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use crate::hub::{File, Repository};
use crate::rig::{World, finish};
use crate::scene::{ALICE, BOB, LFS, Scene};

/// A key without a passphrase, as an unlocked agent would have it.
const KEY: &str = "%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Key-Usage: sign
Subkey-Type: ecdh
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: Test
Name-Email: test@example.invalid
Expire-Date: 0
%commit
";

/// The agent of a test's own, by its directory; it ends when dropped.
struct Agent(PathBuf);

impl Drop for Agent {
    fn drop(&mut self) {
        let world = World::new();
        let mut end = world.command("gpgconf");
        end.args(["--kill", "all"]).env("GNUPGHOME", &self.0);
        _ = finish(end, b"");
    }
}

/// Gives the world a password store with one entry, whose first line is the token.
fn keep_in_pass(world: &World, token: &str) {
    let run = |program: &str, args: &[&str], input: &str| {
        let mut command = world.command(program);
        command.args(args);
        finish(command, input.as_bytes()).succeeded();
    };
    run("gpg", &["--batch", "--quiet", "--generate-key"], KEY);
    run("pass", &["init", "test@example.invalid"], "");
    run("pass", &["insert", "--multiline", "work/hugging face"], &format!("{token}\nuser: alice\n"));
}

fn with_pass(scene: &mut Scene, scenario: impl Fn(&mut Scene)) {
    // gpg's sockets are below it, and the path of a socket is short
    let home = scene.world.root().join("gpg");
    fs::DirBuilder::new().mode(0o700).create(&home).expect("a directory for gpg");
    scene.world.set_env("GNUPGHOME", &home);
    let _agent = Agent(home);
    keep_in_pass(&scene.world, ALICE);
    scenario(scene);
}

fn set_up(scene: &Scene, command: &str) {
    scene.world.write(".gitconfig", LFS);
    scene.world.helper(&["setup", "--token-command", command], b"").succeeded();
}

#[test]
#[ignore = "needs pass, gpg, git-lfs and gnome-keyring; tests/run.sh installs them"]
fn pass_clones_and_pushes_and_nobody_copies_its_token() {
    Scene::each(|scene| {
        with_pass(scene, |scene| {
            // another account is stored and logged in with: the command goes before both
            scene.store("bob", BOB);
            scene.world.write_token(BOB);
            set_up(scene, "pass show 'work/hugging face'");
            let files = [File::Large("one.bin", vec![1; 5000])];
            scene.hub.publish(Repository::private("acme/secret", &["alice"]), &files);
            scene.clone("https://huggingface.co/acme/secret", "secret").succeeded();
            let cloned = fs::read(scene.world.home().join("secret/one.bin")).expect("cloned");
            assert!(cloned == [1; 5000], "a pointer was left in place of the file");
            scene.world.git_in("secret", &["lfs", "install", "--local"]).succeeded();
            scene.push("secret", "two.bin", [2; 5000]).succeeded();
            assert!(scene.hub.holds_object(&[2; 5000]), "not uploaded");
            assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
            assert!(!scene.world.read_stored_tokens().contains(ALICE), "it was copied");
            if let Some(keyring) = &scene.keyring {
                assert!(!keyring.contents().contains(ALICE), "it was copied");
            }
        });
    });
}

#[test]
#[ignore = "needs pass, gpg and gnome-keyring; tests/run.sh installs them"]
fn an_entry_that_is_not_there_is_said_and_the_next_source_answers() {
    Scene::each(|scene| {
        with_pass(scene, |scene| {
            scene.world.write_token(BOB);
            set_up(scene, "pass show no/such/entry");
            scene.hub.publish(Repository::private("acme/secret", &["bob"]), &[]);
            let cloned = scene.clone("https://huggingface.co/acme/secret", "secret");
            cloned
                .succeeded()
                .says("no/such/entry is not in the password store")
                .says("the token command gave no token");
            assert_eq!(scene.secrets_on("huggingface.co"), [BOB]);
        });
    });
}

#[test]
#[ignore = "needs pass, gpg and gnome-keyring; tests/run.sh installs them"]
fn a_refused_token_of_pass_never_becomes_another_person() {
    Scene::each(|scene| {
        with_pass(scene, |scene| {
            scene.store("bob", BOB);
            scene.world.write_token(BOB);
            set_up(scene, "pass show 'work/hugging face'");
            scene.hub.publish(Repository::private("acme/secret", &["alice", "bob"]), &[]);
            scene.hub.revoke(ALICE);
            let url = "https://huggingface.co/acme/secret";
            scene.world.git(&["ls-remote", url]).failed().hides(ALICE);
            scene.world.git(&["ls-remote", url]).failed().says("token command").hides(ALICE);
            assert_eq!(scene.secrets_on("huggingface.co"), [ALICE]);
            assert_eq!(scene.times_shown(ALICE), 1);
        });
    });
}
