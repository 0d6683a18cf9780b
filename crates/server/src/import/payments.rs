//! Payments since the cut-over, each known by its source and reference.

use std::collections::HashMap;

use engine::{
    AccountId, AccountNumber, AccountRef, Command, Contra, Currency, ExchangeRates, Fact, Money,
    Position, Precision, Timestamp, Unit,
};
use store::{Found, Kept, KeyAnswer, KeyIndex, Reader, StoreError};

use super::table::{Column, Row};
use super::{Fault, Kind, Seen, Step, Sums, Wanted, refused};
use crate::http::resources::payments::{PaymentRequest, payment_key};
use crate::shard::Key;

const fn column(name: &'static str, is_required: bool, remedy: &'static str) -> Column {
    Column { name, is_required, remedy }
}

const ACCOUNT: usize = 0;
const REFERENCE: usize = 2;
const AMOUNT: usize = 3;
const CURRENCY: usize = 4;
const PAID_AT: usize = 5;

const COLUMNS: &[Column] = &[
    column("account", true, "the number of an account that is there and open"),
    column("source", true, "a word in lower case, such as cash or bank"),
    column("reference", true, "the source's own number of the payment, once for each"),
    column("amount", true, "a decimal number above zero, such as 12.50"),
    column("currency", true, "a code of ISO 4217, such as EUR"),
    column("paid_at", false, "a past day such as 2026-11-30, or 2026-11-30T12:00:00Z"),
    column("description", false, "up to 256 characters"),
];

pub struct Payments<'a> {
    books: Option<Books<'a>>,
    now: Timestamp,
    seen: Seen,
}

/// What is there already.
struct Books<'a> {
    reader: &'a dyn Reader,
    keys: KeyIndex,
    accounts: HashMap<AccountNumber, Account>,
    exchange: ExchangeRates,
}

#[derive(Clone, Copy)]
struct Account {
    id: AccountId,
    unit: Unit,
    is_closed: bool,
}

impl<'a> Payments<'a> {
    /// `exchange` brings the settings of conversion, without rates.
    pub fn new(
        reader: Option<&'a dyn Reader>,
        mut exchange: ExchangeRates,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let seen = Seen::default();
        let Some(reader) = reader else { return Ok(Self { books: None, now, seen }) };
        let mut accounts = HashMap::new();
        reader.scan_accounts(&mut |it| {
            if let Some(currency) = Currency::from_code(&it.currency) {
                let unit = Unit { currency, exponent: it.exponent };
                let account = Account { id: it.id, unit, is_closed: it.closed_at.is_some() };
                accounts.insert(AccountNumber::from(it.number), account);
            }
            Ok(())
        })?;
        for rate in reader.exchange_rates(reader.head()?)? {
            exchange.insert(rate);
        }
        let keys = reader.keys(Kept::ForEver, store::RUN_KEYS)?;
        let books = Some(Books { reader, keys, accounts, exchange });
        Ok(Self { books, now, seen })
    }

    fn account(&self, row: &Row, money: Money) -> Result<Account, Fault> {
        let number = row.require(COLUMNS, ACCOUNT)?;
        let fault = |column: usize, why: &str| row.fault(COLUMNS, column, why);
        let parsed =
            AccountNumber::parse(number).ok_or_else(|| fault(ACCOUNT, "is no account number"))?;
        let books = self.books.as_ref();
        let found = books.and_then(|it| Some((it, *it.accounts.get(&parsed)?)));
        let Some((books, account)) = found else {
            return Err(fault(ACCOUNT, "is no account's number; import the accounts first"));
        };
        if account.is_closed {
            return Err(fault(ACCOUNT, "is the number of an account that is closed"));
        }
        if money.currency != account.unit.currency {
            let from = Unit { currency: money.currency, exponent: money.currency.exponent() };
            let rates = &books.exchange;
            let precision = Precision::MinorUnits;
            if rates.convert(money.amount, from, account.unit, self.now, precision).is_err() {
                let own = account.unit.currency;
                let why = format!("has no rate to {own}; load the exchange rates first");
                return Err(fault(CURRENCY, &why));
            }
        }
        Ok(account)
    }

    /// Whether the books have the payment; a fault when they have another one under its key.
    fn is_known(
        &self,
        row: &Row,
        key: u128,
        account: AccountId,
        money: Money,
    ) -> Result<bool, Fault> {
        let Some(books) = &self.books else { return Ok(false) };
        let failed = |error: StoreError| row.fault(COLUMNS, REFERENCE, error.to_string());
        let Some(entry) = books.first(key).map_err(failed)? else { return Ok(false) };
        let posting = entry.posting.filter(|it| it.account == account);
        let Some(posting) = posting else {
            return Err(row.fault(COLUMNS, REFERENCE, "is booked to another account"));
        };
        let original = match entry.fact.conversion() {
            Some(it) => Money { amount: it.original, currency: it.currency },
            None => Money { amount: posting.amount.magnitude(), currency: posting.currency },
        };
        match original == money {
            true => Ok(true),
            false => Err(row.fault(COLUMNS, AMOUNT, "is not what is booked under its reference")),
        }
    }
}

impl Books<'_> {
    /// The entry of the payment that used `key`.
    fn first(&self, key: u128) -> Result<Option<engine::Entry>, StoreError> {
        let sequence = match self.keys.find(key) {
            Found::New => None,
            Found::At(sequence) => Some(sequence),
            Found::Maybe(runs) => self.reader.find_in_runs(Kept::ForEver, &runs, key)?,
        };
        let Some(sequence) = sequence else { return Ok(None) };
        match self.reader.key(Kept::ForEver, sequence)?.map(|it| it.answer) {
            Some(KeyAnswer::Entries { first, .. }) => self.reader.entry(first),
            _ => Ok(None),
        }
    }
}

impl Kind for Payments<'_> {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn begin(&mut self) {
        self.seen.clear();
    }

    fn read(&mut self, row: &Row) -> Result<Wanted, Fault> {
        let paid_at = row.get(PAID_AT).map(|it| {
            let why = "is neither a day nor a moment";
            super::table::moment(it).ok_or_else(|| row.fault(COLUMNS, PAID_AT, why))
        });
        let paid_at = paid_at.transpose()?;
        if paid_at.is_some_and(|it| it > self.now) {
            return Err(row.fault(COLUMNS, PAID_AT, "is in the future"));
        }
        let number = row.require(COLUMNS, ACCOUNT)?;
        let request = PaymentRequest {
            account: None,
            source: row.require(COLUMNS, 1)?.into(),
            reference: row.require(COLUMNS, REFERENCE)?.into(),
            amount: row.require(COLUMNS, AMOUNT)?.into(),
            currency: row.require(COLUMNS, CURRENCY)?.into(),
            paid_at: None,
            description: row.get(6).map(Into::into),
        };
        let reference = AccountNumber::parse(number)
            .map(AccountRef::Number)
            .ok_or_else(|| row.fault(COLUMNS, ACCOUNT, "is no account number"))?;
        let (mut payment, key) =
            request.command(Some(reference)).map_err(|it| refused(row, COLUMNS, &it))?;
        payment.paid_at = paid_at;
        let money = payment.money;
        let account = self.account(row, money)?;
        if let Some(first) = self.seen.note(key, row.line) {
            let why = format!("stands on line {first} already, for the same source");
            return Err(row.fault(COLUMNS, REFERENCE, why));
        }
        let units = i128::from(money.amount.units());
        let mut wanted = Wanted::new(Some((money.currency, units)));
        if !self.is_known(row, key, account.id, money)? {
            let reference_key = Some(Key { key, fingerprint: 0 });
            let command = Command::ReceivePayment(Box::new(payment));
            wanted.steps.push(Step { command, reference_key });
        }
        Ok(wanted)
    }

    /// From the payments in the journal that the file names, in the money that was handed over.
    fn booked(&self, reader: &dyn Reader, after: Position) -> Result<Sums, StoreError> {
        let mut sums = Sums::new();
        reader.scan(after.plus(1), &mut |entry| {
            let (Fact::Payment(fact), Some(posting)) = (&entry.fact, entry.posting) else {
                return Ok(());
            };
            let Contra::Payments(source) = posting.contra else { return Ok(()) };
            if self.seen.contains(payment_key(source.as_str(), &fact.reference)) {
                let (currency, units) = match &fact.conversion {
                    Some(it) => (it.currency, it.original.units()),
                    None => (posting.currency, posting.amount.units()),
                };
                *sums.entry(currency).or_default() += i128::from(units);
            }
            Ok(())
        })?;
        Ok(sums)
    }
}
