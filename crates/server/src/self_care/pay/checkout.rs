//! Paying on a page of Stripe's: going there, and coming back.
//!
//! **Invariant:** coming back proves nothing. What is shown as arrived is an entry of this
//! customer's, which the channel's webhook has caused.

use axum::response::{IntoResponse, Redirect, Response};
use engine::{Precision, ReceivePayment};
use pages::care::pay::{PayFailed, PayFailure, PayOld, PayStep};
use pages::{CareTab, Link, Message, Notice, Tone};
use serde::Deserialize;

use super::form::form;
use super::{Till, came, money, review, show_in};
use crate::channels::stripe::checkout::{NoPage, Unpayable, Wish};
use crate::faces::picture::Purse;
use crate::faces::{Failed, Typed};
use crate::http::path::Path;
use crate::http::query::Query;
use crate::http::resources::payments::paid_money;
use crate::http::resources::stripe::checkout_key;
use crate::http::wire;
use crate::self_care::Pocket;
use crate::self_care::house::{House, pay_path, statement_path};

/// What a page of Stripe's says is paid, at most.
const TITLE_LENGTH_MAX: usize = 200;

/// Microseconds. The same form is sent on with the same address to come back to within an hour, so
/// that it is the same page; a finer time would make it another.
const HOUR: i64 = 3_600_000_000;

/// What is said at the field of an amount that cannot be paid.
pub fn unpayable(pocket: &Pocket, why: Unpayable) -> String {
    let word = |name| pocket.care().named("wrong", name).unwrap_or_default();
    let bound = |name, bound| word(name).with("money", pocket.say().money_text(&money(bound)));
    match why {
        Unpayable::Currency => word("currency").to_owned(),
        Unpayable::Below(minimum) => bound("minimum", minimum),
        Unpayable::Above(maximum) => bound("maximum", maximum),
        Unpayable::Amount => word("unpayable").to_owned(),
    }
}

/// Has a page made, and leads there.
pub async fn go(
    pocket: &Pocket,
    house: &House,
    purse: &Purse,
    payment: ReceivePayment,
    typed: &Typed,
) -> Result<Response, Failed> {
    let Some(Till::Stripe(checkout)) = Till::of(pocket) else { return Err(Failed::not_found()) };
    let account = wire::account_id(purse.account.id);
    let amount = payment.money.amount.display(payment.money.currency.exponent());
    let back = format!(
        "/my/pay/{account}/back?checkout={}&amount={amount}&currency={}&hour={}",
        payment.reference,
        payment.money.currency,
        pocket.app.shard.now().0.div_euclid(HOUR)
    );
    let title = format!("{} · {}", pocket.shell(CareTab::Pay, "").brand, house.line(purse));
    let title: String = title.chars().take(TITLE_LENGTH_MAX).collect();
    let wish = Wish {
        reference: &payment.reference,
        account: &account,
        number: &purse.account.number.to_string(),
        money: payment.money,
        title: &title,
        language: pocket.language.tag(),
        paid_path: &back,
        left_path: &format!("{back}&left=1"),
    };
    let (no, why) = match checkout.open_page(&wish).await {
        Ok(page) => return Ok(Redirect::to(&page).into_response()),
        // By the same form: if it was made, the same page is answered.
        Err(NoPage::Unheard(why)) => (typed.clone(), why),
        Err(no) => {
            let (wrong, why) = match no {
                NoPage::TooSmall(why) => (Some("too_small"), why),
                NoPage::TooLarge(why) => (Some("too_large"), why),
                NoPage::Refused(why) | NoPage::Unheard(why) => (None, why),
            };
            let typed = typed.again()?;
            if let Some(error) = wrong.and_then(|it| pocket.care().named("wrong", it)) {
                tracing::warn!(account, why, "a page of Stripe's was not made");
                return form(pocket, house, &typed, None, error).await;
            }
            (typed, why)
        }
    };
    tracing::warn!(account, why, "a page of Stripe's was not made");
    let text = pocket.care().named("wrong", "no_page").unwrap_or_default();
    let notice = Notice::new(Tone::Off, text);
    review(pocket, house, purse, payment, &no, Some(notice)).await
}

/// What the address says that one comes back to.
#[derive(Deserialize)]
pub struct Back {
    /// The reference of the page.
    #[serde(default)]
    checkout: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    currency: String,
    /// In which it was made, since 1970; what was not said is long ago.
    #[serde(default)]
    hour: i64,
    #[serde(default)]
    left: Option<String>,
}

impl Back {
    /// Whether the payment, had it arrived, would still be found by the page's reference: that is
    /// kept for some time after the arrival, which is not before the page was made.
    fn is_found(&self, pocket: &Pocket) -> bool {
        let made_at = self.hour.checked_mul(HOUR);
        let until = made_at.and_then(|it| it.checked_add(pocket.app.options.key_memory));
        until.is_some_and(|it| pocket.app.shard.now().0 < it)
    }
}

/// `GET /my/pay/{account}/back`: where Stripe sends back to; live until the payment is here.
pub async fn come_back(
    pocket: Pocket,
    Path(account): Path<String>,
    Query(back): Query<Back>,
) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let purse = house.own(&account)?;
    let id = purse.account.id;
    let is_found = back.is_found(&pocket);
    let Back { checkout: reference, amount, currency, left, .. } = back;
    let pays = wire::money(&amount, &currency, Precision::MinorUnits).map(money);
    let (Some(Till::Stripe(checkout)), Ok(pays)) = (Till::of(&pocket), pays) else {
        let named = [("account".to_owned(), wire::account_id(id))].into();
        return form(&pocket, &house, &Typed::fresh(named)?, None, "").await;
    };
    let found = pocket.app.find_answer(checkout_key(checkout.channel, &reference)).await?;
    let is_mine = |it: &engine::Entry| it.customer == Some(pocket.customer.id);
    let step = match found {
        Some(entries) if is_mine(entries.first()?) => {
            // What the address says is believed only until the payment itself is here.
            let pays = paid_money(entries.first()?).map_or(pays, money);
            came(&pocket, &house, purse, entries.as_slice(), pays, String::new())
        }
        _ if !is_found => {
            let statement = Link::new(pocket.care().statement, statement_path(id));
            PayStep::Old(PayOld { pays, statement })
        }
        None if left.is_some() => {
            let id = wire::account_id(id);
            let again_href =
                format!("{}&amount={amount}&amount_currency={currency}", pay_path(&id));
            PayStep::Failed(PayFailed { why: PayFailure::Left, again_href })
        }
        _ => PayStep::Waiting(pays),
    };
    let shell = pocket.live_shell(CareTab::Pay, house.name(), house.picture.head);
    Ok(show_in(&shell, &pocket, house.line(purse), step))
}
