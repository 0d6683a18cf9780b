//! How much is paid, for which account, and in which currency.

use axum::response::Response;
use engine::Currency;
use pages::care::pay::{PayForm, PayStep, Proposal};
use pages::{Message, Notice, Tone};

use super::{Till, show};
use crate::faces::Typed;
use crate::faces::picture::Purse;
use crate::http::wire;
use crate::self_care::Pocket;
use crate::self_care::house::{House, pay_path};

/// Accounts that take payments.
pub fn takers(house: &House) -> impl Iterator<Item = &Purse> {
    house.picture.open().filter(|it| !it.account.payments_locked)
}

/// The form, with what should be paid where nothing was typed.
pub fn form(
    pocket: &Pocket,
    house: &House,
    typed: &Typed,
    notice: Option<Notice>,
    error: &str,
) -> Response {
    let Some(till) = Till::of(pocket) else {
        let text = pocket.care().named("wrong", "pay").unwrap_or_default();
        let notice = Some(Notice::new(Tone::Soon, text));
        let form = PayForm { notice, ..PayForm::default() };
        return show(pocket, house, String::new(), PayStep::Form(Box::new(form)));
    };
    let named = takers(house).find(|it| wire::account_id(it.account.id) == typed.get("account"));
    let needing = || takers(house).find(|it| it.recommended().is_some());
    let chosen = named.or_else(needing).or_else(|| takers(house).next());
    let Some(chosen) = chosen else {
        let form = PayForm { notice, ..PayForm::default() };
        return show(pocket, house, String::new(), PayStep::Form(Box::new(form)));
    };
    let account = &chosen.account;
    let currencies = currencies(till, house, chosen);
    let typed_in = typed.said("amount_currency").filter(|it| currencies.iter().any(|is| is == it));
    let currency = typed_in.or(currencies.first().map(String::as_str)).unwrap_or_default();
    let should_be = || match currency == account.currency.code() {
        true => should_be(chosen, pocket),
        false => String::new(),
    };
    let form = PayForm {
        accounts: takers(house).map(|it| house.choice(it, pocket)).collect(),
        account: wire::account_id(account.id),
        amount: typed.said("amount").map_or_else(should_be, str::to_owned),
        error: error.to_owned(),
        currency: currency.to_owned(),
        currencies,
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

/// The account's own first, then the others that can be paid in.
fn currencies(till: Till<'_>, house: &House, chosen: &Purse) -> Vec<String> {
    let own = chosen.account.currency;
    let all: Vec<Currency> = match till {
        Till::Stripe(checkout) => {
            let is_own = |it: &Currency| *it == own;
            checkout.currencies().filter(is_own).chain(checkout.currencies()).collect()
        }
        Till::Demo => {
            let others = house.picture.open().map(|it| it.account.currency);
            let prices = house.picture.sold.iter().map(|it| it.currency);
            std::iter::once(own).chain(others).chain(prices).collect()
        }
    };
    let mut found: Vec<String> = Vec::new();
    for currency in all {
        if !found.iter().any(|it| it == currency.code()) {
            found.push(currency.to_string());
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
