//! Accounts with their numbers, opening balances and limits.

use std::collections::{HashMap, HashSet};

use engine::{
    AccountId, AccountNumber, AccountRef, Amount, Balance, Command, Currency, CustomerId, Fact,
    Limit, Money, OpenAccount, Position, Precision,
};
use store::{Reader, StoreError};

use super::customers::external_key;
use super::table::{Column, LEFT_ASIDE, Row};
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

const COLUMNS: &[Column] = &[
    column("customer", true, "the external_id of a customer who was imported before"),
    column("number", true, "1 to 32 letters, digits, dots, dashes or slashes"),
    column("name", false, "up to 64 characters"),
    column("currency", true, "a code of ISO 4217, such as EUR"),
    column("opening_balance", true, "a decimal number such as 12.50 or -3.00; 0 for nothing"),
    column("credit_limit", false, "a decimal number of zero or more, or unlimited"),
    column("credit_ceiling", false, "a decimal number of zero or more, at least the limit"),
    column("closed", false, "yes or no; only an account with nothing on it can be closed"),
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
}

struct Known {
    customer: CustomerId,
    currency: Currency,
}

impl Accounts {
    pub fn new(reader: Option<&dyn Reader>) -> Result<Self, StoreError> {
        let mut made = Self {
            customers: HashMap::new(),
            customers_count: 0,
            known: HashMap::new(),
            seen: Seen::default(),
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
        let figures = Figures::read(row, currency)?;
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
    limit: Limit,
    ceiling: Option<Amount>,
    is_closed: bool,
}

impl Figures {
    fn read(row: &Row, currency: Currency) -> Result<Self, Fault> {
        let exponent = currency.exponent();
        let wrong =
            |place: usize| move |error| row.fault(COLUMNS, place, wire::why_no_amount(error));
        let whole = |place: usize, text: &str| {
            Amount::parse(text, exponent, Precision::MinorUnits).map_err(wrong(place))
        };
        let balance = row.require(COLUMNS, OPENING_BALANCE)?;
        // What was charged by the second or the byte stands there to the last place.
        let balance = Balance::parse(balance, exponent, Precision::Fine);
        let balance = balance.map_err(wrong(OPENING_BALANCE))?;
        let limit = match row.get(CREDIT_LIMIT) {
            None => Limit::NONE,
            Some("unlimited") => Limit::Unlimited,
            Some(limit) => Limit::Limited(whole(CREDIT_LIMIT, limit)?),
        };
        let ceiling = row.get(CREDIT_CEILING).map(|it| whole(CREDIT_CEILING, it)).transpose()?;
        match (limit, ceiling) {
            (Limit::Limited(limit), Some(ceiling)) if limit > ceiling => {
                return Err(row.fault(COLUMNS, CREDIT_CEILING, "is below the credit limit"));
            }
            (Limit::Unlimited, Some(_)) => {
                let why = "is a bound, and the credit limit is unlimited";
                return Err(row.fault(COLUMNS, CREDIT_CEILING, why));
            }
            _ => {}
        }
        let is_closed = match row.get(CLOSED) {
            None | Some("no") => false,
            Some("yes") if balance == Balance::ZERO => true,
            Some("yes") => {
                return Err(row.fault(COLUMNS, CLOSED, "but the opening balance is not zero"));
            }
            Some(_) => return Err(row.fault(COLUMNS, CLOSED, "is neither yes nor no")),
        };
        Ok(Self { balance, limit, ceiling, is_closed })
    }

    /// Each figure is an entry of its own, under the account's number.
    fn add_steps(&self, number: &AccountNumber, currency: Currency, wanted: &mut Wanted) {
        let account = || AccountRef::Number(number.clone());
        if self.balance != Balance::ZERO {
            wanted.then(opening_balance(account(), self.balance, currency));
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
        if self.is_closed {
            wanted.then(Command::CloseAccount { account: account() });
        }
    }
}

fn opening_balance(account: AccountRef, amount: Balance, currency: Currency) -> Command {
    Command::SetOpeningBalance { account, amount, currency, owed_since: None, note: None }
}

fn is_opening(entry: &engine::Entry) -> bool {
    matches!(entry.fact, engine::Fact::OpeningBalance(_))
}
