//! `POST /v1/bank-statements`: a bank's statement, and what became of each transaction in it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Currency;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::{IntoParams, ToSchema};

use crate::channels::access::{ClientAddress, allows};
use crate::channels::bank::{self, Became, Import, Outcome, Row};
use crate::channels::camt::{Side, Signed, Statement};
use crate::http::app::App;
use crate::http::auth::{Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::wire::{self, WireMoney};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BankStatementQuery {
    /// Name of the bank in the configuration: the source of its payments.
    pub channel: String,
    /// Says what would become of it, and writes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BankImportView {
    pub channel: String,
    pub dry_run: bool,
    /// The bank's identifier of the message.
    pub message: String,
    pub statements: Vec<BankStatementView>,
    /// What the transactions come to, by what became of them.
    pub sums: Vec<BankSum>,
    pub transactions: Vec<BankTransactionView>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct BankStatementView {
    pub line: u64,
    pub id: String,
    pub sequence: Option<String>,
    pub account: String,
    /// Missing where the bank gave no two balances to hold the entries against.
    pub opening: Option<WireMoney>,
    pub closing: Option<WireMoney>,
    pub entries: usize,
    /// Entries that are not booked, and so were left out.
    pub unbooked: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BankSum {
    /// `credited`, `known`, `unallocated`, `charged_back`, `conflict` or `left_out`.
    pub outcome: &'static str,
    pub count: usize,
    pub amount: WireMoney,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct BankTransactionView {
    /// Where it stands in the file.
    pub line: u64,
    /// Negative for money that went out.
    pub amount: WireMoney,
    pub booked_on: Option<String>,
    pub reference: String,
    pub payer: Option<String>,
    pub payer_account: Option<String>,
    /// What the payer wrote.
    pub text: Option<String>,
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub account: Option<String>,
    pub payment: Option<String>,
}

impl BankImportView {
    pub fn new(channel: &str, import: &Import, dry_run: bool) -> Self {
        let Import { prepared, became } = import;
        let rows = || prepared.rows.iter().zip(became);
        Self {
            channel: channel.to_owned(),
            dry_run,
            message: prepared.document.message.clone(),
            statements: prepared.document.statements.iter().map(BankStatementView::new).collect(),
            sums: sums(rows()),
            transactions: rows().map(|(row, it)| BankTransactionView::new(row, it)).collect(),
        }
    }
}

/// Statements may be in several currencies; each has its line.
fn sums<'a>(rows: impl Iterator<Item = (&'a Row, &'a Became)>) -> Vec<BankSum> {
    let mut sums: BTreeMap<(Outcome, Currency), (usize, i64)> = BTreeMap::new();
    for (row, became) in rows {
        let (count, units) = sums.entry((became.outcome, row.currency)).or_default();
        *count += 1;
        *units = units.saturating_add(units_of(row.transaction.money));
    }
    let view = |((outcome, currency), (count, units)): ((Outcome, Currency), (usize, i64))| {
        let amount = WireMoney::units(units, currency, currency.exponent());
        BankSum { outcome: outcome.code(), count, amount }
    };
    sums.into_iter().map(view).collect()
}

fn units_of(money: Signed) -> i64 {
    match money.side {
        Side::Credit => money.amount.units(),
        Side::Debit => -money.amount.units(),
    }
}

impl BankStatementView {
    fn new(statement: &Statement) -> Self {
        let currency = statement.currency;
        let show = |it: Signed| WireMoney::units(units_of(it), currency, currency.exponent());
        Self {
            line: statement.line,
            id: statement.id.clone(),
            sequence: statement.sequence.clone(),
            account: statement.account.clone(),
            opening: statement.balances.map(|it| show(it.opening)),
            closing: statement.balances.map(|it| show(it.closing)),
            entries: statement.entries.len(),
            unbooked: statement.unbooked,
        }
    }
}

impl BankTransactionView {
    fn new(row: &Row, became: &Became) -> Self {
        let transaction = &row.transaction;
        let words = transaction.structured.iter().chain(&transaction.unstructured);
        let text = words.map(String::as_str).collect::<Vec<_>>().join("\n");
        let units = units_of(transaction.money);
        Self {
            line: row.line,
            amount: WireMoney::units(units, row.currency, row.currency.exponent()),
            booked_on: row.booked_on.map(|it| it.to_string()),
            reference: row.reference.clone(),
            payer: transaction.party.clone(),
            payer_account: transaction.party_account.clone(),
            text: (!text.is_empty()).then_some(text),
            outcome: became.outcome.code(),
            reason: became.reason,
            account: became.account.map(wire::account_id),
            payment: became.payment.map(wire::payment_id),
        }
    }
}

/// Imports a bank's statement in ISO 20022 camt.053.
///
/// The file is read whole and held against its balances before anything is written; then each
/// transaction counts at most once, whatever file it comes in.
#[utoipa::path(post, path = "/v1/bank-statements", tag = "channels", params(BankStatementQuery),
    request_body(content = String, content_type = "application/xml"),
    responses((status = 200, body = BankImportView), (status = 400, body = Problem)))]
pub async fn create_bank_statement(
    State(app): State<App>,
    query: Result<Query<BankStatementQuery>, Problem>,
    ClientAddress(address): ClientAddress,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Payments).await?;
    let Query(BankStatementQuery { channel, dry_run }) = query?;
    let bank = app.channels.bank.get(&channel).cloned().ok_or_else(|| {
        Problem::malformed("channel", "is no bank of the configuration: [channels.bank.NAME]")
    })?;
    if !bank.allow.is_empty() && !allows(&bank.allow, address) {
        return Err(Problem::malformed("channel", "may not be used from this address"));
    }
    let mut origin = origin(caller, &call.headers)?;
    origin.channel = bank.name;
    let now = jiff::Timestamp::from_microsecond(app.shard.now().0);
    let today = now.map_err(|_| Problem::internal())?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (bytes, reading) = (call.bytes().clone(), bank.clone());
    let prepared = tokio::task::spawn_blocking(move || reading.prepare(&bytes, today));
    let prepared = prepared.await.map_err(|_| Problem::internal())?;
    let prepared = prepared.map_err(|error| Problem::malformed_body(error.to_string()))?;
    let origin = (!dry_run).then_some(origin);
    let others = app.shards.are_many().then_some(&app);
    let books = bank::Books { shard: &app.shard, readers: &app.readers, others };
    let import = bank::import(books, &bank, prepared, origin).await;
    let import = import.map_err(|_| Problem::unavailable())?;
    Ok(Json(BankImportView::new(&channel, &import, dry_run)).into_response())
}
