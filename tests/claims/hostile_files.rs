//! Whatever stands where a file of ours or of git's should: at most one line, soon, in little memory, and it still stands
//! there afterwards.

use std::fs::{self, FileTimes};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::rig::{Reply, World, finish_within};

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BOB: &str = "protocol=https\nhost=huggingface.co\nusername=bob\npassword=p\n";

/// Longer than any of this takes on a busy machine; what waits for a FIFO waits for ever.
const SOON: Duration = Duration::from_secs(40);

/// Puts something at a path.
type Make = fn(&Path);

/// What may stand at a path.
const ODDITIES: [(&str, Make); 8] = [
    ("a FIFO", |path| nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap()),
    ("a directory", |path| fs::create_dir(path).unwrap()),
    ("an endless device", |path| {
        // one of the test's own where it can be made: who could make one could also replace the machine's
        let made = mknod(path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(1, 5));
        made.unwrap_or_else(|_| symlink("/dev/zero", path).unwrap());
    }),
    ("1 GB", |path| fs::File::create(path).unwrap().set_len(1 << 30).unwrap()),
    ("a link to itself", |path| symlink(path, path).unwrap()),
    ("a loop of links", |path| {
        let other = path.with_extension("other");
        symlink(path, &other).unwrap();
        symlink(other, path).unwrap();
    }),
    ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ("another user's", |path| {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        _ = std::os::unix::fs::chown(path, Some(65534), Some(65534));
    }),
];

/// The helper where all it has beside its code and its files may be 64 MB, and that of the programs it starts.
fn in_little_memory(world: &World, args: &[&str]) -> Command {
    let mut command = world.command("prlimit");
    command.args(["--data=67108864", "--core=0", "git-credential-hf"]).args(args);
    command
}

fn helper(world: &World, args: &[&str], input: &str) -> Reply {
    finish_within(SOON, in_little_memory(world, args), input.as_bytes())
}

/// A file that was changed lately might be one that `hf` is writing, and be waited for.
fn long_settled(path: &Path) {
    let then = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    fs::File::open(path).unwrap().set_times(then).unwrap();
}

/// A world in which `make` made what stands at a path of HOME.
fn world_with(path: &str, make: Make) -> World {
    let world = World::new();
    let path = world.home().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    make(&path);
    long_settled(path.parent().unwrap());
    world
}

#[track_caller]
fn ends_well(reply: &Reply, about: &str) {
    assert_eq!(reply.signal, None, "{about}: {reply:?}");
    assert!(reply.status.is_some_and(|status| status < 3), "{about}: {reply:?}");
    assert!(!reply.err().contains("panicked"), "{about}: {reply:?}");
}

#[test]
fn git_gets_at_most_one_line_whatever_stands_where_tokens_are_read() {
    thread::scope(|threads| {
        for place in [
            ".cache/huggingface",
            ".cache/huggingface/token",
            ".cache/huggingface/stored_tokens",
            ".cache/huggingface/stored_tokens.lock",
            ".gitconfig",
            ".netrc",
            ".local/state/git-credential-hf",
        ] {
            threads.spawn(move || {
                for (oddity, make) in ODDITIES {
                    git_gets_at_most_one_line(place, oddity, make);
                }
            });
        }
    });
}

fn git_gets_at_most_one_line(place: &str, oddity: &str, make: Make) {
    let world = world_with(place, make);
    let kind = || fs::symlink_metadata(world.home().join(place)).unwrap().file_type();
    let before = kind();
    for (operation, input) in [("get", "protocol=https\nhost=huggingface.co\n"), ("store", BOB), ("erase", BOB)] {
        let reply = helper(&world, &[operation], input);
        let about = format!("{operation} where {place} is {oddity}");
        ends_well(&reply, &about);
        assert!(reply.err().lines().count() <= 1, "{about}: {reply:?}");
        // where nobody is logged in, that is no failure
        let is_well = reply.stderr.is_empty() || operation == "get" && reply.err().contains("git-credential-hf login");
        assert_eq!(reply.status == Some(0), is_well, "{about}: {reply:?}");
        if operation != "get" {
            reply.prints_nothing();
        }
        assert_eq!(kind(), before, "{about}");
    }
}

#[test]
fn no_command_waits_for_a_fifo_or_writes_over_a_device() {
    let login = ["login", "--with-token", "--no-verify", "--hf"];
    let commands: [(&[&str], &str); 6] = [
        (&login, TOKEN),
        (&["status"], ""),
        (&["doctor"], ""),
        (&["setup"], ""),
        (&["bind", "acme", "bob"], ""),
        (&["list"], ""),
    ];
    for place in [".cache/huggingface/token", ".gitconfig", ".config/git/config", ".netrc", ".git-credentials"] {
        thread::scope(|threads| {
            for (oddity, make) in [ODDITIES[0], ODDITIES[2]] {
                for (command, input) in commands {
                    threads.spawn(move || {
                        let world = world_with(place, make).env("HF_HUB_OFFLINE", "1");
                        let reply = helper(&world, command, input);
                        let about = format!("{command:?} where {place} is {oddity}");
                        ends_well(&reply, &about);
                        let odd = fs::metadata(world.home().join(place)).unwrap().file_type();
                        assert!(odd.is_fifo() || odd.is_char_device(), "{about}: it was replaced");
                        let writes = command[0] == "login" || ["setup", "bind"].contains(&command[0]);
                        let is_written = match place {
                            ".cache/huggingface/token" => command[0] == "login",
                            ".gitconfig" | ".config/git/config" => writes && command[0] != "login",
                            _ => false,
                        };
                        if is_written {
                            reply.failed().says("it is not a regular file (move it away");
                        }
                    });
                }
            }
        });
    }
}

#[test]
fn a_token_is_read_from_nothing_but_a_short_text() {
    for (oddity, make, said) in [
        ("a directory", ODDITIES[1].1, "cannot read stdin"),
        ("an endless device", ODDITIES[2].1, "longer than any token"),
        ("1 GB", ODDITIES[3].1, "longer than any token"),
    ] {
        let world = world_with("token", make);
        let mut command = world.command("sh");
        let line = "exec prlimit --data=67108864 git-credential-hf login --with-token --no-verify <token";
        command.args(["-c", line]);
        let reply = finish_within(SOON, command, b"");
        ends_well(&reply, oddity);
        reply.refused().says(said);
        assert!(!world.hf_home().exists(), "{oddity}: something was kept");
    }
}

/// A repository whose `.git` is not what it seems.
const SHAMS: [(&str, Make); 13] = [
    (".git", ODDITIES[0].1),
    (".git", ODDITIES[1].1),
    (".git", ODDITIES[2].1),
    (".git", ODDITIES[3].1),
    (".git", ODDITIES[4].1),
    (".git", ODDITIES[5].1),
    (".git", |path| fs::write(path, "gitdir: .git\n").unwrap()),
    (".git", |path| fs::write(path, "gitdir: ".to_owned() + &"x".repeat(1 << 20)).unwrap()),
    (".git/config", ODDITIES[0].1),
    (".git/config", ODDITIES[2].1),
    (".git/config", |path| fs::write(path, "[include]\n\tpath = config\n").unwrap()),
    (".git/config", |path| {
        let remotes = (0..30_000).map(|number| format!("[remote \"{number}\"]\n\turl = https://hf.co/a/{number}\n"));
        fs::write(path, remotes.collect::<String>()).unwrap();
    }),
    (".git/HEAD", ODDITIES[0].1),
];

#[test]
fn a_git_directory_that_is_none_names_nobody_and_keeps_nobody_waiting() {
    thread::scope(|threads| {
        for (number, (place, make)) in SHAMS.into_iter().enumerate() {
            threads.spawn(move || names_nobody_in(&format!("sham {number}, {place}"), place, make));
        }
    });
}

fn names_nobody_in(sham: &str, place: &str, make: Make) {
    let two = format!("[home]\nhf_token = {TOKEN}\n\n[work]\nhf_token = hf_work\n\n");
    let world = World::new().token(TOKEN).stored_tokens(&two).env("HF_HUB_OFFLINE", "1");
    let repository = world.home().join("model");
    fs::create_dir(&repository).unwrap();
    if place != ".git" {
        world.git_in("model", &["init", "--quiet"]).succeeded();
        fs::remove_file(repository.join(place)).unwrap();
    }
    make(&repository.join(place));
    for command in ["get", "status", "doctor", "token", "bind"] {
        let mut helper = in_little_memory(&world, &[command]);
        helper.current_dir(&repository);
        let reply = finish_within(SOON, helper, b"url=https://huggingface.co\n\n");
        let about = format!("{command} in {sham}");
        ends_well(&reply, &about);
        match command {
            "get" => _ = reply.answers("hf_user", TOKEN),
            "token" => assert_eq!(reply.succeeded().out().trim(), TOKEN, "{about}"),
            "bind" => assert!(reply.err().lines().count() <= 1, "{about}: {reply:?}"),
            _ => {}
        }
    }
}

#[test]
fn as_many_remotes_as_there_may_be_are_soon_compared() {
    let world = World::new().token(TOKEN).stored_tokens(&format!("[home]\nhf_token = {TOKEN}\n\n[b]\nhf_token = b\n"));
    world.git(&["init", "--quiet", "model"]).succeeded();
    let remotes = (0..1900).map(|number| format!("[remote \"{number}\"]\n\turl = https://huggingface.co/a/{number}\n"));
    world.write("model/.git/config", remotes.collect::<String>());
    for command in ["get", "list", "token"] {
        let mut helper = in_little_memory(&world, &[command]);
        helper.current_dir(world.home().join("model"));
        finish_within(Duration::from_secs(10), helper, b"url=https://huggingface.co\n\n").succeeded();
    }
}

#[test]
fn no_umask_opens_or_locks_what_is_written() {
    for umask in ["000", "777"] {
        let world = World::new().env("HF_HUB_OFFLINE", "1");
        let login =
            format!("printf {TOKEN} | git-credential-hf login --with-token --no-verify --no-setup --hf --name a");
        let erase = format!(
            "printf 'protocol=https\\nhost=huggingface.co\\nusername=a\\npassword={TOKEN}\\n' | git-credential-hf erase"
        );
        let lines = [login.as_str(), "git-credential-hf switch a", &erase];
        for line in lines {
            let mut command = world.command("sh");
            command.args(["-c", &format!("umask {umask}; {line}")]);
            let reply = finish_within(SOON, command, b"");
            ends_well(&reply, line);
        }
        let mode = |path: &str| fs::metadata(world.home().join(path)).unwrap().permissions().mode() & 0o777;
        for file in ["token", "stored_tokens"] {
            assert_eq!(mode(&format!(".cache/huggingface/{file}")), 0o600, "{umask} {file}");
        }
        assert_eq!(mode(".cache/huggingface/stored_tokens.lock") & 0o700, 0o600, "{umask}");
        for directory in [".cache", ".cache/huggingface", ".local", ".local/state/git-credential-hf/refused"] {
            assert_eq!(mode(directory), 0o700, "{umask} {directory}");
        }
    }
}
