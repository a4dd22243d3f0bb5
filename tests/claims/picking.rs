//! A name that is left out: at a terminal it is picked from a list, elsewhere the names are told.

use crate::rig::{Terminal, World};

const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn world() -> World {
    World::new().stored_tokens(&format!("[laptop]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n"))
}

fn active(world: &World) -> String {
    std::fs::read_to_string(world.hf_home().join("token")).unwrap_or_default()
}

#[test]
fn the_token_to_switch_to() {
    let world = world();
    world.helper(&["switch"], "").refused().says_one_line().says("name the token to switch to: laptop, work");
    let mut terminal = Terminal::helper(&world, &["switch"]);
    terminal.shows("Which token do you want to switch to?").shows("2  work (hf_****BBBB, from the HF home)");
    terminal.shows("Choice [1]:").types("2\n").shows("switched to work");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert_eq!(active(&world), B);
    World::new().helper(&["switch"], "").refused().says("run `git-credential-hf login`");
}

#[test]
fn the_one_of_two_tokens_by_one_name() {
    let world = world();
    let git = "protocol=https\nhost=huggingface.co\nusername=work\npassword=test1\n";
    world.helper(&["store"], git).is_silent();
    let mut terminal = Terminal::helper(&world, &["switch"]);
    terminal
        .shows("1  work")
        .shows("2  laptop")
        .shows("3  work")
        .shows("Choice [1]:")
        .types("3\n")
        .shows("it is hf's active token");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert_eq!(active(&world), B);
}

#[test]
fn the_token_to_print_where_none_is_chosen() {
    let world = world();
    world.helper(&["token"], "").refused().says("switch").prints_nothing();
    let mut terminal = Terminal::helper(&world, &["token"]);
    terminal.shows("Which token do you want to use?").shows("Choice [1]:").types("2\n").shows(B);
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert_eq!(active(&world), "", "nothing was chosen for later");
}

#[test]
fn the_token_of_an_organization_and_the_organization_to_unbind() {
    let world = world();
    world.helper(&["bind", "acme"], "").refused().says("name the token to use for acme: laptop, work");
    let mut terminal = Terminal::helper(&world, &["bind", "acme"]);
    terminal
        .shows("Which token do you want to use for acme?")
        .shows("Choice [1]:")
        .types("2\n")
        .shows("git now asks as work");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    world.helper(&["unbind"], "").refused().says("name the organization: acme");
    let mut terminal = Terminal::helper(&world, &["unbind"]);
    terminal.shows("1  acme").shows("Choice [1]:").types("\n").shows("as for all others");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    world.helper(&["unbind"], "").refused().says("no organization is bound");
}

#[test]
fn an_organization_is_taken_by_its_url_and_a_doubt_is_asked_about() {
    let bound =
        |world: &World| world.git(&["config", "--get", "credential.https://huggingface.co/acme.username"]).out();
    let world = world();
    world.helper(&["bind", "https://huggingface.co/acme", "work"], "").succeeded();
    assert_eq!(bound(&world), "work\n");
    world.helper(&["unbind", "https://huggingface.co/acme"], "").succeeded();
    let reply = world.helper(&["bind", "acme/model", "work"], "");
    reply.refused().says_one_line().says("for all repositories of acme").says("`git-credential-hf bind acme work`");
    for (answer, wanted) in [("n\n", ""), ("y\n", "work\n")] {
        let mut terminal = Terminal::helper(&world, &["bind", "https://huggingface.co/acme/model", "work"]);
        terminal.shows("not for acme/model alone").shows("Bind acme to work? [y/N]").types(answer);
        assert_eq!(terminal.ends(), i32::from(wanted.is_empty()), "{}", terminal.shown());
        assert_eq!(bound(&world), wanted);
    }
    world.helper(&["unbind", "acme"], "").succeeded();
    let mut terminal = Terminal::helper(&world, &["bind", "work", "acme"]);
    terminal.shows("Bind the organization acme to the token work? [y/N]").types("y\n").shows("git now asks as work");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert_eq!(bound(&world), "work\n");
    world.helper(&["bind", "Acme", "work"], "").succeeded().says("spell it Acme");
}

#[test]
fn what_git_calls_says_so_to_a_person_who_types_it() {
    let mut terminal = Terminal::helper(&world(), &["get"]);
    terminal.shows("git calls this").shows("git-credential-hf token");
    terminal.types("protocol=https\nhost=github.com\n\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
}

#[test]
fn no_rust_is_in_a_message() {
    let world = world();
    let reply = world.helper(&["man", "/no/dir"], "");
    reply.refused().says_one_line().says("/no/dir: no such file or directory");
    let world = world.env("HF_ENDPOINT", "http://127.0.0.1:9");
    let reply = world.token(A).helper(&["whoami"], "");
    reply.refused().says_one_line().says("the Hub cannot be reached: connection refused");
    for text in ["os error", "io:", "Os {"] {
        assert!(!reply.err().contains(text), "{reply:?}");
    }
}
