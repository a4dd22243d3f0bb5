//! Every remedy works: what prints it is set up, the remedy is run as it is pasted, and what was found is gone.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::findings::{codes, world};
use crate::rig::{World, finish};
use crate::status::{A, B, HELPER, all, text};

/// A state that prints a finding, and whether all commands of its remedy are to be run, or the first.
struct State {
    code: &'static str,
    world: World,
    runs_all: bool,
}

fn state(code: &'static str, change: impl FnOnce(World) -> World) -> State {
    State { code, world: change(world()), runs_all: false }
}

/// A line in the repository's configuration.
fn local(code: &'static str, key: &str, value: &str) -> State {
    configured(code, &["config", key, value])
}

fn configured(code: &'static str, arguments: &[&str]) -> State {
    state(code, |world| {
        world.git_in("r", arguments).succeeded();
        world
    })
}

fn at(code: &'static str, url: &str) -> State {
    configured(code, &["remote", "set-url", "origin", url])
}

fn written(code: &'static str, path: &str, text: &str) -> State {
    state(code, |world| {
        world.write(path, text);
        world
    })
}

fn variable(code: &'static str, name: &str, value: &str) -> State {
    state(code, |world| world.env(name, value))
}

fn states() -> Vec<State> {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead = format!("http://{dead}");
    let hub = "https://huggingface.co/";
    let header = format!("Authorization: Bearer {B}");
    let empty_list = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "credential.helper"), ("GIT_CONFIG_VALUE_0", "")];
    let mode = |path: &'static str, mode: u32| {
        move |world: World| {
            let path = world.home().join(path);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            world
        }
    };
    vec![
        local("rewritten_elsewhere", "url.https://hf-mirror.com/.insteadOf", hub),
        configured("rewritten_elsewhere", &["config", "--global", "url.https://hf-mirror.com/.insteadOf", hub]),
        written("rewritten_elsewhere", "inc", &format!("[url \"https://m.example/\"]\n\tinsteadOf = {hub}\n"))
            .including("inc"),
        local("rewritten_elsewhere", "url.https://hf-mirror.com/.pushInsteadOf", hub),
        local("rewritten_ssh", "url.git@hf.co:.insteadOf", hub),
        local("rewritten_empty_password", "url.https://:@huggingface.co/.insteadOf", hub),
        local("rewritten_token", &format!("url.https://x:{B}@huggingface.co/.insteadOf"), "hub:"),
        at("url_empty_password", "https://user:@huggingface.co/spaces/user/space"),
        at("url_token", &format!("https://x:{B}@huggingface.co/a/b")).running_all(),
        at("url_token", &format!("https://{B}@huggingface.co/a/b")).running_all(),
        at("url_http", "http://huggingface.co/a/b"),
        at("url_not_a_repository", "https://huggingface.co/datasets/a/b/tree/main"),
        local("url_empty_password", "remote.o;echo ran >ran;.url", "https://a:@huggingface.co/a/b"),
        local("header_token", "http.https://huggingface.co/.extraHeader", &header),
        configured("header_token", &["config", "--global", "http.extraHeader", &header]),
        written("netrc_entry", ".netrc", &format!("machine huggingface.co login me password {B}\n")),
        written("credential_file", ".git-credentials", &format!("https://me:{B}@huggingface.co\n")),
        local("proxy_dead", "http.proxy", &dead),
        variable("proxy_dead", "https_proxy", &dead),
        state("redirects_off", |world| {
            world.git_in("r", &["remote", "set-url", "origin", "https://hf.co/a/b"]).succeeded();
            world.git_in("r", &["config", "http.followRedirects", "false"]).succeeded();
            world
        }),
        local("certificates_missing", "http.sslCAInfo", "/gone.pem"),
        variable("certificates_missing", "GIT_SSL_CAINFO", "/gone.pem"),
        local("verification_off", "http.sslVerify", "false"),
        variable("verification_off", "GIT_SSL_NO_VERIFY", "1"),
        local("lfs_elsewhere", "lfs.url", "https://lfs.example/x"),
        written("lfs_elsewhere", "r/.lfsconfig", "[lfs]\n\turl = https://lfs.example/x\n"),
        local("lfs_access_stale", "lfs.https://huggingface.co/user/private-model.git/info/lfs.access", "none"),
        local("lfs_access_stale", "lfs.https://cdn-lfs.hf.co/;echo ran >ran;.access", "basic"),
        state("not_set_up", |world| world.global_config("")),
        state("told_too", |world| world.global_config(&format!("{HELPER}[credential]\n\thelper = store\n"))),
        local("told_too", "credential.helper", "store"),
        local("switched_off", "credential.helper", ""),
        state("switched_off", |world| empty_list.iter().fold(world, |world, (name, value)| world.env(name, value))),
        state("asked_first", |world| world.global_config("[credential]\n\thelper = store\n\thelper = hf\n")),
        state("helper_not_found", |world| {
            world.global_config("[credential \"https://huggingface.co\"]\n\thelper = /gone/git-credential-hf\n")
        }),
        variable("hf_home_relative", "HF_HOME", "./hf_cache"),
        state("hf_home_readable", mode(".cache/huggingface/token", 0o644)),
        state("hf_home_writable", mode(".cache/huggingface", 0o777)),
        variable("variable_in_force", "HF_TOKEN", B),
        variable("variable_odd", "HF_TOKEN", "$HF_TOKEN"),
        variable("variable_empty_for_xet", "HF_TOKEN", ""),
        variable("variable_unread", "HUGGING_FACE_TOKEN", B),
        variable("endpoint_ignored", "HF_ENDPOINT", "huggingface.co"),
        variable("endpoint_added", "HF_ENDPOINT", "https://hub.example"),
        variable("keychain_bus_gone", "DBUS_SESSION_BUS_ADDRESS", "unix:path=/gone/bus"),
        variable("repository_not_trusted", "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"),
        state("expired", |world| world.stored_tokens("[old]\nhf_token = hf_old\nexpires_at = 1\n\n")),
    ]
}

impl State {
    fn running_all(self) -> Self {
        Self { runs_all: true, ..self }
    }

    fn including(self, file: &str) -> Self {
        let file = self.world.home().join(file);
        self.world.git(&["config", "--global", "include.path", &file.display().to_string()]).succeeded();
        self
    }
}

/// Runs a script in the repository, in one shell, as a person would.
fn shell(world: &World, script: &str) -> String {
    let mut command = world.command("bash");
    command.current_dir(world.home().join("r")).arg("-c").arg(script);
    let reply = finish(command, b"");
    reply.hides(A).hides(B);
    reply.out()
}

const BOTH: &str = "git-credential-hf status --json; git-credential-hf doctor --json";

fn found(said: &str) -> (Vec<Value>, Vec<String>) {
    let objects: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(objects.len(), 2, "{said}");
    let codes = |value: &Value, list| codes(value, list).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let all_codes = [codes(&objects[0], "warnings"), codes(&objects[1], "checks")].concat();
    let findings = [all(&objects[0], "warnings"), all(&objects[1], "checks")].concat();
    (findings, all_codes)
}

#[test]
fn every_remedy_makes_what_it_is_for_go_away() {
    for State { code, world, runs_all } in states() {
        let (findings, _) = found(&shell(&world, BOTH));
        let its = findings.iter().find(|found| text(found, "code") == code && found["outcome"] != "ok");
        let remedy = text(its.unwrap_or_else(|| panic!("{code} is not found: {findings:#?}")), "remedy").to_owned();
        let quoted: Vec<_> = remedy.split('`').skip(1).step_by(2).collect();
        let commands = match (&quoted[..], code) {
            ([], _) => remedy.clone(),
            (quoted, "expired") => quoted.last().unwrap().to_string(),
            (quoted, _) if runs_all => quoted.join("\n"),
            (quoted, _) => quoted[0].to_owned(),
        };
        let said = shell(&world, &format!("{{ {commands}\n}} >&2\n{BOTH}"));
        let (_, left) = found(&said);
        assert!(!left.iter().any(|left| left == code), "{code} is still there after\n{commands}\n{said}");
        assert!(!world.home().join("r/ran").exists(), "{commands}");
    }
}
