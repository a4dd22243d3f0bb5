//! What a person sees who types the name alone.

use crate::rig::World;

#[test]
fn without_an_operation_it_prints_usage_and_exits_2() {
    let reply = World::new().helper(&[], b"");
    assert_eq!(reply.status, Some(2), "{reply:?}");
    reply.prints_nothing().says("Usage: git-credential-hf");
}
