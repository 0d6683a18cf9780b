//! A statement as JSON.

use engine::{Entry, Posting, ReservationId, SumDecimals};
use pages::Language;
use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::{Line, Statement, session_serial, view};
use crate::config::Provider;
use crate::http::entry_view::ConversionView;
use crate::http::wire::{self, WireLimit, WireMoney};

/// What moved on an account in a period.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementView {
    pub provider: ProviderView,
    #[schema(example = "cus_12")]
    pub customer: String,
    pub customer_name: String,
    #[schema(example = "acc_34")]
    pub account: String,
    pub account_number: String,
    pub account_name: String,
    pub currency: String,
    #[schema(example = "en")]
    pub language: &'static str,
    /// The first moment that is in.
    pub from: String,
    /// The first moment that is not in, or this moment where the period ends now.
    pub to: String,
    /// Days begin by its clocks.
    pub time_zone: String,
    pub as_of: String,
    pub opening_balance: WireMoney,
    pub closing_balance: WireMoney,
    /// Opening balance + what came in - what went out = closing balance.
    pub sums: Vec<SumView>,
    /// How the account stands, where the period ends now.
    pub now: Option<StandingView>,
    /// Oldest first.
    pub lines: Vec<LineView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderView {
    pub name: String,
    pub address: Vec<String>,
    pub contact: Vec<String>,
}

/// What the entries of one kind come to, in the account's currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumView {
    #[schema(example = "payment")]
    pub kind: &'static str,
    pub entries: usize,
    #[schema(example = "12.50")]
    pub money_in: String,
    #[schema(example = "0.00")]
    pub money_out: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    pub held: WireMoney,
    pub credit: WireLimit,
    pub available: WireLimit,
}

/// An entry, or a session with all its settlements in the period.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    /// Of a session, the last settlement's.
    pub position: u64,
    pub at: String,
    #[schema(example = "payment")]
    pub kind: &'static str,
    /// What happened, in plain words of the statement's language.
    pub description: String,
    /// A source, a service or a reason.
    pub name: Option<String>,
    pub reference: Option<String>,
    pub note: Option<String>,
    /// The number of the account on the other side of a transfer.
    pub other_account: Option<String>,
    pub reservation: Option<String>,
    pub session: Option<String>,
    pub conversion: Option<ConversionView>,
    #[schema(example = "-1.20")]
    pub amount: String,
    /// After this line and those above it.
    #[schema(example = "18.80")]
    pub balance: String,
    /// What a session's line is made of, oldest first.
    pub parts: Option<Vec<PartView>>,
}

/// One entry of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    pub position: u64,
    pub at: String,
    #[schema(example = "settled")]
    pub kind: &'static str,
    pub amount: String,
    /// The account's balance after the entry, as the journal has it.
    pub balance: String,
}

impl StatementView {
    pub fn new(statement: &Statement, provider: &Provider, language: Language) -> Self {
        let Statement { account, record, customer, period, .. } = statement;
        let (currency, exponent) = (account.currency, account.exponent);
        let money = |it| WireMoney::balance(it, currency, exponent);
        let shown = view::letterhead(provider);
        let sum = |it: &super::Sum| SumView {
            kind: it.kind,
            entries: it.entries,
            money_in: decimals(it.money_in, exponent),
            money_out: decimals(it.money_out, exponent),
        };
        Self {
            provider: ProviderView {
                name: shown.name,
                address: shown.address,
                contact: shown.contact,
            },
            customer: wire::customer_id(account.customer),
            customer_name: customer.fields.name.clone(),
            account: wire::account_id(account.id),
            account_number: record.number.clone(),
            account_name: record.name.clone(),
            currency: currency.to_string(),
            language: language.tag(),
            from: wire::time(period.from),
            to: wire::time(period.to),
            time_zone: view::zone_name(&period.time_zone),
            as_of: wire::time(statement.as_of),
            opening_balance: money(statement.opening),
            closing_balance: money(statement.closing),
            sums: statement.sums.iter().map(sum).collect(),
            now: period.until_now.then(|| StandingView {
                held: WireMoney::amount(account.held, currency, exponent),
                credit: WireLimit::limit(account.credit(), currency, exponent),
                available: WireLimit::available(account.available(), currency, exponent),
            }),
            lines: statement.lines.iter().map(|it| line(statement, it, language)).collect(),
        }
    }
}

fn line(statement: &Statement, line: &Line, language: Language) -> LineView {
    let (last, shown) = (line.last(), view::line(statement, line, language));
    let exponent = statement.account.exponent;
    let reservation = session_serial(&last.fact).map(|serial| {
        wire::reservation_id(ReservationId { account: statement.account.id, serial })
    });
    let is_session = reservation.is_some();
    let many = line.entries.len() > 1;
    let name = match is_session {
        true => line.entries.iter().find_map(view::name),
        false => view::name(last),
    };
    let parts = many.then(|| line.entries.iter().filter_map(|it| part(it, exponent)).collect());
    LineView {
        position: last.position.0,
        at: wire::time(last.at),
        kind: line.kind(),
        description: shown.title(language),
        name,
        reference: shown.reference.filter(|_| !is_session),
        note: shown.note,
        other_account: shown.other_account,
        reservation,
        session: line.session.as_deref().map(Into::into),
        conversion: last.fact.conversion().map(ConversionView::new),
        amount: decimals(line.amount, exponent),
        balance: decimals(line.balance, exponent),
        parts,
    }
}

fn part(entry: &Entry, exponent: u8) -> Option<PartView> {
    let Posting { amount, balance, .. } = entry.posting?;
    Some(PartView {
        position: entry.position.0,
        at: wire::time(entry.at),
        kind: entry.fact.kind(),
        amount: amount.display(exponent).to_string(),
        balance: balance.display(exponent).to_string(),
    })
}

fn decimals(units: i128, exponent: u8) -> String {
    SumDecimals { units, exponent }.to_string()
}
