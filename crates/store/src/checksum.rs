//! Checksums, the same on every engine: of the columns of a transaction's entries, and behind what
//! is kept as bytes (pages, shared figures, filters).
//!
//! Those bytes are read instead of the journal at a restart, so a bit that flipped in them would
//! change a balance and nobody would know.

use crate::StoreError;

/// CRC-32 over the columns of the entries of one transaction: a flipped bit anywhere in them is
/// found, by `verify` always and at a restart in what is replayed.
#[derive(Default)]
pub struct Checksum {
    bytes: Vec<u8>,
    hasher: crc32fast::Hasher,
}

impl Checksum {
    pub fn integer(&mut self, value: Option<i64>) {
        self.bytes.push(u8::from(value.is_some()));
        self.bytes.extend_from_slice(&value.unwrap_or(0).to_le_bytes());
        self.drain(4_096);
    }

    pub fn text(&mut self, value: Option<&str>) {
        let text = value.unwrap_or_default();
        self.bytes.push(u8::from(value.is_some()));
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self.drain(4_096);
    }

    pub fn finish(&mut self) -> i64 {
        self.drain(0);
        i64::from(std::mem::take(&mut self.hasher).finalize())
    }

    /// Hashes in long strokes: a call for each column would cost more than the hash.
    fn drain(&mut self, above: usize) {
        if self.bytes.len() > above {
            self.hasher.update(&self.bytes);
            self.bytes.clear();
        }
    }
}

const CHECKSUM_BYTES: usize = 4;

/// `bytes` and a CRC-32 over them and the numbers that stand beside them in the row.
pub fn seal(beside: &[i64], bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(bytes.len() + CHECKSUM_BYTES);
    sealed.extend_from_slice(bytes);
    sealed.extend_from_slice(&checksum(beside, bytes).to_le_bytes());
    sealed
}

/// What was sealed, when it is what was written.
pub fn unseal(
    beside: &[i64],
    mut sealed: Vec<u8>,
    place: impl Fn() -> String,
) -> Result<Vec<u8>, StoreError> {
    let written = sealed.split_last_chunk::<CHECKSUM_BYTES>();
    let intact = written.is_some_and(|(bytes, sum)| checksum(beside, bytes).to_le_bytes() == *sum);
    if !intact {
        return Err(StoreError::damaged(place(), "it is not what was written"));
    }
    sealed.truncate(sealed.len() - CHECKSUM_BYTES);
    Ok(sealed)
}

fn checksum(beside: &[i64], bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    beside.iter().for_each(|it| hasher.update(&it.to_le_bytes()));
    hasher.update(bytes);
    hasher.finalize()
}
