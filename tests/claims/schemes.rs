//! How an OAuth token is sent: as Bearer where git can come back, as Basic where it did or cannot.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::rig::{Reply, World};

const ASK: &str = "protocol=https\nhost=huggingface.co\n";
const BOTH: &str = "capability[]=authtype\ncapability[]=state\n";
const OAUTH: &str = "hf_oauth_eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";

#[track_caller]
fn is_bearer(reply: &Reply) {
    reply.succeeded().says_nothing();
    assert_eq!(reply.attributes("authtype"), ["Bearer"], "{reply:?}");
    assert_eq!(reply.attributes("credential"), [OAUTH]);
    assert_eq!(reply.attributes("continue"), ["1"]);
    assert_eq!(reply.attributes("capability[]"), ["authtype", "state"]);
    assert_eq!(reply.attribute("password"), None);
}

#[test]
fn an_oauth_token_goes_as_bearer_and_then_as_basic() {
    for token in [OAUTH, "hf_jwt_x"] {
        let world = World::new().token(token);
        let reply = world.helper(&["get"], format!("{BOTH}{ASK}"));
        assert_eq!(reply.attributes("authtype"), ["Bearer"]);
        assert_eq!(reply.attributes("credential"), [token]);
        assert_eq!(reply.attributes("ephemeral"), ["1"]);
        assert_eq!(reply.attributes("continue"), ["1"]);
        let state = reply.attribute("state[]").unwrap();
        world.helper(&["get"], format!("{BOTH}state[]={state}\n{ASK}")).answers_ephemerally("hf_user", token);
    }
}

#[test]
fn those_who_cannot_come_back_get_basic() {
    let world = World::new().token(OAUTH);
    world.helper(&["get"], ASK).answers("hf_user", OAUTH);
    world.helper(&["get"], format!("capability[]=state\n{ASK}")).answers("hf_user", OAUTH);
    world.helper(&["get"], format!("capability[]=authtype\n{ASK}")).answers_ephemerally("hf_user", OAUTH);
    // nobody else's state is ours
    is_bearer(&world.helper(&["get"], format!("{BOTH}state[]=other:hf:x\n{ASK}")));
}

#[test]
fn a_plain_token_goes_as_basic() {
    World::new().token("hf_A").helper(&["get"], format!("{BOTH}{ASK}")).answers_ephemerally("hf_user", "hf_A");
}

#[test]
fn a_scheme_that_was_refused_is_not_tried_again_and_the_other_is() {
    let basic = format!("authtype=Basic\ncredential={}\n", BASE64_STANDARD.encode(format!("hf_user:{OAUTH}")));
    let bearer = format!("authtype=Bearer\ncredential={OAUTH}\n");
    let world = World::new().token(OAUTH);
    world.helper(&["erase"], format!("{ASK}{basic}")).is_heard();
    is_bearer(&world.helper(&["get"], format!("{BOTH}{ASK}")));
    world.helper(&["get"], ASK).refused().says("rejected");
    world.helper(&["erase"], format!("{ASK}{bearer}")).is_heard();
    let nobody = world.helper(&["get"], format!("{BOTH}{ASK}"));
    nobody.failed().says_one_line().says("rejected");
    assert_eq!(nobody.out(), "capability[]=state\nstate[]=hf:asked\n");
    let world = World::new().token(OAUTH);
    world.helper(&["erase"], format!("{ASK}{bearer}")).is_heard();
    world.helper(&["get"], format!("{BOTH}{ASK}")).answers_ephemerally("hf_user", OAUTH);
    world.helper(&["get"], ASK).answers("hf_user", OAUTH);
}

#[test]
fn an_oauth_token_that_git_stored_goes_the_same_way_and_is_not_ephemeral() {
    let world = World::new();
    world.helper(&["store"], format!("{ASK}username=bob\npassword={OAUTH}\n")).is_silent();
    let reply = world.helper(&["get"], format!("{BOTH}{ASK}"));
    is_bearer(&reply);
    assert!(reply.attributes("ephemeral").is_empty());
    world.helper(&["get"], format!("{BOTH}state[]=hf:stored\n{ASK}")).answers("bob", OAUTH);
    world.helper(&["erase"], format!("{ASK}username=bob\nauthtype=Bearer\ncredential={OAUTH}\n")).is_heard();
    world.helper(&["get"], ASK).answers_nobody();
}
