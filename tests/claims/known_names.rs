//! A name that a token was stored for is answered with its own token or by nobody, whatever became of it.

use std::fs;

use crate::rig::{Reply, World};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const BOTH: &str = "capability[]=authtype\ncapability[]=state\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

/// Nobody can be asked whose a token is.
fn world() -> World {
    World::new().env("HF_HUB_OFFLINE", "1")
}

fn get(world: &World, rest: &str) -> Reply {
    world.helper(&["get"], format!("{ASK}{rest}"))
}

fn store(world: &World, rest: &str) -> Reply {
    world.helper(&["store"], format!("{ASK}{rest}"))
}

fn erase(world: &World, rest: &str) {
    world.helper(&["erase"], format!("{ASK}{rest}")).is_silent();
}

/// A world whose active token is bob's, and in which alice's was stored.
fn alice_beside_bob() -> World {
    let world = world().token(B);
    store(&world, "username=alice\npassword=test1\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test1");
    world
}

#[test]
fn a_known_name_without_its_token_is_nobody_with_the_way_out() {
    let world = alice_beside_bob();
    erase(&world, "username=alice\npassword=test1\n");
    for _ in 0..2 {
        get(&world, "username=alice\n").refused().says("alice").says("git-credential-hf login --name alice").hides(B);
        get(&world, "").answers("hf_user", B);
        get(&world, "username=carol\n").answers("carol", B);
    }
    world.helper(&["token", "alice"], b"").refused();
    store(&world, "username=alice\npassword=test2\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test2");
}

#[test]
fn an_expired_token_of_a_known_name_is_said_to_have_expired() {
    let world = world().token(B);
    store(&world, "username=alice\npassword=test1\npassword_expiry_utc=1000\n").is_silent();
    get(&world, "username=alice\n").refused().says("alice has expired").hides(B);
    get(&world, "").answers("hf_user", B);
}

#[test]
fn a_name_is_forgotten_at_a_persons_wish_and_not_by_a_rejection() {
    for wish in ["username=alice\n", ""] {
        let world = alice_beside_bob();
        erase(&world, wish);
        get(&world, "username=alice\n").answers("alice", B);
    }
    let world = alice_beside_bob();
    world.helper(&["logout", "alice"], b"").succeeded();
    get(&world, "username=alice\n").answers("alice", B);
}

#[test]
fn a_bound_name_is_known_until_it_is_unbound() {
    let world = world().token(B).stored_tokens(&format!("[work]\nhf_token = {A}\n\n[home]\nhf_token = {B}\n\n"));
    world.helper(&["bind", "acme", "work"], b"").succeeded();
    get(&world, "username=work\n").answers("work", A);
    world.helper(&["logout", "work"], b"").succeeded();
    let nobody = get(&world, "username=work\npath=acme/model\n");
    nobody.refused().says("login --name work").says("git-credential-hf unbind acme").hides(B);
    // a person's wish is not the last word while the binding stands
    erase(&world, "username=work\n");
    get(&world, "username=work\n").refused();
    world.helper(&["unbind", "acme"], b"").succeeded();
    get(&world, "username=work\n").answers("work", B);
}

#[test]
fn an_entry_of_an_earlier_version_makes_its_name_known() {
    let section = "[git:alice@huggingface.co]\nhf_token = test1\nusername = alice\nhost = huggingface.co\n\
                   git_stored_at = 7\ngit_stored_beside =\n\n";
    let world = world().token(B).stored_tokens(section);
    get(&world, "username=alice\n").answers("alice", "test1");
    fs::remove_file(world.hf_home().join("stored_tokens")).unwrap();
    get(&world, "username=alice\n").refused().hides(B);
}

#[test]
fn hf_user_is_anybody() {
    let world = world().token(B);
    store(&world, "username=hf_user\npassword=test1\n").is_silent();
    erase(&world, "username=hf_user\npassword=test1\n");
    get(&world, "username=hf_user\n").answers("hf_user", B);
}

#[test]
fn a_login_in_the_browser_answers_its_account() {
    let sections = format!("[oauth-alice]\nhf_token = {A}\n\n[home]\nhf_token = {B}\n\n");
    let world = world().token(B).stored_tokens(&sections);
    get(&world, "username=alice\n").answers("alice", A);
    get(&world, "username=oauth-alice\n").answers("oauth-alice", A);
    get(&world, "username=home\n").answers("home", B);
}

#[test]
fn a_token_in_the_names_place_is_that_token() {
    let world = world().token(B);
    let name = format!("username={A}\n");
    get(&world, &name).answers(A, A);
    get(&world.env("HF_TOKEN", "hf_env"), &name).answers(A, A);
    let oauth = "hf_oauth_eyJhbGciOiJub25lIn0.x.y";
    let reply = World::new().token(B).helper(&["get"], format!("{BOTH}{ASK}username={oauth}\n"));
    assert_eq!(reply.attributes("credential"), [oauth], "{reply:?}");
    // kept under no name, and remembered where it was rejected
    let world = self::world().token(B);
    store(&world, &format!("{name}password={A}\n")).is_silent();
    store(&world, &format!("{name}password=test1\n")).is_silent();
    assert_eq!(world.read_stored_tokens(), "");
    world.helper(&["erase"], format!("{ASK}{name}password={A}\n")).succeeded();
    get(&world, &name).gives_up().says("URL").hides(A);
    get(&world, "").answers("hf_user", B);
    for name in ["hf_AAAAbbbbCCCC000", "hf_a-name-that-is-quite-long", "HF_AAAAAAAAAAAAAAAAAAAAA"] {
        get(&world, &format!("username={name}\n")).answers(name, B);
    }
}

#[test]
fn what_a_url_brought_is_not_kept() {
    for rest in ["", "password_expiry_utc=9999999999\noauth_refresh_token=r\n", BOTH] {
        let world = world().token(B);
        let transfer = |world: World| world.env("GIT_DIR", ".git");
        store(&world, "username=alice\npassword=test1\n").is_silent();
        let before = world.read_stored_tokens();
        let world = transfer(world);
        store(&world, &format!("{rest}username=x\npassword=test2\n")).is_silent();
        store(&world, &format!("{rest}username=alice\npassword=test1\n")).is_silent();
        let other = store(&world, &format!("{rest}username=alice\npassword=test2\n"));
        other.succeeded().prints_nothing().says_one_line().says("git-credential-hf login --name alice").hides("test2");
        assert_eq!(world.read_stored_tokens(), before);
        get(&world, "username=alice\n").answers("alice", "test1");
        get(&world, "").answers("alice", "test1");
    }
    // a person by hand, and `hf`, are in no transfer
    let world = alice_beside_bob();
    store(&world, "username=alice\npassword=test2\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test2");
}

#[test]
fn what_a_person_typed_is_kept_also_in_a_transfer() {
    let world = world().env("GIT_DIR", ".git");
    let asked = world.helper(&["get"], format!("{BOTH}{ASK}"));
    asked.succeeded().says_one_line().says("git-credential-hf login");
    assert_eq!(asked.out(), "capability[]=state\nstate[]=hf:asked\n");
    store(&world, "capability[]=state\nstate[]=hf:asked\nusername=alice\npassword=test1\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test1");
    // also where it replaces one, and beside what another helper said
    store(&world, "capability[]=state\nstate[]=x:y\nstate[]=hf:asked\nusername=alice\npassword=test2\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test2");
    // an answer of ours is none of a person's
    store(&world, "capability[]=state\nstate[]=hf:asked\nstate[]=hf:stored\nusername=alice\npassword=test3\n")
        .is_silent();
    get(&world, "username=alice\n").answers("alice", "test2");
}

#[test]
fn a_caller_that_gives_no_state_back_is_known_by_the_prompt_before() {
    let world = world().env("GIT_DIR", ".git");
    get(&world, "").answers_nobody();
    store(&world, "username=alice\npassword=test1\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test1");
    // once
    store(&world, "username=x\npassword=test2\n").is_silent();
    get(&world, "").answers("alice", "test1");
    // for the name that was asked for
    get(&world, "username=carol\n").answers_nobody();
    store(&world, "username=x\npassword=test2\n").is_silent();
    get(&world, "").answers("alice", "test1");
    store(&world, "username=carol\npassword=test3\n").is_silent();
    get(&world, "username=carol\n").answers("carol", "test3");
    // and for ten minutes
    get(&world, "username=dave\n").answers_nobody();
    let prompts = world.home().join(".local/state/git-credential-hf/prompts");
    for prompt in fs::read_dir(prompts).unwrap() {
        let file = fs::File::options().write(true).open(prompt.unwrap().path()).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(11 * 60)).unwrap();
    }
    store(&world, "username=dave\npassword=test4\n").is_silent();
    get(&world, "username=dave\n").answers_nobody();
}

#[test]
fn where_nothing_can_be_remembered_nothing_fails() {
    let world = world().token(B);
    world.write(".local", "not a directory");
    let file = world.home().join(".local");
    let world = world.env("TMPDIR", file);
    store(&world, "username=alice\npassword=test1\n").is_silent();
    get(&world, "username=alice\n").answers("alice", "test1");
    erase(&world, "username=alice\n");
    get(&world, "username=alice\n").answers("alice", B);
    fs::remove_file(world.hf_home().join("token")).unwrap();
    get(&world, "").answers_nobody();
}

#[test]
fn a_switch_is_over_once_hf_has_chosen_anew_unless_the_repository_names_the_account() {
    let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
    let helper = "[credential \"https://huggingface.co\"]\n\thelper = hf\n";
    let world = world().global_config(helper).stored_tokens(&sections).token(A);
    store(&world, "username=alice\npassword=test1\n").is_silent();
    world.helper(&["switch", "alice"], b"").succeeded();
    let fill = |directory: &str| {
        let mut fill = world.command("git");
        fill.args(["credential", "fill"]).current_dir(world.home().join(directory));
        crate::rig::finish(fill, ASK.as_bytes()).attribute("password")
    };
    assert_eq!(fill("").as_deref(), Some("test1"));
    // hf auth switch
    world.write_token(B);
    assert_eq!(fill("").as_deref(), Some(B));
    let status = world.helper(&["status"], b"");
    assert!(status.succeeded().out().contains("git uses work"), "{status:?}");
    world.git(&["init", "--quiet", "hers"]).succeeded();
    world.git_in("hers", &["remote", "add", "origin", "https://alice@huggingface.co/acme/model"]).succeeded();
    assert_eq!(fill("hers").as_deref(), Some("test1"));
    world.write_token(A);
    assert_eq!(fill("").as_deref(), Some("test1"));
}

#[test]
fn only_the_latest_switch_to_a_name_counts() {
    let helper = "[credential \"https://huggingface.co\"]\n\thelper = hf\n";
    let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
    let world = world().global_config(helper).stored_tokens(&sections).token(A);
    store(&world, "username=alice\npassword=test1\n").is_silent();
    let sent = || {
        let mut fill = world.command("git");
        fill.args(["credential", "fill"]);
        crate::rig::finish(fill, ASK.as_bytes()).attribute("password")
    };
    world.helper(&["switch", "alice"], b"").succeeded();
    // hf auth switch
    world.write_token(B);
    world.helper(&["switch", "alice"], b"").succeeded();
    assert_eq!(sent().as_deref(), Some("test1"));
    // hf chose last, and what it chose stood beside the switch before this one
    world.write_token(A);
    assert_eq!(sent().as_deref(), Some(A));
    // a person's own line is no switch
    world.helper(&["switch", "work"], b"").succeeded();
    world.git(&["config", "--global", "credential.https://huggingface.co.username", "alice"]).succeeded();
    assert_eq!(sent().as_deref(), Some("test1"));
}

#[test]
fn nobody_is_told_what_only_a_program_would_read() {
    let world = alice_beside_bob().env("GIT_ASKPASS", "/bin/echo");
    erase(&world, "username=alice\npassword=test1\n");
    get(&world, "username=alice\n").is_silent();
    let nobody = self::world().env("GIT_ASKPASS", "/bin/echo");
    get(&nobody, "").is_silent();
    get(&self::world().env("GIT_ASKPASS", ""), "").answers_nobody();
    // another helper may know somebody
    for (helpers, is_told) in [
        ("helper = hf\n\thelper = store\n", false),
        ("helper = store\n\thelper = hf\n", true),
        ("helper = hf\n\thelper = store\n\thelper =\n\thelper = hf\n", true),
        ("helper = store\n", false),
    ] {
        let world = self::world().global_config(&format!("[credential]\n\t{helpers}"));
        assert_eq!(!get(&world, "").stderr.is_empty(), is_told, "{helpers}");
    }
}

#[test]
fn a_name_is_known_in_every_case_and_also_where_its_entry_is_over() {
    let world = alice_beside_bob();
    get(&world, "username=Alice\n").refused().says("login --name Alice").hides(B);
    // an entry of an earlier version, which remembered no names
    let section = "[git:carol@huggingface.co]\nhf_token = test1\nusername = carol\nhost = huggingface.co\n\
                   password_expiry_utc = 1000\ngit_stored_at = 7\ngit_stored_beside =\n\n";
    let world = self::world().token(B).stored_tokens(section);
    for _ in 0..2 {
        get(&world, "username=carol\n").refused().says("carol has expired").hides(B);
    }
    world.helper(&["token", "carol"], b"").refused().says("carol has expired");
    world.helper(&["exec", "--as", "carol", "--", "true"], b"").refused().says("carol has expired");
}

#[test]
fn a_repository_of_a_known_name_is_that_names_also_for_whoever_tells_no_path() {
    let world = alice_beside_bob().global_config("[credential]\n\thelper = hf\n");
    world.git(&["init", "--quiet", "hers"]).succeeded();
    world.git_in("hers", &["remote", "add", "origin", "https://alice@huggingface.co/acme/model"]).succeeded();
    let fill = |world: &World| {
        let mut fill = world.command("git");
        fill.args(["credential", "fill"]).current_dir(world.home().join("hers"));
        crate::rig::finish(fill, ASK.as_bytes())
    };
    assert_eq!(fill(&world).attribute("password").as_deref(), Some("test1"));
    erase(&world, "username=alice\npassword=test1\n");
    fill(&world).failed().says("login --name alice").hides(B);
    get(&world, "").answers("hf_user", B);
}

#[test]
fn a_rejected_token_in_the_names_place_is_told_at_once() {
    let world = world().token(B);
    let request = format!("{ASK}username={A}\npassword={A}\n");
    world.helper(&["erase"], request).succeeded().says_one_line().says("the token in the URL was rejected").hides(A);
}
