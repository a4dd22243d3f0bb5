//! `hf` empties a file before it writes it anew: who reads in between still finds a token.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

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
