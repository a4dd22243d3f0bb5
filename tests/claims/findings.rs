//! What stands between git and the right token is found, by `status` and by `doctor` alike, each by its stable code.

use serde_json::Value;

use crate::rig::{Reply, World, finish};
use crate::status::{A, B, HELPER, all, repository, run_in, status_in, text};

const URL: &str = "https://huggingface.co/user/private-model";

/// A home with a login, set up, and a repository `r` whose `origin` is at the Hub.
pub(crate) fn world() -> World {
    world_at(URL)
}

fn world_at(url: &str) -> World {
    let world = World::new().with_clients().global_config(HELPER).token(A).env("HF_HUB_OFFLINE", "1");
    repository(&world, "r", &[("origin", url)]);
    world
}

pub(crate) fn doctor_in(world: &World, directory: &str, args: &[&str]) -> Reply {
    let mut command = world.command("git-credential-hf");
    command.current_dir(world.home().join(directory)).arg("doctor").args(args);
    let reply = finish(command, b"");
    reply.hides(A).hides(B);
    reply
}

pub(crate) fn codes<'a>(said: &'a Value, list: &str) -> Vec<&'a str> {
    all(said, list).iter().filter(|found| found["outcome"] != "ok").map(|found| text(found, "code")).collect()
}

/// Both commands name it, and `status` ends so.
#[track_caller]
fn found(world: &World, code: &str, is_usable: bool) -> Value {
    let said = status_in(world, "r");
    assert!(codes(&said, "warnings").contains(&code), "{code}: {said:#}");
    assert_eq!(said["usable"], is_usable, "{code}: {said:#}");
    assert_eq!(run_in(world, "r", &[]).status, Some(i32::from(!is_usable)), "{code}");
    let told: Value = serde_json::from_str(&doctor_in(world, "r", &["--json"]).out()).expect("JSON");
    assert!(codes(&told, "checks").contains(&code), "{code}: {told:#}");
    said
}

pub(crate) fn configure(world: &World, arguments: &[&str]) {
    world.git_in("r", &[&["config"], arguments].concat()).succeeded();
}

#[test]
fn without_any_of_it_nothing_is_found() {
    let said = status_in(&world(), "r");
    assert_eq!((codes(&said, "warnings"), &said["usable"]), (vec![], &Value::Bool(true)), "{said:#}");
    let shown = run_in(&world(), "r", &[]).out();
    assert!(shown.contains("\n*  HF home") && shown.ends_with("git, git-lfs and git-xet all send it\n"), "{shown}");
}

#[test]
fn a_mirror_that_instead_of_leads_to_is_named_and_no_token_is_said_to_go_there() {
    for base in ["https://hf-mirror.com/", "http://localhost:8080/"] {
        let world = world();
        configure(&world, &["--global", &format!("url.{base}.insteadOf"), "https://huggingface.co/"]);
        let said = found(&world, "rewritten_elsewhere", false);
        let host = base.split('/').nth(2).unwrap();
        assert_eq!((&said["elsewhere"][0]["host"], &said["elsewhere"][0]["by"]), (&host.into(), &"other_host".into()));
        let shown = run_in(&world, "r", &[]).out();
        assert!(shown.contains(&format!("origin  asks at {host}, which is no Hub of yours")), "{shown}");
        assert!(!shown.contains("\n*") && !shown.contains("send it"), "{shown}");
    }
}

#[test]
fn what_push_instead_of_does_is_told_of_pushing_alone() {
    let world = world();
    configure(&world, &["--global", "url.https://mirror.example/.pushInsteadOf", "https://huggingface.co/"]);
    let said = found(&world, "rewritten_elsewhere", true);
    assert_eq!((&said["elsewhere"][0]["name"], &said["elsewhere"][0]["push"]), (&"origin".into(), &true.into()));
    assert_eq!(all(&said["hosts"][0], "remotes").len(), 1, "{said:#}");
}

#[test]
fn an_empty_password_in_a_url_is_named_and_no_token_is_said_to_be_sent() {
    for url in ["https://user:@huggingface.co/spaces/user/space", "https://:@huggingface.co/user/m"] {
        let said = found(&world_at(url), "url_empty_password", false);
        assert_eq!(said["hosts"][0]["remotes"][0]["clients"][0]["sends"], "nothing", "{said:#}");
        assert!(all(&said["hosts"][0], "sources").iter().all(|source| source["answers"] == false), "{said:#}");
    }
    let world = world();
    configure(&world, &["url.https://:@huggingface.co/.insteadOf", "https://huggingface.co/"]);
    found(&world, "rewritten_empty_password", false);
}

#[test]
fn what_goes_by_ssh_is_told_so_and_the_line_that_makes_it_so_is_the_remedy() {
    let world = world();
    configure(&world, &["--global", "url.git@hf.co:.insteadOf", "https://huggingface.co/"]);
    let said = found(&world, "rewritten_ssh", true);
    assert_eq!(said["elsewhere"][0]["by"], "ssh");
    let doctor = doctor_in(&world, "r", &[]).out();
    assert!(!doctor.contains("remote set-url"), "{doctor}");
    let world = world_at("git@hf.co:user/m");
    let shown = run_in(&world, "r", &[]);
    assert!(shown.succeeded().out().contains("origin  goes by SSH to hf.co, with a key and no token"), "{shown:?}");
}

#[test]
fn a_remote_of_somebody_else_has_its_own_line() {
    let world = world();
    world.git_in("r", &["remote", "add", "gh", "https://github.com/a/b"]).succeeded();
    world.git_in("r", &["remote", "add", "disk", "/srv/a.git"]).succeeded();
    let shown = run_in(&world, "r", &[]);
    let out = shown.succeeded().out();
    assert!(out.contains("gh    asks at github.com, which is no Hub of yours"), "{out}");
    assert!(out.contains("disk  is a path of this machine"), "{out}");
}

#[test]
fn a_proxy_that_is_not_there_and_certificates_that_are_missing_keep_git_from_the_hub() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let with = |key: &str, value: &str| {
        let world = world();
        configure(&world, &[key, value]);
        world
    };
    found(&with("http.proxy", &format!("http://me:{B}@{dead}")), "proxy_dead", false);
    found(&world().env("https_proxy", format!("http://{dead}")), "proxy_dead", false);
    found(&with("http.https://huggingface.co.sslCAInfo", "/gone.pem"), "certificates_missing", false);
    found(&world().env("GIT_SSL_CAINFO", "/gone.pem"), "certificates_missing", false);
    found(&with("http.sslVerify", "false"), "verification_off", true);
    let world = world_at("https://hf.co/user/private-model");
    configure(&world, &["http.followRedirects", "false"]);
    found(&world, "redirects_off", false);
    // neither is another host's, nor one that is left out, in the way
    let other = with("http.https://github.com.proxy", &format!("http://{dead}"));
    assert_eq!(codes(&status_in(&other, "r"), "warnings"), [""; 0]);
    let left_out =
        world_at(URL).env("https_proxy", format!("http://{dead}")).env("no_proxy", "x, huggingface.co,hf.co");
    assert_eq!(codes(&status_in(&left_out, "r"), "warnings"), [""; 0]);
}

#[test]
fn an_entry_in_netrc_goes_first_and_no_more_is_said() {
    let of = |text: &str| {
        let world = world();
        world.write(".netrc", text);
        world
    };
    let said = found(&of(&format!("machine huggingface.co login me password {B}\n")), "netrc_entry", true);
    assert_eq!(said["hosts"][0]["remotes"][0]["clients"][0]["sends"], "first_another", "{said:#}");
    found(&of(&format!("default login me password {B}\n")), "netrc_entry", true);
    let named = world();
    named.write("my.netrc", format!("machine huggingface.co password {B}\n"));
    let file = named.home().join("my.netrc");
    found(&named.env("NETRC", file), "netrc_entry", true);
    // a name in the URL takes its own entry alone
    let world = world_at("https://work@huggingface.co/user/m");
    world.write(".netrc", format!("machine huggingface.co login me password {B}\n"));
    let said = status_in(&world, "r");
    assert_eq!(said["hosts"][0]["remotes"][0]["clients"][0]["sends"], "helper", "{said:#}");
}

#[test]
fn git_lfs_that_is_sent_elsewhere_has_a_line_whoever_sends_it() {
    for key in ["lfs.url", "remote.origin.lfsurl"] {
        let world = world();
        configure(&world, &[key, "https://lfs.example/x"]);
        let said = found(&world, "lfs_elsewhere", true);
        assert_eq!(said["hosts"][0]["remotes"][0]["clients"][1]["sends"], "other_host", "{said:#}");
    }
    let world = world();
    world.write("r/.lfsconfig", "[lfs]\n\turl = https://lfs.example/x\n");
    let said = found(&world, "lfs_elsewhere", true);
    assert!(text(&said["warnings"][0], "remedy").contains(".lfsconfig"), "{said:#}");
}

#[test]
fn a_list_of_helpers_that_a_program_empties_is_its_own() {
    let empty = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "credential.helper"), ("GIT_CONFIG_VALUE_0", "")];
    let world = empty.iter().fold(world(), |world, (name, value)| world.env(name, value));
    let said = found(&world, "switched_off", false);
    assert!(!said.to_string().contains("setup --command"), "{said:#}");
    assert_eq!(all(&said, "warnings").len(), 1, "once is enough: {said:#}");
}

#[test]
fn a_helper_that_git_does_not_find_sends_nothing() {
    let world = world();
    let built = world.command("git-credential-hf").get_program().to_owned();
    let bare = world.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let mut command = bare.command(built);
    let reply = finish(
        {
            command.arg("status");
            command
        },
        b"",
    );
    assert!(reply.failed().out().contains("git does not find git-credential-hf"), "{reply:?}");
    assert!(!reply.out().contains("\n*"), "{reply:?}");
}

#[test]
fn no_star_stands_where_git_sends_nothing_of_ours() {
    let stars = |world: &World| run_in(world, "r", &[]).out().lines().filter(|line| line.starts_with('*')).count();
    assert_eq!(stars(&world()), 1);
    assert_eq!(stars(&world().global_config("")), 0, "not set up");
    let first = "[credential]\n\thelper = store\n\thelper = hf\n";
    assert_eq!(stars(&world().global_config(first)), 0, "another helper may answer");
    assert_eq!(stars(&world_at(&format!("https://x:{B}@huggingface.co/a/b"))), 0, "a token in the URL");
    let command = "[credential \"https://huggingface.co\"]\n\thelper = \"hf --token-command false\"\n";
    assert_eq!(stars(&world().global_config(command)), 0, "a command may fail");
}

#[test]
fn what_is_not_installed_is_not_said_to_send_anything() {
    let world = World::new().global_config(HELPER).token(A);
    let shown = run_in(&world, "", &[]).out();
    assert!(!shown.contains("git-xet all send") && shown.contains("git-xet is not installed"), "{shown}");
}

#[test]
fn a_git_that_knows_no_bearer_gets_no_token_that_was_rejected_as_a_password() {
    for git in crate::rig::Git::all() {
        let token = "hf_oauth_AAAAAAAAAAAAAAAAAAAA";
        let world = World::new().using(&git).global_config(HELPER).token(token);
        let ask = "protocol=https\nhost=huggingface.co\n";
        world.helper(&["erase"], format!("{ask}username=x\npassword={token}\n")).is_heard();
        let filled =
            world.git_fed(&["credential", "fill"], &format!("capability[]=authtype\ncapability[]=state\n{ask}\n"));
        let said = status_in(&world, "");
        assert_eq!(
            said["usable"],
            filled.attribute("password").is_some() || filled.attribute("credential").is_some(),
            "{said:#}"
        );
    }
}

#[test]
fn a_variable_that_nobody_reads_is_found_by_what_it_holds() {
    for name in ["HUGGING_FACE_TOKEN", "MY_KEY", "HUGGINGFACE_TOKEN"] {
        let world = World::new().with_clients().global_config(HELPER).env("HF_HUB_OFFLINE", "1").env(name, B);
        repository(&world, "r", &[("origin", URL)]);
        let said = found(&world, "variable_unread", false);
        assert!(said.to_string().contains(&format!("export HF_TOKEN=\\\"${name}\\\"")), "{said:#}");
    }
    let world = world().env("HF_TOKEN", A).env("MY_KEY", A);
    assert!(!codes(&status_in(&world, "r"), "warnings").contains(&"variable_unread"));
}

#[test]
fn a_token_where_hf_kept_it_long_ago_is_found() {
    let world = World::new().with_clients().global_config(HELPER).env("HF_HUB_OFFLINE", "1");
    repository(&world, "r", &[("origin", URL)]);
    world.write(".huggingface/token", B);
    found(&world, "old_token_file", false);
}

#[test]
fn a_repository_that_git_refuses_is_told_with_the_line_that_trusts_it() {
    let world = world().env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let said = found(&world, "repository_not_trusted", false);
    let line = format!("git config --global --add safe.directory {}", world.home().join("r").display());
    assert!(text(&said["warnings"][0], "remedy").contains(&line), "{said:#}");
}

#[test]
fn a_name_that_no_token_has_is_told_with_both_ways_out() {
    let world = World::new().with_clients().global_config(HELPER).env("HF_HUB_OFFLINE", "1");
    world.helper(&["store"], "protocol=https\nhost=huggingface.co\nusername=hf_user\npassword=test1\n").is_silent();
    repository(&world, "r", &[("origin", "https://alice@huggingface.co/user/m")]);
    let shown = run_in(&world, "r", &[]);
    let out = shown.failed().out();
    assert!(out.contains("no token named alice is stored here") && out.contains("login --name alice"), "{out}");
    assert!(!out.contains("exec --as"), "{out}");
}

#[test]
fn a_credential_file_is_found_by_whatever_line_names_it() {
    let world = world();
    world.write("kept", format!("https://x:{B}@huggingface.co\n"));
    let line = format!("/usr/lib/git-core/git-credential-store --file {}", world.home().join("kept").display());
    configure(&world, &["--global", "credential.helper", &line]);
    let told: Value = serde_json::from_str(&doctor_in(&world, "r", &["--json"]).out()).expect("JSON");
    assert!(codes(&told, "checks").contains(&"credential_file"), "{told:#}");
    let import = world.helper(&["import", "--dry-run"], "");
    assert!(import.out().contains("kept"), "{import:?}");
}

#[test]
fn doctor_tells_the_worst_first_and_counts() {
    let world = world_at("https://user:@huggingface.co/user/m");
    let shown = doctor_in(&world, "r", &[]).out();
    let words: Vec<_> =
        shown.lines().filter_map(|line| line.split(' ').next()).filter(|word| !word.is_empty()).collect();
    let (last, lines) = words.split_last().unwrap();
    let rank = |word: &&str| {
        ["fail", "warn", "ok"].iter().position(|known| known == word).unwrap_or_else(|| panic!("{word}: {shown}"))
    };
    assert!(lines.iter().map(rank).is_sorted() && *last == "1", "{shown}");
    assert!(shown.lines().last().unwrap().starts_with("1 failure, "), "{shown}");
    let quiet = doctor_in(&world, "r", &["--quiet"]).out();
    assert!(!quiet.lines().any(|line| line.starts_with("ok ")) && quiet.contains("fail  remote URLs"), "{quiet}");
}

#[test]
fn every_code_is_documented() {
    let documented = include_str!("../../docs/json.md");
    for (check, told) in git_credential_hf::findings::Check::ALL {
        let row = format!("| `{}` | `{}` | {told} |", check.code(), check.name());
        assert!(documented.contains(&row), "{row}");
    }
}
