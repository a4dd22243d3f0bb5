//! `hf` empties a file before it writes it anew: who reads in between still finds a token.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::rig::World;

const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";

/// Rewrites `path` as Python does, over and over, and is slow about it.
fn rewrite(path: &Path, texts: &[String; 2], done: &AtomicBool) -> usize {
    let mut count = 0;
    while !done.load(Ordering::Relaxed) {
        let mut file = fs::File::create(path).expect("truncated");
        thread::sleep(Duration::from_millis(3));
        file.write_all(texts[count % 2].as_bytes()).expect("written");
        // longer than the helper's pause: its next look must not meet the next rewriting
        thread::sleep(Duration::from_millis(30));
        count += 1;
    }
    count
}

/// Every answer to `request` while `path` alternates between what holds alice's token and what holds bob's.
fn answers_while_torn(path: &str, texts: &[String; 2], request: &str) {
    let world = World::new();
    let path = world.hf_home().join(path);
    world.write(&path, &texts[0]);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        let rewriting = threads.spawn(|| rewrite(&path, texts, &done));
        let answers: Vec<_> = (0..100).map(|_| world.helper(&["get"], request)).collect();
        done.store(true, Ordering::Relaxed);
        let rewritten = rewriting.join().expect("ran");
        for answer in answers {
            let token = answer.succeeded().says_nothing().attribute("password");
            let token = token.unwrap_or_default();
            assert!(token == ALICE || token == BOB, "{answer:?}");
        }
        assert!(rewritten > 10, "rewritten {rewritten} times: nothing was torn");
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
