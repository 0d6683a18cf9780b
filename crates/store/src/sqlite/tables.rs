//! Rows of the directory, one at a time and all of them.

use engine::{AccountId, CustomerFields, CustomerId, CustomerKind, Name, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::SqliteReader;
use crate::read::joined;
use crate::row::{self, Columns};
use crate::search::{Wanted, wanted};
use crate::{AccountRecord, CustomerRecord, StoreError};

impl Columns for Row<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, String> {
        self.get(column).map_err(|error| error.to_string())
    }

    fn text(&self, column: usize) -> Result<Option<&str>, String> {
        let value = self.get_ref(column).map_err(|error| error.to_string())?;
        value.as_str_or_null().map_err(|error| format!("column {column}: {error}"))
    }
}

pub const CUSTOMER_COLUMNS: &str = "id, name, kind, phone, email, \"group\", \
     language, country, created_at, updated_at, external_id, since, time_zone";

pub fn read_customer(row: &Row<'_>) -> rusqlite::Result<CustomerRecord> {
    let kind: String = row.get(2)?;
    Ok(CustomerRecord {
        id: CustomerId(row.get(0)?),
        fields: CustomerFields {
            name: row.get(1)?,
            kind: match kind.as_str() {
                "organisation" => CustomerKind::Organisation,
                _ => CustomerKind::Person,
            },
            phone: row.get(3)?,
            email: row.get(4)?,
            group: row.get::<_, Option<String>>(5)?.and_then(|it| Name::new(&it).ok()),
            language: row.get(6)?,
            country: row.get(7)?,
            external_id: row.get(10)?,
            since: row.get::<_, Option<i64>>(11)?.map(Timestamp),
            time_zone: row.get::<_, Option<String>>(12)?.and_then(|it| engine::Zone::new(&it)),
        },
        created_at: Timestamp(row.get(8)?),
        updated_at: Timestamp(row.get(9)?),
    })
}

/// How many there are.
const CUSTOMER_COUNT: usize = 13;

pub const ACCOUNT_COLUMNS: &str =
    "id, customer, number, name, currency, exponent, opened_at, closed_at";

pub fn read_account(row: &Row<'_>) -> rusqlite::Result<AccountRecord> {
    read_account_from(row, 0)
}

/// As [`read_account`], from a row in which other columns come first.
fn read_account_from(row: &Row<'_>, first: usize) -> rusqlite::Result<AccountRecord> {
    Ok(AccountRecord {
        id: AccountId(row.get(first)?),
        customer: CustomerId(row.get(first + 1)?),
        number: row.get(first + 2)?,
        name: row.get(first + 3)?,
        currency: row.get(first + 4)?,
        exponent: row.get(first + 5)?,
        opened_at: Timestamp(row.get(first + 6)?),
        closed_at: row.get::<_, Option<i64>>(first + 7)?.map(Timestamp),
    })
}

pub fn customer_and_accounts(
    reader: &SqliteReader,
    id: CustomerId,
) -> Result<Option<(CustomerRecord, Vec<AccountRecord>)>, StoreError> {
    let sql = format!(
        "SELECT {}, {} FROM customers LEFT JOIN accounts ON accounts.customer = customers.id \
         WHERE customers.id = ?1 ORDER BY accounts.id",
        row::of("customers", CUSTOMER_COLUMNS),
        row::of("accounts", ACCOUNT_COLUMNS)
    );
    let rows = reader.many("read a customer with the accounts", &sql, [id.0], |row| {
        let account = match row.get_ref(CUSTOMER_COUNT)? {
            ValueRef::Null => None,
            _ => Some(read_account_from(row, CUSTOMER_COUNT)?),
        };
        Ok((read_customer(row)?, account))
    })?;
    Ok(joined(rows))
}

pub fn scan_customers(
    connection: &Connection,
    each: &mut dyn FnMut(CustomerRecord) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {CUSTOMER_COLUMNS} FROM customers ORDER BY id");
    scan(connection, "read customers", &sql, read_customer, each)
}

pub fn scan_accounts(
    connection: &Connection,
    each: &mut dyn FnMut(AccountRecord) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {ACCOUNT_COLUMNS} FROM accounts ORDER BY id");
    scan(connection, "read accounts", &sql, read_account, each)
}

fn scan<T>(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
    each: &mut dyn FnMut(T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql).map_err(StoreError::failed(doing))?;
    let mut rows = statement.query([]).map_err(StoreError::failed(doing))?;
    while let Some(row) = rows.next().map_err(StoreError::failed(doing))? {
        each(read(row).map_err(StoreError::failed(doing))?)?;
    }
    Ok(())
}

/// The full-text query for what a person typed: every word, each as a beginning. `None` when
/// there is no word in it.
pub fn search_query(words: &str) -> Option<String> {
    let query: Vec<String> = match wanted(words) {
        Wanted::Number(digits) => vec![format!("\"{digits}\"*")],
        Wanted::Words(words) => words.map(|it| format!("\"{it}\"*")).collect(),
    };
    (!query.is_empty()).then(|| query.join(" "))
}
