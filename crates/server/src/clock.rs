//! Where the time comes from: the machine's clock, or one that is set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use engine::Timestamp;

/// A source of moments. What the engine sees never goes back, because an entry's time is at
/// least that of the entry before it; the clock itself may jump as it likes.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// A clock that stands where it was set, for tests and for making a demo's history.
    Set(Arc<AtomicI64>),
}

impl Clock {
    pub fn set_at(at: Timestamp) -> Self {
        Self::Set(Arc::new(AtomicI64::new(at.0)))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Set(at) => Timestamp(at.load(Ordering::Acquire)),
        }
    }

    /// Moves a clock that can be set; the machine's own is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Self::Set(at) = self {
            at.store(to.0, Ordering::Release);
        }
    }
}

fn system_now() -> Timestamp {
    let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        // A clock before 1970 is wrong anyway; journal time stays where it was.
        Err(_) => 0,
    };
    Timestamp(micros)
}
