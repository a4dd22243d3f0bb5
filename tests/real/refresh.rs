//! Tokens of a login in a browser: refreshed before their end by whoever meets them first, and nobody is logged out by it.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::hf::python;
use crate::hub::Repository;
use crate::rig::{Git, Reply, World};
use crate::scene::{ALICE, Scene};

pub const OLD: &str = "hf_oauth_old";
pub const OLD_REFRESH: &str = "rt_old";
pub const NEW: &str = "hf_oauth_alice1";
pub const NEW_REFRESH: &str = "rt_alice1";

pub const HOST: &str = "protocol=https\nhost=huggingface.co\n";
pub const HOUR: i64 = 3600;

/// What any other get may take at most, with what a loaded machine adds.
pub const AT_MOST: Duration = Duration::from_millis(3400);

pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()).expect("it fits")
}

/// Alice is logged in, with a token that ends in `left` seconds.
pub fn logged_in(scene: &Scene, left: i64) -> i64 {
    let end = now() + left;
    scene.hub.sign_in("alice", OLD, OLD_REFRESH);
    let file = format!(
        "# mine\n[other]\nhf_token = {ALICE}\nnote=kept\n\n[oauth-alice]\nhf_token = {OLD}\nrefresh_token = \
         {OLD_REFRESH}\nexpires_at = {end}\n\n[zed]\nhf_token: hf_zed\n\n"
    );
    scene.world.write(scene.world.hf_home().join("stored_tokens"), file);
    scene.world.write_token(OLD);
    end
}

pub fn token_file(world: &World) -> String {
    fs::read_to_string(world.hf_home().join("token")).expect("the token file")
}

pub fn get(scene: &Scene) -> Reply {
    scene.world.helper(&["get"], HOST)
}

/// Plays a scenario once without a keychain: it is not what this is about.
pub fn play(scenario: impl Fn(&mut Scene)) {
    Scene::play(&Git::first(), None, scenario);
}

pub fn is_as_it_was(scene: &Scene, end: i64) {
    let held = scene.world.read_stored_tokens();
    assert!(held.contains(&format!("hf_token = {OLD}\nrefresh_token = {OLD_REFRESH}\nexpires_at = {end}\n")), "{held}");
    assert_eq!(token_file(&scene.world), OLD);
}

pub fn litter(world: &World) -> Vec<String> {
    let names = fs::read_dir(world.hf_home()).expect("HF home").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !["token", "stored_tokens", "stored_tokens.lock"].contains(&&**name)).collect()
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_token_within_a_day_of_its_end_is_refreshed_as_hf_does_it() {
    play(|scene| {
        let earliest = logged_in(scene, 23 * HOUR) - 23 * HOUR;
        scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
        scene.world.git(&["ls-remote", "https://huggingface.co/acme/secret"]).succeeded();
        let asked = scene.hub.asked_for_tokens();
        let [asked] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!((&*asked.path, &*asked.content_type), ("/oauth/token", "application/x-www-form-urlencoded"));
        let mut fields: Vec<_> = asked.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
        fields.sort();
        let client = "client_id=26be6b09-91c5-47da-9861-d2d2bb7a7e36";
        assert_eq!(fields, [client, "grant_type=refresh_token", "refresh_token=rt_old"]);

        assert_eq!(token_file(&scene.world), NEW);
        let held = scene.world.read_stored_tokens();
        let (before, after) =
            (format!("# mine\n[other]\nhf_token = {ALICE}\nnote=kept\n\n"), "\n[zed]\nhf_token: hf_zed\n\n");
        assert!(held.starts_with(&before) && held.ends_with(after), "{held}");
        let section = &held[before.len()..held.len() - after.len()];
        let opening = format!("[oauth-alice]\nhf_token = {NEW}\nrefresh_token = {NEW_REFRESH}\nexpires_at = ");
        let end: i64 = section.strip_prefix(&opening).expect(section).trim().parse().expect("a number");
        assert!((earliest..=now()).contains(&(end - 30 * 24 * HOUR)), "{end}");
        assert_eq!(litter(&scene.world), [""; 0]);

        let answer = get(scene);
        answer.answers("hf_user", NEW);
        assert_eq!(answer.attribute("password_expiry_utc"), Some(end.to_string()));
        assert_eq!(scene.hub.asked_for_tokens().len(), 1, "asked again");
        python(&scene.world, "import huggingface_hub as h; print(h.get_token())").succeeded();
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn what_is_not_due_costs_no_request_and_no_file() {
    play(|scene| {
        let end = logged_in(scene, 25 * HOUR);
        get(scene).answers("hf_user", OLD);
        is_as_it_was(scene, end);
        assert!(!scene.world.hf_home().join("stored_tokens.lock").exists());
        assert!(scene.hub.visits().is_empty());
        // nor does a request for somebody else's
        logged_in(scene, HOUR);
        scene.world.helper(&["get"], format!("{HOST}username=other\n")).answers("other", ALICE);
        assert!(scene.hub.visits().is_empty());
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_requested_name_is_refreshed_too_and_an_own_client_id_is_named() {
    play(|scene| {
        logged_in(scene, HOUR);
        scene.world.write_token(ALICE);
        scene.world.set_env("HF_DEVICE_CODE_OAUTH_CLIENT_ID", "mine");
        scene.world.set_env("HF_ENDPOINT", "https://hub.example/path//");
        let there = "protocol=https\nhost=hub.example\nusername=oauth-alice\n";
        scene.world.helper(&["get"], there).answers("oauth-alice", NEW);
        assert_eq!(token_file(&scene.world), ALICE, "another token is active");
        let asked = scene.hub.asked_for_tokens().remove(0);
        assert_eq!((&*asked.path, &*asked.fields["client_id"]), ("/path/oauth/token", "mine"));
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn what_the_hub_leaves_out_is_as_hf_would_have_it() {
    play(|scene| {
        logged_in(scene, -HOUR);
        scene.hub.stop_rotating();
        scene.hub.issues_for(None);
        get(scene).answers("hf_user", NEW);
        let held = scene.world.read_stored_tokens();
        let section = format!("[oauth-alice]\nhf_token = {NEW}\nrefresh_token = {OLD_REFRESH}\n\n[zed]");
        assert!(held.contains(&section), "{held}");
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_life_of_no_time_is_an_end_that_is_not_known() {
    for life in [0, -5] {
        play(|scene| {
            logged_in(scene, -HOUR);
            scene.hub.issues_for(Some(life));
            for _ in 0..3 {
                let answer = get(scene);
                answer.answers("hf_user", NEW);
                assert_eq!(answer.attribute("password_expiry_utc"), None);
            }
            assert_eq!(scene.hub.asked_for_tokens().len(), 1);
            let held = scene.world.read_stored_tokens();
            assert!(held.contains(&format!("hf_token = {NEW}\nrefresh_token = {NEW_REFRESH}\n\n[zed]")), "{held}");
            assert_eq!(python(&scene.world, "import huggingface_hub as h; print(h.get_token())").out().trim(), NEW);
        });
    }
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_short_life_is_not_refreshed_by_every_get() {
    play(|scene| {
        logged_in(scene, HOUR);
        scene.hub.issues_for(Some(HOUR));
        for _ in 0..3 {
            get(scene).answers("hf_user", NEW);
        }
        assert_eq!(scene.hub.asked_for_tokens().len(), 1);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn offline_means_no_network() {
    for (variable, value, is_offline) in
        [("HF_HUB_OFFLINE", "1", true), ("TRANSFORMERS_OFFLINE", "yes", true), ("HF_HUB_OFFLINE", "0", false)]
    {
        play(|scene| {
            let end = logged_in(scene, HOUR);
            scene.world.set_env(variable, value);
            get(scene).answers("hf_user", if is_offline { OLD } else { NEW });
            if is_offline {
                is_as_it_was(scene, end);
                assert!(scene.hub.visits().is_empty());
                logged_in(scene, -HOUR);
                get(scene).refused().says("OFFLINE").says("unset it, and try again");
            }
        });
    }
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn an_endpoint_no_token_may_be_sent_to_is_sent_none() {
    for endpoint in ["http://hub.example", "https://user:pw@hub.example", "https://hub.example/?x=", ""] {
        play(|scene| {
            let end = logged_in(scene, HOUR);
            scene.world.set_env("HF_ENDPOINT", endpoint);
            get(scene).answers("hf_user", OLD);
            is_as_it_was(scene, end);
            assert!(scene.hub.visits().is_empty());
        });
    }
}
