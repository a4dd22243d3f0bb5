//! What went wrong in git, in other helpers and in git-lfs, each by its number: tried on the helper itself and through every
//! git of the machine.

use std::fs;

use crate::rig::{Git, World};

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whom git itself takes such a request to be about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    /// Nobody we serve, or it refuses it.
    Others,
    /// The Hub, by its reading: then it is the Hub that git shows the token to.
    Hub,
}
use Reading::{Hub, Others};

/// What each was, and what to try; a username, where there is none, and a password are added.
const REQUESTS: [(&str, Reading, &str); 47] = [
    ("CVE-2020-5260, a second host", Hub, "protocol=https\nhost=evil.example\nhost=huggingface.co\n"),
    ("CVE-2020-5260, a second host behind", Others, "protocol=https\nhost=huggingface.co\nhost=evil.example\n"),
    ("CVE-2020-5260, a line in a URL", Others, "url=https://evil.example%0ahost=huggingface.co/\n"),
    ("CVE-2020-5260, a line in its path", Others, "url=https://evil.example/x%0ahost=huggingface.co\n"),
    ("CVE-2020-5260, a line in its user", Others, "url=https://a%0ahost=huggingface.co%0a@evil.example/\n"),
    ("CVE-2020-11008, nothing", Others, "\n"),
    ("CVE-2020-11008, no host", Others, "protocol=https\n"),
    ("CVE-2020-11008, no protocol", Others, "host=huggingface.co\n"),
    ("CVE-2020-11008, an empty host", Others, "protocol=https\nhost=\n"),
    ("CVE-2020-11008, an empty protocol", Others, "protocol=\nhost=huggingface.co\n"),
    ("CVE-2020-11008, a user alone", Others, "username=bob\n"),
    ("CVE-2020-11008, a URL without a scheme", Others, "url=//huggingface.co/x\n"),
    ("CVE-2020-11008, a URL without a host", Others, "url=https:///huggingface.co\n"),
    ("CVE-2020-11008, a URL of neither", Others, "url=://\n"),
    ("CVE-2024-50349, a host that moves the cursor", Others, "protocol=https\nhost=\x1b[2Khuggingface.co\n"),
    ("CVE-2024-52006, a return in the protocol", Others, "protocol=https\rhost=huggingface.co\n"),
    ("CVE-2024-52006, a return in a URL", Others, "url=https://huggingface.co%0d.evil.example/\n"),
    ("CVE-2024-50338, a return ends no line", Others, "protocol=https\nhost=evil.example\rhost=huggingface.co\n"),
    ("CVE-2024-50338, nor before another", Others, "protocol=https\nhost=huggingface.co\r.evil.example\n"),
    ("CVE-2024-50338, nor does any other", Others, "protocol=https\nhost=evil.example\u{85}host=huggingface.co\n"),
    ("CVE-2024-50338, nor a form feed", Others, "protocol=https\nhost=evil.example\x0chost=huggingface.co\n"),
    ("CVE-2024-50338, nor Unicode's", Others, "protocol=https\nhost=evil.example\u{2028}host=huggingface.co\n"),
    ("CVE-2024-53263, as git-lfs wrote it", Others, "protocol=https\nhost=evil.example\r\nhost=x\nhost=evil.example\n"),
    ("CVE-2025-23040, the other order", Others, "protocol=https\nhost=evil.example\n\rhost=huggingface.co\n"),
    ("CVE-2024-53858, another host", Others, "protocol=https\nhost=evil.example\n"),
    ("CVE-2024-53858, one that begins so", Others, "protocol=https\nhost=huggingface.co.evil.example\n"),
    ("CVE-2024-53858, one that ends so", Others, "protocol=https\nhost=evil-huggingface.co\n"),
    ("CVE-2024-53858, one behind a user", Others, "protocol=https\nhost=huggingface.co@evil.example\n"),
    ("CVE-2024-53858, one below it", Others, "protocol=https\nhost=x.huggingface.co\n"),
    ("CVE-2024-53858, another port", Others, "protocol=https\nhost=huggingface.co:8443\n"),
    ("CVE-2024-53858, a fragment", Others, "protocol=https\nhost=huggingface.co#x\n"),
    ("CVE-2024-53858, a path", Others, "protocol=https\nhost=huggingface.co/x\n"),
    ("CVE-2024-53858, an escape", Others, "protocol=https\nhost=huggingface.co%00.evil\n"),
    ("CVE-2024-53858, a query", Others, "protocol=https\nhost=huggingface.co?x\n"),
    ("CVE-2024-53858, a back slash", Others, "protocol=https\nhost=huggingface.co\\.evil.example\n"),
    ("CVE-2024-53858, a last dot", Others, "protocol=https\nhost=huggingface.co.\n"),
    ("CVE-2024-53858, a letter like another", Others, "protocol=https\nhost=hugg\u{131}ngface.co\n"),
    ("CVE-2024-53858, a wide letter", Others, "protocol=https\nhost=\u{ff48}uggingface.co\n"),
    ("CVE-2024-53858, in the clear", Others, "protocol=http\nhost=huggingface.co\n"),
    ("VS Code 320634, one that holds it", Others, "protocol=https\nhost=my.huggingface.co.example\n"),
    ("gh 14176, one that has a beginning more", Others, "protocol=https\nhost=gist.huggingface.co\n"),
    ("gh 14176, in the shorter name", Others, "protocol=https\nhost=gist.hf.co\n"),
    ("CVE-2025-48384, a return at the end", Others, "protocol=https\nhost=evil.example\r\r\n"),
    ("a NUL", Others, "protocol=https\nhost=evil.example\0\nhost=evil.example\0huggingface.co\n"),
    ("a list of wishes", Others, "capability[]=authtype\nprotocol=https\nhost=evil.example\nstate[]=hf:hf-home\n"),
    ("a path that names it", Others, "protocol=https\nhost=evil.example\npath=https://huggingface.co/\n"),
    ("a user that names it", Others, "protocol=https\nhost=evil.example\nusername=x@huggingface.co\n"),
];

/// A token for everybody and one that git stored: the widest that there is to lose.
fn world() -> World {
    let world = World::new().token(TOKEN).stored_tokens(&format!("[a]\nhf_token = {TOKEN}\n\n"));
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=bob\npassword=test1\n").is_silent();
    world
}

/// The request with something to store or to erase.
fn with_a_password(request: &str) -> String {
    let user = if request.contains("username=") { "" } else { "username=evil\n" };
    format!("{}{user}password=hf_evil\n", request.trim_start_matches('\n'))
}

#[test]
fn the_helper_answers_keeps_and_deletes_nothing() {
    let world = world();
    let before = world.read_stored_tokens();
    for (number, _, request) in REQUESTS {
        let asked =
            [("get", request.to_owned()), ("store", with_a_password(request)), ("erase", with_a_password(request))];
        for (operation, input) in asked.into_iter().chain([("erase", request.to_owned())]) {
            let reply = world.helper(&[operation], &input);
            reply.hides(TOKEN).hides("test1").hides("evil");
            assert!(!reply.err().contains(|c: char| c.is_control() && c != '\n'), "{number}: {reply:?}");
            assert!(reply.err().lines().count() <= 1, "{number}: {reply:?}");
            assert_eq!(world.read_stored_tokens(), before, "{number}: {operation}");
        }
    }
}

#[test]
fn no_name_moves_the_cursor() {
    // CVE-2024-50349: of a name that git hands on as it is, nothing is repeated at the terminal
    let (world, name) = (world(), "\x1b]0;x\x07\x1b[2K\u{9b}31m");
    for operation in ["get", "store", "erase", "get"] {
        let request =
            format!("protocol=https\nhost=huggingface.co\nwwwauth[]=Basic\nusername={name}\npassword={TOKEN}\n");
        let reply = world.helper(&[operation], request);
        assert!(!reply.err().contains(|c: char| c.is_control() && c != '\n'), "{operation}: {reply:?}");
        assert_eq!(reply.attribute("username").unwrap_or(name.to_owned()), name, "{operation}");
    }
}

#[test]
fn no_git_is_answered_for_another_host_or_has_it_stored_or_erased() {
    for git in Git::all() {
        let world = world().using(&git).env("GIT_ASKPASS", "/bin/false");
        let before = world.read_stored_tokens();
        for (number, about, request) in REQUESTS {
            if about == Hub {
                continue;
            }
            world.credential("fill", request).hides(TOKEN).hides("test1");
            world.credential("approve", with_a_password(request)).hides(TOKEN);
            world.credential("reject", with_a_password(request)).hides(TOKEN);
            if number.starts_with("CVE-2020-11008") {
                world.credential("reject", request);
            }
            assert_eq!(world.read_stored_tokens(), before, "{number} {git:?}");
        }
        let refused = world.home().join(".local/state/git-credential-hf/refused");
        assert!(!refused.exists(), "a refusal was believed");
        // HF_TOKEN goes nowhere else either (CVE-2024-53858)
        let world = world.env("HF_TOKEN", "hf_everywhere");
        for (_, about, request) in REQUESTS {
            let said = world.credential("fill", request);
            assert!(about == Hub || !said.out().contains("hf_everywhere"), "{said:?}");
        }
    }
}

#[test]
fn what_git_itself_takes_for_the_hub_is_answered_in_the_hubs_name_alone() {
    for git in Git::all() {
        let world = world().using(&git).env("GIT_ASKPASS", "/bin/false");
        for (number, _, request) in REQUESTS.into_iter().filter(|(_, about, _)| *about == Hub) {
            let said = world.credential("fill", request);
            if said.out().contains("password=") {
                assert_eq!(said.attributes("host"), ["huggingface.co"], "{number}: {said:?}");
            }
        }
    }
}

#[test]
fn a_line_of_any_length_ends_where_it_ends() {
    // git's own long header, wincred's buffers (CVE-2025-48386, GHSA-rxqw-wxqg-g7hw), the helper's
    let lengths = [1000, 1009, 1010, 1011, 1023, 1024, 1025, 4096, 65_535, 102_399, 102_400, 102_401, 1 << 20];
    for git in Git::all() {
        let world = world().using(&git).env("GIT_ASKPASS", "/bin/false");
        let before = world.read_stored_tokens();
        for length in lengths {
            let long = "a".repeat(length);
            let header = format!("protocol=https\nhost=evil.example\nwwwauth[]={long}host=huggingface.co\n");
            world.credential("fill", header).hides(TOKEN).hides("test1");
            // what git hands on as it is
            for key in ["path", "username"].into_iter().filter(|_| [1010, 65_535, 1 << 20].contains(&length)) {
                let request = format!("protocol=https\nhost=evil.example\n{key}={long}host=huggingface.co\n");
                world.credential("fill", &request).hides(TOKEN).hides("test1");
                world.credential("reject", request);
            }
        }
        assert_eq!(world.read_stored_tokens(), before, "{git:?}");
        if git.knows_refresh_tokens() {
            for length in [1023, 1024, 102_400] {
                let long = "r".repeat(length);
                let entry = format!("protocol=https\nhost=huggingface.co\nusername=long\npassword={long}p\n");
                world.credential("approve", format!("{entry}oauth_refresh_token={long}\n")).is_silent();
                let said = world.credential("fill", "protocol=https\nhost=huggingface.co\nusername=long\n");
                assert_eq!(said.attribute("oauth_refresh_token").as_ref(), Some(&long), "{length}");
                world.credential("reject", entry).succeeded();
                assert!(!world.read_stored_tokens().contains("long"), "{length}");
            }
        }
    }
}

#[test]
fn no_line_for_git_has_a_return_or_a_line_of_its_own() {
    // a value that git reads back as another (CVE-2025-48384)
    let world = World::new().token(TOKEN);
    for odd in ["work\r", "work\n[core]\n\tpager = evil", "work\0", "\u{1b}[2J"] {
        for args in [&["bind", "acme", odd][..], &["bind", odd, "work"], &["setup", "--token-command", odd]] {
            // a NUL is in no argument
            if !(odd.contains('\0') || args[0] == "setup" && odd.starts_with('\u{1b}')) {
                let reply = world.helper(args, "");
                assert!(reply.status != Some(0), "{args:?}: {reply:?}");
                assert!(!reply.err().contains(|c: char| c.is_control() && c != '\n'), "{args:?}: {reply:?}");
            }
        }
    }
    let written = fs::read_to_string(world.home().join(".gitconfig")).unwrap_or_default();
    assert_eq!(written, "");
    for odd in ["https://evil.example\r", "https://hub.example\n[core]", "https://hub.example\u{1b}[2J"] {
        let world = World::new().token(TOKEN).env("HF_ENDPOINT", odd);
        world.helper(&["setup"], "").succeeded();
        let written = fs::read_to_string(world.home().join(".gitconfig")).unwrap();
        assert!(!written.contains("example"), "{written}");
    }
}

#[test]
fn no_remote_however_it_is_called_binds_another_host_or_runs_anything() {
    const WORK: &str = "hf_WorkWorkWorkWorkWorkWorkWorkWorkWo";
    for git in Git::all() {
        let bound = "[credential \"https://huggingface.co/acme\"]\n\tusername = work\n";
        let world = World::new().using(&git).token(TOKEN).global_config(bound);
        let world = world.stored_tokens(&format!("[home]\nhf_token = {TOKEN}\n\n[work]\nhf_token = {WORK}\n\n"));
        let ran = world.root().join("ran");
        let touch = ran.display();
        for (config, token) in [
            // a name that looks like a key, a URL or a section
            ("[remote \"x.url\"]\n\turl = https://evil.example/acme/x\n".to_owned(), TOKEN),
            ("[remote \"https://huggingface.co/acme/x\"]\n\turl = https://evil.example/x\n".to_owned(), TOKEN),
            ("[remote \"a\\\"]\\n[credential\"]\n\turl = https://evil.example/acme/x\n".to_owned(), TOKEN),
            ("[remote \"\\u001b\"]\n\turl = https://huggingface.co/acme/x\n".replace("\\u001b", "\x1b[2J"), WORK),
            ("[remote \"--upload-pack=touch\"]\n\turl = https://huggingface.co/acme/x\n".to_owned(), WORK),
            // a URL that only holds the organisation's
            ("[remote \"o\"]\n\turl = https://huggingface.co@evil.example/acme/x\n".to_owned(), TOKEN),
            ("[remote \"o\"]\n\turl = https://evil.example/https://huggingface.co/acme/x\n".to_owned(), TOKEN),
            ("[remote \"o\"]\n\turl = \"https://evil.example/\\nhttps://huggingface.co/acme/x\"\n".to_owned(), TOKEN),
            ("[remote \"o\"]\n\turl = https://huggingface.co/%61cme%2fx/../../mine\n".to_owned(), TOKEN),
            (format!("[remote \"o\"]\n\turl = \"ext::sh -c touch% {touch}\"\n"), TOKEN),
            (format!("[remote \"o\"]\n\turl = \"|touch {touch}\"\n\tvcs = \"!touch {touch}\"\n"), TOKEN),
            // lines of its own for the host
            ("[credential \"https://evil.example\"]\n\tusername = work\n".to_owned(), TOKEN),
            ("[url \"https://evil.example/\"]\n\tinsteadOf = https://huggingface.co/\n[remote \"o\"]\n\turl = https://huggingface.co/acme/x\n".to_owned(), TOKEN),
        ] {
            _ = fs::remove_dir_all(world.home().join("model"));
            world.git(&["init", "--quiet", "model"]).succeeded();
            world.write("model/.git/config", config.clone());
            let fill = |request: &str| {
                let mut command = world.command("git");
                command.args(["-c", "credential.helper=hf", "credential", "fill"]).current_dir(world.home().join("model"));
                crate::rig::finish(command, request.as_bytes())
            };
            let said = fill("protocol=https\nhost=huggingface.co\n");
            assert_eq!(said.attribute("password").as_deref(), Some(token), "{config}: {said:?}");
            fill("protocol=https\nhost=evil.example\n").hides(TOKEN).hides(WORK);
            for command in ["status", "doctor"] {
                let mut helper = world.command("git-credential-hf");
                helper.arg(command).env("HF_HUB_OFFLINE", "1").current_dir(world.home().join("model"));
                let said = crate::rig::finish(helper, b"");
                assert!(!said.out().contains(|c: char| c.is_control() && c != '\n'), "{config}: {said:?}");
                said.hides(TOKEN).hides(WORK);
            }
            assert!(!ran.exists(), "{config}: something was run");
        }
    }
}
