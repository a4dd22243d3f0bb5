//! Where the token of a CI job is kept for the job's other processes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::thread;
use std::time::Duration;

use crate::ci_identity::{FIRST, HOST, SECOND, cache, cached, exchanges, get, job, job_on_github, play};
use crate::rig::finish;

/// Another process of the job looks at the directory between any two calls of the one that makes it.
#[test]
#[ignore = "needs strace; tests/run.sh installs it"]
fn the_cache_is_the_users_alone_from_its_first_moment() {
    play(|scene| {
        job_on_github(scene);
        thread::scope(|threads| {
            let first = threads.spawn(|| {
                let mut command = scene.world.command("strace");
                command.args([
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    "inject=chmod,fchmod,fchmodat:delay_enter=1000000",
                ]);
                command.args(["git-credential-hf", "get"]);
                finish(command, HOST.as_bytes()).answers("hf_user", FIRST);
            });
            while !cache(scene).exists() {
                assert!(!first.is_finished(), "it makes none");
                thread::sleep(Duration::from_millis(5));
            }
            get(scene).answers("hf_user", FIRST);
            first.join().expect("ran");
        });
        assert_eq!(exchanges(scene), 1);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_cache_that_is_not_its_own_is_neither_read_nor_written() {
    play(|scene| {
        job(scene);
        get(scene).answers("hf_user", FIRST);
        let (directory, file) = (cache(scene), cached(scene).remove(0));
        let elsewhere = scene.world.home().join("elsewhere");
        let planted = "9999999999\nhf_planted\n";

        // a file that others may read, and a link in its place
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("mode");
        get(scene).answers("hf_user", SECOND);
        scene.world.write("planted", planted);
        let target = scene.world.home().join("planted");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("mode");
        fs::remove_file(&file).expect("ours");
        symlink(&target, &file).expect("linked");
        get(scene).answers("hf_user", "hf_jwt_job3");
        assert_eq!(fs::read_to_string(&target).expect("planted"), planted, "it wrote through a link");

        // a directory that is a link, and one that others may look into
        fs::rename(&directory, &elsewhere).expect("moved");
        symlink(&elsewhere, &directory).expect("linked");
        get(scene).answers("hf_user", "hf_jwt_job4");
        fs::remove_file(&directory).expect("a link");
        fs::rename(&elsewhere, &directory).expect("moved");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("mode");
        get(scene).answers("hf_user", "hf_jwt_job5");
        assert!(cached(scene).iter().all(|file| !fs::read_to_string(file).expect("text").contains("job5")));
    });
}
