//! What people copy, and what is made of it.

use super::*;

fn meant(text: &str) -> Result<(String, Option<String>), Other> {
    let hub = Hub::new(Some("https://hub.example:8443/hf"), false);
    let endpoint = hub.endpoint(b"https", b"huggingface.co").unwrap();
    read(text, &hub, &endpoint).map(|target| (target.url(), target.username))
}

#[test]
fn a_repository_is_found_in_whatever_people_copy() {
    for (text, url) in [
        ("acme/model", "https://huggingface.co/acme/model"),
        ("datasets/acme/rows/", "https://huggingface.co/datasets/acme/rows"),
        ("https://huggingface.co/acme/model", "https://huggingface.co/acme/model"),
        ("HTTPS://HuggingFace.co:443/acme/model.git", "https://huggingface.co/acme/model"),
        ("kernels/acme/attention", "https://huggingface.co/kernels/acme/attention"),
        ("https://huggingface.co/kernels/acme/attention", "https://huggingface.co/kernels/acme/attention"),
        ("https://hf.co/spaces/acme/app/tree/main?x#y", "https://huggingface.co/spaces/acme/app"),
        ("https://huggingface.co/api/datasets/acme/rows", "https://huggingface.co/datasets/acme/rows"),
        ("huggingface.co/acme/model/blob/main/a.bin", "https://huggingface.co/acme/model"),
        ("hf://datasets/acme/rows/a.csv", "https://hub.example:8443/datasets/acme/rows"),
        ("https://hub.example:8443/acme/model", "https://hub.example:8443/acme/model"),
        ("https://hf_token:x@huggingface.co/acme/model", "https://huggingface.co/acme/model"),
    ] {
        assert_eq!(meant(text), Ok((url.to_owned(), None)), "{text}");
    }
    let named = meant("https://work:hf_token@huggingface.co/acme/model");
    assert_eq!(named.unwrap().1.as_deref(), Some("work"));
}

#[test]
fn what_git_cannot_clone_is_said_with_what_it_can() {
    let hub = Hub::default();
    let endpoint = hub.default_endpoint();
    let remedy = |text: &str| read(text, &hub, &endpoint).ok()?.not_cloneable()?.remedy();
    for (text, path) in [
        ("https://huggingface.co/spaces/acme/app/tree/main", "spaces/acme/app"),
        ("https://huggingface.co/acme/model/blob/main/a.bin", "acme/model"),
        ("https://huggingface.co/api/datasets/acme/rows", "datasets/acme/rows"),
        ("https://huggingface.co/models/acme/model", "acme/model"),
        ("dataset/acme/rows", "datasets/acme/rows"),
        ("hf://datasets/acme/rows/a.csv", "datasets/acme/rows"),
    ] {
        let clone = format!("git clone https://huggingface.co/{path}");
        assert_eq!(remedy(text).as_deref(), Some(clone.as_str()), "{text}");
    }
    for text in
        ["acme/model", "datasets/acme/rows", "https://hf.co/acme/model.git", "https://a@huggingface.co/acme/model/"]
    {
        assert_eq!(remedy(text), None, "{text}");
    }
}

#[test]
fn what_is_elsewhere_is_not_taken_for_the_hub_and_no_secret_in_it_is_repeated() {
    let model = || Repository::at("acme/model").unwrap().0;
    let host = |host: &str| Other::Elsewhere(host.to_owned());
    for (text, other) in [
        ("git@hf.co:acme/model", Other::Ssh(Some(model()))),
        ("ssh://git@hf.co/acme/model.git", Other::Ssh(Some(model()))),
        ("http://huggingface.co/acme/model", Other::Plain(model())),
        ("http://user@hf.co/acme/model", Other::Plain(model())),
        ("https://evil.example/huggingface.co/acme", host("evil.example")),
        ("https://huggingface.co@evil.example/acme/model", host("evil.example")),
        ("https://a:hf_x@evil.example/acme/model", host("evil.example")),
        ("git@github.com:acme/model", host("github.com")),
        ("https://evil.example\\@huggingface.co/acme/model", Other::Unreadable),
        ("https://hf_secret/acme/model", Other::Unreadable),
        ("hf_secret:x@huggingface.co/acme/model", Other::Unreadable),
        ("https://huggingface.co", Other::Unreadable),
        ("acme/model/tree/main", Other::Unreadable),
        ("/acme/model", Other::Unreadable),
        ("a b/c", Other::Unreadable),
        ("", Other::Unreadable),
    ] {
        assert_eq!(meant(text), Err(other), "{text}");
    }
}
