//! Bytes from a seed, the same for the same seed: files and requests as they should be, and what becomes of them.

use std::env;

/// xorshift64, its state spread by splitmix64.
pub struct Random(u64);

impl Random {
    pub fn of(seed: u64) -> Self {
        let mut state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((state ^ (state >> 31)) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of_these<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Some of these one after another, fewer than `end`.
    pub fn strung(&mut self, all: &[&str], end: usize) -> String {
        (0..self.below(end)).map(|_| self.of_these(all)).collect()
    }

    /// The same bytes with one place cut out, said twice, changed, or with a piece put in.
    pub fn mutated(&mut self, mut bytes: Vec<u8>, pieces: &[&str]) -> Vec<u8> {
        let start = self.below(bytes.len() + 1);
        let end = (start + self.below(12)).min(bytes.len());
        match self.below(6) {
            0 => _ = bytes.drain(start..end),
            1 => {
                let twice = bytes[start..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, twice);
            }
            2 => {
                // any byte, so that some of it is no text
                if let Some(byte) = bytes.get_mut(start) {
                    *byte = u8::try_from(self.below(256)).expect("a byte");
                }
            }
            _ => _ = bytes.splice(start..start, self.of_these(pieces).bytes()),
        }
        bytes
    }
}

/// Which cases to play: as many as CI does, from the seed 0, unless `CASES` and `SEED` say otherwise.
#[expect(clippy::disallowed_methods, reason = "how many cases to play is said outside")]
pub fn seeds(cases: u64) -> std::ops::Range<u64> {
    let number = |name| env::var(name).ok().map(|value| value.parse().expect("a number"));
    let first: u64 = number("SEED").unwrap_or(0);
    first..first + number("CASES").unwrap_or(cases)
}
