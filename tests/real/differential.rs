//! `stored_tokens` as we read and edit it, against `huggingface_hub` itself: random files and what becomes of good ones.
//!
//! 20,000 files, or as many as `CASES` says: one for each number from `SEED` on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use git_credential_hf::source::hf_home::stored_tokens::StoredTokens;
use git_credential_hf::token;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::hf::python_command;
use crate::rig::{Random, World, seeds, stored_tokens};

/// One section: its fields with those of `[DEFAULT]`, the end of its life and its token.
type Reading = BTreeMap<String, String>;

/// `huggingface_hub`, which reads on and on.
pub struct Python {
    process: Child,
    files: ChildStdin,
    readings: BufReader<ChildStdout>,
}

impl Python {
    pub fn in_world(world: &World) -> Self {
        let file = world.root().join("tmp/stored_tokens");
        let mut command = python_command(world, include_str!("stored_tokens.py"), &[file.to_str().unwrap()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (files, readings) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, files, readings }
    }

    pub fn read<'a>(&mut self, files: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<Value> {
        let length = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let mut batch = length(files.len()).to_vec();
        for file in files {
            batch.extend(length(file.len()));
            batch.extend(file);
        }
        self.files.write_all(&batch).unwrap();
        let mut line = String::new();
        self.readings.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("Python answers")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn fields_of(section: &Value) -> Reading {
    let fields = section[1].as_object().unwrap();
    fields.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn parsed(bytes: &[u8]) -> Option<StoredTokens> {
    StoredTokens::parse(String::from_utf8(bytes.to_vec()).ok()?.into()).ok()
}

/// We read of a file what Python reads: the same sections in the same order with the same fields, tokens and ends.
#[expect(clippy::disallowed_methods, reason = "the tokens are made up")]
fn assert_agree(file: Option<&StoredTokens>, python: &Value, case: &dyn Fn() -> String) {
    let Some(file) = file else { return assert!(python.is_null(), "{}: Python reads {python}", case()) };
    let sections = python["sections"].as_array().unwrap_or_else(|| panic!("{}: Python gives it up", case()));
    let names: Vec<_> = file.sections().map(|section| section.name()).collect();
    assert_eq!(names, sections.iter().map(|section| section[0].as_str().unwrap()).collect::<Vec<_>>(), "{}", case());
    let readings: Vec<_> = sections.iter().map(fields_of).collect();
    let mut keys: BTreeSet<_> = readings.iter().flat_map(Reading::keys).map(String::as_str).collect();
    keys.extend(["hf_token", "refresh_token", "expires_at", "username", "host"]);
    for ((section, python), reading) in file.sections().zip(sections).zip(&readings) {
        for key in &keys {
            let value = section.get(key);
            assert_eq!(value.as_deref(), reading.get(*key).map(String::as_str), "{}", case());
        }
        // int() takes the digits of every script. Nobody writes them there: hf writes str(int), which is ASCII
        if reading.get("expires_at").is_none_or(|end| end.is_ascii()) {
            assert_eq!(section.expires_at(), python[2].as_i64(), "{}", case());
        }
        let token = section.get("hf_token").and_then(|secret| token::clean(&secret));
        // a byte-order mark before a token is dropped: with it, the Hub knows none, so that hf gets nowhere
        let unmarked = |token: &str| token::stripped(token.strip_prefix('\u{feff}').unwrap_or(token)).to_owned();
        let wanted = python[3].as_str().map(unmarked).filter(|token| !token.is_empty());
        assert_eq!(token.as_ref().map(ExposeSecret::expose_secret), wanted.as_deref(), "{}", case());
    }
}

/// An edit and what it should come to.
struct Edit {
    seed: u64,
    text: Vec<u8>,
    intended: Vec<(String, Reading)>,
}

/// The edits to try on a file, by what Python reads of it; none where it cannot be told apart.
fn edits(seed: u64, file: &StoredTokens, python: &Value) -> Vec<Option<Edit>> {
    let mut random = Random::of(!seed);
    let before: Vec<_> = python["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| (section[0].as_str().unwrap().to_owned(), fields_of(section)))
        .collect();
    let inherited = |key: &str| python["default"][key].as_str().map(str::to_owned);
    let mut names = vec!["git:bob@huggingface.co"];
    names.extend(before.iter().map(|(name, _)| name.as_str()));
    let name = names.swap_remove(random.below(names.len()));

    let written = [("hf_token", Some("hf_new")), ("expires_at", None), ("username", Some("bob")), ("x", Some(""))];
    let with = file.with(name, &written).ok().map(|text| {
        let mut intended = before.clone();
        if !before.iter().any(|(known, _)| known == name) {
            let default = python["default"].as_object().unwrap().keys();
            intended.push((name.to_owned(), default.map(|key| (key.clone(), inherited(key).unwrap())).collect()));
        }
        for (_, fields) in intended.iter_mut().filter(|(known, _)| known == name) {
            for (key, value) in written {
                match value.map(str::to_owned).or_else(|| inherited(key)) {
                    Some(value) => _ = fields.insert(key.to_owned(), value),
                    None => _ = fields.remove(key),
                }
            }
        }
        Edit { seed, text: text.as_bytes().to_vec(), intended }
    });
    let without = file.without(|section| section.name() == name).ok().map(|text| {
        let intended = before.iter().filter(|(known, _)| known != name).cloned().collect();
        Edit { seed, text: text.as_bytes().to_vec(), intended }
    });
    vec![with, without]
}

#[test]
#[ignore = "needs huggingface_hub; tests/run.sh installs it"]
fn any_file_reads_and_any_edit_is_what_python_says() {
    let world = World::new();
    let mut python = Python::in_world(&world);
    let (mut readable, mut made, mut refused) = (0, 0, 0);
    let all = seeds(20_000);
    for start in all.clone().step_by(500) {
        let batch: Vec<_> = (start..all.end.min(start + 500)).map(|seed| (seed, stored_tokens(seed))).collect();
        let mut changed = Vec::new();
        let readings = python.read(batch.iter().map(|(_, bytes)| bytes.as_slice()));
        for ((seed, bytes), reading) in batch.iter().zip(&readings) {
            let file = parsed(bytes);
            assert_agree(file.as_ref(), reading, &|| format!("seed {seed}: {:?}", String::from_utf8_lossy(bytes)));
            let Some(file) = file else { continue };
            readable += 1;
            for edit in edits(*seed, &file, reading) {
                match edit {
                    Some(edit) => changed.push(edit),
                    None => refused += 1,
                }
            }
        }
        made += changed.len();
        let readings = python.read(changed.iter().map(|edit| edit.text.as_slice()));
        for (Edit { seed, text, intended }, reading) in changed.iter().zip(&readings) {
            let case = || format!("seed {seed}, edited: {:?}", String::from_utf8_lossy(text));
            assert_agree(parsed(text).as_ref(), reading, &case);
            let read = reading["sections"].as_array().unwrap().iter();
            let read: Vec<_> =
                read.map(|section| (section[0].as_str().unwrap().to_owned(), fields_of(section))).collect();
            assert_eq!(&read, intended, "{}", case());
        }
    }
    let files = all.end - all.start;
    eprintln!("{files} files, {readable} readable; {made} edits, {refused} refused");
    assert!(readable > files / 4 && readable < files, "{readable} of {files} readable");
    assert!(refused * 10 < made, "{refused} of {made} edits refused");
}
