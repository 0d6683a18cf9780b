//! Where the time comes from: the machine's clock, one that is set, or one ahead of another.

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
    /// The clock of a demo or test directory, which can be set forward.
    Ahead(Arc<AheadClock>),
}

/// A clock ahead of the machine's.
///
/// **Invariant:** while it is being set forward it stands, and only the shard's decider moves it,
/// from deadline to deadline: nobody sees a moment before what falls due earlier was done.
#[derive(Debug)]
pub struct AheadClock {
    machine: Clock,
    ahead: AtomicI64,
    /// Where it stands; [`GOING`] when it does not.
    standing: AtomicI64,
}

/// Stands for no moment at which a clock stands.
const GOING: i64 = i64::MIN;

impl Clock {
    pub fn set_at(at: Timestamp) -> Self {
        Self::Set(Arc::new(AtomicI64::new(at.0)))
    }

    /// A clock that is `ahead` microseconds ahead of `machine`.
    pub fn ahead_of(machine: Self, ahead: i64) -> Self {
        let (ahead, standing) = (AtomicI64::new(ahead), AtomicI64::new(GOING));
        Self::Ahead(Arc::new(AheadClock { machine, ahead, standing }))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Set(at) => Timestamp(at.load(Ordering::Acquire)),
            Self::Ahead(clock) => clock.now(),
        }
    }

    /// The machine's clock. Whatever has to do with others, who know nothing of a clock that was
    /// set forward, goes by it: signatures, and when a delivery is tried again.
    pub fn machine(&self) -> Self {
        match self {
            Self::System | Self::Set(_) => self.clone(),
            Self::Ahead(clock) => clock.machine.clone(),
        }
    }

    /// Microseconds by which it is ahead of the machine's.
    pub fn ahead(&self) -> i64 {
        match self {
            Self::System | Self::Set(_) => 0,
            Self::Ahead(clock) => match clock.standing.load(Ordering::Acquire) {
                GOING => clock.ahead(),
                at => Timestamp(at).since(clock.machine_now()),
            },
        }
    }

    /// Moves a clock that stands where it was set; any other is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Self::Set(at) = self {
            at.store(to.0, Ordering::Release);
        }
    }
}

impl AheadClock {
    pub fn now(&self) -> Timestamp {
        match self.standing.load(Ordering::Acquire) {
            GOING => self.machine.now().plus(self.ahead()),
            at => Timestamp(at),
        }
    }

    pub fn machine_now(&self) -> Timestamp {
        self.machine.now()
    }

    /// Microseconds by which it goes ahead of the machine's clock, once it goes on.
    pub fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Acquire)
    }

    pub fn stand_at(&self, at: Timestamp) {
        self.standing.store(at.0, Ordering::Release);
    }

    pub fn go_on(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Release);
        self.standing.store(GOING, Ordering::Release);
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
