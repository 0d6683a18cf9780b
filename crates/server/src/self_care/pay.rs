//! Paying: how much, what comes of it, the page of a card, and that it has arrived.
//!
//! **Invariant:** money comes in here only through the demonstration's page, and that page is only
//! where the directory is a demonstration's or a test's. A real provider's customers pay through
//! what the provider has set up.

use std::collections::BTreeMap;

use axum::extract::Form as Fields;
use axum::response::Response;
use engine::{AccountRef, Command, Fact, Name, Order, ReceivePayment, Refusal};
use pages::care::pay::{
    Pay, PayDemo, PayDone, PayFailed, PayFailure, PayForm, PayReview, PayStep, Proposal, RateLine,
};
use pages::{CareTab, Link, Message, Money, Notice, Tone};

use super::Pocket;
use super::house::{House, pay_path, statement_path};
use super::pocket::page;
use super::task::{is_answer, refused};
use crate::faces::picture::Purse;
use crate::faces::{Failed, Looks, Typed, outcome};
use crate::http::error::Problem;
use crate::http::query::Query;
use crate::http::resources::payments::receive;
use crate::http::wire;
use crate::shard::key_digest;

const PATH: &str = "/my/pay";

/// The source of what is paid on the demonstration's page.
const SOURCE: &str = "demo-card";

/// Whether the demonstration's page stands in for a bank's or card's.
fn is_demo(pocket: &Pocket) -> bool {
    pocket.app.shard.is_clock_settable()
}

fn show(pocket: &Pocket, house: &House, account: String, step: PayStep) -> Response {
    let view = Pay { account, path: PATH.to_owned(), step };
    page(view.to_html(&pocket.shell(CareTab::Pay, house.name())))
}

/// Accounts that take payments.
fn takers(house: &House) -> impl Iterator<Item = &Purse> {
    house.picture.open().filter(|it| !it.account.payments_locked)
}

/// `GET /my/pay`
pub async fn show_form(
    pocket: Pocket,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    if let Some(account) = typed.get("account") {
        pocket.own(account).await?;
    }
    Ok(form(&pocket, &house, &Typed::fresh(typed)?, None, ""))
}

/// The form, with what should be paid where nothing was typed.
fn form(
    pocket: &Pocket,
    house: &House,
    typed: &Typed,
    notice: Option<Notice>,
    error: &str,
) -> Response {
    if !is_demo(pocket) {
        let text = pocket.care().named("wrong", "pay").unwrap_or_default();
        let notice = Some(Notice::new(Tone::Soon, text));
        let form = PayForm { notice, ..PayForm::default() };
        return show(pocket, house, String::new(), PayStep::Form(Box::new(form)));
    }
    let named = takers(house).find(|it| wire::account_id(it.account.id) == typed.get("account"));
    let needing = || takers(house).find(|it| it.recommended().is_some());
    let chosen = named.or_else(needing).or_else(|| takers(house).next());
    let Some(chosen) = chosen else {
        let form = PayForm { notice, ..PayForm::default() };
        return show(pocket, house, String::new(), PayStep::Form(Box::new(form)));
    };
    let account = &chosen.account;
    let currency = typed.said("amount_currency").unwrap_or(account.currency.code()).to_owned();
    let form = PayForm {
        accounts: takers(house).map(|it| house.choice(it, pocket)).collect(),
        account: wire::account_id(account.id),
        amount: typed.said("amount").map_or_else(|| should_be(chosen, pocket), str::to_owned),
        error: error.to_owned(),
        currencies: currencies(house, chosen),
        currency,
        proposals: proposals(pocket, chosen),
        rates: Vec::new(),
        notice,
    };
    // With one account there is nothing to choose, and its name stands above the form.
    let line = if takers(house).count() == 1 { house.line(chosen) } else { String::new() };
    show(pocket, house, line, PayStep::Form(Box::new(form)))
}

/// What should be paid, as it is typed; empty where nothing is.
fn should_be(purse: &Purse, pocket: &Pocket) -> String {
    let amount = purse.forecast.as_ref().map(|it| it.recommended).filter(|it| !it.is_zero());
    let text = amount.map(|it| it.display(purse.account.exponent).to_string());
    text.map(|it| pocket.say().decimal(&it)).unwrap_or_default()
}

/// The account's own first, then those of the others and of prices.
fn currencies(house: &House, chosen: &Purse) -> Vec<String> {
    let others = house.picture.open().map(|it| it.account.currency);
    let prices = house.picture.sold.iter().map(|it| it.currency);
    let mut found: Vec<String> = Vec::new();
    for code in std::iter::once(chosen.account.currency).chain(others).chain(prices) {
        if !found.iter().any(|it| it == code.code()) {
            found.push(code.to_string());
        }
    }
    found
}

fn proposals(pocket: &Pocket, purse: &Purse) -> Vec<Proposal> {
    let Some(forecast) = &purse.forecast else { return Vec::new() };
    let Some(money) = purse.recommended() else { return Vec::new() };
    let Some(until) = forecast.lasts_until else { return Vec::new() };
    let amount = forecast.recommended.display(purse.account.exponent);
    let id = wire::account_id(purse.account.id);
    let at = pocket.say().moment_text(&pocket.moment(until));
    let text = pocket.care().until.with("at", at);
    vec![Proposal { money, text, href: format!("{}&amount={amount}", pay_path(&id)) }]
}

/// `POST /my/pay`
pub async fn send(
    pocket: Pocket,
    Fields(typed): Fields<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let typed = Typed::new(typed)?;
    let house = pocket.house().await?;
    pocket.own(typed.get("account")).await?;
    if !is_demo(&pocket) || typed.get("step") == "change" {
        return Ok(form(&pocket, &house, &typed, None, ""));
    }
    let Some(purse) =
        takers(&house).find(|it| wire::account_id(it.account.id) == typed.get("account"))
    else {
        return Ok(form(&pocket, &house, &typed, None, ""));
    };
    let Ok(payment) = payment(&pocket, purse, &typed) else {
        let error = pocket.care().named("wrong", "amount").unwrap_or_default();
        return Ok(form(&pocket, &house, &typed, None, error));
    };
    let pays = money(&payment);
    match (typed.get("answer"), typed.get("step")) {
        ("pay", _) => take(&pocket, &house, purse, payment, &typed).await,
        ("refuse", _) => {
            let again_href = pay_path(&wire::account_id(purse.account.id));
            let step = PayStep::Failed(PayFailed { why: PayFailure::Refused, again_href });
            Ok(show(&pocket, &house, house.line(purse), step))
        }
        (_, "do") => {
            let provider = pocket.shell(CareTab::Pay, "").brand;
            let step = PayStep::Demo(PayDemo { pays, provider, carried: typed.carried() });
            Ok(show(&pocket, &house, house.line(purse), step))
        }
        _ => review(&pocket, &house, purse, payment, &typed).await,
    }
}

fn money(payment: &ReceivePayment) -> Money {
    let currency = payment.money.currency;
    Money::new(payment.money.amount.units().into(), currency.code(), currency.exponent())
}

/// What is paid. Its reference is of the form's key, so that a form that is sent twice is one
/// payment, and of the customer, so that nobody meets another's.
fn payment(pocket: &Pocket, purse: &Purse, typed: &Typed) -> Result<ReceivePayment, Problem> {
    let own = purse.account.currency;
    let code = typed.said("amount_currency").unwrap_or(own.code());
    let who = wire::customer_id(pocket.customer.id);
    let reference = key_digest(&[b"demo-card", who.as_bytes(), typed.get("key").as_bytes()]);
    Ok(ReceivePayment {
        account: Some(AccountRef::Id(purse.account.id)),
        source: Name::new(SOURCE).map_err(|_| Problem::internal())?,
        reference: format!("{reference:032x}").into(),
        money: typed.money(code, pocket.language)?,
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
) -> Result<Response, Failed> {
    let pays = money(&payment);
    let order: Order = pocket.order(Command::ReceivePayment(Box::new(payment)))?;
    let look = move |state: &engine::State, now| {
        let tried = state.trial(&order, now).transpose()?;
        Ok::<_, Refusal>(tried.map(|it| it.entries).unwrap_or_default())
    };
    let entries = match pocket.app.shard.read(None, look).await? {
        Ok(entries) => entries,
        Err(refusal) => {
            let notice = refused(pocket, &Problem::refused(&refusal));
            return Ok(form(pocket, house, typed, Some(notice), ""));
        }
    };
    let rest: Vec<_> = entries.iter().skip(1).cloned().collect();
    let review = PayReview {
        arrives: arrived(&entries).unwrap_or_else(|| pays.clone()),
        rate: entries.first().and_then(|it| rate(it, pocket)),
        outcome: outcome::lines(&rest, &house.picture.titles, pocket.say()),
        carried: typed.carried(),
        pays,
    };
    Ok(show(pocket, house, house.line(purse), PayStep::Review(Box::new(review))))
}

/// In the account's currency.
fn arrived(entries: &[engine::Entry]) -> Option<Money> {
    let posting = entries.first()?.posting?;
    Some(Money::new(posting.amount.units().into(), posting.currency.code(), posting.exponent))
}

fn rate(entry: &engine::Entry, looks: &Looks) -> Option<RateLine> {
    let rate = entry.fact.conversion()?.rates.first()?;
    Some(RateLine {
        base: rate.base.to_string(),
        quote: rate.quote.to_string(),
        rate: rate.rate.into(),
        source: rate.source.to_string(),
        at: looks.moment(rate.valid_from),
    })
}

/// The card has paid.
async fn take(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    payment: ReceivePayment,
    typed: &Typed,
) -> Result<Response, Failed> {
    let (pays, reference) = (money(&payment), payment.reference.to_string());
    let (origin, once) = (pocket.customer.origin()?, pocket.once(typed, PATH));
    let entries = match receive(&pocket.app, origin, Some(once), payment).await {
        Ok(entries) => entries,
        Err(problem) if is_answer(&problem) => {
            let notice = refused(pocket, &problem);
            return Ok(form(pocket, house, typed, Some(notice), ""));
        }
        Err(problem) => return Err(problem.into()),
    };
    let first = entries.first()?;
    if let Fact::PaymentUnallocated(_) = first.fact {
        return Ok(show(pocket, house, house.line(purse), PayStep::Waiting(pays)));
    }
    let rest: Vec<_> = entries.as_slice().iter().skip(1).cloned().collect();
    let done = PayDone {
        arrives: arrived(entries.as_slice()).unwrap_or_else(|| pays.clone()),
        rate: rate(first, pocket),
        reference,
        outcome: outcome::lines(&rest, &house.picture.titles, pocket.say()),
        links: vec![Link::new(pocket.care().statement, statement_path(purse.account.id))],
        pays,
    };
    Ok(show(pocket, house, house.line(purse), PayStep::Done(Box::new(done))))
}
