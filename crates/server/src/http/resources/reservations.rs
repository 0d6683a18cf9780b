//! Settling and releasing what was authorised.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{
    Command, Entry, Fact, Next, Precision, ReservationId, Settle, SettleUse, SettlementFact, Then,
    UseGrant, Used,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::authorisations::{AuthorisationView, WireAsk, request_number, reused};
use super::charges::named_by_path;
use super::usage;
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::call::{Call, answer};
use crate::http::entry_view::services::{GrantedView, UsedView};
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::wire::{self, WireLimit, WireMoney};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlementRequest<'a> {
    /// In a batch only, where no path names the reservation.
    #[serde(borrow, default)]
    pub reservation: Option<Cow<'a, str>>,
    /// Money that was used since the last settlement; `0` is possible.
    #[serde(borrow, default)]
    #[schema(example = "0.42")]
    pub amount: Option<Cow<'a, str>>,
    /// What `amount` is in: has to be the account's.
    #[serde(borrow, default)]
    #[schema(example = "EUR")]
    pub currency: Option<Cow<'a, str>>,
    /// Units that were used since the last settlement, where units were granted.
    #[serde(default)]
    #[schema(example = 72)]
    pub used: Option<u64>,
    /// Units that were used since the session began, instead of `used`.
    #[serde(default)]
    pub total: Option<u64>,
    /// The session is over: the rest of the hold is given back.
    #[serde(default)]
    pub r#final: bool,
    /// Number of this request within the session: makes repeats harmless.
    #[serde(default)]
    #[schema(example = 2)]
    pub request: Option<u32>,
    /// The next grant, asked for in the same call; the rest of the old one is given back.
    #[serde(borrow, default)]
    pub next: Option<NextRequest<'a>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextRequest<'a> {
    #[serde(borrow, default)]
    #[schema(example = "1.50")]
    pub amount: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub minimum: Option<Cow<'a, str>>,
    /// Units, instead of `amount`.
    #[serde(default)]
    #[schema(example = 600)]
    pub quantity: Option<u64>,
    #[serde(default)]
    pub minimum_quantity: Option<u64>,
    #[serde(default)]
    pub expires_in: Option<u32>,
}

impl SettlementRequest<'_> {
    pub fn command(&self, app: &App, reservation: ReservationId) -> Result<Command, Problem> {
        let used = match (self.used, self.total) {
            (None, None) => return self.by_money(app, reservation).map(Command::Settle),
            (Some(used), None) => Used::More(usage::quantity("used", used)?),
            (None, Some(total)) => Used::Total(usage::quantity("total", total)?),
            (Some(_), Some(_)) => return Err(Problem::malformed("total", "stands beside used")),
        };
        let money = [("amount", self.amount.is_some()), ("currency", self.currency.is_some())];
        if let Some((field, _)) = money.iter().find(|it| it.1) {
            return Err(Problem::malformed(field, "stands beside units"));
        }
        let settle = SettleUse {
            reservation,
            request: request_number(self.request)?,
            used,
            then: usage::then(app, self.next.as_ref(), self.r#final)?,
        };
        Ok(Command::SettleUse(Box::new(settle)))
    }

    fn by_money(&self, app: &App, reservation: ReservationId) -> Result<Settle, Problem> {
        let missing = |field| Problem::malformed(field, "is missing");
        let amount = self.amount.as_deref().ok_or_else(|| missing("amount"))?;
        let currency = self.currency.as_deref().ok_or_else(|| missing("currency"))?;
        let used = wire::money_or_zero("amount", amount, currency, Precision::Fine)?;
        let then = match (&self.next, self.r#final) {
            (Some(_), true) => {
                let why = "has no place in a final settlement";
                return Err(Problem::malformed("next", why));
            }
            (None, true) => Then::End,
            (None, false) => Then::Keep,
            (Some(next), false) => {
                let units = [
                    ("next.quantity", next.quantity.is_some()),
                    ("next.minimum_quantity", next.minimum_quantity.is_some()),
                ];
                if let Some((field, _)) = units.iter().find(|it| it.1) {
                    let why = "is units, and the session is settled by money";
                    return Err(Problem::malformed(field, why));
                }
                let ask = WireAsk {
                    amount: next.amount.as_deref().ok_or_else(|| missing("next.amount"))?,
                    minimum: next.minimum.as_deref(),
                    expires_in: next.expires_in,
                };
                Then::Ask(ask.read(currency, app.shard.now(), &app.options)?)
            }
        };
        Ok(Settle {
            reservation,
            request: request_number(self.request)?,
            currency: used.currency,
            used: used.amount,
            then,
        })
    }
}

/// What was charged, and what the session may go on with.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct SettlementView {
    pub reservation: String,
    pub charged: WireMoney,
    /// What of it was beyond the hold.
    pub overrun: Option<WireMoney>,
    pub r#final: bool,
    /// Units, where units were reported.
    pub used: Option<UsedView>,
    /// What is still held for the session, when no next grant was asked for.
    pub held: Option<WireMoney>,
    /// The answer to `next`.
    pub next: Option<AuthorisationView>,
    pub balance: WireMoney,
    pub available: WireLimit,
    pub position: u64,
}

impl SettlementView {
    pub fn new(entry: &Entry) -> Option<Self> {
        let posting = entry.posting?;
        let money = |it| WireMoney::amount(it, posting.currency, posting.exponent);
        let available =
            WireLimit::available(posting.available(), posting.currency, posting.exponent);
        let (serial, next, extra) = match &entry.fact {
            Fact::Settled { serial, next, extra, .. } => (*serial, Some(*next), extra.as_deref()),
            Fact::Released { serial, .. } => (*serial, None, None),
            _ => return None,
        };
        let reservation = ReservationId { account: posting.account, serial };
        let next_view = match next {
            Some(Next::Granted(grant)) => Some(AuthorisationView {
                granted: true,
                reservation: Some(wire::reservation_id(reservation)),
                amount: Some(money(grant.amount)),
                quantity: grant_of(extra).map(GrantedView::new),
                expires_at: Some(wire::time(grant.expires_at)),
                refusal: None,
                available: None,
                position: None,
            }),
            Some(Next::Refused) => {
                let refusal = extra.and_then(|it| it.refusal.as_ref());
                Some(AuthorisationView::refused(Problem::refused(refusal?)))
            }
            _ => None,
        };
        Some(Self {
            reservation: wire::reservation_id(reservation),
            charged: money(posting.amount.magnitude()),
            overrun: entry.fact.overrun().map(money),
            used: extra.and_then(|it| it.used.as_ref()).map(UsedView::new),
            r#final: matches!(next, None | Some(Next::Final { .. })),
            held: match next {
                Some(Next::Kept { held }) => Some(money(held)),
                _ => None,
            },
            next: next_view,
            balance: WireMoney::balance(posting.balance, posting.currency, posting.exponent),
            available,
            position: entry.position.0,
        })
    }
}

/// The units of the next grant.
fn grant_of(extra: Option<&SettlementFact>) -> Option<UseGrant> {
    extra?.used.as_ref()?.grant.filter(|it| it.quantity > 0)
}

/// Charges what was used. Use beyond the hold has happened all the same: it is charged, even
/// into debt, and marked as overrun.
#[utoipa::path(post, path = "/v1/reservations/{reservation}/settle", tag = "use",
    params(("reservation" = String, Path, example = "res_1-1")),
    request_body = SettlementRequest,
    responses((status = 200, body = SettlementView), (status = 404, body = Problem)))]
pub async fn settle_reservation(
    State(app): State<App>,
    Path(reservation): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let reservation = wire::parse_reservation("reservation", &reservation)?;
    let body = call.json::<SettlementRequest>()?;
    named_by_path("reservation", body.reservation.as_deref())?;
    let command = body.command(&app, reservation)?;
    let asked = command.clone();
    let entries = app.submit(&call.writing(caller), command).await?;
    let entry = entries.first()?;
    if entries.is_repeat() {
        check_same(entry, &asked)?;
    }
    let view = SettlementView::new(entry).ok_or_else(Problem::internal)?;
    Ok(answer(StatusCode::OK, &entries, view))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    #[serde(default)]
    pub request: Option<u32>,
}

/// Gives a hold back; the session is over.
#[utoipa::path(post, path = "/v1/reservations/{reservation}/release", tag = "use",
    params(("reservation" = String, Path, example = "res_1-1")),
    request_body = ReleaseRequest,
    responses((status = 200, body = SettlementView), (status = 404, body = Problem)))]
pub async fn release_reservation(
    State(app): State<App>,
    Path(reservation): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let reservation = wire::parse_reservation("reservation", &reservation)?;
    let request = request_number(call.json::<ReleaseRequest>()?.request)?;
    let command = Command::Release { reservation, request };
    let entries = app.submit(&call.writing(caller), command).await?;
    let entry = entries.first()?;
    if !matches!(entry.fact, Fact::Released { .. }) {
        return Err(reused(request, "kind"));
    }
    let view = SettlementView::new(entry).ok_or_else(Problem::internal)?;
    Ok(answer(StatusCode::OK, &entries, view))
}

/// Refuses a request number that stood for something else, and names what differs.
pub fn check_same(entry: &Entry, asked: &Command) -> Result<(), Problem> {
    match asked {
        Command::Settle(asked) => check_same_money(entry, asked),
        Command::SettleUse(asked) => usage::check_same_settlement(entry, asked),
        _ => Ok(()),
    }
}

fn check_same_money(entry: &Entry, asked: &Settle) -> Result<(), Problem> {
    let (Some(posting), Fact::Settled { next, extra, .. }) = (entry.posting, &entry.fact) else {
        return Err(reused(asked.request, "kind"));
    };
    let requested = extra.as_ref().and_then(|it| it.requested);
    let same_end = match (next, asked.then) {
        (Next::Final { .. }, Then::End)
        | (Next::Kept { .. }, Then::Keep)
        | (Next::Refused, Then::Ask(_)) => true,
        (Next::Granted(grant), Then::Ask(ask)) => requested.unwrap_or(grant.amount) == ask.amount,
        _ => false,
    };
    match () {
        () if posting.currency != asked.currency => Err(reused(asked.request, "currency")),
        () if posting.amount.magnitude() != asked.used => Err(reused(asked.request, "amount")),
        () if !same_end => Err(reused(asked.request, "next")),
        () => Ok(()),
    }
}
