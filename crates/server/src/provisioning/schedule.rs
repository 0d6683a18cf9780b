//! When a command that failed is sent again: soon at first, then every ten minutes, for ever.

use engine::{Position, Timestamp};

use crate::webhooks::schedule::{jitter, read_retry_after};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

/// What is waited after the first failure, the second, and so on; after the last, the last again.
const WAITS: [i64; 9] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
];

/// The longest that an adapter may have us wait.
const ASKED_MAX: i64 = 60 * MINUTE;

/// The moment after failure number `failures`, counted from 1.
pub fn again_at(
    command: Position,
    failures: u32,
    retry_after: Option<&str>,
    now: Timestamp,
) -> Timestamp {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = WAITS[place.min(WAITS.len() - 1)];
    let asked = retry_after.and_then(|it| read_retry_after(it, now)).unwrap_or(0);
    let wait = wait + jitter(command.0, failures, wait);
    now.plus(wait.max(asked.min(ASKED_MAX)))
}

#[cfg(test)]
mod tests;
