//! What is an endpoint, and whose.

use super::*;

fn served(hub: &Hub, url: &str) -> Option<String> {
    let (protocol, host) = url.split_once("://").unwrap();
    hub.endpoint(protocol.as_bytes(), host.as_bytes()).map(|endpoint| endpoint.0)
}

#[test]
fn the_hub_is_served_under_its_two_names_in_any_case_and_with_its_port() {
    for url in [
        "https://huggingface.co",
        "https://hf.co",
        "https://HuggingFace.CO",
        "https://huggingface.co:443",
        "https://HF.co:443",
    ] {
        assert_eq!(served(&Hub::default(), url).as_deref(), Some(HUGGING_FACE), "{url}");
    }
}

#[test]
fn look_alikes_are_not_served() {
    for url in [
        "http://huggingface.co",
        "HTTPS://huggingface.co",
        "https://huggingface.co.",
        "https://huggingface.co:",
        "https://huggingface.co:0443",
        "https://huggingface.co:8443",
        "https://huggingface.co:80",
        "http://huggingface.co:443",
        "https://www.huggingface.co",
        "https://cdn-lfs.hf.co",
        "https://huggingface.co.evil.example",
        "https://evil-huggingface.co",
        "https://evil.example",
        "https://huggingface.co@evil.example",
        "https://evil.example@huggingface.co",
        "https://huggingface.co/x",
        "https://huggingface.co#x",
        "https://huggingface.co%00.evil",
        "https://huggıngface.co",
        "https:// huggingface.co",
        "https://hub-ci.huggingface.co",
        "https://",
        "://huggingface.co",
    ] {
        assert_eq!(served(&Hub::default(), url), None, "{url}");
    }
}

#[test]
fn hf_endpoint_adds_exactly_its_own_host_and_port() {
    let hub = Hub::new(Some("HTTPS://Hub.Example.COM:8443/a/path//"), false);
    assert_eq!(served(&hub, "https://hub.example.com:8443").as_deref(), Some("https://hub.example.com:8443"));
    assert_eq!(served(&hub, "https://huggingface.co").as_deref(), Some(HUGGING_FACE));
    for url in ["https://hub.example.com", "http://hub.example.com:8443", "https://x.hub.example.com:8443"] {
        assert_eq!(served(&hub, url), None, "{url}");
    }
    assert_eq!(hub.urls(), ["https://huggingface.co", "https://hf.co", "https://hub.example.com:8443"]);
}

#[test]
fn http_is_served_on_the_machine_itself_only() {
    for (endpoint, url) in [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:5564/", "http://127.0.0.1:5564"),
        ("http://127.1.2.3:80", "http://127.1.2.3"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ] {
        assert!(served(&Hub::new(Some(endpoint), false), url).is_some(), "{endpoint}");
    }
    for endpoint in ["http://hub.example.com", "http://10.0.0.1", "http://localhost.evil.example", "http://128.0.0.1"] {
        assert!(Hub::new(Some(endpoint), false).other.is_none(), "{endpoint}");
    }
}

#[test]
fn a_secret_goes_over_tls_or_stays_on_the_machine() {
    for url in ["https://ci.example/token?run=7", "http://127.0.0.1:5564/token", "http://localhost"] {
        assert!(is_fit_for_secrets(url), "{url}");
    }
    for url in ["http://ci.example/token", "ftp://127.0.0.1", "https://user@ci.example", "ci.example", ""] {
        assert!(!is_fit_for_secrets(url), "{url}");
    }
}

#[test]
fn an_ambiguous_hf_endpoint_adds_nothing() {
    for endpoint in [
        "",
        "hub.example.com",
        "ftp://hub.example.com",
        "https://",
        "https://user@hub.example.com",
        "https://user:pw@hub.example.com/",
        "https://hub.example.com\n",
        "https://hub.exa\tmple.com",
        " https://hub.example.com",
        "https://hub.example.com\\@evil.example",
        "https://hub.example.com:",
        "https://hub.example.com:0",
        "https://hub.example.com:65536",
        "https://hub.example.com:+443",
        "https://*.example.com",
        "https://[::1",
        "https://[evil]",
        "https://::1",
        "https://hub.example.com/a path",
        "https://hub.example.com/\u{7f}",
        "https://hub.example.com/\\evil",
    ] {
        let hub = Hub::new(Some(endpoint), false);
        assert!(hub.other.is_none(), "{endpoint:?}");
        // the empty one is nobody's mistake
        assert_eq!(hub.ignores_endpoint(), !endpoint.is_empty(), "{endpoint:?}");
    }
    for endpoint in [None, Some("https://hub.example.com"), Some("https://hf.co/")] {
        assert!(!Hub::new(endpoint, false).ignores_endpoint(), "{endpoint:?}");
    }
}

#[test]
fn the_api_is_where_huggingface_hub_looks_for_it_or_nowhere() {
    for (hf_endpoint, api) in [
        (None, Some("https://huggingface.co")),
        (Some("https://hf.co/"), Some("https://hf.co")),
        (Some("https://Hub.example:8443/api/hf//"), Some("https://Hub.example:8443/api/hf")),
        (Some("http://127.0.0.1:80"), Some("http://127.0.0.1:80")),
        (Some("http://hub.example"), None),
        (Some("https://user:pw@hub.example"), None),
        (Some("https://hub.example/?x="), None),
        (Some("https://hub.example#x"), None),
        (Some(""), None),
    ] {
        assert_eq!(Hub::new(hf_endpoint, false).api(), api, "{hf_endpoint:?}");
    }
    assert_eq!(Hub::new(Some("https://hub.example"), true).api(), Some("https://hub-ci.huggingface.co"));
    assert_eq!(Hub::new(Some("https://HF.co/x/"), false).api_endpoint().unwrap().url(), HUGGING_FACE);
}

#[test]
fn hf_endpoint_at_the_hub_itself_is_the_hub() {
    for endpoint in ["https://huggingface.co", "https://hf.co/", "https://huggingface.co:443"] {
        assert!(Hub::new(Some(endpoint), false).other.is_none(), "{endpoint}");
    }
}

#[test]
fn staging_replaces_hf_endpoint() {
    let hub = Hub::new(Some("https://hub.example.com"), true);
    assert!(served(&hub, "https://hub-ci.huggingface.co").is_some());
    assert!(served(&hub, "https://hub.example.com").is_none());
    assert!(is_true("true") && is_true("1") && is_true("On") && !is_true("y") && !is_true(""));
}
