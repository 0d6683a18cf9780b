//! Accounts with their numbers, opening balances and limits.

use std::collections::{HashMap, HashSet};

use engine::{
    AccountId, AccountNumber, AccountRef, Amount, Balance, Command, Currency, CustomerId, Fact,
    Limit, Money, MoneyError, Name, OpenAccount, Plan, Position, Precision, Timestamp,
};
use store::{Reader, StoreError};

use super::customers::external_key;
use super::table::{Column, LEFT_ASIDE, Row, moment};
use super::{Fault, Kind, Seen, Sums, Wanted, refused};
use crate::http::{text, wire};
use crate::shard::key_digest;

const fn column(name: &'static str, is_required: bool, remedy: &'static str) -> Column {
    Column { name, is_required, remedy }
}

const CUSTOMER: usize = 0;
const NUMBER: usize = 1;
const NAME: usize = 2;
const CURRENCY: usize = 3;
const OPENING_BALANCE: usize = 4;
const CREDIT_LIMIT: usize = 5;
const CREDIT_CEILING: usize = 6;
const CLOSED: usize = 7;
const OWED_SINCE: usize = 8;
const PLAN: usize = 9;
const MONTHLY_FEE: usize = 10;
const PAYMENTS_LOCKED: usize = 11;

const COLUMNS: &[Column] = &[
    column("customer", true, "the external_id of a customer who was imported before"),
    column("number", true, "1 to 32 letters, digits, dots, dashes or slashes"),
    column("name", false, "up to 64 characters"),
    column("currency", true, "a code of ISO 4217, such as EUR"),
    column("opening_balance", true, "a decimal number such as 12.50 or -3.00; 0 for nothing"),
    column("credit_limit", false, "a decimal number of zero or more, or unlimited"),
    column("credit_ceiling", false, "a decimal number of zero or more, at least the limit"),
    column("closed", false, "yes or no; only an account with nothing on it can be closed"),
    column("owed_since", false, "a day such as 2026-09-30, not in the future; of a debt only"),
    column("plan", false, "a word in lower case, such as internet-100"),
    column("monthly_fee", false, "a decimal number of zero or more, beside a plan"),
    column("payments_locked", false, "yes or no"),
    column("id", false, LEFT_ASIDE),
    column("held", false, LEFT_ASIDE),
    column("opened_at", false, LEFT_ASIDE),
];

pub struct Accounts {
    customers: HashMap<u128, CustomerId>,
    /// Customers of ours who have no external id are known by their own.
    customers_count: u32,
    known: HashMap<AccountNumber, Known>,
    seen: Seen,
    now: Timestamp,
}

struct Known {
    customer: CustomerId,
    currency: Currency,
}

impl Accounts {
    pub fn new(reader: Option<&dyn Reader>, now: Timestamp) -> Result<Self, StoreError> {
        let mut made = Self {
            customers: HashMap::new(),
            customers_count: 0,
            known: HashMap::new(),
            seen: Seen::default(),
            now,
        };
        let Some(reader) = reader else { return Ok(made) };
        reader.scan_customers(&mut |customer| {
            made.customers_count = made.customers_count.max(customer.id.0);
            if let Some(external_id) = &customer.fields.external_id {
                made.customers.entry(external_key(external_id)).or_insert(customer.id);
            }
            Ok(())
        })?;
        reader.scan_accounts(&mut |account| {
            if let Some(currency) = Currency::from_code(&account.currency) {
                let known = Known { customer: account.customer, currency };
                made.known.insert(AccountNumber::from(account.number), known);
            }
            Ok(())
        })?;
        Ok(made)
    }

    fn customer(&self, row: &Row) -> Result<CustomerId, Fault> {
        let name = row.require(COLUMNS, CUSTOMER)?;
        let own = || wire::parse_customer("customer", name).ok();
        let own = || own().filter(|it| it.0 <= self.customers_count);
        let found = self.customers.get(&external_key(name)).copied().or_else(own);
        found.ok_or_else(|| {
            let why = "is no customer's external_id; import the customers first";
            row.fault(COLUMNS, CUSTOMER, why)
        })
    }
}

/// What an account is known by among the rows of a file.
fn number_key(number: &str) -> u128 {
    key_digest(&[b"account number", number.as_bytes()])
}

impl Kind for Accounts {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn begin(&mut self) {
        self.seen.clear();
    }

    fn read(&mut self, row: &Row) -> Result<Wanted, Fault> {
        let customer = self.customer(row)?;
        let number = AccountNumber::parse(row.require(COLUMNS, NUMBER)?)
            .ok_or_else(|| row.fault(COLUMNS, NUMBER, "is no account number"))?;
        let name = row.get(NAME).unwrap_or_default();
        if !name.is_empty() {
            text::check("name", name, 64).map_err(|it| refused(row, COLUMNS, &it))?;
        }
        let currency = wire::currency("currency", row.require(COLUMNS, CURRENCY)?)
            .map_err(|it| refused(row, COLUMNS, &it))?;
        let figures = Figures::read(row, currency, self.now)?;
        if let Some(first) = self.seen.note(number_key(&number.to_string()), row.line) {
            return Err(row.fault(COLUMNS, NUMBER, format!("stands on line {first} already")));
        }
        let opening = (currency, i128::from(figures.balance.units()));
        let mut wanted = Wanted::new(Some(opening));
        if let Some(known) = self.known.get(&number) {
            if (known.customer, known.currency) != (customer, currency) {
                let holder = wire::customer_id(known.customer);
                let why = format!("is an account of {holder} in {} already", known.currency);
                return Err(row.fault(COLUMNS, NUMBER, why));
            }
            return Ok(wanted);
        }
        wanted.then(Command::OpenAccount(Box::new(OpenAccount {
            customer,
            currency,
            name: name.into(),
            number: Some(number.clone()),
            limit: Limit::NONE,
            ceiling: None,
        })));
        figures.add_steps(&number, currency, &mut wanted);
        Ok(wanted)
    }

    /// From the opening balances in the journal of the accounts that the file names.
    fn booked(&self, reader: &dyn Reader, after: Position) -> Result<Sums, StoreError> {
        let mut accounts: HashSet<AccountId> = HashSet::new();
        let mut sums = Sums::new();
        reader.scan(after.plus(1), &mut |entry| {
            let Some(posting) = entry.posting else { return Ok(()) };
            if let Fact::AccountOpened(opening) = &entry.fact
                && self.seen.contains(number_key(&opening.number.to_string()))
            {
                accounts.insert(posting.account);
                sums.entry(posting.currency).or_default();
            }
            if is_opening(&entry) && accounts.contains(&posting.account) {
                let sum = sums.entry(posting.currency).or_default();
                *sum += i128::from(posting.amount.units());
            }
            Ok(())
        })?;
        Ok(sums)
    }
}

struct Figures {
    balance: Balance,
    owed_since: Option<Timestamp>,
    limit: Limit,
    ceiling: Option<Amount>,
    plan: Option<Plan>,
    is_locked: bool,
    is_closed: bool,
}

impl Figures {
    fn read(row: &Row, currency: Currency, now: Timestamp) -> Result<Self, Fault> {
        let balance = row.require(COLUMNS, OPENING_BALANCE)?;
        // What was charged by the second or the byte stands there to the last place.
        let balance = Balance::parse(balance, currency.exponent(), Precision::Fine);
        let balance = balance.map_err(|error| wrong(row, OPENING_BALANCE, error))?;
        let (limit, ceiling) = credit(row, currency)?;
        let is_closed = yes_or_no(row, CLOSED)?;
        if is_closed && balance != Balance::ZERO {
            return Err(row.fault(COLUMNS, CLOSED, "but the opening balance is not zero"));
        }
        Ok(Self {
            balance,
            owed_since: owed_since(row, balance, now)?,
            limit,
            ceiling,
            plan: plan(row, currency)?,
            is_locked: yes_or_no(row, PAYMENTS_LOCKED)?,
            is_closed,
        })
    }

    /// Each figure is an entry of its own, under the account's number.
    fn add_steps(&self, number: &AccountNumber, currency: Currency, wanted: &mut Wanted) {
        let account = || AccountRef::Number(number.clone());
        if self.balance != Balance::ZERO {
            let (amount, owed_since) = (self.balance, self.owed_since);
            let (account, note) = (account(), None);
            let opening =
                Command::SetOpeningBalance { account, amount, currency, owed_since, note };
            wanted.then(opening);
        }
        if self.limit != Limit::NONE {
            let named = matches!(self.limit, Limit::Limited(_)).then_some(currency);
            let (account, limit) = (account(), self.limit);
            wanted.then(Command::SetCreditLimit { account, limit, currency: named });
        }
        if let Some(amount) = self.ceiling {
            let ceiling = Some(Money { amount, currency });
            wanted.then(Command::SetCreditCeiling { account: account(), ceiling });
        }
        if let Some(plan) = self.plan {
            let currency = Some(currency);
            wanted.then(Command::SetPlan { account: account(), plan: Some(plan), currency });
        }
        if self.is_locked {
            wanted.then(Command::LockPayments { account: account(), locked: true });
        }
        if self.is_closed {
            wanted.then(Command::CloseAccount { account: account() });
        }
    }
}

fn wrong(row: &Row, place: usize, error: MoneyError) -> Fault {
    row.fault(COLUMNS, place, wire::why_no_amount(error))
}

fn whole(row: &Row, place: usize, text: &str, currency: Currency) -> Result<Amount, Fault> {
    let amount = Amount::parse(text, currency.exponent(), Precision::MinorUnits);
    amount.map_err(|error| wrong(row, place, error))
}

fn credit(row: &Row, currency: Currency) -> Result<(Limit, Option<Amount>), Fault> {
    let limit = match row.get(CREDIT_LIMIT) {
        None => Limit::NONE,
        Some("unlimited") => Limit::Unlimited,
        Some(limit) => Limit::Limited(whole(row, CREDIT_LIMIT, limit, currency)?),
    };
    let ceiling = row.get(CREDIT_CEILING);
    let ceiling = ceiling.map(|it| whole(row, CREDIT_CEILING, it, currency)).transpose()?;
    match (limit, ceiling) {
        (Limit::Limited(limit), Some(ceiling)) if limit > ceiling => {
            Err(row.fault(COLUMNS, CREDIT_CEILING, "is below the credit limit"))
        }
        (Limit::Unlimited, Some(_)) => {
            let why = "is a bound, and the credit limit is unlimited";
            Err(row.fault(COLUMNS, CREDIT_CEILING, why))
        }
        figures => Ok(figures),
    }
}

/// Since when a debt is owed, so that it is as old here as it was there.
fn owed_since(row: &Row, balance: Balance, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = row.get(OWED_SINCE) else { return Ok(None) };
    let fault = |why| Err(row.fault(COLUMNS, OWED_SINCE, why));
    match moment(text) {
        None => fault("is no day"),
        Some(since) if since > now => fault("is in the future"),
        Some(_) if !balance.is_negative() => fault("but the opening balance is no debt"),
        since => Ok(since),
    }
}

fn plan(row: &Row, currency: Currency) -> Result<Option<Plan>, Fault> {
    match (row.get(PLAN), row.get(MONTHLY_FEE)) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(row.fault(COLUMNS, MONTHLY_FEE, "is there, and no plan")),
        (Some(_), None) => Err(row.fault(COLUMNS, MONTHLY_FEE, "is missing, and there is a plan")),
        (Some(name), Some(fee)) => {
            let name = Name::new(name).map_err(|it| row.fault(COLUMNS, PLAN, it.to_string()))?;
            Ok(Some(Plan { name, monthly_fee: whole(row, MONTHLY_FEE, fee, currency)? }))
        }
    }
}

fn yes_or_no(row: &Row, place: usize) -> Result<bool, Fault> {
    match row.get(place) {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(_) => Err(row.fault(COLUMNS, place, "is neither yes nor no")),
    }
}

fn is_opening(entry: &engine::Entry) -> bool {
    matches!(entry.fact, engine::Fact::OpeningBalance(_))
}
