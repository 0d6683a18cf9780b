//! `GET /v1/payments/{payment}`: a payment, and what became of it.

use axum::Json;
use axum::extract::State as Handle;
use axum::http::HeaderMap;
use engine::{Account, AccountRef, Amount, Entry, Fact, Position, State};
use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::payments::{find, paid_money};
use crate::http::app::App;
use crate::http::auth::Permission;
use crate::http::entry_view::EntryView;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::unallocated::{Standing, became};
use crate::http::wire::{self, WireMoney};

/// The entry that received a payment, and what became of it since.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentView {
    #[serde(flatten)]
    pub entry: EntryView,
    /// The entry that cancelled it as a whole.
    pub cancelled_by: Option<u64>,
    /// Of a payment that was unallocated: as what it stands on its account.
    #[schema(example = "pay_78")]
    pub allocated: Option<String>,
    /// Of a payment that was unallocated: the entry that sent it back.
    pub returned: Option<u64>,
    /// Of a payment that was unallocated: the account of another shard that it is under way to.
    #[schema(example = "acc_67108865")]
    pub sent_to: Option<String>,
    /// What was taken back of it, in the currency that was paid in.
    pub reversed: Option<WireMoney>,
    /// What of it waits for a second person to go back.
    pub waiting: Option<WireMoney>,
    /// What can still be refunded; a charge-back may take what waits as well.
    pub left: Option<WireMoney>,
}

/// A payment by its id.
#[utoipa::path(get, path = "/v1/payments/{payment}", tag = "payments",
    params(("payment" = String, Path, example = "pay_12")),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn get_payment(
    Handle(app): Handle<App>,
    Path(payment): Path<String>,
    headers: HeaderMap,
) -> Result<Json<PaymentView>, Problem> {
    app.authorise(&headers, Permission::Read).await?;
    let entry = find(&app, &payment).await?;
    let mut view = PaymentView {
        entry: EntryView::new(&entry),
        cancelled_by: None,
        allocated: None,
        returned: None,
        sent_to: None,
        reversed: None,
        waiting: None,
        left: None,
    };
    let at = entry.position;
    match entry.posting {
        None => match became(&app, &entry).await? {
            Standing::OnAccount(it) => view.allocated = Some(wire::payment_id(it.position)),
            Standing::Returned(it) => view.returned = Some(it.position.0),
            Standing::Sent(it) => view.sent_to = it.fact.sent_to().map(wire::account_id),
            Standing::Waiting(_) => {}
        },
        Some(posting) => {
            let look = move |state: &State| state.account(posting.account).map(|it| parts(it, at));
            let account = Some(AccountRef::Id(posting.account));
            let parts = app.shard.read(account, move |it, _| look(it)).await?;
            view.add(&entry, parts.ok_or_else(Problem::internal)?)?;
            let record = app.readers.read(move |it| it.payment(at)).await?;
            view.cancelled_by = record.and_then(|it| it.cancelled_by).map(|it| it.0);
        }
    }
    Ok(Json(view))
}

/// What was taken back of a payment and what waits, in the currency that was paid in.
fn parts(account: &Account, payment: Position) -> (Amount, Amount) {
    let reversed = account.reversed(payment);
    let reversed = reversed.map_or(Amount::ZERO, |it| it.original.unwrap_or(it.amount));
    let pending = account.extra.as_deref().map_or(&[][..], |it| &it.refunds);
    let pending = pending.iter().filter(|it| it.request.payment == payment);
    let waiting = pending.fold(Amount::ZERO, |sum, it| {
        let original = it.request.conversion.as_ref().map(|it| it.original);
        sum.add_capped(original.unwrap_or(it.request.amount))
    });
    (reversed, waiting)
}

impl PaymentView {
    fn add(&mut self, entry: &Entry, parts: (Amount, Amount)) -> Result<(), Problem> {
        let (reversed, waiting) = parts;
        let (paid, posting) = (paid_money(entry), entry.posting);
        let (Some(paid), Some(posting)) = (paid, posting) else {
            return Err(Problem::internal());
        };
        let exponent = match &entry.fact {
            Fact::Payment(_) | Fact::PaymentAllocated(_) => {
                entry.fact.conversion().map_or(posting.exponent, |it| it.exponent)
            }
            _ => posting.exponent,
        };
        let money = |it| WireMoney::amount(it, paid.currency, exponent);
        self.reversed = Some(money(reversed));
        self.waiting = (!waiting.is_zero()).then(|| money(waiting));
        self.left = Some(money(paid.amount.excess_over(reversed).excess_over(waiting)));
        Ok(())
    }
}
