//! Random commands about services, and the money between them.

mod money;
mod orders;
mod sold;
mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    AccountId, AccountRef, AddExchangeRates, Amount, CancelPayment, Command, Contra, Currency,
    CustomerFields, CustomerId, Entry, Fact, Limit, Name, OpenAccount, Order, Origin, Rate,
    SubscriptionId, Timestamp, Zone,
};

use super::ledger::{Ledger, Purse};
use crate::Random;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// What may be repeated word for word.
const LATELY_MAX: usize = 12;

const ACCOUNTS_MAX: u32 = 7;

/// The pound has no rate to the others but through the euro, the franc has none.
const CURRENCIES: [&str; 5] = ["EUR", "USD", "JPY", "KWD", "GBP"];

/// What the clock shows, and what is asked then; nothing is that what is due is to be done.
#[derive(Clone, Debug)]
pub struct Step {
    pub now: Timestamp,
    pub order: Option<Order>,
}

#[derive(Debug)]
pub struct Generator {
    random: Random,
    now: i64,
    customers: u32,
    made: u64,
    rates_at: i64,
    payments: Vec<CancelPayment>,
    /// The last number by which each session was asked.
    requests: BTreeMap<(u32, u32), u32>,
    keys: BTreeMap<(u32, u32), engine::SessionKey>,
    lately: Vec<Order>,
    /// What has to be there before anything can happen.
    first: Vec<Command>,
}

impl Generator {
    pub fn new(seed: u64, start: i64) -> Self {
        let mut generator = Self {
            random: Random::new(seed),
            now: start,
            customers: 0,
            made: 0,
            rates_at: start,
            payments: Vec::new(),
            requests: BTreeMap::new(),
            keys: BTreeMap::new(),
            lately: Vec::new(),
            first: Vec::new(),
        };
        generator.first = generator.beginning();
        generator.first.reverse();
        generator
    }

    fn beginning(&mut self) -> Vec<Command> {
        let mut commands = self.all_rates();
        commands.push(self.policy());
        for place in 0..self.sold_count() {
            commands.push(Command::SetService(Arc::new(self.service(place))));
        }
        for customer in 1..=3 {
            commands.push(self.customer());
            self.customers = customer;
            commands.push(self.open_account(customer));
        }
        commands
    }

    pub fn next(&mut self, ledger: &Ledger) -> Step {
        if let Some(command) = self.first.pop() {
            self.now += self.random.between(0, SECOND);
            return self.step(command);
        }
        self.let_time_pass(ledger);
        if self.random.chance(8) {
            return Step { now: Timestamp(self.now), order: None };
        }
        let again = self.random.chance(5).then(|| self.random.pick(&self.lately).cloned());
        if let Some(order) = again.flatten() {
            return Step { now: Timestamp(self.now), order: Some(order) };
        }
        // Rates grow too old while time passes.
        let command = match self.now - self.rates_at > 20 * DAY && self.random.chance(30) {
            true => self.rates(),
            false => self.command(ledger),
        };
        self.step(command)
    }

    fn step(&mut self, command: Command) -> Step {
        let staff = Name::new("sim").expect("well formed");
        let origin = Origin { actor: staff, channel: staff, reason: None };
        let order = Order { origin, command };
        // A payment by its reference, a transfer and the like are unique to whoever calls.
        if matches!(order.command, Command::AuthoriseUse(_) | Command::SettleUse(_)) {
            if self.lately.len() == LATELY_MAX {
                self.lately.remove(0);
            }
            self.lately.push(order.clone());
        }
        Step { now: Timestamp(self.now), order: Some(order) }
    }

    /// How far a slice of what is due may go on its way to `now`.
    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        self.random.between(from.min(until), until)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.random.chance(percent)
    }

    pub fn one_of(&mut self, count: u32) -> u32 {
        u32::try_from(self.random.below(u64::from(count))).expect("below a small number")
    }

    /// Takes note of what an entry makes possible.
    pub fn learn(&mut self, entry: &Entry) {
        let Some(posting) = entry.posting else { return };
        let account = posting.account.0;
        match &entry.fact {
            Fact::Payment(_) => {
                let Contra::Payments(source) = posting.contra else { return };
                self.payments.push(CancelPayment {
                    payment: entry.position,
                    account: posting.account,
                    amount: posting.amount.magnitude(),
                    source,
                    conversion: entry.fact.conversion().cloned().map(Arc::new),
                    note: None,
                });
            }
            Fact::Authorised { serial, request, session, .. } => {
                self.requests.insert((account, *serial), *request);
                self.keys.insert((account, *serial), session.key);
            }
            Fact::Settled { serial, request, .. } | Fact::Released { serial, request, .. } => {
                let last = self.requests.entry((account, *serial)).or_default();
                *last = (*request).max(*last);
            }
            Fact::Refused { serial, request, refused } => {
                self.requests.insert((account, *serial), *request);
                self.keys.insert((account, *serial), refused.session.key);
            }
            _ => {}
        }
    }

    fn let_time_pass(&mut self, ledger: &Ledger) {
        let random = &mut self.random;
        let next = ledger.next_moment().unwrap_or(self.now);
        self.now = match random.weighted(&[
            (900, 0),
            (500, 1),
            (150, 2),
            (260, 3),
            (60, 4),
            (50, 5),
            (90, 6),
            (30, 7),
            (6, 8),
        ]) {
            0 => self.now,
            1 => self.now + random.between(1, 20 * SECOND),
            2 => self.now + random.between(1, 300 * SECOND),
            // The very moment at which something is due, and its neighbours.
            3 => next.max(self.now) + random.between(-1, 1),
            4 => self.now + random.between(1, HOUR),
            5 => self.now - random.between(1, 20 * SECOND),
            6 => self.now + random.between(HOUR, 30 * HOUR),
            7 => self.now + random.between(DAY, 9 * DAY),
            _ => self.now + random.between(25 * DAY, 45 * DAY),
        };
    }
}

/// Whom a command is about, and how much it is about.
impl Generator {
    fn name(&mut self, texts: &[&str]) -> Name {
        let text = self.random.pick(texts).expect("there are names");
        Name::new(text).expect("well formed")
    }

    fn currency(&mut self) -> Currency {
        let code = self.random.pick(&CURRENCIES).expect("there are currencies");
        Currency::from_code(code).expect("a currency")
    }

    fn purse<'a>(&mut self, ledger: &'a Ledger) -> (u32, &'a Purse) {
        let open: Vec<_> = ledger.purses.iter().filter(|it| !it.1.closed).collect();
        let all: Vec<_> = ledger.purses.iter().collect();
        let from = if open.is_empty() || self.random.chance(3) { &all } else { &open };
        let (id, purse) = self.random.pick(from).expect("accounts are opened first");
        (**id, purse)
    }

    fn subscription(&mut self, ledger: &Ledger) -> SubscriptionId {
        let every = ledger.purses.iter().flat_map(|(id, purse)| {
            let serials = purse.subscriptions.keys();
            serials.map(|serial| SubscriptionId { account: AccountId(*id), serial: *serial })
        });
        let every: Vec<_> = every.collect();
        let nobody = SubscriptionId { account: AccountId(1), serial: 9_999 };
        if self.random.chance(1) { nobody } else { *self.random.pick(&every).unwrap_or(&nobody) }
    }

    fn account_ref(id: u32) -> AccountRef {
        AccountRef::Id(AccountId(id))
    }

    fn amount(units: i128) -> Amount {
        let units = i64::try_from(units.max(0)).expect("small");
        Amount::from_units(units).expect("small")
    }

    /// One whole unit, more or less, of any currency.
    fn whole(currency: Currency) -> i64 {
        // A hundred yen are about as much as a euro.
        if currency.exponent() == 3 { 10_000_000 } else { 1_000_000 }
    }
}

/// What is there before services are.
impl Generator {
    fn customer(&mut self) -> Command {
        let zones = ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"];
        let zone = self.random.chance(70).then(|| self.random.pick(&zones).expect("some"));
        Command::CreateCustomer(Arc::new(CustomerFields {
            name: "Somebody".into(),
            time_zone: zone.map(|it| Zone::new(it).expect("a zone")),
            ..CustomerFields::default()
        }))
    }

    fn open_account(&mut self, customer: u32) -> Command {
        let currency = self.currency();
        let whole = Self::whole(currency);
        let limit = match self.random.weighted(&[(5, 0), (3, 1), (1, 2)]) {
            0 => Limit::NONE,
            1 => Limit::Limited(Self::amount((self.random.between(1, 30) * whole).into())),
            _ => Limit::Unlimited,
        };
        Command::OpenAccount(Box::new(OpenAccount {
            customer: CustomerId(customer),
            currency,
            name: "".into(),
            number: None,
            limit,
            ceiling: None,
        }))
    }

    fn rates(&mut self) -> Command {
        self.rates_at = self.now;
        let base = Currency::EUR;
        let quotes = [("USD", 9, 13), ("JPY", 120, 180), ("KWD", 2, 5), ("GBP", 7, 10)];
        let rates = quotes.iter().map(|(code, low, high)| {
            let tenths = self.random.between(*low, *high);
            let text = match *code {
                "JPY" => format!("{tenths}.37"),
                _ => format!("{}.{}{}", tenths / 10, tenths % 10, self.random.between(1, 999)),
            };
            let quote = Currency::from_code(code).expect("a currency");
            (quote, Rate::try_from(text).expect("a rate"))
        });
        let rates = rates.collect();
        let source = Name::new("bank").expect("well formed");
        let valid_from = Timestamp(self.now);
        Command::AddExchangeRates(Arc::new(AddExchangeRates { base, source, valid_from, rates }))
    }

    fn all_rates(&mut self) -> Vec<Command> {
        let direct = AddExchangeRates {
            base: Currency::from_code("USD").expect("a currency"),
            source: Name::new("bank").expect("well formed"),
            valid_from: Timestamp(self.now),
            rates: vec![(
                Currency::from_code("JPY").expect("a currency"),
                Rate::try_from("151.25".to_owned()).expect("a rate"),
            )],
        };
        vec![self.rates(), Command::AddExchangeRates(Arc::new(direct))]
    }
}
