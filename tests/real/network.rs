//! Wherever git reaches the Hub, so does this program: by git's proxies and certificates, and through SOCKS.

use crate::hub::Repository;
use crate::refresh::{HOUR, NEW, get, logged_in};
use crate::rig::Git;
use crate::scene::{ALICE, Scene};
use crate::socks::{Socks, Visit};

const URL: &str = "https://huggingface.co/acme/secret";

/// Plays with each git where neither a proxy nor a certificate is named, but by what the scenario does.
fn play(scenario: impl Fn(&mut Scene)) {
    for git in Git::all() {
        Scene::play(&git, None, |scene| {
            let proxy = scene.world.variable("HTTPS_PROXY");
            for name in ["HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "GIT_SSL_CAINFO"] {
                scene.world.unset_env(name);
            }
            scene.hub.publish(Repository::private("acme/secret", &["alice"]), &[]);
            scene.world.set_env("THE_PROXY", proxy);
            scenario(scene);
        });
    }
}

fn configure(scene: &Scene, key: &str, value: &str) {
    scene.world.git(&["config", "--global", key, value]).succeeded();
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn what_is_in_gits_configuration_alone_leads_to_the_hub() {
    play(|scene| {
        let authority = scene.hub.authority().display().to_string();
        let proxy = scene.world.variable("THE_PROXY");
        scene.world.write_token(ALICE);
        scene.world.helper(&["whoami"], "").refused().says("no address is known for the name");
        configure(scene, "http.https://huggingface.co.proxy", &proxy);
        scene.clone(URL, "no").failed();
        scene.world.helper(&["whoami"], "").refused().says("of an authority that is not known here").says(&proxy);
        configure(scene, "http.sslCAInfo", &authority);
        scene.clone(URL, "model").succeeded();
        let reply = scene.world.helper(&["whoami"], "");
        assert!(reply.succeeded().out().contains("alice"), "{reply:?}");
        let told = scene.world.helper(&["doctor", URL], "").out();
        assert!(told.contains(&format!("{proxy} of http.https://huggingface.co.proxy")), "{told}");
        assert!(told.contains("the Hub knows alice"), "{told}");
        let login = scene.world.helper(&["login", "--with-token"], ALICE);
        assert!(login.succeeded().err().contains("alice") || login.out().contains("alice"), "{login:?}");
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn a_login_is_renewed_on_gits_way() {
    play(|scene| {
        logged_in(scene, -HOUR);
        configure(scene, "http.proxy", &scene.world.variable("THE_PROXY"));
        configure(scene, "http.sslCAInfo", &scene.hub.authority().display().to_string());
        get(scene).answers("hf_user", NEW);
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn each_way_to_name_certificates_is_enough() {
    play(|scene| {
        let authority = scene.hub.authority();
        let directory = scene.world.home().join("certificates");
        // as c_rehash would call it; any hash does for a reader of them all
        scene.world.write("certificates/00000000.0", std::fs::read(&authority).expect("the Hub's own"));
        let proxy = scene.world.variable("THE_PROXY");
        configure(scene, "http.proxy", &proxy);
        scene.world.write_token(ALICE);
        let variables = ["GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
        for (name, path) in variables.map(|name| (name, &authority)).into_iter().chain([("GIT_SSL_CAPATH", &directory)])
        {
            scene.world.set_env(name, path);
            scene.world.helper(&["whoami"], "").succeeded();
            scene.world.unset_env(name);
            scene.world.helper(&["whoami"], "").refused();
        }
        configure(scene, "http.sslCAPath", "~/certificates");
        scene.world.helper(&["whoami"], "").succeeded();
    });
}

#[test]
#[ignore = "needs the real programs; tests/run.sh installs them"]
fn socks_is_spoken_in_each_of_its_versions_as_git_speaks_it() {
    play(|scene| {
        let authority = scene.hub.authority();
        configure(scene, "http.sslCAInfo", &authority.display().to_string());
        scene.world.write_token(ALICE);
        let here = format!("https://localhost:{}", scene.hub.address.port());
        let socks = Socks::to(scene.hub.address, false);
        for (scheme, version, endpoint, host) in [
            ("socks5h", 5, None, "huggingface.co"),
            ("socks4a", 4, None, "huggingface.co"),
            ("socks5", 5, Some(&here), "127.0.0.1"),
            ("socks4", 4, Some(&here), "127.0.0.1"),
            ("socks", 4, Some(&here), "127.0.0.1"),
        ] {
            let visit = Visit { version, host: host.to_owned(), login: None };
            let proxy = format!("{scheme}://{}", socks.address);
            if let Some(endpoint) = endpoint {
                scene.world.set_env("HF_ENDPOINT", endpoint);
            }
            for variable in ["ALL_PROXY", "https_proxy"] {
                scene.world.set_env(variable, &proxy);
                scene.world.helper(&["whoami"], "").succeeded();
                scene.world.unset_env(variable);
                assert_eq!(socks.visits(), std::slice::from_ref(&visit), "{variable} {scheme}");
            }
            configure(scene, "http.proxy", &proxy);
            scene.world.helper(&["whoami"], "").succeeded();
            assert_eq!(socks.visits(), std::slice::from_ref(&visit), "http.proxy {scheme}");
            if endpoint.is_none() {
                scene.clone(URL, scheme).succeeded();
                assert!(socks.visits().contains(&visit), "git, {scheme}");
            }
            scene.world.git(&["config", "--global", "--unset", "http.proxy"]).succeeded();
            scene.world.unset_env("HF_ENDPOINT");
        }
        let socks = Socks::to(scene.hub.address, true);
        configure(scene, "http.proxy", &format!("socks5h://me:p%40ss@{}", socks.address));
        scene.world.helper(&["whoami"], "").succeeded();
        let login = Some(("me".to_owned(), "p@ss".to_owned()));
        assert_eq!(socks.visits(), [Visit { version: 5, host: "huggingface.co".to_owned(), login }]);
        configure(scene, "http.proxy", &format!("socks5h://{}", socks.address));
        let reply = scene.world.helper(&["whoami"], "");
        reply.refused().says(&format!("socks5h://{}", socks.address));
    });
}
