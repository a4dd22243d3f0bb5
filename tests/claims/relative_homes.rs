//! A HF home that is not at an absolute path: git runs its helpers in the work tree, so that it would be another one in each
//! repository, and a token in it would be committed.

use std::fs;

use crate::rig::{World, finish};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const BOB: &str = "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n";
const STORED: &str = "[a]\nhf_token = test2\n\n[git:bob@huggingface.co]\nhf_token = test3\nusername = bob\n\
                      host = huggingface.co\ngit_stored_at = 1\n";

/// Variables that make it relative, and where it would be below the directory of whoever looks.
const RELATIVE: [(&str, &str, &str); 7] = [
    ("HF_HOME", "./hf_cache", "hf_cache"),
    ("HF_HOME", "\"/data/hf\"", "\"/data/hf\""),
    ("HF_HOME", r"C:\Users\me\hf", r"C:\Users\me\hf"),
    ("HF_HOME", "hf home", "hf home"),
    ("HF_HOME", "$NOT_SET/hf", "$NOT_SET/hf"),
    ("HF_TOKEN_PATH", "tokens/token", "tokens"),
    ("XDG_CACHE_HOME", "cache", "cache/huggingface"),
];

/// All that is below HOME, but for the state that we keep at an absolute path.
fn files(world: &World) -> Vec<String> {
    let mut find = world.command("find");
    find.args([".", "-path", "./.local", "-prune", "-o", "-type", "f", "-print"]);
    let mut names: Vec<_> = finish(find, b"").succeeded().out().lines().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_read_from_it_and_nothing_is_written_to_it() {
    for (variable, value, place) in RELATIVE {
        for is_there in [false, true] {
            let world = World::new().env(variable, value).env("HF_HUB_OFFLINE", "1");
            if is_there {
                world.write(format!("{place}/token"), "test2");
                world.write(format!("{place}/stored_tokens"), STORED);
            }
            let before = files(&world);
            world.helper(&["get"], ASK).prints_nothing().succeeded();
            world.helper(&["get"], format!("{ASK}username=bob\n")).prints_nothing().succeeded();
            let told = format!("{variable} is not an absolute path");
            world.helper(&["store"], BOB).refused().says(&told).says(&format!("set {variable} to an absolute path"));
            world.helper(&["erase"], format!("{ASK}username=bob\npassword=test3\n")).is_silent();
            for (arguments, input) in [
                (&["login", "--with-token", "--no-verify", "--no-setup"][..], "test1"),
                (&["login", "--with-token", "--no-verify", "--no-setup", "--hf"], "test1"),
                (&["switch", "a"], ""),
                (&["logout", "a"], ""),
            ] {
                world.helper(arguments, input).refused().says(&told);
            }
            let list = world.helper(&["list"], "");
            list.succeeded().says_one_line().says(&told).hides("test2");
            let status = world.helper(&["status"], "");
            assert_eq!(status.out().matches(variable).count(), 2, "one line, with what to do: {}", status.out());
            assert_eq!(files(&world), before, "{variable}={value}");
        }
    }
}

#[test]
fn import_keeps_nothing_in_it() {
    let world = World::new().env("HF_HOME", "hf_cache").env("HF_HUB_OFFLINE", "1");
    world.write(".git-credentials", "https://bob:test1@huggingface.co\n");
    world.helper(&["import", "--delete-source"], "").failed().says("HF_HOME is not an absolute path");
    assert_eq!(files(&world), ["./.git-credentials"]);
    let credentials = fs::read_to_string(world.home().join(".git-credentials")).expect("it is still there");
    assert_eq!(credentials, "https://bob:test1@huggingface.co\n");
}

#[test]
fn what_is_absolute_once_it_is_expanded_is_the_home() {
    for (variable, value) in [("HF_HOME", "~/hf"), ("HF_HOME", "$HOME/hf"), ("HF_TOKEN_PATH", "${HOME}/hf/token")] {
        let world = World::new().env(variable, value);
        world.helper(&["store"], BOB).is_silent();
        world.helper(&["get"], ASK).answers("bob", "test1");
        assert_eq!(files(&world), ["./hf/stored_tokens", "./hf/stored_tokens.lock"], "{value}");
    }
    // what is relative, and is not looked at
    let world = World::new().env("HF_HOME", "hf").env("HF_TOKEN_PATH", "~/hf/token").env("XDG_CACHE_HOME", "x");
    world.helper(&["store"], BOB).is_silent();
    world.helper(&["list"], "").succeeded().says_nothing();
}

#[test]
fn doctor_names_the_way_out_of_it_alone() {
    let world = World::new().env("HF_HOME", "./hf_cache");
    world.write("hf_cache/token", "hf_AnybodysAnybodysAnybodysAnybodys");
    let told = world.helper(&["doctor"], "").out();
    let home: Vec<_> = told.lines().skip_while(|line| !line.contains("HF home")).take(2).collect();
    assert!(home[0].starts_with("fail") && home[0].contains("HF_HOME is not an absolute path"), "{told}");
    assert!(home[1].ends_with("-> `unset HF_HOME`, or set it to an absolute path"), "{told}");
    assert_eq!(told.matches("HF home  ").count(), 1, "{told}");
}
