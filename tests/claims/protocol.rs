//! git's line protocol, as gitcredentials(7) and git's own reader have it.

use crate::rig::World;

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn world() -> World {
    World::new().token(TOKEN)
}

#[test]
fn a_request_ends_at_a_blank_line_or_at_the_end_of_input() {
    for request in [
        "protocol=https\nhost=huggingface.co\n",
        "protocol=https\nhost=huggingface.co\n\n",
        "protocol=https\nhost=huggingface.co",
        "protocol=https\nhost=huggingface.co\n\nhost=evil.example\n",
        "protocol=https\r\nhost=huggingface.co\r\n\r\nno attribute",
    ] {
        world().helper(&["get"], request).answers("hf_user", TOKEN);
    }
}

#[test]
fn what_follows_the_blank_line_is_not_waited_for() {
    use std::io::{Read as _, Write as _};
    let world = world();
    let mut command = world.command(env!("CARGO_BIN_EXE_git-credential-hf"));
    command.arg("get").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut helper = command.spawn().unwrap();
    let mut input = helper.stdin.take().unwrap();
    input.write_all(b"protocol=https\nhost=huggingface.co\n\n").unwrap();
    let mut answer = String::new();
    // the input stays open, as a person's terminal does
    helper.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert!(helper.wait().unwrap().success());
    assert_eq!(answer, format!("username=hf_user\npassword={TOKEN}\n"));
    drop(input);
}

#[test]
fn attributes_and_capabilities_nobody_knows_are_ignored() {
    let request = b"frob=1\n=x\nUsername=u\n username=v\nfrob[]=\xff\xfe\ncapability[]=frob\nquit=maybe\ncontinue=\nwwwauth[]=Basic realm=\"a=b\"\nprotocol=https\nhost=huggingface.co\n";
    world().helper(&["get"], request).answers("hf_user", TOKEN);
}

#[test]
fn operations_nobody_knows_are_ignored() {
    for operation in ["frobnicate", "GET", "list-all"] {
        world().helper(&[operation], "protocol=https\nhost=huggingface.co\n").is_silent();
    }
}

#[test]
fn capability_says_what_is_spoken() {
    let reply = world().helper(&["capability"], "");
    assert_eq!(reply.succeeded().out(), "version 0\ncapability authtype\ncapability state\n");
    reply.says_nothing();
}

#[test]
fn a_url_is_understood_as_git_understands_it() {
    for (url, username) in [
        ("https://huggingface.co", "hf_user"),
        ("https://huggingface.co/acme/model.git?x#y", "hf_user"),
        ("https://bob@huggingface.co/acme", "bob"),
        ("https://bob:pw@huggingface.co", "bob"),
        ("https://b%6fb@hugging%66ace.co/", "bob"),
        ("https://@huggingface.co", "hf_user"),
        ("https://hf.co?@evil.example", "hf_user"),
    ] {
        world().helper(&["get"], format!("url={url}\n")).answers(username, TOKEN);
    }
    for url in [
        "https://huggingface.co@evil.example/",
        "https://evil.example/@huggingface.co",
        "https:///huggingface.co",
        "%68ttps://huggingface.co",
    ] {
        world().helper(&["get"], format!("url={url}\n")).is_silent();
    }
    for url in
        ["huggingface.co", "://huggingface.co", "", "https://evil.example%0ahost=huggingface.co/", "https://u%0d@hf.co"]
    {
        world().helper(&["get"], format!("url={url}\n")).refused();
    }
}

#[test]
fn a_url_forgets_what_came_before_it() {
    let world = world();
    world
        .helper(
            &["get"],
            "capability[]=authtype\nusername=x\nprotocol=http\nhost=evil.example\nurl=https://huggingface.co\n",
        )
        .answers("hf_user", TOKEN);
    world.helper(&["get"], "url=https://huggingface.co\nurl=https://evil.example\n").is_silent();
    world.helper(&["get"], "url=https://huggingface.co\nusername=bob\n").answers("bob", TOKEN);
    world.helper(&["get"], "url=https://huggingface.co\nhost=evil.example\n").refused();
}

#[test]
fn the_answer_is_ephemeral_for_those_who_understand_it() {
    let request = |capabilities: &str| format!("{capabilities}protocol=https\nhost=huggingface.co\n");
    let reply = world().helper(&["get"], request("capability[]=authtype\ncapability[]=state\n"));
    reply.answers_ephemerally("hf_user", TOKEN);
    assert_eq!(reply.attributes("state[]"), ["hf:hf-home"]);
    assert_eq!(reply.attributes("capability[]"), ["authtype", "state"]);
    let reply = world().helper(&["get"], request("capability[]=authtype\n"));
    reply.answers_ephemerally("hf_user", TOKEN);
    assert!(reply.attributes("state[]").is_empty());
    let reply = world().helper(&["get"], request("capability[]=state\n"));
    reply.answers("hf_user", TOKEN);
    assert_eq!(reply.attributes("state[]"), ["hf:hf-home"]);
    // an empty value takes back what was said
    world().helper(&["get"], request("capability[]=authtype\ncapability[]=\n")).answers("hf_user", TOKEN);
}

#[test]
fn what_git_stored_is_answered_as_a_password_that_others_may_keep_too() {
    let world = World::new();
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n").is_silent();
    world.helper(&["get"], "capability[]=authtype\nprotocol=https\nhost=huggingface.co\n").answers("bob", "test1");
}

#[test]
fn expiry_and_refresh_token_come_back_as_git_stored_them() {
    let world = World::new();
    world
        .helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=p\npassword_expiry_utc=9999999999\noauth_refresh_token=r=1 \n")
        .is_silent();
    let reply = world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
    reply.answers("bob", "p");
    assert_eq!(reply.attribute("password_expiry_utc").as_deref(), Some("9999999999"));
    assert_eq!(reply.attribute("oauth_refresh_token").as_deref(), Some("r=1 "));
    // as git reads it, what is no number never expires
    for never in ["", "0", "soon", "-", "-5", "99999999999999999999999"] {
        let request = format!(
            "protocol=https\nhost=huggingface.co\nusername=bob\npassword=p{never}\npassword_expiry_utc={never}\n"
        );
        world.helper(&["store"], request).is_silent();
        let reply = world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
        reply.answers("bob", &format!("p{never}"));
        assert_eq!(reply.attribute("password_expiry_utc"), None);
        assert_eq!(reply.attribute("oauth_refresh_token"), None);
    }
}

#[test]
fn an_expiry_is_the_number_it_begins_with() {
    let world = World::new();
    let request = "protocol=https\nhost=huggingface.co\nusername=bob\npassword=p\npassword_expiry_utc= 9999999999x\n";
    world.helper(&["store"], request).is_silent();
    let reply = world.helper(&["get"], "protocol=https\nhost=huggingface.co\n");
    assert_eq!(reply.attribute("password_expiry_utc").as_deref(), Some("9999999999"));
}

#[test]
fn a_helper_line_that_is_wrong_is_told_in_one_line() {
    let reply = world().helper(&["--frob", "get"], "protocol=https\nhost=huggingface.co\n");
    reply.refused().says("--frob");
    assert_eq!(reply.status, Some(2));
}

#[test]
fn git_itself_is_understood() {
    for git in crate::rig::Git::all() {
        let world = World::new().using(&git).token(TOKEN);
        world.credential("fill", "protocol=https\nhost=huggingface.co\n\n").succeeded();
        let reply = world.credential("fill", "url=https://carol@huggingface.co/acme/model\n\n");
        assert_eq!(reply.attribute("password").as_deref(), Some(TOKEN));
        assert_eq!(reply.attribute("username").as_deref(), Some("carol"));
    }
}
