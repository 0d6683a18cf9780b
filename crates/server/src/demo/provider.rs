//! The demo's provider at work: what its customers, staff and network do next.
//!
//! Whatever is to happen waits for its moment in one queue. It is decided upon only then, from
//! the state at that moment, so that history and live traffic are made by the same rules.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use engine::{
    Account, AccountId, AccountNumber, AccountRef, AddExchangeRates, Balance, Command, CustomerId,
    Entry, Fact, Limit, Name, OpenAccount, Order, Origin, Refusal, State, Timestamp,
};

use super::random::Random;
use super::roster::{Habit, Line, Plan, Roster};
use super::sessions::{Call, Fate};
use super::stories::Story;
use crate::shard::Operation;

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Something that is to happen. A line is the place of an account in the roster.
#[derive(Clone, Debug)]
pub enum Act {
    /// A customer comes, and opens accounts.
    Join(usize),
    Rates(Arc<AddExchangeRates>),
    /// The policies for promised payments are laid down.
    Policies,
    /// The price list.
    Catalogue,
    Pay(usize),
    Bill(usize),
    Film(usize),
    Begin(usize, Fate),
    GoOn(Call),
    /// Takes back a payment, as its entry told of it.
    Cancel(Box<Entry>),
    Tell(Story),
}

/// How quickly sessions go on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For how long money is held.
    pub grant_seconds: i64,
    /// After how long the next grant is asked for.
    pub ask_seconds: i64,
    pub seconds_max: i64,
}

pub const HISTORY_PACE: Pace = Pace { grant_seconds: 300, ask_seconds: 240, seconds_max: 1_500 };
pub const LIVE_PACE: Pace = Pace { grant_seconds: 60, ask_seconds: 20, seconds_max: 120 };

pub struct Provider {
    pub random: Random,
    pub roster: Roster,
    pub pace: Pace,
    queue: BTreeMap<(Timestamp, u64), Act>,
    queued: u64,
    /// References of payments that turn out wrong.
    pub wrong: HashSet<String>,
}

impl Provider {
    pub fn new(seed: u64, roster: Roster, pace: Pace) -> Self {
        let (random, queue) = (Random::new(seed), BTreeMap::new());
        Self { random, roster, pace, queue, queued: 0, wrong: HashSet::new() }
    }

    pub fn plan(&mut self, at: Timestamp, act: Act) {
        self.queued += 1;
        self.queue.insert((at, self.queued), act);
    }

    /// The next act, if its moment comes by `until`.
    pub fn next_act(&mut self, until: Timestamp) -> Option<(Timestamp, Act)> {
        let first = self.queue.first_entry().filter(|it| it.key().0 <= until)?;
        let ((at, _), act) = first.remove_entry();
        Some((at, act))
    }

    /// What is asked of the shard for `act`.
    pub fn perform(&mut self, act: Act, state: &State, now: Timestamp) -> Vec<Operation> {
        match act {
            Act::Join(customer) => self.join(customer, now),
            Act::Rates(rates) => {
                let origin = origin("rates-load", "command-line");
                vec![operation(origin, Command::AddExchangeRates(rates))]
            }
            Act::Policies => super::promises::policies(),
            Act::Catalogue => super::services::catalogue(),
            Act::Pay(line) => self.pay(line, state, now).into_iter().collect(),
            Act::Bill(line) => self.bill(line, state, now).into_iter().collect(),
            Act::Film(line) => self.film(line, state).into_iter().collect(),
            Act::Begin(line, fate) => self.begin(line, fate, state, now).into_iter().collect(),
            Act::GoOn(call) => self.go_on(call, state, now).into_iter().collect(),
            Act::Cancel(payment) => super::money::cancellation(&payment).into_iter().collect(),
            Act::Tell(story) => self.tell(story, state, now),
        }
    }

    /// Hears what came of an operation.
    pub fn observe(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Fact::Payment(payment) = &entry.fact
                && self.wrong.remove(payment.reference.as_ref())
            {
                let later = self.random.between(20, 300) * MINUTE;
                self.plan(entry.at.plus(later), Act::Cancel(Box::new(entry.clone())));
            }
        }
    }

    /// Hears that a charge was refused: the customer is told, and pays within a day or two.
    pub fn observe_refusal(&mut self, order: &Order, refusal: &Refusal, now: Timestamp) {
        let Refusal::InsufficientFunds { .. } = refusal else {
            return;
        };
        if let Command::Charge(charge) = &order.command
            && let AccountRef::Id(id) = charge.account
            && self.random.chance(60)
        {
            let wait = self.random.between(1, 40) * HOUR;
            self.plan(now.plus(wait), Act::Pay(id.0 as usize - 1));
        }
    }

    /// Plans what happens by itself on the day that begins at `midnight`.
    pub fn plan_day(&mut self, midnight: Timestamp, joined: impl Fn(usize) -> bool) {
        for line in 0..self.roster.lines.len() {
            if !joined(line) {
                continue;
            }
            let Line { plan, habit, .. } = self.roster.lines[line];
            match plan {
                Plan::Mobile => {
                    let calls = self.random.below(4);
                    for _ in 0..calls {
                        self.plan_call(midnight, line);
                    }
                    // Those who pay late ask for money that is not there now and then.
                    if habit != Habit::Prompt && self.random.chance(30) {
                        self.plan_call(midnight, line);
                    }
                }
                Plan::Television(_) if self.random.chance(15) => {
                    let at = self.hour_of_day(midnight, line, 18, 22);
                    self.plan(at, Act::Film(line));
                }
                Plan::Office => {
                    for _ in 0..self.random.below(5) {
                        self.plan_call(midnight, line);
                    }
                }
                _ => {}
            }
        }
    }

    fn plan_call(&mut self, midnight: Timestamp, line: usize) {
        let fate = Fate::draw(&mut self.random);
        let at = self.hour_of_day(midnight, line, 7, 22);
        self.plan(at, Act::Begin(line, fate));
    }

    /// A moment of the day between two hours of where the customer lives.
    pub fn hour_of_day(
        &mut self,
        midnight: Timestamp,
        line: usize,
        first: i64,
        last: i64,
    ) -> Timestamp {
        let local = self.random.between(first, last);
        let hour = (local - self.roster.country(line).hours_ahead).rem_euclid(24);
        let within = self.random.between(0, HOUR - 1);
        midnight.plus(hour * HOUR + within)
    }

    /// The account of a line, if it is open.
    pub fn account<'a>(&self, line: usize, state: &'a State) -> Option<&'a Account> {
        state.account(account_id(line)).filter(|it| !it.closed)
    }

    fn join(&mut self, customer: usize, now: Timestamp) -> Vec<Operation> {
        let known = &self.roster.customers[customer];
        let (first_line, end_line) = (known.first_line, known.end_line);
        let staff = staff(customer, None);
        let fields = Arc::new(known.fields.clone());
        let mut operations = vec![operation(staff.clone(), Command::CreateCustomer(fields))];
        for line in first_line..end_line {
            let it = &self.roster.lines[line];
            let number: Option<AccountNumber> = it.number.clone();
            let taken_over = number.is_some();
            let open = OpenAccount {
                customer: CustomerId(customer as u32 + 1),
                currency: it.currency,
                name: it.name.into(),
                number,
                limit: it.limit,
                ceiling: it.ceiling.filter(|_| it.limit != Limit::Unlimited),
            };
            let (habit, is_mobile) = (it.habit, matches!(it.plan, Plan::Mobile));
            let currency = it.currency;
            let command = Command::OpenAccount(Box::new(open));
            operations.push(operation(staff.clone(), command));
            if taken_over {
                let brought = super::catalogue::top_up(currency, self.random.below(4));
                operations.push(Operation::new(Order {
                    origin: origin("migration", "import"),
                    command: Command::SetOpeningBalance {
                        account: AccountRef::Id(account_id(line)),
                        amount: Balance::credit(brought.amount),
                        currency,
                        owed_since: None,
                        note: Some("balance brought over from the old billing".into()),
                    },
                }));
            }
            operations.push(super::promises::settings(line, it));
            if matches!(it.plan, Plan::Mobile) {
                operations.push(super::services::subscribe(line, it.plan, it.currency));
            }
            let soon = self.random.between(5, 90) * MINUTE;
            if habit != Habit::Never || is_mobile {
                self.plan(now.plus(soon), Act::Pay(line));
            }
            if !is_mobile {
                self.plan(now.plus(soon + 2 * HOUR), Act::Bill(line));
            }
        }
        operations
    }
}

pub fn account_id(line: usize) -> AccountId {
    AccountId(u32::try_from(line).expect("ids are 32 bits") + 1)
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("well formed")
}

pub fn origin(actor: &str, channel: &str) -> Origin {
    Origin { actor: name(actor), channel: name(channel), reason: None }
}

/// Someone of the staff, and why they do it.
pub fn staff(whose: usize, reason: Option<&str>) -> Origin {
    let people = ["maria", "teva", "lucia", "gaelle"];
    let who = people[whose % people.len()];
    Origin { reason: reason.map(Into::into), ..origin(who, "call-centre") }
}

pub fn operation(origin: Origin, command: Command) -> Operation {
    Operation::new(Order { origin, command })
}
