//! The laws of the fuzz targets, held against all that fuzzing found worth keeping (tests/fuzz/corpus) and random files.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::rig::stored_tokens;

#[expect(unreachable_pub, reason = "to the fuzz targets it is a crate of its own")]
#[path = "../fuzz/laws.rs"]
mod laws;

type Law = fn(&[u8]);

#[test]
fn every_law_holds_of_what_fuzzing_found() {
    let laws: [(&str, Law); 6] = [
        ("request", laws::request),
        ("stored_tokens", laws::stored_tokens),
        ("edit", laws::edit),
        ("endpoint", laws::endpoint),
        ("whoami", laws::whoami),
        ("grant", laws::grant),
    ];
    for (target, law) in laws {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
        let found: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!found.is_empty(), "{target}");
        for path in found {
            let bytes = fs::read(&path).unwrap();
            assert!(catch_unwind(|| law(&bytes)).is_ok(), "{}", path.display());
        }
    }
}

#[test]
fn the_laws_of_stored_tokens_hold_of_random_files() {
    for seed in 0..1500 {
        let file = stored_tokens(seed);
        laws::stored_tokens(&file);
        for name in ["git:bob@huggingface.co", "work", "a]b", " x"] {
            laws::edit(&[name.as_bytes(), b"\0hf_new\0", &file].concat());
        }
    }
}
