//! Over the mock store of `keyring_core`.

use keyring_core::mock;

use super::*;
use crate::endpoint::Hub;

/// The mock store finds by substring, as no other does: what is not equal must be left out here.
fn keychain() -> Keychain {
    let store: Arc<CredentialStore> = mock::Store::new().unwrap();
    Keychain(Rc::new(Connection { store: Arc::new(Mutex::new(Some(store))), ..Connection::default() }))
}

fn endpoint(host: &str) -> Endpoint {
    Hub::new(Some("https://huggingface.co:8443"), false).endpoint(b"https", host.as_bytes()).unwrap()
}

fn token(secret: &str) -> AccessToken {
    AccessToken::new(SecretString::from(secret))
}

fn found(keychain: &Keychain, host: &str, username: Option<&str>) -> Vec<String> {
    let mut names: Vec<_> =
        keychain.find(&endpoint(host), username).unwrap().into_iter().map(|token| token.username.unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_entry_is_found_by_equal_host_and_username_only() {
    let keychain = keychain();
    for (host, username) in [
        ("huggingface.co", "bob"),
        ("huggingface.co", "bobby"),
        ("huggingface.co:8443", "bob"),
        ("huggingface.co:8443", "alice"),
    ] {
        keychain.put(&endpoint(host), username, &token("test1")).unwrap();
    }
    assert_eq!(found(&keychain, "huggingface.co", None), ["bob", "bobby"]);
    assert_eq!(found(&keychain, "huggingface.co:8443", None), ["alice", "bob"]);
    assert_eq!(found(&keychain, "huggingface.co", Some("bob")), ["bob"]);
    assert!(found(&keychain, "huggingface.co", Some("bo")).is_empty());
    assert!(found(&keychain, "huggingface.co", Some("alice")).is_empty());
}

#[test]
fn what_was_put_is_found_whole() {
    let keychain = keychain();
    let mut kept = token("test1");
    kept.expires_at = Some(9_999_999_999);
    kept.refresh_token = Some(SecretString::from("r=1 "));
    kept.stored = Some(token::Stored { at: 7, mark: token::Mark("m".to_owned()) });
    keychain.put(&endpoint("hf.co"), "bob", &kept).unwrap();
    let found = keychain.find(&endpoint("huggingface.co"), Some("bob")).unwrap().pop().unwrap();
    assert!(found.says_the_same_as(&kept));
    assert_eq!((found.stored, found.username.as_deref()), (kept.stored, Some("bob")));
}

#[test]
fn only_what_has_the_name_and_the_secret_is_removed() {
    let keychain = keychain();
    for (username, secret) in [("bob", "test1"), ("bobby", "test1"), ("alice", "test2")] {
        keychain.put(&endpoint("huggingface.co"), username, &token(secret)).unwrap();
    }
    let remove = |username, secret: Option<&str>| {
        let secret = secret.map(SecretString::from);
        keychain.remove(&endpoint("huggingface.co"), username, secret.as_ref()).unwrap();
        found(&keychain, "huggingface.co", None)
    };
    assert_eq!(remove(Some("bob"), Some("test2")), ["alice", "bob", "bobby"]);
    assert_eq!(remove(Some("bob"), Some("test1")), ["alice", "bobby"]);
    assert_eq!(remove(None, Some("test2")), ["bobby"]);
    assert!(remove(None, None).is_empty());
}

#[test]
fn an_error_never_shows_what_it_carries() {
    let error = Error::BadEncoding(b"hf_secret".to_vec());
    assert!(!format!("{0} {0:?}", Unavailable::from(error)).contains("hf_secret"));
    let error = Error::BadDataFormat(b"hf_secret".to_vec(), "hf_secret".into());
    assert!(!format!("{0} {0:?}", Unavailable::from(error)).contains("hf_secret"));
}
