//! What each client is said to send to each remote; git's own `credential fill` is the judge.

use serde_json::Value;

use crate::rig::{Git, World, finish};
use crate::status::{A, B, HELPER, all, clients, repository, run_in, status, status_in, text, warnings};

/// By which way each client's token comes to the first remote, and whether they agree.
pub(crate) fn ways(status: &Value) -> (String, bool) {
    let words: Vec<_> = clients(status, 0).iter().map(|client| text(client, "sends")).collect();
    (words.join(" "), status["agree"].as_bool().unwrap())
}

#[test]
fn each_client_that_goes_past_the_helper_is_named() {
    let ours = || World::new().with_clients().global_config(HELPER).token(A);
    assert_eq!(ways(&status(&ours())), ("helper helper helper".to_owned(), true));
    assert_eq!(ways(&status(&ours().env("HF_TOKEN", B))), ("helper helper HF_TOKEN".to_owned(), true));
    assert_eq!(ways(&status(&ours().env("HF_TOKEN", ""))), ("helper helper nothing".to_owned(), false));
    let world = ours().env("HF_TOKEN", "").env("HUGGING_FACE_HUB_TOKEN", B);
    assert_eq!(ways(&status(&world)), ("helper helper nothing".to_owned(), false));
    let said = status(&World::new().with_clients().token(A));
    assert_eq!((ways(&said), &said["usable"]), (("nothing nothing nothing".to_owned(), true), &Value::Bool(false)));
    assert!(warnings(&said).contains("git-credential-hf setup"), "{said}");
    let world = ours();
    world.write(".netrc", format!("machine huggingface.co login x password {B}\n"));
    let said = status(&world);
    let of_netrc = "first_another first_another another".to_owned();
    assert_eq!((ways(&said), &said["usable"]), ((of_netrc, false), &Value::Bool(true)));
    assert!(warnings(&said).contains(".netrc"), "{said}");
    let header = format!("{HELPER}[http \"https://huggingface.co/acme\"]\n\textraHeader = Authorization: Bearer {B}\n");
    let world = ours().global_config(&header);
    for (name, way) in [("acme", "another another helper"), ("acmes", "helper helper helper")] {
        repository(&world, name, &[("origin", &format!("https://huggingface.co/{name}/m"))]);
        assert_eq!(ways(&status_in(&world, name)).0, way);
    }
}

#[test]
fn of_a_helper_that_is_asked_before_it_is_said_no_more_than_that() {
    let before = "[credential]\n\thelper = store\n\thelper = hf\n";
    let world = World::new().with_clients().global_config(before).token(A);
    let said = status(&world);
    assert_eq!(ways(&said), ("first_another first_another first_another".to_owned(), true));
    assert!(warnings(&said).contains("credential.helper (git's global configuration"), "{said}");
    let shown = run_in(&world, "", &[]);
    assert!(shown.out().contains("git asks another helper first, and where that has none it uses"), "{shown:?}");
    let said = status(&world.global_config("[credential]\n\thelper = store\n"));
    assert_eq!((ways(&said).0.as_str(), &said["usable"]), ("another another another", &Value::Bool(true)));
}

#[test]
fn what_git_lfs_noted_counts_for_its_own_repository_and_only_where_it_is_in_the_way() {
    let note = |server: &str, value: &str| format!("{HELPER}[lfs \"{server}/info/lfs\"]\n\taccess = {value}\n");
    let sends = |server: &str, value: &str, has_token: bool| {
        let world = World::new().with_clients().global_config(&note(server, value));
        if has_token {
            world.write_token(A);
        }
        repository(&world, "m", &[("origin", "https://huggingface.co/acme/m")]);
        let said = status_in(&world, "m");
        (text(&clients(&said, 0)[2], "sends").to_owned(), warnings(&said).contains(".access"))
    };
    let own = "https://huggingface.co/acme/m.git";
    assert_eq!(sends(own, "none", true), ("nothing".to_owned(), true));
    assert_eq!(sends("https://alice@HuggingFace.co:443/acme/m.git", "none", true), ("nothing".to_owned(), true));
    for other in [
        "https://github.com/acme/m.git",
        "https://huggingface.co/acme/n.git",
        "https://huggingface.company.example/acme/m.git",
    ] {
        assert_eq!(sends(other, "none", true), ("helper".to_owned(), false), "{other}");
        assert!(!sends(other, "basic", true).1, "{other}");
    }
    // git-lfs itself writes it at the first private repository
    assert_eq!(sends(own, "basic", true), ("helper".to_owned(), false));
    assert_eq!(sends(own, "basic", false), ("helper".to_owned(), true));
    assert!(!sends("https://huggingface.company.example/acme/m.git", "basic", false).1);
}

/// What `git credential fill` ends with for a URL, as `status` masks it.
fn filled(world: &World, directory: &str, url: &str) -> Option<String> {
    let mut command = world.command("git");
    command.args(["credential", "fill"]).current_dir(world.home().join(directory)).env("GIT_ASKPASS", "");
    let password = finish(command, format!("url={url}\n\n").as_bytes()).attribute("password")?;
    Some(format!("hf_****{}", &password[password.len() - 4..]))
}

/// What git and git-xet get at each remote is what git's own `credential fill` says, whatever names whom in which order.
#[test]
fn what_each_remote_gets_is_what_git_says() {
    let home_later = "[credential \"https://huggingface.co\"]\n\tusername = home\n";
    let bound = |path: bool| {
        format!("[credential \"https://huggingface.co/acme\"]\n\tusername = work\n\tuseHttpPath = {path}\n")
    };
    let one = &[("origin", "https://huggingface.co/acme/m")][..];
    let two = &[("origin", "https://huggingface.co/acme/m"), ("mine", "https://huggingface.co/mine/m")][..];
    let named = &[("origin", "https://work@huggingface.co/other/m"), ("up", "https://huggingface.co/acme/m")][..];
    let unbound = &[("origin", "https://huggingface.co/other/m")][..];
    for git in Git::all() {
        for (number, config) in [
            String::new(),
            bound(true),
            bound(false),
            home_later.to_owned() + &bound(true),
            bound(true) + home_later,
            bound(false) + home_later,
            bound(false) + "[credential]\n\tusername = home\n",
            bound(true) + "[credential \"huggingface.co\"]\n\tusername = home\n",
        ]
        .into_iter()
        .enumerate()
        {
            let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
            let world = World::new().with_clients().using(&git).stored_tokens(&sections).token(A);
            let world = world.global_config(&format!("{HELPER}{config}"));
            for (directory, remotes) in [("one", one), ("two", two), ("named", named), ("unbound", unbound)] {
                repository(&world, directory, remotes);
                let said = status_in(&world, directory);
                for (position, (name, url)) in remotes.iter().enumerate() {
                    let masked = |client: usize| clients(&said, position)[client]["answer"]["masked"].as_str();
                    let case = format!("{name} of {directory} with {number}: {said:#}");
                    assert_eq!(masked(0), filled(&world, directory, url).as_deref(), "git at {case}");
                    assert_eq!(
                        masked(2),
                        filled(&world, directory, "https://huggingface.co").as_deref(),
                        "git-xet at {case}"
                    );
                    let agrees = said["hosts"][0]["remotes"][position]["agree"] == true;
                    assert_eq!(agrees, masked(0) == masked(1) && masked(0) == masked(2), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_name_for_the_whole_host_behind_a_binding_is_told_with_its_cure() {
    let bound = "[credential \"https://huggingface.co/acme\"]\n\tusername = work\n\tuseHttpPath = true\n";
    let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = {B}\n\n");
    let later = format!("{HELPER}{bound}[credential \"https://huggingface.co\"]\n\tusername = home\n");
    let world = World::new().with_clients().stored_tokens(&sections).token(A).global_config(&later);
    repository(&world, "m", &[("origin", "https://huggingface.co/acme/m")]);
    let said = status_in(&world, "m");
    let asked: Vec<_> = clients(&said, 0).iter().map(|client| text(client, "requested")).collect();
    assert_eq!((asked, &said["agree"]), (vec!["home", "home", "work"], &Value::Bool(false)));
    assert!(warnings(&said).contains("bind again"), "{said:#}");
    world.git_in("m", &["remote", "add", "mine", "https://huggingface.co/mine/m"]).succeeded();
    world.helper(&["bind", "acme", "work"], "").succeeded();
    let of_two = status_in(&world, "m");
    assert!(warnings(&of_two).contains("git-credential-hf exec --as work -- git push"), "{of_two:#}");
    world.git_in("m", &["remote", "remove", "mine"]).succeeded();
    let world = world.global_config(&later);
    let shown = run_in(&world, "m", &[]).out();
    assert!(
        shown.contains("git asks for home, by credential.https://huggingface.co.username (git's global"),
        "{shown}"
    );
    assert!(shown.contains("git and git-lfs  home (hf_****AAAA)"), "{shown}");
    assert!(shown.contains("git-xet          work (hf_****BBBB)"), "{shown}");
}

#[test]
fn a_token_in_a_names_place_is_not_shown() {
    let sections = format!("[home]\nhf_token = {A}\n\n[work]\nhf_token = hf_other\n\n");
    let world = World::new().with_clients().global_config(HELPER).stored_tokens(&sections);
    repository(&world, "m", &[("origin", &format!("https://{B}@huggingface.co/acme/m"))]);
    let shown = run_in(&world, "m", &[]);
    assert!(shown.succeeded().out().contains("git uses the token in the URL (hf_****BBBB)"), "{shown:?}");
    assert_eq!(clients(&status_in(&world, "m"), 0)[0]["requested"], "hf_****BBBB");
    let before = world.read_stored_tokens();
    world.helper(&["store"], format!("protocol=https\nhost=huggingface.co\nusername={B}\npassword={B}x\n")).is_silent();
    assert_eq!(world.read_stored_tokens(), before, "a token is no name to keep another under");
}

#[test]
fn a_token_in_one_remotes_url_counts_for_that_remote() {
    let world = World::new().with_clients().global_config(HELPER).token(A);
    let held = format!("https://x:{B}@huggingface.co/acme/m");
    let named = format!("https://{B}@huggingface.co/acme/n");
    repository(&world, "m", &[("origin", "https://huggingface.co/acme/m"), ("held", &held), ("named", &named)]);
    world.git_in("m", &["config", "remote.origin.pushurl", &held]).succeeded();
    let said = status_in(&world, "m");
    let remotes = all(&said["hosts"][0], "remotes").iter().enumerate();
    let told: Vec<_> = remotes
        .map(|(position, remote)| {
            let sends: Vec<_> = clients(&said, position).iter().map(|client| text(client, "sends")).collect();
            format!("{} {}: {}", text(remote, "name"), remote["push"], sends.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "origin false: helper helper helper",
            "origin true: url url helper",
            "held false: url url url",
            "named false: helper helper helper"
        ],
        "{said:#}"
    );
    run_in(&world, "m", &[]).succeeded();
}
