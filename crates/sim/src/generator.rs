//! Random commands that know enough of the world to hit its edges.

mod choices;
mod orders;

use engine::{CancelPayment, Entry, Fact, Order, Timestamp};

use crate::{Oracle, Random};

/// What happens next.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the clock shows: mostly later than before, at times earlier.
    pub now: Timestamp,
    /// A command, or that what is due is to be done.
    pub order: Option<Order>,
}

/// A stream of [`Step`]s that depends on the seed and on what came of the steps before.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    now: i64,
    sessions_made: u64,
    references_made: u64,
    /// Payments that may be cancelled, as a directory would list them.
    payments: Vec<CancelPayment>,
    /// What was asked lately, to be asked again.
    lately: Vec<Order>,
}

const SECOND: i64 = 1_000_000;

/// What may be repeated word for word.
const LATELY_MAX: usize = 24;

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            now: 1_800_000_000 * SECOND,
            sessions_made: 0,
            references_made: 0,
            payments: Vec::new(),
            lately: Vec::new(),
        }
    }

    pub fn next(&mut self, oracle: &Oracle) -> Step {
        self.let_time_pass(oracle);
        let now = Timestamp(self.now);
        if self.random.chance(6) {
            return Step { now, order: None };
        }
        let again = self.random.chance(5).then(|| self.random.pick(&self.lately).cloned());
        let order = again.flatten().unwrap_or_else(|| self.order(oracle));
        if self.lately.len() == LATELY_MAX {
            self.lately.remove(0);
        }
        self.lately.push(order.clone());
        Step { now, order: Some(order) }
    }

    /// How many moments a slice of what is due may take: one, a few, or all.
    pub fn slice(&mut self) -> usize {
        self.random.weighted(&[(1, 1), (1, 3), (2, usize::MAX)])
    }

    /// Takes note of what an entry makes possible.
    pub fn learn(&mut self, entry: &Entry) {
        if let (Fact::Payment(payment), Some(posting)) = (&entry.fact, &entry.posting)
            && let engine::Contra::Payments(source) = posting.contra
        {
            self.payments.push(CancelPayment {
                payment: entry.position,
                account: posting.account,
                amount: posting.amount.magnitude(),
                source,
                conversion: payment.conversion.clone(),
                note: None,
            });
        }
    }

    fn let_time_pass(&mut self, oracle: &Oracle) {
        let random = &mut self.random;
        let next = oracle.next_moment().map_or(self.now, |it| it.0);
        self.now = match random.weighted(&[(50, 0), (30, 1), (6, 2), (9, 3), (1, 4), (4, 5)]) {
            0 => self.now,
            1 => self.now + random.between(1, 3 * SECOND),
            2 => self.now + random.between(1, 60 * SECOND),
            // The very moment at which something is due, and its neighbours.
            3 => next.max(self.now) + random.between(-1, 1),
            4 => self.now + random.between(1, 3600 * SECOND),
            _ => self.now - random.between(1, 20 * SECOND),
        };
    }
}
