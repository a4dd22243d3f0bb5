//! git's smart HTTP, by git's own `http-backend`.

use std::path::Path;

use super::access::{Account, Role};
use super::http::{Request, Response};
use super::repository::Repository;
use crate::rig::{World, finish};

/// Hands the request to `git http-backend` and its answer back.
pub(super) fn serve(
    directory: &Path,
    repository: &Repository,
    service: &str,
    request: &Request,
    account: Option<Account>,
) -> Response {
    let world = World::new();
    let mut backend = world.command("git");
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", directory.join("repositories"))
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{}.git{service}", repository.name))
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1");
    for (variable, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        if let Some(value) = request.header(header) {
            backend.env(variable, value);
        }
    }
    if let Some(account) = account {
        let role = if account.role == Role::Write { "write" } else { "read" };
        // http-backend refuses an anonymous push; the role is for the pre-receive hook
        backend.env("REMOTE_USER", account.name).env("HUB_ROLE", role);
    }
    let said = finish(backend, &request.body);
    let Some(end) = said.stdout.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Response::text(500, &format!("http-backend said no head: {}", said.err()));
    };
    let mut response = Response::text(200, "");
    response.headers.clear();
    response.body = said.stdout[end + 4..].to_vec();
    for line in String::from_utf8_lossy(&said.stdout[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => response.status = status[..3].parse().unwrap_or(500),
            Some((name, value)) => response.headers.push((name.into(), value.into())),
            None => {}
        }
    }
    response
}
