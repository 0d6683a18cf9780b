//! Random commands that know enough of the world to hit its edges.

mod choices;
mod orders;
mod payments;
mod promises;

use std::sync::Arc;

use engine::{CancelPayment, Command, Entry, Fact, Order, Position, Timestamp, UnallocatedFact};

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
    /// Payments that no account has.
    waiting: Vec<(Position, Arc<UnallocatedFact>)>,
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
            waiting: Vec::new(),
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
        let again = again.flatten().filter(|it| self.may_repeat(&it.command));
        let order = again.unwrap_or_else(|| self.order(oracle));
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

    /// Whether the engine's caller would let it through a second time.
    fn may_repeat(&self, command: &Command) -> bool {
        let payment = match command {
            Command::AllocatePayment(allocate) => allocate.payment,
            Command::ReturnPayment(back) => back.payment,
            _ => return true,
        };
        self.waiting.iter().any(|it| it.0 == payment)
    }

    /// Takes note of what an entry makes possible.
    pub fn learn(&mut self, entry: &Entry) {
        let source = match &entry.fact {
            Fact::Payment(_) => match entry.posting.map(|it| it.contra) {
                Some(engine::Contra::Payments(source)) => source,
                _ => unreachable!("a payment's contra is its source"),
            },
            Fact::PaymentAllocated(fact) => {
                self.waiting.retain(|it| it.0 != fact.payment);
                fact.source
            }
            Fact::PaymentReturned(fact) => {
                return self.waiting.retain(|it| it.0 != fact.payment);
            }
            Fact::PaymentUnallocated(fact) => {
                return self.waiting.push((entry.position, Arc::clone(fact)));
            }
            _ => return,
        };
        let posting = entry.posting.expect("a payment on an account has a posting");
        self.payments.push(CancelPayment {
            payment: entry.position,
            account: posting.account,
            amount: posting.amount.magnitude(),
            source,
            conversion: entry.fact.conversion().cloned().map(Arc::new),
            note: None,
        });
    }

    fn let_time_pass(&mut self, oracle: &Oracle) {
        let random = &mut self.random;
        let next = oracle.next_moment().map_or(self.now, |it| it.0);
        self.now = match random.weighted(&[
            (1000, 0),
            (600, 1),
            (120, 2),
            (180, 3),
            (20, 4),
            (80, 5),
            (24, 6),
            (12, 7),
        ]) {
            0 => self.now,
            1 => self.now + random.between(1, 3 * SECOND),
            2 => self.now + random.between(1, 60 * SECOND),
            // The very moment at which something is due, and its neighbours.
            3 => next.max(self.now) + random.between(-1, 1),
            4 => self.now + random.between(1, 3600 * SECOND),
            5 => self.now - random.between(1, 20 * SECOND),
            6 => self.now + random.between(3600 * SECOND, 30 * 3600 * SECOND),
            // Whole days, so that windows and cooldowns end to the microsecond.
            _ => self.now + random.between(1, 16) * 86_400 * SECOND,
        };
    }
}
