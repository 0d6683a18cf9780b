//! Today's state for look-ups and lists, changed in the same transaction as the entries.
//!
//! New rows of a table go as one statement. Changes follow in the order of the entries: what they
//! change is there by then, from this batch or from one before.

use std::collections::BTreeMap;

use engine::{CustomerFields, Entry, Fact, Name, Position};
use tokio_postgres::types::Type;

use super::encode::{Rows, Value};
use super::pipeline::Work;
use super::tables::words_of;
use crate::read::is_traffic;
use crate::search::kind_word;

/// What the entries of a batch come to in the directory.
pub struct Directory {
    shard: i64,
    audit: Rows,
    customers: Rows,
    accounts: Rows,
    payments: Rows,
    unallocated: Rows,
    requests: Rows,
    promises: Rows,
    transits: Rows,
    changes: Vec<Work>,
}

impl Directory {
    pub fn new(shard: i64) -> Self {
        use Type as T;
        let three = || Rows::new(&[T::INT8, T::INT8, T::INT8]);
        Self {
            shard,
            audit: Rows::new(&[T::TEXT, T::INT8]),
            customers: Rows::new(&[
                T::INT8,
                T::TEXT,
                T::TEXT,
                T::TEXT,
                T::TEXT,
                T::TEXT,
                T::TEXT,
                T::TEXT,
                T::INT8,
                T::TEXT,
                T::INT8,
                T::TEXT,
                T::TEXT,
            ]),
            accounts: Rows::new(&[T::INT8, T::INT8, T::TEXT, T::TEXT, T::TEXT, T::INT8, T::INT8]),
            payments: Rows::new(&[T::INT8, T::INT8, T::TEXT, T::TEXT, T::INT8]),
            unallocated: Rows::new(&[T::INT8, T::INT8, T::TEXT]),
            requests: three(),
            promises: three(),
            transits: Rows::new(&[T::INT8, T::INT8]),
            changes: Vec::new(),
        }
    }

    pub fn note(&mut self, entry: &Entry) {
        let at = entry.at.0;
        let account = entry.posting.map(|it| i64::from(it.account.0));
        if !is_traffic(&entry.fact) {
            self.audit.text(Some(entry.origin.actor.as_str())).integer(entry.position.0 as i64);
        }
        match &entry.fact {
            Fact::CustomerCreated(fields) => self.create_customer(entry, fields),
            Fact::CustomerUpdated(fields) => self.update_customer(entry, fields),
            Fact::AccountOpened(opening) => {
                let currency = entry.posting.as_ref().map(|it| it.currency.code());
                let customer = entry.customer.map(|it| i64::from(it.0));
                self.accounts
                    .integer(account)
                    .integer(customer)
                    .text(Some(&opening.number.to_string()))
                    .text(Some(&opening.name))
                    .text(currency)
                    .integer(i64::from(opening.exponent))
                    .integer(at);
            }
            Fact::AccountRenamed(renaming) => {
                let sql = "UPDATE accounts SET name = $3 WHERE shard = $1 AND id = $2";
                self.change(sql, [Value::integer(account), Value::text(Some(&renaming.name))]);
            }
            Fact::AccountClosed => {
                let sql = "UPDATE accounts SET closed_at = $3 WHERE shard = $1 AND id = $2";
                self.change(sql, [Value::integer(account), Value::integer(at)]);
            }
            Fact::ExchangeRatesAdded(added) => self.note_rates(entry.position, added),
            fact => {
                if let Some(account) = fact.sent_to() {
                    let to = i64::from(account.shard().number());
                    self.transits.integer(to).integer(entry.position.0 as i64);
                }
                self.note_payment(entry);
                self.note_matter(entry);
            }
        }
    }

    /// Everything that was noted, new rows first.
    pub fn into_works(self) -> Vec<Work> {
        let tables = [
            (
                self.audit,
                "INSERT INTO audit (shard, actor, position) \
                 SELECT $1, * FROM unnest($2::text[], $3::bigint[])",
            ),
            (self.customers, CREATE_CUSTOMERS),
            (
                self.accounts,
                "INSERT INTO accounts (shard, id, customer, number, name, currency, exponent, \
                 opened_at) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], \
                 $5::text[], $6::text[], $7::bigint[], $8::bigint[])",
            ),
            (
                self.payments,
                "INSERT INTO payments (shard, position, account, source, reference, amount) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], \
                 $6::bigint[])",
            ),
            (
                self.unallocated,
                "INSERT INTO unallocated_payments (shard, position, at, source) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])",
            ),
            (
                self.requests,
                "INSERT INTO refund_requests (shard, position, account, serial) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])",
            ),
            (
                self.promises,
                "INSERT INTO promises (shard, position, account, credit) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])",
            ),
            (
                self.transits,
                "INSERT INTO transits (shard, to_shard, position) \
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])",
            ),
        ];
        let shard = Value::integer(self.shard);
        let works = tables.into_iter().filter(|it| !it.0.is_empty()).map(|(rows, sql)| {
            Work::new(sql, [shard.clone()].into_iter().chain(rows.into_values()))
        });
        works.chain(self.changes).collect()
    }

    fn change(&mut self, sql: &'static str, values: impl IntoIterator<Item = Value>) {
        let shard = Value::integer(self.shard);
        self.changes.push(Work::new(sql, [shard].into_iter().chain(values)));
    }

    fn note_payment(&mut self, entry: &Entry) {
        let position = entry.position.0 as i64;
        match &entry.fact {
            Fact::Payment(payment) => {
                let Some(engine::Contra::Payments(source)) = entry.posting.map(|it| it.contra)
                else {
                    unreachable!("a payment's contra is its source")
                };
                self.insert_payment(entry, source, &payment.reference);
            }
            Fact::PaymentUnallocated(payment) => {
                let source = payment.source.as_str();
                self.unallocated.integer(position).integer(entry.at.0).text(Some(source));
            }
            Fact::PaymentAllocated(payment) => {
                self.insert_payment(entry, payment.source, &payment.reference);
                self.settle_unallocated(payment.payment, position);
            }
            Fact::PaymentReturned(payment) => self.settle_unallocated(payment.payment, position),
            Fact::PaymentForwarded(it) => self.settle_unallocated(it.payment, position),
            Fact::PaymentCancelled(cancelled) => {
                let sql =
                    "UPDATE payments SET cancelled_by = $3 WHERE shard = $1 AND position = $2";
                let payment = Value::integer(cancelled.payment.0 as i64);
                self.change(sql, [payment, Value::integer(position)]);
            }
            _ => {}
        }
    }

    fn insert_payment(&mut self, entry: &Entry, source: Name, reference: &str) {
        let posting = entry.posting.expect("a payment on an account has a posting");
        self.payments
            .integer(entry.position.0 as i64)
            .integer(i64::from(posting.account.0))
            .text(Some(source.as_str()))
            .text(Some(reference))
            .integer(posting.amount.units());
    }

    fn settle_unallocated(&mut self, payment: Position, by: i64) {
        let sql =
            "UPDATE unallocated_payments SET settled_by = $3 WHERE shard = $1 AND position = $2";
        self.change(sql, [Value::integer(payment.0 as i64), Value::integer(by)]);
    }

    /// What one entry begins and another settles; policies; services.
    fn note_matter(&mut self, entry: &Entry) {
        let account = entry.posting.map(|it| i64::from(it.account.0));
        let position = entry.position.0 as i64;
        match &entry.fact {
            Fact::RefundRequested(request) => {
                let serial = i64::from(request.serial);
                self.requests.integer(position).integer(account).integer(serial);
            }
            Fact::RefundRejected(rejected) => {
                self.settle_request(account, Some(rejected.serial), position);
            }
            Fact::Refunded(refund) => self.settle_request(account, refund.request, position),
            Fact::PromiseGranted(promise) => {
                let credit = i64::from(promise.credit);
                self.promises.integer(position).integer(account).integer(credit);
            }
            Fact::PromiseEnded(ended) => {
                let sql = "UPDATE promises SET ended_by = $4 \
                           WHERE shard = $1 AND account = $2 AND credit = $3";
                let credit = Value::integer(i64::from(ended.credit));
                self.change(sql, [Value::integer(account), credit, Value::integer(position)]);
            }
            Fact::PromisePolicySet(policy) => {
                let sql = "INSERT INTO promise_policies \
                           (shard, position, \"group\", currency, version) VALUES ($1,$2,$3,$4,$5)";
                self.change(
                    sql,
                    [
                        Value::integer(position),
                        Value::text(policy.group.map(Name::as_str)),
                        Value::text(Some(policy.currency.code())),
                        Value::integer(i64::from(policy.version)),
                    ],
                );
            }
            Fact::ServiceSet(service) => {
                let sql =
                    "INSERT INTO services (shard, position, name, version) VALUES ($1,$2,$3,$4)";
                let name = Value::text(Some(service.name.as_str()));
                let version = Value::integer(i64::from(service.version));
                self.change(sql, [Value::integer(position), name, version]);
            }
            _ => {}
        }
    }

    fn settle_request(&mut self, account: Option<i64>, serial: Option<u32>, by: i64) {
        let sql = "UPDATE refund_requests SET settled_by = $4 \
                   WHERE shard = $1 AND account = $2 AND serial = $3";
        if let Some(serial) = serial {
            let serial = Value::integer(i64::from(serial));
            self.change(sql, [Value::integer(account), serial, Value::integer(by)]);
        }
    }

    fn note_rates(&mut self, position: Position, added: &engine::AddExchangeRates) {
        // The same pair twice in one entry: the last one counts.
        let dated: Vec<_> = added.dated().collect();
        let pairs: BTreeMap<_, _> =
            dated.iter().map(|it| ((it.base.code(), it.quote.code()), it)).collect();
        let mut rows = Rows::new(&[Type::TEXT, Type::TEXT, Type::TEXT, Type::INT8, Type::TEXT]);
        for ((base, quote), rate) in pairs {
            rows.text(Some(base))
                .text(Some(quote))
                .text(Some(&String::from(rate.rate)))
                .integer(rate.valid_from.0)
                .text(Some(rate.source.as_str()));
        }
        let sql = "INSERT INTO exchange_rates \
                   (shard, position, base, quote, rate, valid_from, source) SELECT $1, $2, * \
                   FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])";
        let position = Value::integer(position.0 as i64);
        if !rows.is_empty() {
            self.change(sql, [position].into_iter().chain(rows.into_values()));
        }
    }

    fn update_customer(&mut self, entry: &Entry, fields: &CustomerFields) {
        let values = [
            Value::integer(entry.customer.map(|it| i64::from(it.0))),
            Value::text(Some(&fields.name)),
            Value::text(Some(kind_word(fields.kind))),
            Value::text(fields.phone.as_deref()),
            Value::text(fields.email.as_deref()),
            Value::text(fields.group.map(Name::as_str)),
            Value::text(fields.language.as_deref()),
            Value::text(fields.country.as_deref()),
            Value::integer(entry.at.0),
            Value::text(fields.external_id.as_deref()),
            Value::integer(fields.since.map(|it| it.0)),
            Value::text(fields.time_zone.map(engine::Zone::as_str)),
            Value::text(Some(&words_of(fields))),
        ];
        let sql = "UPDATE customers SET name = $3, kind = $4, phone = $5, email = $6, \
                   \"group\" = $7, language = $8, country = $9, updated_at = $10, \
                   external_id = $11, since = $12, time_zone = $13, \
                   words = array_to_tsvector(string_to_array($14, ' ')) \
                   WHERE shard = $1 AND id = $2";
        self.change(sql, values);
    }

    fn create_customer(&mut self, entry: &Entry, fields: &CustomerFields) {
        self.customers
            .integer(entry.customer.map(|it| i64::from(it.0)))
            .text(Some(&fields.name))
            .text(Some(kind_word(fields.kind)))
            .text(fields.phone.as_deref())
            .text(fields.email.as_deref())
            .text(fields.group.map(Name::as_str))
            .text(fields.language.as_deref())
            .text(fields.country.as_deref())
            .integer(entry.at.0)
            .text(fields.external_id.as_deref())
            .integer(fields.since.map(|it| it.0))
            .text(fields.time_zone.map(engine::Zone::as_str))
            .text(Some(&words_of(fields)));
    }
}

/// Every column once, but for the moment of the creation, which is that of the newest change too.
const CREATE_CUSTOMERS: &str = "INSERT INTO customers (shard, id, name, kind, phone, email, \
     \"group\", language, country, created_at, updated_at, external_id, since, time_zone, words) \
     SELECT $1, a, b, c, d, e, f, g, h, i, i, j, k, l, \
     array_to_tsvector(string_to_array(m, ' ')) \
     FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
     $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::text[]) \
     AS new (a, b, c, d, e, f, g, h, i, j, k, l, m)";
