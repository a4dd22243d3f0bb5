//! What a person sees who types the name alone, or a command that there is not; and what git does.

use crate::rig::{Terminal, World};

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
    let help = world.helper(&["--help"], "").succeeded().out();
    let (commands, _) = help.split_once("\nCalled by git:\n").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"login") && names.contains(&"unbind"), "{names:?}");
    world.helper(&["man", world.root().to_str().unwrap()], "").is_silent();
    for name in names {
        let help = world.helper(&[name, "--help"], "").succeeded().out();
        assert!(help.contains("\nExamples:\n  git-credential-hf "), "{name}: {help}");
        let page = std::fs::read_to_string(world.root().join(format!("git-credential-hf-{name}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains("\n.SH EXAMPLES\n.nf\n"), "{page}");
    }
}

#[test]
fn the_help_begins_with_the_first_step() {
    let world = World::new();
    for arguments in [&[][..], &["-h"], &["--help"]] {
        let reply = world.helper(arguments, "");
        let text = [reply.out(), reply.err()].concat();
        let first = text.lines().nth(4).unwrap();
        assert_eq!(first, "To begin: git-credential-hf login", "{text}");
    }
}

#[test]
fn a_man_page_shows_options_with_their_values() {
    let world = World::new();
    world.helper(&["man", world.root().to_str().unwrap()], "").is_silent();
    let page = |name: &str| std::fs::read_to_string(world.root().join(format!("git-credential-hf{name}.1"))).unwrap();
    assert!(page("-login").replace('\\', "").contains("[--name NAME]"), "{}", page("-login"));
    assert!(page("").contains("\n.SH ENVIRONMENT\n.nf\n"), "{}", page(""));
    assert!(page("-status").contains("\n.SH \"EXIT STATUS\"\n"), "{}", page("-status"));
}

#[test]
fn what_is_said_at_a_terminal_breaks_at_words() {
    let world = World::new();
    let token = "hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let said = world.helper(&["login", token], "").err();
    let mut terminal = Terminal::helper(&world, &["login", token]);
    assert_eq!(terminal.ends(), 1);
    let shown = terminal.shown().replace('\r', "");
    assert!(shown.lines().count() > 1 && shown.lines().all(|line| line.len() <= 80), "{shown}");
    assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), said.split_whitespace().collect::<Vec<_>>());
    assert!(shown.contains("`git-credential-hf login`"), "it is to be pasted: {shown}");
}
