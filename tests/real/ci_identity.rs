//! A CI job with no secret: its id token is exchanged once, for this job and for nobody else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::hub::{ACTIONS_HOST, File, JOB_TOKEN, Mood, Repository};
use crate::keyring::Day;
use crate::rig::{Git, Reply};
use crate::scene::{ALICE, BOB, Scene};

pub(crate) const SPACE: &str = "spaces/acme/app";
pub(crate) const URL: &str = "https://huggingface.co/spaces/acme/app";
pub(crate) const HOST: &str = "protocol=https\nhost=huggingface.co\n";
pub(crate) const ID_TOKEN: &str = "eyJ-id-token-of-the-job";
pub(crate) const FIRST: &str = "hf_jwt_job1";
pub(crate) const SECOND: &str = "hf_jwt_job2";

/// A Space, a job whose id token is trusted for it, and an id token that was supplied.
pub(crate) fn job(scene: &mut Scene) {
    scene.hub.publish(Repository::private(SPACE, &["job"]), &[File::Plain("README.md", "a Space".to_owned())]);
    for id_token in [ID_TOKEN, "id-token-for-https://huggingface.co"] {
        scene.hub.trust(id_token, SPACE, "job");
    }
    scene.hub.issues_for(Some(3600));
    scene.world.set_env("HF_OIDC_RESOURCE", SPACE);
    scene.world.set_env("HF_OIDC_ID_TOKEN", ID_TOKEN);
}

/// The same on GitHub Actions.
pub(crate) fn job_on_github(scene: &mut Scene) {
    job(scene);
    scene.world.set_env("HF_OIDC_ID_TOKEN", "");
    scene.world.set_env("GITHUB_ACTIONS", "true");
    scene.world.set_env("ACTIONS_ID_TOKEN_REQUEST_URL", format!("https://{ACTIONS_HOST}/idtoken?api-version=2.0"));
    scene.world.set_env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", JOB_TOKEN);
}

pub(crate) fn play(scenario: impl Fn(&mut Scene)) {
    Scene::play(&Git::first(), None, scenario);
}

pub(crate) fn get(scene: &Scene) -> Reply {
    scene.world.helper(&["get"], HOST)
}

pub(crate) fn exchanges(scene: &Scene) -> usize {
    scene.hub.asked_for_tokens().len()
}

pub(crate) fn cache(scene: &Scene) -> PathBuf {
    scene.world.home().join(".local/state/git-credential-hf/ci")
}

/// The files in the cache that hold a token.
pub(crate) fn cached(scene: &Scene) -> Vec<PathBuf> {
    let files = fs::read_dir(cache(scene)).into_iter().flatten().flatten().map(|file| file.path());
    files.filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("hf_"))).collect()
}

#[test]
#[ignore = "needs git-lfs and gnome-keyring; tests/run.sh installs them"]
fn a_job_with_no_secret_pushes_to_its_space() {
    for git in Git::all() {
        for on_github in [true, false] {
            Scene::play(&git, Some(Day::Unlocked), |scene| {
                if on_github {
                    job_on_github(scene);
                } else {
                    job(scene);
                }
                scene.clone(URL, "app").succeeded();
                scene.push("app", "app.py", "print()").succeeded();
                assert_eq!(scene.hub.read(SPACE, "app.py").as_deref(), Some(&b"print()"[..]));
                assert_eq!(scene.secrets_on("huggingface.co"), [FIRST]);

                let asked = scene.hub.asked_for_tokens();
                let [asked] = &asked[..] else { panic!("{asked:?}") };
                assert_eq!((&*asked.path, &*asked.content_type), ("/oauth/token", "application/json"));
                let mut fields: Vec<_> = asked.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
                fields.sort();
                let id_token = if on_github { "id-token-for-https://huggingface.co" } else { ID_TOKEN };
                let wanted = [
                    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange".to_owned(),
                    format!("resource={SPACE}"),
                    format!("subject_token={id_token}"),
                    "subject_token_type=urn:ietf:params:oauth:token-type:id_token".to_owned(),
                ];
                assert_eq!(fields, wanted);
                let shown = scene.secrets_on(ACTIONS_HOST);
                assert_eq!(shown, if on_github { vec![JOB_TOKEN] } else { vec![] });

                // it is in the job's own file and nowhere else
                assert_eq!(cached(scene).len(), 1);
                for file in [cache(scene), cached(scene).remove(0)] {
                    let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
                    assert_eq!(mode, if file.is_dir() { 0o700 } else { 0o600 }, "{}", file.display());
                }
                assert!(!scene.world.hf_home().exists());
                scene.world.set_env("HF_OIDC_RESOURCE", "");
                assert_eq!(scene.fill(""), "", "git stored it");
            });
        }
    }
}

#[test]
#[ignore = "needs git-lfs; tests/run.sh installs it"]
fn eight_lfs_requests_at_once_make_one_exchange() {
    play(|scene| {
        job_on_github(scene);
        scene.clone(URL, "app").succeeded();
        scene.world.git_in("app", &["lfs", "install", "--local"]).succeeded();
        scene.world.git_in("app", &["config", "lfs.concurrenttransfers", "8"]).succeeded();
        scene.world.write("app/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
        for number in 0..8_u8 {
            scene.world.write(format!("app/{number}.bin"), vec![number; 1000]);
        }
        scene.world.git_in("app", &["add", "."]).succeeded();
        scene.push("app", "app.py", "print()").succeeded();
        for number in 0..8_u8 {
            assert!(scene.hub.holds_object(&vec![number; 1000]), "{number}");
        }
        assert_eq!(exchanges(scene), 1);
    });
    play(|scene| {
        job_on_github(scene);
        scene.hub.is(Mood::Slow(Duration::from_millis(300)));
        thread::scope(|threads| {
            for getting in (0..8).map(|_| threads.spawn(|| get(scene))).collect::<Vec<_>>() {
                getting.join().expect("ran").answers("hf_user", FIRST);
            }
        });
        assert_eq!(exchanges(scene), 1);
    });
}

type Fails = fn(&mut Scene);

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_failure_is_an_error_and_never_somebody_else() {
    let failing: [(&str, Fails, &str); 8] = [
        ("denied", |scene| scene.hub.is(Mood::Denies), "invalid_grant"),
        ("down", |scene| scene.hub.is(Mood::Fails), "500"),
        ("redirected", |scene| scene.hub.is(Mood::Redirects), "307"),
        ("offline", |scene| scene.world.set_env("HF_HUB_OFFLINE", "1"), "OFFLINE"),
        ("no permission", |scene| scene.world.set_env("ACTIONS_ID_TOKEN_REQUEST_URL", ""), "id-token: write"),
        ("no CI", |scene| scene.world.set_env("GITHUB_ACTIONS", "yes"), "HF_OIDC_ID_TOKEN"),
        ("another job", |scene| scene.world.set_env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"), "401"),
        ("no endpoint", |scene| scene.world.set_env("HF_ENDPOINT", "http://hub.example"), "HF_ENDPOINT"),
    ];
    for (what, fail, why) in failing {
        play(|scene| {
            eprintln!("... {what}");
            job_on_github(scene);
            fail(scene);
            scene.world.set_env("HF_TOKEN", ALICE);
            scene.world.write_token(BOB);
            let said = get(scene);
            said.gives_up().says(why).says("HF_OIDC_RESOURCE").hides("hf_").hides(JOB_TOKEN).hides("id-token-for");
            assert!(scene.hub.visits().iter().all(|visit| visit.host != "evil.example"));
            assert!(cached(scene).is_empty());
        });
    }
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn it_is_used_until_five_minutes_before_its_end_or_to_its_end() {
    play(|scene| {
        job_on_github(scene);
        scene.hub.issues_for(Some(290));
        get(scene).answers("hf_user", FIRST);
        get(scene).answers("hf_user", SECOND);
        // an id token that was supplied may be over by then
        scene.world.set_env("HF_OIDC_ID_TOKEN", ID_TOKEN);
        for _ in 0..2 {
            get(scene).answers("hf_user", "hf_jwt_job3");
        }
        assert_eq!(exchanges(scene), 3);
        // another resource is another identity
        scene.hub.trust(ID_TOKEN, "acme", "job");
        scene.world.set_env("HF_OIDC_RESOURCE", "acme");
        get(scene).answers("hf_user", "hf_jwt_job4");
    });
    for life in [0, -5] {
        play(|scene| {
            job_on_github(scene);
            scene.hub.issues_for(Some(life));
            let said = get(scene);
            said.answers("hf_user", FIRST);
            assert_eq!(said.attribute("password_expiry_utc"), None, "git would not use it");
            assert!(cached(scene).is_empty());
            get(scene).answers("hf_user", SECOND);
        });
    }
    play(|scene| {
        job(scene);
        let request = format!("{HOST}capability[]=authtype\ncapability[]=state\nusername=me\n");
        let said = scene.world.helper(&["get"], request);
        said.succeeded().says_nothing();
        assert_eq!(
            (said.attributes("authtype"), said.attributes("credential")),
            (vec!["Bearer".into()], vec![FIRST.into()])
        );
        assert_eq!((said.attributes("ephemeral"), said.attribute("password")), (vec!["1".into()], None));
        assert_eq!(said.attribute("state[]").as_deref(), Some("hf:ci"));
        assert!(said.attribute("password_expiry_utc").is_some());
        // what is there needs no network
        scene.world.set_env("HF_HUB_OFFLINE", "1");
        get(scene).answers("hf_user", FIRST);
        scene.world.helper(&["store"], format!("{HOST}username=me\npassword={BOB}\n")).is_silent();
        assert_eq!(scene.world.read_stored_tokens(), "", "stored beside a CI identity");
    });
}

#[test]
#[ignore = "needs git-lfs; tests/run.sh installs it"]
fn a_refused_token_is_exchanged_once_more_and_then_no_more() {
    play(|scene| {
        job(scene);
        scene.world.set_env("HF_TOKEN", ALICE);
        get(scene).answers("hf_user", FIRST);
        // of another host, or another secret: not the cached one
        for other in
            [format!("{HOST}password={BOB}\n"), format!("protocol=https\nhost=evil.example\npassword={FIRST}\n")]
        {
            scene.world.helper(&["erase"], other).is_silent();
            assert_eq!(cached(scene).len(), 1);
        }
        scene.hub.revoke(FIRST);
        scene.world.git(&["ls-remote", URL]).failed();
        assert!(cached(scene).is_empty(), "it was refused");
        scene.world.git(&["ls-remote", URL]).succeeded();
        assert_eq!(exchanges(scene), 2);

        scene.hub.revoke(SECOND);
        // as Bearer and then as Basic, and once more as the Bearer that was not refused for good
        for _ in 0..2 {
            scene.world.git(&["ls-remote", URL]).failed();
        }
        for _ in 0..2 {
            scene.world.git(&["ls-remote", URL]).failed().says("HF_OIDC_RESOURCE").hides(SECOND);
        }
        assert_eq!(exchanges(scene), 2, "tokens without end");
        assert_eq!(scene.times_shown(ALICE), 0, "somebody else took over");
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn no_other_host_is_told() {
    play(|scene| {
        job(scene);
        scene.hub.trust(ID_TOKEN, SPACE, "job");
        let asked = |host: &str| scene.world.helper(&["get"], format!("protocol=https\nhost={host}\n"));
        asked("hf.co").answers("hf_user", FIRST);
        for host in ["evil.example", "cdn-lfs.hf.co", "hub.example"] {
            asked(host).is_silent();
        }
    });
    play(|scene| {
        job(scene);
        scene.world.set_env("HF_ENDPOINT", "https://hub.example/");
        let asked = |host: &str| scene.world.helper(&["get"], format!("protocol=https\nhost={host}\n"));
        asked("huggingface.co").answers_nobody();
        asked("hub.example").answers("hf_user", FIRST);
        asked("huggingface.co").answers_nobody();
        assert_eq!(scene.hub.visits().into_iter().map(|visit| visit.host).collect::<Vec<_>>(), ["hub.example"]);
    });
}
