//! Today's state for look-ups and lists, changed in the same transaction as the entry.

use engine::{CustomerFields, Entry, Fact, Position};
use rusqlite::{Connection, params};

use crate::read::is_traffic;
use crate::search::{kind_word, phone_endings};

pub fn note(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let at = entry.at.0;
    let account = entry.posting.map(|it| it.account.0);
    let customer = entry.customer.map(|it| it.0);
    note_actor(connection, entry)?;
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
        Fact::Payment(_)
        | Fact::PaymentUnallocated(_)
        | Fact::PaymentAllocated(_)
        | Fact::PaymentReturned(_)
        | Fact::PaymentForwarded(_)
        | Fact::PaymentCancelled(_) => note_payment(connection, entry),
        Fact::RefundRequested(_)
        | Fact::RefundRejected(_)
        | Fact::Refunded(_)
        | Fact::PromiseGranted(_)
        | Fact::PromiseEnded(_)
        | Fact::PromisePolicySet(_)
        | Fact::ServiceSet(_) => note_matter(connection, entry),
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

/// People's doings are found by person; the traffic is not, it would be an index as large as the
/// journal.
fn note_actor(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    if is_traffic(&entry.fact) {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO audit (actor, position) VALUES (?1,?2)")?
        .execute(params![entry.origin.actor.as_str(), entry.position.0 as i64])
        .map(drop)
}

/// What one entry begins and another settles.
fn note_matter(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let account = entry.posting.map(|it| it.account.0);
    let position = entry.position.0 as i64;
    match &entry.fact {
        Fact::RefundRequested(request) => connection
            .prepare_cached(
                "INSERT INTO refund_requests (position, account, serial) VALUES (?1,?2,?3)",
            )?
            .execute(params![position, account, request.serial])
            .map(drop),
        Fact::RefundRejected(rejected) => {
            settle_request(connection, account, Some(rejected.serial), position)
        }
        Fact::Refunded(refund) => settle_request(connection, account, refund.request, position),
        Fact::PromiseGranted(promise) => connection
            .prepare_cached("INSERT INTO promises (position, account, credit) VALUES (?1,?2,?3)")?
            .execute(params![position, account, promise.credit])
            .map(drop),
        Fact::PromiseEnded(ended) => connection
            .prepare_cached("UPDATE promises SET ended_by = ?3 WHERE account = ?1 AND credit = ?2")?
            .execute(params![account, ended.credit, position])
            .map(drop),
        Fact::PromisePolicySet(policy) => connection
            .prepare_cached(
                "INSERT INTO promise_policies (position, \"group\", currency, version) \
                 VALUES (?1,?2,?3,?4)",
            )?
            .execute(params![
                position,
                policy.group.map(engine::Name::as_str),
                policy.currency.code(),
                policy.version
            ])
            .map(drop),
        Fact::ServiceSet(service) => connection
            .prepare_cached("INSERT INTO services (position, name, version) VALUES (?1,?2,?3)")?
            .execute(params![position, service.name.as_str(), service.version])
            .map(drop),
        _ => Ok(()),
    }
}

fn note_payment(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let position = entry.position.0 as i64;
    match &entry.fact {
        Fact::Payment(payment) => {
            let Some(engine::Contra::Payments(source)) = entry.posting.map(|it| it.contra) else {
                unreachable!("a payment's contra is its source")
            };
            insert_payment(connection, entry, source, &payment.reference)
        }
        Fact::PaymentUnallocated(payment) => connection
            .prepare_cached(
                "INSERT INTO unallocated_payments (position, at, source) VALUES (?1,?2,?3)",
            )?
            .execute(params![position, entry.at.0, payment.source.as_str()])
            .map(drop),
        Fact::PaymentAllocated(payment) => {
            insert_payment(connection, entry, payment.source, &payment.reference)?;
            settle_unallocated(connection, payment.payment, position)
        }
        Fact::PaymentReturned(payment) => settle_unallocated(connection, payment.payment, position),
        Fact::PaymentForwarded(it) => settle_unallocated(connection, it.payment, position),
        Fact::PaymentCancelled(cancelled) => connection
            .prepare_cached("UPDATE payments SET cancelled_by = ?2 WHERE position = ?1")?
            .execute(params![cancelled.payment.0 as i64, position])
            .map(drop),
        _ => Ok(()),
    }
}

fn insert_payment(
    connection: &Connection,
    entry: &Entry,
    source: engine::Name,
    reference: &str,
) -> rusqlite::Result<()> {
    let posting = entry.posting.expect("a payment on an account has a posting");
    let mut insert = connection.prepare_cached(
        "INSERT INTO payments (position, account, source, reference, amount) \
         VALUES (?1,?2,?3,?4,?5)",
    )?;
    let (position, amount) = (entry.position.0 as i64, posting.amount.units());
    let values = params![position, posting.account.0, source.as_str(), reference, amount];
    insert.execute(values).map(drop)
}

fn settle_unallocated(connection: &Connection, payment: Position, by: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE unallocated_payments SET settled_by = ?2 WHERE position = ?1";
    connection.prepare_cached(sql)?.execute(params![payment.0 as i64, by]).map(drop)
}

fn settle_request(
    connection: &Connection,
    account: Option<u32>,
    serial: Option<u32>,
    by: i64,
) -> rusqlite::Result<()> {
    let sql = "UPDATE refund_requests SET settled_by = ?3 WHERE account = ?1 AND serial = ?2";
    match serial {
        Some(serial) => {
            connection.prepare_cached(sql)?.execute(params![account, serial, by]).map(drop)
        }
        None => Ok(()),
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
             created_at, updated_at, external_id, since, time_zone) \
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?9,?10,?11,?12)"
        }
        false => {
            "UPDATE customers SET name = ?2, kind = ?3, phone = ?4, email = ?5, \"group\" = ?6, \
             language = ?7, country = ?8, updated_at = ?9, external_id = ?10, since = ?11, \
             time_zone = ?12 WHERE id = ?1"
        }
    };
    connection.prepare_cached(sql)?.execute(params![
        id,
        fields.name,
        kind_word(fields.kind),
        fields.phone,
        fields.email,
        fields.group.map(engine::Name::as_str),
        fields.language,
        fields.country,
        at,
        fields.external_id,
        fields.since.map(|it| it.0),
        fields.time_zone.map(engine::Zone::as_str)
    ])?;
    let phone = fields.phone.as_deref().map(|it| phone_endings(it).join(" "));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO customer_search (rowid, name, phone, email) \
             VALUES (?1,?2,?3,?4)",
        )?
        .execute(params![id, fields.name, phone, fields.email])
        .map(drop)
}
