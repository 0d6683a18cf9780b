//! When a delivery that failed is tried again: ten attempts over three days.

use engine::Timestamp;
use jiff::fmt::rfc2822;
use store::webhooks::{DeliveryId, Then};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// What is waited after the first attempt, the second, and so on; after the last there is none.
const WAITS: [i64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// The longest that a receiver may have us wait.
const WAIT_MAX: i64 = 24 * HOUR;

/// How long an endpoint may fail without a single success before it is taken out of service.
pub const FAILING_MAX: i64 = 72 * HOUR;

/// What follows the failure of attempt number `tried`, counted from 1.
pub fn after_failure(
    delivery: DeliveryId,
    tried: u32,
    retry_after: Option<&str>,
    now: Timestamp,
) -> Then {
    let Some(wait) = WAITS.get(tried.saturating_sub(1) as usize) else {
        return Then::GiveUp;
    };
    let asked = retry_after.and_then(|it| read_retry_after(it, now)).unwrap_or(0);
    let wait = wait + jitter(delivery, tried, *wait);
    Then::Again(now.plus(wait.max(asked.min(WAIT_MAX))))
}

/// Up to a tenth more, so that what failed together does not come back together. It follows from
/// the delivery and the attempt alone.
pub fn jitter(delivery: DeliveryId, tried: u32, wait: i64) -> i64 {
    let mixed = (delivery ^ (u64::from(tried) << 48)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let share = (mixed >> 54) as i64;
    wait / 10 * share / 1024
}

/// Microseconds to wait, from seconds or a date.
pub fn read_retry_after(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds) * SECOND);
    }
    let at = rfc2822::parse(text).ok()?.timestamp().as_microsecond();
    Some((at - now.0).max(0))
}

#[cfg(test)]
mod tests;
