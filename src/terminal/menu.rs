//! A choice among a few, by its number.

use anyhow::Result;

use super::{ask, note};

/// Returns the number of the person's choice, the first being 1; an empty answer is the `default`.
///
/// # Errors
///
/// As for [`ask`].
pub fn choose(choices: &[&str], default: usize) -> Result<usize> {
    for (number, choice) in (1..).zip(choices) {
        note(&format!("  {number}  {choice}"));
    }
    loop {
        let answer = ask(&format!("Choice [{default}]:"))?;
        match answer.parse() {
            _ if answer.is_empty() => return Ok(default),
            Ok(number) if (1..=choices.len()).contains(&number) => return Ok(number),
            _ => note(&format!("Please answer with a number from 1 to {}.", choices.len())),
        }
    }
}
