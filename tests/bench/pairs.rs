//! Two programs in turn, so that what else the machine does hits both: `pairs ROUNDS CROWD INPUT ONE... -- OTHER...`.
//!
//! Each round starts a crowd of the one at once and waits for all of them, then of the other; each reads the input. Prints
//! the median milliseconds of either, the median ratio of the other to the one, and the fewest milliseconds of the other.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Instant;

fn milliseconds(crowd: usize, input: &str, words: &[String]) -> f64 {
    let started = Instant::now();
    let spawn = |_| {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(File::open(input).unwrap());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    for mut child in (0..crowd).map(spawn).collect::<Vec<_>>() {
        assert!(child.wait().unwrap().success(), "{words:?} failed");
    }
    started.elapsed().as_secs_f64() * 1000.0
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, crowd, input, programs @ ..] = words.as_slice() else { panic!("see above") };
    let mut programs = programs.split(|word| word == "--");
    let (one, other) = (programs.next().unwrap(), programs.next().unwrap());
    let (rounds, crowd): (usize, usize) = (rounds.parse().unwrap(), crowd.parse().unwrap());
    let pair = |_| (milliseconds(crowd, input, one), milliseconds(crowd, input, other));
    // the first ones fetch the programs from the disk
    (0..3).map(pair).for_each(drop);
    let pairs: Vec<_> = (0..rounds).map(pair).collect();
    println!(
        "{:.3} {:.3} {:.2} {:.3}",
        median(pairs.iter().map(|(one, _)| *one)),
        median(pairs.iter().map(|(_, other)| *other)),
        median(pairs.iter().map(|(one, other)| other / one)),
        pairs.iter().map(|(_, other)| *other).fold(f64::INFINITY, f64::min),
    );
}
