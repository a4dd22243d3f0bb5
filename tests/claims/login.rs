//! `login` where the Hub is not asked, and everything it refuses before it would be.

use crate::rig::{Terminal, World};

const TOKEN: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const OTHER: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";

const UNVERIFIED: [&str; 4] = ["login", "--with-token", "--no-verify", "--no-setup"];

/// What git is answered for the Hub now.
fn answered(world: &World, username: &str) -> String {
    let wanted = format!("protocol=https\nhost=huggingface.co\n{username}");
    let reply = world.helper(&["get"], wanted);
    reply.attribute("password").unwrap_or_default()
}

#[test]
fn without_a_keychain_it_is_kept_as_hf_keeps_it() {
    let world = World::new();
    let reply = world.helper(&["login", "--with-token", "--no-verify", "--name", "work"], format!("{TOKEN}\n"));
    reply.succeeded().hides(TOKEN);
    assert!(reply.out().contains("the HF home as work"), "{reply:?}");
    assert_eq!(world.read_stored_tokens(), format!("[work]\nhf_token = {TOKEN}\n\n"));
    let active = std::fs::read_to_string(world.hf_home().join("token")).expect("the active token");
    assert_eq!(active, TOKEN);
    assert_eq!(answered(&world, ""), TOKEN);
    assert_eq!(answered(&world, "username=work\n"), TOKEN);
}

#[test]
fn nobodys_name_is_hf_user() {
    let world = World::new();
    world.helper(&UNVERIFIED, TOKEN).succeeded();
    assert!(world.read_stored_tokens().starts_with("[hf_user]\n"));
}

#[test]
fn git_asks_this_helper_afterwards_unless_that_is_not_wanted() {
    let world = World::new();
    world.helper(&UNVERIFIED, TOKEN).succeeded();
    assert!(!world.home().join(".gitconfig").exists(), "--no-setup");
    let reply = world.helper(&UNVERIFIED[..3], TOKEN);
    assert!(reply.succeeded().out().contains("Configured git to use git-credential-hf"), "{reply:?}");
    let config = std::fs::read_to_string(world.home().join(".gitconfig")).expect("written");
    let ours = || std::fs::read_to_string(world.home().join(".config/git-credential-hf/gitconfig")).unwrap_or_default();
    assert_eq!(ours().matches("helper = ").count(), 4, "{}", ours());
    let again = world.helper(&UNVERIFIED[..3], TOKEN);
    assert!(!again.succeeded().out().contains("Configured git"), "{again:?}");
    assert_eq!(std::fs::read_to_string(world.home().join(".gitconfig")).expect("there"), config);
    // as far as one came that was killed
    world.write(".gitconfig", "");
    let reply = world.helper(&UNVERIFIED[..3], TOKEN);
    assert!(reply.succeeded().out().contains("Configured git"), "{reply:?}");
    assert_eq!(std::fs::read_to_string(world.home().join(".gitconfig")).expect("there"), config);
}

#[test]
fn without_git_it_is_kept_all_the_same() {
    let world = World::new().env("PATH", "/nowhere").env("HF_HUB_OFFLINE", "1");
    let reply = world.helper(&["login", "--with-token", "--no-verify"], TOKEN);
    reply.succeeded().says("git does not ask this helper yet: cannot run git");
    assert_eq!(answered(&world, ""), TOKEN);
    world.helper(&["whoami"], "").refused().says("HF_HUB_OFFLINE").hides(TOKEN);
    world.helper(&["logout", "--yes"], "").succeeded();
    assert_eq!(answered(&world, ""), "");
}

#[test]
fn a_jobs_identity_goes_first_and_that_is_said() {
    let world = World::new().env("HF_OIDC_RESOURCE", "acme/model");
    let reply = world.helper(&["login", "--with-token", "--no-verify", "--no-setup"], TOKEN);
    reply.succeeded().says("HF_OIDC_RESOURCE is set");
    world.helper(&["logout"], "").refused().says("HF_OIDC_RESOURCE");
}

#[test]
fn what_is_no_token_is_refused_with_the_reason() {
    for (input, reason) in [
        ("", "no token entered"),
        (" \n\n", "no token entered"),
        ("$HF_TOKEN", "name of a variable"),
        ("${HF_TOKEN}\n", "name of a variable"),
        ("api_org_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "organization"),
        ("hf_AAAA BBBB", "a blank at place 8"),
        ("hf_AAAA\0BBBB", "(U+0000) at place 8"),
        ("hf_AAAA\x1bBBBB", "(U+001B) at place 8"),
    ] {
        let world = World::new();
        for args in [&UNVERIFIED[..], &["login", "--with-token", "--no-setup"]] {
            let reply = world.helper(args, input);
            reply.refused().says(reason).hides("AAAA");
            assert!(!world.hf_home().exists(), "something was kept of {input:?}");
        }
    }
}

#[test]
fn what_does_not_look_like_a_token_wants_no_verify() {
    let world = World::new();
    world.helper(&["login", "--with-token", "--no-setup"], "test1").refused().says("--no-verify").hides("test1");
    world.helper(&UNVERIFIED, "test1").succeeded();
    assert_eq!(answered(&world, ""), "test1");
}

#[test]
fn what_is_too_long_or_no_text_is_refused() {
    let world = World::new();
    world.helper(&UNVERIFIED, format!("hf_{}", "A".repeat(70_000))).refused().says("longer than any token");
    world.helper(&UNVERIFIED, b"hf_\xff\xfe").refused().says("no text");
    assert!(!world.hf_home().exists());
}

#[test]
fn a_name_can_be_written_down() {
    let world = World::new();
    for name in ["", " ", "a\nb", "a\x1b[2J", "a]b", "DEFAULT"] {
        let reply = world.helper(&["login", "--with-token", "--no-verify", "--no-setup", "--name", name], TOKEN);
        reply.refused().says("no name a token can be kept under");
    }
    assert!(!world.hf_home().exists());
}

#[test]
fn a_token_on_the_command_line_is_refused_and_not_shown() {
    let world = World::new();
    for args in [
        &["login", TOKEN][..],
        &["login", "--token", TOKEN],
        &["login", &format!("--token={TOKEN}")],
        &["login", "--with-token", TOKEN],
        &["login", &format!("--with-token={TOKEN}")],
        &["whoami", TOKEN],
        &["setup", TOKEN],
    ] {
        let reply = world.helper(args, "");
        reply.refused().says("other users and the shell's history can see it").says("revoke it").hides(TOKEN);
        assert!(!world.hf_home().exists());
    }
    // where a name belongs, too
    for args in [
        &["logout", TOKEN][..],
        &["switch", TOKEN],
        &["token", TOKEN],
        &["exec", "--as", TOKEN, "--", "true"],
        &["bind", "acme", TOKEN],
        &["bind", TOKEN, "acme"],
        &["unbind", TOKEN],
        &["login", "--name", TOKEN],
        &["doctor", TOKEN],
    ] {
        let reply = world.helper(args, "");
        reply.failed().says("other users and the shell's history can see it").hides(TOKEN);
        assert!(!world.home().join(".gitconfig").exists(), "{args:?}");
    }
    world.helper(&["login", "--tokn", TOKEN], "").failed().hides(TOKEN);
    world.helper(&[&format!("--x={TOKEN}"), "list"], "").failed().hides(TOKEN);
}

#[test]
fn what_is_no_token_is_no_alarm_and_says_how_a_login_is_typed() {
    let world = World::new();
    for (args, told) in
        [(&["login", "alice"][..], "login --name NAME"), (&["login", "--token"], "login --with-token < file")]
    {
        let reply = world.helper(args, "");
        reply.refused().says_one_line().says(told);
        assert!(!reply.err().contains("revoke"), "{reply:?}");
    }
}

#[test]
fn without_a_terminal_it_names_the_two_ways() {
    World::new().helper(&["login"], "").refused().says("--with-token").says("--browser");
}

#[test]
fn without_the_network_nothing_is_kept() {
    let world = World::new().env("HF_HUB_OFFLINE", "1");
    world.helper(&["login", "--with-token"], TOKEN).refused().says("HF_HUB_OFFLINE").says("--no-verify").hides(TOKEN);
    world.helper(&["login", "--browser"], "").refused().says("HF_HUB_OFFLINE");
    assert!(!world.hf_home().exists());
}

#[test]
fn the_latest_login_wins_whatever_was_active_before() {
    let world = World::new();
    let login = |name: &str, token: &str| {
        world.helper(&["login", "--with-token", "--no-verify", "--no-setup", "--name", name], token).succeeded();
        assert_eq!(answered(&world, ""), token);
    };
    login("one", TOKEN);
    // git stores another beside it, which goes first from then on
    world.credential("approve", "protocol=https\nhost=huggingface.co\nusername=git\npassword=test1\n").is_silent();
    assert_eq!(answered(&world, ""), "test1");
    login("one", TOKEN);
    login("two", OTHER);
    login("one", TOKEN);
}

#[test]
fn the_same_token_is_there_already() {
    let world = World::new();
    world.helper(&["login", "--with-token", "--no-verify", "--name", "work"], TOKEN).succeeded();
    let before = world.read_stored_tokens();
    let reply = world.helper(&UNVERIFIED, TOKEN);
    assert!(reply.succeeded().out().contains("in the HF home already as work"), "{reply:?}");
    assert_eq!(world.read_stored_tokens(), before);
}

#[test]
fn another_token_of_that_name_is_not_replaced_without_a_person() {
    let world = World::new();
    world.helper(&UNVERIFIED, TOKEN).succeeded();
    let reply = world.helper(&UNVERIFIED, OTHER);
    reply
        .refused()
        .says("hf_user already names a token")
        .says("choose a --name for this one, or run `git-credential-hf logout hf_user` first")
        .hides(TOKEN)
        .hides(OTHER);
    assert_eq!(answered(&world, ""), TOKEN);
    // one that has expired is no loss
    let world = World::new().stored_tokens(&format!("[hf_user]\nhf_token = {TOKEN}\nexpires_at = 7\n"));
    world.helper(&UNVERIFIED, OTHER).succeeded();
    assert_eq!(answered(&world, ""), OTHER);
}

#[test]
fn a_file_that_cannot_be_read_is_left_as_it_is() {
    let world = World::new().stored_tokens("[broken\n");
    world.helper(&UNVERIFIED, TOKEN).refused().says("stored_tokens").hides(TOKEN);
    assert_eq!(world.read_stored_tokens(), "[broken\n");
}

#[test]
fn what_goes_before_the_login_is_said() {
    let world = World::new().env("HF_TOKEN", OTHER);
    world.helper(&UNVERIFIED, TOKEN).succeeded().says("HF_TOKEN is set").hides(OTHER);
    let named = |url: &str| {
        let remote = format!("{}/acme/x", url.trim_end_matches("/acme"));
        let config = format!("[credential \"{url}\"]\n\tusername = carol\n[remote \"o\"]\n\turl = {remote}\n");
        World::new().global_config(&config).stored_tokens(&format!("[carol]\nhf_token = {OTHER}\n"))
    };
    let reply = named("https://huggingface.co").helper(&["login", "--with-token", "--no-verify"], TOKEN);
    reply.succeeded().says("names carol for the Hub").says("switch hf_user");
    let world = named("https://hf.co/acme");
    world.git(&["init", "--quiet"]).succeeded();
    let reply = world.helper(&["login", "--with-token", "--no-verify"], TOKEN);
    reply.succeeded().says("this repository is carol's");
    let world = World::new();
    world.helper(&["setup", "--token-command", "echo hf_x"], "").succeeded();
    world.helper(&["login", "--with-token", "--no-verify"], TOKEN).succeeded().says("token command");
}

#[test]
fn a_paste_is_not_shown_and_ctrl_c_gives_the_terminal_back() {
    let world = World::new();
    let args = ["login", "--no-verify", "--no-setup"];
    let mut terminal = Terminal::helper(&world, &args);
    terminal.shows("Choice [1]:").types("x\n").shows("answer with a number from 1 to 2").shows("Choice [1]:");
    terminal.types("2\n").shows("hidden):").hides_typing();
    let command_line = std::fs::read(format!("/proc/{}/cmdline", terminal.id())).expect("it runs");
    terminal.types(TOKEN).types("\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(terminal.shows_typing() && !terminal.shown().contains(TOKEN), "{}", terminal.shown());
    assert!(!String::from_utf8_lossy(&command_line).contains(TOKEN));
    assert_eq!(answered(&world, ""), TOKEN);

    let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-verify", "--name", "two"]);
    terminal.shows("hidden):").hides_typing().types("hf_half\x03");
    assert_eq!(terminal.ends(), -2, "{}", terminal.shown());
    assert!(terminal.shows_typing(), "the terminal is left hiding what is typed");
    assert!(!terminal.shown().contains("half") && !world.read_stored_tokens().contains("half"));

    let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-verify"]);
    terminal.shows("hidden):").hides_typing().types("\n");
    assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
    assert!(terminal.shown().contains("no token entered; nothing was changed"), "{}", terminal.shown());
}

#[test]
fn a_person_may_insist_and_decides_about_another_token() {
    let world = World::new();
    world.helper(&UNVERIFIED, TOKEN).succeeded();
    let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-verify", "--no-setup"]);
    terminal.shows("hidden):").hides_typing().types(OTHER).types("\n");
    // nobody knows whose they are, so none is offered to be revoked, and what loses nothing is the default
    terminal.shows("hf_user already names a token of an unknown account (hf_****Alic in the HF home");
    terminal.shows("  1  replace it here").shows("  2  keep both").shows("Choice [2]:").types("\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert_eq!(answered(&world, ""), OTHER);
    assert_eq!(answered(&world, "username=hf_user\n"), TOKEN);
    assert_eq!(answered(&world, "username=hf_user-2\n"), OTHER);

    let mut terminal = Terminal::helper(&world, &["login", "--with-token", "--no-setup"]);
    terminal.shows("hidden):").hides_typing().types("test1\n").shows("Use this one anyway?").types("n\n");
    assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
    assert!(!world.read_stored_tokens().contains("test1"));
}
