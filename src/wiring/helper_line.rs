//! The lines that make git ask this helper, and push what is large with what it says.

use anyhow::Result;

use super::configuration::{Edit, Report, change};
use super::managed::{Line, Managed};
use super::{bindings, executable, post_buffer, rivals};
use crate::endpoint::Hub;
use crate::repository::entry::Scope;

const EVERY_HOST: &str = "credential.helper";

/// How git is to ask this helper.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// For every host, by the plain `credential.helper`, beside other helpers.
    pub(crate) all_hosts: bool,
    /// What stands behind the program, in place of what stands there.
    pub(crate) options: Option<&'a str>,
}

/// Writes the lines for the Hub's hosts.
pub(crate) fn set_up(scope: Scope, wanted: Wanted, is_dry: bool) -> Result<Report> {
    let urls = Hub::from_env().urls();
    change(scope, is_dry, |configuration, managed| {
        let new = executable::as_helper(wanted.all_hosts)?;
        let keys: Vec<_> = if wanted.all_hosts {
            vec![EVERY_HOST.to_owned()]
        } else {
            urls.iter().map(|url| format!("credential.{url}.helper")).collect()
        };
        for key in &keys {
            let managed_line = managed.values(key).rfind(|value| executable::is_ours(value));
            let by_hand = || configuration.entries.iter().rfind(|entry| entry.key == *key && rivals::is_ours(entry));
            let standing = managed_line.or_else(|| by_hand().map(|entry| entry.value.as_str()));
            let program = match standing.filter(|line| executable::is_this_everywhere(line)) {
                Some(line) => executable::program_of(line).to_owned(),
                None => new.clone(),
            };
            // options are the user's choice, but for those that a repository may have brought along
            let kept = standing.filter(|_| scope != Scope::Local).map(executable::options);
            let line = program + wanted.options.or(kept).unwrap_or_default();
            let lines = if wanted.all_hosts { vec![&*line] } else { vec!["", &line] };
            managed.set(key, &lines);
        }
        let buffers = post_buffer::set(managed, scope, &urls)?;
        let later = configuration.later();
        let is_followed = |url| rivals::helpers(url, later).iter().any(|line| !rivals::is_ours(line));
        let goes_last = urls.iter().any(|url| is_followed(url)) || post_buffer::is_among(later, &urls);
        Ok(Edit { about: [keys, buffers].concat(), goes_last })
    })
}

/// Takes these lines back.
pub(crate) fn take_back(scope: Scope) -> Result<Report> {
    change(scope, false, |_, managed| {
        remove(managed);
        Ok(Edit { about: Vec::new(), goes_last: false })
    })
}

/// Takes these lines back, and all accounts that `bind` and `switch` chose.
pub(crate) fn take_all_back(scope: Scope) -> Result<Report> {
    change(scope, false, |_, managed| {
        remove(managed);
        managed.remove(bindings::is_ours);
        Ok(Edit { about: Vec::new(), goes_last: false })
    })
}

fn remove(managed: &mut Managed) {
    let is_line = |line: &&Line| is_helper(&line.key) && executable::is_ours(&line.value);
    let keys: Vec<_> = managed.lines().filter(is_line).map(|line| line.key.clone()).collect();
    managed.remove(|line| {
        let is_reset_or_ours = line.value.is_empty() || executable::is_ours(&line.value);
        keys.contains(&line.key) && is_reset_or_ours || post_buffer::is_ours(line)
    });
}

/// Tells whether it is the key of a helper.
pub(crate) fn is_helper(key: &str) -> bool {
    key.starts_with("credential.") && key.ends_with(".helper") || key == EVERY_HOST
}
