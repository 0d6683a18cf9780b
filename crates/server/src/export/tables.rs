//! Customers, accounts, payments, entries and rates, each in a file of CSV or of JSON lines.
//!
//! Customers, accounts and rates have the columns that the imports take, so that they can be
//! imported elsewhere.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use engine::{
    Account, AccountId, CustomerId, CustomerKind, Decimals, Entry, ExchangeRates, Fact, Limit,
    Position, Settings,
};
use serde_json::{Map, Value};
use store::{AccountRecord, Reader, StoreError};

use super::Output;
use super::ledger::unwritten;
use crate::cells::guard;
use crate::http::entry_view::EntryView;
use crate::http::resources::payments::paid_money;
use crate::http::unallocated::{Standing, standing};
use crate::http::wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    Csv,
    JsonLines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Customers,
    Accounts,
    Payments,
    Entries,
    Rates,
}

impl Table {
    pub const ALL: [Self; 5] =
        [Self::Customers, Self::Accounts, Self::Payments, Self::Entries, Self::Rates];

    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Accounts => "accounts",
            Self::Payments => "payments",
            Self::Entries => "entries",
            Self::Rates => "rates",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Customers => &[
                "external_id",
                "name",
                "kind",
                "phone",
                "email",
                "group",
                "language",
                "country",
                "time_zone",
                "since",
                "id",
                "created_at",
            ],
            Self::Accounts => &[
                "customer",
                "number",
                "name",
                "currency",
                "opening_balance",
                "credit_limit",
                "credit_ceiling",
                "closed",
                "owed_since",
                "plan",
                "monthly_fee",
                "payments_locked",
                "id",
                "held",
                "opened_at",
            ],
            Self::Payments => &[
                "account",
                "source",
                "reference",
                "amount",
                "currency",
                "paid_at",
                "description",
                "id",
                "received_at",
                "cancelled",
            ],
            Self::Entries => &[
                "position", "at", "kind", "customer", "account", "number", "amount", "currency",
                "balance", "contra", "actor", "channel", "reason", "entry",
            ],
            Self::Rates => &["base", "quote", "rate", "valid_from", "source"],
        }
    }
}

/// Writes `tables` into the folder `to`, all of one moment; answers the rows of each.
pub fn write_tables(
    reader: &dyn Reader,
    tables: &[Table],
    format: TableFormat,
    to: &Path,
    progress: &mut dyn FnMut(Position, Position),
) -> anyhow::Result<Vec<(Table, u64)>> {
    reader.freeze()?;
    std::fs::create_dir_all(to).with_context(|| format!("failed to make {}", to.display()))?;
    let mut export = Export::new(reader)?;
    let mut written = Vec::new();
    for &table in tables {
        let ending = match format {
            TableFormat::Csv => "csv",
            TableFormat::JsonLines => "jsonl",
        };
        let path = to.join(format!("{}.{ending}", table.name()));
        let mut rows = Rows::open(Output::open(Some(&path))?, table, format)?;
        match table {
            Table::Customers => export.customers(&mut rows)?,
            Table::Accounts => export.accounts(&mut rows)?,
            Table::Payments | Table::Entries => export.entries(&mut rows, progress)?,
            Table::Rates => export.rates(&mut rows)?,
        }
        written.push((table, rows.count));
        rows.finish()?;
    }
    Ok(written)
}

/// A value as it goes into a file.
enum Cell {
    None,
    /// What people or programs wrote.
    Text(String),
    /// A number or a moment of ours, which no spreadsheet takes for a formula.
    Plain(String),
}

fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::None, |it| Cell::Text(it.to_owned()))
}

struct Rows {
    table: Table,
    csv: Option<csv::Writer<Output>>,
    json: Option<Output>,
    count: u64,
}

impl Rows {
    fn open(output: Output, table: Table, format: TableFormat) -> anyhow::Result<Self> {
        let (mut csv, mut json) = (None, None);
        match format {
            TableFormat::JsonLines => json = Some(output),
            TableFormat::Csv => {
                let writer = csv.insert(csv::Writer::from_writer(output));
                writer.write_record(table.columns()).context("failed to write the export")?;
            }
        }
        Ok(Self { table, csv, json, count: 0 })
    }

    fn add(&mut self, cells: &[Cell]) -> Result<(), StoreError> {
        self.count += 1;
        if let Some(csv) = &mut self.csv {
            for cell in cells {
                let written = match cell {
                    Cell::None => csv.write_field(""),
                    Cell::Text(text) => csv.write_field(guard(text).as_bytes()),
                    Cell::Plain(text) => csv.write_field(text),
                };
                written.map_err(|error| unwritten(error.into()))?;
            }
            let ended = csv.write_record(None::<&[u8]>);
            return ended.map_err(|error| unwritten(error.into()));
        }
        let mut line = Map::new();
        for (name, cell) in self.table.columns().iter().zip(cells) {
            if let Cell::Text(text) | Cell::Plain(text) = cell {
                line.insert((*name).to_owned(), Value::from(text.as_str()));
            }
        }
        self.add_json(&line)
    }

    fn add_json(&mut self, line: &impl serde::Serialize) -> Result<(), StoreError> {
        let Some(json) = &mut self.json else { return Ok(()) };
        serde_json::to_writer(&mut *json, line).map_err(|error| unwritten(error.into()))?;
        json.write_all(b"\n").map_err(unwritten)
    }

    fn finish(self) -> anyhow::Result<()> {
        if let Some(csv) = self.csv {
            let output = csv.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()));
            output.context("failed to write the export")?.finish()?;
        }
        self.json.map_or(Ok(()), Output::finish)
    }
}

struct Export<'a> {
    reader: &'a dyn Reader,
    /// Numbers of accounts, by which everything names them.
    numbers: HashMap<AccountId, String>,
}

impl<'a> Export<'a> {
    fn new(reader: &'a dyn Reader) -> Result<Self, StoreError> {
        let mut numbers = HashMap::new();
        reader.scan_accounts(&mut |it| {
            numbers.insert(it.id, it.number);
            Ok(())
        })?;
        Ok(Self { reader, numbers })
    }

    fn customers(&self, rows: &mut Rows) -> Result<(), StoreError> {
        self.reader.scan_customers(&mut |it| {
            let (id, fields) = (wire::customer_id(it.id), &it.fields);
            let kind = match fields.kind {
                CustomerKind::Person => "person",
                CustomerKind::Organisation => "organisation",
            };
            rows.add(&[
                text(Some(fields.external_id.as_deref().unwrap_or(&id))),
                text(Some(&fields.name)),
                text(Some(kind)),
                text(fields.phone.as_deref()),
                text(fields.email.as_deref()),
                text(fields.group.map(engine::Name::as_str)),
                text(fields.language.as_deref()),
                text(fields.country.as_deref()),
                fields.time_zone.map_or(Cell::None, |it| Cell::Plain(it.to_string())),
                fields.since.map_or(Cell::None, |it| Cell::Plain(wire::time(it))),
                Cell::Plain(id.clone()),
                Cell::Plain(wire::time(it.created_at)),
            ])
        })
    }

    fn accounts(&mut self, rows: &mut Rows) -> Result<(), StoreError> {
        let mut external_ids: HashMap<CustomerId, String> = HashMap::new();
        self.reader.scan_customers(&mut |it| {
            external_ids.extend(it.fields.external_id.map(|external| (it.id, external)));
            Ok(())
        })?;
        let (settings, exchange) = (Settings::default(), ExchangeRates::default());
        let state = store::recover(self.reader, settings, exchange, store::RUN_KEYS, &mut |_| {})?;
        let state = state.state;
        self.reader.scan_accounts(&mut |record| {
            let account = state.account(record.id).ok_or_else(|| {
                let place = format!("account acc_{}", record.id.0);
                StoreError::damaged(place, "the directory has it, the journal does not")
            })?;
            let customer = external_ids.get(&record.customer);
            let customer = customer.cloned().unwrap_or(wire::customer_id(record.customer));
            rows.add(&account_cells(&record, account, customer))
        })
    }

    /// The rows of `payments` and of `entries`, which both come from the journal.
    fn entries(
        &self,
        rows: &mut Rows,
        progress: &mut dyn FnMut(Position, Position),
    ) -> Result<(), StoreError> {
        let head = self.reader.head()?;
        self.reader.scan(Position(1), &mut |entry| {
            if entry.position.0.is_multiple_of(16_384) {
                progress(entry.position, head);
            }
            match (rows.table, rows.json.is_some()) {
                (Table::Payments, _) => self.payment(&entry, rows),
                (_, true) => {
                    rows.count += 1;
                    rows.add_json(&EntryView::new(&entry))
                }
                (_, false) => rows.add(&self.entry_cells(&entry)?),
            }
        })?;
        Ok(())
    }

    /// A payment where it was received, whatever became of it since.
    fn payment(&self, entry: &Entry, rows: &mut Rows) -> Result<(), StoreError> {
        let (reference, paid_at, note) = match &entry.fact {
            Fact::Payment(it) => (&it.reference, it.paid_at, &it.note),
            Fact::PaymentUnallocated(it) => (&it.reference, it.paid_at, &it.note),
            _ => return Ok(()),
        };
        let source = match (&entry.fact, entry.posting.map(|it| it.contra)) {
            (Fact::PaymentUnallocated(it), _) => it.source,
            (_, Some(engine::Contra::Payments(source))) => source,
            _ => return Ok(()),
        };
        let Some(money) = paid_money(entry) else { return Ok(()) };
        let (stands_at, returned) = match standing(self.reader, entry)? {
            Standing::OnAccount(entry) => (Some(entry), false),
            Standing::Waiting(_) => (None, false),
            Standing::Returned(_) => (None, true),
            // A file has no other shard.
            Standing::Sent(_) => (None, false),
        };
        let account = stands_at.as_ref().and_then(|it| it.posting).map(|it| it.account);
        let record = match &stands_at {
            Some(entry) => self.reader.payment(entry.position)?,
            None => None,
        };
        let cancelled = returned || record.is_some_and(|it| it.cancelled_by.is_some());
        let exponent = match (&entry.fact, entry.fact.conversion(), entry.posting) {
            (Fact::PaymentUnallocated(it), ..) => it.exponent,
            (_, Some(it), _) => it.exponent,
            (_, None, posting) => posting.map_or(money.currency.exponent(), |it| it.exponent),
        };
        rows.add(&[
            text(account.and_then(|it| self.numbers.get(&it)).map(String::as_str)),
            text(Some(source.as_str())),
            text(Some(reference)),
            Cell::Plain(money.amount.display(exponent).to_string()),
            text(Some(money.currency.code())),
            paid_at.map_or(Cell::None, |it| Cell::Plain(wire::time(it))),
            text(note.as_deref()),
            Cell::Plain(wire::payment_id(entry.position)),
            Cell::Plain(wire::time(entry.at)),
            Cell::Plain(if cancelled { "yes" } else { "no" }.to_owned()),
        ])
    }

    fn entry_cells(&self, entry: &Entry) -> Result<[Cell; 14], StoreError> {
        let posting = entry.posting.as_ref();
        let decimals = |units: i64| {
            let exponent = posting.map_or(0, |it| it.exponent);
            Cell::Plain(Decimals::new(units, exponent).to_string())
        };
        let contra = posting.map(|it| it.contra.to_string()).filter(|it| !it.is_empty());
        let number = posting.and_then(|it| self.numbers.get(&it.account));
        let whole = serde_json::to_string(&EntryView::new(entry));
        let whole = whole.map_err(|error| unwritten(error.into()))?;
        Ok([
            Cell::Plain(entry.position.0.to_string()),
            Cell::Plain(wire::time(entry.at)),
            Cell::Plain(entry.fact.kind().to_owned()),
            entry.customer.map_or(Cell::None, |it| Cell::Plain(wire::customer_id(it))),
            posting.map_or(Cell::None, |it| Cell::Plain(wire::account_id(it.account))),
            text(number.map(String::as_str)),
            posting.map_or(Cell::None, |it| decimals(it.amount.units())),
            text(posting.map(|it| it.currency.code())),
            posting.map_or(Cell::None, |it| decimals(it.balance.units())),
            text(contra.as_deref()),
            text(Some(entry.origin.actor.as_str())),
            text(Some(entry.origin.channel.as_str())),
            text(entry.origin.reason.as_deref()),
            Cell::Plain(whole),
        ])
    }

    fn rates(&self, rows: &mut Rows) -> Result<(), StoreError> {
        for rate in self.reader.exchange_rates(self.reader.head()?)? {
            rows.add(&[
                text(Some(rate.base.code())),
                text(Some(rate.quote.code())),
                Cell::Plain(rate.rate.into()),
                Cell::Plain(wire::time(rate.valid_from)),
                text(Some(rate.source.as_str())),
            ])?;
        }
        Ok(())
    }
}

fn account_cells(record: &AccountRecord, account: &Account, customer: String) -> [Cell; 15] {
    let decimals = |units: i64| Cell::Plain(Decimals::new(units, account.exponent).to_string());
    let limit = match account.limit {
        Limit::Unlimited => Cell::Plain("unlimited".into()),
        limit if limit == Limit::NONE => Cell::None,
        Limit::Limited(limit) => decimals(limit.units()),
    };
    let plan = account.plan();
    // Debts may be of several days; the oldest one speaks for all.
    let owed_since = account.debts.first().map(|it| wire::day(it.day));
    let yes_or_no = |it: bool| Cell::Plain(if it { "yes" } else { "no" }.to_owned());
    [
        Cell::Text(customer),
        text(Some(&record.number)),
        text(Some(&record.name)),
        text(Some(&record.currency)),
        decimals(account.balance.units()),
        limit,
        account.ceiling.map_or(Cell::None, |it| decimals(it.units())),
        yes_or_no(account.closed),
        owed_since.map_or(Cell::None, Cell::Plain),
        text(plan.map(|it| it.name).as_ref().map(|it| it.as_str())),
        plan.map_or(Cell::None, |it| decimals(it.monthly_fee.units())),
        yes_or_no(account.payments_locked),
        Cell::Plain(wire::account_id(record.id)),
        decimals(account.held.units()),
        Cell::Plain(wire::time(record.opened_at)),
    ]
}
