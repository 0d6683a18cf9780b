//! Paying: how much, what comes of it, the page of a card, and that it has arrived.
//!
//! **Invariant:** money comes in here only through the demonstration's page, and that page is only
//! where the directory is a demonstration's or a test's. Where Stripe is set up, one is sent to a
//! page of Stripe's, and what was paid there comes in by Stripe's signed word; see [`checkout`].
//! Otherwise customers pay through what the provider has set up.

pub mod checkout;
mod form;

use std::collections::BTreeMap;

use axum::http::header;
use axum::response::Response;
use engine::{AccountRef, Command, Currency, Entry, Fact, Name, Order, ReceivePayment, Refusal};
use pages::care::pay::{
    Pay, PayDemo, PayDone, PayFailed, PayFailure, PayReview, PayStep, RateLine,
};
use pages::{CareTab, Link, Money, Notice, Shell};

use super::Pocket;
use super::house::{House, pay_path, statement_path};
use super::pocket::page;
use super::task::{is_answer, refused};
use crate::access::policy_leading_to;
use crate::channels::stripe::checkout::Checkout;
use crate::faces::picture::Purse;
use crate::faces::{self, Failed, Looks, Typed, outcome};
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::resources::payments::receive;
use crate::http::wire;
use crate::shard::key_digest;
use form::{form, takers};

const PATH: &str = "/my/pay";

/// How money comes in here.
#[derive(Clone, Copy)]
enum Till<'a> {
    Stripe(&'a Checkout),
    /// The demonstration's page stands in for a bank's or card's.
    Demo,
}

impl<'a> Till<'a> {
    /// `None` where no payment can be made here.
    fn of(pocket: &'a Pocket) -> Option<Self> {
        match &pocket.app.channels.checkout {
            Some(checkout) => Some(Self::Stripe(checkout)),
            None => pocket.app.shard.is_clock_settable().then_some(Self::Demo),
        }
    }

    /// The source of its payments.
    fn source(self) -> Result<Name, Problem> {
        match self {
            Self::Stripe(checkout) => Ok(checkout.channel),
            Self::Demo => Name::new("demo-card").map_err(|_| Problem::internal()),
        }
    }

    /// The least that can be paid at once.
    fn minimum(self, currency: Currency) -> Option<engine::Money> {
        match self {
            Self::Stripe(checkout) => checkout.minimum(currency),
            Self::Demo => None,
        }
    }

    /// The most that can be paid at once.
    fn maximum(self, currency: Currency) -> Option<engine::Money> {
        match self {
            Self::Stripe(checkout) => checkout.maximum(currency),
            Self::Demo => None,
        }
    }
}

fn show(pocket: &Pocket, house: &House, account: String, step: PayStep) -> Response {
    show_in(&pocket.shell(CareTab::Pay, house.name()), pocket, account, step)
}

fn show_in(shell: &Shell, pocket: &Pocket, account: String, step: PayStep) -> Response {
    let view = Pay { account, path: PATH.to_owned(), step };
    let mut response = page(view.to_html(shell));
    if let Some(Till::Stripe(checkout)) = Till::of(pocket)
        && let Some(policy) = policy_leading_to(&checkout.page_origin)
    {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// `GET /my/pay`
pub async fn show_form(
    pocket: Pocket,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    if let Some(account) = typed.get("account") {
        house.own(account)?;
    }
    form(&pocket, &house, &Typed::fresh(typed)?, None, "").await
}

/// `POST /my/pay`
pub async fn send(pocket: Pocket, typed: Typed) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let own = house.own(typed.get("account"))?;
    let till = Till::of(&pocket).filter(|_| typed.get("step") != "change");
    let purse = takers(&house).find(|it| it.account.id == own.account.id);
    let Some((till, purse)) = till.zip(purse) else {
        return form(&pocket, &house, &typed, None, "").await;
    };
    let payment = match payment(&pocket, till, purse, &typed) {
        Ok(payment) => payment,
        Err(problem) if is_answer(&problem) => {
            let error = faces::refused::sentence(&problem, &pocket);
            return form(&pocket, &house, &typed, None, &error).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let is_sent = typed.get("step") == "do";
    match (till, typed.get("answer")) {
        (Till::Stripe(checkout), _) => {
            if let Err(why) = checkout.check(payment.money) {
                let error = checkout::unpayable(&pocket, why);
                return form(&pocket, &house, &typed, None, &error).await;
            }
            if is_sent {
                return checkout::go(&pocket, &house, purse, payment, &typed).await;
            }
        }
        (Till::Demo, "pay") => return take(&pocket, &house, purse, payment, &typed).await,
        (Till::Demo, "refuse") => {
            let again_href = pay_path(&wire::account_id(purse.account.id));
            let step = PayStep::Failed(PayFailed { why: PayFailure::Refused, again_href });
            return Ok(show(&pocket, &house, house.line(purse), step));
        }
        (Till::Demo, _) if is_sent => {
            let (pays, provider) = (money(payment.money), pocket.shell(CareTab::Pay, "").brand);
            let step = PayStep::Demo(PayDemo { pays, provider, carried: typed.carried() });
            return Ok(show(&pocket, &house, house.line(purse), step));
        }
        (Till::Demo, _) => {}
    }
    review(&pocket, &house, purse, payment, &typed, None).await
}

fn money(money: engine::Money) -> Money {
    let currency = money.currency;
    Money::new(money.amount.units().into(), currency.code(), currency.exponent())
}

/// What is paid. Its reference is of the form's key, so that a form that is sent twice is one
/// payment, of what is in it, and of the customer, so that nobody meets another's.
fn payment(
    pocket: &Pocket,
    till: Till<'_>,
    purse: &Purse,
    typed: &Typed,
) -> Result<ReceivePayment, Problem> {
    let own = purse.account.currency;
    let code = typed.said("amount_currency").unwrap_or(own.code());
    let money = typed.money(code, pocket.language)?;
    let source = till.source()?;
    let who = wire::customer_id(pocket.customer.id);
    let account = wire::account_id(purse.account.id);
    let sum = format!("{} {}", money.amount.units(), money.currency);
    let parts = [source.as_str(), &who, typed.get("key"), &account, &sum];
    let reference = key_digest(&parts.map(str::as_bytes));
    Ok(ReceivePayment {
        account: Some(AccountRef::Id(purse.account.id)),
        source,
        reference: format!("{reference:032x}").into(),
        money,
        paid_at: None,
        note: None,
    })
}

async fn review(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    payment: ReceivePayment,
    typed: &Typed,
    notice: Option<Notice>,
) -> Result<Response, Failed> {
    let pays = money(payment.money);
    let order: Order = pocket.order(Command::ReceivePayment(Box::new(payment)))?;
    let look = move |state: &engine::State, now| {
        let tried = state.trial(&order, now).transpose()?;
        Ok::<_, Refusal>(tried.map(|it| it.entries).unwrap_or_default())
    };
    let entries = match pocket.app.shard.read(None, look).await? {
        Ok(entries) => entries,
        Err(refusal) => {
            let notice = refused(pocket, &Problem::refused(&refusal));
            return form(pocket, house, typed, Some(notice), "").await;
        }
    };
    let rest: Vec<_> = entries.iter().skip(1).cloned().collect();
    let review = PayReview {
        arrives: arrived(&entries).unwrap_or_else(|| pays.clone()),
        rate: entries.first().and_then(|it| rate(it, pocket)),
        outcome: outcome::expected(&rest, &house.picture.titles, pocket),
        carried: typed.carried(),
        pays,
        notice,
    };
    Ok(show(pocket, house, house.line(purse), PayStep::Review(Box::new(review))))
}

/// In the account's currency.
fn arrived(entries: &[Entry]) -> Option<Money> {
    let posting = entries.first()?.posting?;
    Some(Money::new(posting.amount.units().into(), posting.currency.code(), posting.exponent))
}

fn rate(entry: &Entry, looks: &Looks) -> Option<RateLine> {
    entry.fact.conversion()?.rates.first().map(|it| rate_line(it, looks))
}

pub fn rate_line(rate: &engine::ExchangeRate, looks: &Looks) -> RateLine {
    RateLine {
        base: rate.base.to_string(),
        quote: rate.quote.to_string(),
        rate: rate.rate.into(),
        source: rate.source.to_string(),
        at: looks.moment(rate.valid_from),
    }
}

/// The card has paid.
async fn take(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    payment: ReceivePayment,
    typed: &Typed,
) -> Result<Response, Failed> {
    let (pays, reference) = (money(payment.money), payment.reference.to_string());
    let (origin, once) = (pocket.customer.origin()?, pocket.once(typed, PATH));
    let entries = match receive(&pocket.app, origin, Some(once), payment).await {
        Ok(entries) => entries,
        Err(problem) if is_answer(&problem) => {
            let notice = refused(pocket, &problem);
            return form(pocket, house, typed, Some(notice), "").await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let step = came(pocket, house, purse, entries.as_slice(), pays, reference);
    Ok(show(pocket, house, house.line(purse), step))
}

/// What has come in, and what it has brought with it.
fn came(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    entries: &[Entry],
    pays: Money,
    reference: String,
) -> PayStep {
    let first = entries.first().filter(|it| !matches!(it.fact, Fact::PaymentUnallocated(_)));
    // What fits no account at this moment is allocated by staff.
    let Some(first) = first else { return PayStep::Waiting(pays) };
    let rest: Vec<_> = entries.iter().skip(1).cloned().collect();
    PayStep::Done(Box::new(PayDone {
        arrives: arrived(entries).unwrap_or_else(|| pays.clone()),
        rate: rate(first, pocket),
        reference,
        outcome: outcome::lines(&rest, &house.picture.titles, pocket),
        links: vec![Link::new(pocket.care().statement, statement_path(purse.account.id))],
        pays,
    }))
}
