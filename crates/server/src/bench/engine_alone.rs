//! `engine`: deciding and applying in memory, on one thread.

use std::sync::Arc;
use std::time::Instant;

use engine::{
    AccountId, AccountRef, Amount, Ask, Authorise, Command, Currency, CustomerFields, CustomerId,
    Entry, ExchangeRates, Fact, Limit, Money, Name, OpenAccount, Order, ReceivePayment,
    ReservationId, SessionKey, Settings, Settle, State, Then, Timestamp,
};

use super::BenchOptions;
use super::client::Random;
use super::result::{Measured, latencies};

/// Operations between two looks at the clock: one look costs as much as an operation.
const SLICE: u64 = 1_000;

/// The mix of `engine` and `ledger`: 80 % settle with the next grant, 10 % authorise, 10 % pay.
pub struct Mix {
    random: Random,
    accounts: u32,
    service: Name,
    source: Name,
    session_text: Arc<str>,
    sessions: Vec<(ReservationId, u32)>,
    made: u64,
}

impl Mix {
    pub fn new(seed: u64, accounts: u32) -> Self {
        Self {
            random: Random::new(seed),
            accounts,
            service: Name::new("telephony").expect("well formed"),
            source: Name::new("cash").expect("well formed"),
            session_text: "bench".into(),
            sessions: Vec::new(),
            made: 0,
        }
    }

    /// Notes a session that can be settled from now on.
    pub fn opened(&mut self, reservation: ReservationId) {
        self.sessions.push((reservation, 1));
    }

    pub fn next(&mut self, now: Timestamp) -> Command {
        self.made += 1;
        match self.random.below(10) {
            0 => self.authorise(now),
            1 => self.pay(),
            _ if self.sessions.is_empty() => self.authorise(now),
            _ => self.settle(now),
        }
    }

    pub fn authorise(&mut self, now: Timestamp) -> Command {
        let account = AccountId(self.random.below(self.accounts) + 1);
        self.authorise_on(account, now)
    }

    pub fn authorise_on(&mut self, account: AccountId, now: Timestamp) -> Command {
        let key = u128::from(self.random.next()) << 64 | u128::from(self.random.next());
        Command::Authorise(Authorise {
            account: AccountRef::Id(account),
            session: SessionKey(key),
            session_text: Arc::clone(&self.session_text),
            request: 1,
            service: self.service,
            currency: Currency::EUR,
            ask: ask(now),
        })
    }

    fn settle(&mut self, now: Timestamp) -> Command {
        let count = u32::try_from(self.sessions.len()).expect("a bench has few sessions");
        let place = self.random.below(count) as usize;
        let (reservation, request) = &mut self.sessions[place];
        *request += 1;
        Command::Settle(Settle {
            reservation: *reservation,
            request: *request,
            currency: Currency::EUR,
            used: Amount::from_units(1_166).expect("in bounds"),
            then: Then::Ask(ask(now)),
        })
    }

    fn pay(&mut self) -> Command {
        let account = AccountId(self.random.below(self.accounts) + 1);
        Command::ReceivePayment(Box::new(ReceivePayment {
            account: Some(AccountRef::Id(account)),
            source: self.source,
            reference: format!("b{}", self.random.next()).into(),
            money: Money {
                amount: Amount::from_units(10_000_000).expect("in bounds"),
                currency: Currency::EUR,
            },
            paid_at: None,
            note: None,
        }))
    }
}

fn ask(now: Timestamp) -> Ask {
    let amount = Amount::from_units(10_000).expect("in bounds");
    Ask { amount, minimum: amount, expires_at: now.plus(3_600_000_000) }
}

pub fn run(options: &BenchOptions) -> anyhow::Result<Measured> {
    let mut now = Timestamp(1_700_000_000_000_000);
    let mut state = State::new(Settings::default(), ExchangeRates::default());
    let mut entries: Vec<Entry> = Vec::new();
    let mut mix = Mix::new(7, options.accounts);
    let bar = crate::progress::bar(options.accounts.into(), "opening accounts");
    let fields = CustomerFields { name: "Bench".into(), ..CustomerFields::default() };
    let create = super::prepare::operation(Command::CreateCustomer(Arc::new(fields))).order;
    must(state.execute(&create, now, &mut entries))?;
    let open = super::prepare::operation(Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(1),
        currency: Currency::EUR,
        name: "".into(),
        number: None,
        limit: Limit::Limited(Amount::from_units(1_000_000_000_000).expect("in bounds")),
        ceiling: None,
    })));
    for account in 1..=options.accounts {
        must(state.execute(&open.order, now, &mut entries))?;
        let start = super::prepare::operation(mix.authorise_on(AccountId(account), now));
        must(state.execute(&start.order, now, &mut entries))?;
        mix.opened(ReservationId { account: AccountId(account), serial: 1 });
        entries.clear();
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut latencies = latencies();
    let (mut operations, mut busy) = (0_u64, std::time::Duration::ZERO);
    let mut orders: Vec<Order> = Vec::new();
    while busy.as_secs_f64() < f64::from(options.seconds) {
        // Making the commands is the caller's work, and not what is measured.
        orders.clear();
        orders.extend((0..SLICE).map(|_| super::prepare::operation(mix.next(now)).order));
        let started = Instant::now();
        for slice in orders.chunks(crate::shard::WARM) {
            std::hint::black_box(state.warm(slice.iter().map(|it| &it.command)));
            for order in slice {
                must(state.execute(order, now, &mut entries))?;
            }
        }
        let took = started.elapsed();
        busy += took;
        operations += SLICE;
        latencies.saturating_record((took.as_micros() as u64 / SLICE).max(1));
        for entry in entries.drain(..) {
            if let (Fact::Authorised { serial, .. }, Some(posting)) = (&entry.fact, entry.posting) {
                mix.opened(ReservationId { account: posting.account, serial: *serial });
            }
        }
        now = now.plus(1_000);
    }
    let mut measured = Measured::new("engine", operations, busy.as_secs_f64(), &latencies);
    measured.durability = "memory";
    measured.accounts = options.accounts;
    Ok(measured)
}

fn must<T>(result: Result<T, engine::Refusal>) -> anyhow::Result<T> {
    result.map_err(|refusal| anyhow::anyhow!("the engine refused: {}", refusal.code()))
}
