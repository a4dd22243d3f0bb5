//! Refreshes in a home that cannot be written, is full, linked or mounted: the files stay whole and their owners'.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::refresh::{HOST, HOUR, NEW, NEW_REFRESH, OLD, get, is_as_it_was, litter, logged_in, play, token_file};
use crate::rig::finish;

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn where_nothing_can_be_written_nothing_is_asked() {
    // root obeys modes without these capabilities
    let as_anybody = ["--bounding-set=-dac_override,-dac_read_search", "git-credential-hf", "get"];
    for lock_is_there in [false, true] {
        play(|scene| {
            let end = logged_in(scene, HOUR);
            if lock_is_there {
                scene.world.write(scene.world.hf_home().join("stored_tokens.lock"), "");
            }
            let allow = |mode| {
                fs::set_permissions(scene.world.hf_home(), fs::Permissions::from_mode(mode))
                    .expect("the directory's mode");
            };
            allow(0o500);
            let mut command = if nix::unistd::Uid::effective().is_root() {
                let mut command = scene.world.command("setpriv");
                command.args(as_anybody);
                command
            } else {
                let mut command = scene.world.command("git-credential-hf");
                command.arg("get");
                command
            };
            command.current_dir("/");
            let said = finish(command, HOST.as_bytes());
            allow(0o700);
            said.answers("hf_user", OLD);
            assert!(scene.hub.visits().is_empty(), "the Hub was asked");
            is_as_it_was(scene, end);
        });
    }
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn links_stay_links_and_files_their_owners() {
    play(|scene| {
        logged_in(scene, HOUR);
        let (home, dotfiles) = (scene.world.hf_home(), scene.world.home().join("dotfiles"));
        fs::create_dir(&dotfiles).expect("dotfiles");
        for name in ["token", "stored_tokens"] {
            fs::rename(home.join(name), dotfiles.join(name)).expect("moved");
            symlink(dotfiles.join(name), home.join(name)).expect("linked");
        }
        get(scene).answers("hf_user", NEW);
        for name in ["token", "stored_tokens"] {
            assert!(home.join(name).is_symlink(), "{name}");
            let about = fs::metadata(dotfiles.join(name)).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
            assert!(fs::read_to_string(dotfiles.join(name)).expect("text").contains(NEW), "{name}");
        }
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn on_a_full_disk_nothing_is_asked() {
    play(|scene| {
        let mut may_mount = scene.world.command("unshare");
        may_mount.args(["--mount", "true"]);
        if finish(may_mount, b"").status != Some(0) {
            eprintln!("no disk of our own here; where_nothing_can_be_written_nothing_is_asked makes the same claim");
            return;
        }
        let end = logged_in(scene, HOUR);
        let script = "mount -t tmpfs -o size=16k,mode=700 tmpfs \"$1\" && cp -p kept/* \"$1\" && git-credential-hf get; \
                      echo; cat \"$1/token\" \"$1/stored_tokens\"";
        let home = scene.world.hf_home();
        fs::create_dir(scene.world.home().join("kept")).expect("kept");
        for name in ["token", "stored_tokens"] {
            fs::copy(home.join(name), scene.world.home().join("kept").join(name)).expect("copied");
        }
        let mut command = scene.world.command("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(&home);
        let said = finish(command, HOST.as_bytes());
        let wanted = format!("password={OLD}\npassword_expiry_utc={end}\n\n{OLD}");
        assert!(said.out().contains(&wanted), "{said:?}");
        assert!(scene.hub.visits().is_empty(), "the Hub was asked");
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn files_mounted_into_a_container_are_written_in_place_or_nothing_is_asked() {
    for (options, is_writable) in [("bind", true), ("bind,ro", false)] {
        play(|scene| {
            let mut may_mount = scene.world.command("unshare");
            may_mount.args(["--mount", "true"]);
            if finish(may_mount, b"").status != Some(0) {
                eprintln!("nothing can be mounted here: on a machine where it can, this is tried");
                return;
            }
            let end = logged_in(scene, HOUR);
            let script = "cd \"$1\" && for file in token stored_tokens; do cp -p $file mounted.$file && \
                          mount -o bind mounted.$file $file && mount -o \"remount,$2\" $file || exit 9; done; \
                          git-credential-hf get; umount token stored_tokens; mv mounted.token token; \
                          mv mounted.stored_tokens stored_tokens";
            let mut command = scene.world.command("unshare");
            command.args(["--mount", "sh", "-c", script, "sh"]).arg(scene.world.hf_home()).arg(options);
            finish(command, HOST.as_bytes()).answers("hf_user", if is_writable { NEW } else { OLD });
            if is_writable {
                assert_eq!(token_file(&scene.world), NEW);
                let held = scene.world.read_stored_tokens();
                assert!(held.contains(&format!("hf_token = {NEW}\nrefresh_token = {NEW_REFRESH}\n")), "{held}");
            } else {
                is_as_it_was(scene, end);
                assert!(scene.hub.visits().is_empty(), "the Hub was asked");
            }
            assert_eq!(litter(&scene.world), [""; 0]);
        });
    }
}

#[test]
#[ignore = "needs strace; tests/run.sh installs it"]
fn a_token_file_that_could_not_be_written_is_written_by_the_next_one() {
    play(|scene| {
        logged_in(scene, HOUR);
        let mut failing = scene.world.command("strace");
        failing.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=rename,renameat,renameat2:error=EIO:when=1+2"]);
        failing.args(["git-credential-hf", "get"]);
        finish(failing, HOST.as_bytes()).answers("hf_user", NEW);
        assert_eq!(token_file(&scene.world), OLD);
        assert!(scene.world.read_stored_tokens().contains(NEW));
        scene.world.helper(&["status"], "").succeeded();
        assert_eq!(token_file(&scene.world), OLD, "status writes nothing");
        get(scene).answers("hf_user", NEW);
        assert_eq!(token_file(&scene.world), NEW, "hf goes on with the old one");
        assert_eq!(litter(&scene.world), [""; 0]);
    });
}
