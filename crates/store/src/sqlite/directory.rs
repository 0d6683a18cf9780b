//! Today's state for look-ups and lists, changed in the same transaction as the entry.

use engine::{CustomerFields, CustomerKind, Entry, Fact};
use rusqlite::{Connection, params};

pub fn note(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let at = entry.at.0;
    let account = entry.posting.map(|it| it.account.0);
    let customer = entry.customer.map(|it| it.0);
    match &entry.fact {
        Fact::CustomerCreated(fields) => write_customer(connection, customer, fields, at, true),
        Fact::CustomerUpdated(fields) => write_customer(connection, customer, fields, at, false),
        Fact::AccountOpened(opening) => {
            let posting = entry.posting.expect("an opening has a posting");
            let mut insert = connection.prepare_cached(
                "INSERT INTO accounts (id, customer, number, name, currency, exponent, opened_at) \
                 VALUES (?1,?2,?3,?4,?5,?6,?7)",
            )?;
            let number = opening.number.to_string();
            let currency = posting.currency.code();
            let values =
                params![account, customer, number, opening.name, currency, opening.exponent, at];
            insert.execute(values).map(drop)
        }
        Fact::AccountRenamed(renaming) => connection
            .prepare_cached("UPDATE accounts SET name = ?2 WHERE id = ?1")?
            .execute(params![account, renaming.name])
            .map(drop),
        Fact::AccountClosed => connection
            .prepare_cached("UPDATE accounts SET closed_at = ?2 WHERE id = ?1")?
            .execute(params![account, at])
            .map(drop),
        Fact::Payment(payment) => {
            let posting = entry.posting.expect("a payment has a posting");
            let engine::Contra::Payments(source) = posting.contra else {
                unreachable!("a payment's contra is its source")
            };
            let mut insert = connection.prepare_cached(
                "INSERT INTO payments (position, account, source, reference, amount) \
                 VALUES (?1,?2,?3,?4,?5)",
            )?;
            let (position, amount) = (entry.position.0 as i64, posting.amount.units());
            let values = params![position, account, source.as_str(), payment.reference, amount];
            insert.execute(values).map(drop)
        }
        Fact::PaymentCancelled(cancelled) => connection
            .prepare_cached("UPDATE payments SET cancelled_by = ?2 WHERE position = ?1")?
            .execute(params![cancelled.payment.0 as i64, entry.position.0 as i64])
            .map(drop),
        Fact::ExchangeRatesAdded(added) => {
            let mut insert = connection.prepare_cached(
                "INSERT OR REPLACE INTO exchange_rates \
                 (position, base, quote, rate, valid_from, source) VALUES (?1,?2,?3,?4,?5,?6)",
            )?;
            for rate in added.dated() {
                let position = entry.position.0 as i64;
                let text = String::from(rate.rate);
                let (base, quote) = (rate.base.code(), rate.quote.code());
                let (from, source) = (rate.valid_from.0, rate.source.as_str());
                insert.execute(params![position, base, quote, text, from, source])?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn write_customer(
    connection: &Connection,
    id: Option<u32>,
    fields: &CustomerFields,
    at: i64,
    is_new: bool,
) -> rusqlite::Result<()> {
    let sql = match is_new {
        true => {
            "INSERT INTO customers (id, name, kind, phone, email, \"group\", language, country, \
             created_at, updated_at, external_id) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?9,?10)"
        }
        false => {
            "UPDATE customers SET name = ?2, kind = ?3, phone = ?4, email = ?5, \"group\" = ?6, \
             language = ?7, country = ?8, updated_at = ?9, external_id = ?10 WHERE id = ?1"
        }
    };
    let kind = match fields.kind {
        CustomerKind::Person => "person",
        CustomerKind::Organisation => "organisation",
    };
    connection.prepare_cached(sql)?.execute(params![
        id,
        fields.name,
        kind,
        fields.phone,
        fields.email,
        fields.group,
        fields.language,
        fields.country,
        at,
        fields.external_id
    ])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO customer_search (rowid, name, phone, email) \
             VALUES (?1,?2,?3,?4)",
        )?
        .execute(params![id, fields.name, fields.phone.as_deref().map(phone_words), fields.email])
        .map(drop)
}

/// The endings of a telephone number, six digits or more: whoever looks for a customer by the
/// digits at hand need not know the prefixes.
fn phone_words(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let endings = (0..digits.len().saturating_sub(5)).filter_map(|it| digits.get(it..));
    endings.collect::<Vec<_>>().join(" ")
}
