//! Clone, fetch and push of what is private: models, datasets and Spaces, and what they are made of.

use crate::hub::{File, Repository};
use crate::scene::{ALICE, Scene};

#[test]
#[ignore = "needs gnome-keyring; tests/run.sh installs it"]
fn private_models_datasets_and_spaces_clone_fetch_and_push() {
    Scene::each(|scene| {
        scene.world.write_token(ALICE);
        for name in ["acme/secret", "datasets/acme/rows", "spaces/acme/app"] {
            let readme = File::Plain("README.md", format!("this is {name}\n"));
            scene
                .hub
                .publish(Repository::private(name, &["alice"]), &[readme]);
            let url = format!("https://huggingface.co/{name}");
            let tree = name.replace('/', "-");
            scene.clone(&url, &tree).succeeded().says_nothing();
            scene.push(&tree, "new.txt", "pushed\n").succeeded();
            assert_eq!(
                scene.hub.read(name, "new.txt").as_deref(),
                Some(&b"pushed\n"[..])
            );
            scene
                .world
                .git_in(&tree, &["fetch", "--quiet"])
                .succeeded()
                .says_nothing();
        }
    });
}
