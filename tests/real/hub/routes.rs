//! Which part of the Hub answers a request.

use std::sync::atomic::Ordering;

use super::access::Shown;
use super::http::{Request, Response};
use super::{State, api, lfs, oauth, repository, smart_http};

impl State {
    fn issue(&self, request: &Request) -> Response {
        let (response, oauth::Change { granted, dead }) = self.oauth.serve(request);
        let mut tokens = self.tokens.write().expect("lock");
        if let Some((token, account)) = granted {
            tokens.insert(token, account);
        }
        // a Hub at its strictest: the old token ends where the new one begins
        if let Some(dead) = dead {
            tokens.remove(&dead);
        }
        response
    }

    pub(super) fn route(&self, request: &Request, shown: &Shown) -> Response {
        match request.host.as_str() {
            // whatever it is asked for, it wants a password
            "evil.example" => return Response::unauthorized(),
            "cdn-lfs.hf.co" if self.signatures_expired.load(Ordering::Relaxed) => return Response::unauthorized(),
            "cdn-lfs.hf.co" => return lfs::transfer(self.directory(), request),
            oauth::ACTIONS_HOST => return oauth::id_token(request),
            "hf.co" if request.path.ends_with("/info/refs") => {
                return Response::redirect(&format!("https://huggingface.co{}", request.target()));
            }
            _ => {}
        }
        if request.path.ends_with("/oauth/token") && request.method == "POST" {
            return self.issue(request);
        }
        if let Some(told) = self.signs.answer(request, shown) {
            return told;
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/oauth/device") => return self.oauth.begin_login(request),
            ("POST", "/api/credentials/revoke") => return self.end(request),
            _ => {}
        }
        let account = match self.tokens.read().expect("lock").recognise(shown) {
            Ok(account) => account,
            Err(refusal) => return refusal,
        };
        if request.path == "/api/whoami-v2" {
            let told = |account| self.whoami.of(&account, shown.secret().as_deref());
            return account.map_or_else(Response::unauthorized, told);
        }
        if let Some((name, wish)) = api::split(&request.path) {
            let repositories = self.repositories.read().expect("lock");
            let entered = repositories.look_at(&name, request, account.as_ref());
            return entered.map_or_else(|refusal| refusal, |()| api::serve(wish, account.as_ref()));
        }
        let Some((name, service)) = repository::split(&request.path) else {
            return Response::not_found();
        };
        let repositories = self.repositories.read().expect("lock");
        let repository = match repositories.enter(name, service, request, account.as_ref()) {
            Ok(repository) => repository,
            Err(refusal) => return refusal,
        };
        match service.strip_prefix("/info/lfs") {
            Some(part) => lfs::serve(part, request, repository, account.as_ref()),
            None => smart_http::serve(self.directory(), repository, service, request, account),
        }
    }
}
