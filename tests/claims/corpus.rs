//! `stored_tokens` files and what `huggingface_hub` reads from them, as it was recorded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use git_credential_hf::source::hf_home::stored_tokens::StoredTokens;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";

fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/stored_tokens").join(name)
}

fn recorded(name: &str) -> BTreeMap<String, Value> {
    // a lone surrogate, which Python writes, is no text anywhere else
    let text = std::fs::read_to_string(corpus(name)).unwrap().replace("\\ud800", "\\ufffd");
    let all: Value = serde_json::from_str(&text).unwrap();
    let cases = all["cases"].as_object().unwrap();
    assert!(!cases.is_empty());
    cases.iter().map(|(name, case)| (name.clone(), case.clone())).collect()
}

fn parsed(bytes: Vec<u8>) -> Option<StoredTokens> {
    StoredTokens::parse(Zeroizing::new(String::from_utf8(bytes).ok()?)).ok()
}

/// Every section with its fields, as Python lists them.
fn assert_reads(stored_tokens: &StoredTokens, full: &Value, case: &str) {
    let full = full.as_array().unwrap();
    let names: Vec<_> = stored_tokens.sections().map(|section| section.name()).collect();
    assert_eq!(names, full.iter().map(|section| section[0].as_str().unwrap()).collect::<Vec<_>>(), "{case}");
    for (section, recorded) in stored_tokens.sections().zip(full) {
        for field in recorded[1].as_array().unwrap() {
            let value = section.get(field[0].as_str().unwrap());
            assert_eq!(value.as_deref(), field[1].as_str(), "{case}: {field}");
        }
        if !recorded[1].to_string().contains("\"hf_token\"") {
            assert!(section.get("hf_token").is_none(), "{case}");
        }
    }
}

#[test]
fn every_file_reads_as_python_reads_it() {
    for (name, case) in recorded("expected.json") {
        let read = parsed(std::fs::read(corpus(&format!("{name}.ini"))).unwrap());
        assert_eq!(read.is_none(), !case["error"].is_null(), "{name}: {}", case["why"]);
        if let Some(stored_tokens) = read {
            assert_reads(&stored_tokens, &case["full"], &name);
        }
    }
}

#[test]
fn every_named_token_is_answered_to_its_name_with_its_expiry() {
    for (name, case) in recorded("expected.json") {
        let world = World::new().token("hf_active");
        world.write(".cache/huggingface/stored_tokens", std::fs::read(corpus(&format!("{name}.ini"))).unwrap());
        for (username, token) in case["by_name"].as_object().unwrap() {
            let reply = world.helper(&["get"], format!("{ASK}username={username}\n"));
            let expires_at = &case["expires_at"][username];
            if expires_at.as_i64().is_some_and(|end| end < 1_790_000_000) {
                reply.refused().says("expired");
                continue;
            }
            match token.as_str() {
                Some(token) if token.contains('\0') => _ = reply.refused(),
                Some(token) => _ = reply.answers(username, token),
                None => _ = reply.answers(username, "hf_active"),
            }
            assert_eq!(
                reply.attribute("password_expiry_utc"),
                expires_at.as_i64().map(|end| end.to_string()),
                "{name}"
            );
        }
    }
}

#[test]
fn what_python_writes_is_read_and_what_we_add_leaves_it_whole() {
    for (name, case) in recorded("python_writes.json") {
        let Some(written) = case["written_b64"].as_str() else { continue };
        let Some(stored_tokens) = parsed(BASE64_STANDARD.decode(written).unwrap()) else {
            assert!(case["reads_back"].as_array().unwrap().is_empty(), "{name}");
            continue;
        };
        assert_reads(&stored_tokens, &case["reads_back"], &name);
        let fields = [("hf_token", Some("hf_ours")), ("username", Some("u"))];
        let edited = parsed(stored_tokens.with("git:u@huggingface.co", &fields).unwrap().as_bytes().to_vec()).unwrap();
        let ours = edited.section("git:u@huggingface.co").unwrap();
        assert_eq!(&*ours.get("hf_token").unwrap(), "hf_ours");
        let restored = edited.without(|section| section.name() == "git:u@huggingface.co").unwrap();
        assert_reads(&parsed(restored.as_bytes().to_vec()).unwrap(), &case["reads_back"], &name);
    }
}

#[test]
fn the_active_token_is_the_one_python_finds() {
    for (name, case) in recorded("get_token.json") {
        let mut world = World::new();
        for (file, recorded) in [("token", "token_file_b64"), ("stored_tokens", "stored_tokens_b64")] {
            if let Some(bytes) = case[recorded].as_str() {
                world.write(world.hf_home().join(file), BASE64_STANDARD.decode(bytes).unwrap());
            }
        }
        if case["token_is_dir"] == true {
            std::fs::create_dir_all(world.hf_home().join("token")).unwrap();
        }
        for (variable, value) in case["env"].as_object().unwrap() {
            world.set_env(variable, value.as_str().unwrap());
        }
        // the CI identity is not asked for yet, and a lone section is an addition of ours
        if name.starts_with("oidc") || name == "stored_only" {
            continue;
        }
        let reply = world.helper(&["get"], ASK);
        match case["got"]["token"].as_str() {
            Some(token) => _ = reply.answers("hf_user", token),
            None if case["got"]["raised"].is_string() => _ = reply.refused(),
            None => _ = reply.prints_nothing().says_one_line(),
        }
    }
}
