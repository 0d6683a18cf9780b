//! `/channels/kiosk/{channel}/registry`: a day's payments, and theirs laid beside them.

use std::collections::{BTreeMap, VecDeque};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use engine::{Amount, Currency, Fact, Name, Position, ShardId, SumDecimals, Timestamp};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_with::skip_serializing_none;
use store::{Reader, StoreError};
use utoipa::ToSchema;

use super::{kiosk, payments};
use crate::channels::access::ClientAddress;
use crate::channels::registry::{Day, read_theirs};
use crate::channels::{Kiosk, Terms};
use crate::http::app::App;
use crate::http::body;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire::{self, WireMoney};

/// Payments that are read at once.
const SLICE: usize = 500;

/// Discrepancies of one kind that are listed; all are counted.
const LISTED_MAX: usize = 1_000;

/// A payment of ours on the day.
struct Ours {
    txn_id: String,
    payment: Position,
    paid_at: Timestamp,
    number: String,
    sum: Amount,
    is_cancelled: bool,
}

/// The way through a channel's payments of one day, a slice at a time, in one shard after the
/// other.
#[derive(Clone)]
struct Walk {
    source: Name,
    currency: Currency,
    day: Day,
    /// Shards that are not done yet.
    shards: VecDeque<ShardId>,
    /// How far it has come in the first of them, and up to where it goes there.
    place: Option<(Position, Position)>,
}

impl Walk {
    fn begin(app: &App, (source, currency): (Name, Currency), day: Day) -> Self {
        Self { source, currency, day, shards: app.shards.all().collect(), place: None }
    }

    /// The next payments of the day; none at the end. A slice may be empty before it.
    async fn next(&mut self, app: &App) -> Result<Option<Vec<Ours>>, StoreError> {
        while let Some(shard) = self.shards.front().copied() {
            let mut walk = self.clone();
            let read = move |it: &dyn Reader| Ok(Some((walk.slice(it)?, walk)));
            let Some((slice, walk)) = app.shards.read(shard, read).await? else { return Ok(None) };
            *self = walk;
            if slice.is_some() {
                return Ok(slice);
            }
            self.shards.pop_front();
            self.place = None;
        }
        Ok(None)
    }

    /// The next payments in a shard.
    fn slice(&mut self, reader: &dyn Reader) -> Result<Option<Vec<Ours>>, StoreError> {
        let (after, until) = match self.place {
            Some(place) => place,
            None => {
                let (after, until) = self.day.arrivals();
                (reader.position_at(after)?, reader.position_at(until)?)
            }
        };
        let records = reader.payments_of(self.source.as_str(), after, until, SLICE)?;
        let Some(last) = records.last() else {
            return Ok(None);
        };
        self.place = Some((last.position, until));
        let mut ours = Vec::with_capacity(records.len());
        for record in records {
            let place = || format!("journal position {}", record.position.0);
            let entry = reader.entry(record.position)?;
            let entry = entry.ok_or_else(|| StoreError::damaged(place(), "it is missing"))?;
            let paid_at = payments::paid_at(&entry);
            // What came under this name in another currency did not come through the channel.
            let money = payments::paid_money(&entry).filter(|it| it.currency == self.currency);
            let Some(money) = money.filter(|_| self.day.has(entry.at, paid_at)) else { continue };
            let (reference, named) = match &entry.fact {
                Fact::PaymentUnallocated(fact) => (&fact.reference, fact.named.as_deref()),
                Fact::Payment(fact) => (&fact.reference, None),
                _ => return Err(StoreError::damaged(place(), "it is no payment")),
            };
            let account = match record.account {
                Some(account) => reader.account(account)?.map(|it| it.number),
                None => None,
            };
            ours.push(Ours {
                txn_id: reference.to_string(),
                payment: record.position,
                paid_at: paid_at.unwrap_or(entry.at),
                // As the payer gave it, while no account has the payment.
                number: account.or(named.map(str::to_owned)).unwrap_or_default(),
                sum: money.amount,
                is_cancelled: record.taken_back_by.is_some(),
            });
        }
        Ok(Some(ours))
    }
}

/// The payments of a day on the channel's clocks, as CSV, with their number and sum at the end.
///
/// Cancelled ones are marked, and neither counted nor summed up.
#[utoipa::path(get, path = "/channels/kiosk/{channel}/registry", tag = "channels", security(()),
    params(("channel" = String, Path, example = "osmp"),
        ("date" = String, Query, example = "2026-11-02")),
    responses((status = 200, content_type = "text/csv", body = String),
        (status = 403, body = Problem)))]
pub async fn get_registry(
    State(app): State<App>,
    Path(channel): Path<String>,
    client: ClientAddress,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (kiosk, day) = enter(&app, &channel, client, &headers, query)?;
    let of = (kiosk.channel.name, kiosk.channel.terms.currency);
    let walk = Walk::begin(&app, of, day);
    let terms = kiosk.channel.terms.clone();
    let sheet = Sheet { app: app.clone(), walk, terms, count: 0, total: 0, stage: Stage::Heading };
    let stream = futures_util::stream::unfold(sheet, |mut sheet| async {
        let bytes = sheet.next().await?;
        Some((bytes, sheet))
    });
    let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((kind, Body::from_stream(stream)).into_response())
}

fn enter<'a>(
    app: &'a App,
    channel: &str,
    client: ClientAddress,
    headers: &HeaderMap,
    query: Option<String>,
) -> Result<(&'a Kiosk, Day), Problem> {
    let query = query.unwrap_or_default();
    let entered = kiosk::enter(app, channel, client, headers, &query);
    let (kiosk, parameters) = entered.map_err(|no| Problem::denied(no.why))?;
    let date = parameters.get("date").map_err(|why| Problem::malformed("date", why))?;
    let date = date.ok_or_else(|| Problem::malformed("date", "is missing"))?;
    let day = date.parse().ok().and_then(|it| Day::new(it, &kiosk.channel.terms.zone));
    let day = day.ok_or_else(|| Problem::malformed("date", "is not a day such as 2026-11-02"))?;
    Ok((kiosk, day))
}

/// A registry that is being written.
struct Sheet {
    app: App,
    walk: Walk,
    terms: Terms,
    count: u64,
    total: i128,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Heading,
    Payments,
    Done,
}

impl Sheet {
    /// The next piece; an error breaks the answer off, so that nobody takes it for whole.
    async fn next(&mut self) -> Option<Result<Bytes, StoreError>> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        match self.stage {
            Stage::Done => return None,
            Stage::Heading => {
                write(&mut lines, &["txn_id", "prv_txn", "date", "account", "sum", "cancelled"]);
                self.stage = Stage::Payments;
            }
            Stage::Payments => match self.walk.next(&self.app).await {
                Err(error) => {
                    tracing::error!(%error, "a registry was broken off");
                    self.stage = Stage::Done;
                    return Some(Err(error));
                }
                Ok(None) => {
                    let exponent = self.terms.currency.exponent();
                    let total = SumDecimals { units: self.total, exponent }.to_string();
                    let count = self.count.to_string();
                    write(&mut lines, &["Total:", &count, "", "", &total, ""]);
                    self.stage = Stage::Done;
                }
                Ok(Some(payments)) => {
                    payments.iter().for_each(|it| self.line(&mut lines, it));
                }
            },
        }
        let bytes = lines.into_inner().expect("memory takes everything that is written to it");
        Some(Ok(bytes.into()))
    }

    fn line(&mut self, lines: &mut csv::Writer<Vec<u8>>, payment: &Ours) {
        if !payment.is_cancelled {
            self.count += 1;
            self.total += i128::from(payment.sum.units());
        }
        write(
            lines,
            &[
                &payment.txn_id,
                &payment.payment.0.to_string(),
                &local(payment.paid_at, &self.terms.zone),
                &payment.number,
                &payment.sum.display(self.terms.currency.exponent()).to_string(),
                if payment.is_cancelled { "yes" } else { "" },
            ],
        );
    }
}

fn write(lines: &mut csv::Writer<Vec<u8>>, fields: &[&str]) {
    lines.write_record(fields).expect("memory takes everything that is written to it");
}

/// A moment on the channel's clocks.
fn local(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// What the two sides hold of a day, and where they differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reconciliation {
    #[schema(example = "2026-11-02")]
    pub date: String,
    pub here: DayTotal,
    pub there: DayTotal,
    /// In their registry, and no payment of ours on that day.
    pub missing_here: Discrepancies,
    /// Payments of ours that are not in their registry.
    pub missing_there: Discrepancies,
    pub sums_differ: Discrepancies,
    /// In their registry, and cancelled here.
    pub cancelled_here: Discrepancies,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DayTotal {
    pub count: u64,
    #[schema(example = "1250.00")]
    pub sum: String,
}

/// Discrepancies of one kind: how many there are, and the first thousand.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Discrepancies {
    pub count: u64,
    pub listed: Vec<Discrepancy>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct Discrepancy {
    pub txn_id: String,
    #[schema(example = "pay_56")]
    pub payment: Option<String>,
    /// The account's number.
    pub account: Option<String>,
    pub here: Option<WireMoney>,
    pub there: Option<WireMoney>,
}

impl Discrepancies {
    fn add(&mut self, discrepancy: impl FnOnce() -> Discrepancy) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(discrepancy());
        }
    }
}

/// Lays the payment system's own registry beside ours, and says where they differ.
///
/// Nothing is changed by it.
#[utoipa::path(post, path = "/channels/kiosk/{channel}/registry", tag = "channels", security(()),
    params(("channel" = String, Path, example = "osmp"),
        ("date" = String, Query, example = "2026-11-02")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Reconciliation), (status = 400, body = Problem),
        (status = 403, body = Problem)))]
pub async fn compare_registry(
    State(app): State<App>,
    Path(channel): Path<String>,
    client: ClientAddress,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    file: Result<Bytes, BytesRejection>,
) -> Result<Json<Reconciliation>, Problem> {
    let (kiosk, day) = enter(&app, &channel, client, &headers, query)?;
    let file = body::bytes(file, app.options.body_bytes_max)?;
    let terms = kiosk.channel.terms.clone();
    let theirs = read_theirs(&file, &terms)
        .map_err(|wrong| Problem::malformed(&format!("line {}", wrong.line), wrong.why))?;
    let of = (kiosk.channel.name, terms.currency);
    Ok(Json(compare(&app, Walk::begin(&app, of, day), theirs).await?))
}

async fn compare(
    app: &App,
    mut walk: Walk,
    mut theirs: BTreeMap<Box<str>, Amount>,
) -> Result<Reconciliation, StoreError> {
    let (currency, exponent) = (walk.currency, walk.currency.exponent());
    let money = |it: Amount| Some(WireMoney::amount(it, currency, exponent));
    let total = |count: u64, units: i128| DayTotal {
        count,
        sum: SumDecimals { units, exponent }.to_string(),
    };
    let their_sum = theirs.values().map(|it| i128::from(it.units())).sum();
    let there = total(theirs.len() as u64, their_sum);
    let (mut count, mut sum) = (0, 0);
    let mut missing_there = Discrepancies::default();
    let mut sums_differ = Discrepancies::default();
    let mut cancelled_here = Discrepancies::default();
    while let Some(payments) = walk.next(app).await? {
        for ours in payments {
            let named = theirs.remove(ours.txn_id.as_str());
            if !ours.is_cancelled {
                count += 1;
                sum += i128::from(ours.sum.units());
            }
            let kind = match named {
                Some(_) if ours.is_cancelled => &mut cancelled_here,
                Some(named) if named != ours.sum => &mut sums_differ,
                None if !ours.is_cancelled => &mut missing_there,
                Some(_) | None => continue,
            };
            kind.add(|| Discrepancy {
                txn_id: ours.txn_id,
                payment: Some(wire::payment_id(ours.payment)),
                account: Some(ours.number),
                here: money(ours.sum),
                there: named.and_then(money),
            });
        }
    }
    let mut missing_here = Discrepancies::default();
    for (txn_id, sum) in theirs {
        let (txn_id, there) = (txn_id.into_string(), money(sum));
        missing_here.add(|| Discrepancy {
            txn_id,
            payment: None,
            account: None,
            here: None,
            there,
        });
    }
    let date = walk.day.date.to_string();
    let here = total(count, sum);
    Ok(Reconciliation {
        date,
        here,
        there,
        missing_here,
        missing_there,
        sums_differ,
        cancelled_here,
    })
}
