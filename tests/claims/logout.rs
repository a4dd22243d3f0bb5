//! `logout` of what files keep, where the Hub is not asked; and `whoami` where nobody could be.

use crate::rig::{Terminal, World};

const ALICE: &str = "hf_AliceAliceAliceAliceAliceAliceAlic";
const BOB: &str = "hf_BobBobBobBobBobBobBobBobBobBobBobB";
const GITS: &str = "test1";

/// Two tokens of hf's, alice's active, and one that git stored for carol.
fn home() -> World {
    let world = World::new()
        .token(ALICE)
        .stored_tokens(&format!("[alices]\nhf_token = {ALICE}\nusername = alice\n\n[bobs]\nhf_token = {BOB}\n\n"));
    let known = format!("protocol=https\nhost=huggingface.co\nusername=carol\npassword={GITS}\n");
    world.credential("approve", known).is_silent();
    world
}

fn kept(world: &World) -> Vec<&'static str> {
    let file = world.read_stored_tokens();
    [ALICE, BOB, GITS].into_iter().filter(|secret| file.contains(secret)).collect()
}

fn gone(token: &str, left: &[&str]) -> bool {
    !left.contains(&token)
}

fn has_active(world: &World) -> bool {
    world.hf_home().join("token").exists()
}

#[test]
fn a_named_one_goes_alone() {
    for (name, left, active) in [
        ("alices", vec![BOB, GITS], false),
        // the account's name will do where nothing is called so
        ("alice", vec![BOB, GITS], false),
        ("bobs", vec![ALICE, GITS], true),
        ("carol", vec![ALICE, BOB], true),
    ] {
        let world = home();
        let reply = world.helper(&["logout", name], "");
        reply.succeeded().hides(ALICE).hides(BOB).hides(GITS);
        assert!(reply.out().starts_with("Logged out of "), "{reply:?}");
        // whose it is, where that is recorded
        assert_eq!(reply.out().contains("alices (alice's token hf_****Alic, from the HF home)"), gone(ALICE, &left));
        assert_eq!(kept(&world), left, "{name}");
        assert_eq!(has_active(&world), active, "{name}");
    }
}

#[test]
fn without_a_name_it_is_the_one_git_uses() {
    let world = home();
    for (gone, left) in [(GITS, vec![ALICE, BOB]), (ALICE, vec![BOB]), (BOB, vec![])] {
        world.helper(&["logout", "--yes"], "").succeeded();
        assert_eq!(kept(&world), left, "{gone}");
    }
    world.helper(&["logout", "--yes"], "").refused().says("nobody is logged in here");
}

#[test]
fn a_refused_one_is_still_the_one_git_uses() {
    let world = World::new().token(ALICE);
    let refused = format!("protocol=https\nhost=huggingface.co\nusername=hf_user\npassword={ALICE}\n");
    world.helper(&["erase"], refused).succeeded();
    world.helper(&["logout", "--yes"], "").succeeded();
    assert!(!has_active(&world));
}

#[test]
fn what_is_not_kept_cannot_be_forgotten() {
    let world = home().env("HF_TOKEN", BOB);
    world.helper(&["logout"], "").refused().says("HF_TOKEN is set").says("unset HF_TOKEN").hides(BOB);
    assert_eq!(kept(&world), [ALICE, BOB, GITS]);
    let world = home();
    world.helper(&["setup", "--token-command", "echo hf_x"], "").succeeded();
    world.helper(&["logout"], "").refused().says("--token-command ''");
    world.helper(&["logout", "nobody"], "").refused().says("no token of that name");
}

#[test]
fn all_of_them_are_asked_about() {
    let world = home();
    world.helper(&["logout", "--all"], "").refused().says("--yes");
    assert_eq!(kept(&world), [ALICE, BOB, GITS]);
    let mut terminal = Terminal::helper(&world, &["logout", "--all"]);
    terminal.shows("alices").shows("Remove these tokens? [y/N]").types("\n");
    assert_eq!(terminal.ends(), 1, "{}", terminal.shown());
    assert_eq!(kept(&world), [ALICE, BOB, GITS]);
    let mut terminal = Terminal::helper(&world, &["logout", "--all"]);
    terminal.shows("[y/N]").types("y\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(kept(&world).is_empty() && !has_active(&world));

    let world = home();
    world.helper(&["logout", "--all", "-y"], "").succeeded();
    assert!(kept(&world).is_empty() && !has_active(&world));
}

#[test]
fn what_was_not_named_is_asked_about() {
    let mut world = home();
    world.git(&["init", "--quiet", "."]).succeeded();
    world.git(&["remote", "add", "origin", "https://huggingface.co/acme/m"]).succeeded();
    world.helper(&["bind", "acme", "bobs"], "").succeeded();
    let reply = world.helper(&["logout"], "");
    reply.refused().says_one_line().says("would remove bobs (hf_****BobB").says("logout bobs`").says("--yes");
    assert_eq!(kept(&world), [ALICE, BOB, GITS]);
    // the one git uses here comes first, and nothing goes by an empty answer
    for (answers, left) in
        [("\n\n", vec![ALICE, BOB, GITS]), ("2\nn\n", vec![ALICE, BOB, GITS]), ("1\ny\n", vec![ALICE, GITS])]
    {
        let mut terminal = Terminal::helper(&world, &["logout"]);
        terminal.shows("1  bobs (hf_****BobB, from the HF home): git uses it here").shows("Choice [1]:");
        let (choice, answer) = answers.split_once('\n').expect("two");
        terminal.types(&format!("{choice}\n")).shows("Remove this token? [y/N]").types(answer);
        assert_eq!(terminal.ends(), i32::from(left.len() == 3), "{}", terminal.shown());
        assert_eq!(kept(&world), left);
    }
    // one alone is named and asked about
    world = World::new().token(ALICE);
    let mut terminal = Terminal::helper(&world, &["logout"]);
    terminal.shows("hf_****Alic, from the HF home's token file").shows("Remove this token? [y/N]").types("y\n");
    assert_eq!(terminal.ends(), 0, "{}", terminal.shown());
    assert!(!has_active(&world));
}

#[test]
fn a_token_without_a_name_goes_too() {
    let world = World::new().token(ALICE);
    world.helper(&["logout", "--yes"], "").succeeded();
    assert!(!has_active(&world));
    let world = World::new().stored_tokens(ALICE);
    world.helper(&["logout", "--yes"], "").succeeded();
    assert_eq!(world.read_stored_tokens(), "");
}

#[test]
fn what_remains_is_said() {
    let world = home().env("HUGGING_FACE_HUB_TOKEN", ALICE).global_config(
        "[credential \"https://huggingface.co\"]\n\tusername = alices\n[credential \"https://huggingface.co/acme\"]\n\
         \tusername = alices\n",
    );
    let reply = world.helper(&["logout", "alices"], "");
    reply.succeeded().says("the same token is in HUGGING_FACE_HUB_TOKEN still").says("names it still");
    assert!(reply.err().contains("credential.https://huggingface.co/acme.username"), "{reply:?}");
    assert!(reply.out().contains("git now uses hf_****Alic, from HUGGING_FACE_HUB_TOKEN"), "{reply:?}");

    let world = home();
    let reply = world.helper(&["logout", "carol"], "");
    assert!(reply.out().contains("git now uses hf_****Alic, from the HF home"), "{reply:?}");
    let reply = world.helper(&["logout", "--all", "--yes"], "");
    assert!(reply.out().ends_with("git has no token here now\n"), "{reply:?}");
}

#[test]
fn nobody_is_who_git_would_be_where_nobody_is_logged_in() {
    World::new()
        .helper(&["whoami"], "")
        .refused()
        .says("not logged in to huggingface.co: run `git-credential-hf login`");
    let world = World::new().token(ALICE).env("HF_HUB_OFFLINE", "1");
    world.helper(&["whoami", "--json"], "").refused().says("HF_HUB_OFFLINE").says("hf_****Alic").hides(ALICE);
}

#[test]
fn a_binding_that_is_left_is_named_with_the_configuration_it_stands_in() {
    let world = home().global_config("[credential]\n\thelper = hf\n");
    world.git(&["init", "--quiet", "."]).succeeded();
    for scope in ["--global", "--local"] {
        world.helper(&["bind", scope, "acme", "bobs"], "").succeeded();
    }
    let reply = world.helper(&["logout", "bobs"], "");
    reply.succeeded().says("`git-credential-hf unbind acme`").says("`git-credential-hf unbind --local acme`");
    for remedy in [&["unbind", "acme"][..], &["unbind", "--local", "acme"]] {
        world.helper(remedy, "").succeeded();
    }
    assert_eq!(world.helper(&["bind"], "").succeeded().out().lines().count(), 1);
    let listed = world.git(&["config", "--get-regexp", "username"]);
    assert!(!listed.out().contains("bobs"), "{listed:?}");
}
