//! `import` harms nobody: not the user's files, not whom git is, not other users.

use std::fs;
use std::os::unix::fs::symlink;

use crate::import::{ALICE, BOB, CAROL, get, import, read, world};
use crate::rig::World;

/// Every file in HOME with its text.
fn files(world: &World) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut find = world.command("find");
    find.args([".", "-type", "f"]);
    let found = crate::rig::finish(find, b"").out();
    found.lines().map(|path| (path.into(), fs::read(world.home().join(path)).unwrap())).collect()
}

#[test]
fn what_this_program_did_not_make_is_never_removed() {
    let world = world();
    world.write(".git-credentials", format!("https://bob:{BOB}@huggingface.co\n"));
    let kept = [".netrc.hf-old", ".netrc.hf-123456", ".gitconfig.hf-2024", ".git-credentials.git-credential-hf-backup"];
    for path in kept {
        world.write(path, "backup");
    }
    world.write(".netrc", "machine a login x password y\n");
    // what a run that was killed left behind
    let (leftover, lock) = (".git-credentials.git-credential-hf-0123456789abcdef", ".git-credentials.lock");
    world.write(leftover, "x");
    world.write(lock, "git-credential-hf\n");
    let before = files(&world);
    import(&world, &["--dry-run"]).succeeded();
    assert_eq!(files(&world), before, "a dry run changes nothing");
    import(&world, &["--delete-source"]).succeeded();
    for path in [leftover, lock] {
        assert!(!world.home().join(path).exists(), "{path}");
    }
    let after = files(&world);
    for path in kept.iter().chain(&[".netrc"]).map(|path| std::path::Path::new(".").join(path)) {
        assert_eq!(after.get(&path), before.get(&path), "{}", path.display());
    }
}

#[test]
fn a_token_in_the_users_place_is_no_name_and_nothing_of_it_stays() {
    const TOKEN: &str = "hf_DDDDDDDDDDDDDDDD";
    let world = world();
    world.git(&["init", "--quiet", "model"]).succeeded();
    world.git_in("model", &["remote", "add", "origin", &format!("https://{TOKEN}:x@huggingface.co/a/b")]).succeeded();
    world.git_in("model", &["credential-hf", "import", "--dry-run"]).succeeded().hides(TOKEN);
    world.git_in("model", &["credential-hf", "import", "--delete-source"]).succeeded().hides(TOKEN);
    world.helper(&["list"], "").succeeded().hides(TOKEN);
    assert_eq!(world.git_in("model", &["remote", "get-url", "origin"]).out(), "https://hf_user@huggingface.co/a/b\n");
    get(&world, "hf_user", TOKEN);
    assert!(!world.read_stored_tokens().contains(&format!("[git:{TOKEN}")), "it is nobody's name");
}

#[test]
fn no_name_of_the_hf_home_becomes_somebody_elses() {
    let sections = format!("[work]\nhf_token = {BOB}\n\n[oauth-alice]\nhf_token = {ALICE}\nusername = al\n\n");
    let names = ["work", "oauth-alice", "alice", "al"];
    for options in [&["--delete-source"][..], &[]] {
        let world = world().stored_tokens(&sections);
        world.git(&["init", "--quiet", "evil"]).succeeded();
        for name in names {
            let url = format!("https://{name}:hf_Evil{name}@huggingface.co/a/b");
            world.git_in("evil", &["remote", "add", name, &url]).succeeded();
        }
        let answers = |world: &World| {
            names.map(|name| {
                let asked = format!("protocol=https\nhost=huggingface.co\nusername={name}\n");
                world.helper(&["get"], asked).attribute("password")
            })
        };
        let before = answers(&world);
        let reply = world.git_in("evil", &[&["credential-hf", "import"], options].concat());
        assert!(reply.succeeded().out().contains("stays where it is: work has another token here"), "{reply:?}");
        assert_eq!(answers(&world), before);
    }
}

#[test]
fn it_sets_git_up_where_it_is_not() {
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    world.write(".git-credentials", format!("https://bob:{BOB}@huggingface.co\n"));
    let dry = import(&world, &["--dry-run"]);
    assert!(!world.home().join(".gitconfig").exists(), "{dry:?}");
    import(&world, &["--no-setup"]).succeeded().says("run `git-credential-hf setup`");
    assert!(!world.home().join(".gitconfig").exists());
    let reply = import(&world, &["--delete-source"]);
    assert!(
        reply.succeeded().out().contains("Configured git to use git-credential-hf for huggingface.co"),
        "{reply:?}"
    );
    let filled = world.git_fed(&["credential", "fill"], "url=https://bob@huggingface.co\n\n");
    assert_eq!(filled.attribute("password").as_deref(), Some(BOB));
    assert!(!import(&world, &[]).out().contains("Configured git"));
}

#[test]
fn what_a_repository_names_is_neither_opened_nor_written() {
    let world = world();
    let line = format!("https://bob:{BOB}@huggingface.co\n");
    world.write("other", &line);
    world.write("others.gitconfig", format!("[remote \"o\"]\n\turl = https://carol:{CAROL}@huggingface.co/a/b\n"));
    world.git(&["init", "--quiet", "evil"]).succeeded();
    let helper = format!("store --file {}", world.home().join("other").display());
    world.git_in("evil", &["config", "credential.helper", &helper]).succeeded();
    world.git_in("evil", &["config", "extensions.worktreeConfig", "true"]).succeeded();
    world.git_in("evil", &["config", "--worktree", "credential.https://huggingface.co.helper", &helper]).succeeded();
    // a link in a repository leads wherever its maker wanted
    world.git(&["init", "--quiet", "linked"]).succeeded();
    fs::remove_file(world.home().join("linked/.git/config")).unwrap();
    symlink(world.home().join("others.gitconfig"), world.home().join("linked/.git/config")).unwrap();
    for directory in ["evil", "linked"] {
        let reply = world.git_in(directory, &["credential-hf", "import", "--delete-source"]);
        reply.succeeded().hides(BOB).hides(CAROL);
        assert_eq!(reply.out(), "no token of the Hub was found outside of the keychain\n", "{directory}");
        assert_eq!(
            reply.err().contains("linked/.git/config is a link: left alone"),
            directory == "linked",
            "{reply:?}"
        );
    }
    assert_eq!(read(&world, "other"), line);
    assert!(read(&world, "others.gitconfig").contains(CAROL));
}
