//! What is remembered of a token that the Hub rejected, where, and for how long.

use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use super::erase::{A, ASK, B, basic, erase};
use crate::rig::World;

#[test]
fn a_refused_active_token_is_passed_over_until_it_changes() {
    let world = World::new().token(A);
    erase(&world, &format!("username=hf_user\npassword={A}\n"));
    world.helper(&["get"], ASK).refused().says("rejected");
    world.helper(&["get"], format!("{ASK}username=bob\n")).refused().says("rejected");
    world.write_token(B);
    world.helper(&["get"], ASK).answers("hf_user", B);
}

#[test]
fn a_refusal_is_heard_in_every_shape_and_of_those_tokens_only() {
    for rest in [format!("password={A}\n"), basic("hf_user", A), format!("username=hf_user\n{}", basic("hf_user", A))] {
        let world = World::new().token(A);
        erase(&world, &rest);
        world.helper(&["get"], ASK).refused().says("rejected");
    }
    for rest in [
        format!("password={B}\n"),
        basic("hf_user", B),
        "username=hf_user\n".to_owned(),
        String::new(),
        // good over Basic, perhaps, though it was refused over Bearer
        format!("authtype=Bearer\ncredential={A}\n"),
    ] {
        let world = World::new().token(A);
        erase(&world, &rest);
        world.helper(&["get"], ASK).answers("hf_user", A);
    }
}

#[test]
fn a_refused_hf_token_never_becomes_another_person() {
    let world = World::new().token(A).env("HF_TOKEN", B);
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    erase(&world, &format!("username=hf_user\npassword={B}\n"));
    for rest in ["", "username=bob\n"] {
        world.helper(&["get"], format!("{ASK}{rest}")).gives_up().says("HF_TOKEN").hides(B);
    }
    let world = world.env("HF_TOKEN", "hf_new");
    world.helper(&["get"], ASK).answers("hf_user", "hf_new");
    world.without("HF_TOKEN").helper(&["get"], ASK).answers("bob", "test1");
}

#[test]
fn a_refused_token_of_the_requested_name_never_becomes_another_person() {
    let world = World::new().token(A).stored_tokens(&format!("[bob]\nhf_token = {B}\n\n"));
    erase(&world, &format!("username=bob\npassword={B}\n"));
    world.helper(&["get"], format!("{ASK}username=bob\n")).refused().hides(B);
    world.helper(&["get"], ASK).answers("hf_user", A);
}

#[test]
fn a_refusal_ends_after_a_quarter_of_an_hour_or_when_the_token_is_accepted() {
    let refused = || {
        let world = World::new().token(A);
        erase(&world, &format!("username=hf_user\npassword={A}\n"));
        world.helper(&["get"], ASK).refused().says("rejected");
        world
    };
    let world = refused();
    let directory = world.home().join(".local/state/git-credential-hf/refused");
    let aged = |minutes: u64| {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60 * minutes)).unwrap();
        }
    };
    aged(14);
    world.helper(&["get"], ASK).refused().says("rejected");
    aged(16);
    world.helper(&["get"], ASK).answers("hf_user", A);
    for accepted in [
        format!("username=hf_user\npassword={A}\n"),
        format!("username=hf_user\n{}ephemeral=1\nstate[]=hf:hf-home\n", basic("hf_user", A)),
    ] {
        let world = refused();
        world.helper(&["store"], format!("{ASK}{accepted}")).is_silent();
        world.helper(&["get"], ASK).answers("hf_user", A);
    }
}

#[test]
fn a_refusal_is_written_down_without_the_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().token(A);
    erase(&world, &format!("password={A}\n"));
    let directory = world.home().join(".local/state/git-credential-hf/refused");
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert!(std::fs::read(&path).unwrap().is_empty());
        assert!(!path.to_string_lossy().contains("AAA"));
    }
    // those that are over are swept out with the next
    let old = directory.join("0".repeat(64));
    std::fs::File::create(&old).unwrap().set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    let world = world.token(B);
    erase(&world, &format!("password={B}\n"));
    assert!(!old.exists());
}

#[test]
fn what_could_not_be_deleted_is_not_answered_again_at_once() {
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword=test1\n")).is_silent();
    // nobody can take the lock any more
    std::fs::remove_file(world.hf_home().join("stored_tokens.lock")).unwrap();
    std::fs::create_dir(world.hf_home().join("stored_tokens.lock")).unwrap();
    world.helper(&["get"], ASK).answers("bob", "test1");
    world.helper(&["erase"], format!("{ASK}username=bob\npassword=test1\n")).refused().hides("test1");
    world.helper(&["get"], ASK).refused().says("rejected");
    assert!(world.read_stored_tokens().contains("test1"));
    // what somebody else keeps, too, would be answered by that one: no more is to be done than not to answer it
    let world = world.env("HF_TOKEN", "test1");
    erase(&world, "username=bob\npassword=test1\n");
    world.helper(&["get"], ASK).gives_up().says("HF_TOKEN");
}

#[test]
fn a_refusal_is_heard_whatever_the_username_and_however_it_is_spelled() {
    let world = World::new().token(A);
    erase(&world, &format!("username=\npassword={A}\n"));
    world.helper(&["get"], ASK).refused().says("rejected");
    // RFC 7617 has no colon in a username, so that another is answered
    let world = World::new().token(A);
    world.helper(&["get"], format!("capability[]=authtype\n{ASK}username=a:b\n")).answers_ephemerally("hf_user", A);
}

#[test]
fn a_refusal_that_cannot_be_written_down_gets_one_line() {
    let world = World::new().token(A);
    world.write(".local", "not a directory");
    let file = world.home().join(".local");
    let world = world.env("TMPDIR", file);
    world.helper(&["erase"], format!("{ASK}username=hf_user\npassword={A}\n")).refused().hides("AAA");
}

#[test]
fn a_home_that_cannot_be_written_makes_no_refusal_forgotten() {
    let world = World::new().token(A);
    world.write(".local", "not a directory");
    erase(&world, &format!("username=hf_user\npassword={A}\n"));
    world.helper(&["get"], ASK).refused().says("rejected");
    let file = world.home().join(".local");
    let world = world.env("TMPDIR", file);
    world.helper(&["get"], ASK).answers("hf_user", A);
    let runtime = world.root().join("runtime");
    let world = world.env("XDG_RUNTIME_DIR", runtime);
    erase(&world, &format!("username=hf_user\npassword={A}\n"));
    world.helper(&["get"], ASK).refused().says("rejected");
}

#[test]
fn a_trap_in_a_directory_that_others_share_is_stepped_around() {
    let world = World::new().token(A);
    world.write(".local", "not a directory");
    let trap = world.root().join("tmp").join(format!("git-credential-hf-{}", nix::unistd::geteuid()));
    std::fs::create_dir(world.root().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", trap).unwrap();
    erase(&world, &format!("username=hf_user\npassword={A}\n"));
    world.helper(&["get"], ASK).refused().says("rejected");
    assert_eq!(std::fs::read_dir(world.root().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn who_makes_the_directory_first_keeps_no_rejection_from_being_remembered() {
    let world = World::new().token(A);
    world.write(".local", "not a directory");
    let name = format!("git-credential-hf-{}", nix::unistd::geteuid());
    let temporary = world.root().join("tmp");
    // to be another user takes root; a file in its place is as little ours
    if nix::unistd::geteuid().is_root() {
        for name in [name.clone(), format!("{name}.1"), format!("{name}.abcdef")] {
            std::fs::create_dir_all(temporary.join(&name).join("refused")).unwrap();
            std::os::unix::fs::chown(temporary.join(name), Some(65534), Some(65534)).unwrap();
        }
    } else {
        std::fs::write(temporary.join(&name), "").unwrap();
    }
    for _ in 0..2 {
        erase(&world, &format!("username=hf_user\npassword={A}\n"));
        world.helper(&["get"], ASK).refused().says("rejected");
    }
    let about = |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap());
    let all = std::fs::read_dir(&temporary).unwrap().map(|entry| about(entry.unwrap()));
    let is_ours = |about: &std::fs::Metadata| about.is_dir() && about.uid() == nix::unistd::geteuid().as_raw();
    let ours: Vec<_> = all.filter(|(_, about)| is_ours(about)).collect();
    let [(ours, about)] = &ours[..] else { panic!("one of our own, once: {ours:?}") };
    assert!(ours.starts_with(&format!("{name}.")), "{ours}");
    assert_eq!(about.mode() & 0o777, 0o700);
}

#[test]
fn a_rejection_that_may_be_anothers_is_short_and_names_that_one() {
    let world = World::new().token(A).global_config("[credential]\n\thelper = hf\n");
    world.git(&["config", "--global", "http.https://huggingface.co/.extraHeader", "Authorization: Bearer hf_dead"]);
    let rejected = world.helper(&["erase"], format!("{ASK}username=hf_user\npassword={A}\n"));
    rejected.succeeded().says_one_line().says("extraheader").hides(A).hides("hf_dead");
    world.helper(&["get"], ASK).refused().says("git config --global --unset-all").hides(A);
    let status = world.helper(&["status"], b"").out();
    assert!(!status.contains("rejected") && !status.contains("refused"), "{status}");
    world.git(&["config", "--global", "--unset-all", "http.https://huggingface.co/.extraHeader"]).succeeded();
    let directory = world.home().join(".local/state/git-credential-hf/refused-in-doubt");
    for entry in std::fs::read_dir(&directory).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(61)).unwrap();
    }
    world.helper(&["get"], ASK).answers("hf_user", A);
}

#[test]
fn what_is_removed_although_another_may_be_to_blame_is_told() {
    let world = World::new().global_config("[credential]\n\thelper = hf\n");
    world.helper(&["store"], format!("{ASK}username=bob\npassword={B}\n")).is_silent();
    world.git(&["config", "--global", "http.https://huggingface.co/.extraHeader", "Authorization: Bearer hf_dead"]);
    let request = format!("{ASK}wwwauth[]=Basic realm=\"Hub\"\nusername=bob\npassword={B}\n");
    let rejected = world.helper(&["erase"], request);
    rejected.succeeded().says_one_line().says("extraheader").says("the token stored for bob was removed").hides(B);
    assert!(!world.read_stored_tokens().contains(B));
}
