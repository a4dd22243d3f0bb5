//! A secret that takes the place of another.

use std::collections::HashMap;

use super::*;

/// Plays the service: calls of these methods, and what comes back of each.
fn plays(script: Vec<(&'static str, Vec<Vec<u8>>)>) -> Session {
    let script = script.into_iter().map(|(method, answers)| {
        move |call: &Message| {
            assert_eq!(call.member, method);
            answers
        }
    });
    let session = played_by(false, script);
    Session { path: Some(path("/s").into()), ..session }
}

fn put(script: Vec<(&'static str, Vec<Vec<u8>>)>) -> Result<()> {
    plays(script).put("e", "alice", &HashMap::from([("git_stored_at".to_owned(), "7".to_owned())]), b"hf_A")
}

#[test]
fn an_item_is_changed_in_one_turn() {
    let found = answer(1, &(vec![path("/b"), path("/a")], NONE));
    // neither is answered before both were asked
    put(vec![("SearchItems", vec![found]), ("Set", vec![]), ("SetSecret", vec![answer(3, &()), answer(2, &())])])
        .unwrap();
}

#[test]
fn one_that_is_gone_or_keeps_its_attributes_is_made_anew() {
    let gone = "org.freedesktop.Secret.Error.NoSuchObject";
    let fixed = "org.freedesktop.DBus.Error.PropertyReadOnly";
    for answers in [[error(2, gone), error(3, gone)], [error(2, fixed), answer(3, &())]] {
        put(vec![
            ("SearchItems", vec![answer(1, &(vec![path("/a")], NONE))]),
            ("Set", vec![]),
            ("SetSecret", answers.into()),
            ("ReadAlias", vec![answer(4, &path("/c"))]),
            ("Unlock", vec![answer(5, &(NONE, path(NO_OBJECT)))]),
            ("CreateItem", vec![answer(6, &(path("/i"), path(NO_OBJECT)))]),
        ])
        .unwrap();
    }
}

#[test]
fn one_whose_secret_is_not_taken_is_not_made_a_second_time() {
    let locked = "org.freedesktop.Secret.Error.IsLocked";
    let refused = put(vec![
        ("SearchItems", vec![answer(1, &(vec![path("/a")], NONE))]),
        ("Set", vec![]),
        ("SetSecret", vec![answer(2, &()), error(3, locked)]),
    ]);
    assert!(is_locked(refused));
}
