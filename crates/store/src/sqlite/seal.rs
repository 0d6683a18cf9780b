//! A checksum behind what is kept as bytes: pages, shared figures, filters.
//!
//! The journal's rows have theirs in `commits`. These bytes are read instead of the journal at a
//! restart, so a bit that flipped in them would change a balance and nobody would know.

use crate::StoreError;

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
