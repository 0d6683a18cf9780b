//! Money that went back at Stripe's, and money that came back from there.
//!
//! **Invariant:** each refund and each dispute counts once for ever, by its own id. It has
//! happened at Stripe's already, so nobody is asked for leave.

use engine::{
    AccountId, AccountRef, Amount, CancelPayment, Command, Entry, Money, Order, ReceivePayment,
    RefundPayment, ReversePart,
};

use super::{StripeView, credit, origin};
use crate::channels::stripe::{Back, Stripe, Way};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::resources::payments::{charge_back_key, original, paid_money, refund_key};
use crate::http::unallocated::{Standing, became, returning};
use crate::http::wire;
use crate::shard::{Key, Operation};
use crate::transit::{Reversal, ReversalWay};

/// Takes a part of a payment back, or all of it.
pub async fn take_back(app: &App, stripe: &Stripe, back: &Back) -> Result<StripeView, Problem> {
    let found = find(app, stripe, back).await?;
    let key = key(stripe, back);
    if let Some(position) = known(app, key).await? {
        return Ok(StripeView { outcome: "known", reason: None, position: Some(position) });
    }
    match &found.standing {
        Standing::OnAccount(entry) => {
            let payment = original(entry, Some(back.way.word().into()));
            let payment = payment.ok_or_else(Problem::internal)?;
            if found.taken(app).await? == Some(found.money.amount) {
                // Another event has said all of it: a charge that was refunded whole.
                return Ok(StripeView::ignored("nothing is left of the payment"));
            }
            reverse(app, stripe, back, (payment, Some(back.money)), key).await
        }
        Standing::Waiting(_) => give_back(app, stripe, back, &found).await,
        Standing::Sent(_) => Err(not_yet("where the payment went")),
        Standing::Returned(entry) => {
            Ok(StripeView { outcome: "known", reason: None, position: Some(entry.position.0) })
        }
    }
}

/// Says that so much of a charge is refunded by now. Whole, it can be taken at its word; a part
/// has to be told by an event of the refund itself, or it could count twice.
pub async fn refund_up_to(app: &App, stripe: &Stripe, back: &Back) -> Result<StripeView, Problem> {
    let found = find(app, stripe, back).await?;
    let Standing::OnAccount(entry) = &found.standing else {
        return take_back(app, stripe, back).await;
    };
    if found.taken(app).await?.is_some_and(|it| it >= back.money.amount) {
        return Ok(StripeView::ignored("the refunds were counted one by one"));
    }
    if back.money != found.money {
        tracing::warn!(payment = found.entry.position.0, "a part of a payment went back");
        return Err(partly(&found.entry));
    }
    let payment = original(entry, Some(back.way.word().into())).ok_or_else(Problem::internal)?;
    reverse(app, stripe, back, (payment, None), key(stripe, back)).await
}

/// Receives money again that had gone back: a payment of its own, by the dispute's or the
/// refund's id, to the account of the first one.
pub async fn receive_again(app: &App, stripe: &Stripe, back: Back) -> Result<StripeView, Problem> {
    let found = find(app, stripe, &back).await?;
    let was_taken = known(app, key(stripe, &back)).await?.is_some();
    let account = match &found.standing {
        Standing::OnAccount(entry) => entry.posting.map(|it| it.account),
        Standing::Waiting(_) | Standing::Returned(_) | Standing::Sent(_) => None,
    };
    let was_returned = matches!(found.standing, Standing::Returned(_));
    if !was_taken && !was_returned {
        return match back.way {
            Way::Refund => Ok(StripeView::ignored("the refund failed before it was counted")),
            Way::Dispute if found.taken(app).await? == Some(found.money.amount) => {
                Ok(StripeView::ignored("the dispute was never counted: nothing was left"))
            }
            Way::Dispute => Err(not_yet("the dispute")),
        };
    }
    let payment = ReceivePayment {
        account: account.map(AccountRef::Id),
        source: stripe.name,
        reference: back.id.into(),
        money: back.money,
        paid_at: None,
        note: Some(format!("came back: {} of {}", back.way.word(), back.reference).into()),
    };
    let entries = credit(app, stripe, payment).await?;
    StripeView::of(if account.is_some() { "credited" } else { "unallocated" }, &entries)
}

/// A payment that something is said about.
struct Found {
    entry: Entry,
    money: Money,
    standing: Standing,
}

impl Found {
    /// How much was taken back of it on its account, in the currency that was paid in.
    async fn taken(&self, app: &App) -> Result<Option<Amount>, Problem> {
        let Standing::OnAccount(entry) = &self.standing else { return Ok(None) };
        let Some(account) = entry.posting.map(|it| it.account) else { return Ok(None) };
        let (payment, currency) = (entry.position, self.money.currency);
        let look = move |accounts: &engine::State, account: AccountId| {
            let account = accounts.account(account)?;
            let reversed = account.reversed(payment)?;
            Some(match account.currency == currency {
                true => reversed.amount,
                false => reversed.original.unwrap_or_default(),
            })
        };
        let read = app.shard.read(Some(AccountRef::Id(account)), move |it, _| look(it, account));
        Ok(read.await?)
    }
}

/// Events come in any order: the payment itself may be on its way.
async fn find(app: &App, stripe: &Stripe, back: &Back) -> Result<Found, Problem> {
    let entry = app.find_payment(stripe.name, &back.reference).await?;
    let entry = entry.ok_or_else(|| not_yet("the payment"))?;
    let money = paid_money(&entry).ok_or_else(Problem::internal)?;
    let standing = became(app, &entry).await?;
    Ok(Found { entry, money, standing })
}

fn key(stripe: &Stripe, back: &Back) -> u128 {
    match back.way {
        Way::Refund => refund_key(stripe.name.as_str(), &back.id),
        Way::Dispute => charge_back_key(stripe.name.as_str(), &back.id),
    }
}

/// The entry under a key, if what it stands for was done.
async fn known(app: &App, key: u128) -> Result<Option<u64>, Problem> {
    Ok(app.find_under(key).await?.map(|it| it.position.0))
}

async fn reverse(
    app: &App,
    stripe: &Stripe,
    back: &Back,
    (original, part): (CancelPayment, Option<Money>),
    key: u128,
) -> Result<StripeView, Problem> {
    let origin = origin(stripe, Some(back.way.word()));
    if app.is_elsewhere(original.payment) {
        let (outcome, way) = match back.way {
            Way::Refund => ("refunded", ReversalWay::Refund),
            Way::Dispute => ("charged_back", ReversalWay::ChargeBack),
        };
        let part = part.map(|it| (it.amount, it.currency));
        let reversal = Reversal { way, part, key: Some(key) };
        let taken_back = app.reverse_elsewhere(original.payment, origin, original.note, reversal);
        let (entry, is_repeat) = taken_back.await?;
        let outcome = if is_repeat { "known" } else { outcome };
        return Ok(StripeView { outcome, reason: None, position: Some(entry.position.0) });
    }
    let reverse = ReversePart { original, part };
    let (outcome, command) = match back.way {
        Way::Refund => {
            let refund = RefundPayment { reverse, cap: None };
            ("refunded", Command::RefundPayment(Box::new(refund)))
        }
        Way::Dispute => ("charged_back", Command::ChargeBackPayment(Box::new(reverse))),
    };
    let mut operation = Operation::new(Order { origin, command });
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    StripeView::of(outcome, &app.execute(operation).await?)
}

/// What waits goes back whole. A part is sent again until staff have allocated the payment.
async fn give_back(
    app: &App,
    stripe: &Stripe,
    back: &Back,
    found: &Found,
) -> Result<StripeView, Problem> {
    if back.money != found.money {
        return Err(partly(&found.entry).hint("allocate the payment; Stripe sends the event again"));
    }
    let word = back.way.word();
    let operation = returning(origin(stripe, Some(word)), &found.entry, Some(word.into()));
    let entries = app.execute(operation.ok_or_else(Problem::internal)?).await?;
    if !matches!(entries.first()?.fact, engine::Fact::PaymentReturned(_)) {
        // Somebody allocated it a moment ago.
        return Err(not_yet("where the payment went"));
    }
    StripeView::of("returned", &entries)
}

fn not_yet(what: &str) -> Problem {
    let mut problem = Problem::unavailable();
    problem.title = format!("{what} that this is about is not known yet");
    problem.hint = Some("send the event again later".into());
    problem
}

fn partly(entry: &Entry) -> Problem {
    let title = format!("only a part of {} went back", wire::payment_id(entry.position));
    Problem::conflict("partly_taken_back", "data.object", title)
        .hint("have Stripe send refund.created and refund.updated, which tell refunds apart")
}
