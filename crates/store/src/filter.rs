//! A Bloom filter in cache lines: "surely not here" for nearly every key that is not.
//!
//! The keys are digests already, so their bits are used as they are. 24 bits a key, eight of
//! them set in one line of 512, give about one false "maybe" in six thousand
//! (Putze, Sanders, Singler: "Cache-, hash- and space-efficient Bloom filters", 2007).

const BITS_PER_KEY: usize = 24;
const LINE_WORDS: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    words: Vec<u64>,
}

impl Filter {
    pub fn with_capacity(keys: usize) -> Self {
        let lines = (keys * BITS_PER_KEY).div_ceil(LINE_WORDS * 64).max(1);
        Self { words: vec![0; lines * LINE_WORDS] }
    }

    pub fn insert(&mut self, key: u128) {
        let line = self.line(key);
        for (word, bit) in places(key) {
            self.words[line + word] |= bit;
        }
    }

    pub fn may_contain(&self, key: u128) -> bool {
        let line = self.line(key);
        places(key).all(|(word, bit)| self.words[line + word] & bit != 0)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|it| it.to_le_bytes()).collect()
    }

    /// `None` when the length is not that of whole lines.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<8>();
        let whole = rest.is_empty() && !words.is_empty() && words.len().is_multiple_of(LINE_WORDS);
        whole.then(|| Self { words: words.iter().map(|it| u64::from_le_bytes(*it)).collect() })
    }

    /// The upper half of the key chooses the line, by multiplication instead of division.
    fn line(&self, key: u128) -> usize {
        let lines = (self.words.len() / LINE_WORDS) as u128;
        let upper = key >> 64;
        ((upper * lines) >> 64) as usize * LINE_WORDS
    }
}

/// Eight bits, one in each word of the line, six bits of the key's lower half for each.
fn places(key: u128) -> impl Iterator<Item = (usize, u64)> {
    (0..LINE_WORDS).map(move |word| (word, 1_u64 << ((key as u64 >> (word * 6)) & 63)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> u128 {
        // splitmix64, twice: the digests that come here are as evenly spread.
        let mix = |mut it: u64| {
            it = it.wrapping_add(0x9E37_79B9_7F4A_7C15);
            it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            it ^ (it >> 31)
        };
        (u128::from(mix(number)) << 64) | u128::from(mix(number ^ 0xABCD_EF00))
    }

    #[test]
    fn what_was_inserted_is_never_denied_and_little_else_is_claimed() {
        let mut filter = Filter::with_capacity(50_000);
        (0..50_000).for_each(|it| filter.insert(key(it)));
        assert!((0..50_000).all(|it| filter.may_contain(key(it))));
        let wrong = (50_000..550_000).filter(|it| filter.may_contain(key(*it))).count();
        assert!(wrong < 500, "{wrong} of 500,000 others are claimed");
        assert!(wrong > 0, "a filter that never errs was not exercised");
    }

    #[test]
    fn a_filter_survives_its_bytes_and_refuses_others() {
        let mut filter = Filter::with_capacity(100);
        filter.insert(key(7));
        assert_eq!(Filter::from_bytes(&filter.to_bytes()), Some(filter));
        assert_eq!(Filter::from_bytes(&[0; 63]), None);
        assert_eq!(Filter::from_bytes(&[]), None);
    }
}
