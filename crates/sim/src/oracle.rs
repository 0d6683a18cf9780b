//! What should be answered: the rules once more, without the engine.

mod books;
mod calendar;
mod credit;
mod debts;
mod exchange;
mod judge;
mod line;
mod money;
mod payments;
mod promises;
mod purse;
mod sessions;

use std::collections::BTreeMap;

use engine::{AccountRef, Command, Currency, Name, Order, PromisePolicy, Timestamp, Whose};

pub(crate) use line::ended;
pub use line::{Line, as_refused, bar, line};

use books::Books;
pub(crate) use exchange::{Grain, Rates, nearest_even};
pub(crate) use purse::Purse;
pub(crate) use sessions::Talk;

/// Most that may stand or move: 2^61 ten-thousandths of a minor unit.
const MOST: i128 = 1 << 61;

/// What an order should be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// These entries, and their positions.
    Done(Vec<Line>),
    /// The same as the entry at this position.
    Repeat(u64),
    /// As this request was answered, before the last one.
    EarlierRepeat(u32),
    /// This code, and the figures that go with it.
    Refused(&'static str, Vec<i128>),
    /// A promise, by these rules.
    Barred(Vec<Bar>),
}

/// An account as anybody may see it; credit and available are `None` without a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub balance: i128,
    pub held: i128,
    pub credit: Option<i128>,
    pub available: Option<i128>,
    pub closed: bool,
    pub more: More,
}

/// What only some accounts have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// By the day since when.
    pub debts: Vec<(i64, i128)>,
    /// Serial, what was paid, how it ended.
    pub promises: Vec<(u32, i128, Option<&'static str>)>,
    pub paid: i128,
    pub written_off: i128,
    /// Payment, the sum of what was taken back, and in the currency that was paid in.
    pub reversals: Vec<(u64, i128, Option<i128>)>,
    /// Serial and amount of refunds that wait.
    pub refunds: Vec<(u32, i128)>,
    pub short_since: Option<i64>,
}

/// A rule of a policy that says no: its figures, and what would make it a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub rule: &'static str,
    pub limit: String,
    pub actual: String,
    pub remedy: String,
}

/// A customer, as policies see one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub group: Option<Name>,
    pub since: i64,
}

#[derive(Clone, Debug)]
pub struct Oracle {
    /// The customer with id n is at n − 1.
    people: Vec<Person>,
    /// Every policy that was ever set.
    policies: Vec<PromisePolicy>,
    /// The account with id n is at n − 1.
    purses: Vec<Purse>,
    own_numbers: u64,
    rates: Rates,
    books: Books,
    /// The newest entry, and its time.
    head: u64,
    last_at: i64,
    session_memory: i64,
    /// Since when an opening debt is owed, while its line is written.
    owed_since: Option<i64>,
    /// Lines of what is being answered.
    lines: Vec<Line>,
}

/// A refusal, or a repeat: whatever ends an order before anything is written.
type Otherwise = Verdict;

impl Oracle {
    /// An empty provider whose settings are these, in microseconds.
    pub fn new(session_memory: i64, rate_age_max: Option<i64>) -> Self {
        Self {
            people: Vec::new(),
            policies: Vec::new(),
            purses: Vec::new(),
            own_numbers: 0,
            rates: Rates::new(rate_age_max),
            books: Books::default(),
            head: 0,
            last_at: 0,
            session_memory,
            owed_since: None,
            lines: Vec::new(),
        }
    }

    /// What `order` should be answered at `now`, after the lines of what had fallen due.
    pub fn answer(&mut self, order: &Order, now: Timestamp) -> (Vec<Line>, Verdict) {
        let at = self.last_at.max(now.0);
        for whose in order.command.accounts().into_iter().flatten() {
            if let Some(place) = self.place_of(whose) {
                self.do_due(place, at);
            }
        }
        let due = std::mem::take(&mut self.lines);
        let verdict = match self.decide(order, at) {
            Ok(()) => {
                self.follow(at);
                Verdict::Done(std::mem::take(&mut self.lines))
            }
            Err(otherwise) => otherwise,
        };
        (due, verdict)
    }

    /// Does what is due by `now` over all accounts, in order: as many moments of an account as
    /// `moments_max` that write something.
    pub fn fire(&mut self, now: Timestamp, moments_max: usize) -> Vec<Line> {
        let mut fired = 0;
        while fired < moments_max {
            let next = self.purses.iter().enumerate();
            let next = next.filter_map(|(place, it)| Some((it.next_moment()?, place))).min();
            let Some((moment, place)) = next.filter(|it| it.0 <= now.0) else {
                break;
            };
            let before = self.lines.len();
            self.do_due(place, moment);
            fired += usize::from(self.lines.len() > before);
        }
        std::mem::take(&mut self.lines)
    }

    /// The account with this id, as it stands.
    pub fn figures(&self, account: u32) -> Option<Figures> {
        let purse = self.purse(account)?;
        Some(Figures {
            balance: purse.balance,
            held: purse.held(),
            credit: purse.credit(),
            available: purse.available(),
            closed: purse.closed,
            more: purse.more(),
        })
    }

    /// The trial balance: sums that are not zero, by currency and contra account.
    pub fn trial_balance(&self) -> BTreeMap<(Currency, String), i128> {
        let mut lines = self.books.lines();
        for purse in &self.purses {
            *lines.entry((purse.currency, "accounts".into())).or_default() += purse.balance;
        }
        lines.retain(|_, sum| *sum != 0);
        lines
    }

    pub fn accounts_count(&self) -> u32 {
        u32::try_from(self.purses.len()).expect("ids are 32 bits")
    }

    pub fn customers_count(&self) -> u32 {
        u32::try_from(self.people.len()).expect("ids are 32 bits")
    }

    pub(crate) fn person(&self, customer: u32) -> Person {
        self.people[usize::try_from(customer - 1).expect("an index")]
    }

    /// Everything known about an account, for who has to choose the next command.
    pub(crate) fn purse(&self, account: u32) -> Option<&Purse> {
        self.purses.get(usize::try_from(account.checked_sub(1)?).ok()?)
    }

    /// The earliest moment at which something falls due.
    pub fn next_moment(&self) -> Option<Timestamp> {
        let moments = self.purses.iter().filter_map(Purse::next_moment);
        moments.min().map(Timestamp)
    }

    fn decide(&mut self, order: &Order, at: i64) -> Result<(), Otherwise> {
        match &order.command {
            Command::Charge(charge) => self.charge(charge, at),
            Command::Adjust { account, amount, currency, reason, .. } => {
                let contra = format!("adjustments:{reason}");
                self.adjust(account, amount.units().into(), *currency, contra, at)
            }
            Command::Transfer(transfer) => self.transfer(transfer, at),
            Command::SetOpeningBalance { account, amount, currency, owed_since, .. } => {
                let since = owed_since.map(|it| it.0);
                self.take_over(account, amount.units().into(), *currency, since, at)
            }
            Command::WriteOff { account, money, .. } => self.write_off(account, *money, at),
            Command::RecoverWriteOff { account, money, .. } => self.recover(account, *money, at),
            Command::SetCreditLimit { account, limit, currency } => {
                self.set_limit(account, *limit, *currency, at)
            }
            Command::SetCreditCeiling { account, ceiling } => {
                self.set_ceiling(account, *ceiling, at)
            }
            Command::GrantCredit { account, money, until } => {
                self.grant_credit(account, *money, until.0, at)
            }
            Command::RevokeCredit { credit } => self.revoke(credit.account, credit.serial, at),
            Command::SetPromisePolicy(policy) => {
                self.set_policy(policy, at);
                Ok(())
            }
            Command::GrantPromise(grant) => self.grant_promise(grant, &order.origin, at),
            Command::Authorise(authorise) => self.authorise(authorise, at),
            Command::Settle(settle) => self.settle(settle, at),
            Command::Release { reservation, request } => self.release(*reservation, *request, at),
            Command::ReceivePayment(_)
            | Command::AllocatePayment(_)
            | Command::ReturnPayment(_)
            | Command::CancelPayment(_)
            | Command::ChargeBackPayment(_)
            | Command::RefundPayment(_)
            | Command::ApproveRefund { .. }
            | Command::RejectRefund { .. } => self.decide_payment(order, at),
            _ => self.decide_directory(&order.command, at),
        }
    }

    fn decide_payment(&mut self, order: &Order, at: i64) -> Result<(), Otherwise> {
        match &order.command {
            Command::ReceivePayment(payment) => {
                self.pay(payment, at);
                Ok(())
            }
            Command::AllocatePayment(allocate) => self.allocate(allocate, at),
            Command::ReturnPayment(back) => {
                self.give_back(back, at);
                Ok(())
            }
            Command::CancelPayment(cancel) => self.cancel(cancel, at),
            Command::ChargeBackPayment(reverse) => self.charge_back(reverse, at),
            Command::RefundPayment(refund) => self.refund(refund, &order.origin, at),
            Command::ApproveRefund { account, serial } => {
                self.approve_refund(*account, *serial, &order.origin, at)
            }
            Command::RejectRefund { account, serial, .. } => {
                self.reject_refund(*account, *serial, at)
            }
            other => unreachable!("no payment: {other:?}"),
        }
    }

    fn decide_directory(&mut self, command: &Command, at: i64) -> Result<(), Otherwise> {
        match command {
            Command::CreateCustomer(fields) => {
                let since = fields.since.map_or(at, |it| it.0);
                self.people.push(Person { group: fields.group, since });
                self.write_down("customer_created", at, Some(self.customers_count()));
                Ok(())
            }
            Command::UpdateCustomer { customer, fields } => {
                self.check_customer(customer.0)?;
                let place = usize::try_from(customer.0 - 1).expect("an index");
                let since = fields.since.map_or(self.people[place].since, |it| it.0);
                self.people[place] = Person { group: fields.group, since };
                self.write_down("customer_updated", at, Some(customer.0));
                Ok(())
            }
            Command::AddExchangeRates(added) => {
                self.rates.add(added);
                self.write_down("exchange_rates_added", at, None);
                Ok(())
            }
            Command::OpenAccount(open) => self.open(open, at),
            Command::RenameAccount { account, .. } => {
                let place = self.open_place(account)?;
                self.post(place, "account_renamed", at, |_| {});
                Ok(())
            }
            Command::CloseAccount { account } => self.close(account, at),
            Command::SetPlan { account, plan, currency } => {
                self.set_plan(account, *plan, *currency, at)
            }
            Command::SetAlerts { account, alerts, currency } => {
                self.set_alerts(account, alerts, *currency, at)
            }
            Command::LockPayments { account, locked } => {
                let place = self.open_place(account)?;
                self.purses[place].locked = *locked;
                let kind = if *locked { "payments_locked" } else { "payments_unlocked" };
                self.post(place, kind, at, |_| {});
                Ok(())
            }
            other => unreachable!("decided elsewhere: {other:?}"),
        }
    }

    fn open(&mut self, open: &engine::OpenAccount, at: i64) -> Result<(), Otherwise> {
        self.check_customer(open.customer.0)?;
        let taken = |number: &str| self.purses.iter().any(|it| it.number == number);
        let (number, own) = match &open.number {
            Some(number) if taken(&number.to_string()) => {
                return refuse("account_number_taken", []);
            }
            Some(number) => (number.to_string(), self.own_numbers),
            None => {
                let mut own = self.own_numbers + 1;
                while taken(&own_number(own)) {
                    own += 1;
                }
                (own_number(own), own)
            }
        };
        let purse = Purse::new(open, number);
        purse.check_limits()?;
        self.own_numbers = own;
        self.purses.push(purse);
        self.post(self.purses.len() - 1, "account_opened", at, |_| {});
        Ok(())
    }

    fn close(&mut self, account: &AccountRef, at: i64) -> Result<(), Otherwise> {
        let place = self.open_place(account)?;
        let purse = &mut self.purses[place];
        if purse.balance != 0 || purse.held() != 0 {
            return refuse("account_not_empty", [purse.balance, purse.held()]);
        }
        purse.closed = true;
        self.post(place, "account_closed", at, |_| {});
        Ok(())
    }

    fn check_customer(&self, customer: u32) -> Result<(), Otherwise> {
        match (1..=self.customers_count()).contains(&customer) {
            true => Ok(()),
            false => refuse("customer_not_found", []),
        }
    }

    fn place_of(&self, whose: Whose<'_>) -> Option<usize> {
        match whose {
            Whose::Subject(_) => None,
            Whose::Id(id) => {
                let place = usize::try_from(id.0.checked_sub(1)?).ok()?;
                (place < self.purses.len()).then_some(place)
            }
            Whose::Number(number) => {
                let number = number.to_string();
                self.purses.iter().position(|it| it.number == number)
            }
        }
    }

    fn place(&self, account: &AccountRef) -> Result<usize, Otherwise> {
        if let Some(place) = self.place_of(account.into()) {
            return Ok(place);
        }
        let mistyped = match account {
            AccountRef::Id(_) => false,
            AccountRef::Number(number) => {
                let text = number.to_string();
                let long = text.len() >= 9 && !text.starts_with('0');
                long && text.bytes().all(|it| it.is_ascii_digit()) && !has_check_digit(&text)
            }
        };
        refuse("account_not_found", [mistyped.into()])
    }

    /// The account, when it exists and takes commands.
    fn open_place(&self, account: &AccountRef) -> Result<usize, Otherwise> {
        let place = self.place(account)?;
        self.check_open(place)?;
        Ok(place)
    }

    fn check_open(&self, place: usize) -> Result<(), Otherwise> {
        match self.purses[place].closed {
            true => refuse("account_closed", []),
            false => Ok(()),
        }
    }

    fn check_currency(&self, place: usize, currency: Currency) -> Result<(), Otherwise> {
        match self.purses[place].currency == currency {
            true => Ok(()),
            false => refuse("currency_mismatch", []),
        }
    }
}

fn refuse<T, const N: usize>(code: &'static str, figures: [i128; N]) -> Result<T, Otherwise> {
    Err(Verdict::Refused(code, figures.to_vec()))
}

/// Eight digits counted from 10,000,001, and the digit that makes the Luhn sum a multiple of ten.
fn own_number(sequence: u64) -> String {
    let body = (10_000_000 + sequence).to_string();
    let mut digits = (0..10).map(|it| format!("{body}{it}"));
    digits.find(|it| has_check_digit(it)).expect("one of ten digits fits")
}

/// Luhn, written the other way round: every second digit from the right counts double, and its
/// digits are added up.
fn has_check_digit(number: &str) -> bool {
    let plain = number.len() >= 2
        && number.len() <= 18
        && !number.starts_with('0')
        && number.bytes().all(|it| it.is_ascii_digit());
    let digits = number.bytes().rev().map(|it| u32::from(it.saturating_sub(b'0')));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    plain && sum.is_multiple_of(10)
}
