//! A service that is played, message by message.

mod locked;
mod much;

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use zvariant::Type;

use super::super::message;
use super::*;

const NONE: Vec<ObjectPath> = Vec::new();

const UNKNOWN: &str = "org.freedesktop.DBus.Error.UnknownMethod";

/// Plays the service: to each call in turn, these messages.
fn played(may_prompt: bool, script: Vec<Vec<Vec<u8>>>) -> Session {
    played_by(may_prompt, script.into_iter().map(|answers| |_: &Message| answers))
}

/// The same where what is called tells what is answered.
fn played_by<Answers>(may_prompt: bool, script: impl IntoIterator<Item = Answers> + Send + 'static) -> Session
where
    Answers: FnOnce(&Message) -> Vec<Vec<u8>>,
{
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    thread::spawn(move || {
        for answers in script {
            let mut call = vec![0; message::START];
            theirs.read_exact(&mut call).unwrap();
            call.resize(message::length(call[..].try_into().unwrap()).unwrap(), 0);
            theirs.read_exact(&mut call[message::START..]).unwrap();
            for answer in answers(&Message::read(call.into()).unwrap()) {
                theirs.write_all(&answer).unwrap();
            }
        }
    });
    let mut session = over(ours, Duration::from_secs(60), may_prompt.then_some(Duration::from_secs(60)));
    session.path = Some(path("/s").into());
    session
}

/// A question in hand, which has so long, and a person who is waited for so long.
fn over(stream: UnixStream, patience: Duration, person: Option<Duration>) -> Session {
    let person = person.map(|patience| {
        let person = Person { was_asked: AtomicBool::new(false), may_be_asked: || true, patience };
        &*Box::leak(Box::new(person))
    });
    Session { bus: Bus::over(stream), path: None, deadline: Instant::now() + patience, person }
}

fn path(path: &str) -> ObjectPath<'_> {
    ObjectPath::try_from(path).unwrap()
}

fn message<T: Serialize + Type>(kind: u8, mut fields: Vec<(u8, Value)>, values: &T) -> Vec<u8> {
    fields.push((message::field::SIGNATURE, Value::Signature(T::SIGNATURE.clone())));
    message::written(kind, 1, fields, &Body::of(values).unwrap()).unwrap().to_vec()
}

fn answer(serial: u32, values: &(impl Serialize + Type)) -> Vec<u8> {
    message(2, vec![(message::field::REPLY_SERIAL, Value::U32(serial))], values)
}

fn completed(is_dismissed: bool) -> Vec<u8> {
    let fields = vec![(message::field::PATH, path("/p").into()), (message::field::MEMBER, "Completed".into())];
    message(4, fields, &(is_dismissed, Value::from(0_u32)))
}

/// The answer whether the default collection is locked.
fn property(serial: u32, is_locked: bool) -> Vec<u8> {
    answer(serial, &Value::from(is_locked))
}

/// What is locked, and a prompt that ends before or after it has answered. It is searched for once more.
fn locked(may_prompt: bool, ends_early: bool, is_dismissed: bool) -> Session {
    let mut last = vec![answer(4, &()), completed(is_dismissed)];
    last.rotate_right(usize::from(ends_early));
    played(
        may_prompt,
        vec![
            vec![answer(1, &(NONE, vec![path("/i")]))],
            vec![answer(2, &(NONE, path("/p")))],
            vec![answer(3, &())],
            last,
            vec![answer(5, &(NONE, vec![path("/i")]))],
            vec![answer(6, &(NONE, path("/p")))],
        ],
    )
}

fn is_locked<T>(answer: Result<T>) -> bool {
    answer.is_err_and(|error| Unavailable::from(error) == Unavailable::Locked)
}

#[test]
fn what_is_locked_is_found_once_a_person_has_unlocked_it() {
    for ends_early in [false, true] {
        assert_eq!(locked(true, ends_early, false).items("e", None).unwrap(), [path("/i").into()]);
        let mut dismissed = locked(true, ends_early, true);
        for _ in 0..2 {
            assert!(is_locked(dismissed.items("e", None)), "asked again");
        }
    }
    assert!(is_locked(locked(false, false, false).items("e", None)));
}

#[test]
fn the_default_collection_is_opened_before_something_is_kept_in_it() {
    let unlocked = |prompt, last| {
        let script = [vec![answer(1, &path("/c"))], vec![answer(2, &(NONE, path(prompt)))], last];
        played(false, script.into())
    };
    let created = || vec![answer(3, &(path("/i"), path(NO_OBJECT)))];
    unlocked(NO_OBJECT, created()).create("e", "alice", b"hf_A").unwrap();
    unlocked(NO_OBJECT, Vec::new()).is_ready().unwrap();
    assert!(is_locked(unlocked("/p", created()).create("e", "alice", b"hf_A")));
    assert!(is_locked(unlocked("/p", Vec::new()).is_ready()));
}

#[test]
fn a_bus_that_says_nothing_or_a_byte_now_and_then_is_left_behind() {
    for says_something in [false, true] {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let drips = thread::spawn(move || {
            while theirs.write_all(if says_something { b"l" } else { b"" }).is_ok() {
                thread::sleep(Duration::from_millis(5));
                if !says_something && theirs.set_nonblocking(true).is_ok() && matches!(theirs.read(&mut [0]), Ok(0)) {
                    break;
                }
            }
        });
        let start = Instant::now();
        let mut session = over(ours, Duration::from_millis(60), None);
        let error = session.items("e", None).unwrap_err();
        assert_eq!(Unavailable::from(error), Unavailable::Silent);
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(session);
        drips.join().unwrap();
    }
}

#[test]
fn a_bus_that_reads_a_little_now_and_then_is_left_behind() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let sips = thread::spawn(move || {
        while theirs.read(&mut [0; 4096]).unwrap() > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let start = Instant::now();
    let error = over(ours, Duration::from_millis(60), None).items("e", Some(&"u".repeat(1 << 20))).unwrap_err();
    assert_eq!(Unavailable::from(error), Unavailable::Silent);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    sips.join().unwrap();
}

fn secret(serial: u32, text: &str) -> Vec<u8> {
    answer(serial, &(path("/s"), NO_PARAMETERS, text.as_bytes(), "text/plain"))
}

fn error(serial: u32, name: &str) -> Vec<u8> {
    let fields = [(message::field::REPLY_SERIAL, Value::U32(serial)), (message::field::ERROR_NAME, name.into())];
    message(3, fields.into(), &())
}

fn attributes(serial: u32, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: BTreeMap<_, _> = attributes.iter().copied().collect();
    answer(serial, &Value::Dict(attributes.into()))
}

#[test]
fn what_items_keep_is_asked_in_one_turn_and_whose_they_are_only_where_they_do_not_say_it() {
    let script = || {
        let gone = error(3, "org.freedesktop.Secret.Error.NoSuchObject");
        // the first answer comes after the last question
        let secrets = [secret(1, "hf_A\rusername=alice"), secret(2, "hf_B"), gone, secret(4, "hf_D")];
        vec![vec![], vec![], vec![], secrets.to_vec()]
    };
    let usernames = |username, script| {
        let paths = ["/a", "/b", "/c", "/d"].map(|item| path(item).into());
        let items = played(false, script).read(&paths, username).unwrap();
        items.into_iter().map(|item| item.username).collect::<Vec<_>>()
    };
    let mut asked = script();
    asked.extend([vec![attributes(5, &[("username", "bob")])], vec![attributes(6, &[])]]);
    assert_eq!(usernames(None, asked), ["alice", "bob"]);
    assert_eq!(usernames(Some("carol"), script()), ["carol"; 3]);
}

#[test]
fn hundreds_of_items_that_do_not_say_whose_they_are_are_read() {
    let script = (1..=600).map(|serial| {
        move |call: &Message| match &*call.member {
            "GetSecret" => vec![secret(serial, "hf_A")],
            _ => vec![attributes(serial, &[("username", "bob")])],
        }
    });
    let items = played_by(false, script).read(&vec![path("/i").into(); 300], None).unwrap();
    assert_eq!(items.iter().filter(|item| item.username == "bob").count(), 300);
}

#[test]
fn who_was_not_taken_note_of_asks_again_and_opens_a_session_afterwards() {
    let script = vec![
        vec![error(1, UNKNOWN)],
        vec![answer(2, &(vec![path("/i")], NONE))],
        vec![answer(3, &(Value::from(""), path("/s")))],
        vec![secret(4, "hf_A")],
    ];
    let mut session = Session { path: None, ..played(false, script) };
    let items = session.items("e", Some("alice")).unwrap();
    assert_eq!(session.read(&items, Some("alice")).unwrap().len(), 1);

    let collection = |serial, collection| vec![answer(serial, &path(collection))];
    let default = |script| played(false, script).default_collection();
    assert_eq!(&*default(vec![collection(1, NO_OBJECT), collection(2, "/c")]).unwrap(), "/c");
    let error = default(vec![collection(1, NO_OBJECT), collection(2, NO_OBJECT)]).unwrap_err();
    assert_eq!(Unavailable::from(error), Unavailable::NoCollection);
}

#[test]
fn an_answer_of_another_kind_is_none() {
    for answer in [answer(1, &()), answer(1, &"x"), answer(1, &NONE)] {
        let error = played(true, vec![vec![answer]]).items("e", None).unwrap_err();
        assert!(matches!(Unavailable::from(error), Unavailable::Failed(_)));
    }
    let error = played(true, vec![vec![error(1, "a\nb\u{1b}")]]).items("e", None).unwrap_err();
    assert_eq!(Unavailable::from(error), Unavailable::Failed(r"a\nb\u{1b}".to_owned()));
    assert!(Unavailable::from(played(true, vec![]).items("e", None).unwrap_err()).is_absence());
}
