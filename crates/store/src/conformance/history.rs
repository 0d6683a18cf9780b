//! Random operations through the engine: a journal that really could have come about.

mod finance;
mod services;

use std::sync::Arc;

use engine::{
    Account, AccountRef, AddExchangeRates, AllocatePayment, Amount, Ask, Authorise, Balance,
    CancelPayment, Charge, Command, Contra, CreditId, Currency, CustomerFields, CustomerId, Entry,
    ExchangeRates, Fact, ForwardPayment, Limit, Money, Name, OpenAccount, Order, Origin, Position,
    Rate, ReceivePayment, ReservationId, ReturnPayment, SessionKey, Settings, Settle, ShardId,
    State, Then, Timestamp, Timing, Transfer, UnallocatedFact, Zone,
};

pub use services::{SUBJECTS, subject};

const SECOND: i64 = 1_000_000;

/// A state, and a stream of what happens to it.
pub struct History {
    pub state: State,
    pub now: Timestamp,
    random: u64,
    made: u64,
    sessions: Vec<ReservationId>,
    /// Those of them that are counted in units.
    uses: Vec<ReservationId>,
    payments: Vec<CancelPayment>,
    waiting: Vec<(Position, Arc<UnallocatedFact>)>,
}

impl History {
    pub fn new(seed: u64) -> Self {
        Self::of_shard(seed, ShardId::FIRST)
    }

    pub fn of_shard(seed: u64, shard: ShardId) -> Self {
        let settings = Settings { session_memory: 20 * SECOND, ..Settings::default() };
        Self {
            state: State::of_shard(shard, settings, ExchangeRates::default()),
            now: Timestamp(1_800_000_000 * SECOND),
            random: seed,
            made: 0,
            sessions: Vec::new(),
            uses: Vec::new(),
            payments: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The next entries: exactly `count`, of whole operations as far as they go.
    pub fn entries(&mut self, count: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        while entries.len() < count {
            let sessions = (self.sessions.clone(), self.uses.clone());
            let known = (sessions, self.payments.clone(), self.waiting.clone());
            let before = (self.state.clone(), known);
            let written = entries.len();
            self.step(&mut entries);
            if entries.len() > count {
                // What did not fit has not happened.
                let (state, known) = before;
                self.state = state;
                ((self.sessions, self.uses), self.payments, self.waiting) = known;
                entries.truncate(written);
            }
        }
        entries
    }

    /// Opens accounts, 50 for each new customer.
    pub fn open_accounts(&mut self, count: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        for number in 0..count {
            if number.is_multiple_of(50) {
                self.execute(customer(number as u64), &mut entries);
            }
            let open = self.open();
            self.execute(open, &mut entries);
        }
        entries
    }

    /// One operation, or what falls due; refusals add nothing.
    pub fn step(&mut self, entries: &mut Vec<Entry>) {
        self.now = self.now.plus(self.below(3) as i64 * SECOND / 2);
        if self.below(50) == 0 {
            // So long that promises end.
            self.now = self.now.plus(self.below(40) as i64 * 3_600 * SECOND);
        }
        // A moment at a time: all that falls due within hours may be more than is asked for.
        for _ in 0..self.below(4) {
            self.state.fire_next(self.now, entries);
        }
        let command = self.command();
        self.execute(command, entries);
    }

    fn execute(&mut self, command: Command, entries: &mut Vec<Entry>) {
        let reason = self.below(4).eq(&0).then(|| "because".into());
        let actor = name(["ann", "bob"][self.below(2) as usize]);
        let origin = Origin { actor, channel: name("api"), reason };
        let before = entries.len();
        let _ = self.state.execute(&Order { origin, command }, self.now, entries);
        for entry in &entries[before..] {
            self.learn(entry);
        }
    }

    fn learn(&mut self, entry: &Entry) {
        if let Fact::PaymentUnallocated(fact) = &entry.fact {
            self.waiting.push((entry.position, Arc::clone(fact)));
        }
        let Some(posting) = entry.posting else { return };
        match &entry.fact {
            Fact::Authorised { serial, session, .. } if session.usage.is_some() => {
                self.uses.push(ReservationId { account: posting.account, serial: *serial });
            }
            Fact::Authorised { serial, .. } => {
                self.sessions.push(ReservationId { account: posting.account, serial: *serial });
            }
            Fact::PaymentAllocated(fact) => self.payments.push(CancelPayment {
                payment: entry.position,
                account: posting.account,
                amount: posting.amount.magnitude(),
                source: fact.source,
                conversion: fact.conversion.clone(),
                note: None,
            }),
            Fact::Payment(fact) => {
                let Contra::Payments(source) = posting.contra else { return };
                self.payments.push(CancelPayment {
                    payment: entry.position,
                    account: posting.account,
                    amount: posting.amount.magnitude(),
                    source,
                    conversion: fact.conversion.clone(),
                    note: None,
                });
            }
            _ => {}
        }
    }

    fn command(&mut self) -> Command {
        self.made += 1;
        if self.state.accounts_count() < 2 {
            return match self.state.shared.customers_count {
                0 => customer(self.made),
                _ => self.open(),
            };
        }
        match self.below(54) {
            0 => customer(self.made),
            1 => self.open(),
            2 => Command::UpdateCustomer {
                customer: self.customer(self.state.shared.customers_count.into()),
                fields: fields(self.made),
            },
            3 => Command::RenameAccount { account: self.account(), name: "other".into() },
            4 if self.below(4) == 0 => Command::CloseAccount { account: self.account() },
            4 | 5 => self.rates(),
            6 => self.transfer(),
            7 => self.adjust(),
            8..=10 => self.credit(),
            11..=13 => self.charge(),
            14..=16 => self.payment(),
            17 => self.settle_unallocated(),
            18 => self.cancel(),
            19..=21 => self.authorise(),
            22..=25 => self.settle(),
            26..=37 => self.finance(),
            _ => self.services(),
        }
    }

    fn open(&mut self) -> Command {
        let customers = u64::from(self.state.shared.customers_count);
        Command::OpenAccount(Box::new(OpenAccount {
            customer: self.customer(customers),
            currency: if self.below(4) == 0 { usd() } else { Currency::EUR },
            name: "home".into(),
            number: None,
            limit: if self.below(20) == 0 { Limit::Unlimited } else { Limit::NONE },
            ceiling: (self.below(9) == 0).then(|| units(100_000_000)),
        }))
    }

    fn rates(&mut self) -> Command {
        let rate = Rate::try_from(format!("1.{}", 1 + self.below(900))).unwrap();
        Command::AddExchangeRates(Arc::new(AddExchangeRates {
            base: Currency::EUR,
            source: name("ecb"),
            valid_from: self.now.plus(-SECOND * self.below(50) as i64),
            rates: vec![(usd(), rate)],
        }))
    }

    fn payment(&mut self) -> Command {
        let account = self.account();
        Command::ReceivePayment(Box::new(ReceivePayment {
            account: (self.below(8) > 0).then_some(account),
            source: name(["cash", "bank"][self.below(2) as usize]),
            reference: format!("R{}", self.made).into(),
            money: self.money(20),
            paid_at: None,
            note: None,
        }))
    }

    fn cancel(&mut self) -> Command {
        let place = self.below(self.payments.len() as u64) as usize;
        match self.payments.is_empty() {
            true => self.payment(),
            false => Command::CancelPayment(self.payments.swap_remove(place).into()),
        }
    }

    fn settle_unallocated(&mut self) -> Command {
        let Some((payment, received)) = self.waiting.pop() else { return self.payment() };
        let (account, note) = (self.account(), None);
        match self.below(3) {
            2 => {
                let account = ShardId::new(1).and_then(|it| it.account(4)).expect("there is room");
                Command::ForwardPayment(Box::new(ForwardPayment {
                    payment,
                    received,
                    account,
                    note,
                }))
            }
            0 => Command::AllocatePayment(Box::new(AllocatePayment {
                payment,
                received,
                account,
                note,
            })),
            _ => Command::ReturnPayment(Box::new(ReturnPayment { payment, received, note })),
        }
    }

    fn charge(&mut self) -> Command {
        let timing = [Timing::BeforeUse, Timing::AfterUse][self.below(2) as usize];
        Command::Charge(Charge {
            account: self.account(),
            money: self.money(5),
            service: name("internet"),
            timing,
            reference: None,
            note: None,
        })
    }

    fn adjust(&mut self) -> Command {
        let Money { amount, currency } = self.money(2);
        let amount =
            if self.below(2) == 0 { Balance::credit(amount) } else { Balance::debit(amount) };
        let reason = name("goodwill");
        Command::Adjust { account: self.account(), amount, currency, reason, note: None }
    }

    fn transfer(&mut self) -> Command {
        let (from, to, money) = (self.account(), self.account(), self.money(2));
        Command::Transfer(Box::new(Transfer { from, to, money, note: None }))
    }

    fn credit(&mut self) -> Command {
        let (account, money) = (self.account(), self.money(3));
        match self.below(4) {
            0 => Command::SetCreditLimit {
                account,
                limit: Limit::Limited(money.amount),
                currency: Some(money.currency),
            },
            1 => Command::SetCreditCeiling { account, ceiling: Some(money) },
            2 => {
                let until = self.now.plus(SECOND * (1 + self.below(30) as i64));
                Command::GrantCredit { account, money, until }
            }
            _ => {
                let AccountRef::Id(account) = account else { unreachable!("made by id") };
                Command::RevokeCredit { credit: CreditId { account, serial: 1 } }
            }
        }
    }

    fn authorise(&mut self) -> Command {
        let Money { amount, currency } = self.money(3);
        Command::Authorise(Authorise {
            account: self.account(),
            session: SessionKey(u128::from(self.made)),
            session_text: format!("call-{}", self.made).into(),
            request: 1,
            service: name("call"),
            currency,
            ask: Ask { amount, minimum: amount, expires_at: self.now.plus(10 * SECOND) },
        })
    }

    fn settle(&mut self) -> Command {
        if self.sessions.is_empty() {
            return self.authorise();
        }
        let place = self.below(self.sessions.len() as u64) as usize;
        let reservation = self.sessions[place];
        let request = 2 + (self.made as u32);
        let Money { amount, .. } = self.money(3);
        let ask = Ask { amount, minimum: amount, expires_at: self.now.plus(10 * SECOND) };
        let then = [Then::Keep, Then::Ask(ask), Then::End][self.below(3) as usize];
        if self.below(5) == 0 {
            self.sessions.swap_remove(place);
            return Command::Release { reservation, request };
        }
        let currency =
            self.state.account(reservation.account).map_or(Currency::EUR, |it| it.currency);
        Command::Settle(Settle { reservation, request, currency, used: amount, then })
    }

    fn account(&mut self) -> AccountRef {
        let count = self.state.accounts_count() as u64;
        // Half of everything happens on a few accounts, so that things happen to meet.
        let among = if self.below(2) == 0 { count.min(5) } else { count };
        let number = 1 + self.below(among) as u32;
        AccountRef::Id(self.state.shard().account(number).unwrap())
    }

    fn money(&mut self, most: u64) -> Money {
        let currency = if self.below(4) == 0 { usd() } else { Currency::EUR };
        Money { amount: units(10_000 * (1 + self.below(most * 100) as i64)), currency }
    }

    /// One of so many.
    fn customer(&mut self, count: u64) -> CustomerId {
        let number = 1 + self.below(count) as u32;
        self.state.shard().customer(number).unwrap()
    }

    /// SplitMix64, from 0 up to `bound`, which is left out.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// An account without what may be forgotten by `at`: when that goes is no fact.
pub fn remembered(account: &Account, at: Timestamp) -> Account {
    let mut account = account.clone();
    account.sessions.retain(|it| !it.phase.is_forgotten(at));
    account.due_at = Timestamp::NEVER;
    account
}

fn customer(number: u64) -> Command {
    Command::CreateCustomer(fields(number))
}

fn fields(number: u64) -> Arc<CustomerFields> {
    let group = number.is_multiple_of(3).then(|| name("vip"));
    let name = format!("Customer {number}");
    let phone = Some("+49 30 1234567".into());
    let time_zone = number.is_multiple_of(2).then(|| Zone::new("America/Santiago")).flatten();
    Arc::new(CustomerFields { name, phone, group, time_zone, ..Default::default() })
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn usd() -> Currency {
    Currency::from_code("USD").unwrap()
}

fn units(units: i64) -> Amount {
    Amount::from_units(units).unwrap()
}
