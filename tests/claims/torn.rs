//! `hf` empties a file before it writes it anew: who reads in between still finds a token, and who writes loses none.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::rig::World;

const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";

/// Rewrites `path` as Python does, 40 times, and is slow about it.
fn rewrite(path: &Path, texts: &[String; 2]) {
    for text in texts.iter().cycle().take(40) {
        let mut file = fs::File::create(path).expect("truncated");
        thread::sleep(Duration::from_millis(3));
        file.write_all(text.as_bytes()).expect("written");
        // longer than the helper's pause: its next look must not meet the next rewriting
        thread::sleep(Duration::from_millis(30));
    }
}

/// Every answer to `request` while `path` alternates between what holds alice's token and what holds bob's.
fn answers_while_torn(path: &str, texts: &[String; 2], request: &str) {
    let world = World::new();
    let path = world.hf_home().join(path);
    world.write(&path, &texts[0]);
    thread::scope(|threads| {
        let rewriting = threads.spawn(|| rewrite(&path, texts));
        while !rewriting.is_finished() {
            let answer = world.helper(&["get"], request);
            let token = answer.succeeded().says_nothing().attribute("password");
            let token = token.unwrap_or_default();
            assert!(token == ALICE || token == BOB, "{answer:?}");
        }
    });
}

#[test]
fn a_token_file_that_is_rewritten_in_place_answers_always() {
    let texts = [ALICE, BOB].map(str::to_owned);
    answers_while_torn("token", &texts, "protocol=https\nhost=huggingface.co\n");
}

#[test]
fn stored_tokens_that_are_rewritten_in_place_answer_always() {
    let texts = [ALICE, BOB].map(|token| format!("[work]\nhf_token = {token}\n\n"));
    let request = "protocol=https\nhost=huggingface.co\nusername=work\n";
    answers_while_torn("stored_tokens", &texts, request);
}

const STORE: &str = "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n";

#[test]
fn what_hf_emptied_and_did_not_write_yet_is_not_written_over() {
    let world = World::new().stored_tokens("");
    let mut file = fs::File::create(world.hf_home().join("stored_tokens")).expect("truncated");
    thread::scope(|threads| {
        threads.spawn(|| {
            thread::sleep(Duration::from_millis(800));
            file.write_all(format!("[work]\nhf_token = {ALICE}\n\n").as_bytes()).expect("written");
        });
        world.helper(&["store"], STORE).is_silent();
    });
    let written = world.read_stored_tokens();
    assert!(written.contains(ALICE) && written.contains("test1"), "{written}");
}

#[test]
fn a_file_that_ends_in_the_middle_of_a_line_is_written_to_once_it_is_old_enough() {
    for age in [Duration::from_millis(1500), Duration::from_secs(60)] {
        let world = World::new().stored_tokens(&format!("[work]\nhf_token = {ALICE}"));
        let file = fs::File::options().write(true).open(world.hf_home().join("stored_tokens")).expect("there");
        file.set_modified(SystemTime::now() - age).expect("dated");
        world.helper(&["store"], STORE).is_silent();
        let written = world.read_stored_tokens();
        assert!(written.starts_with(&format!("[work]\nhf_token = {ALICE}\n[git:bob@")), "{written}");
    }
}

#[test]
fn a_file_that_somebody_keeps_rewriting_is_given_up() {
    let text = format!("[work]\nhf_token = {ALICE}");
    let world = World::new().stored_tokens(&text);
    let file = fs::File::options().write(true).open(world.hf_home().join("stored_tokens")).expect("there");
    thread::scope(|threads| {
        let storing = threads.spawn(|| world.helper(&["store"], STORE));
        for _ in 0..200 {
            if storing.is_finished() {
                break;
            }
            file.set_modified(SystemTime::now()).expect("dated");
            thread::sleep(Duration::from_millis(50));
        }
        let reply = storing.join().expect("a reply");
        reply.refused().says("keeps rewriting it").hides("test1");
        assert!(reply.took > Duration::from_secs(3), "given up too early: {reply:?}");
    });
    assert_eq!(world.read_stored_tokens(), text);
}
