//! A service that answers with more than anybody keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// As long as a message may be, but for its header.
const LONGEST: usize = 255 << 10;

fn is_too_much<T>(answer: Result<T>) -> bool {
    answer.is_err_and(|error| matches!(Unavailable::from(error), Unavailable::Failed(why) if why.contains("more than")))
}

#[test]
fn more_items_than_anybody_has_are_not_asked_for() {
    // as many as one message holds
    let found = answer(1, &(vec![path("/i"); 30_000], NONE));
    let mut session = played(false, vec![vec![found]]);
    assert!(is_too_much(session.items("e", None)));
}

#[test]
fn what_is_told_in_all_for_one_question_has_an_end() {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let text = "x".repeat(LONGEST);
    let script = (1..=4000).map(move |serial| {
        let (count, text) = (Arc::clone(&count), text.clone());
        move |_: &Message| {
            count.fetch_add(1, Ordering::Relaxed);
            vec![secret(serial, &text)]
        }
    });
    let started = Instant::now();
    let items = vec![path("/i").into(); 4000];
    let mut session = played_by(false, script);
    assert!(is_too_much(session.read(&items, Some("alice"))));
    let told = told.load(Ordering::Relaxed) * LONGEST;
    assert!(told < 10 << 20, "{told} bytes were taken");
    assert!(started.elapsed() < Duration::from_secs(20));
    // the next question has as much room again
    session.begin(Instant::now() + Duration::from_secs(60), None);
    assert_eq!(session.bus.heard, 0);
}
