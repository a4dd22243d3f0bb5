//! What is locked, hidden, or waits for a person.

use super::*;

/// Plays the service: calls of these methods, and what comes back of each.
fn plays(person: Option<Duration>, patience: Duration, script: Vec<(&'static str, Vec<Vec<u8>>)>) -> Session {
    let script = script.into_iter().map(|(method, answers)| {
        move |call: &Message| {
            assert_eq!(call.member, method);
            answers
        }
    });
    let played = played_by(false, script);
    Session { path: Some(path("/s").into()), ..with_patience(played, patience, person) }
}

fn with_patience(played: Session, patience: Duration, person: Option<Duration>) -> Session {
    let (stream, _) = UnixStream::pair().unwrap();
    Session { bus: played.bus, ..over(stream, patience, person) }
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(600);

fn found(serial: u32) -> Vec<u8> {
    answer(serial, &(vec![path("/i")], NONE))
}

fn nothing(serial: u32) -> Vec<u8> {
    answer(serial, &(NONE, NONE))
}

fn why<T: std::fmt::Debug>(answer: Result<T>) -> Unavailable {
    answer.unwrap_err().into()
}

#[test]
fn a_collection_that_nobody_has_opened_is_opened_and_searched_again() {
    let script = |prompt, last: Vec<(&'static str, Vec<Vec<u8>>)>| {
        let mut script = vec![
            ("SearchItems", vec![nothing(1)]),
            ("Get", vec![property(2, true)]),
            ("ReadAlias", vec![answer(3, &path("/c"))]),
            ("Unlock", vec![answer(4, &(NONE, path(prompt)))]),
        ];
        script.extend(last);
        script
    };
    let again = vec![("SearchItems", vec![found(5)])];
    let mut session = plays(None, LONG, script(NO_OBJECT, again));
    assert_eq!(session.items("e", None).unwrap(), [path("/i").into()]);

    assert_eq!(why(plays(None, LONG, script("/p", vec![])).items("e", None)), Unavailable::Locked);

    let unlocked = vec![
        ("AddMatch", vec![answer(5, &())]),
        ("Prompt", vec![answer(6, &()), completed(false)]),
        ("SearchItems", vec![found(7)]),
    ];
    let mut session = plays(Some(LONG), LONG, script("/p", unlocked));
    assert_eq!(session.items("e", None).unwrap(), [path("/i").into()]);
}

#[test]
fn nothing_is_found_where_the_default_collection_is_open_or_there_is_none() {
    let open = vec![("SearchItems", vec![nothing(1)]), ("Get", vec![property(2, false)])];
    assert!(plays(None, LONG, open).items("e", None).unwrap().is_empty());
    let none = vec![("SearchItems", vec![nothing(1)]), ("Get", vec![error(2, UNKNOWN)])];
    assert!(plays(None, LONG, none).items("e", None).unwrap().is_empty());

    // it stays on the line
    let half = vec![("SearchItems", vec![nothing(1)]), ("Get", vec![]), ("none", vec![])];
    assert_eq!(why(plays(None, SHORT, half).items("e", None)), Unavailable::Silent);
}

#[test]
fn a_search_that_waits_for_a_dialog_is_waited_for_while_a_person_is_there() {
    let asked = |is_locked, is_opened: bool, person| {
        let mut told = vec![property(2, is_locked)];
        told.extend(is_opened.then(|| found(1)));
        // it stays on the line
        let script = vec![("SearchItems", vec![]), ("Get", told), ("none", vec![])];
        plays(person, SHORT, script).items("e", None)
    };
    assert_eq!(asked(true, true, Some(LONG)).unwrap(), [path("/i").into()]);
    assert_eq!(why(asked(true, false, Some(SHORT))), Unavailable::Locked);
    assert_eq!(why(asked(true, false, None)), Unavailable::Locked);
    assert_eq!(why(asked(false, false, Some(LONG))), Unavailable::Silent);
    // a busy one that was merely late
    assert_eq!(asked(false, true, None).unwrap(), [path("/i").into()]);
}

#[test]
fn a_dialog_that_nobody_answers_is_taken_back_and_not_shown_again() {
    let search = |serial: u32| {
        [
            ("SearchItems", vec![answer(serial, &(NONE, vec![path("/i")]))]),
            ("Unlock", vec![answer(serial + 1, &(NONE, path("/p")))]),
        ]
    };
    let mut script = search(1).to_vec();
    script.extend([
        ("AddMatch", vec![answer(3, &())]),
        ("Prompt", vec![answer(4, &())]),
        ("Dismiss", vec![answer(5, &()), completed(true)]),
    ]);
    script.extend(search(6));
    let mut session = plays(Some(SHORT), LONG, script);
    assert_eq!(why(session.items("e", None)), Unavailable::Locked);
    session.begin(Instant::now() + LONG, session.person);
    assert_eq!(why(session.items("e", None)), Unavailable::Locked);
}

#[test]
fn a_prompt_that_needs_no_person_is_called_where_there_is_none() {
    let deleted = |prompted, last: Vec<(&'static str, Vec<Vec<u8>>)>| {
        let mut script =
            vec![("Delete", vec![answer(1, &path("/p"))]), ("AddMatch", vec![answer(2, &())]), ("Prompt", prompted)];
        script.extend(last);
        script
    };
    plays(None, LONG, deleted(vec![completed(false), answer(3, &())], vec![])).delete("/i").unwrap();
    let refused = deleted(vec![answer(3, &()), completed(true)], vec![]);
    assert_eq!(why(plays(None, LONG, refused).delete("/i")), Unavailable::Locked);
    // it does
    let dismissed = || deleted(vec![answer(3, &())], vec![("Dismiss", vec![answer(4, &())])]);
    assert_eq!(why(plays(None, SHORT, dismissed()).delete("/i")), Unavailable::Locked);
    assert_eq!(why(plays(Some(SHORT), SHORT, dismissed()).delete("/i")), Unavailable::Locked);
}

#[test]
fn what_comes_in_part_or_too_late_is_not_taken_for_another_answer() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let mut session = over(ours, SHORT, None);
    let first = answer(1, &path("/first"));
    let (start, rest) = first.split_at(first.len() / 2);
    theirs.write_all(start).unwrap();
    let alias = |session: &mut Session| session.default_collection();
    assert_eq!(why(alias(&mut session)), Unavailable::Silent);
    session.begin(Instant::now() + LONG, None);
    theirs.write_all(&[rest, &answer(2, &path("/second"))].concat()).unwrap();
    assert_eq!(&*alias(&mut session).unwrap(), "/second");
}
