//! How much is paid, for which account, and in which currency.

use axum::response::Response;
use engine::{Amount, Currency, Money};
use pages::care::pay::{PayForm, PayStep, Proposal, RateLine};
use pages::{Message, Notice, Tone};

use super::{Till, money, rate_line, show};
use crate::faces::picture::Purse;
use crate::faces::quote::{Asked, quotes};
use crate::faces::{Failed, Typed, words};
use crate::http::wire;
use crate::self_care::Pocket;
use crate::self_care::house::{House, pay_path};

/// Accounts that take payments.
pub fn takers(house: &House) -> impl Iterator<Item = &Purse> {
    house.picture.open().filter(|it| !it.account.payments_locked)
}

/// The form, with what should be paid where nothing was typed.
pub async fn form(
    pocket: &Pocket,
    house: &House,
    typed: &Typed,
    notice: Option<Notice>,
    error: &str,
) -> Result<Response, Failed> {
    let Some(till) = Till::of(pocket) else {
        let text = pocket.care().named("wrong", "pay").unwrap_or_default();
        return Ok(bare(pocket, house, Some(Notice::new(Tone::Soon, text))));
    };
    let named = takers(house).find(|it| wire::account_id(it.account.id) == typed.get("account"));
    let needing = || takers(house).find(|it| it.recommended().is_some());
    let chosen = named.or_else(needing).or_else(|| takers(house).next());
    let Some(chosen) = chosen else { return Ok(bare(pocket, house, notice)) };
    let account = &chosen.account;
    let currencies = currencies(till, house, chosen);
    let typed_in = currencies.iter().find(|it| Some(it.code()) == typed.said("amount_currency"));
    let Some(currency) = typed_in.or(currencies.first()).copied() else {
        return Ok(bare(pocket, house, notice));
    };
    let is_own_payable = currencies.contains(&account.currency);
    let proposed = if is_own_payable { account.currency } else { currency };
    let bounds = (till.minimum(proposed), till.maximum(proposed));
    let in_currencies = (proposed, currency);
    // A sum in a currency that cannot be paid in is no sum in another one.
    let is_in_this = typed_in.is_some() || typed.said("amount_currency").is_none();
    let is_said = typed.said("amount").is_some() && (is_in_this || !error.is_empty());
    let said = is_said.then_some(typed);
    let wanted = Wanted::look(pocket, chosen, &currencies, in_currencies, said, bounds).await?;
    let should_be = || wanted.should_be.filter(|_| proposed == currency);
    let amount = match said {
        Some(typed) => typed.get("amount").to_owned(),
        None => should_be().map(|it| plain(pocket, it)).unwrap_or_default(),
    };
    let form = PayForm {
        accounts: takers(house).map(|it| house.choice(it, pocket)).collect(),
        account: wire::account_id(account.id),
        amount,
        error: error.to_owned(),
        hint: till.minimum(currency).map(|it| bound(pocket, "minimum", it)).unwrap_or_default(),
        currency: currency.to_string(),
        currencies: currencies.iter().map(Currency::to_string).collect(),
        proposals: wanted.proposal(pocket, chosen).into_iter().collect(),
        arrives: wanted.arrives.map(|it| words::amount(account, it)),
        rates: wanted.rates,
        notice,
    };
    // With one account there is nothing to choose, and its name stands above the form.
    let line = if takers(house).count() == 1 { house.line(chosen) } else { String::new() };
    Ok(show(pocket, house, line, PayStep::Form(Box::new(form))))
}

/// Where nothing can be paid.
fn bare(pocket: &Pocket, house: &House, notice: Option<Notice>) -> Response {
    let form = PayForm { notice, ..PayForm::default() };
    show(pocket, house, String::new(), PayStep::Form(Box::new(form)))
}

/// `At least 1.00 EUR.`, or at most.
pub fn bound(pocket: &Pocket, name: &str, bound: Money) -> String {
    let form = pocket.care().named("wrong", name).unwrap_or_default();
    form.with("money", pocket.say().money_text(&money(bound)))
}

/// An amount as it is typed.
fn plain(pocket: &Pocket, money: Money) -> String {
    let text = money.amount.display(money.currency.exponent()).to_string();
    pocket.say().decimal(&text)
}

/// What is said of sums before anything is reviewed.
struct Wanted {
    /// What should be paid, in a currency that can be paid in.
    should_be: Option<Money>,
    /// The most that can be paid at once, where more than that should be.
    most: Option<Money>,
    /// What comes of it on the account, where that is another currency.
    brings: Option<Amount>,
    /// What comes of what is typed, or should be, in another currency.
    arrives: Option<Amount>,
    rates: Vec<RateLine>,
}

impl Wanted {
    async fn look(
        pocket: &Pocket,
        purse: &Purse,
        currencies: &[Currency],
        (proposed, currency): (Currency, Currency),
        said: Option<&Typed>,
        (least, most): (Option<Money>, Option<Money>),
    ) -> Result<Self, Failed> {
        let unit = purse.account.unit();
        let recommended = purse.forecast.as_ref().map(|it| it.recommended);
        let recommended = recommended.filter(|it| !it.is_zero());
        let is_other = |it: Currency| it != unit.currency;
        let reach = recommended.filter(|_| is_other(proposed));
        let others = currencies.iter().copied().filter(|it| is_other(*it));
        // One unit of each, for its rate.
        let one = |it: Currency| Money { amount: whole(it), currency: it };
        let asked = others.map(|it| Asked::Paid(one(it), unit));
        let asked = asked.chain(reach.map(|it| Asked::ToReach(it, unit, proposed)));
        let mut found = quotes(&pocket.app, asked.collect()).await?;
        let reached = reach.and_then(|_| found.pop()?).map(|it| it.amount);
        let conversions = found.into_iter().flatten().filter_map(|it| it.conversion);
        let mut rates: Vec<engine::ExchangeRate> = Vec::new();
        for rate in conversions.flat_map(|it| it.rates) {
            if !rates.contains(&rate) {
                rates.push(rate);
            }
        }
        let own = recommended.filter(|_| !is_other(proposed));
        let should_be = own.or(reached).map(|amount| {
            let amount = least.map_or(amount, |it| it.amount.max(amount));
            Money { amount, currency: proposed }
        });
        let most = most.filter(|it| should_be.is_some_and(|should| should.amount > it.amount));
        let should_be = most.or(should_be);
        let sum = match said {
            Some(typed) => typed.money(currency.code(), pocket.language).ok(),
            None => should_be,
        };
        let sums = [sum, should_be].map(|it| it.filter(|it| is_other(it.currency)));
        let asked = sums.into_iter().flatten().map(|it| Asked::Paid(it, unit)).collect();
        let mut found = quotes(&pocket.app, asked).await?.into_iter();
        let [arrives, brings] = sums.map(|it| it.and_then(|_| found.next()?).map(|it| it.amount));
        let rates = rates.iter().map(|it| rate_line(it, pocket)).collect();
        Ok(Self { should_be, most, brings, arrives, rates })
    }

    /// What makes sense, until when, and what comes of it.
    fn proposal(&self, pocket: &Pocket, purse: &Purse) -> Option<Proposal> {
        let until = purse.forecast.as_ref()?.lasts_until?;
        let should_be = self.should_be?;
        let at = pocket.say().moment_text(&pocket.moment(until));
        // Of a part of it nothing is said that only the whole brings.
        let until = match self.most {
            Some(most) => bound(pocket, "maximum", most),
            None => pocket.care().until.with("at", at),
        };
        let brings = self.brings.map(|it| {
            let money = pocket.say().money_text(&words::amount(&purse.account, it));
            words::told(pocket.language, pocket.care().pay_arrives, &money)
        });
        let text = brings.into_iter().chain([until]).collect::<Vec<_>>().join(" · ");
        let (amount, currency) = (should_be.amount, should_be.currency);
        let amount = amount.display(currency.exponent());
        let path = pay_path(&wire::account_id(purse.account.id));
        let href = format!("{path}&amount={amount}&amount_currency={currency}");
        Some(Proposal { money: money(should_be), text, href })
    }
}

/// One whole unit of a currency.
fn whole(currency: Currency) -> Amount {
    let units = 10_i64.pow(u32::from(currency.exponent()) + engine::FINE_DIGITS);
    Amount::from_units(units).expect("one unit of a currency is an amount")
}

/// The account's own first, then the others that can be paid in.
fn currencies(till: Till<'_>, house: &House, chosen: &Purse) -> Vec<Currency> {
    let own = chosen.account.currency;
    let all: Vec<Currency> = match till {
        Till::Stripe(checkout) => {
            let is_own = |it: &Currency| *it == own;
            checkout.currencies().filter(is_own).chain(checkout.currencies()).collect()
        }
        Till::Demo => {
            let others = house.picture.open().map(|it| it.account.currency);
            let prices = house.picture.sold().map(|it| it.currency);
            std::iter::once(own).chain(others).chain(prices).collect()
        }
    };
    let mut found: Vec<Currency> = Vec::new();
    for currency in all {
        if !found.contains(&currency) {
            found.push(currency);
        }
    }
    found
}
