//! Input git never sends, and input it was tricked into sending: no answer, nothing touched, nothing echoed.

use crate::rig::World;

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn stored() -> World {
    let world = World::new().token(TOKEN).stored_tokens(&format!("[a]\nhf_token = {TOKEN}\n\n"));
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n").is_silent();
    world
}

/// Every operation on this input answers nothing, repeats nothing of it and leaves the files as they are.
fn nothing_comes_of(request: &[u8]) {
    let world = stored();
    let before = world.read_stored_tokens();
    for operation in ["get", "store", "erase"] {
        let reply = world.helper(&[operation], request);
        reply.prints_nothing().hides("evil").hides("hf_").hides("\u{1b}");
        assert!(reply.err().lines().count() <= 1, "{reply:?}");
        assert_eq!(reply.status == Some(0), reply.stderr.is_empty(), "{reply:?}");
    }
    assert_eq!(world.read_stored_tokens(), before, "{}", String::from_utf8_lossy(request));
    world.helper(&["get"], "protocol=https\nhost=huggingface.co\n").answers("bob", "test1");
}

#[test]
fn a_request_without_protocol_or_host_is_about_nobody() {
    for request in [
        "",
        "\n",
        "protocol=https\n",
        "host=huggingface.co\n",
        "protocol=https\nhost=\n",
        "protocol=\nhost=huggingface.co\n",
        "username=bob\n",
        "password=test1\n",
        "\nprotocol=https\nhost=huggingface.co\n",
    ] {
        nothing_comes_of(request.as_bytes());
        stored().helper(&["erase"], request).is_silent();
    }
}

#[test]
fn only_a_line_feed_ends_a_line() {
    for request in [
        "protocol=https\nhost=evil.example\rhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\r.evil.example\n",
        "protocol=https\rhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\r",
        "protocol=https\nhost=huggingface.co\r\r\n",
        "protocol=https\nhost=huggingface.co\nusername=bob\rpassword=evil\n",
        "protocol=https\nhost=huggingface.co\nusername=b\npassword=p\rx\n",
        "protocol=https\nhost=evil.example\n\rhost=huggingface.co\n",
    ] {
        nothing_comes_of(request.as_bytes());
    }
}

#[test]
fn a_carriage_return_ends_each_line_or_none() {
    for request in [
        "protocol=https\nhost=huggingface.co\r\nusername=bob\n\n",
        "protocol=https\r\nhost=huggingface.co\nusername=bob\n\n",
        "protocol=https\r\nhost=huggingface.co\r\nusername=bob\n\n",
        "protocol=https\nhost=huggingface.co\nusername=evil\npassword=p\r\n\r\n",
        "url=https://huggingface.co\r\nusername=bob\n",
        "url=https://huggingface.co/a\r\nusername=bob\n",
        "capability[]=authtype\r\nprotocol=https\nhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\nstate[]=hf:stored\r\n",
        "protocol=https\r\nhost=huggingface.co\r\r\n",
    ] {
        nothing_comes_of(request.as_bytes());
        let reply = stored().helper(&["get"], request);
        assert!(!reply.out().contains("password"), "{request:?}: {reply:?}");
    }
    for request in [
        "protocol=https\r\nhost=huggingface.co\r\nusername=bob\r\n\r\n",
        "protocol=https\r\nhost=huggingface.co\r\n\n",
        "protocol=https\nhost=huggingface.co\n\r\n",
        "protocol=https\r\nhost=huggingface.co",
        "url=https://huggingface.co\r\n\r\n",
    ] {
        stored().helper(&["get"], request).answers("bob", "test1");
    }
}

#[test]
fn what_is_not_used_may_hold_any_bytes_but_a_nul() {
    for path in [&b"a\xff"[..], b"a\rb", b"a\r", b"\xc3\x28", b"\r"] {
        let request = [b"protocol=https\nhost=huggingface.co\nusername=bob\npath=", path, b"\n"].concat();
        stored().helper(&["get"], &request).answers("bob", "test1");
        let world = stored();
        world.helper(&["store"], [&request[..], b"password=test2\n"].concat()).is_silent();
        world.helper(&["get"], &request).answers("bob", "test2");
        world.helper(&["erase"], [&request[..], b"password=test2\n"].concat()).is_silent();
        assert!(!world.read_stored_tokens().contains("test2"), "{path:?}");
    }
    nothing_comes_of(b"protocol=https\nhost=huggingface.co\nusername=bob\npassword=evil\npath=a\0b\n");
    stored().helper(&["get"], b"protocol=https\nhost=huggingface.co\npath=a\0b\n").refused();
}

#[test]
fn a_nul_or_a_line_without_equals_refuses_the_request() {
    for request in [
        "protocol=https\nhost=huggingface.co\0.evil.example\n",
        "protocol=https\nhost=huggingface.co\nusername=bob\0\npassword=evil\n",
        "proto\0col=https\nprotocol=https\nhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\nevil\n",
        "evil\nprotocol=https\nhost=huggingface.co\nusername=bob\npassword=p\n",
    ] {
        nothing_comes_of(request.as_bytes());
        stored().helper(&["get"], request).refused();
    }
}

#[test]
fn a_scalar_repeated_with_another_value_refuses_the_request() {
    for request in [
        "protocol=https\nhost=evil.example\nhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\nhost=evil.example\n",
        "protocol=http\nprotocol=https\nhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\nusername=bob\nusername=evil\npassword=p\n",
        "protocol=https\nhost=huggingface.co\nusername=bob\npassword=p\npassword=evil\n",
    ] {
        nothing_comes_of(request.as_bytes());
        stored().helper(&["get"], request).refused();
    }
    // the same value twice says nothing new
    stored()
        .helper(&["get"], "protocol=https\nprotocol=https\nhost=huggingface.co\nhost=huggingface.co\n")
        .answers("bob", "test1");
}

#[test]
fn look_alike_hosts_get_nothing() {
    for host in [
        "evil.example",
        "huggingface.co.evil.example",
        "evil-huggingface.co",
        "huggingface.co@evil.example",
        "x.huggingface.co",
        "huggingface.co:8443",
        "huggingface.co#evil",
        "huggingface.co/evil",
        "huggingface.co%00.evil",
        "huggingface.co.",
        " huggingface.co",
        "huggingface.co ",
        "\u{1b}[2Khuggingface.co",
        "cdn-lfs.hf.co",
        "cas-bridge.xethub.hf.co",
    ] {
        let request = format!("protocol=https\nhost={host}\nusername=bob\npassword=test1\n");
        nothing_comes_of(request.as_bytes());
        stored().helper(&["get"], request).is_silent();
    }
    for protocol in ["http", "HTTPS", "ssh", "smtp", "cert", "https "] {
        let request = format!("protocol={protocol}\nhost=huggingface.co\n");
        stored().helper(&["get"], request).is_silent();
    }
}

#[test]
fn hf_token_goes_to_no_other_host() {
    let world = World::new().env("HF_TOKEN", TOKEN);
    for host in ["evil.example", "github.com", "huggingface.co.evil.example", "huggingface.co:8443"] {
        world.helper(&["get"], format!("protocol=https\nhost={host}\n")).is_silent();
    }
    world.helper(&["get"], "protocol=http\nhost=huggingface.co\n").is_silent();
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_count_and_ignored_elsewhere() {
    nothing_comes_of(b"protocol=https\nhost=huggingface.co\nusername=\xff\npassword=evil\n");
    nothing_comes_of(b"protocol=https\nhost=huggingface.co\nusername=u\npassword=\xc3\x28evil\n");
    nothing_comes_of(b"protocol=https\nhost=hugging\xffface.co\n");
    let world = stored();
    world.helper(&["get"], b"\xff=\xfe\nwwwauth[]=\xff\nprotocol=https\nhost=huggingface.co\n").answers("bob", "test1");
    // another host's affairs are not ours to complain of
    world.helper(&["get"], b"protocol=https\nhost=evil.example\nusername=\xff\n").is_silent();
}

#[test]
fn the_length_of_a_line_cuts_nothing_off() {
    let lengths = (1000..1100).step_by(9).chain(4095..4098).chain(65534..65538).chain([102_400, 200_000, 1 << 20]);
    for length in lengths {
        let tail = "a".repeat(length);
        let smuggled = format!("protocol=https\nhost=evil.example\nwwwauth[]={tail}host=huggingface.co\n");
        stored().helper(&["get"], smuggled).is_silent();
        let long = format!("wwwauth[]={tail}host=evil.example\nprotocol=https\nhost=huggingface.co\n");
        stored().helper(&["get"], long).answers("bob", "test1");
    }
    for attribute in ["protocol", "host", "path"] {
        let request = format!("protocol=https\nhost=huggingface.co\n{attribute}={}\n", "x".repeat(1000));
        let reply = stored().helper(&["erase"], &request);
        reply.prints_nothing().hides("xxx");
    }
    let reply = stored().helper(&["get"], "x".repeat(17 << 20));
    reply.refused().hides("xxx");
}

#[test]
fn a_secret_that_no_line_can_hold_is_not_answered() {
    for token in ["hf_A\0B", "hf_A\u{0}"] {
        World::new().token(token).helper(&["get"], "protocol=https\nhost=huggingface.co\n").refused().hides("hf_A");
        let request = "capability[]=authtype\nprotocol=https\nhost=huggingface.co\n";
        World::new().token(token).helper(&["get"], request).refused().hides("hf_A");
    }
}

#[test]
fn operations_on_nothing_change_nothing() {
    for operation in ["store", "erase"] {
        World::new().helper(&[operation], "protocol=https\nhost=huggingface.co\n").is_silent();
    }
    World::new().helper(&["get"], "protocol=https\nhost=huggingface.co\n").answers_nobody();
}
