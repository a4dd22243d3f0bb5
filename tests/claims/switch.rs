//! Claims on `switch`: who git is afterwards, what is written for that, and what goes before it still. The sections that
//! stand in for a keychain behave as the keychain does.

use crate::rig::World;

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const B: &str = "hf_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const C: &str = "hf_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC";

/// `a` and `b` in the HF home, `carol` and `dave` stored by git.
fn world() -> World {
    let sections = format!("[a]\nhf_token = {A}\n\n[b]\nhf_token = {B}\nusername = bea\n\n");
    let world = World::new().token(A).stored_tokens(&sections);
    store(&world, "carol", C);
    store(&world, "dave", "test1");
    world.helper(&["setup"], b"").succeeded();
    world
}

fn store(world: &World, username: &str, password: &str) {
    world.helper(&["store"], format!("{ASK}username={username}\npassword={password}\n")).is_silent();
}

/// git's own file and ours, which it includes.
fn config(world: &World) -> String {
    let read = |name: &str| std::fs::read_to_string(world.home().join(name)).unwrap_or_default();
    read(".gitconfig") + &read(".config/git-credential-hf/gitconfig")
}

/// What git sends, as it asks with its own configuration; a repository is where HOME is.
#[track_caller]
fn git_sends(world: &World, url: &str, secret: &str) {
    let mut fill = world.command("git");
    fill.args(["credential", "fill"]);
    let reply = crate::rig::finish(fill, format!("url={url}\n\n").as_bytes());
    assert_eq!(reply.attribute("password").as_deref(), Some(secret), "{url}: {reply:?}");
}

#[track_caller]
fn switch(world: &World, args: &[&str]) -> String {
    let reply = world.helper(&[&["switch"], args].concat(), b"");
    for secret in [A, B, C] {
        reply.hides(secret);
    }
    reply.succeeded().says_nothing().out()
}

#[test]
fn a_switch_leaves_alone_what_git_stored_beside_another_token() {
    let (world, url) = (world(), "https://huggingface.co");
    git_sends(&world, url, "test1");
    switch(&world, &["b"]);
    git_sends(&world, url, B);
    // `hf auth switch`, back to the token that it was stored beside
    world.write_token(A);
    git_sends(&world, url, "test1");
}

#[test]
fn each_switch_undoes_the_one_before() {
    let world = world();
    let before = config(&world);
    for (name, secret) in [("b", B), ("carol", C), ("a", A), ("dave", "test1"), ("carol", C), ("b", B), ("a", A)] {
        let told = switch(&world, &[name]);
        assert!(told.starts_with(&format!("switched to {name} ")), "{told}");
        for url in ["https://huggingface.co", "https://hf.co", "https://huggingface.co/acme/model"] {
            git_sends(&world, url, secret);
        }
    }
    assert_eq!(config(&world), before, "to the byte");
}

#[test]
fn a_token_of_the_hf_home_is_hfs_active_one_too_and_wins_where_it_was_that_already() {
    let world = world();
    git_sends(&world, "https://huggingface.co", "test1");
    switch(&world, &["a"]);
    git_sends(&world, "https://huggingface.co", A);
    switch(&world, &["b"]);
    assert_eq!(std::fs::read_to_string(world.hf_home().join("token")).unwrap(), B);
    // what git stores from now on was stored later
    store(&world, "erin", "test2");
    git_sends(&world, "https://huggingface.co", "test2");
}

#[test]
fn what_git_stored_is_chosen_by_gits_own_configuration() {
    let world = world();
    let told = switch(&world, &["carol"]);
    for url in ["https://huggingface.co", "https://hf.co"] {
        let key = format!("credential.{url}.username");
        assert!(told.contains(&key), "{told}");
        assert_eq!(world.git(&["config", "--global", "--includes", "--get-all", &key]).out(), "carol\n");
    }
    let told = switch(&world, &["a"]);
    assert!(told.contains("credential.https://hf.co.username           removed"), "{told}");
    assert_eq!(world.git(&["config", "--get-regexp", "username"]).out(), "");
}

#[test]
fn bindings_stand_whenever_they_were_written() {
    let world = world();
    world.helper(&["bind", "acme", "b"], b"").succeeded();
    for name in ["carol", "a", "dave"] {
        switch(&world, &[name]);
        git_sends(&world, "https://huggingface.co/acme/model", B);
        git_sends(&world, "https://huggingface.co/datasets/acme/rows", B);
    }
    world.helper(&["bind", "other", "a"], b"").succeeded();
    git_sends(&world, "https://huggingface.co/other/model", A);
    git_sends(&world, "https://huggingface.co/more/model", "test1");
    for org in ["acme", "other"] {
        world.helper(&["unbind", org], b"").succeeded();
    }
    git_sends(&world, "https://huggingface.co/acme/model", "test1");
}

#[test]
fn setup_and_unsetup_leave_the_choice_and_a_switch_leaves_them() {
    let world = world();
    switch(&world, &["carol"]);
    world.helper(&["setup"], b"").succeeded();
    git_sends(&world, "https://huggingface.co", C);
    switch(&world, &["a"]);
    git_sends(&world, "https://huggingface.co", A);
    switch(&world, &["carol"]);
    world.helper(&["unsetup"], b"").succeeded();
    assert_eq!(world.git(&["config", "credential.https://huggingface.co.username"]).out(), "carol\n");
    world.helper(&["setup"], b"").succeeded();
    git_sends(&world, "https://huggingface.co", C);
    switch(&world, &["a"]);
    world.helper(&["unsetup"], b"").succeeded();
    assert_eq!(config(&world), "");
}

#[test]
fn the_users_own_lines_stay_as_they_are_and_are_told_of() {
    let by_hand = "# mine\n[credential \"https://huggingface.co\"]\n\tusername = a ; by hand\n# the end\n";
    let world = world().global_config(by_hand);
    world.helper(&["setup"], b"").succeeded();
    switch(&world, &["carol"]);
    git_sends(&world, "https://huggingface.co", C);
    let reply = world.helper(&["switch", "b"], b"");
    reply.succeeded().says_one_line().says("git asks for a here");
    git_sends(&world, "https://huggingface.co", A);
    world.helper(&["unsetup"], b"").succeeded();
    assert_eq!(config(&world), by_hand);
}

#[test]
fn what_goes_before_it_here_is_told() {
    let with = |name: &str, value: &str| world().env(name, value);
    for (world, why) in [
        (with("HF_TOKEN", "hf_env"), "HF_TOKEN"),
        (with("HUGGING_FACE_HUB_TOKEN", "hf_env"), "HUGGING_FACE_HUB_TOKEN"),
        (with("HF_OIDC_RESOURCE", "acme/model").env("HF_OIDC_ID_TOKEN", "eyJ.x.y"), "HF_OIDC_RESOURCE"),
    ] {
        for name in ["b", "carol"] {
            world.helper(&["switch", name], b"").succeeded().says_one_line().says(why).hides("hf_env");
        }
    }
    let commanded = world();
    commanded.helper(&["setup", "--token-command", "echo hf_cmd"], b"").succeeded();
    commanded.helper(&["switch", "b"], b"").succeeded().says_one_line().says("token command");
    let bound = world();
    bound.git(&["init", "--quiet", "."]).succeeded();
    bound.git(&["remote", "add", "origin", "https://huggingface.co/acme/model"]).succeeded();
    bound.helper(&["bind", "acme", "b"], b"").succeeded();
    for name in ["a", "carol"] {
        bound.helper(&["switch", name], b"").succeeded().says_one_line().says("git asks for b here");
    }
    let refused = world();
    refused.helper(&["erase"], format!("{ASK}username=b\npassword={B}\n")).is_heard();
    refused.helper(&["switch", "b"], b"").succeeded().says_one_line().says("the Hub refused it");
}

#[test]
fn a_name_that_none_or_two_have_is_one_line_and_changes_nothing() {
    let world = world();
    let sections = world.read_stored_tokens();
    let world = world.stored_tokens(&format!("{sections}[old]\nhf_token = hf_old\nexpires_at = 1\n\n"));
    store(&world, "b", "test3");
    let (tokens, lines) = (world.read_stored_tokens(), config(&world));
    for (args, why) in [
        (&["nobody"][..], "git-credential-hf list"),
        (&[""], "git-credential-hf list"),
        (&["b"], "--keychain or --hf"),
        (&["carol", "--hf"], "git-credential-hf list"),
        (&["a", "--keychain"], "git-credential-hf list"),
        (&["old"], "expired"),
    ] {
        world.helper(&[&["switch"], args].concat(), b"").refused().says(why).hides("hf_old");
    }
    assert_eq!((world.read_stored_tokens(), config(&world)), (tokens, lines));
    assert_eq!(std::fs::read_to_string(world.hf_home().join("token")).unwrap(), A);
    switch(&world, &["b", "--keychain"]);
    git_sends(&world, "https://huggingface.co", "test3");
    switch(&world, &["b", "--hf"]);
    git_sends(&world, "https://huggingface.co", B);
}

#[test]
fn an_account_names_its_token_too() {
    let world = world();
    assert!(switch(&world, &["bea"]).starts_with("switched to b "));
    git_sends(&world, "https://huggingface.co", B);
    let sections = world.read_stored_tokens();
    let world = world.stored_tokens(&format!("{sections}[b2]\nhf_token = {C}\nusername = bea\n\n"));
    world.helper(&["switch", "bea"], b"").refused().says("several");
}

#[test]
fn a_hub_of_its_own_has_a_choice_of_its_own() {
    let mut world = world();
    switch(&world, &["carol"]);
    world.set_env("HF_ENDPOINT", "https://hub.example:8443");
    world.helper(&["setup"], b"").succeeded();
    let there = "protocol=https\nhost=hub.example:8443\nusername=frank\npassword=test4\n";
    world.helper(&["store"], there).is_silent();
    world.helper(&["switch", "carol"], b"").refused();
    switch(&world, &["frank"]);
    git_sends(&world, "https://hub.example:8443", "test4");
    git_sends(&world, "https://hf.co", C);
    switch(&world, &["b"]);
    for url in ["https://huggingface.co", "https://hub.example:8443"] {
        git_sends(&world, url, B);
    }
}

#[test]
fn a_token_of_the_hf_home_is_chosen_without_git() {
    let world = world();
    std::fs::remove_file(world.root().join("bin/git")).unwrap();
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_git-credential-hf")).parent().unwrap();
    let world = world.env("PATH", path);
    switch(&world, &["b"]);
    world.helper(&["get"], ASK).answers("hf_user", B);
    world.helper(&["switch", "carol"], b"").refused().says("cannot run git");
}
