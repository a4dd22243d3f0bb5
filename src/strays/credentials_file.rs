//! The files of `git credential-store`: a URL a line, in the clear.

use std::path::{Path, PathBuf};

use anyhow::Result;
use zeroize::Zeroizing;

use super::{Place, Stray, read_url, token_of};
use crate::endpoint::{Endpoint, Hub};
use crate::notice::printable;
use crate::rewriting;
use crate::token::{AccessToken, same};

struct CredentialsFile(PathBuf);

/// The files that `git credential-store` reads where it is not told otherwise (git-credential-store(1)).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "where git looks for its files")]
pub fn usual() -> Vec<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let config = config.or_else(|| home.as_ref().map(|home| home.join(".config")));
    let files = [home.map(|home| home.join(".git-credentials")), config.map(|config| config.join("git/credentials"))];
    files.into_iter().flatten().collect()
}

/// The tokens in such a file.
///
/// # Errors
///
/// When it is there and cannot be read.
pub fn find(hub: &Hub, path: &Path) -> Result<Vec<Stray>> {
    let text = rewriting::read(path)?.unwrap_or_default();
    let found = lines(&text).filter_map(|line| Stray::of(read_url(url(line), hub)?, CredentialsFile(path.to_owned())));
    Ok(found.collect())
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn url(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}

impl Place for CredentialsFile {
    fn told(&self) -> String {
        printable(&self.0)
    }

    fn clean(&self, endpoint: &Endpoint, token: &AccessToken, _: Option<&str>) -> Result<()> {
        let hub = Hub::from_env();
        let is_it = |line: &&[u8]| {
            let found = read_url(url(line), &hub).and_then(token_of);
            found.is_some_and(|(of, found)| of == *endpoint && same(&found.secret, &token.secret))
        };
        rewriting::rewrite(&self.0, |text| {
            let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
            lines(text).filter(|line| !is_it(line)).for_each(|line| kept.extend_from_slice(line));
            Ok((kept.len() < text.len()).then_some(kept))
        })
    }
}
