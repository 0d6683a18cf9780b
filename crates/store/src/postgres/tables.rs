//! Rows of the directory, one at a time and all of them; and what customers are found by.

use engine::{AccountId, CustomerFields, CustomerId, CustomerKind, Name, Timestamp};
use tokio_postgres::{Error, Row};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::read::{PostgresReader, narrow};
use super::session::Values;
use crate::read::joined;
use crate::row;
use crate::search::{Wanted, phone_endings, wanted};
use crate::{AccountRecord, CustomerRecord, StoreError};

pub const CUSTOMER_COLUMNS: &str = "id, name, kind, phone, email, \"group\", \
     language, country, created_at, updated_at, external_id, since, time_zone";

pub fn read_customer(row: &Row) -> Result<CustomerRecord, Error> {
    let kind: &str = row.try_get(2)?;
    Ok(CustomerRecord {
        id: CustomerId(narrow(row.try_get(0)?)),
        fields: CustomerFields {
            name: row.try_get(1)?,
            kind: match kind {
                "organisation" => CustomerKind::Organisation,
                _ => CustomerKind::Person,
            },
            phone: row.try_get(3)?,
            email: row.try_get(4)?,
            group: row.try_get::<_, Option<&str>>(5)?.and_then(|it| Name::new(it).ok()),
            language: row.try_get(6)?,
            country: row.try_get(7)?,
            external_id: row.try_get(10)?,
            since: row.try_get::<_, Option<i64>>(11)?.map(Timestamp),
            time_zone: row.try_get::<_, Option<&str>>(12)?.and_then(engine::Zone::new),
        },
        created_at: Timestamp(row.try_get(8)?),
        updated_at: Timestamp(row.try_get(9)?),
    })
}

/// How many there are.
const CUSTOMER_COUNT: usize = 13;

pub const ACCOUNT_COLUMNS: &str =
    "id, customer, number, name, currency, exponent, opened_at, closed_at";

pub fn read_account(row: &Row) -> Result<AccountRecord, Error> {
    read_account_from(row, 0)
}

/// As [`read_account`], from a row in which other columns come first.
fn read_account_from(row: &Row, first: usize) -> Result<AccountRecord, Error> {
    Ok(AccountRecord {
        id: AccountId(narrow(row.try_get(first)?)),
        customer: CustomerId(narrow(row.try_get(first + 1)?)),
        number: row.try_get(first + 2)?,
        name: row.try_get(first + 3)?,
        currency: row.try_get(first + 4)?,
        exponent: narrow(row.try_get(first + 5)?),
        opened_at: Timestamp(row.try_get(first + 6)?),
        closed_at: row.try_get::<_, Option<i64>>(first + 7)?.map(Timestamp),
    })
}

pub fn customer_and_accounts(
    reader: &PostgresReader,
    id: CustomerId,
) -> Result<Option<(CustomerRecord, Vec<AccountRecord>)>, StoreError> {
    let sql = format!(
        "SELECT {}, {} FROM customers LEFT JOIN accounts \
         ON accounts.shard = customers.shard AND accounts.customer = customers.id \
         WHERE customers.shard = $1 AND customers.id = $2 ORDER BY accounts.id",
        row::of("customers", CUSTOMER_COLUMNS),
        row::of("accounts", ACCOUNT_COLUMNS)
    );
    let values: &Values<'_> = &[&reader.shard, &i64::from(id.0)];
    let rows = reader.many("read a customer with the accounts", &sql, values, |row| {
        let account = match row.try_get::<_, Option<i64>>(CUSTOMER_COUNT)? {
            None => None,
            Some(_) => Some(read_account_from(row, CUSTOMER_COUNT)?),
        };
        Ok((read_customer(row)?, account))
    })?;
    Ok(joined(rows))
}

/// Rows that are fetched at once where all of them are wanted.
///
/// A value of the statement and no part of its text: while the server knows nothing of a table that
/// has just been filled it thinks it smaller than a slice, and sorts all of it for each.
pub const SLICE: i64 = 4_096;

/// Calls `each` with every row of a table, by id, a slice at a time.
pub fn scan<T>(
    reader: &PostgresReader,
    (table, columns): (&str, &str),
    read: fn(&Row) -> Result<T, Error>,
    id: fn(&T) -> u32,
    each: &mut dyn FnMut(T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql =
        format!("SELECT {columns} FROM {table} WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3");
    let mut after = 0_i64;
    loop {
        let slice =
            reader.many("read the directory", &sql, &[&reader.shard, &after, &SLICE], read)?;
        let Some(last) = slice.last().map(id) else {
            return Ok(());
        };
        after = last.into();
        slice.into_iter().try_for_each(&mut *each)?;
    }
}

pub fn search_customers(
    reader: &PostgresReader,
    words: &str,
    after: CustomerId,
    limit: usize,
) -> Result<Vec<CustomerRecord>, StoreError> {
    let doing = "search customers";
    let (after, limit) = (i64::from(after.0), limit as i64);
    let Some(query) = search_query(words) else {
        let sql = format!(
            "SELECT {CUSTOMER_COLUMNS} FROM customers WHERE shard = $1 AND id > $2 \
             ORDER BY id LIMIT $3"
        );
        return reader.many(doing, &sql, &[&reader.shard, &after, &limit], read_customer);
    };
    let number: String = words.chars().filter(|it| !it.is_whitespace() && *it != '\0').collect();
    let external = words.trim().replace('\0', "");
    // No text that begins so is behind one that goes on with the last character there is.
    let sql = format!(
        "SELECT {CUSTOMER_COLUMNS} FROM customers WHERE shard = $1 AND id > $2 AND id IN (\
             SELECT id FROM customers WHERE shard = $1 AND words @@ $4::text::tsquery \
             UNION SELECT customer FROM accounts \
             WHERE shard = $1 AND number >= $5 AND number < $5 || chr(1114111) \
             UNION SELECT id FROM customers \
             WHERE shard = $1 AND external_id >= $6 AND external_id < $6 || chr(1114111)\
         ) ORDER BY id LIMIT $3"
    );
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&reader.shard, &after, &limit, &query, &number, &external];
    reader.many(doing, &sql, &values, read_customer)
}

/// Letters of a word that count: beyond them two words are taken for one.
const WORD_LETTERS: usize = 64;

/// The query for what a person typed: every word, each as a beginning. `None` when there is no
/// word in it.
fn search_query(words: &str) -> Option<String> {
    let words: Vec<String> = match wanted(words) {
        Wanted::Number(digits) => vec![digits],
        Wanted::Words(words) => words.flat_map(fold).collect(),
    };
    let query: Vec<String> = words.iter().map(|it| format!("'{}':*", short(it))).collect();
    (!query.is_empty()).then(|| query.join(" & "))
}

/// The words by which a customer is found, with blanks between them.
pub fn words_of(fields: &CustomerFields) -> String {
    let mut words = fold(&fields.name);
    words.extend(fields.email.as_deref().map(fold).unwrap_or_default());
    words.extend(fields.phone.as_deref().map(phone_endings).unwrap_or_default());
    words.iter().map(|it| short(it)).collect::<Vec<_>>().join(" ")
}

/// Words in small letters and without their marks: `Zoë` and `ZOE` are the same.
fn fold(text: &str) -> Vec<String> {
    let plain: String = text.nfd().filter(|it| !is_combining_mark(*it)).collect();
    let small = plain.to_lowercase();
    let words = small.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(str::to_owned).collect()
}

fn short(word: &str) -> String {
    word.chars().take(WORD_LETTERS).collect()
}
