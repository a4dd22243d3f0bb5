//! A single file that is mounted into a container can be written where it is, and neither removed nor replaced.

use crate::rig::{Reply, World, finish};

const A: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The helper where both files are mounted, and what is in them then, between bars; `None` where nothing can be mounted.
#[expect(clippy::print_stderr, reason = "nothing is left out in silence")]
fn where_mounted(world: &World, line: &str) -> Option<Reply> {
    let mut may_mount = world.command("unshare");
    may_mount.args(["--mount", "true"]);
    if finish(may_mount, b"").status != Some(0) {
        eprintln!("nothing can be mounted here: on a machine where it can, this is tried");
        return None;
    }
    let script = format!(
        "cd \"$1\" && for file in token stored_tokens; do [ -e $file ] || continue; cp -p $file mounted.$file && \
         mount -o bind mounted.$file $file || exit 9; done; {line}; printf '%s|' $? \"$(cat token)\" \"$(cat stored_tokens)\""
    );
    let mut command = world.command("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(world.hf_home());
    Some(finish(command, b""))
}

#[test]
fn a_token_file_that_cannot_be_removed_is_emptied() {
    let world = World::new().token(A).stored_tokens(&format!("[a]\nhf_token = {A}\n\n")).env("HF_HUB_OFFLINE", "1");
    let Some(reply) = where_mounted(&world, "git-credential-hf logout a") else { return };
    let said = reply.out();
    assert!(reply.stderr.is_empty(), "{reply:?}");
    assert!(said.starts_with("Logged out of a") && said.ends_with("\n0|||"), "{reply:?}");
    assert!(said.contains("git has no token here now\n"), "it is told of as if hf were writing it: {said}");
    let world = World::new().token(A).env("HF_HUB_OFFLINE", "1");
    let reply = where_mounted(&world, "git-credential-hf logout --all --yes").expect("as before");
    assert!(reply.out().ends_with("\n0|||") && !reply.err().contains("still"), "{reply:?}");
}

#[test]
fn a_bare_token_that_cannot_be_removed_is_emptied() {
    let world = World::new().stored_tokens(A).env("HF_HUB_OFFLINE", "1");
    let Some(reply) = where_mounted(&world, ": >token; git-credential-hf logout --all --yes") else { return };
    assert!(reply.stderr.is_empty() && reply.out().ends_with("\n0|||"), "{reply:?}");
}
