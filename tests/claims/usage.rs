//! What a person sees who types the name alone, or a command that there is not; and what git does.

use crate::rig::World;

#[test]
fn without_an_operation_it_prints_usage_and_exits_2() {
    let reply = World::new().helper(&[], b"");
    assert_eq!(reply.status, Some(2), "{reply:?}");
    reply.prints_nothing().says("Usage: git-credential-hf");
}

#[test]
fn a_mistyped_command_gets_a_suggestion_and_an_operation_of_gits_future_gets_silence() {
    let reply = World::new().helper(&["swich", "work"], "");
    assert_eq!(reply.status, Some(2), "{reply:?}");
    reply.prints_nothing().says("'switch'");
    World::new().helper(&["frobnicate"], "protocol=https\nhost=huggingface.co\n").is_silent();
}

#[test]
fn every_command_has_examples_a_man_page_and_completions() {
    let world = World::new();
    let help = world.helper(&["--help"], "");
    let commands = help.succeeded().out();
    let commands = commands.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let names = commands.lines().filter(|line| !line.contains("(called by git)"));
    let names: Vec<_> =
        names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.contains(&"login") && names.contains(&"unbind"), "{names:?}");
    world.helper(&["man", world.root().to_str().unwrap()], "").is_silent();
    for name in names {
        let help = world.helper(&[name, "--help"], "").succeeded().out();
        assert!(help.contains("\nExamples:\n  git-credential-hf "), "{name}: {help}");
        let page = std::fs::read_to_string(world.root().join(format!("git-credential-hf-{name}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains("Examples:"), "{page}");
        for shell in ["bash", "zsh", "fish"] {
            assert!(world.helper(&["completions", shell], "").succeeded().out().contains(name), "{shell} {name}");
        }
    }
}
