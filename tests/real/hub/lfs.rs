//! The LFS batch API: the Hub names signed URLs on another host, which takes no token.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::access::{Account, Role};
use super::http::{Request, Response};
use super::repository::Repository;

/// What `serve` puts in its URLs and `transfer` wants to see: the stand-in for a signature.
const SIGNATURE: &str = "X-Amz-Signature=0123456789abcdef";

/// The name LFS gives these bytes.
pub(super) fn oid(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// What git keeps in place of these bytes.
pub(super) fn pointer(bytes: &[u8]) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", oid(bytes), bytes.len())
}

/// Where an object is kept.
pub(super) fn object(directory: &Path, oid: &str) -> PathBuf {
    directory.join("objects").join(oid)
}

/// The API of a repository the account was let into.
pub(super) fn serve(part: &str, request: &Request, repository: &Repository, account: Option<&Account>) -> Response {
    match part {
        "/objects/batch" => batch(request, account),
        "/locks/verify" => Response::json(200, &json!({"ours": [], "theirs": [], "next_cursor": ""})),
        _ => Response::json(404, &json!({"message": format!("no {part} in {}", repository.name)})),
    }
}

fn batch(request: &Request, account: Option<&Account>) -> Response {
    let Ok(asked) = serde_json::from_slice::<Value>(&request.body) else {
        return Response::json(422, &json!({"message": "not JSON"}));
    };
    let operation = asked["operation"].as_str().unwrap_or_default();
    if operation == "upload" {
        match account.map(|account| account.role) {
            None => return Response::unauthorized(),
            Some(Role::Read) => {
                return Response::json(403, &json!({"message": "You are not authorized to push to this repo."}));
            }
            Some(Role::Write) => {}
        }
    }
    let objects: Vec<Value> = asked["objects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|object| {
            let oid = object["oid"].as_str().unwrap_or_default();
            let href = format!("https://cdn-lfs.hf.co/{oid}?{SIGNATURE}");
            json!({"oid": oid, "size": object["size"], "actions": { operation: { "href": href } } })
        })
        .collect();
    Response::json(200, &json!({"transfer": "basic", "objects": objects}))
}

/// The storage behind the signed URLs. As at S3, a second credential beside the signature is an error.
pub(super) fn transfer(directory: &Path, request: &Request) -> Response {
    if request.query != SIGNATURE || request.header("authorization").is_some() {
        return Response::text(400, "Only one auth mechanism allowed");
    }
    let path = object(directory, request.path.trim_start_matches('/'));
    if request.method == "PUT" {
        fs::create_dir_all(path.parent().expect("below the store")).expect("store");
        fs::write(path, &request.body).expect("object");
        return Response::text(200, "");
    }
    match fs::read(path) {
        Ok(body) => {
            Response { status: 200, headers: vec![("Content-Type".into(), "application/octet-stream".into())], body }
        }
        Err(_) => Response::text(404, "no such object"),
    }
}
