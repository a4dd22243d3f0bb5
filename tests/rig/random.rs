//! Bytes from a seed, the same for the same seed: files and requests as they should be, and what becomes of them.

use std::collections::BTreeSet;
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
pub fn seeds(cases: u64) -> std::ops::Range<u64> {
    let first = number("SEED").unwrap_or(0);
    first..first + cases_wanted().unwrap_or(cases)
}

/// What `CASES` says.
pub fn cases_wanted() -> Option<u64> {
    number("CASES")
}

#[expect(clippy::disallowed_methods, reason = "how many cases to play is said outside")]
fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// Every rule of the grammar comes up in these, and what only looks like one.
#[rustfmt::skip]
const PIECES: [&str; 64] = [
    "[a]", "[b]", "[c]\n", "[DEFAULT]", "[default]\n", "[git:bob@huggingface.co]", "[ a ]", "[a]b]", "[]", "[", "]",
    "hf_token", "HF_Token", "hf_to\u{212a}en", "refresh_token", "expires_at", "note", "Note", "ß", "İ", "Σ", "host",
    " = ", "=", ":", " : ", "hf_abc", "1790000000", "+1_752", "-1", " 12 ", "١٢", "1__2", "%", "$", "\"", "#", "; c",
    "\n# c\n", " ", "  ", "\t", "\u{a0}", "\u{3000}", "\u{200b}", "\u{feff}", "\x0b", "\x0c", "\x1c", "\u{85}",
    "\u{2028}", "\0", "\n", "\n", "\n\n", "\r\n", "\r", "\n\r", "\nhf_token = v\n", "\nk: w\n", "\n  more\n",
    "\n[c]\n", "\n  [d]\n", "é",
];

/// What a file of `hf` holds.
const NAMES: [&str; 6] = ["work", "home", "DEFAULT", "ünïcode name", "git:bob@huggingface.co", "x]y"];
const KEYS: [&str; 7] = ["hf_token", "hf_token", "refresh_token", "expires_at", "username", "note", "Host"];
const VALUES: [&str; 7] =
    ["hf_abcdef", "hf_oauth_x.y", "1790000000", "", "a b = c : d", "one\n\ttwo\n\n\tthree", "%41"];

/// A `stored_tokens` file, or what has become of one.
pub fn stored_tokens(seed: u64) -> Vec<u8> {
    let mut random = Random::of(seed);
    if random.one_in(3) {
        let head = random.of_these(&["", "[s]\n", "[s]\nhf_token = hf_s\n"]);
        return [head, &random.strung(&PIECES, 24)].concat().into_bytes();
    }
    let mut file = String::new();
    for _ in 0..random.below(5) {
        file += &["[", random.of_these(&NAMES), "]\n"].concat();
        for key in KEYS.iter().filter(|_| random.one_in(3)).collect::<BTreeSet<_>>() {
            file += &[key, " = ", random.of_these(&VALUES), "\n"].concat();
        }
        file += random.of_these(&["\n", "\n", "", "# mine\n", "\n; mine\n\n"]);
    }
    let mut file = file.into_bytes();
    for _ in 0..random.below(4) {
        file = random.mutated(file, &PIECES);
    }
    file
}
