//! What stands in a keychain's window, and what is made of what earlier versions and other programs left there.

use super::*;

fn an_item(username: &str, secret: &str, more: &[(&str, &str)]) -> Item {
    let schema = ("xdg:schema", "co.huggingface.git-credential-hf");
    let own = [schema, ("service", "https://huggingface.co"), ("username", username)];
    let all = own.iter().chain(more).copied();
    Item {
        label: format!("Hugging Face token of {username} for git (https://huggingface.co)"),
        attributes: all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        secret: secret.to_owned(),
    }
}

#[track_caller]
fn the_item(service: &Service) -> Item {
    let items = service.items();
    assert_eq!(items.len(), 1, "{items:?}");
    items[0].clone()
}

#[test]
fn whoever_copies_the_secret_has_the_token_alone_and_sees_whose_it_is() {
    for (name, manners) in OPEN {
        eprintln!("--- {name}");
        let (world, service) = with(manners);
        let expires = "password_expiry_utc=9999999999\n";
        run(&world, &["store"], &request("alice", &format!("{expires}password={ALICE}\n"))).is_silent();
        let item = the_item(&service);
        assert_eq!(item.secret, ALICE);
        for (attribute, value) in [("UserName", "alice"), ("URL", "https://huggingface.co")] {
            assert_eq!(item.attributes.get(attribute).map(String::as_str), Some(value));
        }
        assert!(!format!("{:?} {}", item.attributes, item.label).contains(ALICE), "the token is not only the secret");
        if manners.attributes != Attributes::Hashed {
            let expiry = get(&world, "alice").attribute("password_expiry_utc");
            assert_eq!(expiry.as_deref(), Some("9999999999"));
        }
        store(&world, "alice", NEWER).is_silent();
        assert_eq!(the_item(&service).secret, NEWER);
    }
}

#[test]
fn a_refresh_token_is_in_no_attribute() {
    let (world, service) = with(PLAIN);
    let known = format!("password={ALICE}\noauth_refresh_token=refresh\n");
    run(&world, &["store"], &request("alice", &known)).is_silent();
    let item = the_item(&service);
    assert!(!format!("{:?} {}", item.attributes, item.label).contains("refresh"), "{item:?}");
    let answer = get(&world, "alice");
    assert_eq!(answer.answers("alice", ALICE).attribute("oauth_refresh_token").as_deref(), Some("refresh"));
}

#[test]
fn what_is_known_of_one_token_is_not_believed_of_the_next() {
    for (name, manners) in OPEN {
        eprintln!("--- {name}");
        let (world, service) = with(manners);
        let expired = format!("password_expiry_utc=1000000000\npassword={ALICE}\n");
        run(&world, &["store"], &request("alice", &expired)).is_silent();
        store(&world, "alice", NEWER).is_silent();
        let answer = get(&world, "alice");
        assert!(answer.answers("alice", NEWER).attribute("password_expiry_utc").is_none(), "{answer:?}");
        // as where the service ended between the secret and its attributes
        let mut item = the_item(&service);
        erase(&world, "alice", NEWER).is_silent();
        item.attributes.insert("password_expiry_utc".to_owned(), "1000000000".to_owned());
        service.add(item);
        get(&world, "alice").answers("alice", NEWER);
    }
}

#[test]
fn an_entry_of_an_earlier_version_is_read_replaced_and_erased() {
    let lines = "username=alice\rpassword_expiry_utc=9999999999\roauth_refresh_token=refresh\rgit_stored_at=7\r\
                 git_stored_beside=";
    for (name, manners) in OPEN {
        for end in ["\r", "\n"] {
            eprintln!("--- {name} {end:?}");
            let (world, service) = with(manners);
            let earlier = || an_item("alice", &format!("{ALICE}{end}{}", lines.replace('\r', end)), &[]);
            service.add(earlier());
            for answer in [get(&world, "alice"), run(&world, &["get"], HUB)] {
                answer.answers("alice", ALICE);
                assert_eq!(answer.attribute("password_expiry_utc").as_deref(), Some("9999999999"));
                assert_eq!(answer.attribute("oauth_refresh_token").as_deref(), Some("refresh"));
            }
            store(&world, "alice", NEWER).is_silent();
            assert_eq!(the_item(&service).secret, NEWER);
            erase(&world, "alice", NEWER).is_silent();
            service.add(earlier());
            erase(&world, "alice", NEWER).is_silent();
            erase(&world, "alice", ALICE).is_silent();
            assert!(service.items().is_empty(), "{:?}", service.items());
        }
    }
}

#[test]
fn of_two_entries_of_one_account_the_newer_answers_and_the_next_store_leaves_one() {
    for (first, second) in [(("7", ALICE), ("8", BOB)), (("8", BOB), ("7", ALICE))] {
        let (world, service) = with(PLAIN);
        for (stored_at, token) in [first, second] {
            service.add(an_item("alice", token, &[("git_stored_at", stored_at), ("git_stored_beside", "")]));
        }
        get(&world, "alice").answers("alice", BOB);
        let list = run(&world, &["list"], "");
        assert_eq!(list.out().matches("keychain").count(), 1, "{list:?}");
        store(&world, "alice", NEWER).is_silent();
        assert_eq!(the_item(&service).secret, NEWER);
    }
}
