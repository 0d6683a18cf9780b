//! Money that goes between shards, at random: late, while accounts close and rates come.
//!
//! What is under way is kept here by hand, from what was asked for; the books of all shards
//! together have to say the same after every step.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use engine::{
    AccountId, AccountRef, AddExchangeRates, Amount, Command, Contra, Currency, CustomerFields,
    CustomerId, Entry, ExchangeRates, Fact, FarAccount, ForwardPayment, Limit, Money, Name,
    OpenAccount, Order, Origin, Position, Rate, ReceivePayment, ReceiveTransit, Refusal,
    SendTransfer, Settings, ShardId, State, Timestamp, UnallocatedFact,
};

use crate::Random;

const SHARDS: u32 = 3;
const CURRENCIES: [&str; 3] = ["EUR", "USD", "XPF"];

/// Something that happens to a world.
type Step = fn(&mut ShardsWorld);

/// How often each thing has happened.
pub type Happened = BTreeMap<&'static str, u64>;

/// Several shards of one provider, and what is under way between them.
pub struct ShardsWorld {
    random: Random,
    shards: Vec<State>,
    accounts: Vec<FarAccount>,
    waiting: Vec<(Position, Arc<UnallocatedFact>)>,
    /// By who sent it and whose it is: what each follows in order.
    under_way: BTreeMap<(ShardId, ShardId), VecDeque<(ReceiveTransit, Money)>>,
    now: Timestamp,
    pub happened: Happened,
}

impl ShardsWorld {
    pub fn new(seed: u64) -> Self {
        let states = (0..SHARDS).filter_map(ShardId::new);
        let states =
            states.map(|it| State::of_shard(it, Settings::default(), ExchangeRates::default()));
        let mut world = Self {
            random: Random::new(seed),
            shards: states.collect(),
            accounts: Vec::new(),
            waiting: Vec::new(),
            under_way: BTreeMap::new(),
            now: Timestamp(1_000_000),
            happened: Happened::new(),
        };
        for shard in 0..world.shards.len() {
            world.open(shard);
        }
        world
    }

    /// Does random steps, brings what is under way to its end, and holds the books to it.
    pub fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            self.now = self.now.plus(1_000);
            self.step();
            self.check();
        }
        while let Some((&ways, _)) = self.under_way.iter().find(|it| !it.1.is_empty()) {
            self.receive(ways);
        }
        self.check();
    }

    fn open(&mut self, shard: usize) {
        let number = self.shards[shard].shard();
        let created = Command::CreateCustomer(Arc::new(CustomerFields::default()));
        self.execute(shard, created).expect("a customer is created");
        let customer: CustomerId = number.customer(1).expect("there is room");
        for currency in CURRENCIES.into_iter().chain(CURRENCIES).map(currency) {
            let open = OpenAccount {
                customer,
                currency,
                name: "".into(),
                number: None,
                limit: Limit::NONE,
                ceiling: None,
            };
            let opened = self.execute(shard, Command::OpenAccount(Box::new(open)));
            let opened = opened.expect("an account is opened");
            let id = opened[0].posting.expect("an account has figures").account;
            let number = self.shards[shard].account(id).expect("it is there").number.clone();
            self.accounts.push(FarAccount { id, number, currency });
        }
    }

    fn step(&mut self) {
        let steps: &[(u64, Step)] = &[
            (20, Self::pay),
            (30, Self::send),
            (8, Self::forward),
            (30, Self::receive_any),
            (2, Self::add_rate),
            (1, Self::close),
            (3, Self::lock),
        ];
        let step = self.random.weighted(steps);
        step(self);
    }

    fn pay(&mut self) {
        let account = self.random.pick(&self.accounts).expect("there are accounts").clone();
        let is_known = self.random.chance(80);
        let named = is_known.then_some(AccountRef::Id(account.id));
        let payment = ReceivePayment {
            account: named,
            source: name("cash"),
            reference: "R".into(),
            money: self.money(account.currency),
            paid_at: None,
            note: None,
        };
        let shard = self.place(account.id);
        let paid = self.execute(shard, Command::ReceivePayment(Box::new(payment)));
        self.wait_for(&paid.expect("no payment is refused"));
    }

    fn send(&mut self) {
        let from = self.random.pick(&self.accounts).expect("there are accounts").clone();
        let to = self.random.pick(&self.accounts).expect("there are accounts").clone();
        if from.id.shard() == to.id.shard() {
            return;
        }
        let currency = *self.random.pick(&[from.currency, to.currency]).expect("two");
        let money = self.money(currency);
        let (from, shard) = (AccountRef::Id(from.id), self.place(from.id));
        let send = SendTransfer { from, to, money, note: None };
        match self.execute(shard, Command::SendTransfer(Box::new(send))) {
            Ok(entries) => self.is_under_way(&entries, money),
            Err(refusal) => *self.happened.entry(refusal.code()).or_default() += 1,
        }
    }

    fn forward(&mut self) {
        let account = self.random.pick(&self.accounts).expect("there are accounts").clone();
        let of = |it: &Position| it.shard().expect("a shard's") != account.id.shard();
        let Some(place) = self.waiting.iter().position(|it| of(&it.0)) else { return };
        let (payment, received) = self.waiting.swap_remove(place);
        let money = Money { amount: received.amount, currency: received.currency };
        let shard = payment.shard().expect("a shard's").number() as usize;
        let forward = ForwardPayment { payment, received, account: account.id, note: None };
        let sent = self.execute(shard, Command::ForwardPayment(Box::new(forward)));
        self.is_under_way(&sent.expect("what waits may leave"), money);
    }

    fn receive_any(&mut self) {
        let ways: Vec<_> = self.under_way.iter().filter(|it| !it.1.is_empty()).collect();
        let ways: Vec<_> = ways.into_iter().map(|it| *it.0).collect();
        if let Some(ways) = self.random.pick(&ways) {
            self.receive(*ways);
        }
    }

    /// What comes is what was sent, on its account or waiting.
    fn receive(&mut self, ways: (ShardId, ShardId)) {
        let (transit, money) =
            self.under_way.get_mut(&ways).and_then(VecDeque::pop_front).expect("something");
        let (shard, account) = (self.place(transit.account), transit.account);
        let before = self.shards[shard].account(account).expect("it is there").balance;
        let received = self.execute(shard, Command::ReceiveTransit(Box::new(transit)));
        let received = received.expect("nothing that was sent is refused");
        let [entry] = received.as_slice() else { panic!("one entry, and not {received:?}") };
        let after = self.shards[shard].account(account).expect("it is there").balance;
        let came = match (&entry.fact, entry.posting) {
            (Fact::PaymentUnallocated(fact), None) => {
                assert_eq!(before, after);
                *self.happened.entry(fact.why.code()).or_default() += 1;
                Money { amount: fact.amount, currency: fact.currency }
            }
            (Fact::TransferIn(_) | Fact::PaymentAllocated(_), Some(posting)) => {
                assert_eq!(before.checked_add(posting.amount), Some(after));
                *self.happened.entry(entry.fact.kind()).or_default() += 1;
                match entry.fact.conversion() {
                    Some(it) => {
                        *self.happened.entry("converted there").or_default() += 1;
                        Money { amount: it.original, currency: it.currency }
                    }
                    None => {
                        Money { amount: posting.amount.magnitude(), currency: posting.currency }
                    }
                }
            }
            _ => panic!("nobody receives {entry:?}"),
        };
        assert_eq!(came, money, "what comes is what was sent");
        self.wait_for(&received);
    }

    fn add_rate(&mut self) {
        let quote = currency(self.random.pick(&CURRENCIES[1..]).expect("two"));
        let rate = format!("{}.{}", self.random.between(1, 120), self.random.below(99));
        let added = Arc::new(AddExchangeRates {
            base: Currency::EUR,
            source: name("ecb"),
            valid_from: self.now,
            rates: vec![(quote, Rate::try_from(rate).expect("a rate"))],
        });
        for shard in 0..self.shards.len() {
            let added = Command::AddExchangeRates(Arc::clone(&added));
            self.execute(shard, added).expect("rates are added");
        }
    }

    fn close(&mut self) {
        let account = self.random.pick(&self.accounts).expect("there are accounts").clone();
        let close = Command::CloseAccount { account: AccountRef::Id(account.id) };
        // Of an account with money it is refused.
        if self.execute(self.place(account.id), close).is_ok() {
            *self.happened.entry("closed").or_default() += 1;
        }
    }

    fn lock(&mut self) {
        let account = self.random.pick(&self.accounts).expect("there are accounts").clone();
        let locked = self.random.chance(30);
        let lock = Command::LockPayments { account: AccountRef::Id(account.id), locked };
        let _ = self.execute(self.place(account.id), lock);
    }

    fn is_under_way(&mut self, entries: &[Entry], money: Money) {
        let entry = entries.last().expect("something was written");
        if entry.fact.conversion().is_some() {
            *self.happened.entry("converted here").or_default() += 1;
        }
        let transit = ReceiveTransit::of(entry).expect("it sends something");
        assert_eq!(entry.fact.sent_to(), Some(transit.account));
        let ways = (entry.position.shard().expect("a shard's"), transit.account.shard());
        self.under_way.entry(ways).or_default().push_back((transit, money));
    }

    fn wait_for(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Fact::PaymentUnallocated(fact) = &entry.fact {
                self.waiting.push((entry.position, Arc::clone(fact)));
            }
        }
    }

    /// In every currency all money is somewhere once, and `transfers` is what is under way.
    fn check(&self) {
        let mut under_way: BTreeMap<Currency, i128> = BTreeMap::new();
        for (_, money) in self.under_way.values().flatten() {
            *under_way.entry(money.currency).or_default() += i128::from(money.amount.units());
        }
        let (mut sums, mut transfers) = (BTreeMap::new(), BTreeMap::new());
        for ((currency, book), units) in self.shards.iter().flat_map(State::trial_balance) {
            *sums.entry(currency).or_insert(0) += units;
            if book == Contra::Transfers.to_string() {
                *transfers.entry(currency).or_insert(0) += units;
            }
        }
        assert!(sums.values().all(|it| *it == 0), "the books are out of balance: {sums:?}");
        transfers.retain(|_, it| *it != 0);
        assert_eq!(transfers, under_way, "what is under way");
        let waits: i128 = self.waiting.iter().map(|it| i128::from(it.1.amount.units())).sum();
        let books = self.shards.iter().flat_map(State::trial_balance);
        let books = books.filter(|it| it.0.1 == Contra::Unallocated.to_string());
        assert_eq!(books.map(|it| it.1).sum::<i128>(), waits, "what waits for its account");
    }

    fn execute(&mut self, shard: usize, command: Command) -> Result<Vec<Entry>, Refusal> {
        let origin = Origin { actor: name("sim"), channel: name("sim"), reason: None };
        let (order, mut entries) = (Order { origin, command }, Vec::new());
        self.shards[shard].execute(&order, self.now, &mut entries)?;
        Ok(entries)
    }

    fn place(&self, account: AccountId) -> usize {
        usize::try_from(account.shard().number()).expect("a place")
    }

    fn money(&mut self, currency: Currency) -> Money {
        let minor = self.random.below(if self.random.clone().chance(20) { 10 } else { 5_000 }) + 1;
        let units = i64::try_from(minor).expect("small") * engine::FINE_PER_MINOR;
        Money { amount: Amount::from_units(units).expect("in bounds"), currency }
    }
}

fn name(text: &str) -> Name {
    Name::new(text).expect("well formed")
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("it is listed")
}
