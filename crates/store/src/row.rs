//! An entry as columns of the journal, and back: the same columns and the same checksum on every
//! engine.

use std::sync::Arc;

use engine::{
    AccountId, Amount, Balance, Contra, CreditEnd, Currency, CustomerId, Entry, Fact, Grant, Limit,
    Name, Next, Origin, Position, Posting, Timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::StoreError;

/// The columns in the order of every statement that reads or writes entries.
pub const COLUMNS: &str = "position, at, customer, account, prev, kind, amount, currency, \
     exponent, balance, held, credit, contra, actor, channel, reason, reservation, request, \
     granted, until, detail, subscription, version, since";

/// How many there are.
pub const COUNT: usize = 24;

/// [`COLUMNS`] of a table by this name.
pub fn columns_of(table: &str) -> String {
    of(table, COLUMNS)
}

/// Some columns of a table by this name.
pub fn of(table: &str, columns: &str) -> String {
    let columns: Vec<&str> = columns.split(',').map(str::trim).collect();
    format!("{table}.{}", columns.join(&format!(", {table}.")))
}

/// Which of [`COLUMNS`] are text; the others are integers.
pub const fn is_text(column: usize) -> bool {
    matches!(column, 5 | 7 | 12 | 13 | 14 | 15 | 20)
}

/// Takes the columns of an entry, one after the other.
pub trait Sink {
    type Error;
    fn integer(&mut self, value: Option<i64>) -> Result<(), Self::Error>;
    fn text(&mut self, value: Option<&str>) -> Result<(), Self::Error>;
}

/// A row of [`COLUMNS`].
pub trait Columns {
    fn integer(&self, column: usize) -> Result<Option<i64>, String>;
    fn text(&self, column: usize) -> Result<Option<&str>, String>;
}

/// Writes an entry as [`COLUMNS`].
pub fn write_entry<S: Sink>(entry: &Entry, sink: &mut S) -> Result<(), S::Error> {
    let columns = fact_columns(&entry.fact);
    let mut contra = String::new();
    let posting = entry.posting.as_ref();
    if let Some(posting) = posting {
        use std::fmt::Write;
        write!(contra, "{}", posting.contra).expect("writing to a string");
    }
    sink.integer(Some(entry.position.0 as i64))?;
    sink.integer(Some(entry.at.0))?;
    sink.integer(entry.customer.map(|it| it.0.into()))?;
    sink.integer(posting.map(|it| it.account.0.into()))?;
    sink.integer(posting.map(|it| it.prev.0 as i64))?;
    sink.text(Some(entry.fact.kind()))?;
    sink.integer(posting.map(|it| it.amount.units()))?;
    sink.text(posting.map(|it| it.currency.code()))?;
    sink.integer(posting.map(|it| it.exponent.into()))?;
    sink.integer(posting.map(|it| it.balance.units()))?;
    sink.integer(posting.map(|it| it.held.units()))?;
    sink.integer(posting.and_then(|it| match it.credit {
        Limit::Limited(amount) => Some(amount.units()),
        Limit::Unlimited => None,
    }))?;
    sink.text((!contra.is_empty()).then_some(contra.as_str()))?;
    sink.text(Some(entry.origin.actor.as_str()))?;
    sink.text(Some(entry.origin.channel.as_str()))?;
    sink.text(entry.origin.reason.as_deref())?;
    sink.integer(columns.reservation.map(i64::from))?;
    sink.integer(columns.request.map(i64::from))?;
    sink.integer(columns.granted.map(|it| it.units()))?;
    sink.integer(columns.until.map(|it| it.0))?;
    sink.text(columns.detail.as_deref())?;
    sink.integer(columns.subscription.map(i64::from))?;
    sink.integer(columns.version.map(i64::from))?;
    sink.integer(columns.since.map(|it| it.0))
}

/// What an entry's fact adds to the columns that every entry has.
#[derive(Debug, Default)]
struct FactColumns {
    reservation: Option<u32>,
    request: Option<u32>,
    granted: Option<Amount>,
    until: Option<Timestamp>,
    detail: Option<String>,
    subscription: Option<u32>,
    version: Option<u32>,
    since: Option<Timestamp>,
}

#[derive(Serialize, Deserialize, Default)]
struct CreditDetail {
    credit: u32,
    amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<CreditEnd>,
}

#[derive(Serialize, Deserialize)]
struct ThresholdDetail {
    threshold: Balance,
}

#[derive(Serialize, Deserialize)]
struct BillDetail {
    due_at: Timestamp,
    owed: Amount,
}

#[derive(Serialize, Deserialize)]
struct LimitDetail {
    limit: Amount,
}

fn credit_detail(
    credit: u32,
    amount: Amount,
    until: Option<Timestamp>,
    end: Option<CreditEnd>,
) -> String {
    json(&CreditDetail { credit, amount, until, notice_at: None, end })
}

fn fact_columns(fact: &Fact) -> FactColumns {
    let maybe = |detail| FactColumns { detail, ..FactColumns::default() };
    let only = |detail: String| maybe(Some(detail));
    match fact {
        Fact::AccountClosed | Fact::PaymentsLocked(_) => FactColumns::default(),
        Fact::CustomerCreated(it) | Fact::CustomerUpdated(it) => only(json(it)),
        Fact::AccountOpened(it) => only(json(it)),
        Fact::AccountRenamed(it) => only(json(it)),
        Fact::Payment(it) => only(json(it)),
        Fact::PaymentUnallocated(it) => only(json(it)),
        Fact::PaymentAllocated(it) => only(json(it)),
        Fact::PaymentReturned(it) => only(json(it)),
        Fact::PaymentForwarded(it) => only(json(it)),
        Fact::PaymentCancelled(it) | Fact::PaymentChargedBack(it) => only(json(it)),
        Fact::RefundRequested(it) => only(json(it)),
        Fact::RefundRejected(it) => only(json(it)),
        Fact::Refunded(it) => only(json(it)),
        Fact::OpeningBalance(it) => only(json(it)),
        Fact::Adjustment(it) | Fact::WrittenOff(it) | Fact::WriteOffRecovered(it) => {
            maybe(it.as_ref().map(json))
        }
        Fact::PromisePolicySet(it) => only(json(it)),
        Fact::PromiseGranted(it) => only(json(it)),
        Fact::PromiseEnded(it) => only(json(it)),
        Fact::PlanSet(it) => only(json(it)),
        Fact::AlertsSet(it) => only(json(it)),
        &Fact::BalanceLow { threshold } => only(json(&ThresholdDetail { threshold })),
        &Fact::ReceivableOverLimit { limit } => only(json(&LimitDetail { limit })),
        Fact::Charge(it) => maybe(it.as_ref().map(json)),
        Fact::TransferOut(it) | Fact::TransferIn(it) => only(json(it)),
        Fact::CreditLimitSet(it) => only(json(it)),
        Fact::CreditCeilingSet(it) => only(json(it)),
        &Fact::CreditGranted { serial, amount, until, notice_at } => {
            let until = Some(until);
            only(json(&CreditDetail { credit: serial, amount, until, notice_at, end: None }))
        }
        &Fact::CreditEnding { serial, amount, until } => {
            only(credit_detail(serial, amount, Some(until), None))
        }
        &Fact::CreditEnded { serial, amount, end } => {
            only(credit_detail(serial, amount, None, Some(end)))
        }
        Fact::Authorised { serial, request, grant, session } => FactColumns {
            granted: Some(grant.amount),
            until: Some(grant.expires_at),
            ..session_columns(*serial, *request, Some(json(session)))
        },
        Fact::Settled { serial, request, next, extra } => {
            let (granted, until) = match *next {
                Next::Kept { held } => (Some(held), None),
                Next::Granted(grant) => (Some(grant.amount), Some(grant.expires_at)),
                Next::Refused => (None, None),
                Next::Final { forget_at } => (None, Some(forget_at)),
            };
            let columns = session_columns(*serial, *request, extra.as_ref().map(json));
            FactColumns { granted, until, ..columns }
        }
        &Fact::Released { serial, request, forget_at } => {
            FactColumns { until: Some(forget_at), ..session_columns(serial, request, None) }
        }
        &Fact::ReservationExpired { serial, forget_at } => {
            FactColumns { until: Some(forget_at), ..session_columns(serial, 0, None) }
        }
        Fact::Refused { serial, request, refused } => {
            session_columns(*serial, *request, Some(json(refused)))
        }
        Fact::ExchangeRatesAdded(it) => only(json(it)),
        fact => service_columns(fact),
    }
}

/// Services, subscriptions, periods and switching.
fn service_columns(fact: &Fact) -> FactColumns {
    let subscription = fact.subscription();
    let of = |detail: Option<String>| FactColumns { subscription, detail, ..Default::default() };
    match fact {
        Fact::ServiceSet(it) => of(Some(json(it))),
        Fact::SubscriptionOpened { fact, .. } => of(Some(json(fact))),
        Fact::SubscriptionChanged { change, .. } => of(Some(json(change))),
        Fact::SubscriptionSuspended { suspension, .. } => of(Some(json(suspension))),
        Fact::SubscriptionResumed { .. } => of(None),
        Fact::SubscriptionClosed { closing, .. } => of(Some(json(closing))),
        Fact::PlanChanged { change, .. } => of(Some(json(change))),
        Fact::Purchased(it) => of(Some(json(it))),
        &Fact::PeriodStarted { version, from, until, ref extra, .. } => FactColumns {
            version: Some(version),
            since: Some(from),
            until: Some(until),
            ..of(extra.as_ref().map(json))
        },
        Fact::PeriodEnded { extra, .. } => of(extra.as_ref().map(json)),
        Fact::PeriodCredited { credit, .. } => of(Some(json(credit))),
        &Fact::BillOverdue { due_at, owed } => of(Some(json(&BillDetail { due_at, owed }))),
        Fact::Switched(it) => of(Some(json(it))),
        _ => unreachable!("every other fact has its columns above"),
    }
}

fn session_columns(serial: u32, request: u32, detail: Option<String>) -> FactColumns {
    FactColumns {
        reservation: Some(serial),
        request: Some(request),
        detail,
        ..FactColumns::default()
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("facts are plain structs and always serialise")
}

/// Reads an entry from a row of [`COLUMNS`].
pub fn read_entry<R: Columns>(row: &R) -> Result<Entry, StoreError> {
    let position = get::<i64, R>(row, 0);
    let position = position.map_err(|why| StoreError::damaged("the journal", why))?;
    decode(row, position)
        .map_err(|why| StoreError::damaged(format!("journal position {position}"), why))
}

fn decode<R: Columns>(row: &R, position: i64) -> Result<Entry, String> {
    let kind = text(row, 5)?.ok_or("kind is empty")?;
    let account: Option<u32> = maybe(row, 3)?;
    let customer: Option<u32> = maybe(row, 2)?;
    let posting = match account {
        Some(account) => Some(posting(row, AccountId(account))?),
        None => None,
    };
    let origin = Origin {
        actor: name(row, 13)?,
        channel: name(row, 14)?,
        reason: text(row, 15)?.map(Arc::from),
    };
    Ok(Entry {
        position: Position(u64::try_from(position).map_err(|_| "it is negative")?),
        at: Timestamp(get(row, 1)?),
        origin,
        customer: customer.map(CustomerId),
        posting,
        fact: fact(row, kind)?,
    })
}

fn posting<R: Columns>(row: &R, account: AccountId) -> Result<Posting, String> {
    let balance = |it: i64| Balance::from_units(it).ok_or("a figure is out of range");
    let code = text(row, 7)?.ok_or("currency is empty")?;
    let credit = match maybe(row, 11)? {
        Some(units) => Limit::Limited(Amount::from_units(units).ok_or("credit is out of range")?),
        None => Limit::Unlimited,
    };
    Ok(Posting {
        account,
        exponent: get(row, 8)?,
        currency: Currency::from_code(code).ok_or_else(|| format!("unknown currency {code:?}"))?,
        prev: Position(u64::try_from(get::<i64, R>(row, 4)?).map_err(|_| "prev is negative")?),
        amount: balance(get(row, 6)?)?,
        balance: balance(get(row, 9)?)?,
        held: Amount::from_units(get(row, 10)?).ok_or("held is out of range")?,
        credit,
        contra: text(row, 12)?.unwrap_or_default().parse::<Contra>()?,
    })
}

fn fact<R: Columns>(row: &R, kind: &str) -> Result<Fact, String> {
    let serial = || get::<u32, R>(row, 16);
    let request = || get::<u32, R>(row, 17);
    let granted = || optional_amount(row, 18);
    let until = || maybe(row, 19).map(|it| it.map(Timestamp));
    let forget_at = || until()?.ok_or_else(|| "until is empty".to_owned());
    Ok(match kind {
        "customer_created" => Fact::CustomerCreated(detail(row)?),
        "customer_updated" => Fact::CustomerUpdated(detail(row)?),
        "account_opened" => Fact::AccountOpened(detail(row)?),
        "account_renamed" => Fact::AccountRenamed(detail(row)?),
        "account_closed" => Fact::AccountClosed,
        "payment" => Fact::Payment(detail(row)?),
        "charge" => Fact::Charge(optional_detail(row)?),
        "adjustment" => Fact::Adjustment(optional_detail(row)?),
        "transfer_out" => Fact::TransferOut(detail(row)?),
        "transfer_in" => Fact::TransferIn(detail(row)?),
        "credit_limit_set" => Fact::CreditLimitSet(detail(row)?),
        "credit_ceiling_set" => Fact::CreditCeilingSet(detail(row)?),
        "credit_granted" => {
            let CreditDetail { credit, amount, until, notice_at, .. } = detail(row)?;
            let until = until.ok_or("detail.until is missing")?;
            Fact::CreditGranted { serial: credit, amount, until, notice_at }
        }
        "credit_ending" => {
            let CreditDetail { credit, amount, until, .. } = detail(row)?;
            let until = until.ok_or("detail.until is missing")?;
            Fact::CreditEnding { serial: credit, amount, until }
        }
        "credit_ended" => {
            let CreditDetail { credit, amount, end, .. } = detail(row)?;
            Fact::CreditEnded { serial: credit, amount, end: end.ok_or("detail.end is missing")? }
        }
        "authorised" => {
            let amount = granted()?.ok_or("granted is empty")?;
            let grant = Grant { amount, expires_at: forget_at()? };
            Fact::Authorised {
                serial: serial()?,
                request: request()?,
                grant,
                session: detail(row)?,
            }
        }
        "settled" | "settled_final" => {
            let next = match (granted()?, until()?) {
                (None, Some(forget_at)) if kind == "settled_final" => Next::Final { forget_at },
                (Some(amount), Some(expires_at)) => Next::Granted(Grant { amount, expires_at }),
                (Some(held), None) => Next::Kept { held },
                (None, None) => Next::Refused,
                (None, Some(_)) => return Err("a grant without its amount".into()),
            };
            let extra = optional_detail(row)?;
            Fact::Settled { serial: serial()?, request: request()?, next, extra }
        }
        "released" => {
            Fact::Released { serial: serial()?, request: request()?, forget_at: forget_at()? }
        }
        "reservation_expired" => {
            Fact::ReservationExpired { serial: serial()?, forget_at: forget_at()? }
        }
        "refused" => {
            Fact::Refused { serial: serial()?, request: request()?, refused: detail(row)? }
        }
        "exchange_rates_added" => Fact::ExchangeRatesAdded(detail(row)?),
        other => finance_fact(row, other)?,
    })
}

/// Payments that wait or go back, debts, plans, alerts and promised payments.
fn finance_fact<R: Columns>(row: &R, kind: &str) -> Result<Fact, String> {
    Ok(match kind {
        "payment_unallocated" => Fact::PaymentUnallocated(detail(row)?),
        "payment_allocated" => Fact::PaymentAllocated(detail(row)?),
        "payment_returned" => Fact::PaymentReturned(detail(row)?),
        "payment_forwarded" => Fact::PaymentForwarded(detail(row)?),
        "payment_cancelled" => Fact::PaymentCancelled(detail(row)?),
        "payment_charged_back" => Fact::PaymentChargedBack(detail(row)?),
        "refund_requested" => Fact::RefundRequested(detail(row)?),
        "refund_rejected" => Fact::RefundRejected(detail(row)?),
        "refunded" => Fact::Refunded(detail(row)?),
        "payments_locked" => Fact::PaymentsLocked(true),
        "payments_unlocked" => Fact::PaymentsLocked(false),
        "opening_balance" => Fact::OpeningBalance(detail(row)?),
        "written_off" => Fact::WrittenOff(optional_detail(row)?),
        "write_off_recovered" => Fact::WriteOffRecovered(optional_detail(row)?),
        "promise_policy_set" => Fact::PromisePolicySet(detail(row)?),
        "promise_granted" => Fact::PromiseGranted(detail(row)?),
        "promise_ended" => Fact::PromiseEnded(detail(row)?),
        "plan_set" => Fact::PlanSet(detail(row)?),
        "alerts_set" => Fact::AlertsSet(detail(row)?),
        "balance_low" => {
            Fact::BalanceLow { threshold: detail::<ThresholdDetail, R>(row)?.threshold }
        }
        "receivable_over_limit" => {
            Fact::ReceivableOverLimit { limit: detail::<LimitDetail, R>(row)?.limit }
        }
        other => service_fact(row, other)?,
    })
}

/// Services, subscriptions, periods and switching.
fn service_fact<R: Columns>(row: &R, kind: &str) -> Result<Fact, String> {
    let subscription = || get::<u32, R>(row, 21);
    let moment = |column| get(row, column).map(Timestamp);
    Ok(match kind {
        "service_set" => Fact::ServiceSet(detail(row)?),
        "subscription_opened" => {
            Fact::SubscriptionOpened { subscription: subscription()?, fact: detail(row)? }
        }
        "subscription_changed" => {
            Fact::SubscriptionChanged { subscription: subscription()?, change: detail(row)? }
        }
        "subscription_suspended" => {
            Fact::SubscriptionSuspended { subscription: subscription()?, suspension: detail(row)? }
        }
        "subscription_resumed" => Fact::SubscriptionResumed { subscription: subscription()? },
        "subscription_closed" => {
            Fact::SubscriptionClosed { subscription: subscription()?, closing: detail(row)? }
        }
        "plan_changed" => Fact::PlanChanged { subscription: subscription()?, change: detail(row)? },
        "purchased" => Fact::Purchased(detail(row)?),
        "period_started" => Fact::PeriodStarted {
            subscription: subscription()?,
            version: get(row, 22)?,
            from: moment(23)?,
            until: moment(19)?,
            extra: optional_detail(row)?,
        },
        "period_ended" => {
            Fact::PeriodEnded { subscription: subscription()?, extra: optional_detail(row)? }
        }
        "period_credited" => {
            Fact::PeriodCredited { subscription: subscription()?, credit: detail(row)? }
        }
        "bill_overdue" => {
            let BillDetail { due_at, owed } = detail(row)?;
            Fact::BillOverdue { due_at, owed }
        }
        "switched" => Fact::Switched(detail(row)?),
        other => {
            return Err(format!("unknown kind {other:?}: written by a newer version?"));
        }
    })
}

fn get<T: TryFrom<i64>, R: Columns>(row: &R, column: usize) -> Result<T, String> {
    maybe(row, column)?.ok_or_else(|| format!("column {column} is empty"))
}

fn maybe<T: TryFrom<i64>, R: Columns>(row: &R, column: usize) -> Result<Option<T>, String> {
    let narrow = |it| T::try_from(it).map_err(|_| format!("column {column}: {it} is out of range"));
    row.integer(column)?.map(narrow).transpose()
}

fn text<R: Columns>(row: &R, column: usize) -> Result<Option<&str>, String> {
    row.text(column)
}

fn name<R: Columns>(row: &R, column: usize) -> Result<Name, String> {
    let text = text(row, column)?.unwrap_or_default();
    Name::new(text).map_err(|error| format!("{text:?} {error}"))
}

fn optional_amount<R: Columns>(row: &R, column: usize) -> Result<Option<Amount>, String> {
    let units: Option<i64> = maybe(row, column)?;
    units.map(|it| Amount::from_units(it).ok_or("an amount is out of range".into())).transpose()
}

fn detail<T: DeserializeOwned, R: Columns>(row: &R) -> Result<T, String> {
    optional_detail(row)?.ok_or_else(|| "detail is empty".into())
}

fn optional_detail<T: DeserializeOwned, R: Columns>(row: &R) -> Result<Option<T>, String> {
    let parse = |it| serde_json::from_str(it).map_err(|error| format!("detail: {error}"));
    text(row, 20)?.map(parse).transpose()
}
