//! A configuration that is out to keep `status` and `doctor` busy, or to have a terminal or a shell obey it.

use serde_json::Value;

use crate::findings::{configure, doctor_in, world};
use crate::rig::World;
use crate::status::{A, B, HELPER, repository, run_in};

#[test]
fn a_repository_made_to_keep_status_busy_does_not() {
    let world = World::new().with_clients().global_config(HELPER).env("HF_HUB_OFFLINE", "1");
    let world = world.stored_tokens(&format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\n\n"));
    repository(&world, "r", &[]);
    let remotes = (0..1990).map(|n| format!("[remote \"r{n}\"]\n\turl = https://n{n}@huggingface.co/o{n}/m\n"));
    let lines = (0..8000).map(|n| format!("[credential \"https://huggingface.co/o{n}\"]\n\tusername = u{n}\n"));
    let config = std::fs::read_to_string(world.home().join("r/.git/config")).unwrap();
    world.write("r/.git/config", config + &remotes.chain(lines).collect::<String>());
    let reply = run_in(&world, "r", &[]);
    assert!(reply.out().contains("1890 more remotes were not looked at"), "{reply:?}");
}

#[test]
fn what_a_repository_says_cannot_run_or_move_anything() {
    let world = world();
    configure(&world, &["remote.o;echo ran;.url", &format!("https://a:{B}@huggingface.co/acme/x")]);
    let odd = "a\u{9b}2Jb\u{7f}\u{202e}";
    configure(&world, &[&format!("remote.{odd}.url"), &format!("https://a:{B}@huggingface.co/acme/y")]);
    configure(&world, &["lfs.https://huggingface.co/;echo ran;.access", "none"]);
    configure(&world, &[&format!("remote.{}.url", "l".repeat(70_000)), "https://a:@huggingface.co/acme/z"]);
    for reply in [
        run_in(&world, "r", &[]),
        doctor_in(&world, "r", &[]),
        run_in(&world, "r", &["--json"]),
        doctor_in(&world, "r", &["--json"]),
    ] {
        let out = reply.out();
        assert!(!out.contains("set-url o;") && !out.contains("co/;echo ran;.access`"), "{out}");
        assert!(!out.contains(['\u{9b}', '\u{7f}', '\u{202e}', '\u{1b}']), "{out}");
        assert!(!reply.err().contains("panicked"), "{reply:?}");
    }
}

#[test]
fn json_holds_no_character_that_moves_the_cursor() {
    let world = World::new().global_config(HELPER);
    let world = world.stored_tokens(&format!("[a\u{9b}2Jb\u{7f}\u{202e}]\nhf_token = {A}\n\n"));
    for command in ["list", "status", "doctor"] {
        let out = world.helper(&[command, "--json"], "").out();
        assert!(!out.contains(['\u{9b}', '\u{7f}', '\u{202e}']), "{command}: {out}");
        let said: Value = serde_json::from_str(&out).expect("JSON");
        assert!(said.is_object(), "{command}");
    }
}
